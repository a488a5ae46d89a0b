//! The answer of a visual as series of numbers by category.

use super::numbers;
use super::scale::text_width;
use super::svg::{Anchor, Svg};
use super::visual_query::{Answer, AnswerColumn};
use ingot_engine::Cell;

#[derive(Debug, Clone, Default)]
pub(super) struct Chart {
    /// Of each category.
    pub labels: Vec<String>,
    pub series: Vec<Series>,
    /// Categories that are not among the labels.
    pub left_out: usize,
    /// The categories follow each other in time, so that some of their names are enough.
    pub is_in_time: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Series {
    pub name: String,
    pub format: String,
    /// For each category; none where it is blank.
    pub values: Vec<Option<f64>>,
}

/// Classes of colours that a drawing may use; more series repeat them.
pub(super) const COLORS: usize = 8;
pub(super) const TEXT: f64 = 12.0;

/// A member of a dimension as a person reads it.
pub(super) fn member(cell: &Cell, column: &AnswerColumn) -> String {
    match cell {
        Cell::Null => "(Blank)".to_owned(),
        Cell::Timestamp(text) => {
            text.split('.').next().unwrap_or_default().trim_end_matches(" 00:00:00").to_owned()
        }
        Cell::Float(_) | Cell::Decimal(_) => {
            numbers::full(column.format.as_deref().unwrap_or_default(), cell.as_f64().unwrap_or(0.0))
        }
        other => other.to_string(),
    }
}

impl Chart {
    /// The first `categories` columns are the category, the next `series` ones tell series apart, the others are values.
    pub(super) fn new(answer: &Answer, categories: usize, series: usize) -> Self {
        let mut chart = Self { left_out: answer.groups.saturating_sub(answer.rows.len()), ..Self::default() };
        let values = &answer.columns[(categories + series).min(answer.columns.len())..];
        for row in &answer.rows {
            let name = |from: usize, to: usize| {
                let members = (from..to).map(|at| member(&row[at], &answer.columns[at]));
                members.collect::<Vec<_>>().join(" · ")
            };
            let label = name(0, categories);
            let position = chart.labels.iter().position(|one| *one == label).unwrap_or_else(|| {
                chart.labels.push(label);
                chart.series.iter_mut().for_each(|one| one.values.push(None));
                chart.labels.len() - 1
            });
            for (at, column) in values.iter().enumerate() {
                let name =
                    if series == 0 { column.name.clone() } else { name(categories, categories + series) };
                let found = chart.series.iter().position(|one| one.name == name).unwrap_or_else(|| {
                    chart.series.push(Series {
                        name,
                        format: column.format.clone().unwrap_or_default(),
                        values: vec![None; chart.labels.len()],
                    });
                    chart.series.len() - 1
                });
                chart.series[found].values[position] =
                    row[categories + series + at].as_f64().filter(|value| value.is_finite());
            }
        }
        chart
    }

    pub(super) fn is_empty(&self) -> bool {
        self.series.iter().all(|one| one.values.iter().all(Option::is_none))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.series.iter().flat_map(|one| one.values.iter().flatten().copied())
    }

    pub(super) fn format(&self) -> &str {
        self.series.first().map_or("", |one| one.format.as_str())
    }

    /// What is said of one value: `2024-06, Total sales: $1,234`.
    pub(super) fn tip(&self, series: usize, category: usize) -> String {
        let one = &self.series[series];
        let value = one.values[category]
            .map_or_else(|| "blank".to_owned(), |value| numbers::full(&one.format, value));
        match self.labels[category].as_str() {
            "" => format!("{}: {value}", one.name),
            label => format!("{label}, {}: {value}", one.name),
        }
    }

    /// Names of the series with their colours, if there are several. Returns the height that it takes.
    pub(super) fn legend(&self, svg: &mut Svg) -> f64 {
        if self.series.len() < 2 {
            return 0.0;
        }
        let (mut x, mut y) = (0.0, 11.0);
        for (position, one) in self.series.iter().enumerate() {
            let width = 18.0 + text_width(&one.name, TEXT) + 14.0;
            if x > 0.0 && x + width > svg.width {
                (x, y) = (0.0, y + 18.0);
            }
            svg.rectangle([x, y - 9.0, 12.0, 10.0], &format!("f{}", position % COLORS), "");
            svg.text(x + 18.0, y, Anchor::Start, "label", &one.name);
            x += width;
        }
        y + 12.0
    }
}

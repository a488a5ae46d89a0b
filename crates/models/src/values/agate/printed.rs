//! Tables as text, in the forms that agate prints them.

use super::column_kind::ColumnKind;
use super::data::ResultTable;
use crate::values;
use ingot_jinja::python::decimal::decimal;
use ingot_jinja::{Args, Bound, Result, Value};
use std::sync::Arc;

/// What `print_table` is asked for; `None` is without a limit.
struct Limits {
    rows: Option<usize>,
    columns: Option<usize>,
    width: Option<usize>,
    precision: Option<usize>,
}

const MORE: &str = "...";

/// `table.print_table(max_rows=20, max_columns=6, max_column_width=20, max_precision=3)`: what it prints.
pub(super) fn table(table: &ResultTable, args: Args) -> Result<String> {
    let mut bound = args.bind(
        "print_table",
        &["max_rows?", "max_columns?", "output?", "max_column_width?", "locale?", "max_precision?"],
    )?;
    let limits = Limits {
        rows: limit(&mut bound, "max_rows", 20),
        columns: limit(&mut bound, "max_columns", 6),
        width: limit(&mut bound, "max_column_width", 20),
        precision: limit(&mut bound, "max_precision", 3),
    };
    Ok(limits.lay_out(table))
}

/// A limit that was given; `none` is without one.
fn limit(bound: &mut Bound<'_>, name: &str, default: usize) -> Option<usize> {
    match bound.take(name) {
        None => Some(default),
        Some(value) => value.as_int().map(|given| usize::try_from(given).unwrap_or(0)),
    }
}

fn kind_of(table: &ResultTable, index: usize) -> ColumnKind {
    ColumnKind::of(table.rows.iter().map(|row| &row[index]))
}

/// The names of the columns and agate's types of them: `table.print_structure()`, and how a table prints.
pub(super) fn structure(table: &ResultTable) -> String {
    let rows =
        table.names.iter().enumerate().map(|(index, name)| {
            [Value::from(name.as_str()), Value::from(kind_of(table, index).name())].into()
        });
    two_columns(["column", "data_type"], rows.collect())
}

/// A table of two columns of text, without limits.
pub(super) fn two_columns(names: [&str; 2], rows: Vec<Arc<[Value]>>) -> String {
    let table = ResultTable {
        names: names.map(str::to_owned).into(),
        types: ["VARCHAR".to_owned(), "VARCHAR".to_owned()].into(),
        rows: rows.into(),
    };
    Limits { rows: None, columns: None, width: None, precision: Some(3) }.lay_out(&table)
}

impl Limits {
    fn lay_out(&self, table: &ResultTable) -> String {
        let shown_columns = self.columns.unwrap_or(usize::MAX).min(table.names.len());
        let shown_rows = self.rows.unwrap_or(usize::MAX).min(table.rows.len());
        let rows = &table.rows[..shown_rows];
        let columns: Vec<(ColumnKind, Places)> = (0..shown_columns)
            .map(|index| {
                (kind_of(table, index), Places::of(rows.iter().map(|row| &row[index]), self.precision))
            })
            .collect();
        let is_cut = shown_columns < table.names.len();
        let mut lines: Vec<Vec<String>> = Vec::with_capacity(shown_rows + 2);
        let mut header: Vec<String> =
            table.names[..shown_columns].iter().map(|name| self.narrow(name)).collect();
        header.extend(is_cut.then(|| MORE.to_owned()));
        lines.push(header);
        for row in rows {
            let mut line: Vec<String> = columns
                .iter()
                .zip(row.iter())
                .map(|((kind, places), value)| match value {
                    Value::None => String::new(),
                    value if *kind == ColumnKind::Number => self.narrow(&places.write(&values::text(value))),
                    value => self.narrow(&values::text(value)),
                })
                .collect();
            line.extend(is_cut.then(|| MORE.to_owned()));
            lines.push(line);
        }
        if shown_rows < table.rows.len() {
            lines.push(vec![MORE.to_owned(); lines[0].len()]);
        }
        let widths: Vec<usize> = (0..lines[0].len())
            // The line that says that there are more rows widens no column.
            .map(|at| {
                lines[..=shown_rows].iter().map(|line| line[at].chars().count()).max().unwrap_or_default()
            })
            .collect();
        // Text is to the left, and so is what stands for more columns where the first hidden one is text.
        let is_text: Vec<bool> = (0..lines[0].len())
            .map(|at| {
                let kind = columns.get(at).map(|(kind, _)| *kind);
                kind.unwrap_or_else(|| kind_of(table, at)) == ColumnKind::Text
            })
            .collect();
        let mut out = String::new();
        for (number, line) in lines.iter().enumerate() {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .enumerate()
                .map(
                    |(at, (text, &width))| {
                        if is_text[at] { format!(" {text:<width$} ") } else { format!(" {text:>width$} ") }
                    },
                )
                .collect();
            out.push_str(&format!("|{}|\n", cells.join("|")));
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                out.push_str(&format!("| {} |\n", rule.join(" | ")));
            }
        }
        out
    }

    fn narrow(&self, text: &str) -> String {
        match self.width {
            Some(width) if text.chars().count() > width => {
                let kept: String = text.chars().take(width.saturating_sub(MORE.len())).collect();
                format!("{kept}{MORE}")
            }
            _ => text.to_owned(),
        }
    }
}

/// How many places behind the point the numbers of a column are shown with.
struct Places {
    shown: usize,
    /// Some have more.
    is_cut: bool,
}

impl Places {
    fn of<'v>(values: impl Iterator<Item = &'v Value>, most: Option<usize>) -> Self {
        let needed = values
            .map(|value| match values::text(value).split_once('.') {
                Some((_, fraction)) => fraction.trim_end_matches('0').len(),
                None => 0,
            })
            .max()
            .unwrap_or_default();
        let shown = most.map_or(needed, |most| most.min(needed));
        Self { shown, is_cut: needed > shown }
    }

    /// `1234.5` as `1,234.50`, rounded half to even.
    fn write(&self, number: &str) -> String {
        let digits = number.strip_prefix('-').unwrap_or(number);
        if !digits.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) {
            return number.to_owned();
        }
        let exact = decimal(number);
        let rounded = exact.as_object().and_then(|exact| exact.format(&format!(",.{}f", self.shown)));
        let more = if self.is_cut { "…" } else { "" };
        format!("{}{more}", rounded.as_deref().unwrap_or(number))
    }
}

/// `table.print_json()`.
pub(super) fn json(table: &ResultTable) -> String {
    let rows: Vec<serde_json::Value> = table
        .rows
        .iter()
        .map(|row| {
            let pairs = table.names.iter().zip(row.iter());
            pairs
                .map(|(name, value)| (name.clone(), values::to_json(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect();
    serde_json::Value::from(rows).to_string()
}

/// `table.print_csv()`.
pub(super) fn csv(table: &ResultTable) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed =
        |error: &dyn std::fmt::Display| ingot_jinja::Error::value(format!("cannot write the table: {error}"));
    writer.write_record(table.names.iter()).map_err(|error| failed(&error))?;
    for row in &*table.rows {
        let cells = row.iter().map(|value| if value.is_none() { String::new() } else { values::text(value) });
        writer.write_record(cells).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_half_to_even_and_grouped() {
        let write = |shown, text: &str| Places { shown, is_cut: false }.write(text);
        assert_eq!(write(2, "1234567.5"), "1,234,567.50");
        assert_eq!(write(0, "0.5"), "0");
        assert_eq!(write(0, "1.5"), "2");
        assert_eq!(write(1, "-999.96"), "-1,000.0");
        assert_eq!(write(1, "2.25000"), "2.2");
        assert_eq!(write(1, "2.25001"), "2.3");
        assert_eq!(write(3, "NaN"), "NaN");
    }
}

//! Which files a feed comes in: what the `{names}` of its path stand for, and which rows are in which file.

use crate::calendar::{Day, civil, first_of_month, first_of_next_month, from_civil, iso, iso_month};
use crate::plan::Window;
use ingot_contract::{Contract, DataType};
use ingot_core::hive;
use std::iter::once;
use std::ops::Range;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Period {
    /// All rows there are, again with each delivery.
    Whole,
    Year,
    Month,
    Day,
}

/// What a `{name}` of the path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceholderKind {
    Day,
    Month,
    Year,
    MonthNumber,
    DayOfMonth,
    /// One of a few values, by the place among those of its kind.
    Category(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct Placeholder {
    pub(crate) name: String,
    pub(crate) kind: PlaceholderKind,
}

/// The files of one feed.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) period: Period,
    pub(crate) placeholders: Vec<Placeholder>,
    /// The texts of the categories, one list for each combination; one empty list if there are none.
    pub(crate) combinations: Vec<Vec<String>>,
}

/// Of a column or partition that the path names: what its name and type mean, and `None` if it is a category.
pub(crate) fn time_kind(name: &str, data_type: &DataType) -> Option<PlaceholderKind> {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.split(['_', '-']).any(|part| part == *word));
    let is_text = *data_type == DataType::Str;
    let is_number = matches!(data_type, DataType::I32 | DataType::I64);
    match data_type {
        DataType::Date => Some(PlaceholderKind::Day),
        _ if is_text && has(&["month"]) => Some(PlaceholderKind::Month),
        _ if is_text && has(&["day", "date", "dt"]) => Some(PlaceholderKind::Day),
        _ if (is_text || is_number) && has(&["year"]) => Some(PlaceholderKind::Year),
        _ if is_number && has(&["month"]) => Some(PlaceholderKind::MonthNumber),
        _ if is_number && has(&["day"]) => Some(PlaceholderKind::DayOfMonth),
        _ => None,
    }
}

/// The names in the path of a contract, in its order, with their types.
pub(crate) fn names_in_path(contract: &Contract) -> Vec<(String, DataType)> {
    let mut found: Vec<(String, DataType)> = Vec::new();
    for name in contract.raw.placeholders() {
        let column = contract.column(name).map(|(_, column)| column.data_type.clone());
        let partition = || contract.partitions.iter().find(|partition| partition.name == name);
        let data_type = column.or_else(|| partition().map(|partition| partition.data_type.clone()));
        if found.iter().all(|(other, _)| other != name) {
            found.push((name.to_owned(), data_type.unwrap_or(DataType::Str)));
        }
    }
    found
}

impl Layout {
    /// The period of the files, by what the path names. `is_timed`: whether rows have days.
    pub(crate) fn period_of(contract: &Contract, placeholders: &[Placeholder], is_timed: bool) -> Period {
        let of = |placeholder: &Placeholder| match placeholder.kind {
            PlaceholderKind::Day | PlaceholderKind::DayOfMonth => Period::Day,
            PlaceholderKind::Month | PlaceholderKind::MonthNumber => Period::Month,
            PlaceholderKind::Year => Period::Year,
            PlaceholderKind::Category(_) => Period::Whole,
        };
        match placeholders.iter().map(of).max().unwrap_or(Period::Whole) {
            Period::Whole if is_timed && contract.raw.has_wildcard() => Period::Day,
            period => period,
        }
    }

    /// The days of the files that a window delivers: the periods that it touches, each from its first day on (or from
    /// `origin`, the first day of all) until the end of the window.
    pub(crate) fn periods(&self, origin: Day, window: Window) -> Vec<Range<Day>> {
        if self.period == Period::Whole {
            return once(origin..window.end()).collect();
        }
        let mut periods = Vec::new();
        let mut day = window.start;
        while day < window.end() {
            let (year, _, _) = civil(day);
            let (first, after) = match self.period {
                Period::Year => (from_civil(year, 1, 1), from_civil(year + 1, 1, 1)),
                Period::Month => (first_of_month(day), first_of_next_month(day)),
                _ => (day, day + 1),
            };
            periods.push(first.max(origin)..after.min(window.end()));
            day = after;
        }
        periods
    }

    /// The path of a file relative to the raw folder. The `*` in the contract's path are its day or its number, and `end`.
    pub(crate) fn path(&self, contract: &Contract, first: Day, combination: usize, end: &str) -> String {
        let has_day = self.placeholders.iter().any(|one| !matches!(one.kind, PlaceholderKind::Category(_)));
        let part = match self.period {
            Period::Day if !has_day => iso(first),
            _ => "part-00000".to_owned(),
        } + end;
        let texts: Vec<(String, String)> = self
            .placeholders
            .iter()
            .map(|placeholder| {
                let text = self.text(placeholder.kind, first, combination);
                let is_hive = contract.raw.path.contains(&format!("{0}={{{0}}}", placeholder.name));
                (placeholder.name.clone(), if is_hive { hive::escape(Some(&text)) } else { text })
            })
            .collect();
        let values: Vec<(&str, &str)> =
            texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        contract.raw_path(&values, &part)
    }

    /// What stands in the path for the rows of a day.
    pub(crate) fn text(&self, kind: PlaceholderKind, day: Day, combination: usize) -> String {
        let (year, month, of_month) = civil(day);
        match kind {
            PlaceholderKind::Day => iso(day),
            PlaceholderKind::Month => iso_month(day),
            PlaceholderKind::Year => year.to_string(),
            PlaceholderKind::MonthNumber => month.to_string(),
            PlaceholderKind::DayOfMonth => of_month.to_string(),
            PlaceholderKind::Category(place) => self.combinations[combination][place].clone(),
        }
    }

    /// All combinations of some lists of texts.
    pub(crate) fn combine(lists: &[Vec<String>]) -> Vec<Vec<String>> {
        lists.iter().fold(vec![Vec::new()], |combinations, list| {
            combinations
                .iter()
                .flat_map(|before| {
                    list.iter().map(move |text| [&before[..], std::slice::from_ref(text)].concat())
                })
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_delivers_the_periods_that_it_touches() {
        let day = |text| crate::calendar::parse(text).unwrap();
        let layout = |period| Layout { period, placeholders: Vec::new(), combinations: vec![Vec::new()] };
        let window = Window { start: day("2023-02-10"), days: 30, late_days: 0 };
        let origin = day("2023-01-20");
        assert_eq!(
            layout(Period::Month).periods(origin, window),
            [day("2023-02-01")..day("2023-03-01"), day("2023-03-01")..day("2023-03-12")]
        );
        let all: Vec<_> = once(origin..day("2023-03-12")).collect();
        assert_eq!(layout(Period::Whole).periods(origin, window), all);
        assert_eq!(layout(Period::Day).periods(origin, window).len(), 30);
        assert_eq!(layout(Period::Year).periods(origin, window), all);
    }

    #[test]
    fn all_combinations_are_there() {
        let lists = [vec!["a".to_owned(), "b".to_owned()], vec!["1".to_owned(), "2".to_owned()]];
        assert_eq!(Layout::combine(&lists), [["a", "1"], ["a", "2"], ["b", "1"], ["b", "2"]]);
        assert_eq!(Layout::combine(&[]), [Vec::<String>::new()]);
    }
}

//! Keys: which columns number the rows, so that no two rows have the same key.
//!
//! A key of one column counts up. In a key of several, each column counts a part of the row's number, as the digits of a
//! number do: the store, then the line in it. A day or moment of the row needs no part; it differs by itself, or makes
//! the others count anew each day.

use super::column::{KeyPart, Source};
use super::feed::{Extent, Feed};
use super::paths::PlaceholderKind;
use ingot_contract::{Contract, DataType, Measure};

/// Rows of a child for each row that its key refers to: the lines of an order.
pub(crate) const ROWS_OF_A_PARENT: u64 = 3;

/// The sets of columns that must be unique, the primary key first; each column is in one set only.
pub(crate) fn unique_sets(contract: &Contract) -> Vec<Vec<usize>> {
    let place = |name: &str| contract.columns.iter().position(|column| column.name == name);
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut add = |set: Vec<usize>| {
        let is_taken = |column: &usize| sets.iter().any(|other| other.contains(column));
        if !set.is_empty() && !set.iter().any(is_taken) {
            sets.push(set);
        }
    };
    add(contract.primary_key().iter().filter_map(|column| place(&column.name)).collect());
    for (index, column) in contract.columns.iter().enumerate() {
        if column.natural_key {
            add(vec![index]);
        }
    }
    for rule in &contract.table_rules {
        if let Measure::Duplicates { columns } = &rule.measure {
            add(columns.iter().filter_map(|name| place(name)).collect());
        }
    }
    sets
}

/// Whether a column is in a key.
pub(crate) fn is_in_key(contract: &Contract, column: usize) -> bool {
    unique_sets(contract).iter().any(|set| set.contains(&column))
}

/// How many rows the keys of a feed allow.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Limits {
    pub(crate) rows: Option<u64>,
    pub(crate) rows_of_a_day: Option<u64>,
}

/// Gives each column of the feed's keys its part of the row's number. `known` says how many rows another feed has to
/// refer to; `lines_of` is the column that refers to the parent whose rows these are the lines of.
pub(crate) fn assign(
    feed: &mut Feed,
    time_column: Option<usize>,
    lines_of: Option<usize>,
    known: &dyn Fn(usize) -> u64,
) -> Limits {
    let mut limits = Limits::default();
    for set in unique_sets(&feed.contract) {
        let is_moment = |column: usize| {
            time_column == Some(column) && feed.contract.columns[column].data_type == DataType::Timestamp
        };
        if set.iter().any(|column| is_moment(*column)) {
            continue;
        }
        let makers = &feed.makers;
        let is_day = |column: &usize| match &makers[*column].source {
            Source::Row => true,
            Source::Path(place) => feed.layout.placeholders[*place].kind == PlaceholderKind::Day,
            _ => false,
        };
        let is_path = |column: &usize| matches!(makers[*column].source, Source::Path(_));
        let within_day = set.len() > 1 && matches!(feed.extent, Extent::Daily(_)) && set.iter().any(is_day);
        let counted: Vec<usize> = set
            .iter()
            .copied()
            .filter(|column| {
                !is_day(column) && !is_path(column) && !matches!(makers[*column].source, Source::Computed(_))
            })
            .collect();
        if let Some(parent) = lines_of.filter(|parent| counted.contains(parent)) {
            for column in counted {
                let (divide, modulus) =
                    if column == parent { (ROWS_OF_A_PARENT, None) } else { (1, Some(ROWS_OF_A_PARENT)) };
                feed.makers[column].key_part = Some(KeyPart { divide, modulus, within_day: false });
            }
            continue;
        }
        let combinations = feed.layout.combinations.len() as u64;
        let mut divide = if set.iter().any(is_path) && !within_day { combinations.max(1) } else { 1 };
        let capacities: Vec<u64> = counted.iter().map(|column| makers[*column].capacity(known)).collect();
        let counts = |place: &usize| makers[counted[*place]].source.counts_up();
        // The last of equals, so that the line is counted before the order.
        let open = (0..counted.len()).rev().filter(counts).max_by_key(|place| capacities[*place]);
        let mut parts: Vec<(usize, KeyPart)> = Vec::new();
        for (place, column) in counted.iter().enumerate().filter(|(place, _)| Some(*place) != open) {
            let most = if counts(&place) { ROWS_OF_A_PARENT } else { u64::MAX };
            let modulus = capacities[place].clamp(1, most);
            parts.push((*column, KeyPart { divide, modulus: Some(modulus), within_day }));
            divide = divide.saturating_mul(modulus);
        }
        if let Some(place) = open {
            parts.push((counted[place], KeyPart { divide, modulus: None, within_day }));
            divide = divide.saturating_mul(capacities[place]);
        }
        let limit = if within_day { &mut limits.rows_of_a_day } else { &mut limits.rows };
        if !counted.is_empty() {
            *limit = Some(limit.map_or(divide, |before| before.min(divide)));
        }
        for (column, part) in parts {
            feed.makers[column].key_part = Some(part);
            if let Source::Values { in_turn, .. } = &mut feed.makers[column].source {
                *in_turn = true;
            }
        }
    }
    limits
}

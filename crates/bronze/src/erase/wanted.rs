//! Which rows of a feed are of the people who are erased.

use super::suppression::{canonical, member_of};
use std::collections::HashSet;

/// A column, or a member of its JSON texts, and the keys by which it names the people.
#[derive(Debug, Clone)]
pub struct WantedColumn {
    pub column: String,
    pub member: Option<String>,
    keys: HashSet<String>,
}

impl WantedColumn {
    pub fn new<'k>(column: &str, member: Option<&str>, keys: impl IntoIterator<Item = &'k str>) -> Self {
        Self {
            column: column.to_owned(),
            member: member.map(str::to_owned),
            keys: keys.into_iter().map(canonical).collect(),
        }
    }

    fn has(&self, text: &str) -> bool {
        match &self.member {
            None => self.keys.contains(&canonical(text)),
            Some(member) => {
                member_of(text.as_bytes(), member).is_some_and(|key| self.keys.contains(&canonical(&key)))
            }
        }
    }
}

/// Which rows of a feed are wanted: those that one of the columns says.
#[derive(Debug, Clone, Default)]
pub struct WantedRows {
    pub columns: Vec<WantedColumn>,
    /// Texts that only rows of these people have: for rows that are too broken to have columns.
    pub texts: Vec<String>,
}

impl WantedRows {
    /// Whether a row of cells, by the names of the contract's columns, is wanted.
    pub(super) fn fits<'c>(&self, cell: impl Fn(&str) -> Option<&'c str>) -> bool {
        self.columns.iter().any(|one| cell(&one.column).is_some_and(|text| one.has(text)))
    }

    /// Whether a row that cannot be read as cells is wanted.
    pub(super) fn is_in(&self, raw: &str) -> bool {
        self.texts.iter().any(|text| raw.contains(text.as_str()))
    }
}

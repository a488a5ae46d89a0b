//! What a column is made of.

use std::collections::{BTreeMap, BTreeSet};

/// How a column reaches another one. The later wins where there are several ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The value as it is.
    Copied,
    /// An expression of it.
    Transformed,
    /// One value of many rows.
    Aggregated,
}

impl How {
    pub fn word(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Transformed => "transformed",
            Self::Aggregated => "aggregated",
        }
    }
}

/// How a column decides which rows there are, without being part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Influence {
    Filters,
    Joins,
    Groups,
    Orders,
}

impl Influence {
    pub fn word(self) -> &'static str {
        match self {
            Self::Filters => "filters by",
            Self::Joins => "joins by",
            Self::Groups => "groups by",
            Self::Orders => "orders by",
        }
    }
}

/// A column of an input: the index of the input among those of the query, and the name of the column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct InputColumn {
    pub input: usize,
    pub column: String,
}

/// The columns of inputs that a value is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) of: BTreeMap<InputColumn, How>,
    /// Whether there may be others, because a name could not be resolved.
    pub(super) unknown: bool,
}

impl Sources {
    pub(super) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    pub(super) fn column(input: usize, column: &str) -> Self {
        let key = InputColumn { input, column: column.to_owned() };
        Self { of: BTreeMap::from([(key, How::Copied)]), unknown: false }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (column, how) in &other.of {
            let known = self.of.entry(column.clone()).or_insert(*how);
            *known = (*known).max(*how);
        }
        self.unknown |= other.unknown;
    }

    /// The same sources, used in at least this way.
    pub(super) fn used(mut self, how: How) -> Self {
        self.of.values_mut().for_each(|known| *known = (*known).max(how));
        self
    }
}

/// The columns that decide which rows there are.
pub(super) type Influences = BTreeMap<InputColumn, BTreeSet<Influence>>;

pub(super) fn influence(into: &mut Influences, sources: &Sources, kind: Influence) {
    for column in sources.of.keys() {
        into.entry(column.clone()).or_default().insert(kind);
    }
}

pub(super) fn merge(into: &mut Influences, other: &Influences) {
    for (column, kinds) in other {
        into.entry(column.clone()).or_default().extend(kinds);
    }
}

/// A column of a table or query.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Empty for an expression without a name.
    pub(super) name: String,
    pub(super) sources: Sources,
}

/// The rows of a table or query, by their columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Relation {
    pub(super) columns: Vec<Column>,
    /// What further columns, whose names are not known, are made of.
    pub(super) open: Option<Sources>,
    pub(super) influences: Influences,
}

impl Relation {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The first columns under other names, as in `t(a, b)`.
    pub(super) fn renamed(mut self, names: &[String]) -> Self {
        for (index, name) in names.iter().enumerate() {
            match (self.columns.get_mut(index), &self.open) {
                (Some(column), _) => column.name.clone_from(name),
                (None, Some(open)) => {
                    let sources = open.clone();
                    self.columns.push(Column { name: name.clone(), sources });
                }
                (None, None) => {}
            }
        }
        if !names.is_empty() && names.len() >= self.columns.len() {
            self.open = None;
        }
        self
    }
}

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

/// How a value is used in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Use {
    pub how: How,
    /// Whether the value itself may come out, as from a cast, a `case`, the least of many or a list. A count, a comparison or a
    /// hash is made of a value and does not hold it.
    pub holds: bool,
}

impl Use {
    pub(super) const COPY: Self = Self { how: How::Copied, holds: true };

    /// Both ways: what either gives may come out.
    fn or(self, other: Self) -> Self {
        Self { how: self.how.max(other.how), holds: self.holds || other.holds }
    }

    /// One after the other.
    fn then(self, how: How, holds: bool) -> Self {
        Self { how: self.how.max(how), holds: self.holds && holds }
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
    pub(super) of: BTreeMap<InputColumn, Use>,
    /// Whether there may be others, because a name could not be resolved.
    pub(super) unknown: bool,
}

impl Sources {
    pub(super) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    pub(super) fn column(input: usize, column: &str) -> Self {
        let key = InputColumn { input, column: column.to_owned() };
        Self { of: BTreeMap::from([(key, Use::COPY)]), unknown: false }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (column, used) in &other.of {
            let known = self.of.entry(column.clone()).or_insert(*used);
            *known = known.or(*used);
        }
        self.unknown |= other.unknown;
    }

    /// The same sources, of which something else is made.
    pub(super) fn used(self, how: How) -> Self {
        self.then(how, false)
    }

    /// The same sources, of which one may come out as it is.
    pub(super) fn held(self, how: How) -> Self {
        self.then(how, true)
    }

    fn then(mut self, how: How, holds: bool) -> Self {
        self.of.values_mut().for_each(|known| *known = known.then(how, holds));
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

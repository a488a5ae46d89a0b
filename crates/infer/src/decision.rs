//! What was decided of a column, and why.

use ingot_contract::Column;

/// A column of the contract, and why it is as it is.
#[derive(Debug, Clone)]
pub struct Decision {
    pub column: Column,
    /// What is inside it, in the order of its type: the members of objects, or the element of lists. Empty for plain columns
    /// and for maps.
    pub inside: Vec<Decision>,
    /// The pattern of dates and times, as the contract writes it; empty for the default form.
    pub pattern: String,
    /// Times are without an offset, and kept as the clock showed them.
    pub is_without_zone: bool,
    /// Its values where they are few.
    pub values: Vec<String>,
    pub is_unique: bool,
    /// Why it looks personal.
    pub personal: Option<String>,
    /// Whole sentences.
    pub reasons: Vec<String>,
    /// What was assumed without evidence.
    pub assumptions: Vec<String>,
}

impl Decision {
    /// A column about which its type says everything.
    pub(crate) fn stated(column: Column, inside: Vec<Self>, reason: String) -> Self {
        Self {
            column,
            inside,
            pattern: String::new(),
            is_without_zone: false,
            values: Vec::new(),
            is_unique: false,
            personal: None,
            reasons: vec![reason],
            assumptions: Vec::new(),
        }
    }
}

/// What a value is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    Row,
    Object,
    List,
}

impl Whole {
    /// What is counted.
    pub(crate) fn many(self) -> &'static str {
        match self {
            Self::Row => "rows",
            Self::Object => "objects",
            Self::List => "elements",
        }
    }

    /// What may lack it.
    pub(crate) fn owner(self) -> &'static str {
        match self {
            Self::Row => "file",
            Self::Object => "object",
            Self::List => "list",
        }
    }
}

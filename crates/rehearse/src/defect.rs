//! A defect to be planted.

use ingot_generate::Value;

/// A defect to be planted.
#[derive(Debug, Clone)]
pub(crate) struct Defect {
    /// The place of its table among those that are rehearsed.
    pub(crate) table: usize,
    pub(crate) column: Option<usize>,
    pub(crate) kind: String,
    pub(crate) description: String,
    pub(crate) change: Change,
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Some rows have this value.
    Value(Value),
    /// Some rows come twice.
    RowTwice,
    /// The JSON of some rows lacks this member.
    DropMember(String),
    /// All numbers of the newest rows are multiplied.
    Scale(f64),
    /// The values of two columns change places in the newest rows.
    Swap(usize),
    /// One value has another name, everywhere in the newest rows.
    Rename { from: String, to: String },
    /// A share of the newest rows have no value.
    Empty,
    /// One file, or the rows of one day, do not come.
    DayMissing,
    /// One file comes a second time under another name.
    FileTwice,
}

/// What can be planted in one round: defects of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// In a few rows.
    Rows,
    /// In a column of the newest half of the rows, or in whole files.
    Wide,
}

impl Defect {
    pub(crate) fn class(&self) -> Class {
        match self.change {
            Change::Value(_) | Change::DropMember(_) | Change::RowTwice => Class::Rows,
            Change::Scale(_)
            | Change::Swap(_)
            | Change::Rename { .. }
            | Change::Empty
            | Change::FileTwice
            | Change::DayMissing => Class::Wide,
        }
    }

    /// Whether it changes a column of many rows.
    pub(crate) fn is_of_column(&self) -> bool {
        self.class() == Class::Wide && !self.is_of_files()
    }

    /// Whether whole files are more or less.
    pub(crate) fn is_of_files(&self) -> bool {
        matches!(self.change, Change::FileTwice | Change::DayMissing)
    }

    /// The columns that it changes.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let other = if let Change::Swap(other) = self.change { Some(other) } else { None };
        self.column.into_iter().chain(other).collect()
    }
}

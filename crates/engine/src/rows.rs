//! Reading results without ceremony: a cell as a number or a text, a column by its name.

use super::{Cell, Rows};

impl Rows {
    /// The position of a column; names compare without case, as the engine compares them.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The first cell of the first row: the answer of `select count(*)` and the like.
    pub fn first(&self) -> Option<&Cell> {
        self.rows.first().and_then(|row| row.first())
    }
}

impl Cell {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A whole number (or a boolean as 0 or 1); `None` for everything else and for what does not fit.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => i64::try_from(*value).ok(),
            Self::Bool(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// Any number as a float, a DECIMAL rounded to the nearest.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Decimal(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The text of a VARCHAR, DECIMAL, date or timestamp, or the engine's own text; `None` for the rest.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Timestamp(text)
            | Self::Other(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => None,
        }
    }
}

/// The value as a person reads it; NULL is empty.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Timestamp(text)
            | Self::Other(text) => f.write_str(text),
        }
    }
}

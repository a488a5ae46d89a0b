//! Results as templates and reports need them: columns, and rows of cells.

/// A result: columns, and rows of cells in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ResultColumn {
    pub name: String,
    /// The engine's own name for the type, such as `DECIMAL(12,4)`.
    pub type_name: String,
}

/// A value as templates and reports need it. A type that has no variant of its own arrives as the text that
/// the engine itself shows for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    /// A whole number of any width up to 128 bits.
    Int(i128),
    Float(f64),
    /// A DECIMAL, as its exact text.
    Decimal(String),
    Text(String),
    /// ISO 8601: `2023-01-31`.
    Date(String),
    /// `2023-01-31 10:20:30.000000`, with `+00` at the end where the type has a time zone.
    Timestamp(String),
    /// `10:20:30.5`, with the offset at the end where the type has one: `10:20:30+05:30`.
    Time(String),
    /// `1 year 2 days 03:00:00.5`.
    Interval(String),
    /// Bytes outside printable ASCII, quotes and backslashes as `\x00`.
    Blob(String),
    /// A list, an array, a struct or a map.
    Nested(Box<Nested>),
    /// Everything else (UUIDs, bits, larger numbers), as the engine's text.
    Other(String),
}

/// A value with values in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Nested {
    /// The engine's own text for all of it.
    pub text: String,
    pub value: NestedValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NestedValue {
    /// Arrays too.
    List(Vec<Cell>),
    /// Fields by name; those of an unnamed struct (`row(1, 2)`) have empty names.
    Struct(Vec<(String, Cell)>),
    Map(Vec<(Cell, Cell)>),
}

impl Rows {
    /// The position of the column with this name. Case does not matter, as in SQL.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The first cell of the first row: the answer to `select count(*)` and the like.
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

    /// The text of every variant that holds one; `None` for NULL, booleans, whole numbers and floats.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Timestamp(text)
            | Self::Time(text)
            | Self::Interval(text)
            | Self::Blob(text)
            | Self::Other(text) => Some(text),
            Self::Nested(nested) => Some(&nested.text),
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
            other => f.write_str(other.as_str().unwrap_or_default()),
        }
    }
}

//! The type of a seed's column: the first of dbt's types that takes all of its cells.

use crate::seeds::moment::{read_date, read_iso, read_timestamp};
use crate::seeds::number::Number;
use crate::seeds::python_text::{is_null, strip};
use ingot_jinja::Value;
use ingot_jinja::python::datetime as python;

/// What a seed's column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnType {
    Integer,
    BigInt,
    HugeInt,
    Double,
    Date,
    /// Written with a space, or in ISO 8601 with a T; one column holds one of the two.
    Timestamp,
    IsoTimestamp,
    Boolean,
    Text,
}

/// agate counts with 28 digits, and dbt makes a column DOUBLE in which a number has more before the point.
const BEYOND_AGATE: u128 = 10_u128.pow(28);

impl ColumnType {
    /// The name that dbt's `adapter.convert_type` gives it, so that `create table` says the same.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::HugeInt => "hugeint",
            Self::Double => "float8",
            Self::Date => "date",
            Self::Timestamp | Self::IsoTimestamp => "timestamp without time zone",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }

    /// The type of a column with these cells. A column without a value is a column of integers, as in dbt.
    pub(super) fn of<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Self {
        if let Some(number) = Self::of_numbers(cells.clone()) {
            return number;
        }
        [Self::Date, Self::Timestamp, Self::IsoTimestamp, Self::Boolean]
            .into_iter()
            .find(|kind| cells.clone().all(|cell| kind.read(cell).is_some()))
            .unwrap_or(Self::Text)
    }

    /// dbt has only INTEGER for whole numbers, and fails where they do not fit.
    fn of_numbers<'a>(cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut widest = Self::Integer;
        for cell in cells.filter(|cell| !is_null(cell)) {
            let kind = match Number::read(cell)?.whole() {
                Some(whole) if i32::try_from(whole).is_ok() => Self::Integer,
                Some(whole) if i64::try_from(whole).is_ok() => Self::BigInt,
                Some(whole) if whole.unsigned_abs() < BEYOND_AGATE => Self::HugeInt,
                _ => Self::Double,
            };
            if kind.width() > widest.width() {
                widest = kind;
            }
        }
        Some(widest)
    }

    fn width(self) -> u8 {
        match self {
            Self::Integer => 0,
            Self::BigInt => 1,
            Self::HugeInt => 2,
            _ => 3,
        }
    }

    /// The cell as a value of this type; none if it is not one.
    pub(super) fn read(self, cell: &str) -> Option<Value> {
        if self == Self::Boolean {
            return read_boolean(cell);
        }
        if is_null(cell) {
            return Some(Value::None);
        }
        match self {
            Self::Integer | Self::BigInt | Self::HugeInt => Number::read(cell)?.whole().map(Value::from),
            Self::Double => Number::read(cell)?.double().map(Value::from),
            Self::Date => read_date(cell).map(python::date),
            Self::Timestamp => read_timestamp(cell).map(python::naive),
            Self::IsoTimestamp => read_iso(cell).map(python::naive),
            Self::Boolean | Self::Text => Some(cell.into()),
        }
    }
}

/// agate removes commas before it looks at the word.
fn read_boolean(cell: &str) -> Option<Value> {
    let plain = cell.replace(',', "");
    match strip(&plain).to_lowercase().as_str() {
        "" | "null" => Some(Value::None),
        "true" => Some(true.into()),
        "false" => Some(false.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_the_first_type_that_takes_all_of_its_cells() {
        for (cells, expected) in [
            (&["1", "", "-2", " ", "NULL"][..], "integer"),
            (&["10.00", "1e5", "+5"], "integer"),
            (&["1", "3000000000"], "bigint"),
            (&["1", "9223372036854775808"], "hugeint"),
            (&["1", "1e28"], "float8"),
            (&["1", "2.5"], "float8"),
            (&["NaN", "1"], "float8"),
            (&["2024-01-01", "2024-1-2"], "date"),
            (&["2024-01-01 10:00:00", ""], "timestamp without time zone"),
            (&["2024-01-01T10:00:00.5", "2024-01-01T10:00:00Z"], "timestamp without time zone"),
            (&["2024-01-01 10:00:00", "2024-01-01T10:00:00"], "text"),
            (&["2024-01-01", "2024-01-01 10:00:00"], "text"),
            (&["2024-01-01 10:00:00.5"], "text"),
            (&["true", "False", ","], "boolean"),
            (&["1", "true"], "text"),
            (&["1", "a"], "text"),
            (&[], "integer"),
        ] {
            assert_eq!(ColumnType::of(cells.iter().copied()).name(), expected, "{cells:?}");
        }
    }
}

//! The types that agate gives to columns under dbt: from the values, in the order of dbt's own tester
//! (`dbt_common/clients/agate_helper.py`).

use ingot_jinja::Value;

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Integer,
    Number,
    Date,
    DateTime,
    Boolean,
    Text,
}

impl ColumnKind {
    /// A column without values is one of whole numbers, the first type that is tried.
    pub(super) fn of<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        let mut found = None;
        for value in values {
            let kind = match value.type_name() {
                "NoneType" => continue,
                "int" => Self::Integer,
                "float" | "decimal.Decimal" => Self::Number,
                "bool" => Self::Boolean,
                "datetime.date" => Self::Date,
                "datetime.datetime" => Self::DateTime,
                _ => return Self::Text,
            };
            found = Some(match found {
                None => kind,
                Some(known) if known == kind => kind,
                Some(Self::Integer | Self::Number) if matches!(kind, Self::Integer | Self::Number) => {
                    Self::Number
                }
                Some(_) => return Self::Text,
            });
        }
        found.unwrap_or(Self::Integer)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer => "Integer",
            Self::Number => "Number",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Boolean => "Boolean",
            Self::Text => "Text",
        }
    }
}

//! What callers must know of an engine's SQL.

use serde::{Deserialize, Serialize};

/// One engine's SQL: its name in dbt, how it writes names, and what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dialect {
    DuckDb,
    /// Names are `schema.identifier`, as dbt-spark has it.
    Spark,
}

impl Dialect {
    /// dbt's name for the engine: the `type` of a profile, and the prefix of its macros (`duckdb__list_schemas`).
    pub const fn adapter_type(self) -> &'static str {
        match self {
            Self::DuckDb => "duckdb",
            Self::Spark => "spark",
        }
    }

    /// dbt's word for a relation of the type that the information schema names: `view` or `table`.
    pub fn relation_type(self, table_type: &str) -> &'static str {
        if table_type == "VIEW" { "view" } else { "table" }
    }

    /// What stands around a name that is quoted.
    pub const fn quote(self) -> &'static str {
        match self {
            Self::DuckDb => "\"",
            Self::Spark => "`",
        }
    }

    /// A name in quotes. As in dbt, quotes inside it are not doubled (`BaseRelation.quoted` of dbt-adapters,
    /// `base/relation.py`).
    pub fn quoted(self, name: &str) -> String {
        format!("{0}{name}{0}", self.quote())
    }

    /// Whether the names of relations are quoted where nobody says otherwise.
    pub const fn quotes_by_default(self) -> bool {
        matches!(self, Self::DuckDb)
    }

    /// Whether a schema is in a database.
    pub const fn has_databases(self) -> bool {
        matches!(self, Self::DuckDb)
    }

    /// Whether there is `begin` and `commit`.
    pub const fn has_transactions(self) -> bool {
        matches!(self, Self::DuckDb)
    }

    /// The text inside a literal of the text, without the quotes around it.
    pub fn escaped(self, text: &str) -> String {
        match self {
            Self::DuckDb => text.replace('\'', "''"),
            // A backslash begins an escape in Spark's literals.
            Self::Spark => text.replace('\\', "\\\\").replace('\'', "\\'"),
        }
    }
}

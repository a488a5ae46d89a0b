//! What callers must know of an engine's SQL.

/// One engine's SQL: its name in dbt, how it writes names, and what it has. Made only as a constant here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    adapter_type: &'static str,
    /// What the information schema calls a view.
    view: &'static str,
    quote: char,
    quotes_by_default: bool,
    has_databases: bool,
    has_transactions: bool,
}

impl Dialect {
    pub const DUCKDB: Self = Self {
        adapter_type: "duckdb",
        view: "VIEW",
        quote: '"',
        quotes_by_default: true,
        has_databases: true,
        has_transactions: true,
    };

    /// As dbt-spark has it: names are `schema.identifier`, written without quotes.
    pub const SPARK: Self = Self {
        adapter_type: "spark",
        view: "VIEW",
        quote: '`',
        quotes_by_default: false,
        has_databases: false,
        has_transactions: false,
    };

    /// dbt's name for the engine: the `type` of a profile, and the prefix of its macros (`duckdb__list_schemas`).
    pub const fn adapter_type(&self) -> &'static str {
        self.adapter_type
    }

    /// dbt's word for a relation of the type that the information schema names: `view` or `table`.
    pub fn relation_type(&self, table_type: &str) -> &'static str {
        if table_type == self.view { "view" } else { "table" }
    }

    /// What stands around a name that is quoted.
    pub const fn quote(&self) -> char {
        self.quote
    }

    /// A name in quotes. As in dbt, quotes inside it are not doubled (`BaseRelation.quoted` of dbt-adapters,
    /// `base/relation.py`).
    pub fn quoted(&self, name: &str) -> String {
        format!("{0}{name}{0}", self.quote)
    }

    /// Whether the names of relations are quoted where nobody says otherwise.
    pub const fn quotes_by_default(&self) -> bool {
        self.quotes_by_default
    }

    /// Whether a schema is in a database.
    pub const fn has_databases(&self) -> bool {
        self.has_databases
    }

    /// Whether there is `begin` and `commit`.
    pub const fn has_transactions(&self) -> bool {
        self.has_transactions
    }
}

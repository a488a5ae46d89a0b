//! What callers must know of an engine's SQL.

/// One engine's SQL: its name in dbt, and what it calls its relations. Made only as a constant here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    adapter_type: &'static str,
    /// What the information schema calls a view.
    view: &'static str,
}

impl Dialect {
    pub const DUCKDB: Self = Self { adapter_type: "duckdb", view: "VIEW" };

    /// dbt's name for the engine: the `type` of a profile, and the prefix of its macros (`duckdb__list_schemas`).
    pub const fn adapter_type(&self) -> &'static str {
        self.adapter_type
    }

    /// dbt's word for a relation of the type that the information schema names: `view` or `table`.
    pub fn relation_type(&self, table_type: &str) -> &'static str {
        if table_type == self.view { "view" } else { "table" }
    }
}

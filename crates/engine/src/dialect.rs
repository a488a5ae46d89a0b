//! What callers must know of an engine's SQL: its name in dbt, how it quotes names, what kinds of relations it has.

/// One engine's SQL. Made only as a constant here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    adapter_type: &'static str,
    quote: char,
}

impl Dialect {
    pub const DUCKDB: Self = Self { adapter_type: "duckdb", quote: '"' };

    /// The engine with this name in dbt (`type: duckdb` in a profile).
    pub fn of_adapter(adapter_type: &str) -> Option<&'static Self> {
        [&Self::DUCKDB].into_iter().find(|dialect| dialect.adapter_type == adapter_type)
    }

    /// dbt's name for the engine: the `type` of a profile, and the prefix of its macros (`duckdb__list_schemas`).
    pub const fn adapter_type(&self) -> &'static str {
        self.adapter_type
    }

    /// The name in the engine's quotes, with quotes inside it doubled, so that no content can break out.
    pub fn name_literal(&self, name: &str) -> String {
        let quote = self.quote;
        let doubled = format!("{quote}{quote}");
        format!("{quote}{}{quote}", name.replace(quote, &doubled))
    }

    /// dbt's word for a relation of the type that the information schema names: `view` or `table`.
    pub fn relation_type(&self, table_type: &str) -> &'static str {
        if table_type == "VIEW" { "view" } else { "table" }
    }
}

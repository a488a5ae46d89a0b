//! The names by which dbt and its packages know an engine.

use ingot_engine::Dialect;

/// The packages of built-in macros that are made for one engine each.
pub(crate) const ADAPTER_PACKAGES: [&str; 2] = ["dbt_duckdb", "dbt_spark"];

/// The one that is made for this engine.
pub(crate) const fn adapter_package(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::DuckDb => ADAPTER_PACKAGES[0],
        Dialect::Spark => ADAPTER_PACKAGES[1],
    }
}

/// What packages look for at the end of `relation.get('metadata').type`.
pub(crate) const fn relation_type_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::DuckDb => "DuckDBRelation",
        Dialect::Spark => "SparkRelation",
    }
}

//! What is true of DuckDB alone, under the names that dbt and its packages know it by.

use ingot_engine::Dialect;

/// `adapter.type()`, `target.type`, the profile's `type:`, and the prefix of macros made for this database.
pub(crate) const ADAPTER_TYPE: &str = Dialect::DUCKDB.adapter_type();

/// The package of the built-in macros that are made for it.
pub(crate) const ADAPTER_PACKAGE: &str = "dbt_duckdb";

/// What packages look for at the end of `relation.get('metadata').type`.
pub(crate) const RELATION_TYPE_NAME: &str = "DuckDBRelation";

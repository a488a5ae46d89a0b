//! Tables and columns of a schema, as DuckDB's own catalog lists them.

use ingot_core::error::Result;
use ingot_engine::{Session, text_literal};

/// A table or a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub name: String,
    /// In their order.
    pub columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    /// DuckDB's own name, such as `DECIMAL(18,4)`.
    pub type_name: String,
}

/// The tables and views of a schema of a database that the session has open, by name.
///
/// # Errors
/// The catalog cannot be read.
pub(crate) fn relations(session: &mut dyn Session, database: &str, schema: &str) -> Result<Vec<Relation>> {
    let place = format!(
        "database_name = {} and schema_name = {} and not internal",
        text_literal(database),
        text_literal(schema)
    );
    let rows = session.query(&format!(
        "with relations as (
           select table_name as name from duckdb_tables() where {place}
           union all select view_name from duckdb_views() where {place})
         select relations.name, column_name, data_type
         from relations join duckdb_columns() on table_name = relations.name and {place}
         order by 1, column_index"
    ))?;
    let mut relations: Vec<Relation> = Vec::new();
    for row in rows.rows {
        let [name, column, type_name] = row.as_slice() else { continue };
        let name = name.to_string();
        if relations.last().is_none_or(|last| last.name != name) {
            relations.push(Relation { name, columns: Vec::new() });
        }
        if let Some(relation) = relations.last_mut() {
            relation.columns.push(Column { name: column.to_string(), type_name: type_name.to_string() });
        }
    }
    Ok(relations)
}

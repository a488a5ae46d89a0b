//! Tables and columns of a DuckDB file.

use crate::column_types::misread;
use ingot_core::error::{Error, Result};
use ingot_engine::{Session, text_literal};
use std::collections::{BTreeMap, BTreeSet};

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WarehouseTable {
    pub schema: String,
    pub name: String,
    pub is_view: bool,
    pub columns: Vec<WarehouseColumn>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WarehouseColumn {
    pub name: String,
    /// In DuckDB's words, such as `DECIMAL(18,4)`.
    pub data_type: String,
}

impl WarehouseTable {
    /// `gold.fct_sales`
    pub(crate) fn full_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

/// All tables and views of a database that the session has attached under the name `catalog`, by schema and name.
///
/// # Errors
/// The engine does not answer.
pub(crate) fn tables_of(session: &mut dyn Session, catalog: &str) -> Result<Vec<WarehouseTable>> {
    let found = session.query(&format!(
        "select columns.schema_name, columns.table_name, columns.column_name, columns.data_type,
             views.view_name is not null
         from duckdb_columns() as columns
         left join duckdb_views() as views
             on columns.database_name = views.database_name and columns.schema_name = views.schema_name
             and columns.table_name = views.view_name
         where columns.database_name = {} and not columns.internal
         order by columns.schema_name, columns.table_name, columns.column_index",
        text_literal(catalog)
    ))?;
    let mut tables: BTreeMap<(String, String), WarehouseTable> = BTreeMap::new();
    for row in &found.rows {
        let (schema, name) = (row[0].to_string(), row[1].to_string());
        tables
            .entry((schema.clone(), name.clone()))
            .or_insert_with(|| WarehouseTable {
                schema,
                name,
                is_view: row[4].as_i64() == Some(1),
                columns: Vec::new(),
            })
            .columns
            .push(WarehouseColumn { name: row[2].to_string(), data_type: row[3].to_string() });
    }
    Ok(tables.into_values().collect())
}

/// One line for each column that BI tools misread and that `is_meant`: what it is, why, and what to write instead.
pub(crate) fn misread_columns<'t>(
    tables: impl IntoIterator<Item = &'t WarehouseTable>,
    is_meant: impl Fn(&WarehouseColumn) -> bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    for table in tables {
        for column in table.columns.iter().filter(|column| is_meant(column)) {
            if let Some((why, instead)) = misread(&column.data_type) {
                lines.push(format!(
                    "{}.{} is {}: {why}; {instead}",
                    table.full_name(),
                    column.name,
                    column.data_type
                ));
            }
        }
    }
    lines
}

/// The schema that a person means by a name: the one that is called so; else the only one that ends with `_<name>`, because dbt puts
/// the schema of the target before that of the models (<https://docs.getdbt.com/docs/build/custom-schemas>).
pub(crate) fn schema_meant<'s>(name: &str, schemas: &'s BTreeSet<String>) -> Option<&'s str> {
    let ending = format!("_{name}").to_lowercase();
    let mut longer = schemas.iter().filter(|schema| schema.to_lowercase().ends_with(&ending));
    let called_so = schemas.iter().find(|schema| schema.eq_ignore_ascii_case(name));
    called_so.or_else(|| longer.next().filter(|_| longer.next().is_none())).map(String::as_str)
}

/// The schemas that have tables.
pub(crate) fn schemas_of(tables: &[WarehouseTable]) -> BTreeSet<String> {
    tables.iter().map(|table| table.schema.clone()).collect()
}

/// Patterns such as `gold`, `gold.fct_*` that name tables of these schemas; case does not matter, as in SQL.
///
/// # Errors
/// A pattern is not a valid glob.
pub(crate) fn patterns(texts: &[String], schemas: &BTreeSet<String>) -> Result<globset::GlobSet> {
    let mut set = globset::GlobSetBuilder::new();
    for text in texts {
        let (schema, tables) = text.split_once('.').unwrap_or((text, "*"));
        let schema = schema_meant(schema, schemas).unwrap_or(schema);
        let glob = globset::GlobBuilder::new(&format!("{schema}.{tables}"))
            .case_insensitive(true)
            .build()
            .map_err(|error| Error::new(format!("'{text}' does not name tables: {}", error.kind())))?;
        set.add(glob);
    }
    set.build().map_err(|error| Error::new("these patterns cannot be used together").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::schema_meant;

    #[test]
    fn a_schema_is_known_by_its_own_name_or_by_that_of_its_models() {
        let meant = |schemas: &[&str]| {
            let schemas = schemas.iter().map(|&schema| schema.to_owned()).collect();
            schema_meant("gold", &schemas).map(str::to_owned)
        };
        assert_eq!(meant(&["gold", "main_gold"]).as_deref(), Some("gold"));
        assert_eq!(meant(&["main", "main_Gold", "main_silver"]).as_deref(), Some("main_Gold"));
        assert_eq!(meant(&["dev_gold", "prod_gold"]), None);
        assert_eq!(meant(&["marigold"]), None);
    }
}

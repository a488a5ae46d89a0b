//! What a schema of a Spark server has, by `show table extended`, from which dbt-spark reads the same
//! (`SparkAdapter.list_relations_without_caching`, `impl.py`).

use crate::relations::relation::Relation;
use ingot_core::error::Result;
use ingot_engine::{Cell, Dialect, Rows, SqlError};

/// A table or a view of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedRelation {
    pub schema: String,
    pub name: String,
    pub is_view: bool,
    /// The format of its files: `delta`, `parquet`.
    pub provider: Option<String>,
    pub owner: Option<String>,
    /// Names and types of the columns, as the server's tree of the schema has them.
    pub columns: Vec<(String, String)>,
}

impl ListedRelation {
    /// dbt's word for what it is.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_view { "view" } else { "table" }
    }

    pub(crate) fn relation(&self) -> Relation {
        let relation = Relation::new(Dialect::Spark, None, Some(&self.schema), Some(&self.name));
        Relation { provider: self.provider.clone(), ..relation.of_kind(self.kind()) }
    }

    /// From the text that the server has about it, a line for each property.
    fn of(schema: &str, name: &str, information: &str) -> Self {
        let property = |key: &str| {
            let found = information.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            found.map(|value| value.trim().to_owned())
        };
        let columns = information.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix(" |-- ")?.split_once(": ")?;
            Some((name.to_owned(), rest.rsplit_once(" (nullable")?.0.to_owned()))
        });
        Self {
            schema: schema.to_owned(),
            name: name.to_owned(),
            is_view: property("Type").is_some_and(|kind| kind.eq_ignore_ascii_case("view")),
            provider: property("Provider").map(|name| name.to_lowercase()),
            owner: property("Owner"),
            columns: columns.collect(),
        }
    }
}

/// The relations of a schema; none if there is no such schema. `query` runs a statement on the server.
///
/// # Errors
/// The server cannot be asked.
pub(crate) fn list(schema: &str, query: &mut dyn FnMut(&str) -> Result<Rows>) -> Result<Vec<ListedRelation>> {
    let rows = match query(&format!("show table extended in {schema} like '*'")) {
        Ok(rows) => rows,
        Err(error) => {
            let Some(parts) = SqlError::of(&error) else { return Err(error) };
            if parts.is_missing_relation() {
                return Ok(Vec::new());
            }
            // Catalogs of version 2, such as Iceberg's, have no such statement (SPARK-33393).
            if !parts.text.contains("SHOW TABLE EXTENDED") {
                return Err(error);
            }
            return list_one_by_one(schema, query);
        }
    };
    let found = rows.rows.iter().filter_map(|row| match row.as_slice() {
        [Cell::Text(schema), Cell::Text(name), Cell::Bool(false), Cell::Text(information)] => {
            Some(ListedRelation::of(schema, name, information))
        }
        _ => None,
    });
    Ok(found.collect())
}

fn list_one_by_one(schema: &str, query: &mut dyn FnMut(&str) -> Result<Rows>) -> Result<Vec<ListedRelation>> {
    let mut found = Vec::new();
    for row in query(&format!("show tables in {schema} like '*'"))?.rows {
        let [Cell::Text(schema), Cell::Text(name), Cell::Bool(false)] = row.as_slice() else { continue };
        let mut information = String::new();
        for row in query(&format!("describe extended {schema}.{name}"))?.rows {
            if let [Cell::Text(key), Cell::Text(value), ..] = row.as_slice()
                && !key.starts_with('#')
            {
                information.push_str(&format!("{key}: {value}\n"));
            }
        }
        found.push(ListedRelation::of(schema, name, &information));
    }
    Ok(found)
}

/// Whether a server of this version is Sail, which counts from 0, and not Apache Spark.
pub(crate) fn is_sail(version: &str) -> bool {
    version.split('.').next().is_some_and(|major| major.parse::<u32>().is_ok_and(|major| major < 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_about_a_table_is_read() {
        let text = "Catalog: spark_catalog\nDatabase: shop\nTable: orders\nOwner: me\nType: MANAGED\nProvider: delta\n\
                    Schema: root\n |-- id: long (nullable = true)\n |-- parts: array (nullable = true)\n \
                    |    |-- element: string (containsNull = true)\n";
        let found = ListedRelation::of("shop", "orders", text);
        assert_eq!((found.kind(), found.provider.as_deref()), ("table", Some("delta")));
        assert_eq!(found.owner.as_deref(), Some("me"));
        let columns = [("id".to_owned(), "long".to_owned()), ("parts".to_owned(), "array".to_owned())];
        assert_eq!(found.columns, columns);
        assert_eq!(found.relation().render(), "shop.orders");
        assert_eq!(ListedRelation::of("shop", "v", "Type: VIEW\nView Text: x").kind(), "view");
    }

    #[test]
    fn a_server_is_told_by_its_version() {
        assert!(is_sail("0.7.2"));
        assert!(!is_sail("4.3.0 1a2b3c") && !is_sail("3.5.8"));
    }
}

//! SQL of others that may only read: one SELECT, by DuckDB's own parser.

use crate::{Cell, EngineOptions, text_literal};
use ingot_core::error::{Error, Result};
use serde_json::Value as Json;

/// A text that is one SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneSelect {
    /// Without what ends a statement.
    pub sql: String,
    /// What it reads by name, as written: tables, views, and its own CTEs.
    pub tables: Vec<NamedTable>,
}

/// A table as a query names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedTable {
    pub schema: Option<String>,
    pub name: String,
}

/// The text as a SELECT, if it is one and nothing else.
///
/// # Errors
/// It is empty, not SQL, more than one statement, or one that does more than read.
pub fn one_select(sql: &str) -> Result<OneSelect> {
    let refusal =
        || Error::new("only one SELECT is answered").hint("nothing can be written, attached or set here");
    let text = sql.trim().trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace());
    if text.is_empty() {
        return Err(Error::new("there is no query"));
    }
    let mut parser = EngineOptions::in_memory().open()?.session()?;
    let found = parser.query(&format!("select json_serialize_sql({}::varchar)", text_literal(text)))?;
    let tree: Json = found
        .first()
        .and_then(Cell::as_str)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    if tree["error"] == true {
        let why = tree["error_message"].as_str().unwrap_or_default();
        // What is SQL and not a SELECT, and what is not SQL.
        return Err(match tree["error_type"].as_str() {
            Some("parser") => Error::new(why),
            _ => refusal(),
        });
    }
    match tree["statements"].as_array().map(Vec::len) {
        // A CTE may be an INSERT.
        Some(1) if only_selects(&tree["statements"]) => {
            let mut tables = Vec::new();
            named_tables(&tree["statements"], &mut tables);
            tables.sort();
            tables.dedup();
            Ok(OneSelect { sql: text.to_owned(), tables })
        }
        _ => Err(refusal()),
    }
}

/// Whether all queries of a tree only read.
fn only_selects(tree: &Json) -> bool {
    const READING: [&str; 4] = ["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"];
    match tree {
        Json::Array(items) => items.iter().all(only_selects),
        Json::Object(members) => {
            let kind = members.get("type").and_then(Json::as_str).unwrap_or_default();
            (!kind.ends_with("_NODE") || READING.contains(&kind)) && members.values().all(only_selects)
        }
        _ => true,
    }
}

fn named_tables(tree: &Json, found: &mut Vec<NamedTable>) {
    match tree {
        Json::Array(items) => items.iter().for_each(|item| named_tables(item, found)),
        Json::Object(members) => {
            if members.get("type").and_then(Json::as_str) == Some("BASE_TABLE")
                && let Some(name) = members.get("table_name").and_then(Json::as_str)
            {
                let schema = members.get("schema_name").and_then(Json::as_str);
                let schema = schema.filter(|schema| !schema.is_empty()).map(str::to_owned);
                found.push(NamedTable { schema, name: name.to_owned() });
            }
            members.values().for_each(|member| named_tables(member, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_select_is_a_query() {
        assert_eq!(one_select(" select 1 ; ").unwrap().sql, "select 1");
        assert!(one_select("with a as (select 1) from a -- a comment").is_ok());
        for other in [
            "",
            ";",
            "drop table x",
            "select 1; select 2",
            "select 1; drop table x",
            "attach 'x.db'",
            "copy (select 1) to 'x'",
            "set threads = 1",
            "pragma version",
            "install httpfs",
            "load httpfs",
            "insert into x values (1)",
            "create table x as select 1",
            "call pragma_version()",
            "export database 'x'",
            "update x set a = 1",
            "select 1) as a; drop table x; select * from (select 2",
            "with x as (insert into t values (1) returning *) from x",
        ] {
            assert!(one_select(other).is_err(), "{other}");
        }
    }

    #[test]
    fn tables_are_found_wherever_they_are_named() {
        let sql = "with a as (from gold.x) select (select max(i) from silver.\"Y\") from a join z using (i) \
                   where exists (from gold.x) union all from w";
        let found = one_select(sql).unwrap().tables;
        let shown: Vec<String> = found
            .iter()
            .map(|table| format!("{}.{}", table.schema.as_deref().unwrap_or_default(), table.name))
            .collect();
        assert_eq!(shown, [".a", ".w", ".z", "gold.x", "silver.Y"]);
    }
}

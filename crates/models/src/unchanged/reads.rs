//! What a query reads besides the relations that its node is known to depend on, found in the tree that DuckDB's parser
//! makes of it: other relations, files, the clock, random numbers, settings.
//!
//! In doubt the answer is that it reads something else, and the node runs each time.

use crate::connection::Connection;
use ingot_core::error::Result;
use ingot_engine::{Cell, text_literal};
use serde_json::Value as Json;
use std::collections::HashSet;

/// Functions that give the day: the same all day long.
const DAY: [&str; 2] = ["current_date", "today"];

/// Functions that give something else each time, or something from outside; DuckDB marks more of them itself.
const CHANGING: [&str; 29] = [
    "now",
    "current_timestamp",
    "get_current_timestamp",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "current_time",
    "get_current_time",
    "localtime",
    "localtimestamp",
    "current_localtime",
    "current_localtimestamp",
    "random",
    "setseed",
    "uuid",
    "uuidv4",
    "uuidv7",
    "gen_random_uuid",
    "nextval",
    "currval",
    "getvariable",
    "getenv",
    "current_setting",
    "txid_current",
    "current_query",
    "pg_postmaster_start_time",
    "pg_conf_load_time",
    "list_shuffle",
    "array_shuffle",
];

/// Functions that DuckDB marks as changing, and that say only where the run is, which is part of what is compared anyway.
const SAME_IN_A_TARGET: [&str; 8] = [
    "current_database",
    "current_catalog",
    "current_schema",
    "current_schemas",
    "current_user",
    "session_user",
    "user",
    "version",
];

/// Words that stand for a function without parentheses.
const WORDS: [&str; 5] = ["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"];

/// Table functions that make rows of their arguments alone.
const PURE_TABLES: [&str; 9] = [
    "range",
    "generate_series",
    "unnest",
    "repeat",
    "repeat_row",
    "json_each",
    "json_tree",
    "regexp_split_to_table",
    "values",
];

/// The functions of a database, as far as their answers may change.
pub(crate) struct Functions {
    changing: HashSet<String>,
    /// Macros that somebody has made in the database.
    own: HashSet<String>,
}

impl Functions {
    /// # Errors
    /// The database cannot be asked.
    pub(crate) fn of(connection: &mut Connection) -> Result<Self> {
        let found = connection.query(
            "select distinct lower(function_name), stability, internal, function_type like '%macro', coalesce(macro_definition, '')
             from duckdb_functions() where function_type <> 'pragma'",
            false,
        )?;
        let mut functions =
            Self { changing: CHANGING.map(str::to_owned).into_iter().collect(), own: HashSet::new() };
        let mut macros = Vec::new();
        for row in &found.rows {
            let [Cell::Text(name), stability, internal, is_macro, definition] = row.as_slice() else {
                continue;
            };
            let is = |cell: &Cell| matches!(cell, Cell::Bool(true));
            if is(is_macro) {
                if is(internal) {
                    macros.push((name.clone(), definition.as_str().unwrap_or_default().to_lowercase()));
                } else {
                    functions.own.insert(name.clone());
                }
            } else if !matches!(stability.as_str(), None | Some("CONSISTENT"))
                && !SAME_IN_A_TARGET.contains(&name.as_str())
            {
                functions.changing.insert(name.clone());
            }
        }
        // DuckDB's own macros change if what they are made of does. None is made of another such macro.
        for (name, definition) in macros {
            let mut words = definition.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
            if words.any(|word| functions.changing.contains(word) || DAY.contains(&word)) {
                functions.changing.insert(name);
            }
        }
        functions.changing.retain(|name| !DAY.contains(&name.as_str()));
        Ok(functions)
    }
}

/// What a node's SQL may read without being asked about it.
#[derive(Debug, Default)]
pub(crate) struct Covered {
    /// Database, schema and name, in lower case.
    pub(crate) relations: Vec<[String; 3]>,
    /// Expressions that are read in the place of sources.
    pub(crate) external: Vec<String>,
    /// Whether a function of the project may be called, of which nobody knows what it reads.
    pub(crate) calls_function: bool,
    /// What a name without a database or schema means.
    pub(crate) database: String,
}

impl Covered {
    /// Whether a relation of a query is among them. Its parts are empty where the query does not say them.
    pub(crate) fn has(&self, [database, schema, name]: [&str; 3]) -> bool {
        let schema = if schema.is_empty() { "main" } else { schema };
        let database = if database.is_empty() { self.database.as_str() } else { database };
        self.relations.iter().any(|known| {
            known[2].eq_ignore_ascii_case(name)
                && known[1].eq_ignore_ascii_case(schema)
                && known[0].eq_ignore_ascii_case(database)
        })
    }
}

/// What a query reads that is not covered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// The day of today.
    pub(crate) day: bool,
    /// Something that cannot be compared: why the node runs each time.
    pub(crate) always: Option<String>,
}

impl Reads {
    fn note(&mut self, why: impl FnOnce() -> String) {
        self.always.get_or_insert_with(why);
    }

    fn note_function(&mut self, name: &str, arguments: usize, functions: &Functions) {
        let name = name.to_lowercase();
        if DAY.contains(&name.as_str()) || (name == "age" && arguments == 1) {
            self.day = true;
        } else if functions.changing.contains(&name) {
            self.note(|| format!("it calls {name}()"));
        } else if functions.own.contains(&name) {
            self.note(|| format!("it calls {name}(), which is a macro of the database"));
        }
    }
}

/// What a query reads.
///
/// # Errors
/// The database cannot be asked.
pub(crate) fn of_query(
    connection: &mut Connection,
    sql: &str,
    covered: &Covered,
    functions: &Functions,
) -> Result<Reads> {
    let mut text = sql.to_owned();
    for (number, external) in covered.external.iter().enumerate() {
        text = text.replace(external.as_str(), &format!("{COVERED_SOURCE}{number}"));
    }
    let call = format!("select json_serialize_sql({}::varchar)", text_literal(&text));
    let rows = connection.query(&call, false)?;
    let tree: Option<Json> =
        rows.first().and_then(Cell::as_str).and_then(|text| serde_json::from_str(text).ok());
    let mut reads = Reads::default();
    match tree.filter(|tree| tree["error"] == false) {
        Some(tree) => visit(&tree["statements"], &mut Vec::new(), covered, functions, &mut reads),
        None => reads.note(|| "what its SQL reads cannot be told: it is not one plain query".to_owned()),
    }
    Ok(reads)
}

/// The name that stands for an expression of a source while a query is looked at.
const COVERED_SOURCE: &str = "__ingot_source_";

fn text<'j>(object: &'j Json, key: &str) -> &'j str {
    object[key].as_str().unwrap_or_default()
}

fn visit(tree: &Json, ctes: &mut Vec<String>, covered: &Covered, functions: &Functions, reads: &mut Reads) {
    let object = match tree {
        Json::Array(items) => {
            items.iter().for_each(|item| visit(item, ctes, covered, functions, reads));
            return;
        }
        Json::Object(object) => object,
        _ => return,
    };
    let known = ctes.len();
    let names = tree["cte_map"]["map"].as_array().into_iter().flatten();
    ctes.extend(names.map(|entry| text(entry, "key").to_lowercase()));
    for key in ["cte_name", "ctename"] {
        ctes.extend(object.get(key).and_then(Json::as_str).map(str::to_lowercase));
    }
    match text(tree, "type") {
        "BASE_TABLE" => {
            let name = text(tree, "table_name");
            let (database, schema) = (text(tree, "catalog_name"), text(tree, "schema_name"));
            let is_cte = database.is_empty() && schema.is_empty() && ctes.contains(&name.to_lowercase());
            if !is_cte && !name.starts_with(COVERED_SOURCE) && !covered.has([database, schema, name]) {
                reads.note(|| format!("it reads {name}, which is not a ref() or source()"));
            }
        }
        "TABLE_FUNCTION" => {
            let function = &tree["function"];
            let name = text(function, "function_name").to_lowercase();
            if !PURE_TABLES.contains(&name.as_str()) {
                reads.note(|| format!("it reads {name}()"));
            }
            // What is left to look at are the function's arguments.
            visit(&function["children"], ctes, covered, functions, reads);
            visit(&tree["sample"], ctes, covered, functions, reads);
            ctes.truncate(known);
            return;
        }
        "SHOW_REF" => reads.note(|| "it asks the database about itself".to_owned()),
        _ => {}
    }
    if object.get("sample").is_some_and(|sample| !sample.is_null()) {
        reads.note(|| "it takes a sample".to_owned());
    }
    if let Some(name) = object.get("function_name").and_then(Json::as_str) {
        let arguments = tree["children"].as_array().map_or(0, Vec::len);
        reads.note_function(name, arguments, functions);
    }
    if text(tree, "class") == "COLUMN_REF"
        && let Some([Json::String(only)]) = tree["column_names"].as_array().map(Vec::as_slice)
        && WORDS.contains(&only.to_lowercase().as_str())
    {
        reads.note_function(only, 0, functions);
    }
    object.values().for_each(|value| visit(value, ctes, covered, functions, reads));
    ctes.truncate(known);
}

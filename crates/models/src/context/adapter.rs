//! `adapter`: what templates may ask of the database, and have it do. While parsing, the answers are empty.

use crate::context::agate::{Response, ResultTable};
use crate::context::{NodeContext, adapter_calls as calls, context, lock, values};
use crate::lake::materialization;
use crate::relations::relation::{ColumnClass, Relation, RelationClass, quoted};
use ingot_core::error;
use ingot_engine::Rows;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use std::any::Any;

pub struct Adapter;

/// What the adapter answers; for "did you mean" and for being passed on.
const NAMES: &[&str] = &[
    "dispatch",
    "type",
    "quote",
    "quote_as_configured",
    "quote_seed_column",
    "get_relation",
    "load_relation",
    "get_columns_in_relation",
    "get_missing_columns",
    "expand_target_column_types",
    "list_relations",
    "list_relations_without_caching",
    "list_schemas",
    "check_schema_exists",
    "create_schema",
    "drop_schema",
    "drop_relation",
    "truncate_relation",
    "rename_relation",
    "already_exists",
    "execute",
    "add_query",
    "run_sql_for_tests",
    "commit",
    "cache_added",
    "cache_dropped",
    "cache_renamed",
    "get_incremental_strategy_macro",
    "valid_incremental_strategies",
    "get_column_schema_from_query",
    "convert_type",
    "is_motherduck",
    "is_ducklake",
    "use_ducklake_table_workarounds",
    "disable_transactions",
    "external_root",
    "external_write_options",
    "external_read_location",
    "location_exists",
    "store_relation",
    "warn_once",
    "escape_sql_string",
    "get_binding_char",
    "get_seed_file_path",
    "batch_id_for_model",
    "ensure_transaction",
    "existing_key_constraint_types",
    "catalog_supports_foreign_keys",
    "ingot_has_indexes",
    "ingot_format_of",
    "ingot_delta_exists",
    "ingot_delta_commit",
    "get_hard_deletes_behavior",
    "valid_snapshot_target",
    "assert_valid_snapshot_target_given_strategy",
    "render_raw_columns_constraints",
    "render_raw_model_constraints",
    "parse_index",
    "standardize_grants_dict",
    "build_catalog_relation",
    "convert_datetimes_to_strs",
    "post_model_hook",
    "pre_model_hook",
    "verify_database",
    "nice_connection_name",
    "date_function",
];

impl Object for Adapter {
    fn type_name(&self) -> &str {
        "adapter"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "Relation" => Some(Value::object(RelationClass)),
            "Column" => Some(Value::object(ColumnClass)),
            _ => None,
        }
    }
    fn method_names(&self) -> &[&'static str] {
        NAMES
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        if !NAMES.contains(&name) {
            return None;
        }
        Some(answer(state, name, args.clone()))
    }
}

fn answer(state: &mut State<'_>, name: &str, args: Args) -> Result<Value> {
    let context = context(state)?;
    if let Some(known) = without_database(context, name, &args) {
        return known;
    }
    if !context.executes() {
        return Ok(while_parsing(name));
    }
    match name {
        "get_relation" | "load_relation" => get_relation(context, args),
        "get_columns_in_relation" => calls::columns_in_relation(state, args),
        "get_missing_columns" => calls::missing_columns(state, args),
        "list_relations" | "list_relations_without_caching" => list_relations(context, args),
        "list_schemas" => list_schemas(context, args),
        "check_schema_exists" => {
            let mut bound = args.bind("check_schema_exists", &["database", "schema"])?;
            let (database, schema) = (values::text(&bound.value("database")), bound.text("schema")?);
            Ok(cache(context, |cache| cache.has_schema(&database, &schema)).into())
        }
        "already_exists" => {
            let mut bound = args.bind("already_exists", &["schema", "name"])?;
            let (schema, name) = (bound.text("schema")?, bound.text("name")?);
            let wanted = Relation::new(Some(&context.node.database), Some(&schema), Some(&name));
            Ok(cache(context, |cache| cache.get(&wanted).is_some()).into())
        }
        "create_schema" => calls::create_schema(state, args),
        "drop_schema" => calls::drop_schema(state, args),
        "drop_relation" => calls::drop_relation(state, args),
        "truncate_relation" => calls::call_macro(state, "truncate_relation", args),
        "rename_relation" => calls::rename_relation(state, args),
        "cache_added" => with_relation(args, |relation| cache(context, |cache| cache.add(relation))),
        "cache_dropped" => {
            with_relation(args, |relation| cache(context, |cache| cache.drop_relation(relation)))
        }
        "cache_renamed" => {
            let mut bound = args.bind("cache_renamed", &["from", "to"])?;
            let (from, to) = (relation(&bound.value("from"))?, relation(&bound.value("to"))?);
            cache(context, |cache| cache.rename(&from, &to));
            Ok("".into())
        }
        "execute" => execute(context, args),
        "add_query" => {
            let mut bound =
                args.bind("add_query", &["sql", "auto_begin?", "bindings?", "abridge_sql_log?"])?;
            run(context, &bound.text("sql")?, true)?;
            Ok(Value::None)
        }
        "run_sql_for_tests" => {
            let sql = args.bind("run_sql_for_tests", &["sql", "fetch?", "conn?"])?.text("sql")?;
            Ok(Value::object(ResultTable::of(&query(context, &sql, false)?)))
        }
        "commit" => {
            lock(&context.connection).commit()?;
            Ok("".into())
        }
        "ensure_transaction" => {
            lock(&context.connection).begin()?;
            Ok("".into())
        }
        "existing_key_constraint_types" => with_relation_value(args, |relation| {
            let keys = cache(context, |cache| cache.keys(relation));
            Value::list(keys.into_iter().map(Value::from))
        }),
        "ingot_delta_exists" => {
            let location = args.bind("ingot_delta_exists", &["location"])?.text("location")?;
            Ok(materialization::exists(&location).into())
        }
        "ingot_delta_commit" => materialization::commit(context, args),
        "ingot_has_indexes" => {
            with_relation_value(args, |relation| cache(context, |cache| cache.has_indexes(relation)).into())
        }
        "get_incremental_strategy_macro" => calls::strategy_macro(state, args),
        "get_column_schema_from_query" => calls::columns_of_query(state, args),
        "location_exists" => {
            let location = args.bind("location_exists", &["location"])?.text("location")?;
            let sql = format!("select 1 from '{}' where 1=0", location.replace('\'', "''"));
            Ok(query(context, &sql, false).is_ok().into())
        }
        "valid_snapshot_target" | "assert_valid_snapshot_target_given_strategy" => {
            calls::check_snapshot_target(state, args)
        }
        "store_relation" => Err(Error::value("plugins are Python and cannot run here")),
        _ => Ok(Value::None),
    }
}

/// What is answered the same in both phases.
fn without_database(context: &NodeContext, name: &str, args: &Args) -> Option<Result<Value>> {
    let args = args.clone();
    let first =
        || args.positional.first().or_else(|| args.named.values().next()).cloned().unwrap_or(Value::None);
    Some(match name {
        "dispatch" => dispatch(context, args.clone()),
        "type" => Ok("duckdb".into()),
        "date_function" => Ok("now()".into()),
        "quote" => Ok(quoted(&values::text(&first())).into()),
        "quote_as_configured" => {
            args.clone().bind("quote_as_configured", &["identifier", "quote_key"]).and_then(|mut bound| {
                let (name, key) = (bound.text("identifier")?, bound.text("quote_key")?);
                let wanted = context.shared.root.quoting.get(&key).and_then(serde_json::Value::as_bool);
                Ok(if wanted.unwrap_or(true) { quoted(&name) } else { name }.into())
            })
        }
        "quote_seed_column" => {
            args.clone().bind("quote_seed_column", &["column", "quote_config"]).and_then(|mut bound| {
                let (column, wanted) = (bound.text("column")?, bound.value("quote_config"));
                // Without a config the name is quoted, as dbt has it by default.
                Ok(if wanted.is_none() || wanted.is_true() { quoted(&column) } else { column }.into())
            })
        }
        "is_motherduck" | "is_ducklake" | "use_ducklake_table_workarounds" | "disable_transactions" => {
            Ok(false.into())
        }
        "external_root" => Ok(context.shared.target.external_root.as_str().into()),
        "external_write_options" => calls::write_options(args.clone()),
        "external_read_location" => calls::read_location(args.clone()),
        "ingot_format_of" => calls::format_of(args.clone()),
        "catalog_supports_foreign_keys" => Ok(true.into()),
        "get_hard_deletes_behavior" => {
            let config = first();
            let of = |key: &str| config.as_dict().and_then(|dict| dict.get_str(key));
            let kept = of("hard_deletes").filter(|value| !value.is_none());
            Ok(match (kept, of("invalidate_hard_deletes").is_some_and(|value| value.is_true())) {
                (Some(value), _) => value,
                (None, true) => "invalidate".into(),
                (None, false) => "ignore".into(),
            })
        }
        "escape_sql_string" => Ok(values::text(&first()).replace('\'', "''").into()),
        "get_binding_char" => Ok("?".into()),
        "batch_id_for_model" => Ok("".into()),
        "get_seed_file_path" => Ok(context.node.file.to_string_lossy().into_owned().into()),
        "valid_incremental_strategies" => {
            Ok(Value::list(["append", "delete+insert", "merge", "microbatch"].map(Value::from)))
        }
        "warn_once" => {
            context.shared.warn_once(values::text(&first()));
            Ok("".into())
        }
        "convert_type" => calls::convert_type(args.clone()),
        "render_raw_columns_constraints" => calls::column_constraints(args.clone()),
        "render_raw_model_constraints" => calls::model_constraints(args.clone()),
        "parse_index" => Ok(first()),
        "convert_datetimes_to_strs" => Ok(first()),
        "verify_database" | "expand_target_column_types" => Ok("".into()),
        _ => return None,
    })
}

fn while_parsing(name: &str) -> Value {
    match name {
        "get_columns_in_relation"
        | "get_missing_columns"
        | "list_relations"
        | "list_schemas"
        | "list_relations_without_caching"
        | "get_column_schema_from_query"
        | "existing_key_constraint_types" => Value::list([]),
        "check_schema_exists" | "already_exists" | "location_exists" | "ingot_delta_exists" => false.into(),
        "execute" => Value::tuple([Value::from(""), Value::object(ResultTable::empty())]),
        _ => Value::None,
    }
}

fn dispatch(context: &NodeContext, args: Args) -> Result<Value> {
    let mut bound = args.bind("adapter.dispatch", &["macro_name", "macro_namespace?", "packages?"])?;
    let name = bound.text("macro_name")?;
    let namespace = bound.optional_text("macro_namespace")?;
    let found = context.shared.macros.dispatch(&context.node.package_name, &name, namespace.as_deref())?;
    Ok(found.value.clone())
}

/// The relation behind a value.
pub fn relation(value: &Value) -> Result<Relation> {
    value.downcast::<Relation>().cloned().ok_or_else(|| match value {
        Value::Str(text) => Error::type_error(format!("'{text}' is text; a relation is needed here"))
            .hint("pass what ref(), source() or api.Relation.create() gave"),
        other => Error::type_error(format!("a relation is needed here, not '{}'", other.type_name())),
    })
}

fn with_relation_value(args: Args, work: impl FnOnce(&Relation) -> Value) -> Result<Value> {
    let value =
        args.positional.first().or_else(|| args.named.values().next()).cloned().unwrap_or(Value::None);
    if value.is_none() { Ok(Value::None) } else { relation(&value).map(|relation| work(&relation)) }
}

fn with_relation(args: Args, work: impl FnOnce(&Relation)) -> Result<Value> {
    let value =
        args.positional.first().or_else(|| args.named.values().next()).cloned().unwrap_or(Value::None);
    if !value.is_none() {
        work(&relation(&value)?);
    }
    Ok("".into())
}

/// The run's cache of relations.
pub fn cache<T: Default>(
    context: &NodeContext,
    work: impl FnOnce(&crate::relations::cache::RelationCache) -> T,
) -> T {
    context.run.as_ref().map(|run| work(&run.cache)).unwrap_or_default()
}

fn get_relation(context: &NodeContext, args: Args) -> Result<Value> {
    if let [value @ Value::Object(_)] = args.positional.as_slice() {
        let wanted = relation(value)?;
        return Ok(cache(context, |cache| cache.get(&wanted)).map_or(Value::None, Relation::into_value));
    }
    let mut bound = args.bind("get_relation", &["database", "schema", "identifier"])?;
    let wanted = Relation::new(
        bound.optional_text("database")?.as_deref().or(Some(&context.node.database)),
        bound.optional_text("schema")?.as_deref(),
        bound.optional_text("identifier")?.as_deref(),
    );
    Ok(cache(context, |cache| cache.get(&wanted)).map_or(Value::None, Relation::into_value))
}

fn list_relations(context: &NodeContext, args: Args) -> Result<Value> {
    let (database, schema) = match args.positional.as_slice() {
        [value @ Value::Object(_)] => {
            let relation = relation(value)?;
            (relation.database.unwrap_or_default(), relation.schema.unwrap_or_default())
        }
        _ => {
            let mut bound = args.bind("list_relations", &["database", "schema"])?;
            (bound.text("database")?, bound.text("schema")?)
        }
    };
    let found = cache(context, |cache| cache.of_schema(&database, &schema));
    Ok(Value::list(found.into_iter().map(Relation::into_value)))
}

fn list_schemas(context: &NodeContext, args: Args) -> Result<Value> {
    let database = args.bind("list_schemas", &["database"])?.text("database")?;
    let sql = format!(
        "select schema_name from system.information_schema.schemata where lower(catalog_name) = '{}'",
        database.to_lowercase().replace('\'', "''")
    );
    let rows = query(context, &sql, false)?;
    Ok(Value::list(rows.rows.iter().filter_map(|row| row.first()).map(values::from_cell)))
}

fn execute(context: &NodeContext, args: Args) -> Result<Value> {
    let mut bound = args.bind("adapter.execute", &["sql", "auto_begin?", "fetch?", "limit?"])?;
    let sql = bound.text("sql")?;
    let begin = bound.truth("auto_begin", false);
    let fetch = bound.truth("fetch", false);
    let (changed, table) = if sql.trim().is_empty() {
        (0, ResultTable::empty())
    } else if fetch {
        (0, ResultTable::of(&query(context, &sql, begin)?))
    } else {
        (run(context, &sql, begin)?, ResultTable::empty())
    };
    // dbt knows no number of rows for DuckDB; where there is one it is ours to tell.
    let rows_affected = if changed == 0 { Value::None } else { changed.into() };
    let response = Response { message: "OK".into(), code: Value::None, rows_affected };
    Ok(Value::tuple([Value::object(response), Value::object(table)]))
}

fn run(context: &NodeContext, sql: &str, begin: bool) -> Result<u64> {
    lock(&context.connection).execute(sql, begin).map_err(from_engine)
}

/// Runs a query on the node's connection.
pub fn query(context: &NodeContext, sql: &str, begin: bool) -> Result<Rows> {
    lock(&context.connection).query(sql, begin).map_err(from_engine)
}

fn from_engine(error: error::Error) -> Error {
    Error::from(error)
}

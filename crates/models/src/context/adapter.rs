//! `adapter`: what templates may ask of the database, and have it do. While parsing, the answers are empty.

use crate::context::node_context::context;
use crate::context::{adapter_calls as calls, adapter_options as options, seed_rows, trace};
use crate::final_semicolon::without_final_semicolon;
use crate::lake::materialization::{DeltaWrite, is_delta_table};
use crate::relations::column_class::ColumnClass;
use crate::relations::relation::Relation;
use crate::relations::relation_class::RelationClass;
use crate::values;
use crate::values::agate::{Response, ResultTable};
use ingot_core::sync::lock;
use ingot_engine::Dialect;
use ingot_engine::duckdb::is_one_statement;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use std::any::Any;
use std::path::PathBuf;

pub(super) struct Adapter {
    /// `adapter.config`.
    pub config: Value,
    pub dialect: Dialect,
    /// `adapter.behavior`.
    pub behavior: Value,
}

impl Object for Adapter {
    fn type_name(&self) -> &str {
        "adapter"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "Relation" => Some(Value::object(RelationClass(self.dialect))),
            "Column" => Some(Value::object(ColumnClass(self.dialect))),
            "config" => {
                trace::note_project();
                Some(self.config.clone())
            }
            "behavior" => Some(self.behavior.clone()),
            _ => None,
        }
    }
    fn method_names(&self) -> &[&'static str] {
        const NAMES: [&str; METHODS.len()] = names();
        &NAMES
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        let method = METHODS.iter().find(|method| method.name == name)?;
        let executes = match context(state) {
            Ok(context) => context.executes(),
            Err(error) => return Some(Err(error)),
        };
        Some(match method.while_parsing {
            Some(answer) if !executes => Ok(answer()),
            Some(_) => asked(state, method, args.clone()),
            None => (method.call)(state, args.clone()),
        })
    }
}

struct Method {
    name: &'static str,
    /// The answer without a database; `None` if the method needs none, and answers the same in both phases.
    while_parsing: Option<fn() -> Value>,
    call: fn(&mut State<'_>, Args) -> Result<Value>,
}

type Call = fn(&mut State<'_>, Args) -> Result<Value>;

/// Calls a method that asks the database or has it do something, and notes which.
fn asked(state: &mut State<'_>, method: &Method, args: Args) -> Result<Value> {
    match method.name {
        // These note what they are asked about, and run statements of ours to find the answer.
        "get_columns_in_relation"
        | "get_missing_columns"
        | "existing_key_constraint_types"
        | "ingot_has_indexes" => {
            let given = args.positional.iter().chain(args.named.values());
            given.filter_map(|value| value.downcast::<Relation>()).for_each(trace::note_relation);
            trace::within(|| (method.call)(state, args))
        }
        // Statements are noted as they run, and the relation that is asked for where it is known.
        "execute"
        | "add_query"
        | "run_sql_for_tests"
        | "get_column_schema_from_query"
        | "get_relation"
        | "load_relation"
        | "get_incremental_strategy_macro"
        | "commit"
        | "ensure_transaction" => (method.call)(state, args),
        name => {
            trace::note_deed(|| format!("its template calls adapter.{name}()"));
            (method.call)(state, args)
        }
    }
}

/// A method that needs no database.
const fn always(name: &'static str, call: Call) -> Method {
    Method { name, while_parsing: None, call }
}

/// A method that asks the database, or has it do something.
const fn executing(name: &'static str, while_parsing: fn() -> Value, call: Call) -> Method {
    Method { name, while_parsing: Some(while_parsing), call }
}

const fn names() -> [&'static str; METHODS.len()] {
    let mut names = [""; METHODS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = METHODS[at].name;
        at += 1;
    }
    names
}

fn none() -> Value {
    Value::None
}

fn no_items() -> Value {
    Value::list([])
}

fn no() -> Value {
    false.into()
}

/// What the adapter answers, each with its code.
const METHODS: [Method; 73] = [
    always("dispatch", dispatch),
    always("type", |state, _| Ok(dialect(state)?.adapter_type().into())),
    always("date_function", |state, _| {
        Ok(match dialect(state)? {
            Dialect::DuckDb => "now()".into(),
            Dialect::Spark => "current_timestamp()".into(),
        })
    }),
    always("quote", |state, args| Ok(dialect(state)?.quoted(&values::text(&first(&args))).into())),
    always("quote_as_configured", quote_as_configured),
    always("quote_seed_column", quote_seed_column),
    executing("get_relation", none, get_relation),
    executing("load_relation", none, get_relation),
    executing("get_columns_in_relation", no_items, calls::columns_in_relation),
    executing("get_missing_columns", no_items, calls::missing_columns),
    always("expand_target_column_types", |_, _| Ok("".into())),
    executing("list_relations", no_items, list_relations),
    executing("list_relations_without_caching", no_items, list_relations),
    executing("list_schemas", no_items, list_schemas),
    executing("check_schema_exists", no, check_schema_exists),
    executing("create_schema", none, calls::create_schema),
    executing("drop_schema", none, calls::drop_schema),
    executing("drop_relation", none, calls::drop_relation),
    executing("truncate_relation", none, |state, args| calls::call_macro(state, "truncate_relation", args)),
    executing("rename_relation", none, calls::rename_relation),
    executing("already_exists", no, already_exists),
    executing("execute", || Value::tuple([Value::from(""), Value::object(ResultTable::empty())]), execute),
    executing("add_query", none, add_query),
    executing("run_sql_for_tests", none, run_sql_for_tests),
    executing("commit", none, |state, _| {
        lock(&context(state)?.connection).commit()?;
        Ok("".into())
    }),
    executing("cache_added", none, |state, args| {
        let context = context(state)?;
        with_relation(&args, |relation| context.cache(|cache| cache.add(relation)))
    }),
    executing("cache_dropped", none, |state, args| {
        let context = context(state)?;
        with_relation(&args, |relation| context.cache(|cache| cache.drop_relation(relation)))
    }),
    executing("cache_renamed", none, cache_renamed),
    executing("get_incremental_strategy_macro", none, calls::strategy_macro),
    always("valid_incremental_strategies", |state, _| {
        Ok(match dialect(state)? {
            Dialect::DuckDb => {
                Value::list(["append", "delete+insert", "merge", "microbatch"].map(Value::from))
            }
            Dialect::Spark => {
                Value::list(["append", "merge", "insert_overwrite", "microbatch"].map(Value::from))
            }
        })
    }),
    executing("get_column_schema_from_query", no_items, calls::columns_of_query),
    always("convert_type", |state, args| options::convert_type(dialect(state)?, args)),
    always("is_motherduck", |_, _| Ok(no())),
    always("is_ducklake", |state, args| {
        let target = &context(state)?.invocation.target;
        of_relation(&args, |relation| {
            relation.database.as_deref().is_some_and(|name| target.is_ducklake(name)).into()
        })
    }),
    always("use_ducklake_table_workarounds", |_, _| Ok(no())),
    always("disable_transactions", |_, _| Ok(no())),
    always("external_root", |state, _| Ok(context(state)?.invocation.target.external_root.as_str().into())),
    always("external_write_options", |_, args| options::write_options(args)),
    always("external_read_location", |_, args| options::read_location(args)),
    executing("location_exists", no, location_exists),
    executing("store_relation", none, |_, _| Err(Error::value("plugins are Python and cannot run here"))),
    always("ingot_is_one_statement", |_, args| Ok(is_one_statement(&values::text(&first(&args))).into())),
    always("ingot_renamed_in", calls::renamed_in),
    always("ingot_query", |_, args| Ok(without_final_semicolon(&values::text(&first(&args))).into())),
    always("warn_once", |state, args| {
        context(state)?.invocation.outbox.warn_once(values::text(&first(&args)));
        Ok("".into())
    }),
    always("escape_sql_string", |state, args| {
        Ok(dialect(state)?.escaped(&values::text(&first(&args))).into())
    }),
    always("get_binding_char", |_, _| Ok("?".into())),
    always("get_seed_file_path", |state, _| {
        Ok(context(state)?.node.file.to_string_lossy().into_owned().into())
    }),
    executing("ingot_seed_for_table", none, seed_rows::for_table),
    executing("ingot_copy_seed", none, seed_rows::copy),
    always("batch_id_for_model", |_, _| Ok("".into())),
    executing("ensure_transaction", none, |state, _| {
        lock(&context(state)?.connection).begin()?;
        Ok("".into())
    }),
    executing("existing_key_constraint_types", no_items, |state, args| {
        let context = context(state)?;
        of_relation(&args, |relation| {
            let keys = context.cache(|cache| cache.keys(relation));
            Value::list(keys.into_iter().map(Value::from))
        })
    }),
    always("catalog_supports_foreign_keys", |_, _| Ok(true.into())),
    executing("ingot_has_indexes", none, |state, args| {
        let context = context(state)?;
        of_relation(&args, |relation| context.cache(|cache| cache.has_indexes(relation)).into())
    }),
    executing("ingot_is_sail", no, |state, _| Ok(context(state)?.cache(|cache| cache.is_sail()).into())),
    always("ingot_of_format", |_, args| {
        let mut bound = args.bind("ingot_of_format", &["relation", "format"])?;
        let (relation, provider) =
            (Relation::of_value(&bound.value("relation"))?, bound.optional_text("format")?);
        Ok(Relation { provider, ..relation }.into_value())
    }),
    always("ingot_format_of", |_, args| options::format_of(args)),
    executing("ingot_delta_exists", no, |_, args| {
        let location = args.bind("ingot_delta_exists", &["location"])?.text("location")?;
        Ok(is_delta_table(&location).into())
    }),
    executing("ingot_delta_commit", none, commit_delta),
    always("get_hard_deletes_behavior", hard_deletes_behavior),
    executing("valid_snapshot_target", none, calls::check_snapshot_target),
    executing("assert_valid_snapshot_target_given_strategy", none, calls::check_snapshot_target),
    always("render_raw_columns_constraints", |_, args| options::column_constraints(args)),
    always("render_raw_model_constraints", |_, args| options::model_constraints(args)),
    always("parse_index", |_, args| Ok(first(&args))),
    executing("standardize_grants_dict", none, ignored),
    executing("build_catalog_relation", none, ignored),
    always("convert_datetimes_to_strs", |_, args| Ok(first(&args))),
    executing("post_model_hook", none, ignored),
    executing("pre_model_hook", none, ignored),
    always("verify_database", |_, _| Ok("".into())),
    executing("nice_connection_name", none, ignored),
];

fn ignored(_state: &mut State<'_>, _args: Args) -> Result<Value> {
    Ok(Value::None)
}

/// The first argument, whichever way it was given.
fn first(args: &Args) -> Value {
    args.positional.first().or_else(|| args.named.values().next()).cloned().unwrap_or(Value::None)
}

/// The SQL of the target's engine.
fn dialect(state: &State<'_>) -> Result<Dialect> {
    Ok(context(state)?.invocation.target.dialect())
}

fn dispatch(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let mut bound = args.bind("adapter.dispatch", &["macro_name", "macro_namespace?", "packages?"])?;
    let name = bound.text("macro_name")?;
    let namespace = bound.optional_text("macro_namespace")?;
    let macros = &context.invocation.templates.macros;
    let found = macros.dispatch(&context.node.package_name, &name, namespace.as_deref());
    // A generic test of a package sees the macros of that package under their bare names.
    let of_test = context.node.generic_test().and_then(|test| test.namespace.as_deref());
    let found = match (found, of_test.filter(|_| namespace.is_none())) {
        (Err(error), Some(package)) => macros.dispatch(package, &name, None).map_err(|_| error)?,
        (found, _) => found?,
    };
    Ok(found.value.clone())
}

fn quote_as_configured(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("quote_as_configured", &["identifier", "quote_key"])?;
    let (name, key) = (bound.text("identifier")?, bound.text("quote_key")?);
    let quoting = &context(state)?.invocation.project.root.quoting;
    let wanted = quoting.get(&key).and_then(serde_json::Value::as_bool);
    let dialect = dialect(state)?;
    Ok(if wanted.unwrap_or(dialect.quotes_by_default()) { dialect.quoted(&name) } else { name }.into())
}

fn quote_seed_column(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("quote_seed_column", &["column", "quote_config"])?;
    let (column, wanted) = (bound.text("column")?, bound.value("quote_config"));
    // Without a config the name is quoted, as dbt has it by default.
    let is_quoted = wanted.is_none() || wanted.is_true();
    Ok(if is_quoted { dialect(state)?.quoted(&column) } else { column }.into())
}

fn hard_deletes_behavior(_state: &mut State<'_>, args: Args) -> Result<Value> {
    let config = first(&args);
    let of = |key: &str| config.as_dict().and_then(|dict| dict.get_str(key));
    let kept = of("hard_deletes").filter(|value| !value.is_none());
    Ok(match (kept, of("invalidate_hard_deletes").is_some_and(|value| value.is_true())) {
        (Some(value), _) => value,
        (None, true) => "invalidate".into(),
        (None, false) => "ignore".into(),
    })
}

/// An answer about the relation that is given; none about none.
fn of_relation(args: &Args, answer: impl FnOnce(&Relation) -> Value) -> Result<Value> {
    let value = first(args);
    if value.is_none() {
        Ok(Value::None)
    } else {
        Relation::of_value(&value).map(|relation| answer(&relation))
    }
}

fn with_relation(args: &Args, work: impl FnOnce(&Relation)) -> Result<Value> {
    let value = first(args);
    if !value.is_none() {
        work(&Relation::of_value(&value)?);
    }
    Ok("".into())
}

fn check_schema_exists(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("check_schema_exists", &["database", "schema"])?;
    let database = Some(bound.value("database")).filter(|name| !name.is_none());
    let (database, schema) = (database.as_ref().map(values::text).unwrap_or_default(), bound.text("schema")?);
    Ok(context(state)?.cache(|cache| cache.has_schema(&database, &schema)).into())
}

fn already_exists(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let mut bound = args.bind("already_exists", &["schema", "name"])?;
    let (schema, name) = (bound.text("schema")?, bound.text("name")?);
    let wanted =
        Relation::new(context.node.dialect, Some(&context.node.database), Some(&schema), Some(&name));
    Ok(context.cache(|cache| cache.get(&wanted).is_some()).into())
}

fn cache_renamed(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("cache_renamed", &["from", "to"])?;
    let (from, to) = (Relation::of_value(&bound.value("from"))?, Relation::of_value(&bound.value("to"))?);
    context(state)?.cache(|cache| cache.rename(&from, &to));
    Ok("".into())
}

fn add_query(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("add_query", &["sql", "auto_begin?", "bindings?", "abridge_sql_log?"])?;
    context(state)?.run(&bound.text("sql")?, true)?;
    Ok(Value::None)
}

fn run_sql_for_tests(state: &mut State<'_>, args: Args) -> Result<Value> {
    let sql = args.bind("run_sql_for_tests", &["sql", "fetch?", "conn?"])?.text("sql")?;
    Ok(Value::object(ResultTable::of(&context(state)?.query(&sql, false)?)))
}

fn location_exists(state: &mut State<'_>, args: Args) -> Result<Value> {
    let location = args.bind("location_exists", &["location"])?.text("location")?;
    let sql = format!("select 1 from '{}' where 1=0", location.replace('\'', "''"));
    Ok(context(state)?.query(&sql, false).is_ok().into())
}

/// `adapter.ingot_delta_commit(…)`: commits the rows of a temporary table; gives the query of the view over the
/// result.
fn commit_delta(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let names = ["location", "rows", "keys", "partition_by", "mode", "on_schema_change"];
    let mut bound = args.bind("ingot_delta_commit", &names)?;
    let texts = |value: Value| -> Vec<String> {
        value.as_list().map(|list| list.items().iter().map(values::text).collect()).unwrap_or_default()
    };
    let rows = Relation::of_value(&bound.value("rows"))?;
    let write = DeltaWrite {
        root: PathBuf::from(bound.text("location")?),
        name: context.node.alias.clone(),
        rows: Relation { external: None, ..rows }.render(),
        keys: texts(bound.value("keys")),
        partition_by: texts(bound.value("partition_by")),
        mode: bound.text("mode")?,
        on_schema_change: bound.text("on_schema_change")?,
    };
    Ok(write.commit(&mut lock(&context.connection))?.into())
}

fn get_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let wanted = if let [value @ Value::Object(_)] = args.positional.as_slice() {
        Relation::of_value(value)?
    } else {
        let mut bound = args.bind("get_relation", &["database", "schema", "identifier"])?;
        Relation::new(
            context.node.dialect,
            bound.optional_text("database")?.as_deref().or(Some(&context.node.database)),
            bound.optional_text("schema")?.as_deref(),
            bound.optional_text("identifier")?.as_deref(),
        )
    };
    trace::note_relation(&wanted);
    calls::know_schema(context, wanted.schema.as_deref().unwrap_or_default())?;
    let Some(found) = context.cache(|cache| cache.get(&wanted)) else { return Ok(Value::None) };
    if context.node.dialect == Dialect::DuckDb && found.identifier != wanted.identifier {
        return Err(other_case(&wanted, &found));
    }
    Ok(found.into_value())
}

/// DuckDB would take the one for the other, and what stands there is perhaps not ours.
/// <https://github.com/dbt-labs/dbt-adapters/blob/main/dbt-adapters/src/dbt/adapters/base/relation.py> (`matches`)
fn other_case(wanted: &Relation, found: &Relation) -> Error {
    let (wanted, found) = (wanted.render(), found.render());
    let words = format!(
        "When searching for a relation, dbt found an approximate match. Instead of guessing \nwhich relation to use, dbt will move on. Please delete {found}, or rename it to be less ambiguous.\nSearched for: {wanted}\nFound: {found}"
    );
    let error = ingot_core::error::Error::new(format!(
        "{found} is there, whose name differs from {wanted} in upper and lower case alone"
    ));
    error
        .in_dbts_words(words)
        .hint("rename or drop the one that is there, or give the node its name (config: alias)")
        .into()
}

fn list_relations(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let (database, schema) = match args.positional.as_slice() {
        [value @ Value::Object(_)] => {
            let relation = Relation::of_value(value)?;
            (relation.database.unwrap_or_default(), relation.schema.unwrap_or_default())
        }
        _ => {
            let mut bound = args.bind("list_relations", &["database", "schema"])?;
            (bound.optional_text("database")?.unwrap_or_default(), bound.text("schema")?)
        }
    };
    calls::know_schema(context, &schema)?;
    let found = context.cache(|cache| cache.of_schema(&database, &schema));
    Ok(Value::list(found.into_iter().map(Relation::into_value)))
}

fn list_schemas(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let database = args.bind("list_schemas", &["database?"])?.optional_text("database")?.unwrap_or_default();
    let sql = match context.node.dialect {
        Dialect::DuckDb => format!(
            "select schema_name from system.information_schema.schemata where lower(catalog_name) = '{}'",
            database.to_lowercase().replace('\'', "''")
        ),
        Dialect::Spark => "show databases".to_owned(),
    };
    let rows = context.query(&sql, false)?;
    Ok(Value::list(rows.rows.iter().filter_map(|row| row.first()).map(values::from_cell)))
}

fn execute(state: &mut State<'_>, args: Args) -> Result<Value> {
    let context = context(state)?;
    let mut bound = args.bind("adapter.execute", &["sql", "auto_begin?", "fetch?", "limit?"])?;
    let sql = bound.text("sql")?;
    let begin = bound.truth("auto_begin", false);
    let fetch = bound.truth("fetch", false);
    let (changed, table) = if sql.trim().is_empty() {
        (0, ResultTable::empty())
    } else if fetch {
        (0, ResultTable::of(&context.query(&sql, begin)?))
    } else {
        (context.run(&sql, begin)?, ResultTable::empty())
    };
    // dbt knows no number of rows for DuckDB; where there is one, it is ingot's own.
    let rows_affected = if changed == 0 { Value::None } else { changed.into() };
    let response = Response { message: "OK".into(), code: Value::None, rows_affected };
    Ok(Value::tuple([Value::object(response), Value::object(table)]))
}

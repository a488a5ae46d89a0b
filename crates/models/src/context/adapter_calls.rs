//! The longer answers of `adapter`: those that call macros or describe columns.

use crate::context::node_context::{NodeContext, context};
use crate::relations::column::Column;
use crate::relations::relation::Relation;
use crate::relations::spark_listing;
use crate::values;
use ingot_core::error;
use ingot_core::sync::lock;
use ingot_engine::duckdb::is_one_statement;
use ingot_engine::{Cell, Dialect, SqlError};
use ingot_jinja::{Args, Error, Result, State, Value};

/// Calls a macro by the name under which the running node sees it.
pub(super) fn call_macro(state: &mut State<'_>, name: &str, args: Args) -> Result<Value> {
    let found = state.lookup(name).ok_or_else(|| Error::undefined(format!("there is no macro '{name}'")))?;
    state.call(&found, args)
}

/// Lists a schema that a template asks about, where that was not done when the run began.
pub(super) fn know_schema(context: &NodeContext, schema: &str) -> Result<()> {
    if context.node.dialect.has_databases() || context.cache(|cache| cache.is_listed(schema)) {
        return Ok(());
    }
    let listed = {
        let mut connection = lock(&context.connection);
        spark_listing::list(schema, &mut |sql| connection.query(sql, false))?
    };
    context.cache(|cache| cache.add_listed(schema, &listed));
    Ok(())
}

fn only_relation(args: Args, function: &str) -> Result<Option<Relation>> {
    let mut bound = args.bind(function, &["relation"])?;
    let value = bound.value("relation");
    if value.is_none() { Ok(None) } else { Relation::of_value(&value).map(Some) }
}

pub(super) fn create_schema(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "create_schema")? else { return Ok("".into()) };
    let context = context(state)?;
    let (database, schema) =
        (relation.database.clone().unwrap_or_default(), relation.schema.clone().unwrap_or_default());
    if context.cache(|cache| cache.has_schema(&database, &schema)) {
        return Ok("".into());
    }
    call_macro(state, "create_schema", Args::of([relation.into_value()]))?;
    context.cache(|cache| cache.add_schema(&database, &schema));
    Ok("".into())
}

pub(super) fn drop_schema(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "drop_schema")? else { return Ok("".into()) };
    let context = context(state)?;
    call_macro(state, "drop_schema", Args::of([relation.clone().into_value()]))?;
    context.cache(|cache| {
        cache.drop_schema(
            relation.database.as_deref().unwrap_or_default(),
            relation.schema.as_deref().unwrap_or_default(),
        );
    });
    Ok("".into())
}

pub(super) fn drop_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "drop_relation")? else { return Ok("".into()) };
    if relation.kind.is_none() {
        return Err(Error::value(format!(
            "it is not known whether {} is a table or a view",
            relation.render()
        ))
        .hint("drop what adapter.get_relation() gave, or give the relation a type"));
    }
    let context = context(state)?;
    context.cache(|cache| cache.drop_relation(&relation));
    call_macro(state, "drop_relation", Args::of([relation.into_value()]))?;
    Ok("".into())
}

pub(super) fn rename_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("rename_relation", &["from_relation", "to_relation"])?;
    let (from, to) = (
        Relation::of_value(&bound.value("from_relation"))?,
        Relation::of_value(&bound.value("to_relation"))?,
    );
    let context = context(state)?;
    context.cache(|cache| cache.rename(&from, &to));
    call_macro(state, "rename_relation", Args::of([from.into_value(), to.into_value()]))?;
    Ok("".into())
}

/// A statement that makes a relation, so that it makes it under another name; none where the text is not one statement, or
/// says the relation's name more than once, so that it is not known what each of them means, or where the project has a
/// macro of its own that renames.
pub(super) fn renamed_in(state: &mut State<'_>, args: Args) -> Result<Value> {
    let macros = &context(state)?.invocation.templates.macros;
    if ["rename_relation", "duckdb__rename_relation", "default__rename_relation"]
        .iter()
        .any(|name| macros.is_replaced(name))
    {
        return Ok(Value::None);
    }
    let mut bound = args.bind("ingot_renamed_in", &["sql", "from_relation", "to_relation"])?;
    let sql = bound.text("sql")?;
    let from = Relation::of_value(&bound.value("from_relation"))?;
    let to = Relation::of_value(&bound.value("to_relation"))?;
    let written = from.render();
    let name = from.identifier.unwrap_or_default().to_lowercase();
    let is_said_once = sql.matches(&written).count() == 1 && sql.to_lowercase().matches(&name).count() == 1;
    Ok(match is_said_once && is_one_statement(&sql) {
        true => sql.replacen(&written, &to.render(), 1).into(),
        false => Value::None,
    })
}

pub(super) fn columns_in_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "get_columns_in_relation")? else { return Ok(Value::list([])) };
    match call_macro(state, "get_columns_in_relation", Args::of([relation.into_value()])) {
        // What is not there has no columns; callers ask in order to find out.
        Err(error) if is_missing_relation(&error) => Ok(Value::list([])),
        other => other,
    }
}

fn is_missing_relation(error: &Error) -> bool {
    error.host().and_then(SqlError::of).is_some_and(SqlError::is_missing_relation)
}

pub(super) fn columns(value: &Value) -> Vec<Column> {
    let items = value.as_list().map(|list| list.items()).unwrap_or_default();
    items.iter().filter_map(|item| item.downcast::<Column>().cloned()).collect()
}

pub(super) fn missing_columns(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("get_missing_columns", &["from_relation", "to_relation"])?;
    let (from, to) = (bound.value("from_relation"), bound.value("to_relation"));
    let from = columns(&columns_in_relation(state, Args::of([from]))?);
    let to = columns(&columns_in_relation(state, Args::of([to]))?);
    let missing = from.into_iter().filter(|column| !to.iter().any(|other| other.name == column.name));
    Ok(Value::list(missing.map(Value::object)))
}

/// Name and type of each column that a query gives.
pub(super) fn columns_of_query(state: &mut State<'_>, args: Args) -> Result<Value> {
    let sql = args.bind("get_column_schema_from_query", &["sql", "select_sql_header?"])?.text("sql")?;
    let context = context(state)?;
    let dialect = context.node.dialect;
    let column = |name, data_type| Value::object(Column::new(dialect, name, data_type));
    let text =
        |cell: Option<&Cell>| cell.map(|cell| values::text(&values::from_cell(cell))).unwrap_or_default();
    Ok(match dialect {
        Dialect::DuckDb => {
            let rows = context.query(&format!("describe ({sql}\n)"), false)?;
            Value::list(rows.rows.iter().map(|row| column(text(row.first()), text(row.get(1)))))
        }
        // Sail has no `describe query`; a result without rows has its columns all the same.
        Dialect::Spark => {
            let rows =
                context.query(&format!("select * from (\n{sql}\n) as ingot_columns limit 0"), false)?;
            Value::list(rows.columns.into_iter().map(|found| column(found.name, found.type_name)))
        }
    })
}

/// `get_incremental_<strategy>_sql` of the project, a package, or dbt.
pub(super) fn strategy_macro(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("get_incremental_strategy_macro", &["context", "strategy"])?;
    let strategy = bound.text("strategy")?;
    let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
    state.lookup(&name).ok_or_else(|| {
        let project = context(state).map(|context| context.invocation.project.root.name.clone());
        let words = format!(
            "dbt could not find an incremental strategy macro with the name \"{name}\" in {}",
            project.unwrap_or_default()
        );
        error::Error::new(format!("'{strategy}' is not an incremental strategy"))
            .in_dbts_words(words)
            .hint("strategies: append, delete+insert, merge, microbatch; or define the macro get_incremental_NAME_sql")
            .into()
    })
}

/// A snapshot's table must have dbt's columns.
pub(super) fn check_snapshot_target(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("valid_snapshot_target", &["relation", "column_names?", "strategy?"])?;
    let target = bound.value("relation");
    let names = bound.value("column_names");
    let found = columns(&columns_in_relation(state, Args::of([target.clone()]))?);
    let strategy = bound.value("strategy");
    let deletes = strategy.as_dict().and_then(|strategy| strategy.get_str("hard_deletes"));
    let mut wanted = vec!["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"];
    if deletes.as_ref().and_then(Value::as_str) == Some("new_record") {
        wanted.push("dbt_is_deleted");
    }
    let missing: Vec<String> = wanted
        .iter()
        .map(|name| {
            let own = names.as_dict().and_then(|names| names.get_str(name));
            own.map_or((*name).to_owned(), |own| values::text(&own))
        })
        .filter(|name| !found.iter().any(|column| column.name.eq_ignore_ascii_case(name)))
        .collect();
    if missing.is_empty() {
        return Ok("".into());
    }
    let lacking: Vec<String> = missing.iter().map(|name| format!("missing column \"{name}\"")).collect();
    let node = &context(state)?.node;
    let words = format!(
        "Compilation Error in snapshot {} ({})\n  Snapshot target is missing configured columns ({})",
        node.name,
        node.original_file_path,
        lacking.join(", ")
    );
    let target = Relation::of_value(&target)?.render();
    let what = format!("{target} is not a snapshot table: it lacks {}", missing.join(", "));
    let error = error::Error::new(what).in_dbts_words(words);
    Err(error.hint("drop it, or give the snapshot another name").into())
}

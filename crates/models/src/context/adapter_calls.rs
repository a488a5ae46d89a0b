//! The longer answers of `adapter`: those that call macros, describe columns, or write options.

use crate::context::adapter::{cache, query, relation};
use crate::context::{context, values};
use crate::relations::relation::{Column, Relation};
use ingot_engine::Cell;
use ingot_jinja::{Args, Error, Result, State, Value};

/// Calls a macro by the name under which the running node sees it.
pub fn call_macro(state: &mut State<'_>, name: &str, args: Args) -> Result<Value> {
    let found = state.lookup(name).ok_or_else(|| Error::undefined(format!("there is no macro '{name}'")))?;
    state.call(&found, args)
}

fn only_relation(args: Args, function: &str) -> Result<Option<Relation>> {
    let mut bound = args.bind(function, &["relation"])?;
    let value = bound.value("relation");
    if value.is_none() { Ok(None) } else { relation(&value).map(Some) }
}

pub fn create_schema(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "create_schema")? else { return Ok("".into()) };
    let context = context(state)?;
    let (database, schema) =
        (relation.database.clone().unwrap_or_default(), relation.schema.clone().unwrap_or_default());
    if cache(context, |cache| cache.has_schema(&database, &schema)) {
        return Ok("".into());
    }
    call_macro(state, "create_schema", Args::of([relation.into_value()]))?;
    cache(context, |cache| cache.add_schema(&database, &schema));
    Ok("".into())
}

pub fn drop_schema(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "drop_schema")? else { return Ok("".into()) };
    let context = context(state)?;
    call_macro(state, "drop_schema", Args::of([relation.clone().into_value()]))?;
    cache(context, |cache| {
        cache.drop_schema(
            relation.database.as_deref().unwrap_or_default(),
            relation.schema.as_deref().unwrap_or_default(),
        );
    });
    Ok("".into())
}

pub fn drop_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "drop_relation")? else { return Ok("".into()) };
    if relation.kind.is_none() {
        return Err(Error::value(format!(
            "it is not known whether {} is a table or a view",
            relation.render()
        ))
        .hint("drop what adapter.get_relation() gave, or give the relation a type"));
    }
    let context = context(state)?;
    cache(context, |cache| cache.drop_relation(&relation));
    call_macro(state, "drop_relation", Args::of([relation.into_value()]))?;
    Ok("".into())
}

pub fn rename_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("rename_relation", &["from_relation", "to_relation"])?;
    let (from, to) = (relation(&bound.value("from_relation"))?, relation(&bound.value("to_relation"))?);
    let context = context(state)?;
    cache(context, |cache| cache.rename(&from, &to));
    call_macro(state, "rename_relation", Args::of([from.into_value(), to.into_value()]))?;
    Ok("".into())
}

pub fn columns_in_relation(state: &mut State<'_>, args: Args) -> Result<Value> {
    let Some(relation) = only_relation(args, "get_columns_in_relation")? else { return Ok(Value::list([])) };
    match call_macro(state, "get_columns_in_relation", Args::of([relation.into_value()])) {
        // What is not there has no columns; callers ask in order to find out.
        Err(error) if error.message().to_lowercase().contains("does not exist") => Ok(Value::list([])),
        other => other,
    }
}

fn columns(value: &Value) -> Vec<Column> {
    let items = value.as_list().map(|list| list.items()).unwrap_or_default();
    items.iter().filter_map(|item| item.downcast::<Column>().cloned()).collect()
}

pub fn missing_columns(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("get_missing_columns", &["from_relation", "to_relation"])?;
    let (from, to) = (bound.value("from_relation"), bound.value("to_relation"));
    let from = columns(&columns_in_relation(state, Args::of([from]))?);
    let to = columns(&columns_in_relation(state, Args::of([to]))?);
    let missing = from.into_iter().filter(|column| !to.iter().any(|other| other.name == column.name));
    Ok(Value::list(missing.map(Value::object)))
}

/// Name and type of each column that a query gives.
pub fn columns_of_query(state: &mut State<'_>, args: Args) -> Result<Value> {
    let sql = args.bind("get_column_schema_from_query", &["sql", "select_sql_header?"])?.text("sql")?;
    let rows = query(context(state)?, &format!("describe ({sql}\n)"), false)?;
    let text =
        |cell: Option<&Cell>| cell.map(|cell| values::text(&values::from_cell(cell))).unwrap_or_default();
    Ok(Value::list(
        rows.rows
            .iter()
            .map(|row| Value::object(Column { name: text(row.first()), data_type: text(row.get(1)) })),
    ))
}

/// `get_incremental_<strategy>_sql` of the project, a package, or dbt.
pub fn strategy_macro(state: &mut State<'_>, args: Args) -> Result<Value> {
    let mut bound = args.bind("get_incremental_strategy_macro", &["context", "strategy"])?;
    let strategy = bound.text("strategy")?;
    let name = format!("get_incremental_{}_sql", strategy.replace('+', "_"));
    state.lookup(&name).ok_or_else(|| {
        Error::value(format!("'{strategy}' is no incremental strategy"))
            .hint("strategies: append, delete+insert, merge, microbatch; or define the macro get_incremental_NAME_sql")
    })
}

/// A snapshot's table must have dbt's columns.
pub fn check_snapshot_target(state: &mut State<'_>, args: Args) -> Result<Value> {
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
    Err(Error::value(format!(
        "{} is no snapshot: it lacks {}",
        relation(&target)?.render(),
        missing.join(", ")
    ))
    .hint("drop it, or give the snapshot another name"))
}

/// `COPY`'s options from a model's `options`, with what its location says by itself.
pub fn write_options(args: Args) -> Result<Value> {
    let mut bound = args.bind("external_write_options", &["write_location", "rendered_options"])?;
    let location = bound.text("write_location")?;
    let given = bound.value("rendered_options");
    let mut options: Vec<(String, String)> = given
        .as_dict()
        .map(|dict| dict.entries())
        .unwrap_or_default()
        .iter()
        .map(|(key, value)| (values::text(key), values::text(value)))
        .collect();
    let get = |options: &[(String, String)], key: &str| {
        options.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    if get(&options, "format").is_none() {
        let (format, compression) = told_by_location(&location, get(&options, "delimiter").is_some());
        options.push(("format".to_owned(), format));
        if let (Some(compression), None) = (compression, get(&options, "compression")) {
            options.push(("compression".to_owned(), compression.to_owned()));
        }
    }
    if get(&options, "format").as_deref() == Some("csv") && get(&options, "header").is_none() {
        options.push(("header".to_owned(), "1".to_owned()));
    }
    let written: Vec<String> = options
        .into_iter()
        .map(|(key, value)| {
            let is_text = matches!(key.to_lowercase().as_str(), "delimiter" | "quote" | "escape" | "null");
            match key.as_str() {
                "partition_by" if value.contains(',') && !value.starts_with('(') => {
                    format!("{key} ({value})")
                }
                _ if is_text && !value.starts_with('\'') => format!("{key} '{value}'"),
                _ => format!("{key} {value}"),
            }
        })
        .collect();
    Ok(written.join(", ").into())
}

/// The format of the files at a location, from its ending, and their compression.
fn told_by_location(location: &str, is_delimited: bool) -> (String, Option<&'static str>) {
    let file = location.rsplit('/').next().unwrap_or_default();
    let (file, compression) = match file.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case("gz") => (stem, Some("gzip")),
        Some((stem, ending)) if ending.eq_ignore_ascii_case("zst") => (stem, Some("zstd")),
        _ => (file, None),
    };
    let format = match file.rsplit_once('.') {
        Some((_, ending)) if !ending.is_empty() => ending.to_lowercase(),
        _ if is_delimited => "csv".to_owned(),
        _ => "parquet".to_owned(),
    };
    (format, compression)
}

/// The format in which [`write_options`] has files written.
pub fn format_of(args: Args) -> Result<Value> {
    let mut bound = args.bind("ingot_format_of", &["location", "options"])?;
    let location = bound.text("location")?;
    let options = bound.value("options");
    let given = |key: &str| options.as_dict().and_then(|dict| dict.get_str(key));
    Ok(match given("format") {
        Some(format) => values::text(&format).to_lowercase().into(),
        None => told_by_location(&location, given("delimiter").is_some()).0.into(),
    })
}

/// Where an external model is read from: a glob, if it was written as many files.
pub fn read_location(args: Args) -> Result<Value> {
    let mut bound = args.bind("external_read_location", &["write_location", "rendered_options"])?;
    let location = bound.text("write_location")?;
    let options = bound.value("rendered_options");
    let get =
        |key: &str| options.as_dict().and_then(|dict| dict.get_str(key)).filter(|value| value.is_true());
    let partitions = get("partition_by").map_or(0, |value| values::text(&value).split(',').count());
    if partitions == 0 && get("per_thread_output").is_none() {
        return Ok(location.into());
    }
    let format = get("format").map_or("parquet".to_owned(), |value| values::text(&value));
    let mut parts = vec![location, "*".to_owned()];
    parts.extend(vec!["*".to_owned(); partitions]);
    Ok(format!("{}.{format}", parts.join("/")).into())
}

/// The database's type for a column of a seed.
pub fn convert_type(args: Args) -> Result<Value> {
    let mut bound = args.bind("convert_type", &["agate_table", "col_idx"])?;
    let table = bound.value("agate_table");
    let index = bound.optional_int("col_idx")?.unwrap_or(0);
    let table = table
        .downcast::<crate::context::agate::ResultTable>()
        .ok_or_else(|| Error::type_error("convert_type() needs a table"))?;
    let found = usize::try_from(index).ok().and_then(|index| table.types.get(index).cloned());
    found.map(Value::from).ok_or_else(|| Error::value(format!("the table has no column {index}")))
}

fn constraint_text(constraint: &Value) -> Option<String> {
    let dict = constraint.as_dict()?;
    let text =
        |key: &str| dict.get_str(key).filter(|value| value.is_true()).map(|value| values::text(&value));
    let expression = text("expression");
    Some(match text("type")?.as_str() {
        "not_null" => "not null".to_owned(),
        "unique" => "unique".to_owned(),
        "primary_key" => "primary key".to_owned(),
        "check" => format!("check ({})", expression?),
        "foreign_key" => {
            let columns = dict
                .get_str("to_columns")
                .and_then(|value| value.as_list().map(|list| list.items()))
                .unwrap_or_default();
            match text("to") {
                Some(to) => {
                    let columns: Vec<String> = columns.iter().map(values::text).collect();
                    format!("references {to} ({})", columns.join(", "))
                }
                None => format!("references {}", expression?),
            }
        }
        "custom" => expression?,
        _ => return None,
    })
}

/// `name type constraints` of each column of a contract.
pub fn column_constraints(args: Args) -> Result<Value> {
    let raw = args.bind("render_raw_columns_constraints", &["raw_columns"])?.value("raw_columns");
    let items = raw.as_dict().map(|dict| dict.values()).unwrap_or_default();
    Ok(Value::list(items.iter().filter_map(|column| {
        let dict = column.as_dict()?;
        let name = values::text(&dict.get_str("name")?);
        let name = if dict.get_str("quote").is_some_and(|quote| quote.is_true()) {
            format!("\"{name}\"")
        } else {
            name
        };
        let mut words = vec![name, values::text(&dict.get_str("data_type")?)];
        let constraints = dict.get_str("constraints").and_then(|all| all.as_list().map(|list| list.items()));
        words.extend(constraints.unwrap_or_default().iter().filter_map(constraint_text));
        Some(Value::from(words.join(" ")))
    })))
}

/// Constraints of the whole table.
pub fn model_constraints(args: Args) -> Result<Value> {
    let raw = args.bind("render_raw_model_constraints", &["raw_constraints"])?.value("raw_constraints");
    let items = raw.as_list().map(|list| list.items()).unwrap_or_default();
    Ok(Value::list(items.iter().filter_map(|constraint| {
        let dict = constraint.as_dict()?;
        let names: Vec<String> = dict
            .get_str("columns")
            .and_then(|columns| columns.as_list().map(|list| list.items()))
            .unwrap_or_default()
            .iter()
            .map(values::text)
            .collect();
        let kind = values::text(&dict.get_str("type")?);
        let text = constraint_text(constraint)?;
        let prefix = dict
            .get_str("name")
            .filter(|name| name.is_true())
            .map(|name| format!("constraint {} ", values::text(&name)))
            .unwrap_or_default();
        Some(Value::from(match kind.as_str() {
            "unique" | "primary_key" => format!("{prefix}{text} ({})", names.join(", ")),
            "foreign_key" => format!("{prefix}foreign key ({}) {text}", names.join(", ")),
            _ => format!("{prefix}{text}"),
        }))
    })))
}

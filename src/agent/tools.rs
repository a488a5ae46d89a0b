//! The tools, with what they are for and the arguments that they take.

use super::toolbox::Tool;
use serde_json::{Map, Value, json};

/// Tools that only read.
const READING: [(&str, &str, &str, &[Argument]); 13] = [
    (
        "list_tables",
        "List tables",
        "Lists the sources, seeds, models and snapshots of the project with their kind, materialization and description. \
         Begin here.",
        &[
            text("contains", "Only tables with this text in their name", false),
            text("kind", "Only this kind: source, seed, model or snapshot", false),
        ],
    ),
    (
        "describe_table",
        "Describe a table",
        "Gives columns with types and descriptions, tests, what it depends on and what depends on it, and the SQL of a model \
         as written and as it runs.",
        &[text("table", "gold.fct_sales, fct_sales, or the unique id", true)],
    ),
    (
        "list_metrics",
        "List metrics",
        "Lists metrics with their formula, the semantic models that they are made of with entities, dimensions and measures, \
         and saved queries.",
        &[text("contains", "Only those with this text in their name", false)],
    ),
    (
        "list_contracts",
        "List contracts",
        "Lists the contracts of raw files: feed, format, path, columns.",
        &[],
    ),
    (
        "describe_contract",
        "Describe a contract",
        "Gives the contract of a feed as its YAML file has it.",
        &[text("feed", "The feed, such as orders_lines", true)],
    ),
    (
        "list_rejects",
        "List rejected rows",
        "Lists rows of raw files that were not accepted into bronze, with the reasons, and counts them by table and reason.",
        &[
            text("feed", "Only this feed", false),
            text("reason", "Only this reason code", false),
            number("limit", "Rows that are listed; 20 if not given"),
        ],
    ),
    (
        "lineage",
        "Trace columns",
        "Says what a column is made of, back to raw files, or what is made of it, up to metrics, measures, pages and \
         exposures.",
        &[
            text(
                "name",
                "Table, column or metric: gold.orders.amount, raw.orders.amount, metric.revenue",
                true,
            ),
            text("direction", "up (what it is made of; if not given) or down (what is made of it)", false),
        ],
    ),
    (
        "list_runs",
        "List runs",
        "Lists the newest runs of load-bronze and run-models: result, seconds, rows, what failed.",
        &[
            text("run", "The name of a run: its tables and nodes", false),
            number("limit", "Rows that are listed; 20 if not given"),
        ],
    ),
    (
        "check",
        "Check the project",
        "Binds all models and tests against empty tables, without data and without a run, and lists what is wrong at its file \
         and line. Use it after each change of a model.",
        &[],
    ),
    (
        "compile",
        "Compile a model",
        "Gives the SQL of a model, test, metric or saved query as it would run, with all templates rendered.",
        &[text("model", "The model, such as fct_sales, or a unique id", true)],
    ),
    (
        "query",
        "Query",
        "Runs one SELECT of DuckDB's SQL over the warehouse, and read_parquet or read_csv over the lake and raw files. It cannot \
         write. At most 1000 rows are answered.",
        &[text("sql", "One SELECT", true), number("limit", "Rows that are answered; 100 if not given")],
    ),
    (
        "why",
        "Where a value came from",
        "Follows rows of a table back, model by model, to lines of raw files, with the expressions that made the value and \
         rejected rows of the same key.",
        &[
            text("table", "gold.fct_sales, or another table with rows", true),
            text("where", "SQL condition that the rows meet: order_id = 5 and line_number = 1", true),
            text("column", "The column whose value is asked for; the whole row if not given", false),
            number("limit", "Rows of each table that are listed; 3 if not given"),
        ],
    ),
    (
        "status",
        "Status",
        "Says how the project is: freshness of feeds, failed files, open rejects, newest runs, what to do next.",
        &[],
    ),
];

/// Tools that change the lake or the warehouse, for `--allow-write`.
const WRITING: [(&str, &str, &str, &[Argument]); 3] = [
    (
        "load_bronze",
        "Load raw files",
        "Loads new raw files into bronze, as `ingot load-bronze` does.",
        &[text("feed", "Only this feed", false)],
    ),
    (
        "run_models",
        "Build the models",
        "Builds and tests models, as `ingot run-models` does.",
        &[
            text("select", "dbt's selection, such as fct_sales or +fct_sales; all if not given", false),
            flag("full_refresh", "Build incremental models from nothing"),
        ],
    ),
    (
        "replay",
        "Replay rejects",
        "Loads rejected rows of a feed again that are correct now: because the contract changed, or the reject file was edited.",
        &[text("feed", "The feed, such as orders_lines", true)],
    ),
];

pub(super) struct Argument {
    name: &'static str,
    kind: &'static str,
    description: &'static str,
    required: bool,
}

const fn text(name: &'static str, description: &'static str, required: bool) -> Argument {
    Argument { name, kind: "string", description, required }
}

const fn number(name: &'static str, description: &'static str) -> Argument {
    Argument { name, kind: "integer", description, required: false }
}

const fn flag(name: &'static str, description: &'static str) -> Argument {
    Argument { name, kind: "boolean", description, required: false }
}

/// All tools; those that write only where it is allowed.
pub(super) fn tools(allow_write: bool) -> Vec<Tool> {
    let tool =
        |(name, title, description, arguments): &(&'static str, &'static str, &'static str, &[Argument]),
         writes| { Tool { name, title, description, arguments: schema(arguments), writes } };
    let reading = READING.iter().map(|one| tool(one, false));
    let writing = WRITING.iter().filter(|_| allow_write).map(|one| tool(one, true));
    reading.chain(writing).collect()
}

/// The JSON Schema of arguments.
fn schema(arguments: &[Argument]) -> Map<String, Value> {
    let properties: Map<String, Value> = arguments
        .iter()
        .map(|one| {
            let mut property = json!({"type": one.kind, "description": one.description});
            if one.kind == "integer" {
                property["minimum"] = 0.into();
            }
            (one.name.to_owned(), property)
        })
        .collect();
    let required: Vec<&str> = arguments.iter().filter(|one| one.required).map(|one| one.name).collect();
    let mut out = Map::new();
    out.insert("type".to_owned(), "object".into());
    out.insert("properties".to_owned(), Value::Object(properties));
    out.insert("required".to_owned(), required.into());
    out.insert("additionalProperties".to_owned(), false.into());
    out
}

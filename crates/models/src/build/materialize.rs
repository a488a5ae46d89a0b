//! Runs one node: compiles it, calls its materialization, reads what came of it, explains what went wrong.

use crate::build::compile;
use crate::build::dbt_unit_tests;
use crate::build::explain::explain;
use crate::build::output_files::{output_file, write_output};
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::context::trace;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, text};
use crate::outcomes::{NodeResult, Status};
use crate::project::macros::MacroEntry;
use crate::relations::relation::Relation;
use crate::values::agate::{Response, ResultTable};
use crate::warnings::{Treatment, Warning, WarningKind};
use ingot_core::error::{Error, Result, nearest};
use ingot_core::report::Level;
use ingot_core::sync::lock;
use ingot_engine::{Dialect, Session};
use ingot_jinja::{Args, State, Value};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Instant;

/// What came of a node, before it is timed and named.
struct Outcome {
    status: Status,
    message: String,
    failures: Option<i64>,
    rows_affected: u64,
    response: Object,
}

impl Outcome {
    fn new(status: Status, message: String) -> Self {
        Self { status, message, failures: None, rows_affected: 0, response: Object::new() }
    }
}

/// The result of a node that could not even be begun.
pub(crate) fn failed(node: &Node, error: &Error) -> NodeResult {
    let hint = error.hint_text().map(str::to_owned);
    NodeResult {
        thread: thread_name(),
        ..NodeResult::new(node, Status::Error, error.to_string(), std::time::Duration::ZERO, hint)
    }
}

fn thread_name() -> String {
    std::thread::current().name().unwrap_or("main").to_owned()
}

/// Runs the node, or one batch of it.
pub(crate) fn run(
    invocation: &Arc<Invocation>,
    run: &Arc<Execution>,
    node: &Arc<Node>,
    session: Box<dyn Session>,
    only_compile: bool,
) -> (NodeResult, Option<Box<dyn Session>>) {
    let (started, clock) = (jiff::Timestamp::now(), Instant::now());
    let context =
        NodeContext::new(invocation.clone(), node.clone(), Some(run.clone()), Connection::new(session));
    let mut compiled_code = None;
    let outcome = work(&context, &mut compiled_code, only_compile);
    let mut connection = std::mem::take(&mut *lock(&context.connection));
    connection.rollback();
    if let Some(handover) = lock(&context.noted).python.take() {
        handover.close(&mut connection);
    }
    let mut hint = None;
    let broken = lock(&context.noted).broken_ephemeral.take();
    let outcome = outcome.unwrap_or_else(|error| {
        hint = error.hint_text().map(str::to_owned);
        match broken {
            // As under dbt, the failure is that of the ephemeral model.
            Some(ephemeral) => {
                let words = format!(
                    "Compilation Error in {}, caused by compilation error in referenced ephemeral node {ephemeral}",
                    node.unique_id
                );
                Outcome::new(Status::Skipped, error.in_dbts_words(words).to_string())
            }
            None => Outcome::new(Status::Error, error.to_string()),
        }
    });
    if matches!(outcome.status, Status::Fail | Status::Warn) {
        let file = output_file(invocation, node, "compiled");
        let shown = file.strip_prefix(&invocation.project.root.root).unwrap_or(&file);
        hint = match node.resource_type() {
            ResourceType::Test => Some(format!("the query that finds these rows: {}", shown.display())),
            ResourceType::UnitTest => Some(format!("the query that compares the rows: {}", shown.display())),
            _ => hint,
        };
    }
    let result = NodeResult {
        unique_id: node.unique_id.clone(),
        name: node.name.clone(),
        resource_type: node.resource_type().name(),
        status: outcome.status,
        message: outcome.message,
        failures: outcome.failures,
        rows_affected: outcome.rows_affected,
        response: outcome.response,
        started,
        elapsed: clock.elapsed(),
        thread: thread_name(),
        compiled_code,
        relation_name: node.relation_name(),
        hint,
        batch_results: None,
        unchanged: false,
    };
    (result, connection.into_session())
}

/// Tells the log what is done for the node now.
fn tell(context: &NodeContext, event: &str, doing: &str) {
    if context.invocation.settings.logs_statements {
        let text = format!("Began {doing} node {}", context.node.unique_id);
        context.invocation.outbox.event(event, Level::Debug, text, context.event_data());
    }
}

fn work(context: &NodeContext, compiled: &mut Option<String>, only_compile: bool) -> Result<Outcome> {
    let node = &context.node;
    tell(context, "NodeCompiling", "compiling");
    if node.is_python() && node.dialect == Dialect::Spark {
        let what = format!("'{}' is a model in Python, which runs beside DuckDB alone", node.name);
        return Err(Error::new(what)
            .at(&node.original_file_path)
            .hint("write it in SQL for Spark, or leave it out with --exclude"));
    }
    let entry = (!only_compile).then(|| find(context)).transpose()?;
    if node.is_python() {
        write_output(&context.invocation, node, "compiled", &node.raw_code)?;
        if only_compile {
            return Ok(Outcome::new(Status::Success, String::new()));
        }
        *compiled = Some(node.raw_code.clone());
        compile::offer(context, &node.raw_code);
    } else if node.resource_type() != ResourceType::Seed {
        let sql = compile::compile(context)?;
        // As under dbt, a snapshot's SQL is found under target/run alone.
        if node.resource_type() != ResourceType::Snapshot || only_compile {
            write_output(&context.invocation, node, "compiled", &sql)?;
        }
        *compiled = Some(sql.clone());
        if sql.trim().is_empty() && node.resource_type() != ResourceType::Analysis {
            return Err(Error::new(format!("{} '{}' is empty", node.resource_type().name(), node.name))
                .at(&node.original_file_path)
                .hint("write a select statement into it, or remove the file"));
        }
        compile::offer(context, &sql);
    }
    let Some(entry) = entry else {
        return Ok(Outcome::new(Status::Success, String::new()));
    };
    trace::materialize();
    if node.batch().is_some_and(|batch| batch.incremental) {
        context.set_adds_rows();
    }
    tell(context, "NodeExecuting", "executing");
    let materialization = entry.value.clone();
    let mut state = State::new(&context.invocation.templates.environment, context);
    let answer = state
        .call(&materialization, Args::new())
        .map_err(|error| explain(context, error, compiled.as_deref().unwrap_or_default()));
    if let Some(text) = lock(&context.noted).written.take() {
        write_output(&context.invocation, node, "run", &text)?;
    }
    let answer = answer?;
    lock(&context.connection).commit()?;
    if !entry.is_built_in() && makes_relations(node) {
        check_answer(context, &answer)?;
    }
    remember(context, &answer);
    if node.resource_type() == ResourceType::Test {
        return judge(context);
    }
    if node.resource_type() == ResourceType::UnitTest {
        let difference = dbt_unit_tests::difference(context)?;
        let failures = Some(i64::from(difference.is_some()));
        let status = if difference.is_some() { Status::Fail } else { Status::Pass };
        let outcome = Outcome::new(status, difference.unwrap_or_default());
        return Ok(Outcome { failures, response: response(context), ..outcome });
    }
    let response = response(context);
    let message = text(&response, "_message").unwrap_or_else(|| "OK".to_owned());
    let rows_affected = response.get("rows_affected").and_then(Json::as_u64).unwrap_or(0);
    Ok(Outcome { rows_affected, response, ..Outcome::new(Status::Success, message) })
}

/// What the engine answered to the main statement.
fn response(context: &NodeContext) -> Object {
    let main = context.result("main");
    let response = main.and_then(|main| main.as_dict()?.get_str("response"));
    match response.as_ref().and_then(|value| value.downcast::<Response>()).map(Response::to_json) {
        Some(Json::Object(response)) => response,
        _ => Object::new(),
    }
}

/// The node's materialization, which says in which languages its nodes may be.
/// <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/task/run.py#L260-L296>
fn find(context: &NodeContext) -> Result<Arc<MacroEntry>> {
    let (node, name) = (&context.node, context.node.materialized());
    let language = node.language();
    let entry = named(context)?;
    tell_of_override(context, &entry);
    if node.resource_type() != ResourceType::Model || entry.languages.iter().any(|known| known == language) {
        return Ok(entry);
    }
    let languages: Vec<String> = entry.languages.iter().map(|known| format!("'{known}'")).collect();
    let languages = languages.join(", ");
    Err(Error::new(format!("the materialization '{name}' is not for models in {language}, but in {languages}"))
        .at(&node.original_file_path)
        .in_dbts_words(format!("Materialization \"{name}\" only supports languages [{languages}]; got \"{language}\""))
        .hint(match entry.is_built_in() {
            true => "give it another materialization: of the built-in ones, table, incremental and external take Python",
            false => "add the language to `supported_languages` of the materialization, if it can build such models",
        }))
}

/// Warns of a package's materialization that is used in place of a built-in one.
fn tell_of_override(context: &NodeContext, entry: &MacroEntry) {
    let (name, package) = (context.node.materialized(), &entry.package_name);
    let kind = WarningKind::PackageMaterializationOverrideDeprecation;
    if !context.invocation.templates.macros.overrides_built_in(entry, name)
        || context.invocation.settings.warning_rules.of(kind) == Treatment::Silence
    {
        return;
    }
    let text =
        format!("the package '{package}' replaces the built-in materialization '{name}', which will end");
    let words = format!(
        "Installed package '{package}' is overriding the built-in materialization '{name}'. Overrides of built-in materializations from installed packages will be deprecated in future versions of dbt."
    );
    let data = json!({"package_name": package, "materialization_name": name});
    context.invocation.outbox.warn(Warning::new(kind, text).with(data).in_dbts_words(words));
}

fn named(context: &NodeContext) -> Result<Arc<MacroEntry>> {
    let name = context.node.materialized();
    context.invocation.templates.macros.materialization(name).cloned().ok_or_else(|| {
        let known = context.invocation.templates.macros.materializations();
        let error = Error::new(format!(
            "there is no materialization '{name}', which '{}' asks for",
            context.node.name
        ))
        .at(&context.node.original_file_path);
        match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!("there are: {}", known.join(", "))),
        }
    })
}

fn makes_relations(node: &Node) -> bool {
    matches!(node.resource_type(), ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot)
}

/// A materialization of the project's own says which relations it made: the cache of relations is wrong without it.
/// <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/task/run.py#L310-L331>
/// What it did is what its main statement did.
fn check_answer(context: &NodeContext, answer: &Value) -> Result<()> {
    let (node, name) = (&context.node, context.node.materialized());
    let made = answer.as_dict().and_then(|dict| dict.get_str("relations"));
    if made.is_some_and(|made| made.as_list().is_some()) {
        if context.result("main").is_some() {
            return Ok(());
        }
        return Err(Error::new(format!("the materialization '{name}' has no main statement"))
            .at(&node.original_file_path)
            .in_dbts_words("main is not being called during running model")
            .hint("run what makes the relation by {% call statement('main') %}…{% endcall %}"));
    }
    Err(Error::new(format!("the materialization '{name}' does not say which relations it made"))
        .at(&node.original_file_path)
        .in_dbts_words(format!(
            "The materialization (\"{name}\") did not explicitly return a list of relations to add to the cache."
        ))
        .hint("end it with {{ return({'relations': [this]}) }}"))
}

/// What the materialization says it made is there from now on.
fn remember(context: &NodeContext, answer: &Value) {
    let Some(run) = &context.execution else { return };
    let made = answer.as_dict().and_then(|dict| dict.get_str("relations"));
    let made = made.and_then(|made| made.as_list().map(|list| list.items())).unwrap_or_default();
    for relation in made.iter().filter_map(|value| value.downcast::<Relation>()) {
        run.cache.add(relation);
    }
}

/// A text as Python's `strtobool` reads it.
fn python_bool(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn no_bool(context: &NodeContext, text: &str) -> Error {
    Error::new(format!("the query of test '{}' gives '{text}' where true or false is expected", context.node.name))
        .in_dbts_words(format!(
            "Macro 'get_test_sql' returns '{text}'.  It is not type 'bool' and cannot not be converted reliably to a bool."
        ))
        .hint("see warn_if and error_if of the test, and the macro get_test_sql if it is overridden")
}

/// A number without a fraction.
fn whole(value: &Value) -> Option<i64> {
    let is_whole = |float: &f64| float.fract() == 0.0;
    let count = value.as_int().or_else(|| value.as_float().filter(is_whole).map(|float| float as i128));
    count.and_then(|count| i64::try_from(count).ok())
}

fn no_count(context: &NodeContext, value: &Value) -> Error {
    let (name, value) = (&context.node.name, value.repr());
    Error::new(format!("the failures of test '{name}' come to {value}, which is not a whole number"))
        .in_dbts_words(format!("{value} is not of type 'integer'"))
        .hint(
            "see its config fail_calc: for sum(...), which is NULL without rows, write coalesce(sum(...), 0)",
        )
}

/// Pass, warn or fail, by what the test's query says.
fn judge(context: &NodeContext) -> Result<Outcome> {
    let main = context.result("main");
    let table = main.and_then(|main| main.as_dict()?.get_str("table"));
    let row = table
        .as_ref()
        .and_then(|table| table.downcast::<ResultTable>())
        .and_then(|table| table.rows.first().cloned());
    let Some([failures, should_warn, should_error]) = row.as_deref() else {
        return Err(Error::new(format!(
            "the query of test '{}' did not give one row with failures, should_warn, should_error",
            context.node.name
        ))
        .hint("is the macro get_test_sql overridden?"));
    };
    let is_true = |value: &Value| -> Result<bool> {
        match value {
            Value::Str(text) => python_bool(text).ok_or_else(|| no_bool(context, text)),
            other => Ok(other.is_true()),
        }
    };
    let (should_warn, should_error) = (is_true(should_warn)?, is_true(should_error)?);
    let failures = whole(failures).ok_or_else(|| no_count(context, failures))?;
    let config =
        |key: &str| context.node.config.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let severe = !config("severity").eq_ignore_ascii_case("warn");
    let plural = if failures == 1 { "result" } else { "results" };
    let strict = context.invocation.settings.warning_rules.is_error(WarningKind::LogTestResult);
    let severe = severe || strict;
    let (status, message) = if strict && should_warn && !should_error {
        (
            Status::Fail,
            format!(
                "Got {failures} {plural}, configured to warn if {}, and such warnings are treated as errors",
                config("warn_if")
            ),
        )
    } else if severe && should_error {
        (Status::Fail, format!("Got {failures} {plural}, configured to fail if {}", config("error_if")))
    } else if should_warn {
        (Status::Warn, format!("Got {failures} {plural}, configured to warn if {}", config("warn_if")))
    } else {
        (Status::Pass, String::new())
    };
    // As under dbt, a test that passes has no failures, whatever its query counted.
    let failures = if status == Status::Pass { 0 } else { failures };
    Ok(Outcome { failures: Some(failures), response: response(context), ..Outcome::new(status, message) })
}

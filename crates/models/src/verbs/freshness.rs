//! `source freshness`: how long ago the newest row of each source was loaded, and whether that is too long.

use crate::artifacts;
use crate::build::hooks;
use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::context::references::relation_of;
use crate::graph::node::Node;
use crate::graph::node_kind::SourceTable;
use crate::outcomes::{NodeResult, RunSummary, Status};
use crate::verbs::build::run_hooks;
use crate::verbs::job::Job;
use crate::{dbt, dbt_log};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level};
use ingot_engine::Engine;
use ingot_jinja::{Template, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What was found of one source.
struct Age {
    newest: jiff::Timestamp,
    asked: jiff::Timestamp,
    seconds: f64,
}

/// Measures the selected sources that say how fresh they must be, and writes `sources.json`.
pub(crate) fn run(job: &Job, selected: &BTreeSet<usize>, summary: &mut RunSummary) -> Result<()> {
    let nodes: Vec<&Node> =
        selected.iter().map(|index| &job.manifest.nodes[*index]).filter(|node| has_limits(node)).collect();
    if nodes.is_empty() {
        job.reporter.warn("no source that is selected says how fresh it must be (`freshness:`)".to_owned());
    }
    let (engine, run) = job.open(selected)?;
    // Where there is nothing to do, dbt calls no hook.
    let with_hooks =
        !nodes.is_empty() && job.invocation.project.root.flag("source_freshness_run_project_hooks", true);
    if with_hooks {
        run_hooks(job, &run, engine.as_ref(), hooks::When::Start, summary);
    }
    summary.results.clear();
    let mut entries = Vec::new();
    let total = nodes.len();
    for (index, node) in nodes.into_iter().enumerate() {
        let clock = Instant::now();
        let started = jiff::Timestamp::now();
        let outcome = measure(job, &run, engine.as_ref(), node);
        job.invocation.outbox.flush(job.reporter);
        let (status, message, hint, entry) = match outcome {
            Ok(age) => {
                let (status, word) = judge(node, age.seconds);
                let message = format!("{} old", duration(age.seconds));
                (status, message, None, entry(node, &age, word, started, clock.elapsed()))
            }
            Err(error) => {
                let hint = error.hint_text().map(str::to_owned);
                let entry = json!({
                    "unique_id": node.unique_id, "error": error.to_string(), "status": "runtime error",
                });
                (Status::Error, error.to_string(), hint, entry)
            }
        };
        let result = NodeResult::new(node, status, message, clock.elapsed(), hint);
        job.reporter.report(Event::NodeFinished {
            index: index + 1,
            total,
            label: format!("freshness of {}", node.fqn_of_source()),
            status: result.status.shown(),
            message: result.message.clone(),
            seconds: result.elapsed.as_secs_f64(),
            data: dbt_log::finished(job.manifest, node, &result, job.invocation.settings.logs_data),
        });
        entries.push(entry);
        summary.results.push(result);
    }
    if with_hooks {
        let sources = summary.results.len();
        run_hooks(job, &run, engine.as_ref(), hooks::When::End, summary);
        // The results of the hooks themselves are not those of sources.
        summary.results.truncate(sources);
    }
    for result in summary.results.iter().filter(|result| result.status == Status::Error) {
        let hint = result.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        let text = format!("error in source {}: {}{hint}", result.name, result.message);
        job.reporter.report(Event::Message { level: Level::Error, text });
    }
    if !job.options.write_json {
        return Ok(());
    }
    artifacts::write_sources(job.invocation, entries, summary, job.options.output_file.as_deref())
}

/// Whether the source says when it is too old.
fn has_limits(node: &Node) -> bool {
    let limit = |key: &str| {
        let freshness = node.source().map(|source| &source.freshness);
        freshness.and_then(|freshness| freshness.get(key)).and_then(seconds_of).is_some()
    };
    limit("warn_after") || limit("error_after")
}

/// `{count: 12, period: hour}` in seconds.
fn seconds_of(limit: &Json) -> Option<f64> {
    let count = limit.get("count")?.as_f64()?;
    let period = match limit.get("period")?.as_str()? {
        "minute" => 60.0,
        "hour" => 3600.0,
        "day" => 86_400.0,
        _ => return None,
    };
    Some(count * period)
}

fn judge(node: &Node, age: f64) -> (Status, &'static str) {
    let limit = |key: &str| {
        let freshness = node.source().map(|source| &source.freshness);
        freshness.and_then(|freshness| freshness.get(key)).and_then(seconds_of)
    };
    if limit("error_after").is_some_and(|limit| age > limit) {
        (Status::Fail, "error")
    } else if limit("warn_after").is_some_and(|limit| age > limit) {
        (Status::Warn, "warn")
    } else {
        (Status::Pass, "pass")
    }
}

fn measure(job: &Job, run: &Arc<Execution>, engine: &dyn Engine, node: &Node) -> Result<Age> {
    let Some(source) = node.source() else { return Err(Error::new("this is not a source")) };
    let place = |error: Error| {
        if error.place().is_some() { error } else { error.at_line(&node.original_file_path, node.line) }
    };
    let connection = Connection::new(engine.session()?);
    let context =
        NodeContext::new(job.invocation.clone(), Arc::new(node.clone()), Some(run.clone()), connection);
    let (newest, asked) = ask(&context, node, source).map_err(place)?;
    let asked = match asked {
        Found::Moment(asked) => asked,
        Found::Nothing | Found::Other(_) => jiff::Timestamp::now(),
    };
    let newest = match newest {
        Found::Moment(newest) => newest,
        // Nothing was ever loaded: older than anything.
        Found::Nothing => jiff::civil::date(1, 1, 1)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .map_err(|error| place(Error::new("this is not a timestamp").caused_by(error)))?
            .timestamp(),
        Found::Other(text) => {
            return Err(place(
                Error::new(format!("the newest row of '{}' has no timestamp but {text}", node.name))
                    .hint("cast it: loaded_at_field: \"loaded_at::timestamp\""),
            ));
        }
    };
    let seconds = asked.duration_since(newest).as_secs_f64();
    Ok(Age { newest, asked, seconds })
}

/// A value of the query's row.
enum Found {
    Nothing,
    Moment(jiff::Timestamp),
    Other(String),
}

/// What the macro gave that measures, which a project may have of its own: how new the newest row is, and when it was asked.
/// <https://docs.getdbt.com/reference/resource-properties/freshness>
const ASK: &str = "
{%- if loaded_at_query is none -%}
  {%- set asked = collect_freshness(measured, loaded_at_field, filter) -%}
{%- else -%}
  {%- set asked = collect_freshness_custom_sql(measured, loaded_at_query) -%}
{%- endif -%}
{%- set row = asked.table.rows[0] -%}
{%- for value in [row[0], row[1]] -%}
  {{- 'none' if value is none else 'moment' if value is not string and value is not number else 'other' }} {{ value }}{{ '\n' -}}
{%- endfor -%}";

fn ask(context: &NodeContext, node: &Node, source: &SourceTable) -> Result<(Found, Found)> {
    let environment = &context.invocation.templates.environment;
    let render = |text: &str| -> Result<String> {
        let template = Template::parse(text, &node.original_file_path, environment)?;
        Ok(template.render(environment, context)?)
    };
    let rendered = |text: Option<&str>| -> Result<Value> {
        Ok(text.map(render).transpose()?.map_or(Value::None, |text| text.as_str().into()))
    };
    if source.loaded_at_query.is_none() && source.loaded_at_field.is_none() {
        return Err(Error::new(format!("source '{}' does not say when its rows were loaded", node.name))
            .hint("add `loaded_at_field: some_timestamp` or `loaded_at_query:` to it"));
    }
    context.set("measured", relation_of(node).into_value());
    context.set("loaded_at_query", rendered(source.loaded_at_query.as_deref())?);
    context.set("loaded_at_field", rendered(source.loaded_at_field.as_deref())?);
    context.set("filter", rendered(source.freshness.get("filter").and_then(Json::as_str))?);
    let said = render(ASK)?;
    let mut values = said.lines().map(|line| match line.split_once(' ') {
        Some(("none", _)) => Found::Nothing,
        Some(("moment", text)) => moment(text).map_or_else(|| Found::Other(text.to_owned()), Found::Moment),
        Some((_, text)) => Found::Other(format!("'{text}'")),
        None => Found::Other(line.to_owned()),
    });
    let mut next = || values.next().unwrap_or(Found::Nothing);
    Ok((next(), next()))
}

/// A date or a timestamp as Python prints it, in UTC where it has no zone.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    let utc = jiff::tz::TimeZone::UTC;
    let text = text.trim().replace(' ', "T");
    if let Ok(exact) = text.parse() {
        return Some(exact);
    }
    let civil =
        text.parse::<jiff::civil::DateTime>().or_else(|_| text.parse::<jiff::civil::Date>().map(Into::into));
    Some(civil.ok()?.to_zoned(utc).ok()?.timestamp())
}

fn entry(node: &Node, age: &Age, status: &str, started: jiff::Timestamp, elapsed: Duration) -> Json {
    let freshness = node.source().map(|source| source.freshness.clone()).unwrap_or_default();
    json!({
        "unique_id": node.unique_id,
        "max_loaded_at": dbt::time_in_utc(age.newest),
        "snapshotted_at": dbt::time_in_utc(age.asked),
        "max_loaded_at_time_ago_in_s": age.seconds,
        "status": status,
        "criteria": {
            "warn_after": freshness.get("warn_after"), "error_after": freshness.get("error_after"),
            "filter": freshness.get("filter"),
        },
        "adapter_response": {"_message": "OK"},
        "timing": [
            {"name": "compile", "started_at": dbt::time(started), "completed_at": dbt::time(started)},
            {"name": "execute", "started_at": dbt::time(started), "completed_at": dbt::time(jiff::Timestamp::now())},
        ],
        "thread_id": "Thread-1 (worker)",
        "execution_time": elapsed.as_secs_f64(),
    })
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

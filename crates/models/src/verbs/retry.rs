//! `retry`: does again what failed, or was not reached, in the last run.

use crate::graph::batch::BatchResults;
use crate::graph::batches::parse_time;
use crate::json_values::{Object, strings};
use crate::options::{RunOptions, Verb};
use crate::warnings::{WarningKind, WarningRules};
use ingot_core::error::{Context, Error, Result};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const AGAIN: &[&str] = &["error", "fail", "skipped", "runtime error", "partial success"];

/// The last part of a folder's path, which is how the project names its target folder as a rule.
fn shown(folder: &Path) -> String {
    folder
        .file_name()
        .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The options of the last run, with `given` over them where the command line says something, and the
/// nodes to run, of which there may be none. `None` if it was an operation that succeeded.
///
/// # Errors
/// There was no run, or one of a verb that cannot be done again.
pub(crate) fn options(given: &RunOptions, folder: &Path) -> Result<Option<RunOptions>> {
    let file = folder.join("run_results.json");
    if !file.is_file() {
        let words = format!("Could not find previous run in '{}' target directory", shown(folder));
        return Err(Error::new("there is no run to retry").at(&file).in_dbts_words(words).hint(
            "retry reads run_results.json of the last run in the target folder; name another folder with --state",
        ));
    }
    let text = std::fs::read(&file).or_cannot_at("read the file", &file)?;
    let artifact: Json = serde_json::from_slice(&text)
        .map_err(|error| Error::new("this is not a JSON file").at(&file).caused_by(error))?;
    let arguments = artifact.get("args").and_then(Json::as_object).cloned().unwrap_or_default();
    let word = arguments.get("which").and_then(Json::as_str).unwrap_or_default();
    let verb = Verb::of_name(word).filter(|verb| *verb != Verb::Freshness).ok_or_else(|| {
        Error::new(format!("the last run was `{word}`, which cannot be tried again")).at(&file)
    })?;
    let mut again: Vec<String> = Vec::new();
    let mut batches = BTreeMap::new();
    for result in artifact.get("results").and_then(Json::as_array).into_iter().flatten() {
        let text = |key: &str| result.get(key).and_then(Json::as_str).unwrap_or_default();
        let strict = given.warnings.as_ref().is_some_and(|rules| rules.is_error(WarningKind::LogTestResult));
        let retryable = AGAIN.contains(&text("status")) || (strict && text("status") == "warn");
        let is_hook = text("unique_id").starts_with("operation.") && verb != Verb::RunOperation;
        if retryable && !is_hook {
            again.push(text("unique_id").to_owned());
            // Of a model with some batches done, only the others are computed.
            let done = batches_of(result.get("batch_results"));
            if let Some(done) = done.filter(|done| !done.successful.is_empty() && !done.failed.is_empty()) {
                batches.insert(text("unique_id").to_owned(), done);
            }
        }
    }
    // As under dbt, a run of nothing leaves results of nothing, and only those of an operation stay what they were.
    if again.is_empty() && verb == Verb::RunOperation {
        return Ok(None);
    }
    let mut options = from_arguments(&arguments, given, verb)?;
    options.only = Some(again);
    options.retry_batches = batches;
    let metadata = artifact.get("metadata");
    let time = |key: &str| metadata.and_then(|metadata| parse_time(metadata.get(key)?.as_str()?));
    options.batches_until = time("invocation_started_at").or_else(|| time("generated_at"));
    Ok(Some(options))
}

fn batches_of(value: Option<&Json>) -> Option<BatchResults> {
    let list = |key: &str| -> Option<Vec<(String, String)>> {
        let pairs = value?.get(key)?.as_array()?.iter();
        pairs
            .map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned())))
            .collect()
    };
    Some(BatchResults { successful: list("successful")?, failed: list("failed")? })
}

/// The arguments of the last run. As under dbt, this command says where things are, and may say other variables, another
/// number of threads, and that all warnings are errors; and here, that everything is built from scratch.
fn from_arguments(arguments: &Object, given: &RunOptions, verb: Verb) -> Result<RunOptions> {
    let flag = |key: &str| arguments.get(key).and_then(Json::as_bool).unwrap_or(false);
    let text = |key: &str| arguments.get(key).and_then(Json::as_str).map(str::to_owned);
    let mut options = RunOptions { verb, ..given.clone() };
    options.select = strings(arguments.get("select"));
    options.exclude = strings(arguments.get("exclude"));
    options.selector = text("selector");
    options.profile = text("profile").or(options.profile);
    options.target = text("target").or(options.target);
    options.state = text("state").map(PathBuf::from);
    options.defer = flag("defer");
    options.favor_state = flag("favor_state");
    let threads =
        arguments.get("threads").and_then(Json::as_u64).and_then(|count| usize::try_from(count).ok());
    options.threads = given.threads.or(threads);
    options.full_refresh = given.full_refresh || flag("full_refresh");
    options.empty = flag("empty");
    options.store_failures = flag("store_failures");
    options.event_time_start = text("event_time_start").as_deref().and_then(parse_time);
    options.event_time_end = text("event_time_end").as_deref().and_then(parse_time);
    options.sample = arguments.get("sample").and_then(|sample| {
        let side = |key: &str| parse_time(sample.get(key)?.as_str()?);
        side("start").zip(side("end"))
    });
    options.fail_fast |= flag("fail_fast");
    options.macro_name = text("macro");
    if let Some(Json::Object(arguments)) = arguments.get("args") {
        options.macro_arguments = arguments.clone();
    }
    if given.vars.is_empty()
        && !given.says_vars
        && let Some(Json::Object(vars)) = arguments.get("vars")
    {
        options.vars = vars.clone();
    }
    if given.warnings.is_none() {
        let rules = arguments.get("warn_error_options").and_then(Json::as_object).map(WarningRules::read);
        let rules = rules.transpose()?.filter(|rules| *rules != WarningRules::default());
        options.warnings = rules;
    }
    Ok(options)
}

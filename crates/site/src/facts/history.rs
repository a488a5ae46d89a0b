//! Runs, and what they did to each node. Where there is no history, the last run of the models as dbt's
//! `run_results.json` has it.

use super::redact::Redactor;
use ingot_core::error::Result;
use ingot_operate::{PastPart, PastRun, past_runs};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Runs that are read: a page each.
const RUNS: usize = 40;
/// What a node shows of its past.
const OF_A_NODE: usize = 12;
/// Bars of a run's chart: the longest parts.
const BARS: usize = 200;

/// A run, for its page.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct RunFacts {
    pub(crate) id: String,
    pub(crate) page: String,
    pub(crate) command: String,
    pub(crate) arguments: String,
    pub(crate) started: String,
    pub(crate) result: String,
    /// `good`, `warn`, `bad` or `idle`: how the result is coloured.
    pub(crate) tone: &'static str,
    pub(crate) seconds: f64,
    /// In bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) error: Option<String>,
    pub(crate) rows: u64,
    /// Parts by their status.
    pub(crate) counts: Vec<(String, usize)>,
    /// In the order in which they began.
    pub(crate) parts: Vec<PartFacts>,
    /// Parts that the chart leaves out, because they are many and short.
    pub(crate) left_out: usize,
    /// The slowest, the slowest first.
    pub(crate) slow: Vec<PartFacts>,
    /// Those whose rows have grown the most since the run before.
    pub(crate) grew: Vec<PartFacts>,
}

/// A part of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct PartFacts {
    pub(crate) id: String,
    /// How it is called on the page.
    pub(crate) label: String,
    /// Its own page, if it has one.
    pub(crate) page: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) tone: &'static str,
    pub(crate) rows: Option<u64>,
    /// Rows of the run before that ran it.
    pub(crate) rows_before: Option<u64>,
    pub(crate) failures: Option<u64>,
    pub(crate) seconds: f64,
    pub(crate) message: Option<String>,
    /// Where its bar begins and how long it is, in percent of the run.
    pub(crate) left: f64,
    pub(crate) width: f64,
}

/// What a run did to a node.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct NodeRun {
    pub(crate) run: String,
    pub(crate) page: String,
    pub(crate) started: String,
    pub(crate) command: String,
    pub(crate) status: String,
    pub(crate) tone: &'static str,
    pub(crate) rows: Option<u64>,
    pub(crate) failures: Option<u64>,
    pub(crate) seconds: f64,
    pub(crate) message: Option<String>,
}

/// How a status is coloured.
pub(crate) fn tone(status: &str) -> &'static str {
    match status {
        "ok" | "success" | "pass" | "fresh" => "good",
        "warn" | "warning" | "late" | "partial success" => "warn",
        "skipped" | "no-op" | "-" | "never loaded" | "" => "idle",
        _ => "bad",
    }
}

/// The newest runs.
///
/// # Errors
/// The history cannot be read.
pub(super) fn read(lake: &Path, artifacts: &Path) -> Result<Vec<PastRun>> {
    let runs = past_runs(lake, RUNS)?;
    Ok(if runs.is_empty() { run_results(artifacts).into_iter().collect() } else { runs })
}

/// What `run_results.json` says of the last run, if it can be read.
fn run_results(artifacts: &Path) -> Option<PastRun> {
    let text = std::fs::read_to_string(artifacts.join("run_results.json")).ok()?;
    let document: Json = serde_json::from_str(&text).ok()?;
    let results = document["results"].as_array()?;
    let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let mut begins = Vec::new();
    for result in results {
        let timing = result["timing"].as_array().into_iter().flatten();
        let start = timing.filter_map(|one| moment(one["started_at"].as_str()?)).min();
        begins.push(start);
    }
    let first = begins.iter().flatten().min().copied();
    let parts: Vec<PastPart> = results
        .iter()
        .zip(&begins)
        .map(|(result, start)| {
            let id = result["unique_id"].as_str().unwrap_or_default();
            let kind = id.split('.').next().unwrap_or_default();
            PastPart {
                kind: kind.to_owned(),
                name: id.to_owned(),
                status: result["status"].as_str().unwrap_or_default().to_owned(),
                rows: result["adapter_response"]["rows_affected"].as_u64(),
                failures: result["failures"].as_u64(),
                began: start.zip(first).map(|(start, first)| start.duration_since(first).as_secs_f64()),
                seconds: result["execution_time"].as_f64().unwrap_or_default(),
                message: result["message"].as_str().map(str::to_owned),
            }
        })
        .collect();
    let is_bad = parts.iter().any(|part| tone(&part.status) == "bad");
    Some(PastRun {
        id: "last-run".to_owned(),
        command: format!("dbt {}", document["args"]["which"].as_str().unwrap_or("run")),
        started: first
            .or_else(|| moment(document["metadata"]["generated_at"].as_str()?))
            .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_default(),
        result: if is_bad { "failed" } else { "ok" }.to_owned(),
        seconds: document["elapsed_time"].as_f64().unwrap_or_default(),
        parts,
        ..PastRun::default()
    })
}

/// Where a part of a run is shown: its label and its page.
pub(super) type Places = HashMap<String, (String, String)>;

/// Each run for its page. `places` says by name where its parts are.
pub(super) fn for_pages(runs: &[PastRun], places: &Places, redactor: &Redactor) -> Vec<RunFacts> {
    let mut pages: Vec<RunFacts> = Vec::new();
    let mut rows_before: HashMap<(&str, &str), u64> = HashMap::new();
    // The oldest first, so that each run knows what came before it.
    for run in runs.iter().rev() {
        let parts: Vec<PartFacts> = run
            .parts
            .iter()
            .map(|part| {
                let key = (run.command.as_str(), part.name.as_str());
                let before = rows_before.get(&key).copied();
                if let Some(rows) = part.rows.filter(|_| tone(&part.status) == "good") {
                    rows_before.insert(key, rows);
                }
                part_facts(part, run, before, places, redactor)
            })
            .collect();
        pages.push(run_facts(run, parts, redactor));
    }
    pages.reverse();
    pages
}

fn run_facts(run: &PastRun, parts: Vec<PartFacts>, redactor: &Redactor) -> RunFacts {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for part in &parts {
        match counts.iter_mut().find(|(status, _)| *status == part.status) {
            Some((_, count)) => *count += 1,
            None => counts.push((part.status.clone(), 1)),
        }
    }
    let by = |order: &dyn Fn(&PartFacts) -> f64, is_in: &dyn Fn(&PartFacts) -> bool| -> Vec<PartFacts> {
        let mut found: Vec<PartFacts> = parts.iter().filter(|part| is_in(part)).cloned().collect();
        found.sort_by(|a, b| order(b).total_cmp(&order(a)));
        found.truncate(8);
        found
    };
    let growth = |part: &PartFacts| match (part.rows, part.rows_before) {
        (Some(rows), Some(before)) => rows as f64 - before as f64,
        _ => 0.0,
    };
    let slow = by(&|part| part.seconds, &|part| part.seconds > 0.0);
    let grew = by(&growth, &|part| growth(part) > 0.0);
    let mut longest: Vec<usize> = (0..parts.len()).collect();
    longest.sort_by(|a, b| parts[*b].seconds.total_cmp(&parts[*a].seconds));
    let shown: HashSet<usize> = longest.into_iter().take(BARS).collect();
    let left_out = parts.len() - shown.len();
    let rows = parts.iter().filter(|part| part.kind != "test").filter_map(|part| part.rows).sum();
    let shown: Vec<PartFacts> = parts
        .into_iter()
        .enumerate()
        .filter(|(at, part)| shown.contains(at) || part.tone == "bad")
        .map(|(_, part)| part)
        .collect();
    RunFacts {
        id: run.id.clone(),
        page: page_of(&run.id),
        command: run.command.clone(),
        arguments: redactor.message(&run.arguments),
        started: run.started.clone(),
        result: run.result.clone(),
        tone: tone(&run.result),
        seconds: run.seconds,
        memory: run.peak_memory,
        error: run.error.as_deref().map(|text| redactor.message(text)),
        rows,
        counts,
        parts: shown,
        left_out,
        slow,
        grew,
    }
}

fn page_of(run: &str) -> String {
    format!("runs/{run}.html")
}

fn part_facts(
    part: &PastPart,
    run: &PastRun,
    rows_before: Option<u64>,
    places: &Places,
    redactor: &Redactor,
) -> PartFacts {
    let (label, page) = places.get(&part.name).cloned().unwrap_or_else(|| (part.name.clone(), String::new()));
    let whole = run.seconds.max(0.001);
    let left = (part.began.unwrap_or_default() / whole * 100.0).clamp(0.0, 99.6);
    PartFacts {
        id: part.name.clone(),
        label,
        page,
        kind: part.kind.clone(),
        status: part.status.clone(),
        tone: tone(&part.status),
        rows: part.rows,
        rows_before,
        failures: part.failures,
        seconds: part.seconds,
        message: part.message.as_deref().filter(|text| !text.is_empty()).map(|text| redactor.message(text)),
        left,
        width: (part.seconds / whole * 100.0).clamp(0.0, 100.0 - left),
    }
}

/// The past of each node, by the name that runs have for it; the newest first.
pub(super) fn by_node(runs: &[PastRun], redactor: &Redactor) -> HashMap<String, Vec<NodeRun>> {
    let mut found: HashMap<String, Vec<NodeRun>> = HashMap::new();
    for run in runs {
        for part in &run.parts {
            let past = found.entry(part.name.clone()).or_default();
            if past.len() < OF_A_NODE {
                past.push(NodeRun {
                    run: run.id.clone(),
                    page: page_of(&run.id),
                    started: run.started.clone(),
                    command: run.command.clone(),
                    status: part.status.clone(),
                    tone: tone(&part.status),
                    rows: part.rows,
                    failures: part.failures,
                    seconds: part.seconds,
                    message: part
                        .message
                        .as_deref()
                        .filter(|text| !text.is_empty())
                        .map(|text| redactor.message(text)),
                });
            }
        }
    }
    found
}

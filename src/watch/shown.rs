//! How a watch is, for a person and for programs: `ingot status --watch`.

use super::state::{FeedState, WatchState};
use crate::alert::Finding;
use ingot_core::report::{Table, counted, thousands, verb};
use serde_json::{Value as Json, json};

/// Failed files that are named.
const NAMED: usize = 5;

/// What is alarming, and what to do about it.
pub fn findings(state: &WatchState, runs: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut alert = |what: String, next: &str| {
        found.push(Finding { is_alert: true, what, next: next.to_owned() });
    };
    if !runs {
        alert(
            format!("the watch does not run; its last sign of life was at {}", state.updated),
            "run `ingot watch`",
        );
    }
    if let Some(problem) = &state.problem {
        alert(format!("it cannot do its work: {problem}"), "correct that: it tries again by itself");
    }
    for (name, feed) in &state.feeds {
        for (file, why) in feed.failed.iter().take(NAMED) {
            let why = why.lines().next().unwrap_or_default();
            alert(
                format!("{file} of {name} is not loaded: {why}"),
                "correct the file, or the contract and send SIGHUP",
            );
        }
        if let Some(more) = feed.failed.len().checked_sub(NAMED).filter(|more| *more > 0) {
            alert(
                format!(
                    "{} of {name} {} not loaded",
                    counted(more as u64, "more file"),
                    verb(more as u64, "is", "are")
                ),
                "see target/watch/state.json",
            );
        }
    }
    for node in &state.failed_nodes {
        alert(format!("{node} failed"), "correct it, and send SIGHUP to run all models again");
    }
    found
}

/// What one screen shows.
pub fn tables(state: &WatchState, runs: bool) -> Vec<Table> {
    let headers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let row = |(name, feed): (&String, &FeedState)| {
        let number = |count: u64| thousands(count);
        vec![
            name.clone(),
            feed.frequency.clone(),
            number(feed.files),
            number(feed.rows),
            number(feed.rejected),
            number(feed.waiting),
            number(feed.failed.len() as u64),
            feed.newest_load.clone().unwrap_or_default(),
            feed.next.clone().unwrap_or_default(),
        ]
    };
    let word = if runs { "running" } else { "ended" };
    let mut tables = vec![Table {
        title: format!("watch ({word}, since {}, {} rounds)", state.started, thousands(state.cycles)),
        headers: headers(&[
            "feed",
            "cadence",
            "files",
            "rows",
            "rejected",
            "waiting",
            "failed",
            "newest load",
            "next",
        ]),
        rows: state.feeds.iter().map(row).collect(),
    }];
    let findings = findings(state, runs);
    if !findings.is_empty() {
        tables.push(Table {
            title: "to do".to_owned(),
            headers: headers(&["what", "next"]),
            rows: findings.into_iter().map(|finding| vec![finding.what, finding.next]).collect(),
        });
    }
    tables
}

/// The same for programs.
pub fn json_of(state: &WatchState, runs: bool) -> Json {
    let findings: Vec<Json> = findings(state, runs).iter().map(Finding::json).collect();
    json!({"running": runs, "alert": !findings.is_empty(), "findings": findings, "watch": state})
}

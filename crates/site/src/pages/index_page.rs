//! The first page: numbers, what needs attention, the layers, the newest runs.

use super::lists;
use crate::facts::Facts;
use ingot_core::report::noun;
use minijinja::{Value, context};
use serde::Serialize;

/// What is shown of what needs attention.
const ATTENTION: usize = 8;

#[derive(Debug, Serialize)]
struct Attention {
    word: String,
    tone: &'static str,
    what: String,
    more: String,
    page: String,
}

#[derive(Debug, Serialize)]
struct Layer {
    name: String,
    what: &'static str,
    count: usize,
    failed: usize,
    page: &'static str,
}

pub(super) fn index_page(facts: &Facts) -> Value {
    let ran: Vec<_> = facts.tests.iter().filter(|test| !test.status.is_empty()).collect();
    let failed = ran.iter().filter(|test| test.tone == "bad").count();
    let tables = facts.nodes.iter().filter(|node| lists::is_table(node));
    let columns: usize = tables.clone().map(|node| node.columns.len()).sum();
    let scores: Vec<f64> = facts.quality.tables.iter().map(|table| table.score).collect();
    let mut attention = attention(facts);
    let more = attention.len().saturating_sub(ATTENTION);
    attention.truncate(ATTENTION);
    let (resolved, all) = facts.overview.resolved;
    let mut layers: Vec<Layer> = Vec::new();
    for (groups, what, page) in [
        (lists::tables(facts), "tables", "tables.html"),
        (lists::metrics(facts), "", "metrics.html"),
        (lists::reports(facts), "", "reports.html"),
    ] {
        layers.extend(groups.into_iter().map(|group| {
            let of_layer = facts.nodes.iter().filter(|node| node.layer == group.name);
            Layer {
                count: group.nodes.len(),
                failed: of_layer.map(|node| node.tests_failed).sum(),
                what: if group.name == "raw files" { "feeds" } else { what },
                name: group.name.to_owned(),
                page,
            }
        }));
    }
    context! {
        counts => context! {
            tables => tables.count(), columns => columns, tests => facts.tests.len(), tests_run => ran.len(),
            tests_passed => ran.len() - failed, tests_failed => failed,
        },
        score => (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
        quality_count => scores.len(),
        rejects => facts.rejects.total,
        // Rounded down, so that only all of them are 100 %.
        resolved => format!("{}", ((resolved as f64 / all.max(1) as f64) * 1000.0).floor() / 10.0),
        attention => attention,
        attention_more => more,
        layers => layers,
        runs => Value::from_serialize(facts.runs.iter().take(6).collect::<Vec<_>>()),
    }
}

fn attention(facts: &Facts) -> Vec<Attention> {
    let mut found = Vec::new();
    // Of each command only the newest run counts.
    let mut commands: Vec<&str> = Vec::new();
    for run in &facts.runs {
        if !commands.contains(&run.command.as_str()) {
            commands.push(&run.command);
            if run.tone == "bad" {
                found.push(Attention {
                    word: run.result.clone(),
                    tone: "bad",
                    what: format!("the newest {}", run.command),
                    more: run.error.clone().unwrap_or_default(),
                    page: run.page.clone(),
                });
            }
        }
    }
    for one in &facts.findings {
        found.push(Attention {
            word: one.severity.to_owned(),
            tone: one.tone,
            what: one.message.clone(),
            more: one.place.clone(),
            page: String::new(),
        });
    }
    for contract in &facts.contracts {
        let Some(status) = &contract.status else { continue };
        if matches!(status.tone, "bad" | "warn") || status.freshness == "never loaded" {
            found.push(Attention {
                word: status.freshness.to_owned(),
                tone: if status.tone == "idle" { "warn" } else { status.tone },
                what: format!("deliveries of {}", contract.name),
                more: status
                    .age
                    .as_ref()
                    .map(|age| format!("the newest load is {age} old"))
                    .unwrap_or_default(),
                page: contract.page.clone(),
            });
        }
        if let Some(files) = status.failed_files.filter(|files| *files > 0) {
            found.push(Attention {
                word: format!("{files} failed"),
                tone: "bad",
                what: format!("files of {}", contract.name),
                more: String::new(),
                page: contract.page.clone(),
            });
        }
    }
    for test in facts.tests.iter().filter(|test| test.tone == "bad") {
        found.push(Attention {
            word: test.status.clone(),
            tone: "bad",
            what: test.name.clone(),
            more: test.failures.map(|rows| format!("{rows} {}", noun(rows, "row"))).unwrap_or_default(),
            page: test.page.clone(),
        });
    }
    found.sort_by_key(|one| one.tone != "bad");
    found
}

//! What can be searched, as a script: `INGOT_SEARCH`.
//!
//! `k`: kinds. `t`: tables as `[label, kind, page, about, columns]`, with columns as `[name, about]`. `o`: others as
//! `[label, kind, page, about]`.

use crate::facts::Facts;
use crate::show::script_safe;
use serde_json::{Value as Json, json};

pub(super) fn search_script(facts: &Facts) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    let mut kind = |word: &'static str| {
        kinds.iter().position(|known| *known == word).unwrap_or_else(|| {
            kinds.push(word);
            kinds.len() - 1
        })
    };
    let mut tables = Vec::new();
    for node in facts.nodes.iter().filter(|node| !node.is_elsewhere) {
        let columns: Vec<Json> =
            node.columns.iter().map(|column| json!([column.name, column.summary])).collect();
        let about: Vec<&str> = [node.called.as_str(), node.summary.as_str(), node.owner.as_str()]
            .into_iter()
            .chain(node.tags.iter().map(String::as_str))
            .filter(|text| !text.is_empty())
            .collect();
        tables.push(json!([node.label, kind(node.kind), node.page, about.join(" · "), columns]));
    }
    let mut others = Vec::new();
    for contract in &facts.contracts {
        others.push(json!([contract.name, kind("contract"), contract.page, contract.summary]));
    }
    for one in &facts.macros {
        others.push(json!([one.name, kind("macro"), one.page, one.summary]));
    }
    for test in facts.tests.iter().filter(|test| test.form != "generic") {
        let page = if test.page.is_empty() { "tests.html" } else { &test.page };
        others.push(json!([test.name, kind("test"), page, test.description]));
    }
    for run in &facts.runs {
        let about = format!("{} UTC, {}", run.started, run.result);
        others.push(json!([format!("{} {}", run.command, run.id), kind("run"), run.page, about]));
    }
    for reason in &facts.rejects.reasons {
        let label = format!("{} of {}", reason.code, reason.table);
        others.push(json!([label, kind("reject"), "rejects.html", reason.column]));
    }
    let index = json!({"k": kinds, "t": tables, "o": others});
    format!("window.INGOT_SEARCH={};", script_safe(&index))
}

//! Changes for people, for programs, and for a pull request.

use super::change::{Change, Verdict};
use ingot_core::report::{Table, verb};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A line for each change, the breaking ones first.
pub fn table(changes: &[Change]) -> Table {
    let row = |change: &Change| {
        vec![change.verdict.word().to_owned(), change.of.clone(), change.part.clone(), change.what.clone()]
    };
    Table {
        title: "changes".to_owned(),
        headers: ["verdict", "contract", "part", "change"].map(str::to_owned).to_vec(),
        rows: sorted(changes).into_iter().map(row).collect(),
    }
}

/// The same for programs. Fields may be added; existing fields are stable.
pub fn json(changes: &[Change]) -> Value {
    let of = |change: &Change| {
        json!({
            "contract": change.of, "part": change.part, "change": change.what,
            "breaks_readers": change.verdict.readers, "breaks_writers": change.verdict.writers,
        })
    };
    json!({
        "is_breaking": changes.iter().any(|change| change.verdict.is_breaking()),
        "changes": changes.iter().map(of).collect::<Vec<_>>(),
    })
}

/// The same as a comment on a pull request.
pub fn markdown(changes: &[Change]) -> String {
    let breaking = changes.iter().filter(|change| change.verdict.is_breaking()).count();
    let mut text = match (changes.len(), breaking) {
        (0, _) => return "**Contracts:** no changes.".to_owned(),
        (1, 0) => "**Contracts:** one change, which is safe.\n".to_owned(),
        (1, _) => "**Contracts:** one change, which is breaking.\n".to_owned(),
        (all, 0) => format!("**Contracts:** {all} changes, all of them safe.\n"),
        (all, breaking) => {
            let is = verb(breaking as u64, "is", "are");
            format!("**Contracts:** {breaking} of {all} changes {is} breaking.\n")
        }
    };
    text.push_str("\n| verdict | contract | part | change |\n|---|---|---|---|\n");
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for change in sorted(changes) {
        let mark = if change.verdict.is_breaking() { "**" } else { "" };
        let _ = writeln!(
            text,
            "| {mark}{}{mark} | {} | {} | {} |",
            change.verdict.word(),
            cell(&change.of),
            cell(&change.part),
            cell(&change.what)
        );
    }
    text.trim_end().to_owned()
}

fn sorted(changes: &[Change]) -> Vec<&Change> {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    let rank = |verdict: Verdict| (!verdict.writers, !verdict.readers);
    sorted.sort_by_key(|change| (!change.verdict.is_breaking(), rank(change.verdict)));
    sorted
}

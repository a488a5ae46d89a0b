//! The result as a table for people, as JSON for programs, and as Markdown for pull requests.

use crate::verdict::{Rehearsal, Verdict, VerdictKind};
use ingot_core::report::{Table, counted, thousands};
use serde_json::{Value as Json, json};

/// `34 of 40 defects caught, score 85`
pub(crate) fn line(rehearsal: &Rehearsal) -> String {
    let (caught, survived) = (rehearsal.caught(), rehearsal.survived().count());
    let count = |is_meant: &dyn Fn(&VerdictKind) -> bool| {
        rehearsal.verdicts.iter().filter(|verdict| is_meant(&verdict.outcome)).count()
    };
    let without = count(&|outcome| *outcome == VerdictKind::WithoutEffect);
    let undecided = count(&|outcome| matches!(outcome, VerdictKind::Undecided(_)));
    let mut line = format!(
        "{caught} of {} caught, score {:.1}, in {}",
        counted((caught + survived) as u64, "defect"),
        rehearsal.score(),
        counted(rehearsal.runs, "run")
    );
    if without > 0 {
        line.push_str(&format!(", {without} more changed no row at the end"));
    }
    if undecided > 0 {
        line.push_str(&format!(", {undecided} more could not be told apart"));
    }
    line
}

/// The first three, and how many more there are.
pub(crate) fn few(names: &[String]) -> String {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

impl Verdict {
    fn outcome_text(&self) -> String {
        match &self.outcome {
            VerdictKind::Caught(by) => format!("caught by {}", few(by)),
            VerdictKind::Survived => "SURVIVED".to_owned(),
            VerdictKind::WithoutEffect => "without effect".to_owned(),
            VerdictKind::Undecided(tests) => format!("perhaps caught by {}", few(tests)),
        }
    }
}

impl Rehearsal {
    /// A row for each defect.
    pub fn table(&self) -> Table {
        Table {
            title: "Rehearsal".to_owned(),
            headers: ["table", "column", "defect", "rows", "outcome"].map(str::to_owned).to_vec(),
            rows: self
                .verdicts
                .iter()
                .map(|one| {
                    vec![
                        one.table.clone(),
                        one.column.clone(),
                        one.kind.clone(),
                        thousands(one.rows),
                        one.outcome_text(),
                    ]
                })
                .collect(),
        }
    }

    /// For each defect that survived: where it went, and what would notice it.
    pub fn survivors(&self) -> Vec<String> {
        self.survived()
            .map(|one| {
                let column = if one.column.is_empty() { String::new() } else { format!(".{}", one.column) };
                let mut text = format!(
                    "survived: {}{column} {} ({}; {})\n",
                    one.table,
                    one.kind,
                    one.description,
                    counted(one.rows, "row")
                );
                if !one.reached.is_empty() {
                    text.push_str(&format!("  reached {}\n", few(&one.reached)));
                }
                text.push_str(&format!("  why: {}\n", one.why));
                text.push_str("  this would notice it:\n");
                for line in one.suggestion.lines() {
                    text.push_str(&format!("    {line}\n"));
                }
                text
            })
            .collect()
    }

    /// Fields may be added; existing fields are stable.
    pub fn json(&self) -> Json {
        let verdicts: Vec<Json> = self
            .verdicts
            .iter()
            .map(|one| {
                let (outcome, by) = match &one.outcome {
                    VerdictKind::Caught(by) => ("caught", by.clone()),
                    VerdictKind::Survived => ("survived", Vec::new()),
                    VerdictKind::WithoutEffect => ("without effect", Vec::new()),
                    VerdictKind::Undecided(tests) => ("undecided", tests.clone()),
                };
                json!({
                    "table": one.table, "column": one.column, "kind": one.kind, "description": one.description,
                    "rows": one.rows, "outcome": outcome, "caught_by": by, "reached": one.reached,
                    "why": one.why, "suggestion": one.suggestion,
                })
            })
            .collect();
        json!({
            "score": (self.score() * 10.0).round() / 10.0,
            "caught": self.caught(),
            "survived": self.survived().count(),
            "rows": self.rows,
            "runs": self.runs,
            "seconds": self.seconds,
            "failing_without_defects": self.failing_before,
            "left_out": self.left_out.iter().map(|(table, why)| json!({"table": table, "why": why})).collect::<Vec<_>>(),
            "defects": verdicts,
        })
    }

    /// A comment for a pull request.
    pub fn markdown(&self) -> String {
        let mut text = format!("## Rehearsal: score {:.1}\n\n{}\n\n", self.score(), line(self));
        text.push_str("| table | column | defect | rows | outcome |\n|---|---|---|---:|---|\n");
        for one in &self.verdicts {
            let outcome = match one.outcome {
                VerdictKind::Survived if one.reached.is_empty() => "**survived**".to_owned(),
                VerdictKind::Survived => format!("**survived**, reached {}", few(&one.reached)),
                _ => one.outcome_text(),
            };
            text.push_str(&format!(
                "| {} | {} | {} | {} | {outcome} |\n",
                one.table,
                one.column,
                one.kind,
                thousands(one.rows)
            ));
        }
        for one in self.survived() {
            text.push_str(&format!(
                "\n`{}` `{}` {}: {}.\n\n```yaml\n{}```\n",
                one.table, one.column, one.kind, one.why, one.suggestion
            ));
        }
        text
    }
}

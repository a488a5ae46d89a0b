//! Rejects with their text, and what corrects them: the text in the reject file, then `ingot replay`, as a person would.

use ingot_bronze::{LoadOptions, RejectQuery, correct_reject, open_rejects};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::project::Project;
use serde_json::{Value as Json, json};
use std::process::{Command, Stdio};

/// Rejects that are shown at once.
const SHOWN: usize = 50;

fn options(project: &Project) -> LoadOptions {
    LoadOptions::new(project.data_raw(), project.lake(), project.warehouse(), project.schemas())
}

/// The newest rejects of a feed, of one reason if it is named; `table` empty: of all feeds.
///
/// # Errors
/// There is no such feed, or its rejects cannot be read.
pub(super) fn list(project: &Project, table: &str, reason: &str) -> Result<Json> {
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut options = options(project);
    options.tables = filled(table).into_iter().collect();
    let query = RejectQuery { reason: filled(reason), limit: Some(SHOWN) };
    Ok(open_rejects(&options, &query)?.json())
}

/// Writes the corrections and replays the feed. `asked` is `{"table", "rows": [{"reject_file", "file", "row_number", "raw_text"}]}`.
///
/// # Errors
/// A correction names no reject, or the replay cannot run.
pub(super) fn correct_and_replay(project: &Project, asked: &Json) -> Result<Json> {
    let table = asked["table"].as_str().unwrap_or_default();
    let contracts = ingot_contract::load_all(&project.schemas())?;
    if !contracts.iter().any(|contract| contract.name == table) {
        return Err(Error::new("there is no such feed"));
    }
    for row in asked["rows"].as_array().into_iter().flatten() {
        let word = |key: &str| row[key].as_str().unwrap_or_default();
        let number = row["row_number"].as_u64().unwrap_or_default();
        correct_reject(
            &project.lake(),
            table,
            word("reject_file"),
            (word("file"), number),
            word("raw_text"),
        )?;
    }
    // The command itself, so that it is in the history and can be followed like any other.
    let program = std::env::current_exe().or_cannot("find this program")?;
    let ran = Command::new(program)
        .args(["replay", "--format", "json", "--table", table, "--project-dir"])
        .arg(project.root())
        .stdin(Stdio::null())
        .output()
        .or_cannot("run `ingot replay`")?;
    let summary: Json = serde_json::from_slice(&ran.stdout).unwrap_or_default();
    if summary.is_null() {
        let said = String::from_utf8_lossy(&ran.stderr);
        return Err(Error::new(said.trim().trim_start_matches("error: ").to_owned()));
    }
    Ok(json!({"ok": ran.status.success(), "summary": summary}))
}

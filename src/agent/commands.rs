//! Commands that write, run as a person would run them.

use ingot_core::error::{Context as _, Result};
use ingot_core::project::Project;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// Characters of what a command says that are handed on: the last ones, which say how it ended.
const CHARACTERS: usize = 20_000;

/// Runs `ingot` with these arguments in the project, and gives what it said.
///
/// # Errors
/// It cannot be started.
pub(super) fn run(project: &Project, arguments: &[String]) -> Result<Value> {
    let program = std::env::current_exe().or_cannot("find the program")?;
    let ran = Command::new(program)
        .arg("--project-dir")
        .arg(project.root())
        .args(arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .or_cannot("start the command")?;
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
        match text.char_indices().rev().nth(CHARACTERS) {
            Some((begin, _)) => format!("…{}", &text[begin..]),
            None => text,
        }
    };
    Ok(json!({
        "command": format!("ingot {}", arguments.join(" ")),
        "succeeded": ran.status.success(),
        "exit_code": ran.status.code(),
        "output": text(&ran.stdout),
        "messages": text(&ran.stderr),
    }))
}

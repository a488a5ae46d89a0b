//! Waking somebody: what is alarming as one line of JSON, and a command of the shell that is told.

use ingot_core::error::{Context as _, Error, Result};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a command may take before it is ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that wants attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether somebody should be woken: something failed, or is later than its contract allows.
    pub is_alert: bool,
    pub what: String,
    /// What to do about it.
    pub next: String,
}

impl Finding {
    pub fn json(&self) -> Value {
        json!({
            "level": if self.is_alert { "alert" } else { "note" }, "what": self.what, "next": self.next,
        })
    }
}

/// One line of JSON with what wakes somebody: for logs, and for the command that is told.
pub fn line(findings: &[Finding]) -> String {
    let alerts: Vec<Value> = findings.iter().filter(|finding| finding.is_alert).map(Finding::json).collect();
    json!({ "alerts": alerts }).to_string()
}

/// Runs a command of the shell with the alerts on its standard input. What it was told about is on disk by then, so
/// nothing is lost if it fails.
///
/// # Errors
/// It cannot be started, takes more than a minute, or does not end with success.
pub fn tell(command: &str, findings: &[Finding]) -> Result<()> {
    tell_within(command, findings, PATIENCE)
}

fn tell_within(command: &str, findings: &[Finding], patience: Duration) -> Result<()> {
    let task = format!("run the command `{command}`");
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child =
        Command::new(shell).args([flag, command]).stdin(Stdio::piped()).spawn().or_cannot(&task)?;
    if let Some(mut input) = child.stdin.take() {
        let line = line(findings);
        // In a thread of its own, because a command that reads nothing blocks who writes much.
        thread::spawn(move || {
            // A command that does not read its input has been told all the same.
            let _ = writeln!(input, "{line}");
        });
    }
    match wait(&mut child, patience).or_cannot(&task)? {
        Some(ended) if ended.success() => Ok(()),
        Some(ended) => Err(Error::new(format!("the command `{command}` ended with {ended}"))),
        None => Err(Error::new(format!(
            "the command `{command}` was ended, because it took more than {} s",
            patience.as_secs_f64()
        ))
        .hint("let it start what takes long in the background")),
    }
}

/// Waits for the end of a process, and ends it itself after a while.
fn wait(child: &mut Child, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    while begun.elapsed() < patience {
        if let Some(ended) = child.try_wait()? {
            return Ok(Some(ended));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn findings(count: usize) -> Vec<Finding> {
        let one = Finding { is_alert: true, what: "x".repeat(100), next: "do".to_owned() };
        vec![one; count]
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let begun = Instant::now();
        let error = tell_within("exec sleep 30", &findings(10_000), Duration::from_millis(200)).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert!(error.message().contains("took more than 0.2 s"), "{error}");
    }

    #[test]
    fn a_command_that_reads_nothing_has_been_told() {
        tell_within("true", &findings(10_000), PATIENCE).unwrap();
        assert!(tell_within("exit 3", &findings(1), PATIENCE).unwrap_err().message().contains("ended with"));
    }
}

//! What a run does, in a file, so that another process can follow it: one JSON object a line, as [`super::Json`] prints
//! them, between a first line that says what runs and a last one that says how it ended.
//!
//! The file stays locked while the run lasts: one that is not locked and has no last line is of a run that was killed.

use super::{Event, Level, Reporter};
use crate::error::{Context as _, Result};
use crate::sync::lock;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Files of runs that stay in the folder.
const KEPT: usize = 8;
/// How often the progress of a task is written, at most.
const PACE: Duration = Duration::from_millis(400);

/// The file of a run that is going on.
#[derive(Debug)]
pub struct LiveFile {
    file: Mutex<File>,
    /// By task: what it has done, and when that was written.
    tasks: Mutex<HashMap<String, (u64, Instant)>>,
}

impl LiveFile {
    /// Begins the file of a run, and removes those of runs long ago.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn begin(folder: &Path, command: &str, started: &str) -> Result<Arc<Self>> {
        std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        let name: String = started.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = folder.join(format!("{name}-{}.jsonl", std::process::id()));
        let file = File::create(&path).or_cannot_at("create the file", &path)?;
        file.lock().or_cannot_at("lock the file", &path)?;
        let live = Arc::new(Self { file: Mutex::new(file), tasks: Mutex::default() });
        live.write(&json!({"event": "began", "command": command, "started": started}));
        let mut files = live_files(folder);
        files.reverse();
        for old in files.iter().skip(KEPT).filter(|old| !is_running(old)) {
            // Another run may have removed it.
            let _ = std::fs::remove_file(old);
        }
        Ok(live)
    }

    /// The run is over.
    pub fn end(&self, result: &str) {
        self.write(&json!({"event": "ended", "result": result}));
        // The lock goes with the process at the latest.
        let _ = lock(&self.file).unlock();
    }

    fn write(&self, line: &Value) {
        // A run does not fail because nobody can follow it.
        let _ = lock(&self.file).write_all(format!("{line}\n").as_bytes());
    }

    fn tell(&self, event: &Event) {
        let line = match event {
            Event::StageStarted { stage, .. } => json!({"event": "stage", "stage": stage}),
            Event::NodeStarted { label, total, .. } => {
                json!({"event": "node", "node": label, "total": total})
            }
            Event::NodeFinished { label, total, status, message, seconds, .. } => json!({
                "event": "node", "node": label, "total": total, "status": status.word(), "message": message,
                "seconds": seconds,
            }),
            Event::NodeUnchanged { label, total, .. } => {
                json!({"event": "node", "node": label, "total": total, "status": "unchanged"})
            }
            Event::TaskStarted { task, total, .. } => {
                lock(&self.tasks).insert(task.clone(), (0, Instant::now()));
                json!({"event": "task", "task": task, "of": total, "done": 0})
            }
            Event::TaskAdvanced { task, by } => {
                let mut tasks = lock(&self.tasks);
                let Some((done, written)) = tasks.get_mut(task) else { return };
                *done += by;
                if written.elapsed() < PACE {
                    return;
                }
                *written = Instant::now();
                json!({"event": "task", "task": task, "done": *done})
            }
            Event::TaskFinished { task, detail } => {
                lock(&self.tasks).remove(task);
                json!({"event": "task", "task": task, "detail": detail})
            }
            Event::Message { level: level @ (Level::Warning | Level::Error), text }
            | Event::Named { level: level @ (Level::Warning | Level::Error), text, .. } => {
                let word = if *level == Level::Error { "error" } else { "warning" };
                json!({"event": "message", "level": word, "text": text})
            }
            Event::Error { text, .. } => json!({"event": "message", "level": "error", "text": text}),
            _ => return,
        };
        self.write(&line);
    }
}

/// Files of runs, the oldest first.
pub fn live_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .collect();
    files.sort();
    files
}

/// Whether the run that writes this file goes on.
pub fn is_running(file: &Path) -> bool {
    File::open(file).is_ok_and(|file| file.try_lock_shared().is_err())
}

/// Shows events as another reporter does, and writes them down.
pub struct Live {
    shown: Box<dyn Reporter>,
    file: Arc<LiveFile>,
}

impl Live {
    pub fn new(shown: Box<dyn Reporter>, file: Arc<LiveFile>) -> Self {
        Self { shown, file }
    }
}

impl Reporter for Live {
    fn report(&self, event: Event) {
        self.file.tell(&event);
        self.shown.report(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Silent, Status};

    #[test]
    fn a_run_can_be_followed_and_tells_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = LiveFile::begin(folder.path(), "run-models", "2026-11-29T02:00:00Z").unwrap();
        let reporter = Live::new(Box::new(Silent), file.clone());
        reporter.report(Event::NodeFinished {
            index: 0,
            total: 1,
            label: "model gold.a".to_owned(),
            status: Status::Ok,
            message: String::new(),
            seconds: 0.5,
            data: Value::Null,
        });
        let path = live_files(folder.path()).remove(0);
        assert!(is_running(&path));
        file.end("ok");
        assert!(!is_running(&path));
        let text = std::fs::read_to_string(&path).unwrap();
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let words: Vec<&str> = events.iter().map(|one| one["event"].as_str().unwrap()).collect();
        assert_eq!(words, ["began", "node", "ended"]);
    }
}

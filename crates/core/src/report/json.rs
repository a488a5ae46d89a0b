//! One JSON object a line on standard output, for machines: `{"event": "...", ...}`.

use super::{Event, Level, Reporter};
use serde_json::json;
use std::io::Write;

pub struct Json;

fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

impl Reporter for Json {
    fn report(&self, event: Event) {
        let line = match event {
            Event::StageStarted { stage, detail } => {
                json!({"event": "stage_started", "stage": stage, "detail": detail})
            }
            // Steps of progress are for eyes; machines get beginnings and ends.
            Event::TaskAdvanced { .. } => return,
            Event::TaskStarted { task, total, .. } => {
                json!({"event": "task_started", "task": task, "total": total})
            }
            Event::TaskFinished { task, detail } => {
                json!({"event": "task_finished", "task": task, "detail": detail})
            }
            Event::NodeStarted { index, total, label, .. } => {
                json!({"event": "node_started", "index": index, "total": total, "node": label})
            }
            Event::NodeFinished { index, total, label, status, message, seconds, .. } => json!({
                "event": "node_finished", "index": index, "total": total, "node": label,
                "status": status.word(), "message": message, "seconds": seconds,
            }),
            Event::NodeUnchanged { index, total, label } => {
                json!({"event": "node_unchanged", "index": index, "total": total, "node": label})
            }
            Event::Message { level, text } => {
                json!({"event": "message", "level": word(level), "text": text})
            }
            Event::Named { name, level, text, .. } => {
                json!({"event": "message", "name": name, "level": word(level), "text": text})
            }
            Event::Error { text, hint, kind, place } => {
                let place = place.as_ref();
                json!({
                    "event": "message", "level": "error", "text": text, "kind": kind, "hint": hint,
                    "file": place.map(|place| place.file.display().to_string()),
                    "line": place.and_then(|place| place.line),
                    "column": place.and_then(|place| place.column),
                })
            }
            Event::Result { line } => json!({"event": "result", "line": line}),
            Event::Table(table) => {
                json!({"event": "table", "title": table.title, "headers": table.headers, "rows": table.rows})
            }
            Event::StageFinished { stage, seconds, detail } => {
                json!({"event": "stage_finished", "stage": stage, "seconds": seconds, "detail": detail})
            }
        };
        // A reader that went away does not stop the work.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

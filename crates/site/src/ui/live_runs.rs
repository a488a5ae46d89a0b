//! What runs do now, from the files that they write while they work.

use ingot_core::report::{is_running, live_files};
use serde_json::{Map, Value as Json, json};
use std::path::Path;

/// Runs that are shown.
const RUNS: usize = 3;
/// Warnings of a run that are shown.
const MESSAGES: usize = 50;

/// Whether any run goes on.
pub(super) fn is_any_running(folder: &Path) -> bool {
    live_files(folder).iter().any(|file| is_running(file))
}

/// The newest runs, the newest first: their nodes and tasks with how far each is.
pub(super) fn live_runs(folder: &Path) -> Json {
    let mut files = live_files(folder);
    files.reverse();
    files.truncate(RUNS);
    files
        .iter()
        .filter_map(|file| {
            // Asked first: a run that ends in between has its last line when it is read.
            let running = is_running(file);
            let text = std::fs::read(file).ok()?;
            Some(run(&String::from_utf8_lossy(&text), running))
        })
        .collect()
}

fn run(text: &str, running: bool) -> Json {
    let (mut about, mut result) = (json!({}), None);
    let (mut nodes, mut tasks): (Map<String, Json>, Map<String, Json>) = Default::default();
    let (mut messages, mut total, mut stage) = (Vec::new(), 0, String::new());
    for line in text.lines() {
        // The last line may be half written.
        let Ok(event) = serde_json::from_str::<Json>(line) else { continue };
        let word = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str() {
            Some("began") => about = event.clone(),
            Some("ended") => result = Some(word("result")),
            Some("stage") => stage = word("stage"),
            Some("node") => {
                total = event["total"].as_u64().unwrap_or(total);
                nodes.insert(word("node"), event.clone());
            }
            Some("task") => {
                let entry = tasks.entry(word("task")).or_insert_with(|| json!({}));
                for key in ["of", "done", "detail"] {
                    if !event[key].is_null() {
                        entry[key] = event[key].clone();
                    }
                }
            }
            Some("message") if messages.len() < MESSAGES => messages.push(event.clone()),
            _ => {}
        }
    }
    let done = nodes.values().filter(|node| !node["status"].is_null()).count();
    let result = match (&result, running) {
        (Some(result), _) => result.as_str(),
        (None, true) => "running",
        (None, false) => "stopped",
    };
    json!({
        "command": about["command"], "started": about["started"], "result": result, "stage": stage,
        "running": result == "running", "total": total, "done": done, "nodes": nodes, "tasks": tasks, "messages": messages,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_put_together_from_its_lines() {
        let text = "{\"event\":\"began\",\"command\":\"run-models\",\"started\":\"x\"}\n\
            {\"event\":\"node\",\"node\":\"a\",\"total\":2}\n\
            {\"event\":\"node\",\"node\":\"a\",\"total\":2,\"status\":\"ok\",\"seconds\":0.1}\n\
            {\"event\":\"node\",\"node\":\"b\",\"total\":2}\n{\"event\":\"no";
        let going = run(text, true);
        assert_eq!(
            (&going["done"], &going["total"], &going["result"]),
            (&1.into(), &2.into(), &"running".into())
        );
        assert_eq!(going["nodes"]["a"]["status"], "ok");
        assert_eq!(run(text, false)["result"], "stopped", "a run that was killed");
    }
}

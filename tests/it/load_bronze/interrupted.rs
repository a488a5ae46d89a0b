//! Ctrl-C, as a terminal sends it: the process ends cleanly and says what was not loaded.

use crate::folders::listing;
use crate::things::{Terms, Things};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROWS: usize = 3_000_000;

#[test]
fn ctrl_c_ends_a_load_cleanly() {
    let things = Things::new(&Terms::default());
    let mut text = "id,name,qty\n".to_owned();
    for row in 0..ROWS {
        text.push_str(&format!("{row},name,{}\n", row % 90));
    }
    things.write("raw/things/part-0.csv", &text);
    let load = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ingot"));
        command.args(["load-bronze", "--jobs", "1", "--project-dir"]).arg(things.path());
        command.arg("--raw").arg(things.path().join("raw")).arg("--lake").arg(things.lake());
        command.arg("--manifest").arg(things.warehouse());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let child = load();
    // Its first data file is there: rows are being read.
    let table = things.lake().join("bronze/delta/things");
    let begun = Instant::now();
    while !table.is_dir() || listing(&table).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the load does not begin");
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("interrupted: nothing of things was loaded"), "{stderr}");
    let left: Vec<_> =
        listing(&things.lake()).into_iter().filter(|(name, _)| !name.starts_with("_runs")).collect();
    assert_eq!(left, Vec::new(), "only the history of runs knows of it: {stderr}");

    let ended = load().wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), ROWS.to_string());
}

//! Verbs that only read, beside another process that has the database open.

use crate::case::{Case, chain};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn dbt(case: &Case, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingot"));
    command
        .arg("--project-dir")
        .arg(case.folder.path())
        .arg("dbt")
        .args(words)
        .env("DBT_PROFILES_DIR", case.folder.path());
    command
}

fn output(case: &Case, words: &[&str]) -> Output {
    dbt(case, words).output().unwrap()
}

/// A process that reads from the database for longer than any test takes, and is known to have it open.
struct Reader(Child);

impl Reader {
    fn of(case: &Case) -> Self {
        let query = "select count(*) from {{ ref('a') }}, range(100000000000) t(i) where i % 7 = random()";
        let mut child = dbt(case, &["show", "--inline", query])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        // It holds the database as soon as nobody else can write to it.
        while output(case, &["run", "-s", "a"]).status.success() {
            assert!(child.try_wait().unwrap().is_none(), "the reader ended");
            assert!(begun.elapsed() < Duration::from_secs(60), "the reader does not hold the database");
        }
        Self(child)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn verbs_that_only_read_run_beside_a_reader() {
    let case = chain();
    assert!(output(&case, &["build"]).status.success());
    let reader = Reader::of(&case);
    for words in [
        &["show", "-s", "b"][..],
        &["show", "--inline", "select count(*) from {{ ref('a') }}"],
        &["compile"],
        &["compile", "--inline", "select * from {{ ref('a') }}"],
        &["list"],
        &["parse"],
        &["docs", "generate"],
    ] {
        let ran = output(&case, words);
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    let ran = output(&case, &["run"]);
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("in use") || said.contains("has it open"), "{said}");
    drop(reader);
    assert!(output(&case, &["run"]).status.success());
}

/// Before anything is built there is no file to read, and a model can be compiled all the same.
#[test]
fn compiling_needs_no_database_yet() {
    let case = chain();
    for words in [&["compile"][..], &["show", "--inline", "select 1 as one"], &["docs", "generate"]] {
        let ran = output(&case, words);
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// What a killed run left in the write-ahead log is read as well.
#[test]
fn a_killed_run_does_not_keep_readers_out() {
    let case = chain();
    assert!(output(&case, &["build"]).status.success());
    case.write("models/many.sql", "{{ config(materialized='table') }} select * from range(3000000)");
    for pause in [40, 80, 160, 320] {
        let mut run = dbt(&case, &["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        let _ = run.kill();
        run.wait().unwrap();
        let ran = output(&case, &["show", "--inline", "select count(*) as n from {{ ref('a') }}"]);
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        assert!(String::from_utf8_lossy(&ran.stdout).contains("| 2 |"), "{:?}", ran.stdout);
    }
}

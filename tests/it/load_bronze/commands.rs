//! The commands as people and machines call them: `load-bronze`, `bronze`, `replay`.

use crate::folders;
use crate::support::Ran;
use crate::things::{Terms, Things};
use serde_json::Value;
use std::process::{Command, Stdio};

fn command(things: &Things, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingot"));
    command.args(arguments).arg("--project-dir").arg(things.path()).stdin(Stdio::null());
    command.args(["--lake", &things.lake().display().to_string()]);
    command.args(["--manifest", &things.warehouse().display().to_string()]);
    if arguments[0] == "load-bronze" {
        command.arg("--raw").arg(things.path().join("raw"));
    }
    command
}

fn ingot(things: &Things, arguments: &[&str]) -> Ran {
    let output = command(things, arguments).output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
}

/// Two rows of ten are bad, for three reasons.
fn things() -> Things {
    let things = Things::new(&Terms::default());
    let good: String = (1..=8).map(|id| format!("{id},a,{id}\n")).collect();
    things.write("raw/things/part-0.csv", &format!("id,name,qty\n{good},none,x\n9,b,99999999999\n"));
    things
}

#[test]
fn a_dry_run_tells_why_and_changes_nothing() {
    let things = things();
    let before = folders::listing(things.path());
    let dry = ingot(&things, &["load-bronze", "--dry-run"]).success();
    for text in [
        "dry run: nothing was written",
        "REQUIRED_MISSING",
        "OUT_OF_RANGE",
        "99999999999",
        "part-0.csv row 9",
    ] {
        assert!(dry.stdout.contains(text), "{text}: {}", dry.stdout);
    }
    let told = json(&ingot(&things, &["load-bronze", "--dry-run", "--format", "json"]).success());
    assert_eq!(told["dry_run"], true);
    assert_eq!(
        (&told["rows_read"], &told["rows_accepted"], &told["rows_rejected"]),
        (&10.into(), &8.into(), &2.into())
    );
    let reasons = told["tables"][0]["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert_eq!(reasons[1]["code"], "OUT_OF_RANGE");
    assert_eq!(reasons[1]["first"][0]["row_number"], 10);
    assert_eq!(before, folders::listing(things.path()), "a dry run wrote something");

    // It knows what is loaded already, and leaves that alone.
    ingot(&things, &["load-bronze"]).success();
    things.write("raw/things/part-1.csv", "id,name,qty,more\n20,a,1,x\n");
    let before = folders::listing(things.path());
    let told = json(&ingot(&things, &["load-bronze", "--dry-run", "--format", "json"]).success());
    assert_eq!(told["tables"][0]["files_unchanged"], 1);
    assert_eq!(told["tables"][0]["schema_changes"][0]["change"], "added");
    assert_eq!(before, folders::listing(things.path()));
}

#[test]
fn too_many_rejects_refuse_the_table() {
    let things = things();
    for rate in ["19%", "0.19"] {
        ingot(&things, &["load-bronze", "--fail-on-reject-rate", rate]).fails_with(
            1,
            &["REJECT_RATE: 2 of 10 rows (20.00 %)", "19.00 %", "hint: see why with --dry-run"],
        );
        assert!(!things.lake().join("bronze/delta/things/_delta_log").exists());
        let left = folders::listing(&things.lake());
        assert!(left.iter().all(|(name, _)| !name.contains("things/2")), "{left:?}");
    }
    assert_eq!(
        things.manifest("SELECT src_path, status, error LIKE '%REJECT_RATE%' FROM manifest_processed_files"),
        "things/part-0.csv|failed|true"
    );
    ingot(&things, &["load-bronze", "--fail-on-reject-rate", "20%"]).success();
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "8");
    ingot(&things, &["load-bronze", "--fail-on-reject-rate", "20"]).fails_with(2, &["20%"]);
}

#[test]
fn the_result_for_machines_is_one_document() {
    let things = things();
    things.write("raw/things/part-1.csv", "no header that fits\n");
    let ran = ingot(&things, &["load-bronze", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let told = json(&ran);
    assert_eq!(told["status"], "failed");
    let table = &told["tables"][0];
    assert_eq!((&table["files_loaded"], &table["files_failed"]), (&1.into(), &1.into()));
    assert!(table["files"][1]["error"].as_str().unwrap().starts_with("HEADER_MISSING"));
    assert!(table["rejects_file"].as_str().unwrap().ends_with(".csv"));
    assert!(ran.stderr.contains("HEADER_MISSING"), "{}", ran.stderr);
}

#[test]
fn status_and_rejects_can_be_asked_at_any_time() {
    let things = things();
    let never = json(&ingot(&things, &["bronze", "status", "--format", "json"]).success());
    assert_eq!(never["tables"][0]["freshness"], "never loaded");
    assert!(!things.lake().exists() && !things.warehouse().exists(), "asking made something");
    assert!(ingot(&things, &["bronze", "rejects"]).success().stdout.contains("no open rejects"));

    things.write("raw/things/part-1.csv", "nothing\n");
    ingot(&things, &["load-bronze"]).fails_with(1, &["part-1.csv"]);
    // Also while another process holds both the lake and the database.
    let lock = std::fs::File::options().write(true).open(things.lake().join(".load-bronze.lock")).unwrap();
    lock.lock().unwrap();
    let status = json(&ingot(&things, &["bronze", "status", "--format", "json"]).success());
    let table = &status["tables"][0];
    assert_eq!((&table["rows"], &table["raw_files"]), (&8.into(), &1.into()));
    assert_eq!((&table["open_rejects"], &table["failed_files"]), (&2.into(), &1.into()));
    assert_eq!((&table["freshness"], &table["contract"]), (&"fresh".into(), &"1.0.0".into()));
    assert!(ingot(&things, &["bronze", "status"]).success().stdout.contains("fresh"));

    let text = ingot(&things, &["bronze", "rejects"]).success().stdout;
    for word in ["OUT_OF_RANGE", "99999999999", "open rejects by reason", "things/part-0.csv"] {
        assert!(text.contains(word), "{text}");
    }
    let rejects = json(
        &ingot(&things, &["bronze", "rejects", "--reason", "OUT_OF_RANGE", "--format", "json"]).success(),
    );
    assert_eq!((&rejects["total"], &rejects["rejects"][0]["row_number"]), (&1.into(), &10.into()));
    let csv = ingot(&things, &["bronze", "rejects", "--limit", "1", "--format", "csv"]).success().stdout;
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][9]), (1, ",none,x"));
    ingot(&things, &["bronze", "rejects", "--table", "thing"]).fails_with(2, &["did you mean 'things'?"]);
}

#[test]
fn replay_is_a_command() {
    let things = things();
    ingot(&things, &["load-bronze"]).success();
    let ran = ingot(&things, &["replay", "--table", "things"]);
    ran.fails_with(1, &["REQUIRED_MISSING", "2 rejects tried = 0 loaded + 2 still rejected"]);
    for entry in std::fs::read_dir(things.lake().join("_rejects/things")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text =
                text.replace("\"9,b,99999999999\"", "\"9,b,9\"").replace("\",none,x\"", "\"10,some,10\"");
            std::fs::write(&path, text).unwrap();
        }
    }
    let told = json(&ingot(&things, &["replay", "--table", "things", "--format", "json"]).success());
    assert_eq!((&told["rows_loaded"], &told["rows_rejected"]), (&2.into(), &0.into()));
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "10");
}

#[test]
fn two_loaders_do_not_meet() {
    let things = things();
    std::fs::create_dir_all(things.lake()).unwrap();
    let lock = std::fs::File::create(things.lake().join(".load-bronze.lock")).unwrap();
    std::fs::write(things.lake().join(".load-bronze.lock"), "process 4711 (since then)\n").unwrap();
    lock.lock().unwrap();
    let refused = ingot(&things, &["load-bronze"]);
    assert!(!refused.stderr.contains("kill"), "{}", refused.stderr);
    refused.fails_with(
        2,
        &["process 4711 (since then) is writing to bronze of this lake", "wait until it has ended"],
    );
    // A lock whose holder is gone holds nobody up, whatever stands in it.
    drop(lock);
    ingot(&things, &["load-bronze"]).success();

    // Two at the same moment: what both leave is what one leaves.
    let things = self::things();
    let both: Vec<_> = (0..2)
        .map(|_| {
            command(&things, &["load-bronze"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for one in both {
        let output = one.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => {}
            Some(2) => {
                assert!(
                    said.contains("is writing to bronze of this lake") || said.contains("in use by"),
                    "{said}"
                )
            }
            other => panic!("{other:?}: {said}"),
        }
    }
    ingot(&things, &["load-bronze"]).success();
    assert_eq!(things.bronze("SELECT count(*) FROM {t}"), "8");
    assert_eq!(things.manifest("SELECT count(*) FROM manifest_processed_files"), "1");
}

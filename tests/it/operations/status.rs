//! What a person sees each morning, and who is woken.

use crate::support::Sandbox;

const CONTRACT: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: things\nversion: 1.0.0\nstatus: active\n\
    servers:\n  - server: raw\n    type: local\n    path: things/part-*.csv\n    format: csv\n\
    schema:\n  - name: things\n    logicalType: object\n    physicalType: table\n    properties:\n\
    \x20     - {name: id, logicalType: integer, physicalType: i64, required: true}\n\
    slaProperties:\n  - property: freshness\n    value: 24\n    unit: h\n";

#[test]
fn the_status_says_what_to_do_and_tells_somebody() {
    let project = Sandbox::empty();
    project.write("schemas/things.odcs.yaml", CONTRACT);
    project.write("data_raw/things/part-1.csv", "id\n1\n2\n");
    project.ingot(&["status"]).success();
    project.ingot(&["load-bronze", "--quiet"]).success();
    let shown = project.ingot(&["status"]).success().stdout;
    assert!(shown.contains("fresh") && shown.contains("nothing to do"), "{shown}");
    // A reject is a note; a file that cannot be loaded wakes somebody.
    project.write("data_raw/things/part-2.csv", "id\n3\nx\n");
    project.ingot(&["load-bronze", "--quiet"]);
    let shown = project.ingot(&["status"]).success().stdout;
    assert!(shown.contains("1 reject of things is open"), "{shown}");
    project.write("data_raw/things/part-3.csv", "other\n4\n");
    project.ingot(&["load-bronze", "--quiet"]).fails_with(1, &[]);
    let told = project.join("told.json");
    project
        .ingot(&["status", "--on-alert", "cat > told.json"])
        .fails_with(1, &["1 file of things was not loaded", "the newest load-bronze ended with 'failed'"]);
    let told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(told).unwrap()).unwrap();
    let whats: Vec<&str> =
        told["alerts"].as_array().unwrap().iter().map(|alert| alert["what"].as_str().unwrap()).collect();
    assert!(whats.contains(&"1 file of things was not loaded"), "{whats:?}");
    project.ingot(&["status", "--on-alert", "exit 3"]).fails_with(2, &["the command `exit 3` ended with"]);
    std::fs::remove_file(project.join("data_raw/things/part-3.csv")).unwrap();
}

const SOURCES: &str = "version: 2\nsources:\n  - name: bronze\n    meta: {external_location: \
    \"read_parquet('lake/bronze/parquet/{name}/**/*.parquet')\"}\n    tables:\n      - name: things\n        columns:\n\
    \x20         - {name: id, data_tests: [not_null, unique]}\n";

/// A feed with a model and tests on it.
fn with_a_model() -> Sandbox {
    let project = Sandbox::empty();
    project.write("schemas/things.odcs.yaml", CONTRACT);
    project.write("dbt_project.yml", "name: t\nprofile: t\nmodels:\n  t: {+materialized: table}\n");
    project.write(
        "profiles.yml",
        "t:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: duckdb/warehouse.duckdb, threads: 1}\n",
    );
    project.write("models/sources.yml", SOURCES);
    project.write("models/doubled.sql", "select id, id * 2 as doubled from {{ source('bronze', 'things') }}");
    project
}

#[test]
fn a_feed_of_which_nothing_was_taken_can_be_built_on() {
    let project = with_a_model();
    // Before any load, the message says that there was none.
    project.write("data_raw/things/part-1.csv", "other\n4\n");
    project.ingot(&["run-models"]).fails_with(2, &["there is no bronze data yet", "ingot load-bronze"]);
    // A load that refuses every file leaves an empty table, so that only the file is a finding.
    project.ingot(&["load-bronze", "--quiet"]).fails_with(1, &[]);
    let ran = project.ingot(&["run-models"]).success();
    assert!(ran.stdout.contains("PASS=3"), "{}", ran.stdout);
    let shown = project.ingot(&["status"]).fails_with(1, &["1 file of things was not loaded"]).stdout;
    assert!(!shown.contains("dbt retry"), "{shown}");
    let asked = |sql: &str| project.ingot(&["query", sql, "--format", "csv"]).success().stdout;
    assert_eq!(asked("select count(*) as n from bronze.things"), "n\n0\n");
    assert_eq!(asked("select count(doubled) as n from doubled"), "n\n0\n");
    project.ingot(&["lake", "check"]).success();
    // The corrected file is loaded as ever.
    project.write("data_raw/things/part-1.csv", "id\n4\n");
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
    assert_eq!(asked("select doubled from doubled"), "doubled\n8\n");
    project.ingot(&["lake", "check"]).success();
    project.ingot(&["status"]).success();
}

#[test]
fn a_mistyped_command_wakes_nobody() {
    let project = with_a_model();
    project.write("data_raw/things/part-1.csv", "id\n1\n");
    project.ingot(&["load-bronze", "--quiet"]).success();
    project.ingot(&["run-models", "--quiet"]).success();
    project.ingot(&["run-models", "--target", "nope"]).fails_with(2, &["nope"]);
    project.ingot(&["load-bronze", "--raw", "nowhere"]).fails_with(2, &["nowhere"]);
    project.ingot(&["load-bronze", "--table", "thinks"]).fails_with(2, &["thinks"]);
    let shown = project.ingot(&["status"]).success().stdout;
    assert!(shown.contains("nothing to do") && !shown.contains("could not run"), "{shown}");
    // A project that is broken stops every run, so it wakes somebody.
    project.write("models/sources.yml", "version: 2\nsources: [");
    project.ingot(&["run-models", "--quiet"]).fails_with(2, &[]);
    project.ingot(&["status"]).fails_with(1, &["the newest run-models ended with 'could not run'"]);
}

#[test]
fn a_reason_that_no_row_can_have_is_refused() {
    let project = with_a_model();
    project.write("data_raw/things/part-1.csv", "id\n1\nx\n");
    project.ingot(&["load-bronze", "--quiet"]).success();
    let rejects = |reason: &str| project.ingot(&["bronze", "rejects", "--reason", reason]);
    assert!(rejects("NOT_A_NUMBER").success().stdout.contains("part-1.csv"));
    assert!(rejects("TOO_LONG").success().stdout.contains("no open rejects"), "a known code without rows");
    rejects("NOT_A_NUMBR")
        .fails_with(2, &["there is no reason code 'NOT_A_NUMBR'", "did you mean 'NOT_A_NUMBER'?"]);
    rejects("not_a_number").fails_with(2, &["did you mean 'NOT_A_NUMBER'?"]);
    rejects("nope").fails_with(2, &["there is no reason code 'nope'", "docs/reference/reject-codes.md"]);
}

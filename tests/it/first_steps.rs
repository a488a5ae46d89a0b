//! What a first-time user does wrong, and what the answer must say: what, where, what next.

use crate::database::Database;
use crate::support::Sandbox;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_folder_that_is_no_project() {
    for command in ["load-bronze", "run-models"] {
        Sandbox::empty().ingot(&[command]).fails_with(2, &["no project in", "ingot init"]);
    }
    Sandbox::empty()
        .ingot(&["run-models", "--project-dir", "nowhere"])
        .fails_with(2, &["the project folder is not there", "nowhere"]);
}

#[test]
fn init_keeps_what_is_there() {
    let project = Sandbox::project();
    project.write("models/mine.sql", "select 1 as one");
    project.ingot(&["init", "."]).fails_with(2, &["already has a project", "nothing was written"]);
    assert_eq!(std::fs::read_to_string(project.join("models/mine.sql")).unwrap(), "select 1 as one");
}

#[test]
fn no_data_yet() {
    let project = Sandbox::project();
    project.ingot(&["load-bronze"]).fails_with(2, &["data_raw", "ingot generate"]);
    assert!(!project.join("lake").exists(), "nothing is written when there is nothing to load");
    project.ingot(&["run-models"]).fails_with(2, &["ingot load-bronze"]);
}

#[test]
fn an_unknown_feed() {
    let project = Sandbox::project();
    project.ingot(&["load-bronze", "--table", "custmers"]).fails_with(2, &["custmers", "customers"]);
}

/// The example of `ingot why --help` has an answer in `ingot demo`.
#[test]
fn the_example_of_why_works_on_the_demo() {
    let project = Sandbox::empty();
    project.ingot(&["demo", "--quiet"]).success();
    let help = project.ingot(&["why", "--help"]).success().stdout;
    // The terminal may break it.
    let (_, example) = help.split_once("Example: ingot ").unwrap();
    let example = example.split("\n\n").next().unwrap().replace('\n', " ");
    let (before, rest) = example.split_once('"').unwrap();
    let (condition, after) = rest.split_once('"').unwrap();
    let arguments: Vec<&str> =
        before.split_whitespace().chain([condition]).chain(after.split_whitespace()).collect();
    let demo = ["--project-dir", "ingot-demo"];
    let ran = project.ingot(&[&arguments[..], &demo].concat()).success();
    assert!(ran.stdout.contains("net_amount_aud") && ran.stdout.contains("data_raw/"), "{}", ran.stdout);
    // What is mistyped is said with what there is, and nothing has failed.
    let why = |condition: &str| {
        project.ingot(&[&["why", "gold.fct_sales", "--where", condition][..], &demo].concat())
    };
    why("foo").fails_with(2, &["gold.fct_sales has no column 'foo'", "name one of its columns"]);
    why("ordr_id = 5").fails_with(2, &["did you mean 'order_id'?"]);
    why("order_id = ").fails_with(2, &["the condition 'order_id = '"]);
}

/// A project of two models, without data.
fn two_models(first: &str, second: &str) -> Sandbox {
    let project = Sandbox::empty();
    project.write("dbt_project.yml", "name: shop\nversion: '1.0'\nprofile: shop\n");
    project.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: shop.duckdb\n",
    );
    project.write("models/first_model.sql", first);
    project.write("models/second_model.sql", second);
    project
}

#[test]
fn a_model_that_the_database_refuses() {
    let project = two_models(
        "select 1 as one",
        "select\n    one,\n    tow + 1 as two\nfrom {{ ref('first_model') }}\n",
    );
    project.ingot(&["run-models"]).fails_with(1, &["models/second_model.sql:3:5", "tow"]);
    let project = two_models("\n  selec 1 as one", "select 2 as two");
    project.ingot(&["run-models"]).fails_with(1, &["models/first_model.sql:2:3", "selec"]);
}

#[test]
fn a_model_whose_template_is_broken() {
    let project = two_models("select 1 as one", "select 1\n{% if true %}\nunion all select 2\n");
    project.ingot(&["run-models"]).fails_with(2, &["models/second_model.sql:2"]);
    let project = two_models("select 1 as one", "select 1\n\nfrom {{ reff('first_model') }}\n");
    project.ingot(&["run-models"]).fails_with(1, &["models/second_model.sql:3", "reff", "'ref'"]);
}

#[test]
fn a_cycle() {
    let project =
        two_models("select * from {{ ref('second_model') }}", "select * from {{ ref('first_model') }}");
    project
        .ingot(&["run-models"])
        .fails_with(2, &["cycle", "first_model -> second_model -> first_model", "models/second_model.sql"]);
}

#[test]
fn a_ref_to_nothing() {
    let project = two_models("select 1 as one", "select * from {{ ref('frist_model') }}");
    project.ingot(&["run-models"]).fails_with(2, &["frist_model", "first_model", "models/second_model.sql"]);
}

#[test]
fn a_database_that_another_process_holds() {
    let project = two_models("select 1 as one", "select 2 as two");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "first_steps::hold_a_database", "--ignored", "--nocapture"])
        .env("HOLD_DATABASE", project.join("shop.duckdb"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("held")), "the holder never opened the database");
    let ran = project.ingot(&["run-models"]);
    drop(holder.stdin.take());
    holder.wait().unwrap();
    ran.fails_with(2, &["shop.duckdb", &holder.id().to_string()]);
    project.ingot(&["run-models"]).success();
}

/// Not a test: the process that holds the database for the one above, until its standard input closes.
#[test]
#[ignore = "run by a_database_that_another_process_holds"]
#[allow(clippy::print_stdout)]
fn hold_a_database() {
    let Some(path) = std::env::var_os("HOLD_DATABASE") else { return };
    let _database = Database::open(std::path::Path::new(&path));
    println!("held");
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[test]
fn a_model_that_cannot_be_read_is_one_error() {
    let project = two_models("select {{ ref('nothing' }} as one", "select * from {{ ref('first_model') }}");
    let ran = project.ingot(&["run-models"]).fails_with(2, &["models/first_model.sql:1"]);
    assert!(!ran.stderr.contains("second_model"), "{}", ran.stderr);
}

#[test]
fn a_file_where_no_contract_looks_is_told() {
    let project = Sandbox::project();
    project.ingot(&["generate", "--scale", "0.001", "--days", "2"]).success();
    project.write("data_raw/orders_lines/stray.csv", "order_id\n1\n");
    let ran = project.ingot(&["load-bronze"]).success();
    assert!(ran.stderr.contains("orders_lines/stray.csv"), "{}", ran.stderr);
}

#[test]
fn a_folder_name_that_looks_like_an_escape() {
    let project = Sandbox::empty();
    project.ingot(&["init", "a%20b"]).success();
    project
        .ingot(&["generate", "--scale", "0.001", "--days", "2", "--project-dir", "a%20b"])
        .fails_with(2, &["a%20b", "rename the folder"]);
}

#[test]
fn the_whole_pipeline_at_a_scale_where_shares_say_little() {
    let project = Sandbox::empty();
    let ran = project.ingot(&["demo", "--scale", "0.002", "a demo"]).success();
    assert!(ran.stdout.contains("All of it in"), "{}", ran.stdout);
    // Again: nothing new, and all well.
    project.ingot(&["demo", "--scale", "0.002", "a demo"]).success();
    // Both are in the history of the project, with what they loaded and ran.
    let listed = project.ingot(&["runs", "--format", "json", "--project-dir", "a demo"]).success().stdout;
    let runs: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&runs[0]["command"], &runs[1]["command"]), (&"demo".into(), &"demo".into()), "{listed}");
    let parts =
        project.ingot(&["runs", "parts", "--format", "json", "--project-dir", "a demo"]).success().stdout;
    assert!(parts.contains("bronze.orders_lines") && parts.contains("fct_sales"), "{parts}");
    // BI tools read all of its gold rightly.
    let ran = project.ingot(&["publish", "--project-dir", "a demo"]).success();
    assert!(ran.stdout.contains("21 tables"), "{}", ran.stdout);
    project.ingot(&["doctor", "--project-dir", "a demo"]).success();
    for entry in std::fs::read_dir(project.join("a demo/lake/gold/delta/dim_store")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::remove_file(path).unwrap();
        }
    }
    project
        .ingot(&["doctor", "--project-dir", "a demo"])
        .fails_with(1, &["gold.dim_store lacks 1 of 1 data files"]);
}

#[test]
fn numbers_that_make_no_sense() {
    let project = Sandbox::project();
    for (option, value, answer) in [
        ("--scale", "-1", "between 0.0001 and 500"),
        ("--jobs", "100000", "1 to 256"),
        ("--start-date", "2023-02-30", "2023-02-30"),
    ] {
        project.ingot(&["generate", option, value]).fails_with(2, &[answer]);
    }
    assert!(!project.join("data_raw").exists());
}

//! `ingot check`: 60 and more broken projects, each reported at its line without data; and no false alarm.
//!
//! A case of `gallery/` is laid over `base/`. The lines that are wrong are marked with HERE in a comment; `expected.txt`
//! has the code of the finding, and on its second line words of the message or its hint.

use crate::support::Sandbox;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/check")).join(name)
}

fn lay(sandbox: &Sandbox, source: &Path) {
    for entry in walkdir::WalkDir::new(source).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let inside = entry.path().strip_prefix(source).unwrap().to_str().unwrap();
            sandbox.write(inside, &std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn shop() -> Sandbox {
    let sandbox = Sandbox::empty();
    lay(&sandbox, &folder("base"));
    sandbox
}

/// The exit code, and what was found.
fn check(sandbox: &Sandbox) -> (Option<i32>, Json) {
    let ran = sandbox.ingot(&["--project-dir", ".", "check", "--format", "json"]);
    let found =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}\n{}", ran.stdout, ran.stderr));
    (ran.code, found)
}

/// File and line of each finding.
fn places(found: &Json) -> Vec<(String, u64)> {
    let findings = found["findings"].as_array().unwrap().iter();
    findings
        .map(|one| (one["file"].as_str().unwrap().to_owned(), one["line"].as_u64().unwrap_or(0)))
        .collect()
}

/// File and line of each mark.
fn marks(sandbox: &Sandbox) -> Vec<(String, u64)> {
    let mut out = Vec::new();
    for part in ["models", "macros", "seeds", "snapshots", "tests", "functions"] {
        for entry in
            walkdir::WalkDir::new(sandbox.join(part)).sort_by_file_name().into_iter().filter_map(Result::ok)
        {
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            let inside =
                entry.path().strip_prefix(sandbox.path()).unwrap().to_str().unwrap().replace('\\', "/");
            let lines = text.lines().zip(1..).filter(|(line, _)| line.contains("HERE"));
            out.extend(lines.map(|(_, number)| (inside.clone(), number)));
        }
    }
    out
}

#[test]
fn every_mistake_is_found_at_its_line_without_data() {
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder("gallery")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 60, "only {} cases were found", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let sandbox = shop();
        lay(&sandbox, &case);
        std::fs::remove_file(sandbox.join("expected.txt")).unwrap();
        let expected = std::fs::read_to_string(case.join("expected.txt")).unwrap();
        let (code, words) = expected.trim_end().split_once('\n').unwrap_or((expected.trim_end(), ""));
        let (exit, found) = check(&sandbox);
        let says_it = |one: &Json| {
            let said =
                format!("{} {}", one["message"].as_str().unwrap(), one["hint"].as_str().unwrap_or_default());
            one["code"] == code && said.contains(words)
        };
        let marks = marks(&sandbox);
        let is_right = exit == Some(1)
            && !marks.is_empty()
            && places(&found) == marks
            && found["findings"].as_array().unwrap().iter().all(says_it)
            && !sandbox.join("shop.duckdb").exists();
        if !is_right {
            wrong.push(format!(
                "{}: {code} '{words}' at {marks:?}, not {:#}",
                case.display(),
                found["findings"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_wrong_with_the_project_that_the_gallery_breaks() {
    let sandbox = shop();
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(0), Vec::new()), "{found:#}");
    assert_eq!(found["not_checked"], serde_json::json!([]));
    // What a check says would run does run.
    sandbox.write("models/sources.yml", "sources:\n  - name: raw\n    tables:\n      - name: payments\n        meta: {external_location: \"(select 1 as payment_id, 1 as order_id, 'card' as method, 10.5 as paid, ['a'] as labels, struct_pack(country := 'AU', risk := 0.1) as details)\"}\n");
    sandbox.ingot(&["--project-dir", ".", "dbt", "build"]).success();
}

/// A project with semantic models, metrics of every type, a saved query and a function.
fn semantic_layer() -> Sandbox {
    let sandbox = Sandbox::empty();
    lay(&sandbox, &Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/models/tests/it/cases/semantic_layer"));
    sandbox.write(
        "profiles.yml",
        "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: case.duckdb}\n",
    );
    sandbox
}

#[test]
fn metrics_of_every_type_and_functions_are_checked_without_data() {
    let sandbox = semantic_layer();
    sandbox.write(
        "models/doubled.sql",
        "select order_id, {{ function('double_it') }}(amount) as twice from {{ ref('orders') }}",
    );
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(0), Vec::new()), "{found:#}");
    assert_eq!(found["not_checked"], serde_json::json!([]));
    // What is kept of the models does not keep the function away from those that call it.
    let model = "models/doubled.sql";
    sandbox.write(model, "select {{ function('double_it') }}(amount) as twice from {{ ref('orders') }}");
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(0), Vec::new()), "{found:#}");
    sandbox.write("functions/double_it.sql", "select values * 2");
    assert_eq!(places(&check(&sandbox).1), [("functions/double_it.sql".to_owned(), 1)]);
}

#[test]
fn a_metric_that_nobody_can_ask_for_is_a_warning_at_its_line() {
    let sandbox = semantic_layer();
    let file = "models/layer.yml";
    let layer = std::fs::read_to_string(sandbox.join(file)).unwrap();
    let line = layer.lines().position(|line| line.contains("name: web_revenue")).unwrap() as u64 + 1;
    sandbox.write(
        file,
        &layer.replace("Dimension('order__channel') }} = 'web'", "Dimension('order__chanel') }} = 'web'"),
    );
    let (code, found) = check(&sandbox);
    assert_eq!(code, Some(0), "{found:#}");
    let first = &found["findings"][0];
    assert_eq!((&first["code"], &first["severity"]), (&"metric".into(), &"warning".into()), "{found:#}");
    assert!(places(&found).contains(&(file.to_owned(), line)), "{found:#}");
    assert!(first["hint"].as_str().unwrap().contains("order__channel"), "{found:#}");
}

#[test]
fn the_retail_project_is_checked_without_data() {
    let sandbox = Sandbox::project();
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(0), Vec::new()), "{found:#}");
    assert_eq!(found["not_checked"], serde_json::json!([]));
    assert!(found["checked"].as_u64().unwrap() > 300);
}

#[test]
fn what_has_not_changed_is_kept_and_what_has_is_found() {
    let sandbox = shop();
    let (_, first) = check(&sandbox);
    let (_, second) = check(&sandbox);
    assert_eq!(first["kept_from_last_check"], 0);
    // All but the source, which is asked for each time.
    assert_eq!(second["kept_from_last_check"], second["checked"].as_u64().unwrap() - 1, "{second:#}");
    // A column goes, and what used it says who had it.
    let model = std::fs::read_to_string(sandbox.join("models/stg_orders.sql")).unwrap();
    sandbox.write("models/stg_orders.sql", &model.replace("    customer_id,\n", ""));
    let (code, found) = check(&sandbox);
    assert_eq!(code, Some(1));
    let messages = found["findings"].to_string();
    assert!(
        messages.contains("'order_totals' uses 'customer_id', which 'stg_orders' no longer has"),
        "{messages}"
    );
    // Broken nodes are found again, and are well when the column is back.
    assert_eq!(check(&sandbox).1["findings"], found["findings"]);
    sandbox.write("models/stg_orders.sql", &model);
    assert_eq!(check(&sandbox).0, Some(0));
    // A macro that changes changes what uses it.
    let macros = std::fs::read_to_string(sandbox.join("macros/money.sql")).unwrap();
    sandbox.write("macros/money.sql", &macros.replace("* 100 as bigint", "* 100 as bigintt"));
    assert_eq!(places(&check(&sandbox).1), [("models/stg_orders.sql".to_owned(), 5)]);
}

#[test]
fn a_template_that_asks_for_rows_is_checked_with_a_warehouse_and_not_without() {
    let sandbox = shop();
    let pivot = "{% set found = run_query('select distinct status from ' ~ ref('stg_orders') ~ ' order by 1') %}\nselect\n    customer_id\n    {%- for row in found or [] %}\n    , count(*) filter (where status = '{{ row[0] }}') as {{ row[0] }}\n    {%- endfor %}\nfrom {{ ref('stg_orders') }}\ngroup by customer_id\n";
    sandbox.write("models/by_status.sql", pivot);
    sandbox.write("models/paid.sql", "select customer_id, paid from {{ ref('by_status') }}\n");
    let (code, found) = check(&sandbox);
    assert_eq!(code, Some(0));
    let unchecked: Vec<&str> =
        found["not_checked"].as_array().unwrap().iter().map(|one| one["node"].as_str().unwrap()).collect();
    assert_eq!(unchecked, ["model.shop.by_status", "model.shop.paid"]);
    let build = || {
        let not_tests = ["--select", "+by_status", "--exclude-resource-type", "test"];
        sandbox.ingot(&[&["--project-dir", ".", "dbt", "build"], &not_tests[..]].concat()).success();
    };
    build();
    let (code, found) = check(&sandbox);
    assert_eq!((code, &found["not_checked"]), (Some(0), &serde_json::json!([])), "{found:#}");
    // What the warehouse answered is kept as long as it answers so: all but the source.
    let (_, again) = check(&sandbox);
    assert_eq!(again["kept_from_last_check"], again["checked"].as_u64().unwrap() - 1, "{again:#}");
    let orders = std::fs::read_to_string(sandbox.join("seeds/orders.csv")).unwrap();
    sandbox.write("seeds/orders.csv", &orders.replace("paid", "lost"));
    build();
    let (code, found) = check(&sandbox);
    assert_eq!(code, Some(1), "{found:#}");
    assert!(found["findings"].to_string().contains("paid.sql"), "{found:#}");
    sandbox.write("seeds/orders.csv", &orders);
    build();
    sandbox.write(
        "models/paid.sql",
        "select\n    customer_id,\n    refunded -- HERE\nfrom {{ ref('by_status') }}\n",
    );
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(1), marks(&sandbox)), "{found:#}");
}

#[test]
fn a_star_that_would_change_a_table_is_a_warning_and_of_a_failing_increment_an_error() {
    let sandbox = shop();
    sandbox.write("models/copied.sql", "select\n    * -- HERE\nfrom {{ ref('stg_customers') }}\n");
    sandbox
        .ingot(&[
            "--project-dir",
            ".",
            "dbt",
            "build",
            "--select",
            "+copied",
            "--exclude-resource-type",
            "test",
        ])
        .success();
    assert_eq!(places(&check(&sandbox).1), []);
    let upstream = std::fs::read_to_string(sandbox.join("models/stg_customers.sql")).unwrap();
    sandbox.write(
        "models/stg_customers.sql",
        &upstream.replace("    name,\n", "    name,\n    upper(name) as shouted,\n"),
    );
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(0), marks(&sandbox)), "{found:#}");
    assert_eq!(found["findings"][0]["message"], "the next run adds 'shouted' in main.copied");
    sandbox.write(
        "models/copied.sql",
        "{{ config(materialized='incremental', on_schema_change='fail') }}\nselect\n    * -- HERE\nfrom {{ ref('stg_customers') }}\n",
    );
    let (code, found) = check(&sandbox);
    assert_eq!((code, places(&found)), (Some(1), marks(&sandbox)), "{found:#}");
}

#[test]
fn the_other_formats_name_the_same_places() {
    let sandbox = shop();
    lay(&sandbox, &folder("gallery/column_misspelt"));
    let (file, line) = marks(&sandbox).remove(0);
    let printed = |format: &str| sandbox.ingot(&["--project-dir", ".", "check", "--format", format]).stdout;
    let sarif: Json = serde_json::from_str(&printed("sarif")).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&file.clone().into(), &line.into())
    );
    assert!(
        printed("github").starts_with(&format!("::error file={file},line={line},")),
        "{}",
        printed("github")
    );
    let text = printed("text");
    assert!(text.contains(&format!("--> {file}:{line}:")) && text.contains("statsu,  -- HERE"), "{text}");
}

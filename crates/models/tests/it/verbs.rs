//! Verbs beside the building ones, as dbt's users know them.

use crate::case::{Case, all_well, chain, status};
use ingot_core::report::Silent;
use ingot_models::{RunOptions, Status, Verb, WarningRules, clean, init, retry_options, set_up_profile};
use serde_json::Value as Json;

fn with(case: &Case, verb: Verb, change: impl FnOnce(&mut RunOptions)) -> Vec<String> {
    let mut options = case.options(verb);
    change(&mut options);
    case.with(options).unwrap().output
}

fn json(case: &Case, file: &str) -> Json {
    serde_json::from_str(&std::fs::read_to_string(case.folder.path().join("target").join(file)).unwrap())
        .unwrap()
}

#[test]
fn show_and_compile() {
    let case = chain();
    all_well(&case, &case.go(Verb::Run));
    let lines = with(&case, Verb::Show, |options| options.select = vec!["b".to_owned()]);
    assert_eq!(
        lines,
        ["Previewing node 'b':", "| id  | name |", "| --- | ---- |", "| 1   | x    |", "| 2   |      |", ""]
    );
    let lines = with(&case, Verb::Show, |options| {
        options.inline = Some(
            "select id, 1.5 as half from {{ ref('a') }} cross join {{ ref('e') }} order by 1 desc".to_owned(),
        );
        options.limit = Some(1);
        options.json = true;
    });
    let shown: Json = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(shown, serde_json::json!({"show": [{"id": 2, "half": 1.5}]}));
    let lines = with(&case, Verb::Compile, |options| {
        options.inline = Some("select {{ 1 + 1 }} from {{ ref('a') }}".to_owned())
    });
    assert_eq!(lines, ["Compiled inline node is:", "select 2 from \"shop\".\"main\".\"a\""]);
    let lines = with(&case, Verb::Compile, |options| options.select = vec!["b".to_owned()]);
    assert_eq!(lines[0], "Compiled node 'b' is:");
    let mut options = case.options(Verb::Show);
    options.inline = Some("select * from {{ ref('aa') }}".to_owned());
    let error = case.with(options).unwrap_err();
    assert!(error.to_string().contains("depends on a node named 'aa' which was not found"), "{error}");
    assert_eq!(error.hint_text(), Some("did you mean 'a'?"));
}

#[test]
fn list_in_all_its_forms() {
    let case = chain();
    let json_line = with(&case, Verb::List, |options| {
        options.select = vec!["b".to_owned()];
        options.list_output = ingot_models::ListOutput::Json;
        options.output_keys = vec!["name config.materialized".to_owned(), "depends_on".to_owned()];
    });
    assert_eq!(
        json_line,
        [
            r#"{"name": "b", "config.materialized": "view", "depends_on": {"macros": [], "nodes": ["model.shop.a"]}}"#
        ]
    );
    let paths = with(&case, Verb::List, |options| options.list_output = ingot_models::ListOutput::Path);
    assert_eq!(paths, ["models/a.sql", "models/b.sql", "models/e.sql"]);
}

#[test]
fn operations_call_macros() {
    let case = Case::new(&[(
        "macros/m.sql",
        "{% macro make(name, rows=1) %}{% do run_query('create table ' ~ name ~ ' as select * from range(' ~ rows ~ ')') %}{{ log('made ' ~ name, info=true) }}{% endmacro %}",
    )]);
    let mut options = case.options(Verb::RunOperation);
    options.macro_name = Some("make".to_owned());
    options.macro_arguments = serde_json::json!({"name": "made", "rows": 3}).as_object().unwrap().clone();
    let summary = case.with(options.clone()).unwrap();
    assert_eq!(summary.exit_code(), 0, "{}", case.said());
    assert_eq!(case.number("select count(*) from made"), 3);
    assert!(case.said().contains("made made"));
    // A second time the table is there: the macro fails, and says so.
    let summary = case.with(options.clone()).unwrap();
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(json(&case, "run_results.json")["results"][0]["status"], "error");
    options.macro_name = Some("mak".to_owned());
    assert_eq!(case.with(options).unwrap_err().hint_text(), Some("did you mean 'make'?"));
}

/// The text is what dbt 1.11 prints.
#[test]
fn tables_of_results_are_printed_as_by_agate() {
    let case = Case::new(&[(
        "macros/show.sql",
        "{% macro show() %}{% set t = run_query(\"select i as n, 'a long label with many letters' as label, (i * 1000.12345)::decimal(12, 5) as price, i = 0 as flag, null as nothing from range(3) t(i)\") %}{% do t.print_table(max_rows=2, max_columns=4) %}{% do t.select(['n', 'price']).print_structure() %}{% endmacro %}",
    )]);
    let mut options = case.options(Verb::RunOperation);
    options.macro_name = Some("show".to_owned());
    case.with(options).unwrap();
    let lines = [
        "| n | label                |      price |  flag | ... |",
        "| - | -------------------- | ---------- | ----- | --- |",
        "| 0 | a long label with... |     0.000… |  True | ... |",
        "| 1 | a long label with... | 1,000.123… | False | ... |",
        "| ... | ...                  |        ... |   ... | ... |",
        "| column | data_type |",
        "| ------ | --------- |",
        "| n      | Integer   |",
        "| price  | Number    |",
    ];
    assert!(case.said().contains(&lines.join("\n")), "{}", case.said());
}

#[test]
fn freshness_passes_warns_and_fails() {
    let case = Case::new(&[
        (
            "models/s.yml",
            "sources:\n  - name: s\n    schema: main\n    loaded_at_field: loaded\n    tables:\n      - name: new\n        freshness: {warn_after: {count: 1, period: hour}}\n      - name: middle\n        freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 3, period: day}}\n      - name: old\n        freshness: {error_after: {count: 3, period: day}}\n      - name: filtered\n        identifier: old\n        freshness: {error_after: {count: 3, period: day}, filter: \"loaded > timestamp '2100-01-01'\"}\n      - name: free\n      - name: missing\n        freshness: {warn_after: {count: 1, period: hour}}\n",
        ),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\non-run-start:\n  - create or replace table new as select now()::timestamp as loaded\n  - create or replace table middle as select now()::timestamp - interval 1 day as loaded\n  - create or replace table old as select timestamp '2000-01-01' as loaded\n",
        ),
    ]);
    let summary = case.go(Verb::Freshness);
    assert_eq!(summary.exit_code(), 1);
    let found = json(&case, "sources.json");
    let status = |name: &str| {
        let id = format!("source.shop.s.{name}");
        let results = found["results"].as_array().unwrap();
        results
            .iter()
            .find(|result| result["unique_id"] == id.as_str())
            .map(|result| result["status"].clone())
    };
    for (name, expected) in [
        ("new", "pass"),
        ("middle", "warn"),
        ("old", "error"),
        ("filtered", "error"),
        ("missing", "runtime error"),
    ] {
        assert_eq!(status(name), Some(expected.into()), "{name}\n{}", case.said());
    }
    assert_eq!(status("free"), None);
    let mut options = case.options(Verb::Freshness);
    options.select = vec!["source:s.new source:s.middle".to_owned()];
    assert_eq!(case.with(options).unwrap().exit_code(), 0);
}

#[test]
fn docs_say_what_is_in_the_database() {
    let case = Case::new(&[
        ("models/a.sql", "{{ config(materialized='table') }} select 1 as id, 'x' as name"),
        ("models/unbuilt.sql", "select 1 as id"),
    ]);
    let mut options = case.options(Verb::Run);
    options.select = vec!["a".to_owned()];
    case.with(options).unwrap();
    all_well(&case, &case.go(Verb::Docs));
    let catalog = json(&case, "catalog.json");
    let nodes = catalog["nodes"].as_object().unwrap();
    assert_eq!(nodes.keys().collect::<Vec<_>>(), ["model.shop.a"]);
    assert_eq!(
        nodes["model.shop.a"]["columns"]["id"],
        serde_json::json!({"type": "INTEGER", "index": 1, "name": "id", "comment": null})
    );
    assert_eq!(nodes["model.shop.a"]["metadata"]["type"], "BASE TABLE");
    let compiled = &json(&case, "manifest.json")["nodes"]["model.shop.unbuilt"]["compiled_code"];
    assert_eq!(compiled, "select 1 as id");
}

#[test]
fn retry_does_again_what_failed() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        ("models/bad.sql", "select nothing_there from {{ ref('a') }}"),
        ("models/after.sql", "select * from {{ ref('bad') }}"),
    ]);
    assert!(retry_options(&case.options(Verb::Build)).unwrap_err().message().contains("no run to retry"));
    let mut options = case.options(Verb::Run);
    options.vars = serde_json::json!({"kept": 1}).as_object().unwrap().clone();
    assert_eq!(case.with(options).unwrap().exit_code(), 1);
    case.write("models/bad.sql", "select id, {{ var('kept') }} as kept from {{ ref('a') }}");
    let again = retry_options(&case.options(Verb::Build)).unwrap().unwrap();
    assert_eq!(again.verb, Verb::Run);
    let summary = case.with(again).unwrap();
    let names: Vec<&str> = summary.results.iter().map(|result| result.name.as_str()).collect();
    assert_eq!(names, ["bad", "after"]);
    all_well(&case, &summary);
    let nothing = retry_options(&case.options(Verb::Build)).unwrap().unwrap();
    assert_eq!(nothing.only, Some(Vec::new()));
}

#[test]
fn clones_and_deferral_read_another_target() {
    let case = chain();
    case.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: dev}\n    prod: {type: duckdb, path: shop.duckdb, schema: prod}\n",
    );
    let mut options = case.options(Verb::Run);
    options.target = Some("prod".to_owned());
    all_well(&case, &case.with(options).unwrap());
    let state = case.folder.path().join("prod_state");
    std::fs::rename(case.folder.path().join("target"), &state).unwrap();
    // b alone, with a from prod.
    let mut options = case.options(Verb::Run);
    options.select = vec!["b".to_owned()];
    options.defer = true;
    options.state = Some(state.clone());
    all_well(&case, &case.with(options.clone()).unwrap());
    assert_eq!(case.number("select count(*) from dev.b"), 2);
    assert_eq!(case.number("select count(*) from information_schema.tables where table_schema = 'dev'"), 1);
    let mut options = case.options(Verb::Clone);
    assert!(case.with(options.clone()).unwrap_err().message().contains("clone needs"));
    options.state = Some(state.clone());
    let summary = case.with(options.clone()).unwrap();
    all_well(&case, &summary);
    assert_eq!(case.number("select count(*) from dev.a"), 2);
    assert_eq!(status(&summary, "a"), Status::Success);
    let again = case.with(options.clone()).unwrap();
    assert!(again.results.iter().all(|result| result.message.starts_with("No-op")), "{:?}", again.results);
    // A view of itself would cost the table.
    options.full_refresh = true;
    options.target = Some("prod".to_owned());
    let onto_itself = case.with(options).unwrap();
    assert_eq!((onto_itself.exit_code(), status(&onto_itself, "a")), (1, Status::Error));
    assert_eq!(case.number("select count(*) from prod.a"), 2);
}

#[test]
fn nothing_but_schemas_with_empty() {
    let case = chain();
    let mut options = case.options(Verb::Build);
    options.empty = true;
    case.write("models/c.sql", "{{ config(materialized='table') }} select x.id from {{ ref('a') }} as x join {{ ref('b') }} using (id)");
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.number("select count(*) from c"), 0);
    assert_eq!(case.number("select count(*) from a"), 2, "a reads no ref");
}

#[test]
fn warnings_as_errors() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id union all select 1"),
        (
            "models/s.yml",
            "models: [{name: a, columns: [{name: id, data_tests: [{unique: {config: {severity: warn}}}]}]}]",
        ),
    ]);
    all_well(&case, &case.go(Verb::Build));
    let mut options = case.options(Verb::Build);
    options.warnings = Some(WarningRules::all_errors());
    let summary = case.with(options.clone()).unwrap();
    assert_eq!(status(&summary, "unique_a_id"), Status::Fail);
    case.write("models/s.yml", "models: [{name: nobody}]");
    assert!(case.with(options).unwrap_err().message().contains("1 warning is treated as an error"));
    // What the project says of single warnings.
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nflags: {warn_error_options: {error: [NoNodeForYamlKey]}}\n",
    );
    assert!(case.with(case.options(Verb::Parse)).is_err());
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nflags: {warn_error_options: {error: all, silence: [NoNodeForYamlKey]}}\n",
    );
    assert!(case.with(case.options(Verb::Parse)).is_ok());
}

#[test]
fn a_sample_reads_a_stretch_of_time() {
    let case = Case::new(&[
        (
            "models/events.sql",
            "{{ config(event_time='moment', materialized='table') }} select i as id, timestamp '2024-01-01' + interval (i) day as moment from range(10) as t(i)",
        ),
        (
            "models/after.sql",
            "{{ config(materialized='table') }} select count(*) as n from {{ ref('events') }}",
        ),
        ("tests/all_there.sql", "select 1 from {{ ref('events') }} having count(*) <> 10"),
    ]);
    let mut options = case.options(Verb::Build);
    options.sample = ingot_models::parse_time("2024-01-03").zip(ingot_models::parse_time("2024-01-06"));
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.number("select n from after"), 3);
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(case.number("select n from after"), 10);
}

#[test]
fn clean_removes_only_what_runs_make() {
    let case = chain();
    case.go(Verb::Parse);
    assert!(case.folder.path().join("target").is_dir());
    let clean = |only_inside| clean(&case.options(Verb::Parse), only_inside, &Silent);
    assert_eq!(clean(true).unwrap().len(), 1);
    assert!(!case.folder.path().join("target").exists());
    for target in ["..", "/tmp", "models", "target/../models", ".", "models/../.."] {
        case.write("dbt_project.yml", &format!("name: shop\nprofile: shop\nclean-targets: [\"{target}\"]\n"));
        assert!(clean(true).unwrap_err().message().contains("nothing was removed"), "{target}");
    }
    case.write("dbt_project.yml", "name: shop\nprofile: shop\nclean-targets: ['..']\n");
    assert!(clean(false).unwrap_err().message().contains("holds the project"));
    assert!(case.folder.path().join("models/a.sql").is_file());
    #[cfg(unix)]
    {
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), case.folder.path().join("linked")).unwrap();
        case.write("dbt_project.yml", "name: shop\nprofile: shop\nclean-targets: [linked]\n");
        assert!(clean(true).is_err());
        assert!(outside.path().is_dir());
        // Whoever asks for it has folders elsewhere removed, but never one that the project is in.
        let elsewhere = outside.path().display();
        case.write(
            "dbt_project.yml",
            &format!("name: shop\nprofile: shop\nclean-targets: ['{elsewhere}']\n"),
        );
        assert!(clean(true).is_err() && outside.path().is_dir());
        assert_eq!(clean(false).unwrap(), [outside.path()]);
        assert!(!outside.path().exists());
    }
}

#[test]
fn init_writes_a_project_that_builds() {
    let parent = tempfile::tempdir().unwrap();
    let folder = init(parent.path(), "fresh", None).unwrap();
    assert!(init(parent.path(), "fresh", None).unwrap_err().message().contains("there already"));
    assert!(init(parent.path(), "not-a-name", None).is_err());
    let mut options = RunOptions::new(Verb::Build, &folder);
    options.profiles_dir = Some(folder.clone());
    let summary = ingot_models::run(&options, &Silent).unwrap();
    assert_eq!((summary.exit_code(), summary.results.len()), (0, 4));
    // One with a profile that is there brings none, and a project without its profile gets one.
    let other = init(parent.path(), "other", Some("elsewhere")).unwrap();
    assert!(!other.join("profiles.yml").exists());
    let options = RunOptions::new(Verb::Build, &other);
    assert_eq!(set_up_profile(&options).unwrap(), Some(other.join("profiles.yml")));
    assert_eq!(set_up_profile(&options).unwrap(), None);
    assert_eq!(ingot_models::run(&options, &Silent).unwrap().exit_code(), 0);
}

/// As under dbt 1.11: an error, unless the project turns the flag off.
#[test]
fn a_name_with_a_space_is_refused() {
    let case = chain();
    case.write("models/two words.sql", "select 1 as id");
    let error = case.with(case.options(Verb::Parse)).unwrap_err();
    assert!(error.to_string().contains("the name of the model 'two words' contains a space"), "{error}");
    let project = std::fs::read_to_string(case.folder.path().join("dbt_project.yml")).unwrap();
    case.write(
        "dbt_project.yml",
        &format!("{project}\nflags: {{require_resource_names_without_spaces: false}}\n"),
    );
    all_well(&case, &case.go(Verb::Run));
    assert!(case.said().contains("'two words' contains a space"), "{}", case.said());
}

#[test]
fn rows_are_shown_as_json_in_pythons_forms() {
    let case = chain();
    let mut options = case.options(Verb::Show);
    options.json = true;
    options.quiet = true;
    options.inline = Some(
        "select 1.50::decimal(5,2) as d, timestamp '2024-01-02 03:04:05' as ts, timestamp '2024-01-02 03:04:05.123' as ts2, time '01:02:03' as t, interval 3 day as iv, {'a': 1} as st, 'ab'::blob as bl, timestamptz '2024-01-02 03:04:05+00' as tz"
            .to_owned(),
    );
    let shown = case.with(options).unwrap().output.join("\n");
    let rows: serde_json::Value = serde_json::from_str(&shown).unwrap();
    // What `dbt show --output json` prints of the same query.
    assert_eq!(
        rows["show"][0],
        serde_json::json!({
            "d": 1.5, "ts": "2024-01-02T03:04:05", "ts2": "2024-01-02T03:04:05.123000", "t": "01:02:03",
            "iv": "3 days, 0:00:00", "st": "{\"a\": 1}", "bl": "b'ab'", "tz": "2024-01-02T03:04:05+00:00",
        })
    );
}

//! dbt's log, as orchestrators read it.

use crate::case::{Case, all_well, status};
use ingot_models::{LogForm, LogOptions, RunOptions, Status, Verb};
use serde_json::Value as Json;

fn logged(case: &Case, form: LogForm, change: impl FnOnce(&mut RunOptions)) -> String {
    let mut options = case.options(Verb::Build);
    options.log = Some(LogOptions { file_form: form, ..LogOptions::default() });
    change(&mut options);
    let _ = case.with(options);
    std::fs::read_to_string(case.folder.path().join("logs/dbt.log")).unwrap()
}

fn events(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn named<'a>(events: &'a [Json], name: &str) -> Vec<&'a Json> {
    events.iter().filter(|event| event["info"]["name"] == name).collect()
}

fn shop() -> Case {
    Case::new(&[
        ("models/a.sql", "{{ log('from a template', info=true) }} select 1 as id"),
        ("models/b.sql", "select nope from {{ ref('a') }}"),
        (
            "models/all.yml",
            "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}, {name: ghost}]\n",
        ),
    ])
}

#[test]
fn events_have_dbts_names_codes_and_shape() {
    let case = shop();
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    for (name, code, level) in [
        ("MainReportVersion", "A001", "info"),
        ("NoNodeForYamlKey", "I058", "warn"),
        ("JinjaLogInfo", "I062", "info"),
        ("NodeStart", "Q024", "debug"),
        ("LogStartLine", "Q011", "info"),
        ("LogTestResult", "Q007", "info"),
        ("NodeFinished", "Q025", "debug"),
        ("StatsLine", "Z023", "info"),
        ("CommandCompleted", "Q039", "debug"),
    ] {
        let found = named(&events, name);
        let event = found.first().unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(
            (&event["info"]["code"], &event["info"]["level"]),
            (&code.into(), &level.into()),
            "{name}"
        );
    }
    let manifest = std::fs::read_to_string(case.folder.path().join("target/manifest.json")).unwrap();
    let manifest: Json = serde_json::from_str(&manifest).unwrap();
    let ids = events.iter().map(|event| &event["info"]["invocation_id"]);
    assert!(ids.into_iter().all(|id| *id == manifest["metadata"]["invocation_id"]));
    let models = named(&events, "LogModelResult");
    let of = |id: &str| models.iter().find(|event| event["data"]["node_info"]["unique_id"] == id).unwrap();
    let (a, b) = (of("model.shop.a"), of("model.shop.b"));
    assert_eq!((&a["info"]["level"], &b["info"]["level"]), (&"info".into(), &"error".into()));
    assert_eq!(a["data"]["node_info"]["node_relation"]["alias"], "a");
    assert_eq!(b["data"]["node_info"]["node_status"], "error");
    assert!(b["data"]["run_result"]["message"].as_str().unwrap().contains("nope"), "{b}");
    assert_eq!(named(&events, "CommandCompleted")[0]["data"]["success"], false);
}

#[test]
fn a_statement_is_the_models_that_sends_it_and_not_of_an_ephemeral_one_that_it_reads() {
    let case = Case::new(&[
        (
            "models/e.sql",
            "{{ config(materialized='ephemeral') }}{% do run_query('select 1') %} select 1 as id",
        ),
        ("models/b.sql", "{% do run_query('select 2') %} select id from {{ ref('e') }}"),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\nquery-comment: \"of {{ node.unique_id }}\"\n",
        ),
    ]);
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    let sent = named(&events, "SQLQuery");
    let made =
        sent.iter().find(|event| event["data"]["sql"].as_str().unwrap().contains("create view")).unwrap();
    assert_eq!(made["data"]["node_info"]["unique_id"], "model.shop.b");
    assert!(
        made["info"]["msg"].as_str().unwrap().starts_with("On model.shop.b: /* of model.shop.b */"),
        "{made}"
    );
}

#[test]
fn the_statement_of_a_unit_test_is_its_own_and_not_that_of_the_models_that_it_looks_at() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        ("models/b.sql", "select id from {{ ref('a') }}"),
        (
            "models/all.yml",
            "unit_tests: [{name: t, model: b, given: [{input: ref('a'), rows: [{id: 2}]}], expect: {rows: [{id: 2}]}}]\n",
        ),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\nquery-comment: \"of {{ node.unique_id }}\"\n",
        ),
    ]);
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    let sent = named(&events, "SQLQuery");
    let compares = |event: &&&Json| event["data"]["sql"].as_str().unwrap().contains("actual_or_expected");
    let made = sent.iter().find(compares).unwrap();
    assert_eq!(made["data"]["node_info"]["unique_id"], "unit_test.shop.b.t");
    assert!(
        made["info"]["msg"]
            .as_str()
            .unwrap()
            .starts_with("On unit_test.shop.b.t: /* of unit_test.shop.b.t */"),
        "{made}"
    );
}

#[test]
fn statements_and_what_they_come_to_are_in_the_log() {
    let case = Case::new(&[
        ("models/a.sql", "{{ config(group='g') }} select 1 as id"),
        ("models/all.yml", "groups: [{name: g, owner: {name: somebody}}]\n"),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\nquery-comment: \"of {{ node.unique_id }}\"\n",
        ),
    ]);
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    let sent: Vec<&Json> = named(&events, "SQLQuery")
        .into_iter()
        .filter(|event| event["data"]["sql"].as_str().unwrap().contains("create"))
        .collect();
    let made = sent.iter().find(|event| event["data"]["conn_name"] == "model.shop.a").unwrap();
    let text = made["info"]["msg"].as_str().unwrap();
    assert!(text.starts_with("On model.shop.a: /* of model.shop.a */\n"), "{text}");
    assert_eq!(made["data"]["node_info"]["unique_id"], "model.shop.a");
    assert!(!named(&events, "SQLQueryStatus").is_empty());
    let arguments = &named(&events, "MainReportArgs")[0]["data"]["args"];
    assert_eq!(arguments["which"], "build");
    let model = &named(&events, "LogModelResult")[0]["data"];
    assert_eq!(model["group"]["owner"]["name"], "somebody");
    for name in ["NodeCompiling", "NodeExecuting"] {
        assert_eq!(named(&events, name)[0]["data"]["node_info"]["node_name"], "a");
    }
    let said = |name: &str| named(&events, name)[0]["info"]["msg"].as_str().unwrap();
    assert!(said("FinishedRunningStats").starts_with("Finished running 1 model in 0 hours 0 minutes and "));
    assert_eq!(said("EndOfRunSummary"), "Completed successfully");
}

#[test]
fn a_test_is_one_select_and_needs_no_transaction_and_one_that_keeps_its_rows_has_one() {
    let properties = "models: [{name: a, columns: [{name: id, data_tests: [unique, {not_null: {config: {store_failures: true}}}]}]}]\n";
    let case = Case::new(&[("models/a.sql", "select 1 as id"), ("models/all.yml", properties)]);
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    let sent = |test: &str| -> Vec<&str> {
        let of_test = |event: &&Json| event["data"]["conn_name"].as_str().unwrap().contains(test);
        let all = named(&events, "SQLQuery").into_iter().filter(of_test);
        all.map(|event| event["data"]["sql"].as_str().unwrap().trim()).collect()
    };
    let unique = sent("unique_a_id");
    assert!(unique.len() == 1 && unique[0].starts_with("select"), "{unique:?}");
    let kept = sent("not_null_a_id");
    let place = |what: &str| kept.iter().position(|sql| sql.contains(what)).unwrap();
    assert!(place("BEGIN") < place("create") && place("create") < place("COMMIT"), "{kept:?}");
}

/// The statements that were sent for a model, each by its first word.
fn words_of(events: &[Json], model: &str) -> Vec<String> {
    let name = format!("model.shop.{model}");
    let of_model = |event: &&Json| event["data"]["conn_name"] == name.as_str();
    let sent = named(events, "SQLQuery").into_iter().filter(of_model);
    let word = |event: &Json| {
        event["data"]["sql"].as_str().unwrap().split_whitespace().next().unwrap().to_lowercase()
    };
    sent.map(word).collect()
}

#[test]
fn what_is_not_there_yet_is_made_by_one_statement_if_nothing_else_belongs_to_it() {
    let created = ["create"].as_slice();
    let renamed = ["begin", "create", "alter", "commit"].as_slice();
    let cases = [
        ("a_view", "select 1 as id", created),
        ("a_table", "{{ config(materialized='table') }} select 1 as id; -- the end", created),
        ("an_incremental", "{{ config(materialized='incremental') }} select 1 as id", created),
        ("named_twice", "select 1 as id -- and not named_twice__dbt_tmp", renamed),
        (
            "two_at_once",
            "{{ config(sql_header='set variable v = 1;') }} select 1 as id",
            &["begin", "set", "alter", "commit"],
        ),
        (
            "with_hook",
            "{{ config(post_hook='select 1') }} select 1 as id",
            &["begin", "create", "select", "commit"],
        ),
        (
            "with_hook_after",
            "{{ config(post_hook={'sql': 'select 1', 'transaction': false}) }} select 1 as id",
            &["create", "select"],
        ),
        (
            "with_index",
            "{{ config(materialized='table', indexes=[{'columns': ['id']}]) }} select 1 as id",
            &["begin", "create", "create", "commit"],
        ),
        (
            "described",
            "{{ config(persist_docs={'relation': true}) }} select 1 as id",
            &["begin", "create", "comment", "commit"],
        ),
        (
            "incremental_with_hook",
            "{{ config(materialized='incremental', pre_hook='select 1') }} select 1 as id",
            &["begin", "select", "create", "commit"],
        ),
    ];
    let files: Vec<(String, &str)> =
        cases.iter().map(|(name, sql, _)| (format!("models/{name}.sql"), *sql)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(file, sql)| (file.as_str(), *sql)).collect();
    let case = Case::new(&files);
    case.write("models/all.yml", "models: [{name: described, description: text}]\n");
    let first = events(&logged(&case, LogForm::Json, |_| {}));
    for (name, _, expected) in cases {
        assert_eq!(words_of(&first, name), expected, "{name}");
        assert_eq!(case.number(&format!("select count(*) from {name}")), 1);
    }
    assert_eq!(case.number("select count(*) from duckdb_tables() where table_name like '%__dbt_tmp'"), 0);
    assert_eq!(case.number("select count(*) from duckdb_views() where view_name like '%__dbt_tmp'"), 0);
    // What is there stays there until the new one takes its place. (The log goes on.)
    let again = events(&logged(&case, LogForm::Json, |_| {}));
    assert_eq!(words_of(&again, "a_view")[1..], ["begin", "create", "drop", "alter", "commit"]);
}

#[test]
fn a_hook_that_fails_leaves_nothing_of_a_model_that_was_not_there() {
    let case = Case::new(&[
        ("models/a.sql", "{{ config(materialized='table', post_hook='select nope') }} select 1 as id"),
        (
            "models/b.sql",
            "{{ config(post_hook={'sql': 'select nope', 'transaction': false}) }} select 1 as id",
        ),
    ]);
    let summary = case.go(Verb::Run);
    for name in ["a", "b"] {
        assert_eq!(status(&summary, name), Status::Error);
    }
    assert!(case.try_query("select * from a").is_err());
    assert_eq!(case.number("select count(*) from b"), 1);
}

#[test]
fn a_failure_is_counted_and_its_message_is_in_the_log() {
    let case = shop();
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    let said = |name: &str| named(&events, name)[0]["info"]["msg"].as_str().unwrap();
    assert_eq!(said("EndOfRunSummary"), "Completed with 1 error, 0 partial successes, and 0 warnings:");
    assert!(said("CatchableExceptionOnRun").contains("nope"));
}

#[test]
fn shown_rows_are_one_event_with_their_node() {
    let case = shop();
    let events = events(&logged(&case, LogForm::Json, |options| {
        options.verb = Verb::Show;
        options.inline = Some("select 1 as a, 'x' as b".to_owned());
        options.json = true;
    }));
    let shown = named(&events, "ShowNode");
    assert_eq!(shown.len(), 1);
    let data = &shown[0]["data"];
    assert_eq!((&data["node_name"], &data["is_inline"]), (&"inline_query".into(), &true.into()));
    let preview: Json = serde_json::from_str(data["preview"].as_str().unwrap()).unwrap();
    assert_eq!(preview, serde_json::json!([{"a": 1, "b": "x"}]));
}

#[test]
fn the_text_has_a_heading_for_each_invocation() {
    let case = shop();
    logged(&case, LogForm::Text, |_| {});
    let text = logged(&case, LogForm::Text, |_| {});
    assert_eq!(text.matches("==============================").count(), 4);
    assert!(text.contains("[info ] [MainThread]: Running with dbt=1.11"), "{text}");
    assert!(text.contains("[error] [Thread-"), "{text}");
}

#[test]
fn an_error_that_stops_the_run_is_the_last_but_one_event() {
    let case = Case::new(&[("models/a.sql", "select * from {{ ref('nope') }}")]);
    let events = events(&logged(&case, LogForm::Json, |_| {}));
    let last: Vec<&str> =
        events.iter().rev().take(2).map(|event| event["info"]["name"].as_str().unwrap()).collect();
    assert_eq!(last, ["CommandCompleted", "MainEncounteredError"]);
}

#[test]
fn deprecations_are_named_and_most_are_told_once() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        (
            "models/all.yml",
            "models:\n  - name: a\n    deprecation_date: 1999-01-01\n    columns:\n      - name: id\n        data_tests: [{accepted_values: {values: [1]}}, {accepted_values: {values: [1, 2]}}]\nexposures: [{name: 'a b', type: dashboard, owner: {name: x}}]\n",
        ),
    ]);
    for (all, times) in [(false, 1), (true, 2)] {
        std::fs::remove_dir_all(case.folder.path().join("logs")).ok();
        let text = logged(&case, LogForm::Json, |options| options.show_all_deprecations = all);
        let events = events(&text);
        assert_eq!(named(&events, "MissingArgumentsPropertyInGenericTestDeprecation").len(), times);
        assert_eq!(named(&events, "ExposureNameDeprecation").len(), 1);
        assert_eq!(named(&events, "DeprecatedModel")[0]["data"]["model_name"], "a");
        assert_eq!(named(&events, "DeprecatedReference")[0]["data"]["model_name"], "b");
        let summary = &named(&events, "DeprecationsSummary")[0]["data"]["summaries"];
        let missing = summary.as_array().unwrap().iter().find(|one| one["occurrences"] == 2).unwrap();
        assert_eq!(missing["event_name"], "MissingArgumentsPropertyInGenericTestDeprecation");
    }
    all_well(&case, &case.go(Verb::Build));
}

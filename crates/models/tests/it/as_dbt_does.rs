//! Behaviour of dbt 1.11 that its own functional tests look for, each with a project of a few lines.

use crate::case::{Case, all_well, status};
use ingot_engine::Cell;
use ingot_models::{RunOptions, Status, Verb};
use serde_json::{Value as Json, json};

fn artifact(case: &Case, name: &str) -> Json {
    let text = std::fs::read_to_string(case.folder.path().join("target").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn refused(case: &Case, options: RunOptions) -> String {
    let error = case.with(options).unwrap_err();
    format!("{}\n{}", error.with_hint(), error.dbts_words().unwrap_or_default())
}

const PROJECT: &str = "name: shop\nprofile: shop\nversion: '1.0'\n";

#[test]
fn nothing_runs_if_the_comment_of_statements_cannot_be_made() {
    let case = Case::new(&[("models/m.sql", "select 1 as id")]);
    for (comment, what) in [("\"{{ nope() }}\"", "'nope' is undefined"), ("\"a */ b\"", "which would end it")]
    {
        case.write("dbt_project.yml", &format!("{PROJECT}query-comment: {comment}\n"));
        let said = refused(&case, case.options(Verb::Run));
        assert!(said.contains(what) && said.contains("`query-comment`"), "{said}");
    }
    case.write("dbt_project.yml", PROJECT);
    all_well(&case, &case.go(Verb::Run));
}

#[test]
fn a_hook_is_given_under_one_of_its_names() {
    let both = "{{ config({'pre_hook': 'select 1', 'pre-hook': 'select 2'}) }} select 1 as id";
    let case = Case::new(&[("models/m.sql", both)]);
    let said = refused(&case, case.options(Verb::Parse));
    assert!(said.contains("'pre_hook' and 'pre-hook'") && said.contains("Got duplicate keys"), "{said}");
}

#[test]
fn macros_that_make_names_must_have_their_variables() {
    let case = Case::new(&[
        ("models/m.sql", "{{ var('only_in_sql') }} select 1 as id"),
        (
            "macros/names.sql",
            "{% macro generate_schema_name(custom_schema_name, node) %}{{ var('where') }}{% endmacro %}",
        ),
    ]);
    let said = refused(&case, case.options(Verb::Parse));
    assert!(said.contains("Required var 'where' not found in config"), "{said}");
    let vars = [("where".to_owned(), Json::from("there"))].into_iter().collect();
    case.with(RunOptions { vars, ..case.options(Verb::Parse) }).unwrap();
}

#[test]
fn what_compiles_and_cannot_ends_with_the_code_of_an_exception() {
    let case =
        Case::new(&[("models/a.sql", "select {{ nope() }} as id"), ("models/b.sql", "select 1 as id")]);
    let summary = case.go(Verb::Compile);
    assert_eq!((summary.exit_code(), status(&summary, "b")), (2, Status::Success));
    assert_eq!(case.go(Verb::Run).exit_code(), 1);
}

#[test]
fn templates_are_kept_from_the_database() {
    let case = Case::new(&[(
        "models/m.sql",
        "select {% if execute %}{{ run_query('select 7').columns[0].values()[0] }}{% endif %} as id",
    )]);
    all_well(&case, &case.go(Verb::Compile));
    let summary = case.with(RunOptions { introspect: false, ..case.options(Verb::Compile) }).unwrap();
    let message = &summary.results[0].message;
    assert!(message.contains("--no-introspect"), "{message}");
}

#[test]
fn ephemeral_models_are_left_out_of_compiled_sql() {
    let case = Case::new(&[
        ("models/e.sql", "{{ config(materialized='ephemeral') }} select 1 as id"),
        ("models/m.sql", "select * from {{ ref('e') }}"),
    ]);
    let compiled = |inject_ephemerals| {
        let options = RunOptions { inject_ephemerals, ..case.options(Verb::Compile) };
        let summary = case.with(options).unwrap();
        let result = summary.results.into_iter().find(|result| result.name == "m").unwrap();
        result.compiled_code.unwrap()
    };
    assert_eq!(compiled(false), "select * from __dbt__cte__e");
    assert!(compiled(true).starts_with("with __dbt__cte__e as ("));
}

#[test]
fn the_graph_is_summed_up_by_numbers() {
    let case =
        Case::new(&[("models/a.sql", "select 1 as id"), ("models/b.sql", "select * from {{ ref('a') }}")]);
    all_well(&case, &case.go(Verb::Compile));
    let summary = artifact(&case, "graph_summary.json");
    assert_eq!(summary["_invocation_id"], artifact(&case, "manifest.json")["metadata"]["invocation_id"]);
    let linked = summary["linked"].as_object().unwrap();
    let number = |name: &str| linked.iter().find(|(_, node)| node["name"] == name).unwrap();
    let (a, b) = (number("model.shop.a"), number("model.shop.b"));
    assert_eq!((&a.1["type"], &a.1["succ"]), (&json!("model"), &json!([b.0.parse::<u64>().unwrap()])));
    assert!(b.1.get("succ").is_none());
}

#[test]
fn results_have_the_arguments_and_templates_too() {
    let case = Case::new(&[(
        "models/m.sql",
        "select '{{ invocation_args_dict.select | join }} {{ invocation_args_dict.threads }}' as said",
    )]);
    let mut options = case.options(Verb::Run);
    options.threads = Some(3);
    options.select = vec!["m".to_owned()];
    options.vars.insert("DBT_ENV_SECRET_x".to_owned(), "abc".into());
    options.command = "dbt run -s m --vars {DBT_ENV_SECRET_x: abc}".to_owned();
    all_well(&case, &case.with(options).unwrap());
    let arguments = artifact(&case, "run_results.json")["args"].clone();
    assert_eq!((&arguments["threads"], &arguments["select"]), (&json!(3), &json!(["m"])));
    assert_eq!(arguments["vars"], json!({"DBT_ENV_SECRET_x": "*****"}));
    assert_eq!(arguments["invocation_command"], "dbt run -s m --vars {DBT_ENV_SECRET_x: *****}");
    assert_eq!(arguments["indirect_selection"], "eager");
    let said = case.query("select said from m");
    assert_eq!(said, [[Cell::Text("m 3".to_owned())]]);
}

#[test]
fn hooks_that_failed_are_among_the_results_and_one_that_cannot_be_compiled_ends_the_run() {
    let case = Case::new(&[("models/m.sql", "select 1 as id")]);
    let hooks =
        |start: &str, end: &str| format!("{PROJECT}on-run-start: [\"{start}\"]\non-run-end: [\"{end}\"]\n");
    let count = "create or replace table seen as select {{ results | length }} as n";
    case.write("dbt_project.yml", &hooks("select 1", count));
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select n from seen"), 1);
    case.write("dbt_project.yml", &hooks("select nope", count));
    assert_eq!(case.go(Verb::Run).exit_code(), 1);
    assert_eq!(case.number("select n from seen"), 2);
    case.write("dbt_project.yml", &hooks("select 1", "{{ nope() }}"));
    let summary = case.go(Verb::Run);
    assert_eq!(summary.exit_code(), 2);
    let results = artifact(&case, "run_results.json")["results"].clone();
    let ids: Vec<&Json> = results.as_array().unwrap().iter().map(|result| &result["unique_id"]).collect();
    assert_eq!(ids, ["operation.shop.shop-on-run-start-0", "model.shop.m"]);
}

#[test]
fn properties_of_a_packages_versions_are_not_those_of_a_model_of_that_name() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("packages.yml", "packages: [{local: dep}]\n"),
        ("dep/dbt_project.yml", "name: dep\nprofile: shop\nversion: '1.0'\n"),
        ("dep/models/m.sql", "select 2 as id"),
        ("dep/models/all.yml", "models: [{name: m, config: {alias: of_dep}, versions: [{v: 1}]}]\n"),
    ]);
    all_well(&case, &case.go(Verb::Build));
    assert_eq!((case.number("select id from m"), case.number("select id from of_dep")), (1, 2));
}

#[test]
fn a_materialization_says_in_which_languages_its_models_are() {
    let makes = |languages: &str| {
        format!(
            "{{% materialization mine, default{languages} %}}{{% call statement('main') %}}create or replace view {{{{ this }}}} as select 1 as id{{% endcall %}}{{{{ return({{'relations': [this.incorporate(type='view')]}}) }}}}{{% endmaterialization %}}"
        )
    };
    let case = Case::new(&[
        ("models/s.sql", "{{ config(materialized='mine') }} select 1 as id"),
        ("models/p.py", "def model(dbt, session):\n    dbt.config(materialized='mine')\n"),
    ]);
    for (languages, of_sql, of_python) in [
        ("", Status::Success, Status::Error),
        (", supported_languages=['python']", Status::Error, Status::Success),
        (", supported_languages=['sql', 'python']", Status::Success, Status::Success),
    ] {
        case.write("macros/mine.sql", &makes(languages));
        let summary = case.go(Verb::Run);
        assert_eq!((status(&summary, "s"), status(&summary, "p")), (of_sql, of_python), "{languages}");
        let failed = summary.results.iter().filter(|result| result.status == Status::Error);
        assert!(failed.into_iter().all(|result| result.message.contains("only supports languages")));
    }
}

#[test]
fn a_packages_materialization_in_place_of_a_built_in_one_is_told() {
    let case = Case::new(&[
        ("models/m.sql", "{{ config(materialized='view') }} select 1 as id"),
        ("packages.yml", "packages: [{local: dep}]\n"),
        ("dep/dbt_project.yml", "name: dep\nprofile: shop\nversion: '1.0'\n"),
        (
            "dep/macros/view.sql",
            "{% materialization view, default %}{% call statement('main') %}create or replace view {{ this }} as {{ sql }}{% endcall %}{{ return({'relations': [this]}) }}{% endmaterialization %}",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    assert!(!case.said().contains("replaces the built-in"), "{}", case.said());
    let flag = "flags: {require_explicit_package_overrides_for_builtin_materializations: false}";
    case.write("dbt_project.yml", &format!("{PROJECT}{flag}\n"));
    all_well(&case, &case.go(Verb::Run));
    assert!(
        case.said().contains("the package 'dep' replaces the built-in materialization 'view'"),
        "{}",
        case.said()
    );
}

#[test]
fn what_is_no_data_is_no_yaml() {
    let case = Case::new(&[(
        "models/m.sql",
        "select '{{ toyaml({'a': adapter}, 'no') }} {{ toyaml({'a': [1, none]}, 'no') | replace('\\n', '|') }}' as said",
    )]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.query("select said from m"), [[Cell::Text("no a:|- 1|- null|".to_owned())]]);
}

#[test]
fn a_config_of_a_test_that_is_null_is_not_said() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        (
            "models/all.yml",
            "models:\n  - name: m\n    columns:\n      - name: id\n        data_tests:\n          - accepted_values:\n              arguments: {values: [2]}\n              config: {severity: \"{{ var('severity', none) | as_native }}\"}\n",
        ),
    ]);
    case.write("dbt_project.yml", &format!("{PROJECT}data_tests: {{+severity: warn}}\n"));
    let severity = |severity: Option<&str>| {
        let vars = severity.map(|value| ("severity".to_owned(), Json::from(value))).into_iter().collect();
        let summary = case.with(RunOptions { vars, ..case.options(Verb::Build) }).unwrap();
        status(&summary, "accepted_values_m_id__2")
    };
    assert_eq!((severity(None), severity(Some("error"))), (Status::Warn, Status::Fail));
}

#[test]
fn a_test_whose_query_does_not_say_true_or_false_is_an_error() {
    let case = Case::new(&[
        ("tests/t.sql", "select 1 as id"),
        (
            "macros/get.sql",
            "{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}select 1 as failures, '{{ var('warn') }}' as should_warn, 'false' as should_error{% endmacro %}",
        ),
    ]);
    for (said, expected) in [("x", Status::Error), ("yes", Status::Warn), ("off", Status::Pass)] {
        let vars = [("warn".to_owned(), Json::from(said))].into_iter().collect();
        let summary = case.with(RunOptions { vars, ..case.options(Verb::Test) }).unwrap();
        assert_eq!(status(&summary, "t"), expected, "{said}");
    }
}

#[test]
fn nodes_are_listed_in_the_order_of_their_ids() {
    let case = Case::new(&[
        ("models/z/a.sql", "select 1 as id"),
        ("models/b.sql", "select 1 as id"),
        ("seeds/s.csv", "id\n1\n"),
    ]);
    assert_eq!(case.go(Verb::List).output, ["shop.z.a", "shop.b", "shop.s"]);
}

#[test]
fn an_unpinned_reference_says_which_version_is_to_come() {
    let case = Case::new(&[
        ("models/m_v1.sql", "select 1 as id"),
        ("models/m_v2.sql", "select 2 as id"),
        ("models/n.sql", "select * from {{ ref('m') }}"),
        ("models/o.sql", "select * from {{ ref('m', v=1) }}"),
        ("models/all.yml", "models: [{name: m, latest_version: 1, versions: [{v: 1}, {v: 2}]}]\n"),
    ]);
    all_well(&case, &case.go(Verb::Run));
    let said = case.said();
    assert_eq!(said.matches("version 2 is there and not the latest yet").count(), 1, "{said}");
    assert!(said.contains("'n' reads version 1 of 'm'"), "{said}");
}

#[test]
fn a_state_is_of_a_version_that_can_be_compared() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/all.yml", "models: [{name: m, data_tests: [mine]}]\n"),
        (
            "tests/generic/mine.sql",
            "{% test mine(model) %}select 1 from {{ model }} where false{% endtest %}",
        ),
    ]);
    all_well(&case, &case.go(Verb::Build));
    let state = case.folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let manifest = artifact(&case, "manifest.json");
    let options = || RunOptions {
        state: Some(state.clone()),
        select: vec!["state:modified".to_owned()],
        ..case.options(Verb::List)
    };
    let write = |manifest: &Json| std::fs::write(state.join("manifest.json"), manifest.to_string()).unwrap();
    write(&manifest);
    assert!(case.with(options()).unwrap().output.is_empty());
    // A test that is gone cannot be compared.
    std::fs::remove_file(case.folder.path().join("tests/generic/mine.sql")).unwrap();
    let said = refused(&case, options());
    assert!(said.contains("depends on a macro or test that does not exist"), "{said}");
    let mut old = manifest;
    old["metadata"]["dbt_schema_version"] = "https://schemas.getdbt.com/dbt/manifest/v3.json".into();
    write(&old);
    let said = refused(&case, options());
    assert!(said.contains("manifest/v3.json") && said.contains("4 is the oldest"), "{said}");
}

#[test]
fn a_foreign_key_is_to_the_relation_that_is_read_in_another_state() {
    let case = Case::new(&[
        (
            "macros/alias.sql",
            "{% macro generate_alias_name(custom_alias_name, node) %}{{ node.name }}_{{ var('in', 'dev') }}{% endmacro %}",
        ),
        ("models/a.sql", "select 1 as id"),
        ("models/b.sql", "{{ config(materialized='table') }} select 1 as id from {{ ref('a') }}"),
        (
            "models/all.yml",
            "models:\n  - name: b\n    config: {contract: {enforced: true}}\n    columns:\n      - {name: id, data_type: integer, constraints: [{type: foreign_key, to: ref('a'), to_columns: [id]}]}\n",
        ),
    ]);
    let vars = [("in".to_owned(), Json::from("prod"))].into_iter().collect();
    case.with(RunOptions { vars, ..case.options(Verb::Parse) }).unwrap();
    let state = case.folder.path().join("state");
    std::fs::rename(case.folder.path().join("target"), &state).unwrap();
    let to = |defer| {
        let state = Some(state.clone());
        let summary = case.with(RunOptions { defer, state, ..case.options(Verb::Compile) }).unwrap();
        all_well(&case, &summary);
        let node = artifact(&case, "manifest.json")["nodes"]["model.shop.b"].clone();
        node["columns"]["id"]["constraints"][0]["to"].as_str().unwrap().rsplit('.').next().unwrap().to_owned()
    };
    assert_eq!((to(true), to(false)), ("\"a_prod\"".to_owned(), "\"a_dev\"".to_owned()));
}

#[test]
fn a_source_of_a_package_is_overridden() {
    let case = Case::new(&[
        ("packages.yml", "packages: [{local: dep}]\n"),
        ("dep/dbt_project.yml", "name: dep\nprofile: shop\nversion: '1.0'\n"),
        ("dep/models/m.sql", "select * from {{ source('raw', 't') }}"),
        (
            "dep/models/raw.yml",
            "sources:\n  - name: raw\n    schema: nowhere\n    tables:\n      - {name: t, columns: [{name: id, data_tests: [not_null]}]}\n      - name: u\n",
        ),
        (
            "models/raw.yml",
            "sources:\n  - name: raw\n    overrides: dep\n    schema: main\n    tables:\n      - {name: t, identifier: given, columns: [{name: id, data_tests: [unique]}]}\n",
        ),
        ("seeds/given.csv", "id\n7\n"),
    ]);
    all_well(&case, &case.go(Verb::Seed));
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(case.number("select id from m"), 7);
    let manifest = artifact(&case, "manifest.json");
    let sources = manifest["sources"].as_object().unwrap();
    let ids: Vec<&String> = sources.keys().collect();
    assert_eq!(ids, ["source.dep.raw.t", "source.dep.raw.u"]);
    assert_eq!(sources["source.dep.raw.u"]["schema"], "main");
    let tests = summary.results.iter().filter(|result| result.resource_type == "test");
    assert_eq!(tests.map(|result| result.name.as_str()).collect::<Vec<_>>(), ["source_unique_raw_t_id"]);
    case.write("models/more.yml", "sources:\n  - name: raw\n    overrides: dep\n    tables: [{name: v}]\n");
    assert!(
        refused(&case, case.options(Verb::Parse)).contains("Sources may only be overridden a single time")
    );
    case.write("models/raw.yml", "");
    case.go(Verb::Parse);
    assert!(case.said().contains("and there is none"), "{}", case.said());
}

#[test]
fn a_unit_test_of_a_model_that_is_switched_off_is_in_the_manifest_as_one() {
    let case = Case::new(&[
        ("models/m.sql", "{{ config(enabled=false) }} select * from {{ ref('gone') }}"),
        (
            "models/all.yml",
            "unit_tests:\n  - name: u\n    model: m\n    given: [{input: ref('gone'), rows: [{id: 1}]}]\n    expect: {rows: [{id: 1}]}\n",
        ),
    ]);
    case.with(case.options(Verb::Parse)).unwrap();
    let entry = artifact(&case, "manifest.json")["disabled"]["unit_test.shop.m.u"][0].clone();
    assert_eq!((&entry["model"], &entry["config"]["enabled"]), (&json!("m"), &json!(false)));
    let given = json!({"rows": [{"id": 1}], "format": "dict", "fixture": null, "input": "ref('gone')"});
    assert_eq!(entry["given"], json!([given]));
    assert!(entry.get("raw_code").is_none(), "{entry}");
}

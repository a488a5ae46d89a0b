//! What dbt 1.11 refuses or warns of before anything runs, with its own sentence beside ours. Each was tried beside dbt.

use crate::case::{Case, all_well};
use ingot_engine::Cell;
use ingot_models::{Status, Verb};

/// All that is said of a project that cannot be parsed.
fn refused(case: &Case) -> String {
    let error = case.with(case.options(Verb::Parse)).unwrap_err();
    format!("{}\n{error}", case.said())
}

#[test]
fn projects_that_dbt_refuses_are_refused_in_its_words() {
    let model = ("models/m.sql", "select 1 as id");
    let contract = "models:\n  - name: m\n    config: {materialized: table, contract: {enforced: true}}\n";
    let keys = format!(
        "{contract}    columns:\n      - {{name: id, data_type: int, constraints: [{{type: primary_key}}]}}\n"
    );
    for (file, text, words) in [
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\narchive: []\n",
            "Additional properties are not allowed ('archive' was unexpected)",
        ),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nmodel-paths: models\n",
            "at path ['model-paths']: 'models' is not valid",
        ),
        ("models/n.sql", "select * from {{ ref('o') }}", "Found a cycle: model.shop."),
        ("models/sub/m.sql", "select 2 as id", "dbt found two models with the name \"m\""),
        (
            "models/n.sql",
            "{{ config(alias='m') }} select 1 as id",
            "dbt found two resources with the database representation",
        ),
        (
            "models/all.yml",
            "models:\n  - name: m\n    config: {enabled: 'True and False'}\n",
            "'True and False' is not of type 'boolean'",
        ),
        ("models/all.yml", "models:\n  - name: m\n    config: {group: g}\n", "Invalid group 'g'"),
        ("models/all.yml", "models: {name: m}\n", "'models' is not a list"),
        ("models/all.yml", "- name: m\n", "Dictionary expected"),
        (
            "models/all.yml",
            "models:\n  - name: m\n    tests: [x]\n    data_tests: [y]\n",
            "cannot have both 'tests' and 'data_tests' defined",
        ),
        (
            "models/all.yml",
            "models:\n  - name: m\n    columns:\n      - name: id\n        data_tests: [{not_null: {where: a, config: {where: b}}}]\n",
            "Test cannot have the same key at the top-level and in config",
        ),
        ("models/all.yml", contract, "Constraints must be defined in a `yml` schema configuration file"),
        (
            "models/all.yml",
            &format!("{keys}    constraints: [{{type: primary_key, columns: [id]}}]\n"),
            "Primary key constraints defined at the model level and the columns level",
        ),
        (
            "models/all.yml",
            &format!("{keys}      - {{name: b, data_type: int, constraints: [{{type: primary_key}}]}}\n"),
            "Found 2 columns (['id', 'b']) with primary key constraints defined",
        ),
        (
            "models/all.yml",
            &keys.replace("materialized: table", "materialized: incremental"),
            "Invalid value for on_schema_change: ignore",
        ),
        (
            "models/all.yml",
            "models:\n  - name: m\n    constraints: [{type: foreign_key, columns: [id], to: other, to_columns: [id]}]\n",
            "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model m: other",
        ),
        (
            "macros/a.sql",
            "{% macro x() %}{% endmacro %}{% macro x() %}{% endmacro %}",
            "dbt found multiple macros named \"x\" in the project",
        ),
    ] {
        let case = Case::new(&[model, ("models/o.sql", "select 1 as a"), (file, text)]);
        if words.starts_with("Found a cycle") {
            case.write("models/o.sql", "select * from {{ ref('n') }}");
        }
        let said = refused(&case);
        assert!(
            said.contains(&format!("in dbt's words: {words}")) || said.contains(words),
            "{words}\n{said}"
        );
    }
}

#[test]
fn properties_enable_none_of_several_nodes_of_one_name() {
    let off = "{{ config(enabled=false) }} select 1 as id";
    let case = Case::new(&[
        ("models/a/m.sql", off),
        ("models/b/m.sql", off),
        ("models/all.yml", "models:\n  - name: m\n    config: {enabled: true}\n"),
    ]);
    let said = refused(&case);
    assert!(said.contains("Found 2 matching disabled nodes for model 'm'"), "{said}");
}

#[test]
fn constraints_of_a_view_are_told_to_have_no_effect() {
    let schema = "models:\n  - name: m\n    config: {contract: {enforced: true}}\n    columns:\n      - {name: id, data_type: integer, constraints: [{type: not_null}]}\n";
    let case = Case::new(&[("models/m.sql", "select 1 as id"), ("models/all.yml", schema)]);
    all_well(&case, &case.go(Verb::Run));
    assert!(case.said().contains("a view keeps none"), "{}", case.said());
    let quiet = schema.replace("type: not_null", "type: not_null, warn_unsupported: false");
    let case = Case::new(&[("models/m.sql", "select 1 as id"), ("models/all.yml", &quiet)]);
    all_well(&case, &case.go(Verb::Run));
    assert!(!case.said().contains("keeps none"), "{}", case.said());
}

#[test]
fn a_result_is_loaded_once_and_a_table_has_its_rows_by_number() {
    let statement = "{% call statement('s', fetch_result=true) %}select 7 as a{% endcall %}";
    let case = Case::new(&[
        (
            "models/once.sql",
            &format!("{statement}select {{{{ load_result('s').table[0]['a'] if execute else 0 }}}} as a"),
        ),
        (
            "models/twice.sql",
            &format!(
                "{statement}{{% set x = load_result('s') %}}{{% set y = load_result('s') %}}select 1 as a"
            ),
        ),
    ]);
    let summary = case.go(Verb::Run);
    assert_eq!(crate::case::status(&summary, "once"), Status::Success, "{}", case.said());
    assert_eq!(case.query("select a from once"), [[Cell::Int(7)]]);
    let twice = summary.results.iter().find(|result| result.name == "twice").unwrap();
    assert_eq!(twice.status, Status::Error);
    assert!(twice.message.contains("named 's' has already been loaded into a variable"), "{}", twice.message);
}

#[test]
fn the_manifest_has_the_relation_of_a_foreign_key_once_it_is_compiled() {
    let schema = "models:\n  - name: m\n    config: {materialized: table}\n    constraints: [{type: foreign_key, columns: [id], to: ref('o'), to_columns: [id]}]\n";
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/o.sql", "select 1 as id"),
        ("models/all.yml", schema),
    ]);
    let to = |verb| {
        case.go(verb);
        let file = case.folder.path().join("target/manifest.json");
        let manifest: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        manifest["nodes"]["model.shop.m"]["constraints"][0]["to"].as_str().unwrap().to_owned()
    };
    assert_eq!(to(Verb::Parse), "ref('o')");
    assert_eq!(to(Verb::Compile), "\"shop\".\"main\".\"o\"");
}

#[test]
fn what_a_variable_gives_is_no_change_where_configs_are_compared_as_written() {
    let flag = "name: shop\nprofile: shop\nflags: {state_modified_compare_more_unrendered_values: true}\n";
    let case = Case::new(&[
        ("dbt_project.yml", flag),
        ("models/m.sql", "{{ config(materialized=var('kind', 'view')) }} select 1 as id"),
        ("models/n.sql", "select 1 as id"),
        (
            "models/all.yml",
            "models:\n  - name: n\n    config: {materialized: \"{{ var('kind', 'view') }}\"}\n",
        ),
    ]);
    case.go(Verb::Parse);
    std::fs::create_dir(case.folder.path().join("state")).unwrap();
    std::fs::copy(
        case.folder.path().join("target/manifest.json"),
        case.folder.path().join("state/manifest.json"),
    )
    .unwrap();
    let mut options = case.options(Verb::List);
    options.select = vec!["state:modified".to_owned()];
    options.state = Some(case.folder.path().join("state"));
    options.vars = serde_json::json!({"kind": "table"}).as_object().unwrap().clone();
    assert_eq!(case.with(options.clone()).unwrap().output, Vec::<String>::new());
    case.write("dbt_project.yml", "name: shop\nprofile: shop\n");
    assert_eq!(case.with(options).unwrap().output.len(), 2, "{}", case.said());
}

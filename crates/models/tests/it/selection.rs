//! What `--select`, `--exclude`, `--selector` and `--state` choose.

use crate::case::Case;
use ingot_core::error::Error;
use ingot_models::{IndirectSelection, ListOutput, RunOptions, Verb};
use std::path::Path;

/// The project of tests/it/cases/features.
fn features() -> Case {
    let case = Case::new(&[]);
    case.lay(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cases/features")));
    case.write(
        "profiles.yml",
        "case:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n",
    );
    case
}

/// What is chosen, by name. That it is listed by unique id is a test of `as_dbt_does`.
fn list(case: &Case, change: impl FnOnce(&mut RunOptions)) -> Result<Vec<String>, Error> {
    let mut options = case.options(Verb::List);
    options.list_output = ListOutput::Name;
    change(&mut options);
    let mut names = case.with(options)?.output;
    names.sort();
    Ok(names)
}

fn select(case: &Case, words: &str) -> String {
    let found = list(case, |options| {
        options.select = vec![words.to_owned()];
        options.exclude_resource_types = vec!["test".to_owned()];
    });
    found.unwrap_or_else(|error| panic!("{words}: {error}")).join(" ")
}

/// dbt lists analyses where they are asked for by their type.
#[test]
fn analyses_are_listed_on_demand() {
    let case = features();
    let named = |kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        list(&case, |options| options.resource_types = kinds).unwrap().contains(&"look".to_owned())
    };
    assert!(!named(&[]) && !named(&["model"]));
    assert!(named(&["analysis"]) && named(&["all"]));
}

#[test]
fn every_method() {
    let case = features();
    for (words, expected) in [
        ("older", "older"),
        ("features_case.staging", "stg_hidden stg_kinds"),
        ("staging.*", "stg_hidden stg_kinds"),
        ("stg_*", "stg_hidden stg_kinds"),
        ("tag:stg", "stg_hidden stg_kinds"),
        ("tag:weekly", "board"),
        ("tag:files", "files.raw"),
        ("group:finance", "older stg_hidden"),
        ("access:private", "stg_hidden"),
        ("access:public", "orders.v1 orders.v2"),
        ("source:files", "files.raw"),
        ("source:files.raw+1", "board files.raw from_source"),
        ("source:inside.n*", "inside.nothing"),
        ("exposure:board", "board"),
        ("exposure:*", "board script"),
        ("+exposure:script", "kinds script stg_kinds"),
        ("path:models/staging", "stg_hidden stg_kinds"),
        ("models/staging/stg_kinds.sql", "stg_kinds"),
        ("stg_kinds.sql", "stg_kinds"),
        ("file:stg_kinds", "stg_kinds"),
        ("package:tools", "tool_model"),
        ("package:this,resource_type:seed", "kinds"),
        ("config.materialized:view", "stg_hidden stg_kinds"),
        ("config.meta.owner:b", "older"),
        ("config.tags:nightly", "older"),
        ("config.contract.enforced:true", "contracted"),
        ("resource_type:exposure", "board script"),
        ("version:latest", "orders.v2"),
        ("version:old", "orders.v1"),
        ("orders.v1", "orders.v1"),
        ("orders_v2", "orders.v2"),
        ("orders", "orders.v1 orders.v2"),
        ("1+older", "older orders.v1 orders.v2 stg_hidden tool_model"),
        ("@snap", "kinds snap"),
    ] {
        assert_eq!(select(&case, words), expected, "{words}");
    }
}

#[test]
fn tests_by_name_and_type() {
    let case = features();
    let tests =
        |words: &str| list(&case, |options| options.select = vec![words.to_owned()]).unwrap().join(" ");
    assert_eq!(tests("test_type:singular"), "singular");
    assert_eq!(tests("test_name:always_passes"), "always_passes_orders_v1_ always_passes_orders_v2_");
    assert_eq!(tests("test_name:unique,orders"), "unique_orders_v1_id unique_orders_v2_id");
    assert_eq!(tests("config.severity:warn,test_type:generic"), "not_null_older_id");
}

#[test]
fn how_tests_come_along() {
    let case = features();
    let with = |mode: IndirectSelection, words: &str| {
        let found = list(&case, |options| {
            options.select = vec![words.to_owned()];
            options.resource_types = vec!["test".to_owned()];
            options.indirect_selection = mode;
        });
        found.unwrap().join(" ")
    };
    let relationship = "relationships_older_id__id__ref_stg_kinds_";
    assert_eq!(with(IndirectSelection::Eager, "stg_kinds"), relationship);
    assert_eq!(with(IndirectSelection::Cautious, "stg_kinds"), "");
    assert_eq!(with(IndirectSelection::Cautious, "stg_kinds singular"), "singular");
    assert!(with(IndirectSelection::Cautious, "stg_kinds older").contains(relationship));
    assert!(with(IndirectSelection::Buildable, "older").contains(relationship));
    assert_eq!(with(IndirectSelection::Empty, "older"), "");
}

#[test]
fn selectors_of_the_project() {
    let case = features();
    let of = |name: &str| {
        list(&case, |options| {
            options.selector = Some(name.to_owned());
            options.exclude_resource_types = vec!["test".to_owned()];
        })
    };
    assert_eq!(of("nightly").unwrap(), ["older"]);
    assert_eq!(of("both").unwrap(), ["kinds", "older", "script", "stg_kinds"]);
    assert_eq!(
        of("staged").unwrap(),
        ["contracted", "older", "orders.v1", "orders.v2", "script", "stg_kinds"]
    );
    assert_eq!(of("nighly").unwrap_err().hint_text(), Some("did you mean 'nightly'?"));
    let both = list(&case, |options| {
        options.selector = Some("nightly".to_owned());
        options.select = vec!["older".to_owned()];
    });
    assert!(both.unwrap_err().message().contains("--selector cannot be combined with"));
}

#[test]
fn what_selects_nothing_is_told() {
    let case = features();
    assert_eq!(select(&case, "oldr"), "");
    list(&case, |options| options.exclude = vec!["stg_kindz".to_owned()]).unwrap();
    let said = case.said();
    assert!(said.contains("'oldr' selects nothing; did you mean 'older'?"), "{said}");
    assert!(said.contains("'stg_kindz' selects nothing; did you mean 'stg_kinds'?"), "{said}");
    for (words, hint) in [
        ("tags:x", "did you mean 'tag:'?"),
        ("resource_type:modl", "did you mean 'model'?"),
        ("access:privat", "did you mean 'private'?"),
        ("state:modified", "name the folder with its artifacts: --state DIR (or DBT_STATE)"),
    ] {
        let error = list(&case, |options| options.select = vec![words.to_owned()]).unwrap_err();
        assert_eq!(error.hint_text(), Some(hint), "{words}");
    }
}

#[test]
fn against_another_state() {
    let case = features();
    case.go(Verb::Parse);
    let before = case.folder.path().join("before");
    std::fs::create_dir(&before).unwrap();
    std::fs::rename(case.folder.path().join("target/manifest.json"), before.join("manifest.json")).unwrap();
    let changed = |words: &str| {
        let found = list(&case, |options| {
            options.select = vec![words.to_owned()];
            options.state = Some(before.clone());
            options.indirect_selection = IndirectSelection::Empty;
        });
        found.unwrap().join(" ")
    };
    assert_eq!(changed("state:modified"), "", "nothing has changed");
    assert_eq!(changed("state:new"), "");
    case.write(
        "models/staging/stg_kinds.sql",
        "{{ config(tags='fresh', meta={'owner': 'z'}) }}\nselect id, code, 1 as one from {{ ref('kinds') }}",
    );
    case.write("models/new_one.sql", "select 1 as id");
    case.write("macros/tests.sql", "{% test always_passes(model) %}select 1 from {{ model }} where 1 = 0{% endtest %}{% macro greet(name, times=1) %}{% endmacro %}");
    case.write("models/marts/contracted.sql", "{{ config(alias='other') }}select id::integer as id, code::varchar as code from {{ ref('stg_kinds') }}");
    case.write("seeds/kinds.csv", "id,code,loaded\n1,001,2024-01-01 10:00:00\n");
    assert_eq!(changed("state:new"), "new_one");
    assert_eq!(changed("state:modified.body"), "contracted kinds new_one stg_kinds");
    assert_eq!(changed("state:modified.configs"), "new_one stg_kinds");
    assert_eq!(changed("state:modified.relation"), "contracted new_one");
    assert_eq!(changed("state:modified.macros"), "always_passes_orders_v1_ always_passes_orders_v2_");
    assert_eq!(
        changed("state:modified"),
        "always_passes_orders_v1_ always_passes_orders_v2_ contracted kinds new_one stg_kinds"
    );
    assert!(!changed("state:unmodified").contains("stg_kinds "), "{}", changed("state:unmodified"));
    assert!(changed("state:modified+,resource_type:exposure").contains("board"));
}

//! Behaviour of dbt 1.11 at the edges: what is selected of a catalog, keys that are null, levels of a source's
//! configuration, hooks where nothing is built.

use crate::case::{Case, all_well, status};
use ingot_engine::Cell;
use ingot_models::{DepsRequest, Status, Verb};
use serde_json::{Value as Json, json};

fn artifact(case: &Case, name: &str) -> Json {
    let file = case.folder.path().join("target").join(name);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A project whose on-run-end writes down how many results it saw, and of which nodes.
fn with_hooks(files: &[(&str, &str)]) -> Case {
    let case = Case::new(files);
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nversion: '1.0'\non-run-start: [\"create table if not exists ends (n int, names text)\"]\non-run-end: [\"insert into ends values ({{ results | length }}, '{{ results | map(attribute='node.name') | join(',') }}')\"]\n",
    );
    case
}

#[test]
fn hooks_run_for_an_ephemeral_model_alone() {
    let case = with_hooks(&[("models/e.sql", "{{ config(materialized='ephemeral') }} select 1 as id")]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.query("select n, names from ends"), [[Cell::Int(0), Cell::Text(String::new())]]);
}

#[test]
fn the_end_of_source_freshness_sees_the_sources() {
    let case = with_hooks(&[
        ("models/m.sql", "select now()::timestamp as loaded"),
        (
            "models/all.yml",
            "sources:\n  - name: s\n    schema: main\n    config: {loaded_at_field: loaded}\n    tables: [{name: m, freshness: {warn_after: {count: 1, period: day}}}]\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    all_well(&case, &case.go(Verb::Freshness));
    assert_eq!(case.number("select count(*) from ends where n = 1 and names = 'm'"), 2);
    let result = &artifact(&case, "sources.json")["results"][0];
    for key in ["max_loaded_at", "snapshotted_at"] {
        let time = result[key].as_str().unwrap();
        assert!(time.ends_with("+00:00") && time.len() <= "2026-01-01T00:00:00.000000+00:00".len(), "{time}");
    }
    assert_eq!(result["timing"][1]["name"], "execute");
}

#[test]
fn a_hook_that_fails_may_leave_the_models_to_retry() {
    let case = Case::new(&[("models/m.sql", "select 1 as id")]);
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nversion: '1.0'\non-run-start: [select nothing]\nflags: {skip_nodes_if_on_run_start_fails: true}\n",
    );
    let summary = case.go(Verb::Run);
    assert_eq!(status(&summary, "m"), Status::Skipped);
}

#[test]
fn a_catalog_has_what_is_selected_and_assets_are_beside_it() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/n.sql", "select 1 as id"),
        ("models/all.yml", "sources: [{name: s, schema: main, tables: [{name: m}, {name: n}]}]\n"),
        ("pictures/of/a.svg", "<svg/>"),
    ]);
    case.write("dbt_project.yml", "name: shop\nprofile: shop\nversion: '1.0'\nasset-paths: [pictures]\n");
    all_well(&case, &case.go(Verb::Run));
    let keys = |select: &[&str]| -> (Vec<String>, Vec<String>) {
        let mut options = case.options(Verb::Docs);
        options.select = select.iter().map(|word| (*word).to_owned()).collect();
        all_well(&case, &case.with(options).unwrap());
        let catalog = artifact(&case, "catalog.json");
        let of = |section: &str| catalog[section].as_object().unwrap().keys().cloned().collect();
        (of("nodes"), of("sources"))
    };
    let all = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    assert_eq!(keys(&["m"]), (all(&["model.shop.m"]), all(&[])));
    assert_eq!(keys(&["source:s.n"]), (all(&[]), all(&["source.shop.s.n"])));
    assert_eq!(
        keys(&[]),
        (all(&["model.shop.m", "model.shop.n"]), all(&["source.shop.s.m", "source.shop.s.n"]))
    );
    assert!(case.folder.path().join("target/pictures/of/a.svg").is_file());
}

#[test]
fn a_test_whose_rows_the_flag_stores_has_a_relation() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/all.yml", "models: [{name: m, columns: [{name: id, data_tests: [not_null]}]}]\n"),
    ]);
    let relation = || {
        let manifest = artifact(&case, "manifest.json");
        let nodes = manifest["nodes"].as_object().unwrap().clone();
        nodes.into_iter().find(|(id, _)| id.starts_with("test.")).unwrap().1["relation_name"].clone()
    };
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(relation(), Json::Null);
    let mut options = case.options(Verb::Test);
    options.store_failures = true;
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(relation(), json!("\"shop\".\"main_dbt_test__audit\".\"not_null_m_id\""));
}

#[test]
fn a_snapshot_says_that_keys_are_null() {
    let snapshot = "{% snapshot s %}{{ config(strategy='check', check_cols='all', unique_key=['a', 'b']) }}select 1 as a, {{ var('b') }}::int as b{% endsnapshot %}";
    let case = Case::new(&[("snapshots/s.sql", snapshot)]);
    let go = |b: &str| {
        let mut options = case.options(Verb::Snapshot);
        options.vars = [("b".to_owned(), b.into())].into_iter().collect();
        all_well(&case, &case.with(options).unwrap());
    };
    go("1");
    assert!(!case.said().contains("null in the unique_key"), "{}", case.said());
    go("null");
    assert!(case.said().contains("1 added row has a null in the unique_key (a, b)"), "{}", case.said());
}

#[test]
fn keys_that_look_misspelt_are_told() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/all.yml", "models:\n  - name: m\n    coloumns: []\n    owned_by: me\n"),
    ]);
    all_well(&case, &case.go(Verb::Run));
    let said = case.said();
    assert!(
        said.contains("models/all.yml:3: nothing reads the key 'coloumns'; did you mean 'columns'?"),
        "{said}"
    );
    assert!(!said.contains("owned_by"), "{said}");
}

#[test]
fn a_trailing_comment_ends_no_query_of_files_and_delta_tables() {
    let case = Case::new(&[]);
    let place = |name: &str| case.folder.path().join(name).display().to_string();
    case.write(
        "models/files.sql",
        &format!(
            "{{{{ config(materialized='external', location='{}') }}}}\nselect 1 as id -- the end;\n;",
            place("files.parquet")
        ),
    );
    case.write(
        "models/lake.sql",
        &format!(
            "{{{{ config(materialized='delta', location='{}', unique_key='id') }}}}\nwith a as (select 1 as id)\nselect * from a -- the end",
            place("lake")
        ),
    );
    for _ in 0..2 {
        all_well(&case, &case.go(Verb::Run));
    }
    assert_eq!(case.number("select (select count(*) from files) + (select count(*) from lake)"), 2);
}

const UNIT: &str = "models:\n  - name: n\nunit_tests:\n  - name: u\n    model: n\n    given:\n      - input: ref('m')\n        rows: [{COLUMN: 1}]\n    expect:\n      rows: [{id: 1}]\n";

#[test]
fn a_wrong_column_of_a_unit_test_is_shown_where_it_is_written() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/n.sql", "select id from {{ ref('m') }}"),
        ("models/all.yml", &UNIT.replace("COLUMN", "idd")),
    ]);
    let summary = case.go(Verb::Build);
    let message = &summary.results.iter().find(|result| result.name == "u").unwrap().message;
    assert!(
        message.contains("Invalid column name: 'idd'") && message.contains("models/all.yml:4"),
        "{message}"
    );
    assert!(!message.contains("built-in macros"), "{message}");
}

#[test]
fn fixtures_know_the_columns_of_a_relation_that_is_read_elsewhere() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/n.sql", "select id from {{ ref('m') }}"),
        ("models/all.yml", &UNIT.replace("COLUMN", "id")),
        (
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: main}\n    mine: {type: duckdb, path: shop.duckdb, schema: mine}\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    std::fs::rename(case.folder.path().join("target"), case.folder.path().join("state")).unwrap();
    let mut options = case.options(Verb::Test);
    options.target = Some("mine".to_owned());
    options.defer = true;
    options.state = Some(case.folder.path().join("state"));
    let summary = case.with(options).unwrap();
    assert_eq!(status(&summary, "u"), Status::Pass, "{}", case.said());
}

#[test]
fn a_source_joins_what_its_levels_say() {
    let case = Case::new(&[(
        "models/all.yml",
        "sources:\n  - name: s\n    meta: {a: 1, b: 1}\n    tags: [z]\n    config: {meta: {b: 2}, loaded_at_field: at, tags: y}\n    freshness: {warn_after: {count: 1, period: day}}\n    tables:\n      - name: plain\n      - name: silent\n        config: {freshness: null, meta: {c: 3}}\n      - name: own\n        tags: [x]\n        loaded_at_query: select 1\n        freshness: {error_after: {count: 2, period: day}}\n",
    )]);
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nversion: '1.0'\nsources: {+freshness: {error_after: {count: 9, period: hour}}}\n",
    );
    all_well(&case, &case.go(Verb::Parse));
    let sources = artifact(&case, "manifest.json")["sources"].clone();
    let of = |name: &str| &sources[format!("source.shop.s.{name}")];
    let (day, days, none) = (
        json!({"count": 1, "period": "day"}),
        json!({"count": 2, "period": "day"}),
        json!({"count": null, "period": null}),
    );
    assert_eq!(of("plain")["freshness"], json!({"warn_after": day, "error_after": none, "filter": null}));
    assert_eq!(of("silent")["freshness"], Json::Null);
    assert_eq!(of("own")["freshness"], json!({"warn_after": day, "error_after": days, "filter": null}));
    assert_eq!(of("silent")["meta"], json!({"a": 1, "b": 2, "c": 3}));
    assert_eq!(of("own")["tags"], json!(["x", "y", "z"]));
    assert_eq!(of("plain")["loaded_at_field"], json!("at"));
    assert_eq!(of("own")["loaded_at_query"], json!("select 1"));
}

#[test]
fn arguments_of_macros_are_compared_where_the_project_asks() {
    let case = Case::new(&[
        ("macros/m.sql", "{% macro m(a, b) %}{% endmacro %}{% macro n(c) %}{% endmacro %}"),
        (
            "macros/all.yml",
            "macros:\n  - name: m\n    arguments: [{name: a, type: 'list[int]'}, {name: x, type: 'int[int]'}]\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Parse));
    assert!(!case.said().contains("Argument"), "{}", case.said());
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nversion: '1.0'\nflags: {validate_macro_args: true}\n",
    );
    all_well(&case, &case.go(Verb::Parse));
    let said = case.said();
    for text in [
        "Argument x in yaml for macro m does not match the jinja definition",
        "Argument x in the yaml for macro m has an invalid type",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert_eq!(artifact(&case, "manifest.json")["macros"]["macro.shop.n"]["arguments"][0]["name"], "c");
}

#[test]
fn selectors_and_packages_are_rendered() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/n.sql", "select 1 as id"),
        ("selectors.yml", "selectors: [{name: one, definition: \"{{ var('which', 'm') }}\"}]\n"),
        ("packages.yml", "packages: [{local: \"{{ var('where') }}\"}]\n"),
        ("there/dbt_project.yml", "name: there\nversion: '1.0'\n"),
    ]);
    let vars = [("where".to_owned(), Json::from("there")), ("which".to_owned(), "n".into())];
    let vars: serde_json::Map<String, Json> = vars.into_iter().collect();
    let mut options = case.options(Verb::Run);
    assert!(ingot_models::deps(&options, &DepsRequest::default(), case.ears()).is_err());
    options.vars = vars;
    ingot_models::deps(&options, &DepsRequest::default(), case.ears()).unwrap();
    options.selector = Some("one".to_owned());
    let summary = case.with(options).unwrap();
    all_well(&case, &summary);
    assert_eq!(summary.results.iter().map(|result| result.name.as_str()).collect::<Vec<_>>(), ["n"]);
}

#[test]
fn configs_that_dbt_refuses_are_refused() {
    for (config, key) in [
        ("seeds: {+materialized: table}", "materialized"),
        ("snapshots: {+materialized: table}", "materialized"),
        ("data_tests: {+materialized: view}", "materialized"),
        ("models: {+docs: {node_color: aweioohafio23f}}", "docs"),
        ("models: {+freshness: {build_after: {count: 1}}}", "freshness"),
        ("require-dbt-version: '>=1.12.0'", "requires dbt >=1.12.0"),
        ("require-dbt-version: ['>=1.3', '<2.0.0']", "is not a version"),
    ] {
        let case = Case::new(&[
            ("models/m.sql", "select 1 as id"),
            ("seeds/s.csv", "a\n1\n"),
            ("tests/t.sql", "select 1 where false"),
            (
                "snapshots/p.sql",
                "{% snapshot p %}{{ config(strategy='check', check_cols='all', unique_key='a') }}select 1 as a{% endsnapshot %}",
            ),
        ]);
        case.write("dbt_project.yml", &format!("name: shop\nprofile: shop\nversion: '1.0'\n{config}\n"));
        let error = case.with(case.options(Verb::Build)).unwrap_err();
        assert!(error.to_string().contains(key), "{config}: {error}");
        let mut options = case.options(Verb::Build);
        options.version_check = false;
        assert_eq!(case.with(options).is_ok(), config.starts_with("require"), "{config}");
    }
}

#[test]
fn what_breaks_a_contract_is_told() {
    let yaml = |column: &str, versions: &str| {
        format!(
            "models:\n  - name: m\n    config: {{contract: {{enforced: true}}, materialized: table}}\n    columns: [{{name: {column}, data_type: int}}]\n{versions}"
        )
    };
    for (file, versions) in [("models/m.sql", ""), ("models/m_v1.sql", "    versions: [{v: 1}]\n")] {
        let case = Case::new(&[(file, "select 1 as a"), ("models/all.yml", &yaml("a", versions))]);
        all_well(&case, &case.go(Verb::Run));
        std::fs::rename(case.folder.path().join("target"), case.folder.path().join("state")).unwrap();
        case.write(file, "select 1 as b");
        case.write("models/all.yml", &yaml("b", versions));
        let mut options = case.options(Verb::Run);
        options.state = Some(case.folder.path().join("state"));
        options.select = vec!["state:modified".to_owned()];
        let outcome = case.with(options);
        if versions.is_empty() {
            all_well(&case, &outcome.unwrap());
            let said = case.said();
            assert!(said.contains("Columns were removed") && said.contains("unversioned model"), "{said}");
        } else {
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains("Columns were removed") && error.contains("models/m_v1.sql"), "{error}");
        }
    }
}

#[test]
fn filters_of_yaml_mark_a_text_and_convert_what_the_template_gives() {
    let project = |flag: &str| {
        format!(
            "name: shop\nprofile: shop\nversion: '1.0'\nmodels: {{shop: {{m: {{+enabled: \"{{{{ {flag} }}}}\"}}}}}}\n"
        )
    };
    for (flag, runs) in [
        ("target.name == 'dev' | as_bool", 1),
        ("target.name == 'prod' | as_bool", 0),
        ("(target.name == 'dev') | as_bool", 1),
        ("'False' | as_bool", 0),
    ] {
        let case = Case::new(&[("models/m.sql", "select 1 as id"), ("dbt_project.yml", &project(flag))]);
        let summary = case.go(Verb::Run);
        assert_eq!(summary.results.len(), runs, "{flag}: {}", case.said());
    }
    let case = Case::new(&[("dbt_project.yml", &project("'dev' | as_bool"))]);
    let error = case.with(case.options(Verb::Parse)).unwrap_err();
    assert!(error.to_string().contains("'dev' is neither True nor False"), "{error}");
}

#[test]
fn templates_of_a_source_are_compared_where_the_project_asks() {
    let yaml =
        |schema: &str| format!("sources: [{{name: s, schema: \"{schema}\", tables: [{{name: t}}]}}]\n");
    for (flag, before, after, modified) in [
        ("false", "{{ var('a') }}", "{{ var('a') }}", 1),
        ("true", "{{ var('a') }}", "{{ var('a') }}", 0),
        ("true", "{{ var('a') }}", "{{ var('a') }}x", 1),
    ] {
        let case = Case::new(&[("models/all.yml", &yaml(before))]);
        case.write(
            "dbt_project.yml",
            &format!(
                "name: shop\nprofile: shop\nversion: '1.0'\nflags: {{state_modified_compare_more_unrendered_values: {flag}}}\n"
            ),
        );
        let mut options = case.options(Verb::Parse);
        options.vars = [("a".to_owned(), "one".into())].into_iter().collect();
        all_well(&case, &case.with(options).unwrap());
        assert_eq!(
            artifact(&case, "manifest.json")["sources"]["source.shop.s.t"]["unrendered_schema"],
            before
        );
        std::fs::rename(case.folder.path().join("target"), case.folder.path().join("state")).unwrap();
        case.write("models/all.yml", &yaml(after));
        let mut options = case.options(Verb::List);
        options.vars = [("a".to_owned(), "two".into())].into_iter().collect();
        options.state = Some(case.folder.path().join("state"));
        options.select = vec!["state:modified".to_owned()];
        assert_eq!(case.with(options).unwrap().output.len(), modified, "{flag} {after}: {}", case.said());
    }
}

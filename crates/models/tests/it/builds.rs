//! Small dbt projects, written into a folder, run, and looked at through DuckDB.

use crate::case::{Case, all_well, status};
use ingot_engine::Cell;
use ingot_models::{Status, Verb};
use std::path::Path;

#[test]
fn views_tables_tests_and_macros() {
    let case = Case::new(&[
        ("models/stg_a.sql", "select 1 as id, 'x' as kind union all select 2, 'y'\n"),
        (
            "models/marts/a.sql",
            "{{ config(materialized='table', schema='gold') }}\nselect *, {{ double('id') }} as twice, '{{ var(\"mark\") }}' as mark from {{ ref('stg_a') }}\n",
        ),
        ("macros/double.sql", "{% macro double(column) %}{{ column }} * 2{% endmacro %}"),
        (
            "macros/schema.sql",
            "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}",
        ),
        (
            "models/schema.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique, not_null, {relationships: {arguments: {to: ref('stg_a'), field: id}}}]\n      - name: kind\n        data_tests:\n          - accepted_values: {arguments: {values: [x]}, config: {severity: warn}}\n",
        ),
        ("tests/none_above_two.sql", "select * from {{ ref('a') }} where id > 2"),
        ("dbt_project.yml", "name: shop\nprofile: shop\nvars: {mark: m}\n"),
    ]);
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(summary.results.len(), 7, "{:?}", summary.results);
    assert_eq!(case.number("select sum(twice)::int from gold.a where mark = 'm'"), 6);
    assert_eq!(summary.count(Status::Warn), 1);
    assert_eq!(summary.results.iter().find(|r| r.status == Status::Warn).unwrap().failures, Some(1));
    assert!(case.folder.path().join("target/compiled/shop/models/marts/a.sql").is_file());
    assert!(case.folder.path().join("target/manifest.json").is_file());
    // A second run replaces the table and leaves nothing behind.
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(
        case.number("select count(*) from information_schema.tables where table_name like '%__dbt_%'"),
        0
    );
}

#[test]
fn incremental_models_take_only_what_is_new() {
    let model = "{{ config(materialized='incremental', unique_key='id') }}\nselect * from {{ ref('src') }}\n{% if is_incremental() %}where v > (select max(v) from {{ this }}){% endif %}\n";
    let case = Case::new(&[("models/src.sql", "select 1 as id, 10 as v"), ("models/inc.sql", model)]);
    all_well(&case, &case.go(Verb::Run));
    case.write("models/src.sql", "select 1 as id, 11 as v union all select 2, 12 union all select 3, 5");
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from inc"), 2);
    assert_eq!(case.number("select v from inc where id = 1"), 11);
    let mut options = case.options(Verb::Run);
    options.full_refresh = true;
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.number("select count(*) from inc"), 3);
}

#[test]
fn the_strategies_and_new_columns() {
    let model = |strategy: &str| {
        format!(
            "{{{{ config(materialized='incremental', unique_key='id', incremental_strategy='{strategy}', on_schema_change='append_new_columns') }}}}\nselect * from {{{{ ref('src') }}}}"
        )
    };
    let case = Case::new(&[
        ("models/src.sql", "select 1 as id, 10 as v"),
        ("models/app.sql", &model("append")),
        ("models/del.sql", &model("delete+insert")),
        ("models/mer.sql", &model("merge")),
    ]);
    all_well(&case, &case.go(Verb::Run));
    case.write("models/src.sql", "select 1 as id, 20 as v, 'n' as extra union all select 2, 30, 'm'");
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from app"), 3);
    for table in ["del", "mer"] {
        assert_eq!(
            case.number(&format!("select count(*) from {table} where extra is not null")),
            2,
            "{table}"
        );
        assert_eq!(case.number(&format!("select sum(v)::int from {table}")), 50, "{table}");
    }
}

#[test]
fn a_failed_node_stops_what_depends_on_it() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id\n"),
        ("models/bad.sql", "select\n    id,\n    nothing_like_this\nfrom {{ ref('a') }}\n"),
        ("models/after.sql", "select * from {{ ref('bad') }}"),
        ("models/apart.sql", "select * from {{ ref('a') }}"),
    ]);
    let summary = case.go(Verb::Run);
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(status(&summary, "bad"), Status::Error);
    assert_eq!(status(&summary, "after"), Status::Skipped);
    assert_eq!(status(&summary, "apart"), Status::Success);
    let said = case.said();
    assert!(said.contains("models/bad.sql:3"), "{said}");
    assert!(said.contains("nothing_like_this"), "{said}");
}

#[test]
fn a_failed_test_stops_what_depends_on_the_model() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id union all select 1"),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        ("models/schema.yml", "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]"),
    ]);
    let summary = case.go(Verb::Build);
    assert_eq!(status(&summary, "unique_a_id"), Status::Fail);
    assert_eq!(status(&summary, "b"), Status::Skipped);
    assert_eq!(summary.exit_code(), 1);
}

#[test]
fn sources_outside_the_database_ephemerals_seeds_and_hooks() {
    let case = Case::new(&[
        ("data/raw.csv", "id,name\n1,a\n2,b\n"),
        ("seeds/kinds.csv", "id,label,day\n1,one,2024-01-01\n2,two,\n"),
        (
            "models/eph.sql",
            "{{ config(materialized='ephemeral') }} select id from {{ source('ext', 'raw') }} where id > 1",
        ),
        (
            "models/t.sql",
            "{{ config(materialized='table', post_hook='insert into log values (7)') }}\nwith k as (select * from {{ ref('kinds') }}) select e.id, k.label from {{ ref('eph') }} e join k using (id)",
        ),
    ]);
    let place = case.folder.path().join("data");
    case.write("models/s.yml", &format!("sources:\n  - name: ext\n    meta: {{external_location: \"{}/{{name}}.csv\"}}\n    tables: [{{name: raw}}]\n", place.display()));
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\non-run-start: \"create table if not exists log (n int)\"\n",
    );
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(
        case.query("select id::varchar, label from t"),
        [[Cell::Text("2".into()), Cell::Text("two".into())]]
    );
    assert_eq!(case.number("select n from log"), 7);
    assert_eq!(case.number("select count(*) from kinds where day = date '2024-01-01'"), 1);
}

#[test]
fn macros_that_ask_the_database_and_dispatch() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as x, 2 as y"),
        (
            "models/b.sql",
            "-- depends_on: {{ ref('a') }}\n{% set found = run_query('select x from ' ~ ref('a')) %}\n{% if execute %}{% set n = found.columns[0].values()[0] %}{% else %}{% set n = 0 %}{% endif %}\nselect {{ n }} as n, '{{ columns_of(ref('a')) }}' as names, {{ greet() }} as hello, {{ dbt.dateadd('week', 1, \"date '2024-01-01'\") }}::date as later",
        ),
        (
            "macros/m.sql",
            "{% macro columns_of(relation) %}{% set out = [] %}{% for c in adapter.get_columns_in_relation(relation) %}{% do out.append(c.name) %}{% endfor %}{{ return(out | join('+')) }}{% endmacro %}\n{% macro greet() %}{{ return(adapter.dispatch('greet')()) }}{% endmacro %}\n{% macro default__greet() %}'default'{% endmacro %}\n{% macro duckdb__greet() %}'duck'{% endmacro %}",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    let row = &case.query("select n::int, names, hello, later::varchar from b")[0];
    assert_eq!(
        row[..],
        [Cell::Int(1), Cell::Text("x+y".into()), Cell::Text("duck".into()), Cell::Text("2024-01-08".into())]
    );
}

#[test]
fn selection() {
    let case = Case::new(&[
        ("models/a.sql", "{{ config(tags='early') }} select 1 as id"),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        ("models/c.sql", "select * from {{ ref('b') }}"),
    ]);
    let list = |select: &str, exclude: &[&str]| {
        let mut options = case.options(Verb::List);
        options.select = vec![select.to_owned()];
        options.exclude = exclude.iter().map(|word| (*word).to_owned()).collect();
        case.with(options).unwrap().output
    };
    assert_eq!(list("+b", &[]), ["shop.a", "shop.b"]);
    assert_eq!(list("a+1", &[]), ["shop.a", "shop.b"]);
    assert_eq!(list("tag:early+,c", &[]), ["shop.c"]);
    assert_eq!(list("shop", &["b"]), ["shop.a", "shop.c"]);
    assert!(list("bb", &[]).is_empty());
    assert!(case.said().contains("'bb' selects nothing; did you mean 'b'?"), "{}", case.said());
}

#[test]
fn all_errors_of_a_project_at_once_and_nothing_is_built() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        ("models/b.sql", "select *\nfrom {{ ref('aa') }}"),
        ("models/c.sql", "select {{ 1 + }}"),
        (
            "models/schema.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - 1unique\n",
        ),
    ]);
    let error = case.with(case.options(Verb::Build)).unwrap_err();
    let said = case.said();
    assert!(error.message().contains("3 errors"), "{error}\n{said}");
    for expected in [
        "models/b.sql:2",
        "did you mean 'a'?",
        "models/c.sql:1",
        "models/schema.yml:6",
        "'1unique' cannot be the name of a test",
    ] {
        assert!(said.contains(expected), "{expected} is missing in:\n{said}");
    }
    assert!(!case.folder.path().join("shop.duckdb").exists());
}

#[test]
fn a_cycle_shows_its_path() {
    let case = Case::new(&[
        ("models/a.sql", "select * from {{ ref('c') }}"),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        ("models/c.sql", "select * from {{ ref('b') }}"),
    ]);
    let error = case.with(case.options(Verb::Run)).unwrap_err();
    assert!(error.message().contains("a -> c -> b -> a"), "{error}");
}

#[test]
fn snapshots_keep_history() {
    let snapshot = |strategy: &str| {
        format!(
            "{{% snapshot snap %}}{{{{ config(unique_key='id', hard_deletes='invalidate', {strategy}) }}}}\nselect * from {{{{ ref('src') }}}}{{% endsnapshot %}}"
        )
    };
    for strategy in ["strategy='check', check_cols=['v']", "strategy='timestamp', updated_at='changed'"] {
        let case = Case::new(&[
            (
                "models/src.sql",
                "select 1 as id, 'a' as v, timestamp '2024-01-01' as changed union all select 2, 'b', timestamp '2024-01-01'",
            ),
            ("snapshots/s.sql", &snapshot(strategy)),
        ]);
        all_well(&case, &case.go(Verb::Build));
        // The same again changes nothing.
        all_well(&case, &case.go(Verb::Build));
        assert_eq!(case.number("select count(*) from snap"), 2, "{strategy}");
        case.write("models/src.sql", "select 1 as id, 'c' as v, timestamp '2024-01-02' as changed");
        all_well(&case, &case.go(Verb::Build));
        assert_eq!(case.number("select count(*) from snap"), 3, "{strategy}");
        assert_eq!(case.number("select count(*) from snap where dbt_valid_to is null"), 1, "{strategy}");
        assert_eq!(case.query("select v from snap where dbt_valid_to is null"), [[Cell::Text("c".into())]]);
    }
}

/// What the macro of a test says to `config()` holds, unless the place where the test is used says otherwise.
#[test]
fn a_generic_test_brings_its_own_config() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        (
            "models/s.yml",
            "models:\n  - name: a\n    data_tests:\n      - no_rows: {name: mild}\n      - no_rows: {name: strict, config: {severity: error}}\n",
        ),
        (
            "tests/generic/no_rows.sql",
            "{% test no_rows(model) %}{{ config(severity='warn') }}select * from {{ model }}{% endtest %}",
        ),
    ]);
    let summary = case.go(Verb::Build);
    assert_eq!(status(&summary, "mild"), Status::Warn);
    assert_eq!(status(&summary, "strict"), Status::Fail);
}

/// What packages and projects of other people do, and once failed here.
#[test]
fn a_project_as_they_are_in_the_wild() {
    let case = Case::new(&[]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cases/in_the_wild");
    case.lay(Path::new(folder));
    case.write("models/blank.sql", "\n");
    // Not in the case: dbt says that this test is attached to the package's own model, which is switched off.
    let properties = "dbt_packages/kit/models/properties.yml";
    let described = std::fs::read_to_string(case.folder.path().join(properties)).unwrap();
    case.write(properties, &format!("{described}        data_tests: [not_null]\n"));
    let built = case.go(Verb::Build);
    all_well(&case, &built);
    let text = |sql: &str| case.query(sql)[0].iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(text("select batch::int, about from variables"), ["20", "wild 0.3.1 text"]);
    assert_eq!(text("select short, size from shortened"), ["abc", "10000"]);
    assert_eq!(text("select sum(n)::int, count(*) from hooked"), ["1", "2"]);
    assert_eq!(text("select made_by from replaced"), ["the project"]);
    assert_eq!(
        text(
            "select count(*), count(distinct index_name) from duckdb_indexes() where table_name = 'indexed'"
        ),
        ["3", "3"]
    );
    assert_eq!(text("select count(*) from duckdb_indexes() where table_name = 'people_described'"), ["1"]);
    let ids: Vec<&str> = built.results.iter().map(|result| result.unique_id.as_str()).collect();
    for test in ["test.kit.not_null_replaced_made_by.", "test.wild.unique_colours_name."] {
        assert!(ids.iter().any(|id| id.starts_with(test)), "{test} is not among {ids:?}");
    }
    assert!(!ids.contains(&"model.wild.blank"));
    assert!(case.folder.path().join("target/compiled/wild/models/unused_ephemeral.sql").is_file());
    let manifest: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(case.folder.path().join("target/manifest.json")).unwrap(),
    )
    .unwrap();
    let node = |id: &str| &manifest["nodes"][id];
    assert_eq!(
        node("model.wild.replaced")["description"],
        "What the package says of it,\nwith its line ends.\n"
    );
    assert_eq!(node("model.wild.replaced")["patch_path"], "kit://models/properties.yml");
    assert_eq!(node("model.wild.variables")["depends_on"]["macros"], serde_json::json!(["macro.kit.about"]));
    assert_eq!(node("model.wild.hooked")["depends_on"]["nodes"], serde_json::json!(["model.wild.variables"]));
    assert_eq!(node("snapshot.wild.people_described")["raw_code"], "select * from {{ ref('people_now') }}");

    case.lay(&Path::new(folder).join("step_1"));
    all_well(&case, &case.go(Verb::Build));
    let people = case.query("select id, city, is_current from after order by id, city");
    let people: Vec<String> =
        people.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(people, ["1 Hull true", "1 Leeds false", "2 York false", "3 Bath true"]);
}

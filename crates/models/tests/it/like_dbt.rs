//! What strangers' projects rely on: behaviour of dbt 1.11 that is easily missed. Each was tried beside dbt.

use crate::case::{Case, all_well, status};
use ingot_engine::Cell;
use ingot_models::{Status, Verb};
use serde_json::Value as Json;

fn manifest(case: &Case) -> Json {
    let file = case.folder.path().join("target/manifest.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

const PACKAGE: &str = "name: pk\nversion: '1.0'\nvars:\n  plain: a\n  pk:\n    named: b\n";

fn package_with_variables() -> Case {
    Case::new(&[
        ("dbt_packages/pk/dbt_project.yml", PACKAGE),
        (
            "dbt_packages/pk/models/pm.sql",
            "select '{{ config.get('meta').x }}{{ config.get('meta').y }}' as a",
        ),
        (
            "dbt_packages/pk/models/all.yml",
            "models:\n  - name: pm\n    config: {meta: {x: \"{{ var('plain', 'DEF') }}\", y: \"{{ var('named') }}\"}}\nsources:\n  - name: so\n    schema: \"{{ var('plain', 'DEF') }}_schema\"\n    tables: [{name: t, identifier: \"{{ var('named', 'DEF') }}_id\"}]\n",
        ),
    ])
}

#[test]
fn properties_of_a_package_see_its_own_variables() {
    let case = package_with_variables();
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.query("select a from pm"), [[Cell::Text("ab".into())]]);
    let source = &manifest(&case)["sources"]["source.pk.so.t"];
    assert_eq!((&source["schema"], &source["identifier"]), (&"a_schema".into(), &"b_id".into()));
}

#[test]
fn variables_of_the_root_project_go_before_those_of_a_package() {
    let case = package_with_variables();
    case.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nversion: '1.0'\nvars:\n  named: global\n  pk:\n    plain: scoped\n",
    );
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.query("select a from pm"), [[Cell::Text("scopedglobal".into())]]);
}

#[test]
fn a_test_that_refers_to_a_missing_node_is_left_out_with_a_warning() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/off.sql", "{{ config(enabled=false) }} select 1 as id"),
        (
            "models/all.yml",
            "models:\n  - name: m\n    columns:\n      - name: id\n        data_tests: [not_null, {relationships: {arguments: {to: ref('nope'), field: id}}}]\n",
        ),
        ("tests/of_missing.sql", "select * from {{ ref('nope') }}"),
        ("tests/of_missing_source.sql", "select * from {{ source('no', 'such') }}"),
        ("tests/of_disabled.sql", "select * from {{ ref('off') }}"),
    ]);
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(summary.results.len(), 2, "{:?}", summary.results);
    assert_eq!(status(&summary, "m"), Status::Success);
    for name in ["of_missing'", "of_missing_source'", "of_disabled'", "relationships_m_id__id__ref_nope_"] {
        assert!(case.said().contains(name), "{name}: {}", case.said());
    }
}

#[test]
fn a_model_that_refers_to_a_missing_node_stops_the_project() {
    let case = Case::new(&[("models/m.sql", "select * from {{ ref('nope') }}")]);
    let error = case.with(case.options(Verb::Build)).unwrap_err();
    assert!(error.to_string().contains("ref('nope')"), "{error}");
}

#[test]
fn a_source_may_be_named_while_the_model_runs_only() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        (
            "models/n.sql",
            "-- {{ ref('m') }}\nselect 1 as x {% if execute %} from {{ source('src', 'm') }} {% endif %}",
        ),
        ("models/all.yml", "sources: [{name: src, schema: main, tables: [{name: m}]}]\n"),
    ]);
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(case.number("select x from n"), 1);
}

#[test]
fn filters_of_yaml_values_hand_values_of_sql_on() {
    let model = "{{ config(meta={'a': 'false' | as_bool, 'b': '5' | as_number, 'c': '[1]' | as_native, 'd': 5 | as_text}) }} select 1 as id";
    let case = Case::new(&[
        ("models/m.sql", model),
        ("models/all.yml", "models: [{name: y, config: {enabled: \"{{ 'False' | as_bool }}\"}}]\n"),
        ("models/y.sql", "select 1 as id"),
    ]);
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(
        summary.results.len(),
        1,
        "the filter makes a boolean of the text in YAML: {:?}",
        summary.results
    );
    let meta = &manifest(&case)["nodes"]["model.shop.m"]["config"]["meta"];
    assert_eq!(meta, &serde_json::json!({"a": "false", "b": "5", "c": "[1]", "d": 5}));
}

#[test]
fn members_of_undefined_values_are_undefined_while_parsing() {
    let case = Case::new(&[
        (
            "models/m.sql",
            "{% call statement('s', fetch_result=True) %} select 5 as n {% endcall %}{% set r = load_result('s') %}{% set v = r['data'][0][0] %}select {{ v if execute else 0 }} as a",
        ),
        ("models/broken.sql", "select {{ nowhere.foo['a'].bar() }} as a"),
    ]);
    let summary = case.go(Verb::Run);
    assert_eq!(case.number("select a from m"), 5);
    assert_eq!(status(&summary, "m"), Status::Success);
    assert_eq!(status(&summary, "broken"), Status::Error, "the model alone fails: {}", case.said());
}

#[test]
fn hooks_of_the_project_run_before_those_of_packages() {
    let case = Case::new(&[
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\non-run-start: [create or replace table who as select 1 as n]\n",
        ),
        (
            "dbt_packages/aaa/dbt_project.yml",
            "name: aaa\nversion: '1.0'\non-run-start: [insert into who values (2)]\n",
        ),
        ("models/m.sql", "select * from who"),
    ]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select sum(n)::int from m"), 3);
}

#[test]
fn results_at_the_end_of_a_run_have_the_compiled_code_of_their_nodes() {
    let hook = "\"{% for r in results %}insert into said values ('{{ r.node.compiled_code }}', '{{ r.to_dict().node.compiled }}');{% endfor %}\"";
    let case = Case::new(&[("models/m.sql", "select 1 as id")]);
    case.write(
        "dbt_project.yml",
        &format!(
            "name: shop\nprofile: shop\nversion: '1.0'\non-run-start: ['create or replace table said (code varchar, compiled varchar)']\non-run-end: [{hook}]\n"
        ),
    );
    all_well(&case, &case.go(Verb::Run));
    let row = [Cell::Text("select 1 as id".into()), Cell::Text("True".into())];
    assert_eq!(case.query("select * from said where code like 'select%'"), [row]);
}

#[test]
fn what_is_installed_counts_and_not_where_it_came_from() {
    let case = Case::new(&[
        ("packages.yml", "packages:\n  - local: ../not_here\n"),
        ("dbt_packages/lp/dbt_project.yml", "name: lp\nversion: '1.0'\n"),
        ("dbt_packages/lp/models/lpm.sql", "select 4 as id"),
        ("models/m.sql", "select * from {{ ref('lpm') }}"),
    ]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select id from m"), 4);
}

#[test]
fn the_last_of_repeated_keys_holds_with_a_warning() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("models/all.yml", "models:\n  - name: m\n    description: x\n    description: y\n"),
    ]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(manifest(&case)["nodes"]["model.shop.m"]["description"], "y");
    assert!(case.said().contains("models/all.yml:4: the key 'description' stands twice"), "{}", case.said());
}

#[test]
fn types_of_columns_with_the_names_of_properties_are_rendered() {
    let case = Case::new(&[
        ("seeds/s.csv", "code,description,tests\n1,x,2\n"),
        (
            "seeds/all.yml",
            "seeds:\n  - name: s\n    config:\n      column_types:\n        code: \"{{ 'varchar(10)' }}\"\n        description: \"{{ 'varchar(20)' }}\"\n        tests: \"{{ 'bigint' }}\"\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Seed));
    let types = case.query(
        "select data_type from information_schema.columns where table_name = 's' order by ordinal_position",
    );
    assert_eq!(
        types,
        [[Cell::Text("VARCHAR".into())], [Cell::Text("VARCHAR".into())], [Cell::Text("BIGINT".into())]]
    );
}

#[test]
fn docs_blocks_may_be_beside_singular_tests() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("tests/d.md", "{% docs tdoc %}hello{% enddocs %}"),
        ("tests/s.yml", "data_tests: [{name: t, description: \"{{ doc('tdoc') }}\"}]\n"),
        ("tests/t.sql", "select 1 where false"),
    ]);
    all_well(&case, &case.go(Verb::Build));
    assert_eq!(manifest(&case)["nodes"]["test.shop.t"]["description"], "hello");
}

#[test]
fn only_unit_tests_that_changed_are_modified() {
    let tests = |value: u8| {
        format!(
            "unit_tests:\n  - {{name: t1, model: m, given: [{{input: ref('up'), rows: [{{a: 1}}]}}], expect: {{rows: [{{b: 2}}]}}}}\n  - {{name: t2, model: m, given: [{{input: ref('up'), rows: [{{a: {value}}}]}}], expect: {{rows: [{{b: {}}}]}}}}\n",
            value + 1
        )
    };
    let case = Case::new(&[
        ("models/up.sql", "select 1 as a"),
        ("models/m.sql", "select a + 1 as b from {{ ref('up') }}"),
        ("models/all.yml", &tests(3)),
    ]);
    all_well(&case, &case.go(Verb::Build));
    std::fs::rename(case.folder.path().join("target"), case.folder.path().join("state")).unwrap();
    let mut options = case.options(Verb::List);
    options.select = vec!["state:modified".to_owned()];
    options.state = Some(case.folder.path().join("state"));
    assert_eq!(case.with(options.clone()).unwrap().output, [""; 0]);
    case.write("models/all.yml", &tests(4));
    let listed = case.with(options).unwrap().output;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].contains("t2"), "{listed:?}");
}

#[test]
fn the_adapter_knows_the_project_and_its_profile() {
    let case = Case::new(&[(
        "models/m.sql",
        "select '{{ adapter.config.quoting.database }} {{ adapter.config.credentials.schema }} {{ adapter.config.project_name }} {{ adapter.config.model_paths[0] }}' as a",
    )]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.query("select a from m"), [[Cell::Text("True main shop models".into())]]);
}

#[test]
fn an_unknown_macro_is_the_error_of_the_model_that_calls_it() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        ("models/c.sql", "select {{ doubel('x') }}"),
        ("macros/m.sql", "{% macro double(x) %}{{ x }}{% endmacro %}"),
    ]);
    let summary = case.go(Verb::Run);
    assert_eq!((status(&summary, "a"), status(&summary, "c")), (Status::Success, Status::Error));
    for expected in ["models/c.sql:1", "did you mean 'double'?"] {
        assert!(case.said().contains(expected), "{expected} is missing in:\n{}", case.said());
    }
}

#[test]
fn results_of_queries_have_the_values_that_agate_gives_them() {
    let query = "select 12345678901234567890.1234567890::decimal(38,10) as d, 99999999999999.99::decimal(16,2) as m, 0.1::decimal(3,1) as t, 1.0::double as f, date '2020-01-31' as day, {'a': [1, 2], 'b': 'é'} as st, [{'x': 1.50, 'd': date '2020-01-01'}] as ls, map {'k': 1} as mp, interval 36 hours as i, time '01:02:03.5' as tm, 'a\\\\x00'::blob as b";
    let lines = [
        "{{ r['d'] }} {{ r['m'] }} {{ r['t'] + r['t'] + r['t'] }} {{ r['f'] }} {{ r['m'] * 2 }}",
        "{{ r['st'] }} {{ r['ls'] }} {{ r['mp'] }} {{ fromjson(r['st'])['a'][1] + 1 }}",
        "{{ r['day'].year }} {{ r['i'] }} {{ r['tm'] }} {{ r['b'] }} {{ r['nope'] is defined }}",
        "{{ [r['t'], r['day']] }}",
    ];
    let model = format!(
        "{{% if execute %}}{{% set r = run_query(\"{query}\").rows[0] %}}{{% set out %}}{}{{% endset %}}select $t${{{{ out }}}}$t$ as a{{% endif %}}",
        lines.join("|")
    );
    let case = Case::new(&[("models/m.sql", &model)]);
    all_well(&case, &case.go(Verb::Run));
    let expected = [
        "12345678901234567890.1234567890 99999999999999.99 0.3 1.0 199999999999999.98",
        r#"{"a": [1, 2], "b": "\u00e9"} [{"x": 1.5, "d": "2020-01-01"}] {"k": 1} 3"#,
        r"2020 1 day, 12:00:00 01:02:03.500000 b'a\x00' False",
        "[Decimal('0.1'), datetime.date(2020, 1, 31)]",
    ];
    assert_eq!(case.query("select a from m"), [[Cell::Text(expected.join("|"))]]);
}

#[test]
fn a_generic_test_without_a_macro_fails_alone() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        (
            "models/all.yml",
            "models: [{name: m, columns: [{name: id, data_tests: [unique, uniqe, nope_test, {accepted_values: {arguments: {vals: [1]}}}]}]}]\n",
        ),
    ]);
    let summary = case.go(Verb::Build);
    assert_eq!(status(&summary, "m"), Status::Success);
    assert_eq!(status(&summary, "unique_m_id"), Status::Pass);
    assert_eq!(status(&summary, "nope_test_m_id"), Status::Error);
    for expected in ["there is no test 'nope_test'", "did you mean 'unique'?", "has no argument 'vals'"] {
        assert!(case.said().contains(expected), "{expected} is missing in:\n{}", case.said());
    }
}

#[test]
fn repeated_keys_of_profiles_packages_and_selectors_are_no_errors() {
    let case = Case::new(&[
        ("models/m.sql", "select 1 as id"),
        ("packages.yml", "packages: [{local: nowhere}]\npackages: []\n"),
        ("selectors.yml", "selectors: [{name: a, definition: nothing, definition: m}]\n"),
    ]);
    case.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: other.duckdb, path: warehouse.duckdb, threads: 1, threads: 2}\n",
    );
    let mut options = case.options(Verb::Run);
    options.selector = Some("a".to_owned());
    all_well(&case, &case.with(options).unwrap());
}

#[test]
fn queries_may_end_with_a_comment_or_a_semicolon_wherever_they_are_wrapped() {
    for end in [" -- the end", " -- the end;\n", ";", "; -- the end", " /* the end */ ;\n-- so"] {
        let query = |sql: &str| format!("{sql}{end}");
        let config = |config: &str, sql: &str| format!("{{{{ config({config}) }}}} {}", query(sql));
        let snapshot = "{% snapshot s %}{{ config(strategy='check', unique_key='id', check_cols='all') }} ";
        let unit = "unit_tests: [{name: u, model: v, given: [], expect: {rows: [{id: 1}]}}]\n";
        let contract = "config: {contract: {enforced: true}}, columns: [{name: id, data_type: integer}]";
        let case = Case::new(&[
            ("models/v.sql", &query("with a as (select 1 as id) select * from a")),
            ("models/t.sql", &config("materialized='table'", "select 1 as id")),
            ("models/i.sql", &config("materialized='incremental', unique_key='id'", "select 1 as id")),
            ("models/e.sql", &config("materialized='ephemeral'", "select 1 as id")),
            ("models/of_e.sql", &query("with a as (select 1 as b) select id from {{ ref('e') }}, a")),
            ("models/c.sql", &config("materialized='table'", "select 1 as id")),
            ("models/all.yml", &format!("models: [{{name: c, {contract}}}]\n{unit}")),
            ("snapshots/s.sql", &format!("{snapshot}{}\n{{% endsnapshot %}}", query("select 1 as id"))),
            ("tests/of_v.sql", &config("limit=5", "select * from {{ ref('v') }} where id > 1")),
            ("tests/kept.sql", &config("store_failures=true", "select * from {{ ref('v') }} where id > 1")),
        ]);
        for run in 1..=2 {
            let summary = case.go(Verb::Build);
            let bad: Vec<_> = summary.results.iter().filter(|result| result.status.is_bad()).collect();
            assert!(bad.is_empty(), "run {run} with {end:?}: {bad:#?}");
        }
    }
}

/// As packages keep what their macros share: dbt_unit_testing, elementary's tests.
#[test]
fn what_is_put_into_the_context_is_seen_by_macros_that_are_called_later() {
    let case = Case::new(&[
        ("macros/shared.sql", "{% macro seen() %}{{ ore.sort }}{% endmacro %}"),
        (
            "models/m.sql",
            "{% do context.update({'ore': {'sort': 'gold'}}) %}{% do context.setdefault('ore', 1) %}
             select '{{ context.get('ore').sort }}' as a, '{{ context['ore']['sort'] }}' as b, '{{ seen() }}' as c,
                    '{{ context['this'].name }}' as d, '{{ context.model.name }}' as e, '{{ context.get('nothing', 'none') }}' as f",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    let texts = ["gold", "gold", "gold", "m", "m", "none"];
    assert_eq!(case.query("select * from m"), [texts.map(|text| Cell::Text(text.into()))]);
}

#[test]
fn an_ephemeral_model_behind_a_failed_test_is_not_compiled() {
    let case = Case::new(&[
        ("models/a.sql", "select 1 as id"),
        ("models/e.sql", "{{ config(materialized='ephemeral') }}select id from {{ ref('a') }}"),
        ("tests/fails.sql", "select * from {{ ref('a') }}"),
    ]);
    assert_eq!(case.go(Verb::Build).exit_code(), 1);
    let compiled = case.folder.path().join("target/compiled/shop/models/e.sql");
    assert!(!compiled.exists());
    // Without tests in the way there is nothing to wait for.
    all_well(&case, &case.go(Verb::Run));
    assert!(compiled.exists());
}

#[test]
fn what_needs_a_broken_ephemeral_model_is_skipped() {
    let case = Case::new(&[
        (
            "models/e.sql",
            "{{ config(materialized='ephemeral') }}{{ adapter.invalid_method() }} select 1 as id",
        ),
        ("models/middle.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('e') }}"),
        ("models/m.sql", "select * from {{ ref('middle') }}"),
        ("models/after.sql", "select * from {{ ref('m') }}"),
        ("models/apart.sql", "select 1 as id"),
    ]);
    let summary = case.go(Verb::Run);
    let statuses: Vec<(&str, Status)> =
        ["m", "after", "apart"].into_iter().map(|name| (name, status(&summary, name))).collect();
    assert_eq!(statuses, [("m", Status::Skipped), ("after", Status::Skipped), ("apart", Status::Success)]);
    assert_eq!((summary.results.len(), summary.exit_code()), (3, 1));
    let words = "Compilation Error in model.shop.m, caused by compilation error in referenced ephemeral node model.shop.e";
    let skipped = summary.results.iter().find(|result| result.name == "m").unwrap();
    assert!(skipped.message.contains(words), "{}", skipped.message);
    assert!(case.said().contains("error in model.shop.e"), "{}", case.said());
    // One that is not selected itself is the error of the model.
    let mut options = case.options(Verb::Run);
    options.select = vec!["m".to_owned()];
    assert_eq!(status(&case.with(options).unwrap(), "m"), Status::Error);
}

#[test]
fn docs_without_compiling_leave_the_manifest_alone() {
    let case = Case::new(&[("models/m.sql", "select 1 as id")]);
    all_well(&case, &case.go(Verb::Run));
    let manifest = case.folder.path().join("target/manifest.json");
    std::fs::remove_file(&manifest).unwrap();
    let mut options = case.options(Verb::Docs);
    options.compile_docs = false;
    all_well(&case, &case.with(options).unwrap());
    assert!(case.folder.path().join("target/catalog.json").is_file() && !manifest.exists());
}

#[test]
fn a_refused_change_of_columns_is_a_compilation_error() {
    let case = Case::new(&[(
        "models/m.sql",
        "{{ config(materialized='incremental', on_schema_change='fail') }}select 1 as id {{ ', 2 as more' if is_incremental() }}",
    )]);
    all_well(&case, &case.go(Verb::Run));
    let summary = case.go(Verb::Run);
    let message = &summary.results[0].message;
    assert!(message.contains("in dbt's words: Compilation Error in model m (models/m.sql)"), "{message}");
    assert!(message.contains("new: more"), "{message}");
}

#[test]
fn the_text_of_a_model_that_runs_is_that_of_dbt() {
    let case = Case::new(&[
        ("models/v.sql", "select 1 as id"),
        ("models/t.sql", "{{ config(materialized='table') }}select * from {{ ref('v') }}"),
    ]);
    all_well(&case, &case.go(Verb::Run));
    for (name, kind) in [("v", "view"), ("t", "table")] {
        let file = case.folder.path().join(format!("target/run/shop/models/{name}.sql"));
        let text = std::fs::read_to_string(file).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.starts_with(&format!("create {kind} \"shop\".\"main\".\"{name}__dbt_tmp\"")), "{text}");
    }
}

#[test]
fn tables_of_ducklake_are_partitioned_and_sorted() {
    let case = Case::new(&[
        (
            "models/m.sql",
            "{{ config(materialized='view', partitioned_by=['ds', 'day(at)'], sort_by='id') }}\n{%- set p = duckdb__get_partitioned_by(this, false) -%}{%- set s = duckdb__get_sorted_by(this, false) -%}\n{{ duckdb__create_table_as(false, this, 'select 1 as ds', 'sql', partitioned_by=p, sorted_by=s) }}",
        ),
        ("models/t.sql", "{{ config(materialized='table', partition_by='id') }}select 1 as id"),
    ]);
    let compiled = |case: &Case| {
        let file = case.folder.path().join("target/compiled/shop/models/m.sql");
        std::fs::read_to_string(file).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    all_well(&case, &case.go(Verb::Compile));
    assert!(!compiled(&case).contains("set partitioned by"), "{}", compiled(&case));
    let mut options = case.options(Verb::Run);
    options.select = vec!["t".to_owned()];
    all_well(&case, &case.with(options).unwrap());
    assert!(case.said().contains("only supported for DuckLake relations; ignoring for"), "{}", case.said());

    case.write(
        "profiles.yml",
        "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, schema: main, is_ducklake: true}\n",
    );
    all_well(&case, &case.go(Verb::Compile));
    let text = compiled(&case);
    for part in ["limit 0 );", "set partitioned by (ds, day(at));", "set sorted by (\"id\");", "insert into"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_package_may_look_at_home_first() {
    let project = "name: shop\nprofile: shop\nversion: '1.0'\n";
    let flag = "flags: {require_ref_searches_node_package_before_root: true}\n";
    let case = Case::new(&[
        ("models/same.sql", "select 'root' as owner"),
        ("dbt_packages/pk/dbt_project.yml", "name: pk\nversion: '1.0'\nmodels: {+schema: pk}\n"),
        ("dbt_packages/pk/models/same.sql", "select 'package' as owner"),
        ("dbt_packages/pk/models/reads.sql", "select owner from {{ ref('same') }}"),
    ]);
    for (text, owner) in [(project.to_owned(), "root"), (format!("{project}{flag}"), "package")] {
        case.write("dbt_project.yml", &text);
        all_well(&case, &case.go(Verb::Run));
        assert_eq!(case.query("select owner from main_pk.reads"), [[Cell::Text(owner.into())]]);
    }
}

#[test]
fn a_package_may_replace_a_materialization_where_the_project_lets_it() {
    let project = "name: shop\nprofile: shop\nversion: '1.0'\n";
    let flag = "flags: {require_explicit_package_overrides_for_builtin_materializations: false}\n";
    let case = Case::new(&[
        ("models/m.sql", "{{ config(materialized='view') }}select 1 as id"),
        ("dbt_packages/pk/dbt_project.yml", "name: pk\nversion: '1.0'\n"),
        (
            "dbt_packages/pk/macros/m.sql",
            "{% materialization view, default %}{% do exceptions.raise_compiler_error('of the package') %}{% endmaterialization %}",
        ),
    ]);
    for (text, succeeds) in [(project.to_owned(), true), (format!("{project}{flag}"), false)] {
        case.write("dbt_project.yml", &text);
        let summary = case.go(Verb::Run);
        assert_eq!(summary.exit_code() == 0, succeeds, "{}", summary.results[0].message);
    }
}

#[test]
fn statements_carry_the_comment_of_the_project() {
    let case = Case::new(&[
        ("models/m.sql", "{{ config(materialized='table') }}select current_query() as q"),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\nquery-comment:\n  comment: \"by {{ node.unique_id }} at {{ target.name }}\"\n  append: true\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    let Cell::Text(query) = &case.query("select q from m")[0][0] else { panic!("not a text") };
    assert!(query.contains("/* by model.shop.m at dev */"), "{query}");
}

#[test]
fn plain_times_in_rows_of_unit_tests_are_times() {
    let case = Case::new(&[
        ("models/up.sql", "select timestamp '2020-01-01 00:00:00' as seen"),
        ("models/m.sql", "select seen from {{ ref('up') }}"),
        (
            "models/all.yml",
            "unit_tests:\n  - name: t\n    model: m\n    given:\n      - input: ref('up')\n        rows: [{seen: 2013-11-03 00:00:00-0}]\n    expect:\n      rows: [{seen: 2013-11-03 00:00:00-0}]\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Build));
    let test = &manifest(&case)["unit_tests"]["unit_test.shop.m.t"];
    assert_eq!(test["given"][0]["rows"][0]["seen"], "2013-11-03T00:00:00+00:00");
}

#[test]
fn a_hook_that_ends_the_transaction_leaves_nothing_to_commit() {
    let hooked = |hooks: &str| format!("{{{{ config(materialized='table', {hooks}) }}}} select 1 as a");
    let case = Case::new(&[
        ("models/rolled_back.sql", &hooked("post_hook='rollback'")),
        ("models/child.sql", "select * from {{ ref('rolled_back') }}"),
        ("models/committed.sql", &hooked("post_hook='commit'")),
        ("models/begun_again.sql", &hooked("post_hook=['commit', 'begin']")),
        ("models/begun_before.sql", &hooked("pre_hook=['commit', 'begin']")),
        (
            "models/kept.sql",
            "{{ config(pre_hook=['commit', 'create table zz as select 1 as a']) }} select nope",
        ),
        ("models/left_open.sql", &hooked("post_hook={'sql': 'begin', 'transaction': false}")),
        (
            "models/after.sql",
            "-- depends_on: {{ ref('left_open') }}\n{{ config(materialized='table') }} select 1 as a",
        ),
    ]);
    let mut options = case.options(Verb::Run);
    options.threads = Some(1);
    let summary = case.with(options).unwrap();
    for name in ["rolled_back", "committed"] {
        assert_eq!(status(&summary, name), Status::Error, "{name}");
        let result = summary.results.iter().find(|result| result.name == name).unwrap();
        assert!(result.message.contains("no transaction is active"), "{}", result.message);
    }
    assert_eq!(status(&summary, "child"), Status::Skipped);
    for name in ["begun_again", "begun_before", "left_open", "after"] {
        assert_eq!(status(&summary, name), Status::Success, "{name}");
    }
    for name in ["committed", "begun_again", "begun_before", "zz", "after"] {
        assert_eq!(case.number(&format!("select count(*) from {name}")), 1);
    }
    assert!(case.try_query("select * from rolled_back").is_err());
}

#[test]
fn what_is_there_under_a_name_in_other_case_is_left_alone() {
    let case = Case::new(&[
        ("models/Orders.sql", "{{ config(materialized='table') }} select 1 as a"),
        ("models/OrdersV.sql", "select 1 as a"),
        ("models/OrderI.sql", "{{ config(materialized='incremental') }} select 1 as a"),
        ("seeds/SD.csv", "id\n1\n"),
        ("models/fine.sql", "select 1 as a"),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\non-run-start:\n  - \"{% if var('first', false) %}create table orders as select 9 as x; create view ordersv as select 9 as x; create table orderi as select 9 as a; create table sd as select 77 as id{% endif %}\"\n",
        ),
    ]);
    let mut options = case.options(Verb::Run);
    options.select = vec!["fine".to_owned()];
    options.vars = serde_json::json!({"first": true}).as_object().unwrap().clone();
    all_well(&case, &case.with(options).unwrap());
    let summary = case.go(Verb::Build);
    for name in ["Orders", "OrdersV", "OrderI", "SD"] {
        assert_eq!(status(&summary, name), Status::Error, "{name}");
    }
    assert_eq!(status(&summary, "fine"), Status::Success);
    assert_eq!(case.number("select sum(x) from (from orders union all from ordersv)"), 18);
    assert_eq!(case.number("select sum(id) from (select id from sd union all select a from orderi)"), 86);
    assert!(case.said().contains("rename or drop the one that is there"), "{}", case.said());
}

#[test]
fn materializations_of_the_adapter_go_before_general_ones_of_the_project() {
    let macros = "{% materialization table, default %}{% call statement('main') %}create or replace table {{ this }} as (select *, 'theirs' as o from ({{ sql }})){% endcall %}{{ return({'relations': [this.incorporate(type='table')]}) }}{% endmaterialization %}\n";
    let case = Case::new(&[
        ("models/t.sql", "{{ config(materialized='table') }} select 1 as a"),
        ("macros/m.sql", macros),
    ]);
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from duckdb_columns() where table_name = 't'"), 1);
    case.write("macros/m.sql", &macros.replace("default", "adapter='duckdb'"));
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from duckdb_columns() where table_name = 't'"), 2);
}

#[test]
fn a_materialization_without_a_main_statement_is_an_error_as_in_dbt() {
    let macros = "{% materialization odd, adapter='duckdb' %}{% do run_query('create or replace table ' ~ this ~ ' as ' ~ sql) %}{{ return({'relations': [this]}) }}{% endmaterialization %}\n";
    let case = Case::new(&[
        ("models/t.sql", "{{ config(materialized='odd') }} select 1 as a"),
        ("macros/m.sql", macros),
    ]);
    let summary = case.go(Verb::Run);
    assert_eq!(status(&summary, "t"), Status::Error);
    assert!(case.said().contains("statement('main')"), "{}", case.said());
}

#[test]
fn snapshots_call_the_macros_that_a_project_may_replace() {
    let macros = r#"{% macro default__build_snapshot_table(strategy, sql) %}select *, {{ strategy.scd_id }} as dbt_scd_id, {{ strategy.updated_at }} as dbt_updated_at, {{ strategy.updated_at }} as dbt_valid_from, null::timestamp as dbt_valid_to, 'mine' as batch from ({{ sql }}) sbq{% endmacro %}
{% macro post_snapshot(staging_relation) %}{% do run_query('create or replace table post_snap as select 1 as a') %}{% endmacro %}
{% macro snapshot_merge_sql(target, source, insert_cols) %}insert into {{ target }} ({{ insert_cols | join(', ') }}) select {{ insert_cols | join(', ') }} from {{ source }} where dbt_change_type = 'insert'{% endmacro %}
{% macro apply_grants(relation, grant_config, should_revoke) %}{% do run_query('create table if not exists g (name varchar)') %}{% do run_query("insert into g values ('" ~ relation.identifier ~ "')") %}{% endmacro %}
"#;
    let case = Case::new(&[
        ("macros/o.sql", macros),
        ("seeds/sd.csv", "id\n1\n"),
        (
            "snapshots/sn.sql",
            "{% snapshot sn %}{{ config(target_schema='main', unique_key='id', strategy='timestamp', updated_at='ts') }} select 1 as id, timestamp '2024-01-01' + interval (cast({{ var('d', 1) }} as int)) day as ts{% endsnapshot %}",
        ),
    ]);
    let mut options = case.options(Verb::Build);
    options.threads = Some(1);
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.number("select count(*) from g where name in ('sn', 'sd')"), 2);
    assert!(case.try_query("from post_snap").is_err(), "there was nothing to stage");
    let mut options = case.options(Verb::Snapshot);
    options.vars = serde_json::json!({"d": 2}).as_object().unwrap().clone();
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.number("select count(*) from sn where dbt_valid_to is null"), 2);
    assert_eq!(case.number("select count(*) from sn where batch = 'mine'"), 1);
    assert_eq!(case.number("select count(*) from post_snap"), 1);
    assert!(case.folder.path().join("target/run/shop/snapshots/sn.sql").is_file());
}

#[test]
fn hooks_at_the_end_run_when_those_at_the_start_have_failed() {
    let case = Case::new(&[
        ("models/t.sql", "select 1 as a"),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\nflags: {skip_nodes_if_on_run_start_fails: true}\non-run-start: [select nope]\non-run-end: ['create or replace table e1 as select {{ results | length }} as a']\n",
        ),
    ]);
    let summary = case.go(Verb::Run);
    assert_eq!(status(&summary, "t"), Status::Skipped);
    assert_eq!(case.number("select a from e1"), 2);
}

#[test]
fn the_text_of_a_first_build_that_fails_is_that_of_dbt_and_own_renames_are_called() {
    let case = Case::new(&[("models/m.sql", "{{ config(materialized='table') }} select 1 // 0 + 'x' as a")]);
    let summary = case.go(Verb::Run);
    assert_eq!(status(&summary, "m"), Status::Error);
    let text = std::fs::read_to_string(case.folder.path().join("target/run/shop/models/m.sql")).unwrap();
    assert!(text.contains("m__dbt_tmp"), "{text}");
    case.write("models/m.sql", "select 1 as a");
    case.write(
        "macros/r.sql",
        "{% macro duckdb__rename_relation(from_relation, to_relation) %}{% do run_query('create table renamed as select 1 as a') %}{% do run_query('alter view ' ~ from_relation ~ ' rename to ' ~ to_relation.identifier) %}{% endmacro %}",
    );
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from renamed"), 1);
}

#[test]
fn to_retry_nothing_leaves_results_of_nothing() {
    let case = Case::new(&[("models/m.sql", "select 1 as a")]);
    all_well(&case, &case.go(Verb::Run));
    let options = ingot_models::retry_options(&case.options(Verb::Run)).unwrap().unwrap();
    all_well(&case, &case.with(options).unwrap());
    let text = std::fs::read_to_string(case.folder.path().join("target/run_results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(results["results"], serde_json::json!([]));
}

#[test]
fn macros_of_dbt_are_there_to_be_wrapped_and_replaced() {
    let macros = r#"{% macro process_schema_changes() %}{% do run_query('create table if not exists wrapped as select 1 as a') %}{{ return(adapter.dispatch('process_schema_changes', 'dbt')(*varargs, **kwargs)) }}{% endmacro %}
{% macro duckdb__alter_column_comment(relation, column_dict) %}comment on column {{ relation }}.a is 'theirs'{% endmacro %}
{% macro duckdb__get_create_index_sql(relation, index_dict) %}create unique index theirs on {{ relation }} ({{ index_dict.columns | join(', ') }}){% endmacro %}
{% macro clean_up() %}{% for row in list_relations_without_caching(this_schema()) %}{% if row['name'] == 'old' %}{% do run_query(drop_table(api.Relation.create(database=row['database'], schema=row['schema'], identifier=row['name'], type='table'))) %}{% endif %}{% endfor %}{% endmacro %}
{% macro this_schema() %}{{ return(api.Relation.create(database=target.database, schema=target.schema)) }}{% endmacro %}"#;
    let case = Case::new(&[
        ("macros/o.sql", macros),
        (
            "models/i.sql",
            "{{ config(materialized='incremental', on_schema_change='append_new_columns') }} select 1 as a",
        ),
        (
            "models/t.sql",
            "{{ config(materialized='table', persist_docs={'columns': true}, indexes=[{'columns': ['a']}]) }} select 1 as a",
        ),
        ("models/all.yml", "models: [{name: t, columns: [{name: a, description: ours}]}]\n"),
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nversion: '1.0'\non-run-start: ['create table old as select 1 as a', '{{ clean_up() }}']\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(case.number("select count(*) from wrapped"), 1);
    assert!(case.try_query("from old").is_err());
    assert_eq!(case.number("select count(*) from duckdb_columns() where comment = 'theirs'"), 1);
    assert_eq!(case.number("select count(*) from duckdb_indexes() where index_name = 'theirs'"), 1);
}

#[test]
fn a_table_that_a_foreign_key_points_to_does_not_become_a_view() {
    let contract = "contract: {enforced: true}";
    let properties = format!(
        "models:\n- name: par\n  config: {{{contract}}}\n  columns: [{{name: id, data_type: integer, constraints: [{{type: primary_key}}]}}]\n- name: chi\n  config: {{{contract}}}\n  columns: [{{name: id, data_type: integer, constraints: [{{type: foreign_key, to: ref('par'), to_columns: [id]}}]}}]\n"
    );
    let case = Case::new(&[
        ("models/par.sql", "{{ config(materialized='table') }} select 1 as id"),
        ("models/chi.sql", "{{ config(materialized='table') }} select id from {{ ref('par') }}"),
        ("models/all.yml", &properties),
    ]);
    all_well(&case, &case.go(Verb::Run));
    all_well(&case, &case.go(Verb::Run));
    case.write("models/par.sql", "select 1 as id");
    case.write("models/all.yml", "models: []\n");
    let summary = case.go(Verb::Run);
    assert_eq!((status(&summary, "par"), status(&summary, "chi")), (Status::Error, Status::Skipped));
    assert_eq!(
        case.number("select count(*) from duckdb_constraints() where constraint_type in ('FOREIGN KEY', 'PRIMARY KEY')"),
        2
    );
}

#[test]
fn the_manifest_says_what_ephemeral_models_were_compiled_to_and_put_into() {
    let case = Case::new(&[
        ("models/e.sql", "{{ config(materialized='ephemeral') }}\nselect 1 as a"),
        ("models/f.sql", "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('e') }}"),
        ("models/a.sql", "select * from {{ ref('f') }} join {{ ref('e') }} using (a)"),
        ("models/b.sql", "{{ config(materialized='ephemeral') }}\nselect 5 as unused"),
    ]);
    let ids = |file: &str| -> Vec<String> {
        let text = std::fs::read_to_string(case.folder.path().join("target").join(file)).unwrap();
        let results: Json = serde_json::from_str(&text).unwrap();
        let results = results["results"].as_array().unwrap().iter();
        results.map(|result| result["unique_id"].as_str().unwrap().to_owned()).collect()
    };
    for verb in [Verb::Build, Verb::Compile, Verb::Build] {
        all_well(&case, &case.go(verb));
        assert_eq!(ids("run_results.json"), ["model.shop.a"]);
        let nodes = manifest(&case)["nodes"].take();
        let node = |name: &str| &nodes[format!("model.shop.{name}")];
        let inner =
            serde_json::json!({"id": "model.shop.e", "sql": " __dbt__cte__e as (\n\nselect 1 as a\n)"});
        let outer = serde_json::json!({"id": "model.shop.f", "sql": " __dbt__cte__f as (\n\nselect * from __dbt__cte__e\n)"});
        assert_eq!(node("a")["extra_ctes"], serde_json::json!([inner.clone(), outer]));
        assert_eq!(node("f")["extra_ctes"], serde_json::json!([inner]));
        assert_eq!(
            node("f")["compiled_code"],
            "\nwith __dbt__cte__e as (\n\nselect 1 as a\n) select * from __dbt__cte__e"
        );
        assert_eq!(node("b")["compiled_code"], "\nselect 5 as unused");
        assert_eq!(node("b")["compiled_path"], "target/compiled/shop/models/b.sql");
        assert_eq!(
            (&node("e")["compiled"], &node("e")["extra_ctes"]),
            (&true.into(), &serde_json::json!([]))
        );
    }
}

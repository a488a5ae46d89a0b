//! Nodes that need not run: which ones, why the others do, and that what is kept is never more than what is there.

use crate::case::{Case, all_well, status};
use ingot_models::{RunOptions, RunSummary, Status, Verb};
use std::collections::BTreeSet;

/// A model or test of each kind, over two files.
fn project() -> Case {
    let case = Case::new(&[
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nvars: {tax: 2, unused: 1}\nseeds: {+column_types: {id: integer}}\n",
        ),
        ("data/orders.csv", "id,customer,amount\n1,1,10\n2,2,20\n"),
        ("data/clicks.csv", "id,page\n1,a\n2,b\n"),
        ("seeds/countries.csv", "id,name\n1,AU\n2,NZ\n"),
        ("macros/money.sql", "{% macro taxed(column) %}{{ column }} * {{ var('tax') }}{% endmacro %}"),
        ("macros/other.sql", "{% macro other() %}1{% endmacro %}"),
        ("models/stg_orders.sql", "select * from {{ source('raw', 'orders') }}"),
        (
            "models/orders.sql",
            "{{ config(materialized='table') }} select id, customer, {{ taxed('amount') }} as amount from {{ ref('stg_orders') }}",
        ),
        (
            "models/clicks.sql",
            "{{ config(materialized='incremental') }} select * from {{ source('raw', 'clicks') }}
             {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
        ),
        (
            "models/large.sql",
            "{{ config(materialized='ephemeral') }} select * from {{ ref('orders') }} where amount > 25",
        ),
        (
            "models/by_country.sql",
            "{{ config(materialized='table') }} select name, count(*) as n from {{ ref('large') }} join {{ ref('countries') }} c on c.id = customer group by all",
        ),
        ("models/pages.sql", "select distinct page from {{ ref('clicks') }}"),
        (
            "models/greeting.sql",
            "{{ config(materialized='table') }} select '{{ env_var('INGOT_TEST_GREETING', 'hello') }}' as word",
        ),
        (
            "models/all.yml",
            "models:
  - name: orders
    columns: [{name: id, data_tests: [unique, not_null]}]
  - name: clicks
    columns: [{name: page, data_tests: [{accepted_values: {values: [a], config: {severity: warn}}}]}]
unit_tests:
  - name: doubled
    model: orders
    given: [{input: ref('stg_orders'), rows: [{id: 1, customer: 1, amount: 4}]}]
    expect: {rows: [{id: 1, customer: 1, amount: 8}]}
",
        ),
        ("tests/no_negatives.sql", "select * from {{ ref('orders') }} where amount < 0"),
        (
            "snapshots/kept.sql",
            "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select * from {{ ref('orders') }}{% endsnapshot %}",
        ),
    ]);
    let folder = case.folder.path().display().to_string();
    case.write(
        "models/sources.yml",
        &format!(
            "sources:\n  - name: raw\n    meta: {{external_location: \"read_csv('{folder}/data/{{name}}.csv')\"}}\n    tables: [{{name: orders}}, {{name: clicks}}]\n"
        ),
    );
    case
}

fn options(case: &Case) -> RunOptions {
    RunOptions { skip_unchanged: true, ..case.options(Verb::Build) }
}

fn build(case: &Case) -> RunSummary {
    case.with(options(case)).unwrap()
}

/// The names of the nodes that ran.
fn ran(summary: &RunSummary) -> BTreeSet<&str> {
    let ran = summary.results.iter().filter(|result| !result.unchanged && result.status != Status::Skipped);
    ran.map(|result| result.name.as_str()).collect()
}

fn names<const N: usize>(names: [&'static str; N]) -> BTreeSet<&'static str> {
    names.into()
}

const UNIQUE: &str = "unique_orders_id";
const NOT_NULL: &str = "not_null_orders_id";
const PAGES: &str = "accepted_values_clicks_page__a";

#[test]
fn a_second_run_runs_nothing_and_gives_the_results_of_the_first() {
    let case = project();
    let first = build(&case);
    all_well(&case, &first);
    assert_eq!((first.unchanged(), status(&first, PAGES)), (0, Status::Warn));
    for _ in 0..2 {
        let again = build(&case);
        assert_eq!(ran(&again), names([]));
        assert_eq!((again.unchanged(), again.line()), (first.results.len(), first.line()));
        assert_eq!(again.exit_code(), 0);
        let warned = again.results.iter().find(|result| result.name == PAGES).unwrap();
        assert_eq!((warned.status, warned.failures), (Status::Warn, Some(1)));
        assert!(warned.message.starts_with("Got 1 result"), "{}", warned.message);
    }
}

#[test]
fn only_what_a_file_reaches_runs() {
    let case = project();
    build(&case);
    case.write("data/clicks.csv", "id,page\n1,a\n2,b\n3,c\n");
    let summary = build(&case);
    // A view shows the new rows without being made again.
    assert_eq!(ran(&summary), names(["clicks", PAGES]));
    assert_eq!(case.number("select count(*) from pages"), 3);
    assert_eq!(ran(&build(&case)), names([]));
}

#[test]
fn what_is_built_again_to_the_same_rows_changes_nothing_below() {
    let case = project();
    build(&case);
    case.write("data/orders.csv", "id,customer,amount\n2,2,20\n1,1,10\n");
    // The table is made again; its rows are the same.
    assert_eq!(ran(&build(&case)), names(["orders"]));
    case.write(
        "models/orders.sql",
        "{{ config(materialized='table') }} select id, customer, {{ taxed('amount') }} as amount from {{ ref('stg_orders') }} -- why",
    );
    assert_eq!(ran(&build(&case)), names(["orders", "doubled"]));
}

/// A view and a unit test read no more of what is above them than its columns.
#[test]
fn a_view_and_a_unit_test_follow_columns_and_what_their_templates_ask() {
    let case = project();
    case.write("models/over.sql", "select * from {{ ref('stg_orders') }}");
    case.write("models/over_table.sql", "select * from {{ ref('orders') }}");
    case.write(
        "models/asks.sql",
        "-- depends_on: {{ ref('orders') }}\n{% set r = run_query('select max(id) from ' ~ ref('orders')) if execute else none %} select {{ r.rows[0][0] if r else 0 }} as m",
    );
    build(&case);
    let rows_of_orders = ["orders", "by_country", "no_negatives", "kept", UNIQUE, NOT_NULL];
    case.write("data/orders.csv", "id,customer,amount\n1,1,10\n2,2,20\n3,2,30\n");
    let expected: BTreeSet<&str> = rows_of_orders.into_iter().chain(["asks"]).collect();
    assert_eq!(ran(&build(&case)), expected);
    assert_eq!(ran(&build(&case)), names([]));
    assert_eq!(case.number("select max(m) from asks"), 3);
    assert_eq!(case.number("select count(*) from over"), 3);
    // Another column: all views over the file, not those over the table, which has its columns still.
    case.write("data/orders.csv", "id,customer,amount,more\n1,1,10,7\n2,2,20,7\n3,2,30,7\n");
    assert_eq!(ran(&build(&case)), names(["stg_orders", "over", "orders", "doubled"]));
    assert_eq!(case.number("select sum(more) from over"), 21);
    // Another type of a column.
    case.write("data/orders.csv", "id,customer,amount,more\n1,1,10,x\n2,2,20,7\n3,2,30,7\n");
    assert_eq!(ran(&build(&case)), names(["stg_orders", "over", "orders", "doubled"]));
    assert_eq!(case.number("select count(*) from over where more = 'x'"), 1);
    // A table that becomes another view, or the other way round.
    case.write("models/by_country.sql", "select name, 1 as n from {{ ref('countries') }}");
    case.write("models/over_country.sql", "select * from {{ ref('by_country') }}");
    assert_eq!(ran(&build(&case)), names(["by_country", "over_country"]));
    case.write("models/by_country.sql", "select name, 1 as n, 2 as o from {{ ref('countries') }}");
    assert_eq!(ran(&build(&case)), names(["by_country", "over_country"]));
    assert_eq!(case.number("select sum(o) from over_country"), 4);
    case.write(
        "models/by_country.sql",
        "{{ config(materialized='table') }} select name, 1 as n, 3 as o from {{ ref('countries') }}",
    );
    assert!(ran(&build(&case)).contains("by_country"));
    assert_eq!(case.number("select sum(o) from over_country"), 6);
    assert_eq!(ran(&build(&case)), names([]));
}

#[test]
fn each_kind_of_change_runs_the_nodes_that_it_is_about() {
    let case = project();
    build(&case);
    let below_orders = names(["orders", "by_country", "no_negatives", "kept", "doubled", UNIQUE, NOT_NULL]);
    let edited = |file: &str, text: &str| {
        case.write(file, text);
        build(&case)
    };
    let found = edited(
        "macros/money.sql",
        "{% macro taxed(column) %}{{ column }} * {{ var('tax') }} + 0{% endmacro %}",
    );
    assert_eq!(ran(&found), names(["orders", "doubled"]));
    let found = edited(
        "macros/money.sql",
        "{% macro taxed(column) %}{{ column }} * {{ var('tax') }} + {{ other() }} - 1 + id{% endmacro %}",
    );
    // The unit test expects other rows.
    assert_eq!(status(&found, "doubled"), Status::Fail);
    let found = edited(
        "macros/money.sql",
        "{% macro taxed(column) %}{{ column }} * {{ var('tax') }} + {{ other() }}{% endmacro %}",
    );
    assert_eq!(status(&found, "doubled"), Status::Fail);
    // A macro that is called by another.
    let found = edited("macros/other.sql", "{% macro other() %}0{% endmacro %}");
    assert!(ran(&found).is_superset(&names(["orders", "doubled"])), "{:?}", ran(&found));
    assert_eq!(found.exit_code(), 0, "{}", case.said());
    assert_eq!(ran(&build(&case)), names([]));
    // A macro that takes the place of a built-in one.
    let found = edited(
        "macros/not_null.sql",
        "{% test not_null(model, column_name) %}select 1 where false{% endtest %}",
    );
    assert_eq!(ran(&found), names([NOT_NULL]));
    let found = edited("seeds/countries.csv", "id,name\n1,AU\n2,FJ\n");
    assert_eq!(ran(&found), names(["countries", "by_country"]));
    // What an ephemeral model says is part of what uses it.
    let found = edited(
        "models/large.sql",
        "{{ config(materialized='ephemeral') }} select * from {{ ref('orders') }} where amount > 15",
    );
    assert_eq!(ran(&found), names(["by_country"]));
    let found = edited("tests/no_negatives.sql", "select * from {{ ref('orders') }} where amount < -1");
    assert_eq!(ran(&found), names(["no_negatives"]));
    let found = edited(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nvars: {tax: 2, unused: 2}\nseeds: {+column_types: {id: integer}}\n",
    );
    assert_eq!(ran(&found), names([]));
    let found = edited(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nvars: {tax: 2, unused: 2}\nseeds: {+column_types: {id: bigint}}\n",
    );
    assert_eq!(ran(&found), names(["countries", "by_country"]));
    case.write("models/all.yml", "version: 2\n");
    let vars = serde_json::json!({"tax": 3}).as_object().cloned().unwrap();
    let found = case.with(RunOptions { vars, ..options(&case) }).unwrap();
    let expected: BTreeSet<&str> =
        below_orders.difference(&names(["doubled", UNIQUE, NOT_NULL])).copied().collect();
    assert_eq!(ran(&found), expected);
}

#[test]
fn another_schema_of_the_target_is_another_place() {
    let case = project();
    build(&case);
    let profiles = |schema: &str, threads: usize| {
        format!(
            "shop:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: shop.duckdb, schema: {schema}, threads: {threads}}}\n"
        )
    };
    case.write("profiles.yml", &profiles("main", 1));
    assert_eq!(ran(&build(&case)), names([]));
    case.write("profiles.yml", &profiles("elsewhere", 1));
    assert_eq!(build(&case).unchanged(), 0);
    assert_eq!(case.number("select count(*) from elsewhere.orders"), 2);
}

#[test]
fn what_reads_the_clock_or_the_database_itself_runs_each_time() {
    let case = Case::new(&[
        ("models/now_sql.sql", "{{ config(materialized='table') }} select now() as t"),
        ("models/dice.sql", "{{ config(materialized='table') }} select random() as r"),
        ("models/drawn.sql", "{{ config(materialized='table') }} select * from range(100) using sample 5"),
        ("models/started.sql", "{{ config(materialized='table') }} select '{{ run_started_at }}' as t"),
        (
            "models/python_clock.sql",
            "{{ config(materialized='table') }} select '{{ modules.datetime.datetime.now() }}' as t",
        ),
        ("models/tables.sql", "{{ config(materialized='table') }} select count(*) as n from duckdb_tables()"),
        (
            "models/schemas.sql",
            "{{ config(materialized='table') }} select count(*) as n from information_schema.tables",
        ),
        (
            "models/hooked.sql",
            "{{ config(materialized='table', post_hook='create or replace table noted as select 1') }} select 1 as id",
        ),
        (
            "models/undeclared.sql",
            "{{ config(materialized='table') }} -- depends_on: {{ ref('hooked') }}\nselect * from noted",
        ),
        (
            "models/asked.sql",
            "{{ config(materialized='table') }} {% set n = run_query('select count(*) from duckdb_tables()') if execute else none %} select {{ n.rows[0][0] if n else 0 }} as n",
        ),
        ("models/today.sql", "{{ config(materialized='table') }} select current_date as day"),
        (
            "models/shared.sql",
            "{{ config(materialized='table') }} with noted as (select 1 as id) select * from noted, range(3), (values (1)) v(x)",
        ),
        (
            "models/about_parent.sql",
            "{{ config(materialized='table') }} {% set r = run_query('select max(id) from ' ~ ref('shared')) if execute else none %} select {{ r.rows[0][0] if r else 0 }} as m, {{ adapter.get_columns_in_relation(ref('shared')) | length }} as c",
        ),
    ]);
    all_well(&case, &build(&case));
    let again = build(&case);
    let each_time = [
        "now_sql",
        "dice",
        "drawn",
        "started",
        "python_clock",
        "tables",
        "schemas",
        "hooked",
        "undeclared",
        "asked",
    ];
    assert_eq!(ran(&again), names(each_time), "{}", case.said());
    let explain = RunOptions { explain: vec!["dice".to_owned(), "today".to_owned()], ..options(&case) };
    let said = case.with(explain).unwrap().output;
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("it runs each time: it calls random()"), "{said:?}");
    assert!(said[1].contains("did not run"), "{said:?}");
}

#[test]
fn a_relation_that_somebody_has_changed_is_made_again() {
    let case = project();
    build(&case);
    let after = |sql: &str| {
        case.query(sql);
        build(&case)
    };
    let by_hand = [
        ("update orders set amount = 7 where id = 1", vec!["orders"]),
        ("drop table by_country", vec!["by_country"]),
        ("drop view pages", vec!["pages"]),
        (
            "create or replace view stg_orders as select 1 as id, 1 as customer, 1 as amount",
            vec!["stg_orders"],
        ),
        ("update clicks set page = 'z' where id = 1", vec!["clicks"]),
        ("update countries set name = 'XX' where id = 1", vec!["countries"]),
        ("alter table countries add column more integer", vec!["countries"]),
        ("alter table orders add column more integer", vec!["orders"]),
        ("delete from orders where id = 1", vec!["orders"]),
        ("insert into clicks values (0, 'late')", vec!["clicks"]),
    ];
    for (sql, wanted) in by_hand {
        let summary = after(sql);
        assert_eq!(ran(&summary), wanted.into_iter().collect(), "{sql}");
        assert_eq!(ran(&build(&case)), names([]), "{sql}");
        assert_eq!(case.number("select sum(amount) from orders"), 60, "{sql}");
        assert_eq!(case.number("select count(*) from clicks where page in ('a', 'b')"), 2, "{sql}");
        assert_eq!(case.number("select count(*) from clicks"), 2, "{sql}");
        assert_eq!(case.number("select count(*) from countries where name in ('AU', 'NZ')"), 2, "{sql}");
        assert_eq!(
            case.number("select count(*) from duckdb_columns() where column_name = 'more'"),
            0,
            "{sql}"
        );
    }
}

#[test]
fn a_change_by_hand_is_noticed_after_a_run_of_something_else_and_with_an_old_time() {
    let case = project();
    build(&case);
    let file = case.database();
    let time = std::fs::metadata(&file).unwrap().modified().unwrap();
    case.query("update orders set amount = 7 where id = 1");
    let only = RunOptions { select: vec!["clicks".to_owned()], ..options(&case) };
    assert_eq!(case.with(only).unwrap().unchanged(), 2);
    assert_eq!(ran(&build(&case)), names(["orders"]));
    let time_again = std::fs::metadata(&file).unwrap().modified().unwrap();
    assert_ne!(time, time_again);
    case.query("update orders set amount = 7 where id = 1");
    let open = std::fs::File::options().append(true).open(&file).unwrap();
    open.set_modified(time_again).unwrap();
    drop(open);
    assert_eq!(ran(&build(&case)), names(["orders"]));
}

#[test]
fn a_run_that_keeps_nothing_is_not_taken_for_one_that_does() {
    let case = project();
    // dbt's way leaves nothing of this in the warehouse.
    case.go(Verb::Build);
    let tables = "select count(*) from duckdb_tables() where table_name = 'manifest_node_inputs'";
    assert_eq!(case.number(tables), 0);
    assert_eq!(build(&case).unchanged(), 0);
    assert_eq!(case.number(tables), 1);
    // What it runs is run again: nobody knows what it was built from.
    let vars = serde_json::json!({"tax": 5}).as_object().cloned().unwrap();
    case.with(RunOptions { vars, select: vec!["orders".to_owned()], ..case.options(Verb::Run) }).unwrap();
    assert_eq!(ran(&build(&case)), names(["orders"]));
    case.with(RunOptions { empty: true, ..options(&case) }).unwrap();
    assert!(ran(&build(&case)).is_superset(&names(["orders", "clicks", "by_country"])));
    assert_eq!(case.number("select sum(amount) from orders"), 60);
}

#[test]
fn all_nodes_run_if_they_are_told_to() {
    let case = project();
    let all = build(&case).results.len();
    let forced = case.with(RunOptions { force: true, ..options(&case) }).unwrap();
    assert_eq!((forced.results.len(), forced.unchanged()), (all, 0));
    assert_eq!(ran(&build(&case)), names([]));
    let refreshed = case.with(RunOptions { full_refresh: true, ..options(&case) }).unwrap();
    assert_eq!(refreshed.unchanged(), 0);
    assert_eq!(ran(&build(&case)), names([]));
}

#[test]
fn a_run_says_why_a_node_ran() {
    let case = project();
    let explain = |nodes: &[&str]| {
        let explain = nodes.iter().map(|node| (*node).to_owned()).collect();
        case.with(RunOptions { explain, ..options(&case) }).unwrap().output
    };
    assert_eq!(explain(&["orders"]), ["model.shop.orders ran: no run of it is known that came to its end"]);
    assert_eq!(
        explain(&["main.orders"]),
        ["model.shop.orders did not run: its inputs and its relation are as its last run left them"]
    );
    case.write(
        "macros/money.sql",
        "{% macro taxed(column) %}{{ column }} * {{ var('tax') }} + 0{% endmacro %}",
    );
    case.write("data/orders.csv", "id,customer,amount\n1,1,10\n");
    assert_eq!(
        explain(&["orders", "stg_orders"]),
        [
            "model.shop.orders ran:",
            "  the macro 'shop.taxed', or another in its file, has changed",
            "  main.stg_orders has changed",
            "model.shop.stg_orders did not run: its inputs and its relation are as its last run left them",
        ]
    );
    case.write("data/orders.csv", "id,customer,amount,more\n1,1,10,1\n");
    assert_eq!(explain(&["stg_orders"]), ["model.shop.stg_orders ran: source raw.orders has changed"]);
    let unknown = RunOptions { explain: vec!["order".to_owned()], ..options(&case) };
    let error = case.with(unknown).unwrap_err();
    assert_eq!(error.message(), "--explain: there is no node 'order'");
    assert_eq!(error.hint_text(), Some("did you mean 'orders'?"));
}

#[test]
fn what_failed_or_was_skipped_runs_again() {
    let case = project();
    case.write("tests/no_negatives.sql", "select * from {{ ref('orders') }} where amount > 0");
    assert_eq!(status(&build(&case), "no_negatives"), Status::Fail);
    let again = build(&case);
    assert_eq!((ran(&again), again.exit_code()), (names(["no_negatives"]), 1));
    case.write(
        "models/stg_orders.sql",
        "select id, customer, amount, nothing from {{ source('raw', 'orders') }}",
    );
    let broken = build(&case);
    assert_eq!((status(&broken, "stg_orders"), status(&broken, "orders")), (Status::Error, Status::Skipped));
    assert_eq!(status(&broken, "clicks"), Status::Success);
    case.write("models/stg_orders.sql", "select * from {{ source('raw', 'orders') }}");
    // It is as it was before, and so are those that were skipped.
    assert_eq!(ran(&build(&case)), names(["no_negatives"]));
}

#[test]
fn artifacts_have_the_nodes_that_did_not_run() {
    let case = project();
    build(&case);
    let read = |file: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(case.folder.path().join("target").join(file)).unwrap()).unwrap()
    };
    let first = read("manifest.json");
    build(&case);
    let results = read("run_results.json");
    let orders = |results: &serde_json::Value| -> serde_json::Value {
        let all = results["results"].as_array().unwrap();
        all.iter().find(|result| result["unique_id"] == "model.shop.orders").unwrap().clone()
    };
    let orders = orders(&results);
    assert_eq!((&orders["status"], &orders["message"]), (&"success".into(), &"unchanged".into()));
    assert_eq!(orders["compiled"], true);
    let second = read("manifest.json");
    for id in ["model.shop.orders", "model.shop.stg_orders", "test.shop.no_negatives"] {
        assert_eq!(first["nodes"][id]["compiled_code"], second["nodes"][id]["compiled_code"], "{id}");
        assert_ne!(second["nodes"][id]["compiled_code"], serde_json::Value::Null, "{id}");
    }
}

#[test]
fn a_copy_in_the_lake_that_was_lost_is_written_again() {
    let case = project();
    case.write(
        "models/kept_there.sql",
        "{{ config(materialized='table', meta={'lake_folder': 'lake/gold'}) }} select * from {{ ref('orders') }}",
    );
    all_well(&case, &build(&case));
    let copy = case.folder.path().join("lake/gold/delta/kept_there");
    let newest = || std::fs::read_dir(copy.join("_delta_log")).unwrap().count();
    let before = newest();
    assert_eq!(ran(&build(&case)), names([]));
    assert_eq!(newest(), before);
    std::fs::remove_dir_all(case.folder.path().join("lake")).unwrap();
    assert_eq!(ran(&build(&case)), names([]));
    assert!(copy.is_dir());
    // A copy that a failed test held back is written when the test passes.
    case.write("data/orders.csv", "id,customer,amount\n1,1,10\n2,2,20\n3,2,30\n");
    case.write("tests/kept_is_small.sql", "select 1 from {{ ref('kept_there') }} having count(*) > 2");
    assert_eq!(build(&case).exit_code(), 1);
    let held_back = newest();
    case.write("tests/kept_is_small.sql", "select 1 from {{ ref('kept_there') }} having count(*) > 3");
    let summary = build(&case);
    assert_eq!((ran(&summary), summary.exit_code()), (names(["kept_is_small"]), 0));
    assert!(newest() > held_back);
}

#[test]
fn tests_count_for_the_quality_of_their_table_if_one_of_them_ran() {
    let case = project();
    assert!(!build(&case).measures.is_empty());
    assert_eq!(build(&case).measures, []);
    case.write("tests/no_negatives.sql", "select * from {{ ref('orders') }} where amount < -5");
    let summary = build(&case);
    assert_eq!(ran(&summary), names(["no_negatives"]));
    let measured: BTreeSet<&str> = summary.measures.iter().map(|measure| measure.check.as_str()).collect();
    assert_eq!(measured, names(["no_negatives", UNIQUE, NOT_NULL]));
}

#[test]
fn sources_in_the_database_and_views_that_nobody_selected_are_followed() {
    let case = project();
    case.write(
        "models/stock.yml",
        "sources:\n  - name: by_hand\n    schema: main\n    tables: [{name: stock}]\n",
    );
    case.write(
        "models/stocked.sql",
        "{{ config(materialized='table') }} select * from {{ source('by_hand', 'stock') }}",
    );
    assert_eq!(status(&build(&case), "stocked"), Status::Error);
    case.query("create table stock as select 1 as id");
    assert_eq!(ran(&build(&case)), names(["stocked"]));
    assert_eq!(ran(&build(&case)), names([]));
    case.query("insert into stock values (2)");
    assert_eq!(ran(&build(&case)), names(["stocked"]));
    // `orders` alone is selected, and reads a view.
    case.write("data/orders.csv", "id,customer,amount\n1,1,10\n2,2,20\n3,2,30\n");
    let only = RunOptions { select: vec!["orders".to_owned()], ..case.options(Verb::Run) };
    let summary = case.with(RunOptions { skip_unchanged: true, ..only }).unwrap();
    assert_eq!(ran(&summary), names(["orders"]));
    assert_eq!(case.number("select count(*) from orders"), 3);
}

#[test]
fn what_is_above_a_view_of_something_that_cannot_be_compared_runs_each_time() {
    let case = Case::new(&[
        ("data/a.csv", "id\n1\n"),
        ("models/direct.sql", "select * from read_csv('FOLDER/data/a.csv')"),
        (
            "models/counted.sql",
            "{{ config(materialized='table') }} select count(*) as n from {{ ref('direct') }}",
        ),
        ("models/moment.sql", "select now() as t"),
        ("models/later.sql", "select t from {{ ref('moment') }}"),
        (
            "models/kept.sql",
            "{{ config(materialized='table') }} select t is null as n from {{ ref('later') }}",
        ),
        ("models/steady.sql", "{{ config(materialized='table') }} select 1 as id"),
        ("tests/few.sql", "select 1 from {{ ref('direct') }} having count(*) > 1"),
    ]);
    let sql = format!("select * from read_csv('{}/data/a.csv')", case.folder.path().display());
    case.write("models/direct.sql", &sql);
    all_well(&case, &build(&case));
    case.write("data/a.csv", "id\n1\n2\n");
    let summary = build(&case);
    assert_eq!(ran(&summary), names(["direct", "moment", "kept", "few"]));
    assert_eq!(status(&summary, "few"), Status::Fail);
    case.write("tests/few.sql", "select 1 from {{ ref('direct') }} having count(*) > 2");
    all_well(&case, &build(&case));
    assert_eq!(case.number("select n from counted"), 2);
}

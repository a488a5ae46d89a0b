//! Unit tests, microbatch, Delta tables, and tables that others refer to.

use crate::case::{Case, all_well, status};
use ingot_lake::DeltaTable;
use ingot_models::{Status, Verb};

const UNIT: &str = "unit_tests:\n  - name: holds\n    model: doubled\n    given:\n      - input: ref('src')\n        rows: [{id: 1, v: 4}, {id: 2, v: null}]\n    expect:\n      rows: [{id: 2, w: null}, {id: 1, w: 8}]\n";

#[test]
fn a_unit_test_that_does_not_hold_keeps_its_model_from_being_built() {
    let case = Case::new(&[
        ("models/src.sql", "select 1 as id, 10 as v"),
        ("models/doubled.sql", "select id, v * 2 as w from {{ ref('src') }}"),
        ("models/after.sql", "select * from {{ ref('doubled') }}"),
        ("models/unit.yml", UNIT),
    ]);
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert_eq!(status(&summary, "holds"), Status::Pass);
    // The unit test needs the columns of its input and not the model.
    let order: Vec<&str> = summary.results.iter().map(|result| result.name.as_str()).collect();
    assert_eq!(order, ["src", "holds", "doubled", "after"]);

    case.write("models/doubled.sql", "select id, v * 3 as w from {{ ref('src') }}");
    let summary = case.go(Verb::Build);
    assert_eq!(summary.exit_code(), 1);
    assert_eq!(status(&summary, "holds"), Status::Fail);
    assert_eq!(status(&summary, "doubled"), Status::Skipped);
    assert_eq!(status(&summary, "after"), Status::Skipped);
    let said = case.said();
    assert!(said.contains("→  | 1  | 8 → 12"), "{said}");
    assert!(said.contains("1 row is equal"), "{said}");
    assert_eq!(case.number("select w from doubled"), 20);

    let mut options = case.options(Verb::Test);
    options.select = vec!["test_type:unit".to_owned()];
    let summary = case.with(options).unwrap();
    assert_eq!(summary.results.len(), 1);
    assert_eq!(summary.results[0].failures, Some(1));
}

#[test]
fn what_is_wrong_with_a_unit_test_is_told_before_anything_runs() {
    for (from, to, expected) in [
        ("model: doubled", "model: doubld", "did you mean 'doubled'?"),
        ("    expect:", "    expects:", "did you mean 'expect'?"),
        ("rows: [{id: 1, v: 4}, {id: 2, v: null}]", "format: xml", "must be csv, dict or sql"),
    ] {
        let case = Case::new(&[
            ("models/src.sql", "select 1 as id, 10 as v"),
            ("models/doubled.sql", "select id, v * 2 as w from {{ ref('src') }}"),
            ("models/unit.yml", &UNIT.replace(from, to)),
        ]);
        let error = case.with(case.options(Verb::Parse)).unwrap_err();
        let told = format!("{error}\n{}\n{}", error.hint_text().unwrap_or_default(), case.said());
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("models/unit.yml"), "{told}");
    }
}

#[test]
fn a_unit_test_of_an_input_that_is_not_there_fails_alone() {
    for (input, expected) in [("ref('scr')", "did you mean 'src'?"), ("src", "is neither ref() nor source()")]
    {
        let case = Case::new(&[
            ("models/src.sql", "select 1 as id, 10 as v"),
            ("models/doubled.sql", "select id, v * 2 as w from {{ ref('src') }}"),
            ("models/after.sql", "select * from {{ ref('src') }}"),
            ("models/unit.yml", &UNIT.replace("ref('src')", input)),
        ]);
        let summary = case.go(Verb::Build);
        assert_eq!(status(&summary, "holds"), Status::Error, "{}", case.said());
        assert_eq!(
            (status(&summary, "doubled"), status(&summary, "after")),
            (Status::Skipped, Status::Success)
        );
        assert!(case.said().contains(expected), "{}", case.said());
    }
}

const DAILY: &str = "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='moment', batch_size='day', begin='2024-01-01') }}\nselect * from {{ ref('events') }}";
const EVENTS: &str = "{{ config(event_time='moment') }}\nselect i as id, timestamp '2024-01-01' + interval (i) day as moment from range(4) as t(i)";

#[test]
fn microbatch_computes_the_batches_it_is_asked_for() {
    let case = Case::new(&[("models/events.sql", EVENTS), ("models/daily.sql", DAILY)]);
    let between = |start: &str, end: &str| {
        let mut options = case.options(Verb::Run);
        options.event_time_start = ingot_models::parse_time(start);
        options.event_time_end = ingot_models::parse_time(end);
        let summary = case.with(options).unwrap();
        let daily = summary.results.iter().find(|result| result.name == "daily").unwrap().clone();
        (daily.status, daily.batch_results.unwrap())
    };
    let (status, batches) = between("2024-01-01", "2024-01-03");
    assert_eq!((status, batches.successful.len(), batches.failed.len()), (Status::Success, 2, 0));
    assert_eq!(batches.successful[0].0, "2024-01-01T00:00:00+00:00");
    assert_eq!(case.number("select count(*) from daily"), 2);
    // The same batch again replaces its rows.
    between("2024-01-02", "2024-01-04");
    assert_eq!(case.number("select count(*) from daily"), 3);
    assert!(case.folder.path().join("target/compiled/shop/models/daily/daily_2024-01-02.sql").is_file());

    // A batch that fails leaves the others, and can be computed alone.
    case.write("models/daily.sql", &format!("{DAILY} where if(id = 2, error('no'), true)"));
    let (status, batches) = between("2024-01-01", "2024-01-05");
    assert_eq!((status, batches.successful.len(), batches.failed.len()), (Status::PartialSuccess, 3, 1));
    case.write("models/daily.sql", DAILY);
    let mut options = case.options(Verb::Run);
    options.retry_batches.insert("model.shop.daily".to_owned(), batches);
    let summary = case.with(options).unwrap();
    let again = summary.results.iter().find(|result| result.name == "daily").unwrap();
    assert_eq!(again.batch_results.as_ref().unwrap().successful.len(), 4);
    assert_eq!(case.number("select count(*) from daily"), 4);
}

#[test]
fn a_delta_table_takes_what_is_new() {
    let model = "{{ config(materialized='delta', location='lake/sales', unique_key='id', partition_by=['day'], on_schema_change='append_new_columns') }}\nselect * from {{ ref('src') }} {% if is_incremental() %}where id > 1{% endif %}";
    let case = Case::new(&[
        (
            "models/src.sql",
            "select i as id, date '2024-01-01' + (i % 2)::int as day, i * 1.5 as v, timestamp '2024-01-01 10:00:00' as moment from range(6) as t(i)",
        ),
        ("models/sales.sql", model),
        (
            "models/sums.sql",
            "{{ config(materialized='table') }} select sum(v) as v, count(*) as n, count(distinct day) as days, max(moment) as moment from {{ ref('sales') }}",
        ),
    ]);
    let location = case.folder.path().join("lake/sales");
    case.write("models/sales.sql", &model.replace("lake/sales", &location.to_string_lossy()));
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(
        case.number("select n from sums where days = 2 and moment = timestamp '2024-01-01 10:00:00'"),
        6
    );
    let first = DeltaTable::open(&location).unwrap();
    assert_eq!((first.version(), first.files().unwrap().len()), (0, 2));

    case.write("models/src.sql", "select i as id, date '2024-01-02' as day, 100.0 as v, timestamp '2024-02-01' as moment, 'n' as note from range(1, 8, 2) as t(i)");
    all_well(&case, &case.go(Verb::Run));
    let second = DeltaTable::open(&location).unwrap();
    assert_eq!(second.version(), 1);
    // 3 and 5 were there, 7 is new; 1 was left out by is_incremental(). The other partition's file stayed.
    assert_eq!(case.number("select n from sums"), 7);
    assert_eq!(case.number("select count(*) from sales where note = 'n' and v = 100"), 3);
    let kept = first.files().unwrap()[0].relative.clone();
    assert!(second.files().unwrap().iter().any(|file| file.relative == kept));

    case.write("models/src.sql", "select 2 as id, date '2024-01-02' as day, 1.0 as v, timestamp '2024-02-01' as moment, 'n' as note union all select 2, date '2024-01-02', 2.0, timestamp '2024-02-01', 'm'");
    let summary = case.go(Verb::Run);
    assert_eq!(status(&summary, "sales"), Status::Error);
    assert!(case.said().contains("several rows with the unique_key (2)"), "{}", case.said());

    let mut options = case.options(Verb::Run);
    options.full_refresh = true;
    case.write(
        "models/src.sql",
        "select 2 as id, date '2024-01-02' as day, 1.0 as v, timestamp '2024-02-01' as moment, 'n' as note",
    );
    all_well(&case, &case.with(options).unwrap());
    assert_eq!(case.number("select n from sums"), 1);
    assert_eq!(DeltaTable::open(&location).unwrap().version(), 2);
}

#[test]
fn types_that_delta_does_not_have_come_back_as_they_were() {
    let model = "{{ config(materialized='delta', location='LAKE', unique_key='id') }}
        select i::utinyint as id, 'a'::enum('a', 'b') as choice, 18446744073709551615::ubigint as big, time '10:20:30' as clock,
               interval 3 days as span, '00000000-0000-0000-0000-000000000001'::uuid as ident, 7::hugeint as wide
        from range({{ 2 if is_incremental() else 0 }}, {{ 4 if is_incremental() else 3 }}) as t(i)";
    let case = Case::new(&[]);
    case.write("models/odd.sql", &model.replace("LAKE", &case.folder.path().join("odd").to_string_lossy()));
    all_well(&case, &case.go(Verb::Run));
    all_well(&case, &case.go(Verb::Run));
    let types = "select count(*) from (describe odd) where column_type in
        ('UTINYINT', 'ENUM(''a'', ''b'')', 'UBIGINT', 'TIME', 'INTERVAL', 'UUID', 'HUGEINT')";
    assert_eq!(case.number(types), 7);
    assert_eq!(
        case.number(
            "select count(distinct id) from odd where big = 18446744073709551615 and clock = time '10:20:30' and span = interval 3 days and choice = 'a'"
        ),
        4
    );
}

#[test]
fn tables_with_indexes_and_foreign_keys_are_built_again() {
    let case = Case::new(&[
        ("models/people.sql", "{{ config(materialized='table') }} select 1 as id"),
        (
            "models/orders.sql",
            "{{ config(materialized='table', indexes=[{'columns': ['person']}]) }} select 5 as id, 1 as person from {{ ref('people') }}",
        ),
        (
            "models/schema.yml",
            "models:\n  - name: people\n    config: {contract: {enforced: true}}\n    columns: [{name: id, data_type: integer, constraints: [{type: primary_key}]}]\n  - name: orders\n    config: {contract: {enforced: true}}\n    columns:\n      - {name: id, data_type: integer}\n      - {name: person, data_type: integer, constraints: [{type: foreign_key, to: ref('people'), to_columns: [id]}]}\n",
        ),
    ]);
    all_well(&case, &case.go(Verb::Run));
    all_well(&case, &case.go(Verb::Run));
    assert_eq!(
        case.number("select count(*) from duckdb_constraints() where constraint_type = 'FOREIGN KEY'"),
        1
    );
    assert_eq!(case.number("select count(*) from duckdb_indexes()"), 1);
    // A table that others refer to is not replaced without them.
    let mut options = case.options(Verb::Run);
    options.select = vec!["people".to_owned()];
    assert_eq!(case.with(options).unwrap().exit_code(), 1);
    assert!(case.said().contains("is not selected in this run"), "{}", case.said());
    assert_eq!(case.number("select count(*) from orders"), 1);
}

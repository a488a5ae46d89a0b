//! What keeps runs fast, as far as it can be seen without a clock that matters.

use crate::case::{Case, all_well};
use ingot_models::Verb;
use std::time::SystemTime;

#[test]
fn the_time_in_statements_is_part_of_the_whole_and_is_told() {
    let heavy = "select count(*) as n from range(3000000) as t(id) where hash(id) % 7 = 1";
    let case = Case::new(&[("models/a.sql", heavy), ("models/b.sql", heavy)]);
    case.write("dbt_project.yml", "name: shop\nprofile: shop\nmodels: {+materialized: table}\n");
    let summary = case.go(Verb::Build);
    all_well(&case, &summary);
    assert!(summary.engine_time > std::time::Duration::ZERO);
    // The two run side by side; their time counts once.
    assert!(summary.engine_time <= summary.elapsed, "{:?} of {:?}", summary.engine_time, summary.elapsed);
    let said = case.said();
    assert!(said.contains(" s in statements, ") && said.contains(" %) beside them"), "{said}");
    // Parsing asks no database.
    assert!(case.go(Verb::Parse).engine_time.is_zero());
}

#[test]
fn compiled_sql_is_written_where_it_has_changed() {
    let case = Case::new(&[("models/a.sql", "select 1 as id"), ("models/b.sql", "select 2 as id")]);
    case.go(Verb::Build);
    let file = |name: &str| case.folder.path().join("target/compiled/shop/models").join(name);
    let written = |name: &str| std::fs::metadata(file(name)).unwrap().modified().unwrap();
    let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    for name in ["a.sql", "b.sql"] {
        std::fs::File::options().write(true).open(file(name)).unwrap().set_modified(old).unwrap();
    }
    case.write("models/b.sql", "select 3 as id");
    case.go(Verb::Build);
    assert_eq!(written("a.sql"), old);
    assert!(written("b.sql") > old);
    assert_eq!(std::fs::read_to_string(file("b.sql")).unwrap(), "select 3 as id");
    // Whoever changed it by hand gets back what the model says.
    std::fs::write(file("a.sql"), "select 9 as id").unwrap();
    case.go(Verb::Build);
    assert_eq!(std::fs::read_to_string(file("a.sql")).unwrap(), "select 1 as id");
}

#[test]
fn a_relation_is_replaced_in_one_transaction_whatever_it_was() {
    let case =
        Case::new(&[("models/a.sql", "select 1 as id"), ("models/b.sql", "select * from {{ ref('a') }}")]);
    let kinds = |case: &Case| {
        let sql = "select table_type || ' ' || table_name from information_schema.tables where table_catalog = 'shop' order by 1";
        case.query(sql).iter().map(|row| row[0].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let build = |case: &Case, config: &str, sql: &str| {
        case.write("models/a.sql", &format!("{{{{ config({config}) }}}} {sql}"));
        let summary = case.go(Verb::Build);
        all_well(case, &summary);
    };
    build(&case, "materialized='view'", "select 1 as id");
    assert_eq!(kinds(&case), ["VIEW a", "VIEW b"]);
    build(&case, "materialized='table'", "select 2 as id");
    assert_eq!(kinds(&case), ["BASE TABLE a", "VIEW b"]);
    // It may read what it replaces.
    build(
        &case,
        "materialized='table', indexes=[{'columns': ['id']}]",
        "select id + 5 as id from {{ this }}",
    );
    assert_eq!(case.number("select id from b"), 7);
    build(
        &case,
        "materialized='table', indexes=[{'columns': ['id']}]",
        "select id + 5 as id from {{ this }}",
    );
    assert_eq!(case.number("select id from b"), 12);
    build(&case, "materialized='view'", "select 3 as id");
    assert_eq!(kinds(&case), ["VIEW a", "VIEW b"]);
    assert_eq!(case.number("select id from b"), 3);

    // What fails after the old one was dropped brings it back.
    case.write(
        "models/a.sql",
        "{{ config(materialized='table', post_hook='select * from nowhere') }} select 4 as id",
    );
    assert_eq!(case.go(Verb::Run).exit_code(), 1);
    assert_eq!(kinds(&case), ["VIEW a", "VIEW b"]);
    assert_eq!(case.number("select id from b"), 3);
}

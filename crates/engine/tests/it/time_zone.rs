//! Time zone functions and casts against what DuckDB with icu answers (`time_zone/cases.txt`,
//! made by `tests/oracle/time_zone.py`).

use ingot_engine::duckdb::{DuckDb, DuckDbOptions};
use ingot_engine::{Cell, Engine, Session};

const CASES: &str = include_str!("time_zone/cases.txt");

/// Where ours is meant to differ (docs/reference/duckdb-without-icu.md says why).
fn may_differ(expression: &str, icu: &str, ours: &str) -> bool {
    // A function of ours cannot make its type depend on an argument's value: always DOUBLE.
    let is_part = expression.starts_with("date_part(") || expression.starts_with("extract(");
    // icu takes an infinity for a number here, and answers with some 292,000 years.
    let is_endless = expression.starts_with("age(") && expression.contains("infinity");
    is_part && ours.strip_suffix(".0") == Some(icu) || is_endless && ours.starts_with('!')
}

fn session() -> Box<dyn Session> {
    DuckDb::open(&DuckDbOptions::new(":memory:")).unwrap().session().unwrap()
}

fn answer(session: &mut dyn Session, expression: &str) -> String {
    match session.query(&format!("SELECT ({expression})::VARCHAR")) {
        Ok(rows) => match rows.first() {
            Some(Cell::Null) | None => "NULL".to_string(),
            Some(cell) => cell.to_string(),
        },
        Err(error) => format!("!{error}"),
    }
}

#[test]
fn equals_icu() {
    let mut session = session();
    let (mut zone, mut compared, mut wrong) = ("", 0, Vec::new());
    for line in CASES.lines() {
        if let Some(name) = line.strip_prefix("# zone ") {
            zone = name;
            session.execute(&format!("SET TimeZone = '{zone}'")).unwrap();
        }
        let Some((expression, expected)) = line.split_once('\t') else { continue };
        compared += 1;
        let ours = answer(&mut *session, expression);
        let same = if expected == "!" { ours.starts_with('!') } else { ours == expected };
        if !same && !may_differ(expression, expected, &ours) {
            wrong.push(format!("[{zone}] {expression}\n    icu:  {expected}\n    ours: {ours}"));
        }
    }
    assert!(compared > 4000, "only {compared} cases");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_session_has_its_own_zone_and_an_unknown_one_is_refused() {
    let database = DuckDb::open(&DuckDbOptions::new(":memory:")).unwrap();
    let (mut one, mut two) = (database.session().unwrap(), database.session().unwrap());
    let hour = "hour(timestamptz '2023-01-01 00:00:00+00')";
    one.execute("set timezone = 'Asia/Tokyo'").unwrap();
    two.execute("SET TIME ZONE 'Asia/Kolkata'").unwrap();
    assert_eq!((answer(&mut *one, hour), answer(&mut *two, hour)), ("9".into(), "5".into()));
    let error = two.execute("set timezone = 'Asia/Tokio'").unwrap_err();
    assert!(error.message().contains("Did you mean 'Asia/Tokyo'?"), "{error}");
    assert_eq!(answer(&mut *two, hour), "5");
    let error = one.query("select now() at time zone 'Asia/Tokio'").unwrap_err();
    assert!(error.message().contains("Asia/Tokyo"), "{error}");
}

#[test]
fn the_words_without_parentheses_work() {
    let mut session = session();
    session.execute("set timezone = 'Australia/Sydney'").unwrap();
    for sql in
        ["current_date", "current_timestamp", "current_time", "localtimestamp", "localtime", "now()::date"]
    {
        assert!(!answer(&mut *session, sql).starts_with('!'), "{sql}: {}", answer(&mut *session, sql));
    }
    session
        .execute("create view v as select current_date as today, now() at time zone 'UTC' as utc")
        .unwrap();
    assert_eq!(session.query("from v").unwrap().columns[0].type_name, "DATE");
}

#[test]
fn what_is_missing_says_so() {
    let mut session = session();
    for sql in [
        "select * from pg_timezone_names()",
        "set calendar = 'japanese'",
        "select 'a' collate de < 'b'",
        "select icu_sort_key('a', 'de')",
        "select date_part(['year', 'month'], now())",
        "select * from range(now(), now() + interval '1 day', interval '1 hour')",
    ] {
        let error = session.query(sql).unwrap_err();
        let hint = error.hint_text().unwrap_or_default();
        assert!(hint.contains("docs/reference/duckdb-without-icu.md"), "{sql}: {error}\n  hint: {hint}");
    }
    let rows = session
        .query("from unnest(range(timestamptz '2023-01-01 00:00:00+00', timestamptz '2023-01-02 00:00:00+00', interval '1 hour'))")
        .unwrap();
    assert_eq!(rows.rows.len(), 24);
}

/// A difference from icu that docs/reference/duckdb-without-icu.md warns of: if this ever changes, so must that page.
#[test]
fn strptime_leaves_the_name_of_a_zone_out_of_account() {
    let sql = "select strptime('2023-01-31 10:00:00 Australia/Sydney', '%Y-%m-%d %H:%M:%S %Z') as parsed";
    let rows = session().query(sql).unwrap();
    assert_eq!(rows.columns[0].type_name, "TIMESTAMP");
    assert_eq!(rows.rows, [[Cell::Timestamp("2023-01-31 10:00:00.000000".into())]]);
}

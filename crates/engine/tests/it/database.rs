//! Opening real DuckDB files: versions, paths, sessions, values, locks and errors.

use ingot_engine::duckdb::{Attach, DuckDb, DuckDbOptions};
use ingot_engine::{
    Cell, Dialect, Engine, EngineOptions, Nested, NestedValue, Session, SqlError, SqlErrorKind,
};
use std::path::Path;

fn open(path: &Path) -> DuckDb {
    DuckDb::open(&DuckDbOptions::new(path)).unwrap()
}

fn memory() -> Box<dyn Session> {
    open(Path::new(":memory:")).session().unwrap()
}

fn one(session: &mut dyn Session, sql: &str) -> Cell {
    session.query(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).first().unwrap().clone()
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_string())
}

#[test]
fn the_file_is_the_catalog_and_keeps_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's a \"place\"/warehouse.duckdb");
    let storage = "select tags['storage_version'] from duckdb_databases() where database_name = 'warehouse'";
    let first = {
        let database = open(&path);
        assert_eq!(database.name(), "warehouse");
        let mut session = database.session().unwrap();
        session.execute("create schema gold; create table gold.x as select 1 as a").unwrap();
        assert_eq!(one(&mut *session, "select a from warehouse.gold.x"), Cell::Int(1));
        assert_eq!(one(&mut *session, "select current_database()"), text("warehouse"));
        // What one session commits, the next one sees.
        let mut other = database.session().unwrap();
        assert_eq!(one(&mut *other, "select count(*) from gold.x"), Cell::Int(1));
        one(&mut *session, storage)
    };
    assert!(first.to_string().contains("v1.2.0"), "{first}");
    let again = open(&path);
    let mut session = again.session().unwrap();
    session.execute("insert into gold.x values (2); checkpoint").unwrap();
    assert_eq!(one(&mut *session, storage), first);
}

fn nested(text: &str, value: NestedValue) -> Cell {
    Cell::Nested(Box::new(Nested { text: text.into(), value }))
}

#[test]
fn values_arrive_as_they_are() {
    use NestedValue::{List, Map, Struct};
    let mut session = memory();
    for (sql, expected) in [
        ("null", Cell::Null),
        (
            "123456789012345678901234567890123456789012345::bignum",
            Cell::Other("123456789012345678901234567890123456789012345".into()),
        ),
        ("(-256)::bignum", Cell::Other("-256".into())),
        ("0::bignum", Cell::Other("0".into())),
        ("340282366920938463463374607431768211455::uhugeint", Cell::Other(u128::MAX.to_string())),
        ("timetz '10:20:30.5+05:30'", Cell::Time("10:20:30.5+05:30".into())),
        ("to_hours(9000000)", Cell::Interval("9000000:00:00".into())),
        ("true", Cell::Bool(true)),
        ("(-128)::tinyint", Cell::Int(-128)),
        ("170141183460469231731687303715884105727::hugeint", Cell::Int(i128::MAX)),
        ("'-170141183460469231731687303715884105728'::hugeint", Cell::Int(i128::MIN)),
        ("18446744073709551615::ubigint", Cell::Int(u64::MAX.into())),
        ("(-0.0100)::decimal(12,4)", Cell::Decimal("-0.0100".into())),
        ("1.1::double", Cell::Float(1.1)),
        ("'héllo, a text longer than twelve bytes'", text("héllo, a text longer than twelve bytes")),
        ("''", text("")),
        ("'b'::enum('a','b')", text("b")),
        ("date '2023-01-31'", Cell::Date("2023-01-31".into())),
        ("date 'infinity'", Cell::Date("infinity".into())),
        ("timestamp '2023-01-31 10:20:30'", Cell::Timestamp("2023-01-31 10:20:30.000000".into())),
        (
            "timestamp_ns '2023-01-31 10:20:30.123456789'",
            Cell::Timestamp("2023-01-31 10:20:30.123456789".into()),
        ),
        ("timestamptz '2023-01-31 10:20:30.5+02'", Cell::Timestamp("2023-01-31 08:20:30.500000+00".into())),
        ("interval '1 month 2 days'", Cell::Interval("1 month 2 days".into())),
        ("[1, null, 3]", nested("[1, NULL, 3]", List(vec![Cell::Int(1), Cell::Null, Cell::Int(3)]))),
        (
            "{'a': 1, 'b': 'x y'}",
            nested("{'a': 1, 'b': x y}", Struct(vec![("a".into(), Cell::Int(1)), ("b".into(), text("x y"))])),
        ),
        ("row(1)", nested("(1,)", Struct(vec![(String::new(), Cell::Int(1))]))),
        (
            "map {'k': [1.50]}",
            nested(
                "{k=[1.50]}",
                Map(vec![(text("k"), nested("[1.50]", List(vec![Cell::Decimal("1.50".into())])))]),
            ),
        ),
        ("[1, 2]::integer[2]", nested("[1, 2]", List(vec![Cell::Int(1), Cell::Int(2)]))),
        ("union_value(n := 5)", Cell::Int(5)),
        ("'\\x00ab'::blob", Cell::Blob("\\x00ab".into())),
        ("'0101'::bit", Cell::Other("0101".into())),
        ("time '10:20:30.5'", Cell::Time("10:20:30.5".into())),
        (
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
            Cell::Other("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".into()),
        ),
        ("'{\"a\":1}'::json", text("{\"a\":1}")),
    ] {
        assert_eq!(one(&mut *session, &format!("select {sql}")), expected, "{sql}");
    }
}

/// Cells of dates and timestamps are written by us, so they are compared with what DuckDB writes.
#[test]
fn dates_and_timestamps_are_written_as_duckdb_writes_them() {
    let mut session = memory();
    let dates = "select date '1970-01-01' + (i * 9973 - 2000000)::int as d from range(0, 1000) r(i) \
                 union all select unnest([date 'infinity', '-infinity', '0001-01-01', '0001-01-01 (BC)', \
                 '5877642-06-25 (BC)', '5881580-07-10'])";
    let rows = session.query(&format!("select d, d::varchar from ({dates})")).unwrap().rows;
    assert_eq!(rows.len(), 1006);
    for row in rows {
        assert_eq!(row[0].as_str(), row[1].as_str());
    }
    let times = "select make_timestamp((i - 500) * 15987654321987654) as t from range(0, 1000) r(i) \
                 union all select unnest([timestamp 'infinity', '-infinity', '290309-12-22 (BC) 00:00:00', \
                 '294247-01-10 04:00:54.775806', '1969-12-31 23:59:59.999999', '0001-01-01 (BC) 00:00:00'])";
    let exact = "case when isinf(t) then t::varchar else rtrim(regexp_replace(t::varchar, '\\.\\d+$', '')) \
                 || '.' || lpad((extract(microseconds from t) % 1000000)::varchar, 6, '0') end";
    let rows = session.query(&format!("select t, {exact} from ({times})")).unwrap().rows;
    assert_eq!(rows.len(), 1006);
    for row in rows {
        assert_eq!(row[0].as_str(), row[1].as_str());
    }
}

#[test]
fn types_are_named_as_duckdb_names_them() {
    let mut session = memory();
    let sql = "select 1.5::decimal(12,4) d, [1] l, {'a': 1, 'B c': ['x']} s, map {'k': 1} m, 'a'::enum('a') e, \
               timestamptz '2023-01-01 00:00:00+00' t, '1'::json j, [1]::integer[1] a, null n";
    for column in session.query(sql).unwrap().columns {
        let said = one(&mut *session, &format!("select typeof({}) from ({sql})", column.name));
        assert_eq!(text(&column.type_name), said, "{}", column.name);
    }
}

#[test]
fn several_statements_give_the_last_result() {
    let mut session = memory();
    let rows = session
        .query("create table t(a int); insert into t values (1), (2); select sum(a) as s from t;")
        .unwrap();
    assert_eq!((rows.columns[0].name.as_str(), rows.first()), ("s", Some(&Cell::Int(3))));
    assert_eq!(
        session.execute("insert into t select * from range(5); delete from t where a = 1").unwrap(),
        2
    );
    assert_eq!(session.query(" -- nothing\n").unwrap().rows.len(), 0);
    assert_eq!(session.query("select * from range(5000)").unwrap().rows.len(), 5000);
}

/// DuckDB makes several statements of some single ones.
#[test]
fn one_statement_may_be_several_to_the_engine() {
    let mut session = memory();
    let pivot = "pivot (select 1 as a, 'x' as b union all select 2, 'y') on b using sum(a)";
    for sql in [pivot.to_owned(), format!("{pivot};"), format!("select 7;\n{pivot}; -- and no more")] {
        let rows = session.query(&sql).unwrap();
        let names: Vec<&str> = rows.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["x", "y"], "{sql}");
    }
    assert!(session.query("-- nothing").unwrap().rows.is_empty());
    // Nothing runs where a later statement is none.
    let error = session.execute("create table t as select 1 as a; selec 2").unwrap_err();
    assert!(error.message().contains("syntax error"), "{error}");
    assert!(session.query("select * from t").is_err());
}

#[test]
fn an_error_says_where_in_the_sql() {
    let mut session = memory();
    let sql = "select 1;\nselect a,\n       missing\nfrom (select 1 as a)";
    let error = session.query(sql).unwrap_err();
    let parts = SqlError::of(&error.context("building gold.x")).cloned().unwrap();
    assert_eq!(
        (&parts.kind, parts.line, parts.column),
        (&SqlErrorKind::Binder, Some(3), Some(8)),
        "{parts:?}"
    );
    for (sql, line, column) in [
        ("\n\n-- first\n  select a,\n missing from (select 1 a)", 5, 2),
        ("select 1; select 2, missing from (select 1)", 1, 21),
        ("select 1;\n selec 2", 2, 2),
        ("select 'é', missing from (select 1)", 1, 13),
    ] {
        let error = session.query(sql).unwrap_err();
        let parts = SqlError::of(&error).unwrap();
        assert_eq!((parts.line, parts.column), (Some(line), Some(column)), "{sql}: {parts:?}");
    }
    let long = format!("select {}, missing from (select 1 as a)", vec!["a + 1"; 60].join(", "));
    let error = session.query(&long).unwrap_err();
    let parts = SqlError::of(&error).unwrap();
    assert_eq!(parts.line, Some(1));
    assert_eq!(parts.column.map(|column| &long[column - 1..column + 6]), Some("missing"));
}

#[test]
fn an_error_is_a_value_that_says_what_is_wrong() {
    let mut session = memory();
    session.execute("create table t(a int primary key); create view v as select a from t").unwrap();
    for (sql, kind, missing) in [
        ("selec 1", SqlErrorKind::Parser, None),
        ("select b from t", SqlErrorKind::Binder, None),
        ("select * from gone", SqlErrorKind::Catalog, Some("gone")),
        ("describe memory.main.gone", SqlErrorKind::Catalog, Some("gone")),
        ("describe nowhere.gone", SqlErrorKind::Catalog, Some("nowhere.gone")),
        ("select * from nowhere.main.gone", SqlErrorKind::Catalog, Some("nowhere.main.gone")),
        ("create table nowhere.main.gone(a int)", SqlErrorKind::Catalog, Some("nowhere")),
        ("drop table gone", SqlErrorKind::Catalog, Some("gone")),
        ("drop view gone", SqlErrorKind::Catalog, Some("gone")),
        ("select gone(1)", SqlErrorKind::Catalog, None),
        ("select 'x'::int", SqlErrorKind::Conversion, None),
        ("insert into t values (1), (1)", SqlErrorKind::Constraint, None),
        ("select 2147483647::int + 1::int", SqlErrorKind::OutOfRange, None),
        ("commit", SqlErrorKind::Transaction, None),
        ("select * from read_csv('/no/such/file.csv')", SqlErrorKind::Io, None),
        ("select error('as asked')", SqlErrorKind::InvalidInput, None),
    ] {
        let error = session.query(sql).unwrap_err();
        let parts = SqlError::of(&error).unwrap();
        assert_eq!((&parts.kind, parts.missing_relation.as_deref()), (&kind, missing), "{sql}: {parts:?}");
        assert_eq!(parts.is_missing_relation(), missing.is_some());
        assert!(parts.summary().starts_with(kind.name()), "{}", parts.summary());
    }
}

#[test]
fn an_engine_is_opened_without_naming_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.duckdb");
    EngineOptions::file(&file).open().unwrap().session().unwrap().execute("create table t(a int)").unwrap();
    let engine = EngineOptions::existing_file(&file).open().unwrap();
    assert!(engine.session().unwrap().execute("drop table t").is_err());
    assert_eq!((engine.dialect(), EngineOptions::in_memory().dialect()), (Dialect::DuckDb, Dialect::DuckDb));
    let dialect = Dialect::DuckDb;
    assert_eq!(dialect.adapter_type(), "duckdb");
    assert_eq!((dialect.relation_type("VIEW"), dialect.relation_type("BASE TABLE")), ("view", "table"));
}

#[test]
fn a_missing_extension_is_named_in_the_hint() {
    let mut session = memory();
    let error = session.query("select st_area('x')").unwrap_err();
    assert!(error.hint_text().unwrap().contains("spatial"), "{error} {:?}", error.hint_text());
    let error = session.query("select 'a' collate de < 'b'").unwrap_err();
    assert!(
        error.hint_text().unwrap().contains("docs/reference/duckdb-without-icu.md"),
        "{error} {:?}",
        error.hint_text()
    );
}

#[test]
fn what_cannot_be_opened_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("none.duckdb");
    let error = DuckDb::open(&DuckDbOptions { read_only: true, ..DuckDbOptions::new(&none) }).err().unwrap();
    assert!(error.message().contains("no database to read"), "{error}");
    let junk = folder.path().join("junk.duckdb");
    std::fs::write(&junk, vec![b'x'; 20_000]).unwrap();
    let error = DuckDb::open(&DuckDbOptions::new(&junk)).err().unwrap();
    assert!(error.message().contains("not a DuckDB database"), "{error}");
    let error = DuckDb::open(&DuckDbOptions::new(folder.path())).err().unwrap();
    assert!(error.message().contains("there is a folder"), "{error}");
    let error = DuckDb::open(&DuckDbOptions {
        config_options: vec![("no_such_setting".into(), "1".into())],
        ..DuckDbOptions::new(":memory:")
    });
    assert!(error.err().unwrap().message().contains("no_such_setting"));
    let below = junk.join("deeper/w.duckdb");
    let error = DuckDb::open(&DuckDbOptions::new(&below)).err().unwrap();
    assert_eq!(error.place().map(|place| place.file.starts_with(&junk)), Some(true), "{error}");
}

#[test]
fn options_reach_every_session() {
    let folder = tempfile::tempdir().unwrap();
    let side = folder.path().join("side.duckdb");
    open(&side).session().unwrap().execute("create table t as select 7 as n").unwrap();
    let options = DuckDbOptions {
        threads: Some(1),
        memory_limit: Some("1GB".into()),
        settings: vec![("TimeZone".into(), "Asia/Tokyo".into()), ("default_order".into(), "desc".into())],
        attach: vec![Attach {
            path: side.to_string_lossy().into_owned(),
            alias: Some("other one".into()),
            read_only: true,
            ..Attach::default()
        }],
        ..DuckDbOptions::new(folder.path().join("main.duckdb"))
    };
    let database = DuckDb::open(&options).unwrap();
    assert_eq!(database.name(), "main_db");
    for _ in 0..2 {
        let mut session = database.session().unwrap();
        assert_eq!(one(&mut *session, "select current_setting('TimeZone')"), text("Asia/Tokyo"));
        assert_eq!(one(&mut *session, "select current_setting('threads')"), Cell::Int(1));
        assert_eq!(one(&mut *session, "select n from \"other one\".t"), Cell::Int(7));
        assert!(session.execute("insert into \"other one\".t values (8)").is_err());
    }
}

#[test]
fn a_running_statement_can_be_stopped() {
    let mut session = memory();
    let stop = session.interrupter();
    let stopper = std::thread::spawn(move || {
        for _ in 0..200 {
            std::thread::sleep(std::time::Duration::from_millis(20));
            stop();
        }
    });
    let error = session.query("select count(*) from range(10000000) a, range(10000000) b").unwrap_err();
    assert!(error.message().to_lowercase().contains("interrupt"), "{error}");
    drop(session);
    stopper.join().unwrap();
}

/// Run as another process by the test below: holds the file open until its input ends.
#[test]
fn hold_the_database_open() {
    let Ok(path) = std::env::var("INGOT_TEST_HOLD") else { return };
    let database = open(Path::new(&path));
    database.session().unwrap().execute("create table held(a int)").unwrap();
    std::fs::write(format!("{path}.held"), "").unwrap();
    std::io::Read::read_to_end(&mut std::io::stdin(), &mut Vec::new()).unwrap();
}

#[test]
fn a_lock_names_the_process_that_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("busy.duckdb");
    let mut holder = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "database::hold_the_database_open", "--nocapture"])
        .env("INGOT_TEST_HOLD", &path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let sign = folder.path().join("busy.duckdb.held");
    for _ in 0..600 {
        if sign.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let error = DuckDb::open(&DuckDbOptions::new(&path)).err();
    let pid = holder.id();
    drop(holder.stdin.take());
    holder.wait().unwrap();
    let error = error.expect("the file should have been locked");
    assert!(error.message().contains(&format!("process {pid} (")), "{error}");
    assert!(error.message().contains("hold_the_database_open"), "{error}");
    // The other process may be in the middle of something: nobody is told to end it.
    assert!(!error.hint_text().unwrap().contains("kill"));
    assert!(error.message().contains(&pid.to_string()), "{error}");
    open(&path);
}

//! A database that the engine wrote, read by the crate `duckdb`, whose wrapper of DuckDB is not ours: values that
//! both see alike are in the file, and not only in our reading of it.

use duckdb::types::{TimeUnit, Value};
use ingot_engine::{Cell, EngineOptions};
use std::path::Path;

/// Literals, and what the engine's cells say of them once they are stored and read.
const VALUES: &[(&str, &str)] = &[
    ("true", "true"),
    ("(-128)::tinyint", "-128"),
    ("255::utinyint", "255"),
    ("(-32768)::smallint", "-32768"),
    ("(-2147483648)::integer", "-2147483648"),
    ("18446744073709551615::ubigint", "18446744073709551615"),
    ("170141183460469231731687303715884105727::hugeint", "170141183460469231731687303715884105727"),
    ("340282366920938463463374607431768211455::uhugeint", "340282366920938463463374607431768211455"),
    ("1.1::double", "1.1"),
    ("(-0.0100)::decimal(12,4)", "-0.0100"),
    ("99999999999999999999999999999999999999::decimal(38,0)", "99999999999999999999999999999999999999"),
    ("'héllo, a text longer than twelve bytes'", "héllo, a text longer than twelve bytes"),
    ("'b'::enum('a','b')", "b"),
    ("date '2023-01-31'", "2023-01-31"),
    ("date 'infinity'", "infinity"),
    ("time '10:20:30.5'", "10:20:30.5"),
    ("timetz '10:20:30.5+05:30'", "10:20:30.5+05:30"),
    ("timestamp '2023-01-31 10:20:30.123456'", "2023-01-31 10:20:30.123456"),
    ("timestamp_ns '2023-01-31 10:20:30.123456789'", "2023-01-31 10:20:30.123456789"),
    ("timestamptz '2023-01-31 10:20:30.123456+02'", "2023-01-31 08:20:30.123456+00"),
    ("interval '1 month 2 days 03:04:05'", "1 month 2 days 03:04:05"),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("'\\x00ab'::blob", "\\x00ab"),
    ("'0101'::bit", "0101"),
    ("[1, null, 3]", "[1, NULL, 3]"),
    ("[1, 2]::integer[2]", "[1, 2]"),
    ("{'a': 1, 'b': 'x y'}", "{'a': 1, 'b': x y}"),
    ("map {'k': [1.50]}", "{k=[1.50]}"),
    ("union_value(n := 5)", "5"),
    ("null::integer", ""),
];

/// Writes one row with a column `c0`, `c1` and so on for each value.
fn write(path: &Path) {
    let columns: Vec<String> =
        VALUES.iter().enumerate().map(|(index, (sql, _))| format!("{sql} as c{index}")).collect();
    let engine = EngineOptions::file(path).open().unwrap();
    let mut session = engine.session().unwrap();
    session.execute("set TimeZone = 'UTC'").unwrap();
    session.execute(&format!("create table t as select {}", columns.join(", "))).unwrap();
    let rows = session.query("select * from t").unwrap();
    for (cell, (sql, expected)) in rows.rows[0].iter().zip(VALUES) {
        assert_eq!(cell.to_string(), *expected, "{sql}");
    }
}

#[test]
fn another_wrapper_of_duckdb_reads_equal_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.duckdb");
    write(&path);
    let config = duckdb::Config::default().access_mode(duckdb::AccessMode::ReadOnly).unwrap();
    let reader =
        duckdb::Connection::open_with_flags(&path, config.enable_autoload_extension(false).unwrap()).unwrap();
    for (index, (sql, expected)) in VALUES.iter().enumerate() {
        let query = format!("select c{index}::varchar from t");
        let text: Option<String> = reader.query_row(&query, [], |row| row.get(0)).unwrap();
        assert_eq!(text.as_deref().unwrap_or(""), *expected, "{sql}");
    }
}

#[test]
fn another_wrapper_of_duckdb_reads_equal_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.duckdb");
    write(&path);
    let reader = duckdb::Connection::open(&path).unwrap();
    let typed = |sql: &str| -> Value {
        let index = VALUES.iter().position(|(literal, _)| *literal == sql).unwrap();
        reader.query_row(&format!("select c{index} from t"), [], |row| row.get(0)).unwrap()
    };
    // 2023-01-31 is day 19,388.
    let instant = |hour: i64| ((19_388 * 24 + hour) * 3600 + 20 * 60 + 30) * 1_000_000 + 123_456;
    for (sql, expected) in [
        ("true", Value::Boolean(true)),
        ("(-128)::tinyint", Value::TinyInt(-128)),
        ("18446744073709551615::ubigint", Value::UBigInt(u64::MAX)),
        ("170141183460469231731687303715884105727::hugeint", Value::HugeInt(i128::MAX)),
        ("340282366920938463463374607431768211455::uhugeint", Value::UHugeInt(u128::MAX)),
        ("1.1::double", Value::Double(1.1)),
        ("(-0.0100)::decimal(12,4)", Value::Decimal(duckdb::types::Decimal::new(12, 4, -100).unwrap())),
        ("date '2023-01-31'", Value::Date32(19_388)),
        ("date 'infinity'", Value::Date32(i32::MAX)),
        ("timestamp '2023-01-31 10:20:30.123456'", Value::Timestamp(TimeUnit::Microsecond, instant(10))),
        ("timestamptz '2023-01-31 10:20:30.123456+02'", Value::Timestamp(TimeUnit::Microsecond, instant(8))),
        ("'\\x00ab'::blob", Value::Blob(vec![0, b'a', b'b'])),
        ("[1, null, 3]", Value::List(vec![Value::Int(1), Value::Null, Value::Int(3)])),
        ("null::integer", Value::Null),
    ] {
        assert_eq!(typed(sql), expected, "{sql}");
    }
}

#[test]
fn the_engine_reads_what_another_wrapper_of_duckdb_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.duckdb");
    let writer = duckdb::Connection::open(&path).unwrap();
    writer.execute_batch("create table t(a bigint, b varchar)").unwrap();
    let mut rows = writer.appender("t").unwrap();
    rows.append_row(duckdb::params![i64::MAX, "ä"]).unwrap();
    rows.flush().unwrap();
    drop(rows);
    drop(writer);
    let engine = EngineOptions::existing_file(&path).open().unwrap();
    let found = engine.session().unwrap().query("select * from t").unwrap();
    assert_eq!(found.rows, [[Cell::Int(i64::MAX.into()), Cell::Text("ä".to_owned())]]);
}

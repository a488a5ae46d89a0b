//! What the crate `duckdb` gives beside this crate's own use of the C API: the same statements through both, in
//! one process and by turns. The decision that rests on it is at the top of `src/duckdb/connection.rs`.
//!
//! `cargo bench -p ingot-engine --bench duckdb_crate`

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use duckdb::arrow::util::display::{ArrayFormatter, FormatOptions};
use duckdb::types::ValueRef;
use ingot_engine::{Cell, EngineOptions};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Values whose exact text is easily lost.
const VALUES: &[&str] = &[
    "170141183460469231731687303715884105727::hugeint",
    "340282366920938463463374607431768211455::uhugeint",
    "[340282366920938463463374607431768211455::uhugeint]",
    "(-0.0100)::decimal(12,4)",
    "99999999999999999999999999999999999999::decimal(38,0)",
    "timetz '10:20:30.5+05:30'",
    "'10:20:30.123456789'::time_ns",
    "timestamp_s '2023-01-31 10:20:30'",
    "timestamp_ms '2023-01-31 10:20:30.5'",
    "timestamp_ns '2023-01-31 10:20:30.123456789'",
    "timestamp 'infinity'",
    "timestamp '0044-03-15 (BC) 10:20:30'",
    "timestamptz '2023-01-31 10:20:30.5+02'",
    "date 'infinity'",
    "date '-infinity'",
    "date '5877641-06-25 (BC)'",
    "interval '1 month 2 days 03:04:05.000006'",
    "to_hours(9000000)",
    "'0101'::bit",
    "'\\x00ab'::blob",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "123456789012345678901234567890123456789012345::bignum",
    "'b'::enum('a','b')",
    "['a'::enum('a','b')]",
    "union_value(n := 5)",
    "[1, null, 3]",
    "[1.5::double, 1e20, 'nan'::double]",
    "{'a': 1, 'b': 'x y', 'c': date '2023-01-31'}",
    "map {'k': [1.50]}",
    "[1, 2]::integer[2]",
    "[timetz '10:20:30+01']",
    "{'t': timestamp_ns '2023-01-31 10:20:30.123456789'}",
    "'{\"a\":1}'::json",
    "{'a': 1}::variant",
];

/// Texts of several statements, right and wrong.
const TEXTS: &[&str] = &[
    "select 1; select 2",
    "-- nothing",
    "select 1;\n selec 2",
    "select 1;\nselect a,\n       missing\nfrom (select 1 as a)",
    "create or replace table u as select 1 as a; delete from u",
];

fn main() {
    let engine = EngineOptions::in_memory().open().unwrap();
    let mut ours = engine.session().unwrap();
    let crate_config = duckdb::Config::default().enable_autoload_extension(false).unwrap();
    let theirs = duckdb::Connection::open_in_memory_with_flags(crate_config).unwrap();
    std::panic::set_hook(Box::new(|_| {}));
    println!("# Values\n");
    for value in VALUES {
        let sql = format!("select {value} as v");
        let text = ours.query(&sql).map_or_else(|error| error.message().to_owned(), |rows| first(&rows.rows));
        println!(
            "{value}\n  C API  {text}\n  Arrow  {}\n  Row    {}",
            by_arrow(&theirs, &sql),
            by_row(&theirs, &sql)
        );
    }
    println!("\n# Texts of several statements\n");
    for text in TEXTS {
        println!("{text:?}");
        println!(
            "  C API execute        {:?}",
            ours.execute(text).map_err(|error| error.message().to_owned())
        );
        println!("  duckdb execute       {:?}", theirs.execute(text, []).map_err(|error| error.to_string()));
        println!(
            "  duckdb execute_batch {:?}",
            theirs.execute_batch(text).map_err(|error| error.to_string())
        );
    }
    println!("\n# Times (best of 5, in ms)\n");
    for sql in [
        "select i, i * 0.5::double as d, i % 2 = 0 as b, 'text ' || i as t from range(1000000) r(i)",
        "select date '2020-01-01' + (i % 1000)::int as d, (i / 100)::decimal(12,2) as n, \
         timestamp '2020-01-01 00:00:00' + to_seconds(i) as t from range(1000000) r(i)",
    ] {
        println!("{sql}");
        by_turns(&mut [
            ("C API: rows of cells", &mut || black_box(ours.query(sql).unwrap().rows.len())),
            ("duckdb: Arrow batches, nothing read", &mut || batches(&theirs, sql)),
            ("duckdb: Arrow batches, as cells", &mut || arrow_cells(&theirs, sql)),
            ("duckdb: rows, as cells", &mut || row_cells(&theirs, sql)),
        ]);
    }
    ours.execute("create table t(a int)").unwrap();
    theirs.execute_batch("create table t(a int)").unwrap();
    for sql in ["select 1", "insert into t values (1)", "create or replace view v as select * from t"] {
        println!("10,000 times: {sql}");
        by_turns(&mut [
            ("C API: execute", &mut || repeat(|| ours.execute(sql).unwrap() as usize)),
            ("duckdb: execute (rows changed)", &mut || repeat(|| theirs.execute(sql, []).unwrap())),
            ("duckdb: execute_batch (no count)", &mut || {
                repeat(|| theirs.execute_batch(sql).map(|()| 0).unwrap())
            }),
        ]);
    }
}

fn first(rows: &[Vec<Cell>]) -> String {
    rows.first().and_then(|row| row.first()).map_or_else(String::new, Cell::to_string)
}

/// The first value as Arrow's own formatter shows it.
fn by_arrow(connection: &duckdb::Connection, sql: &str) -> String {
    said(|| {
        let mut statement = connection.prepare(sql).map_err(|error| error.to_string())?;
        let batch = statement.query_arrow([]).map_err(|error| error.to_string())?.next().ok_or("no rows")?;
        let formatter = ArrayFormatter::try_new(batch.column(0), &FormatOptions::default());
        let formatter = formatter.map_err(|error| error.to_string())?;
        let text = formatter.value(0).try_to_string().map_err(|error| error.to_string())?;
        Ok(format!("{text}   ({})", batch.column(0).data_type()))
    })
}

/// The first value as the crate's rows give it.
fn by_row(connection: &duckdb::Connection, sql: &str) -> String {
    said(|| {
        let value = connection.query_row(sql, [], |row| row.get::<_, duckdb::types::Value>(0));
        value.map(|value| format!("{value:?}")).map_err(|error| error.to_string())
    })
}

fn said(work: impl FnOnce() -> Result<String, String>) -> String {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => format!("error: {error}"),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            format!("PANIC: {}", text.unwrap_or_default())
        }
    }
}

fn batches(connection: &duckdb::Connection, sql: &str) -> usize {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_arrow([]).unwrap().map(|batch| black_box(batch).num_rows()).sum()
}

fn arrow_cells(connection: &duckdb::Connection, sql: &str) -> usize {
    use duckdb::arrow::array::{Array, AsArray};
    use duckdb::arrow::datatypes::{DataType, Float64Type, Int64Type};
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for batch in statement.query_arrow([]).unwrap() {
        let start = rows.len();
        rows.resize_with(start + batch.num_rows(), Vec::new);
        let rows = &mut rows[start..];
        for column in batch.columns() {
            let mut fill = |cell: &dyn Fn(usize) -> Cell| {
                for (index, row) in rows.iter_mut().enumerate() {
                    row.push(if column.is_null(index) { Cell::Null } else { cell(index) });
                }
            };
            match column.data_type() {
                DataType::Int64 => fill(&|i| Cell::Int(column.as_primitive::<Int64Type>().value(i).into())),
                DataType::Float64 => fill(&|i| Cell::Float(column.as_primitive::<Float64Type>().value(i))),
                DataType::Boolean => fill(&|i| Cell::Bool(column.as_boolean().value(i))),
                DataType::Utf8 => fill(&|i| Cell::Text(column.as_string::<i32>().value(i).to_owned())),
                _ => {
                    let options = FormatOptions::default();
                    let formatter = ArrayFormatter::try_new(column, &options).unwrap();
                    fill(&|i| Cell::Other(formatter.value(i).to_string()));
                }
            }
        }
    }
    black_box(rows).len()
}

fn row_cells(connection: &duckdb::Connection, sql: &str) -> usize {
    let mut statement = connection.prepare(sql).unwrap();
    let mut found = statement.query([]).unwrap();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    while let Some(row) = found.next().unwrap() {
        let columns = row.as_ref().column_count();
        rows.push((0..columns).map(|column| cell(row.get_ref(column).unwrap())).collect());
    }
    black_box(rows).len()
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Boolean(value) => Cell::Bool(value),
        ValueRef::BigInt(value) => Cell::Int(value.into()),
        ValueRef::Double(value) => Cell::Float(value),
        ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        // Days, units and unscaled numbers: text is still to be made of them.
        other => Cell::Other(format!("{other:?}")),
    }
}

fn repeat(mut statement: impl FnMut() -> usize) -> usize {
    (0..10_000).map(|_| statement()).sum()
}

/// Runs each five times, one after the other, and shows the best time of each.
fn by_turns(ways: &mut [(&str, &mut dyn FnMut() -> usize)]) {
    let mut best = vec![Duration::MAX; ways.len()];
    for _ in 0..5 {
        for ((_, way), best) in ways.iter_mut().zip(&mut best) {
            let start = Instant::now();
            black_box(way());
            *best = (*best).min(start.elapsed());
        }
    }
    for ((name, _), best) in ways.iter().zip(best) {
        println!("  {:>9.1}  {name}", best.as_secs_f64() * 1000.0);
    }
}

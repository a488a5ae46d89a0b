//! How much room the lake takes, beside what DuckDB writes of the same rows.

use crate::ask::ask;
use crate::things::{Terms, Things};
use std::fmt::Write as _;
use std::path::Path;

fn bytes_below(folder: &Path, extension: &str) -> u64 {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|found| found == extension))
        .map(|entry| entry.metadata().unwrap().len())
        .sum()
}

/// A number that looks random.
fn scattered(row: u64) -> u64 {
    let mixed = (row ^ 0x5851_F42D).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 20
}

/// Lines of orders: keys in order, other keys in no order, small numbers and amounts.
fn order_lines(rows: u64) -> String {
    let mut text = "order_id,line,product_id,qty,price\n".to_owned();
    for row in 0..rows {
        let product = scattered(row) % 25_000;
        let (order, line) = (7_000_000 + row / 4, row % 4 + 1);
        let (qty, cents) = (scattered(row + rows) % 5 + 1, 99 + scattered(product) % 400 * 50);
        writeln!(text, "{order},{line},{product},{qty},{}.{:02}", cents / 100, cents % 100).unwrap();
    }
    text
}

const NARROW: Terms<'_> = Terms {
    path: "things/part-*.csv",
    format: "csv",
    evolution: "evolve",
    partition: None,
    columns: &[
        ("order_id", "i64", "integer", true),
        ("line", "i32", "integer", true),
        ("product_id", "i64", "integer", true),
        ("qty", "i32", "integer", true),
        ("price", "dec(12,2)", "number", true),
    ],
    version: "1.0.0",
    settings: &[],
};

#[test]
fn a_narrow_table_takes_less_than_duckdb_writes_and_eight_bytes_for_the_hash_of_each_row() {
    let things = Things::new(&NARROW);
    things.write("raw/things/part-0.csv", &order_lines(200_000));
    assert_eq!(things.load().accepted(), 200_000);
    let plain = things.path().join("plain.parquet");
    let types = "{'order_id': 'BIGINT', 'line': 'INTEGER', 'product_id': 'BIGINT', 'qty': 'INTEGER', \
                 'price': 'DECIMAL(12,2)'}";
    let raw = things.path().join("raw/things/part-0.csv");
    ask(
        Path::new(":memory:"),
        &format!(
            "COPY (FROM read_csv('{}', columns = {types})) TO '{}' (FORMAT parquet)",
            raw.display(),
            plain.display()
        ),
    );
    let plain = std::fs::metadata(plain).unwrap().len();
    let delta = things.lake().join("bronze/delta/things");
    let with_hash = bytes_below(&delta, "parquet");
    // Without the hash, also after the table was written again.
    things.agree(&Terms { settings: &["rowHash: none"], ..NARROW });
    things.load();
    let table = ingot_lake::DeltaTable::open(&delta).unwrap();
    let without: u64 = table.files().unwrap().iter().map(|file| file.bytes).sum();
    assert!(without * 3 < plain * 2, "{without} bytes, where DuckDB writes {plain}");
    let of_hash = 200_000 * 8;
    assert!((of_hash..of_hash + 4000).contains(&(with_hash - without)), "{without} and {with_hash}");
}

#[test]
fn rejects_take_less_room_than_the_raw_file() {
    let things = Things::new(&Terms {
        columns: &[
            ("order_id", "i64", "integer", true),
            ("line", "date", "date", true),
            ("product_id", "bool", "boolean", true),
            ("qty", "ts", "timestamp", true),
            ("price", "i32", "integer", true),
        ],
        ..NARROW
    });
    let raw = order_lines(100_000);
    things.write("raw/things/part-0.csv", &raw);
    // Every row is rejected, for four reasons.
    let options = ingot_bronze::LoadOptions { keep_going: true, ..things.options() };
    let summary = ingot_bronze::load(&options, &ingot_core::report::Silent).unwrap();
    assert_eq!(summary.rejected(), 100_000);
    let rejects = things.lake().join("_rejects/things");
    let (csv, parquet) = (bytes_below(&rejects, "csv"), bytes_below(&rejects, "parquet"));
    assert!(
        csv + parquet < raw.len() as u64,
        "{csv} + {parquet} bytes of rejects for {} of raw text",
        raw.len()
    );
    // All are in the Parquet file, the first ones in the CSV file.
    let count = |files: &str| {
        let files = format!("{}/*.{files}", rejects.display());
        ask(Path::new(":memory:"), &format!("SELECT count(*), max(row_number) = count(*) FROM '{files}'"))
    };
    assert_eq!(count("parquet"), "100000|true");
    let in_csv = count("csv");
    let (rows, are_first) = in_csv.split_once('|').unwrap();
    assert!(are_first == "true" && (100..20_000).contains(&rows.parse().unwrap()), "{in_csv}");
}

/// Spark up to 4.1 reads these encodings and no others with its usual reader:
/// <https://github.com/apache/spark/blob/v4.1.0/sql/core/src/main/java/org/apache/spark/sql/execution/datasources/parquet/VectorizedColumnReader.java>.
const READ_EVERYWHERE: [&str; 4] = ["DELTA_BINARY_PACKED", "PLAIN", "RLE", "RLE_DICTIONARY"];

#[test]
fn the_lake_has_only_encodings_that_clusters_read() {
    let things = Things::new(&Terms {
        columns: &[
            ("key", "i64", "integer", true),
            ("value", "f64", "number", true),
            ("amount", "dec(12,2)", "number", true),
            ("word", "str", "string", true),
            ("at", "ts", "timestamp", true),
        ],
        ..NARROW
    });
    let mut text = "key,value,amount,word,at\n".to_owned();
    for row in 0..2000 {
        let value = scattered(row) as f64 / 7.0;
        let (cents, minute) = (scattered(row) % 90_000, row % 60);
        writeln!(
            text,
            "{row},{value},{}.{:02},w{row},2024-01-01T00:{minute:02}:00Z",
            cents / 100,
            cents % 100
        )
        .unwrap();
    }
    things.write("raw/things/part-0.csv", &text);
    assert_eq!(things.load().accepted(), 2000);
    let sql = format!(
        "SELECT DISTINCT unnest(string_split(encodings, ', ')) FROM parquet_metadata('{}/bronze/delta/**/*.parquet') ORDER BY 1",
        things.lake().display()
    );
    let encodings = ask(Path::new(":memory:"), &sql);
    for encoding in encodings.split_whitespace() {
        assert!(READ_EVERYWHERE.contains(&encoding), "{encodings}");
    }
}

//! Parquet files with other physical types than the contract's, and damaged ones.

use crate::feed::Feed;
use ingot_lake::arrow::array::*;
use ingot_lake::arrow::datatypes::{Field, Int32Type, Schema, i256};
use ingot_lake::parquet::arrow::ArrowWriter;
use std::sync::Arc;

fn feed(columns: &str) -> Feed {
    Feed::new("parquet", "t*.parquet", "", columns)
}

fn parquet(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), None).unwrap();
    if !columns.is_empty() && !columns[0].1.is_empty() {
        let arrays = columns.iter().map(|(_, column)| column.clone()).collect();
        writer.write(&RecordBatch::try_new(schema, arrays).unwrap()).unwrap();
    }
    writer.into_inner().unwrap()
}

/// One column `x` of this type, loaded: what is shown of its rows, and row number and codes of the rejects.
fn load(data_type: &str, column: impl Array + 'static) -> (Vec<String>, Vec<(u64, String)>) {
    let feed = feed(&format!("x {data_type}"));
    feed.write("t.parquet", parquet(&[("x", Arc::new(column))]));
    feed.load();
    (feed.shown(), feed.codes())
}

fn failure(data_type: &str, column: impl Array + 'static) -> String {
    let feed = feed(&format!("x {data_type}"));
    feed.write("t.parquet", parquet(&[("x", Arc::new(column))])).failure()
}

fn codes(codes: &[(u64, &str)]) -> Vec<(u64, String)> {
    codes.iter().map(|(row, code)| (*row, (*code).to_owned())).collect()
}

#[test]
fn numbers_of_other_types_keep_their_values_or_are_rejected() {
    assert_eq!(load("i64", Int32Array::from(vec![Some(-1), None])), (vec!["x=-1".into(), "".into()], vec![]));
    assert_eq!(
        load("i32", Int64Array::from(vec![7, 1 << 40])),
        (vec!["x=7".into()], codes(&[(2, "OUT_OF_RANGE")]))
    );
    assert_eq!(
        load("i64", UInt64Array::from(vec![1, u64::MAX])),
        (vec!["x=1".into()], codes(&[(2, "OUT_OF_RANGE")]))
    );
    // As programs write whole numbers once one of them is missing.
    assert_eq!(
        load("i64", Float64Array::from(vec![3.0, 2.5, f64::NAN, -1e19])),
        (vec!["x=3".into()], codes(&[(2, "NOT_A_NUMBER"), (3, "NOT_A_NUMBER"), (4, "OUT_OF_RANGE")]))
    );
    assert_eq!(
        load("dec(12,4)", Float64Array::from(vec![0.65, 12.34567, 1e9])),
        (vec!["x=0.6500".into()], codes(&[(2, "TOO_PRECISE"), (3, "OUT_OF_RANGE")]))
    );
    assert_eq!(load("dec(12,4)", Float32Array::from(vec![0.65])).0, ["x=0.6500"]);
    assert_eq!(
        load("f64", Float64Array::from(vec![1.5, f64::INFINITY])),
        (vec!["x=1.5".into()], codes(&[(2, "NOT_A_NUMBER")]))
    );
    let decimals = |values: Vec<i128>, precision, scale| {
        Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()
    };
    assert_eq!(load("dec(12,4)", decimals(vec![150], 5, 2)).0, ["x=1.5000"]);
    assert_eq!(
        load("dec(12,4)", decimals(vec![12_345_600, 12_345_678], 20, 6)),
        (vec!["x=12.3456".into()], codes(&[(2, "TOO_PRECISE")]))
    );
    assert_eq!(
        load("dec(5,2)", decimals(vec![12_345, 1_234_567], 20, 2)),
        (vec!["x=123.45".into()], codes(&[(2, "OUT_OF_RANGE")]))
    );
    assert_eq!(
        load("i64", decimals(vec![500, 525], 38, 2)),
        (vec!["x=5".into()], codes(&[(2, "NOT_A_NUMBER")]))
    );
    let wide = Decimal256Array::from(vec![i256::from_i128(150)]).with_precision_and_scale(50, 2).unwrap();
    assert_eq!(load("dec(12,4)", wide).0, ["x=1.5000"]);
}

#[test]
fn text_of_every_kind_is_text() {
    let words = vec![Some("a"), None, Some("é")];
    let expected = ["x=a", "", "x=é"];
    assert_eq!(load("str", LargeStringArray::from(words.clone())).0, expected);
    assert_eq!(load("str", StringViewArray::from(words.clone())).0, expected);
    assert_eq!(load("str", words.clone().into_iter().collect::<DictionaryArray<Int32Type>>()).0, expected);
    assert_eq!(
        load("str", BinaryArray::from_opt_vec(vec![Some(b"a"), None, Some(b"\xFF")])),
        (vec!["x=a".into(), "".into()], codes(&[(3, "NOT_UTF8")]))
    );
    // By the rules of CSV.
    assert_eq!(
        load("date", StringArray::from(vec!["2024-02-29", "2024-02-30", ""])),
        (vec!["x=2024-02-29".into(), "".into()], codes(&[(2, "NOT_A_DATE")]))
    );
    assert_eq!(load("dec(12,4)", BinaryArray::from_vec(vec![b"1.5"])).0, ["x=1.5000"]);
}

#[test]
fn timestamps_in_every_unit() {
    let second = 1_672_531_200;
    let shown = "x=2023-01-01T00:00:00Z";
    let utc = "+00:00";
    assert_eq!(
        load("ts", TimestampMillisecondArray::from(vec![second * 1000]).with_timezone(utc)).0,
        [shown]
    );
    assert_eq!(
        load(
            "ts",
            TimestampNanosecondArray::from(vec![second * 1_000_000_000, second * 1_000_000_000 + 1])
                .with_timezone("Australia/Sydney")
        ),
        (vec![shown.into()], codes(&[(2, "TOO_PRECISE")]))
    );
    assert_eq!(
        load("ts", TimestampMillisecondArray::from(vec![i64::MAX / 10]).with_timezone(utc)).1,
        codes(&[(1, "OUT_OF_RANGE")])
    );
    // As Spark wrote them for long; with years that nanoseconds cannot hold.
    let feed = feed("id i64\nat ts");
    feed.write("t.parquet", include_bytes!("fixtures/int96.parquet"));
    feed.load();
    assert_eq!(
        feed.shown(),
        ["at=2023-01-01T10:30:00.500Z id=1", "at=1600-01-01T00:00:00Z id=2", "at=9999-12-31T00:00:00Z id=3"]
    );
}

#[test]
fn what_would_have_to_be_guessed_fails_the_file() {
    assert_eq!(failure("ts", TimestampMicrosecondArray::from(vec![0])), "TYPE_MISMATCH");
    assert_eq!(failure("str", Int64Array::from(vec![1])), "TYPE_MISMATCH");
    assert_eq!(failure("bool", Int32Array::from(vec![1])), "TYPE_MISMATCH");
    assert_eq!(failure("date", Int32Array::from(vec![1])), "TYPE_MISMATCH");
    assert_eq!(failure("f64", Int64Array::from(vec![1])), "TYPE_MISMATCH");
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
    assert_eq!(failure("i64", list), "TYPE_MISMATCH");
}

#[test]
fn columns_that_differ_and_files_without_rows() {
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1)]),
        Some(vec![None]),
    ]));
    let feed = feed("id i64 {required: true}\nmore str");
    // A nested column that the contract does not know is left out like any other.
    feed.write("t1.parquet", parquet(&[("other", list), ("id", ids.clone())]))
        .write("t2.parquet", parquet(&[("id", none)]));
    let summary = feed.load();
    assert!(summary.files.iter().all(|file| file.error.is_none()), "{summary:?}");
    assert_eq!(feed.shown(), ["id=1", "id=2"]);
    assert_eq!(
        self::feed("id i64 {required: true}")
            .write("t.parquet", parquet(&[("number", ids.clone())]))
            .failure(),
        "COLUMNS_UNKNOWN"
    );
    assert_eq!(
        self::feed("id i64").write("t.parquet", parquet(&[("id", ids.clone()), ("id", ids)])).failure(),
        "COLUMN_TWICE"
    );
}

#[test]
fn a_damaged_file_never_breaks_the_load() {
    let bytes = parquet(&[
        ("id", Arc::new(Int64Array::from_iter_values(0..300))),
        ("word", Arc::new(StringArray::from_iter_values((0..300).map(|row| format!("w{}", row % 7))))),
    ]);
    for length in [0, 3, 4, 8, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(feed("id i64\nword str").write("t.parquet", &bytes[..length]).failure(), "NOT_PARQUET");
    }
    // Every so many bytes turned round: an error, or other values, but never a load that breaks off.
    let feed = feed("id i64\nword str");
    let step = if std::env::var_os("INGOT_FUZZ_SECONDS").is_some() { 1 } else { 17 };
    for (number, place) in (0..bytes.len()).step_by(step).enumerate() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0xFF;
        feed.write(&format!("t{number:05}.parquet"), damaged);
    }
    let summary = feed.load();
    assert!(summary.files.iter().any(|file| file.error.is_some()));
    for file in &summary.files {
        assert_eq!(file.read, file.accepted + file.rejected);
    }
}

/// Parquet keeps months, days and milliseconds apart; DuckDB writes all three.
#[test]
fn intervals_keep_their_months() {
    let feed = Feed::new("parquet", "t.parquet", "", "id i64\nterm str");
    std::fs::create_dir_all(feed.raw("")).unwrap();
    let path = feed.raw("t.parquet");
    crate::ask::ask(std::path::Path::new(":memory:"), &format!(
        "COPY (SELECT 1::BIGINT AS id, INTERVAL '14 months 3 days 1.5 seconds' AS term UNION ALL SELECT 2, NULL
               UNION ALL SELECT 3, INTERVAL '2 hours' ORDER BY id) TO '{}' (FORMAT parquet)",
        path.display()
    ));
    feed.load();
    assert_eq!(feed.shown(), ["id=1 term=14 months 3 days 00:00:01.5", "id=2", "id=3 term=02:00:00"]);

    crate::ask::ask(
        std::path::Path::new(":memory:"),
        &format!(
            "COPY (SELECT 1::BIGINT AS id, [INTERVAL '1 month'] AS term) TO '{}' (FORMAT parquet)",
            feed.raw("nested.parquet").display()
        ),
    );
    let nested = Feed::new("parquet", "t.parquet", "", "id i64\nterm str");
    nested.write("t.parquet", std::fs::read(feed.raw("nested.parquet")).unwrap());
    assert_eq!(nested.failure(), "TYPE_MISMATCH");
}

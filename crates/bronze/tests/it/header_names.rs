//! Columns whose names are not written as in the contract.

use crate::feed::Feed;
use ingot_lake::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ingot_lake::parquet::arrow::ArrowWriter;
use std::sync::Arc;

const COLUMNS: &str = "id i64 {required: true}\nname str\nzip str";

fn failure(feed: &Feed) -> String {
    feed.load().files[0].error.clone().unwrap_or_default()
}

#[test]
fn white_space_case_and_unicode_form_do_not_matter() {
    for header in ["id, name , zip", "Id,NAME,Zip", "\"id \",Name,\tZIP"] {
        let feed = Feed::with_evolution("csv", "t.csv", "", COLUMNS, "evolve");
        feed.write("t.csv", format!("{header}\n1,ann,00501\n"));
        assert_eq!(feed.load().accepted(), 1);
        assert_eq!(feed.shown(), ["id=1 name=ann zip=00501"], "{header}");
    }
    let feed = Feed::new("csv", "t.csv", "", "caf\u{e9} str");
    feed.write("t.csv", "Cafe\u{301}\nx\n");
    feed.load();
    assert_eq!(feed.shown(), ["caf\u{e9}=x"]);
}

#[test]
fn members_of_json_are_matched_row_by_row() {
    let feed = Feed::with_evolution("jsonl", "t.jsonl", "", COLUMNS, "evolve");
    feed.write(
        "t.jsonl",
        "{\"ID\":1,\"Name\":\"a\",\"zip\":\"1\"}\n{\"id\":2,\"ZIP \":\"2\"}\n{\"id\":3,\"zip\":\"3\",\"Zip\":\"4\"}\n",
    );
    feed.load();
    assert_eq!(feed.shown(), ["id=1 name=a zip=1", "id=2 zip=2"]);
    assert_eq!(feed.rejects()[0].codes, "MEMBER_TWICE");
}

fn parquet(names: [&str; 2]) -> Vec<u8> {
    let columns: [ArrayRef; 2] =
        [Arc::new(Int64Array::from(vec![1])), Arc::new(StringArray::from(vec!["a"]))];
    let batch = RecordBatch::try_from_iter(names.into_iter().zip(columns)).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn columns_of_parquet_too() {
    let feed = Feed::with_evolution("parquet", "t.parquet", "", "id i64\nname str", "evolve");
    feed.write("t.parquet", parquet(["ID", " Name"]));
    feed.load();
    assert_eq!(feed.shown(), ["id=1 name=a"]);
    let feed = Feed::with_evolution("parquet", "t.parquet", "", "id i64\nname str", "evolve");
    feed.write("t.parquet", parquet(["number", "text"]));
    assert!(failure(&feed).starts_with("COLUMNS_UNKNOWN"));
}

#[test]
fn what_fits_twice_or_is_misspelled_refuses_the_file_with_both_names() {
    for (format, text, code, names) in [
        ("csv", "id,Zip,ZIP\n1,a,b\n", "COLUMN_AMBIGUOUS", ["'Zip'", "'ZIP'"]),
        ("csv", "id,zip,ZIP\n1,a,b\n", "COLUMN_AMBIGUOUS", ["'zip'", "'ZIP'"]),
        ("csv", "id,nmae,zip\n1,a,b\n", "COLUMN_MISSING", ["'name'", "'nmae'"]),
        ("csv", "id,name,zi p\n1,a,b\n", "COLUMN_MISSING", ["'zip'", "'zi p'"]),
        ("csv", "one,two,three\n1,a,b\n", "HEADER_MISSING", ["one", "three"]),
        ("jsonl", "{\"id\":1,\"nmae\":\"a\"}\n", "COLUMN_MISSING", ["'name'", "'nmae'"]),
        ("jsonl", "{\"one\":1,\"two\":\"a\"}\n", "COLUMNS_UNKNOWN", ["'one'", "'two'"]),
    ] {
        // In a column that is required, an unknown name would have rejected the rows of JSON one by one.
        let feed = Feed::with_evolution(format, "t.*", "", "id i64\nname str\nzip str", "evolve");
        feed.write(&format!("t.{format}"), text);
        let told = failure(&feed);
        assert!(told.starts_with(code), "{text}: {told}");
        assert!(names.iter().all(|name| told.contains(name)), "{told}");
        assert!(feed.shown().is_empty());
    }
}

#[test]
fn a_numbered_column_is_another_column() {
    let feed = Feed::with_evolution("csv", "t.csv", "", "id i64\naddress str", "evolve");
    feed.write("t.csv", "id, address2\n1,x\n");
    feed.load();
    assert_eq!(feed.shown(), ["address2=x id=1"]);
}

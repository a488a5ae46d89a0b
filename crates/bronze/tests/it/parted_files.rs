//! Big files, which are read in parts by several threads, give what one thread would give.

use crate::ask::ask;
use crate::things::{Terms, Things};
use ingot_bronze::{LoadOptions, load};
use ingot_core::report::Silent;
use ingot_lake::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ingot_lake::parquet::arrow::ArrowWriter;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows of all kinds: with escaped line ends, with rejects, with lines that are not JSON.
fn json_lines() -> (String, u64) {
    let (mut text, mut rows) = (String::new(), 0);
    while text.len() < 5 << 20 {
        let name = match rows % 97 {
            13 => r#"two\nlines, \"quoted\""#,
            44 => r"a\\",
            71 => "\u{1F600} é",
            _ => "plain",
        };
        match rows % 1009 {
            0 if rows % 2 == 0 => text.push_str("{\"id\": nothing}\r\n"),
            0 => text.push_str(&format!("{{\"id\":{rows},\"name\":\"{name}\",\"qty\":\"x\"}}\n")),
            _ => text.push_str(&format!("{{\"id\":{rows},\"name\":\"{name}\",\"qty\":7}}\n")),
        }
        rows += 1;
    }
    (text, rows)
}

/// Rows of all kinds: over several lines, with quotes amiss, with rejects.
fn csv_text() -> (String, u64) {
    let (mut text, mut rows) = ("id,name,qty\n".to_owned(), 0);
    while text.len() < 5 << 20 {
        let name = match rows % 97 {
            13 => "\"two\nlines, \"\"quoted\"\"\"",
            44 => "a\"b",
            71 => "\"three\r\nlines\nof text\"",
            _ => "plain",
        };
        let quantity = if rows % 1009 == 0 { "x" } else { "7" };
        text.push_str(&format!("{rows},{name},{quantity}\n"));
        rows += 1;
    }
    (text, rows)
}

#[test]
fn any_number_of_threads_gives_the_same_rows_and_rejects() {
    check("jsonl", json_lines());
    check("csv", csv_text());
}

#[test]
fn batches_of_parquet_keep_their_rows_and_order() {
    let rows = 200_000;
    let ids = Int64Array::from_iter_values(0..rows);
    let names = StringArray::from_iter_values((0..rows).map(|row| format!("n{}", row % 7)));
    let quantities =
        Int64Array::from_iter_values((0..rows).map(|row| if row % 1009 == 0 { 1 << 40 } else { 7 }));
    let columns: [(&str, ArrayRef); 3] =
        [("id", Arc::new(ids)), ("name", Arc::new(names)), ("qty", Arc::new(quantities))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut results = Vec::new();
    for jobs in [1, 2, 5] {
        let things = Things::new(&Terms { path: "things/*.parquet", format: "parquet", ..Terms::default() });
        let folder = things.path().join("raw/things");
        std::fs::create_dir_all(&folder).unwrap();
        let file = File::create(folder.join("part-1.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let summary = load(&LoadOptions { jobs, ..things.options() }, &Silent).unwrap();
        assert_eq!((summary.read(), summary.rejected()), (200_000, 199), "{jobs} threads");
        let in_order = ask(
            Path::new(":memory:"),
            &format!(
                "SELECT count(*) FROM (SELECT *, lag(id) OVER (ORDER BY file_row_number) AS before
                 FROM read_parquet('{}/bronze/parquet/things/*.parquet', file_row_number = true))
                 WHERE id <> src_row_number - 1 OR before > id",
                things.lake().display()
            ),
        );
        assert_eq!(in_order, "0", "{jobs} threads");
        results.push(
            things.bronze("SELECT count(*), sum(hash(id, name, qty, src_row_hash, src_row_number)) FROM {t}"),
        );
    }
    assert!(results[0] == results[1] && results[0] == results[2]);
}

fn check(format: &str, (text, rows): (String, u64)) {
    let path = format!("things/*.{format}");
    let mut results = Vec::new();
    for jobs in [1, 2, 5] {
        let things = Things::new(&Terms { path: &path, format, ..Terms::default() });
        things.write(&format!("raw/things/part-1.{format}"), &text);
        let options = LoadOptions { jobs, ..things.options() };
        let summary = load(&options, &Silent).unwrap();
        assert_eq!((summary.read(), summary.rejected()), (rows, rows.div_ceil(1009)), "{jobs} threads");
        let wrong = things.bronze(
            "SELECT count(*) FROM {t} WHERE id <> src_row_number - 1 OR qty <> 7 OR (id % 97 = 13) <> (name LIKE 'two%lines, \"quoted\"')",
        );
        assert_eq!(wrong, "0", "{jobs} threads");
        let accepted =
            things.bronze("SELECT count(*), sum(hash(id, name, qty, src_row_hash, src_row_number)) FROM {t}");
        let folder = things.lake().join("_rejects/things");
        let rejects = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let rejects =
            rejects.filter(|path| path.extension().is_some_and(|kind| kind == "csv")).last().unwrap();
        let rejects = std::fs::read_to_string(rejects).unwrap().replace(&summary.run_id, "");
        assert!(rejects.lines().count() as u64 > rows / 1009);
        results.push((accepted, rejects));
    }
    assert!(results[0] == results[1] && results[0] == results[2]);
}

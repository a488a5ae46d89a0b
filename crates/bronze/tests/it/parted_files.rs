//! Big files, which are read in parts by several threads, give what one thread would give.

use crate::things::{Terms, Things};
use ingot_bronze::{LoadOptions, load};
use ingot_core::report::Silent;

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

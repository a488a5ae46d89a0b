//! Big files, which are read in parts by several threads, give what one thread would give.

use crate::things::{Terms, Things};
use ingot_bronze::{LoadOptions, load};
use ingot_core::report::Silent;

/// Rows of all kinds: with escaped line ends, with rejects, with lines that are not JSON.
fn text() -> (String, u64) {
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

#[test]
fn any_number_of_threads_gives_the_same_rows_and_rejects() {
    let (text, rows) = text();
    let mut results = Vec::new();
    for jobs in [1, 2, 5] {
        let things = Things::new(&Terms { path: "things/*.jsonl", format: "jsonl", ..Terms::default() });
        things.write("raw/things/part-1.jsonl", &text);
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

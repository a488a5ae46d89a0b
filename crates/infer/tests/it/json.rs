//! JSON in its layouts.

use crate::world::{World, assert_all_loaded};
use ingot_contract::Format;

/// The rows that are loaded from a file, and the types of its columns.
fn loaded(name: &str, text: &str) -> (Format, Vec<String>, Vec<Vec<Option<String>>>) {
    let world = World::with(&[(name, text.as_bytes())]);
    let feed = world.feed();
    assert_all_loaded(&world.load(std::slice::from_ref(&feed)), &feed, text);
    let words = feed.columns.iter().map(|decision| decision.column.data_type.word()).collect();
    (feed.form.format, words, world.rows(&feed))
}

#[test]
fn every_layout_gives_the_same_rows() {
    let one = r#"{"id": 1, "zip": "01234", "price": 1.50, "ok": true, "at": "2024-01-01T10:00:00Z", "tags": ["a", 1.0]}"#;
    let two =
        r#"{"id": 2, "zip": "99999", "price": 20, "ok": false, "at": null, "more": 12345678901234567890}"#;
    let pretty = serde_like_pretty(one);
    let layouts = [
        ("t.jsonl", format!("{one}\n{two}\n"), Format::Jsonl),
        ("t.json", format!("{one}\n{two}\n"), Format::Jsonl),
        ("t.json", format!("[{one},{two}]"), Format::Json),
        ("t.json", format!("[\n  {one},\n  {two}\n]\n"), Format::Json),
        ("t.json", format!("{{\"page\": 1, \"data\": {{\"items\": [{one}, {two}]}}}}"), Format::Json),
        ("t.json", format!("{pretty}\n{two}"), Format::Json),
    ];
    for (name, text, format) in layouts {
        let (found, words, rows) = loaded(name, &text);
        assert_eq!(found, format, "{text}");
        assert_eq!(words, ["i64", "str", "dec(18,2)", "bool", "ts", "str", "dec(38,0)"], "{text}");
        let first: Vec<Option<&str>> = rows[0].iter().map(Option::as_deref).collect();
        assert_eq!(first[..4], [Some("1"), Some("01234"), Some("1.50"), Some("true")]);
        assert_eq!(first[5], Some(r#"["a", 1.0]"#));
        assert_eq!(rows[1][6].as_deref(), Some("12345678901234567890"));
    }
}

/// The object over several lines.
fn serde_like_pretty(object: &str) -> String {
    object.replacen('{', "{\n  ", 1).replace(", \"", ",\n  \"").replacen('}', "\n}", 1)
}

#[test]
fn numbers_in_quotes_stay_texts() {
    let (_, words, rows) = loaded("t.jsonl", "{\"a\": \"1\", \"b\": 1e300}\n{\"a\": \"2.50\", \"b\": 5}\n");
    assert_eq!(words, ["str", "f64"]);
    assert_eq!(rows[1][0].as_deref(), Some("2.50"));
}

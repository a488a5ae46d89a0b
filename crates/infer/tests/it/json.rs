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

#[test]
fn objects_and_lists_have_the_types_of_what_is_inside() {
    let mut text = String::new();
    for number in 0..40 {
        text.push_str(&format!(
            "{{\"id\": {number}, \"customer\": {{\"email\": \"a{number}@example.org\", \"zip\": \"0{number:04}\", \"since\": \"2024-01-{:02}\", \
             \"balance\": {number}.50, \"tags\": [\"x\", \"y{number}\"]}}, \"lines\": [{{\"sku\": \"A{number}\", \"qty\": {number}}}, \
             {{\"sku\": \"B\", \"qty\": null, \"note\": {{\"by\": \"me\"}}}}]}}\n",
            number % 28 + 1
        ));
    }
    let (_, words, rows) = loaded("t.jsonl", &text);
    assert_eq!(
        words,
        [
            "i64",
            "object<email:str,zip:str,since:date,balance:dec(18,2),tags:list<str>>",
            "list<object<sku:str,qty:i64,note:object<by:str>>>"
        ]
    );
    let shown = rows[7][1].as_deref().unwrap();
    assert!(shown.contains("00007") && shown.contains("7.50") && shown.contains("y7"), "{shown}");
    let world = World::with(&[("t.jsonl", text.as_bytes())]);
    let contract = ingot_infer::contract_text(&world.feed());
    let inside = |name: &str| {
        contract
            .split(&format!("- name: {name}\n"))
            .nth(1)
            .unwrap()
            .split("- name:")
            .next()
            .unwrap()
            .to_owned()
    };
    assert!(inside("email").contains("classification: personal"), "{contract}");
    assert!(inside("zip").contains("classification: personal"), "{contract}");
    assert!(inside("zip").contains("Text") && !inside("zip").contains("00000"), "{contract}");
    assert!(!inside("balance").contains("personal"), "{contract}");
}

#[test]
fn what_no_type_describes_stays_json_text() {
    let rows = |value: &dyn Fn(usize) -> String| -> String {
        (0..30).map(|number| format!("{{\"id\": {number}, \"v\": {}}}\n", value(number))).collect()
    };
    let many = |number: usize| format!("{{\"k{number}\": 1, \"k{}\": 2}}", number + 1);
    let cases: [(&str, String); 10] = [
        (
            "some objects, some lists",
            rows(&|n| if n % 2 == 0 { "[1]".to_owned() } else { "{\"a\": 1}".to_owned() }),
        ),
        ("a member twice", rows(&|_| "{\"a\": 1, \"a\": 2}".to_owned())),
        (
            "names that differ in case",
            rows(&|n| if n % 2 == 0 { "{\"a\": 1}".to_owned() } else { "{\"A\": 1}".to_owned() }),
        ),
        ("names that are data", rows(&many)),
        ("names that are not names", rows(&|n| format!("{{\"2024-01-{n:02}\": 1}}"))),
        ("elements of several types", rows(&|_| "[1, \"a\", {}]".to_owned())),
        ("empty objects", rows(&|_| "{}".to_owned())),
        ("empty lists", rows(&|_| "[]".to_owned())),
        ("texts too", rows(&|n| if n == 20 { "\"NULL\"".to_owned() } else { "[1]".to_owned() })),
        ("empty texts too", rows(&|n| if n == 20 { "\"\"".to_owned() } else { "[1]".to_owned() })),
    ];
    for (what, text) in cases {
        let (_, words, rows) = loaded("t.jsonl", &text);
        assert_eq!(words, ["i64", "str"], "{what}");
        let last = text.lines().last().unwrap();
        let value = last.split_once("\"v\": ").unwrap().1.strip_suffix('}').unwrap();
        assert_eq!(rows[29][1].as_deref(), Some(value), "{what}");
    }
}

#[test]
fn a_big_file_in_parts_shows_the_same_inside() {
    let mut text = String::new();
    for number in 0..120_000 {
        text.push_str(&format!(
            "{{\"id\": {number}, \"place\": {{\"code\": \"{:05}\", \"at\": [{number}, 2.5]}}}}\n",
            number % 7
        ));
    }
    let (_, words, _) = loaded("t.jsonl", &text);
    assert_eq!(words, ["i64", "object<code:str,at:list<dec(18,1)>>"]);
}

//! JSON lines, good and bad, whole and by their members.

use crate::feed::Feed;

const MEMBERS: &str = "id i64 {required: true}\ntext str\namount dec(12,4)\nratio f64\nok bool";

fn feed() -> Feed {
    Feed::new("jsonl", "t*.jsonl", "", MEMBERS)
}

#[test]
fn members_become_columns_by_the_rules_of_text() {
    let feed = feed();
    feed.write(
        "t.jsonl",
        "\u{feff}{\"id\":1,\"text\":\"a\\u00e9\\n\",\"amount\":12.50,\"ratio\":1e3,\"ok\":true,\"more\":[1]}\r\n\
         \r\n  \t\n\
         {\"ok\":null,\"text\":{\"b\": [1, 2.50]},\"id\":\"2\"}\n\
         {\"id\":3,\"amount\":1e1}\n\
         {\"id\":4,\"ratio\":1e400}\n\
         {\"id\":12345678901234567890}\n\
         {\"text\":\"no id\"}\n\
         {\"id\":6,\"text\":\"a\",\"text\":\"b\"}",
    );
    let summary = feed.load();
    assert_eq!((summary.read(), summary.accepted()), (7, 2));
    assert_eq!(
        feed.shown(),
        ["amount=12.5000 id=1 ok=true ratio=1000.0 text=aé\n", "id=2 text={\"b\": [1, 2.50]}"]
    );
    let rejects: Vec<_> =
        feed.rejects().into_iter().map(|reject| (reject.line.unwrap(), reject.codes)).collect();
    assert_eq!(
        rejects,
        [
            (5, "NOT_A_NUMBER".to_owned()),
            (6, "OUT_OF_RANGE".to_owned()),
            (7, "OUT_OF_RANGE".to_owned()),
            (8, "REQUIRED_MISSING".to_owned()),
            (9, "MEMBER_TWICE".to_owned()),
        ]
    );
}

#[test]
fn what_is_no_json_object_is_rejected_with_its_place() {
    let feed = feed();
    let deep = format!("{{\"id\":1,\"text\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let lines: Vec<Vec<u8>> = vec![
        b"{\"id\":1".to_vec(),
        b"{\"id\":1}{\"id\":2}".to_vec(),
        b"{\"id\":NaN}".to_vec(),
        b"{\"id\":1,\"text\":\"\\ud800\"}".to_vec(),
        b"{\"id\":1,\"text\":\"\xFF\"}".to_vec(),
        b"[1]".to_vec(),
        b"\"text\"".to_vec(),
        deep.into_bytes(),
        b"{\"id\":9,\"text\":\"\0\"}".to_vec(),
        b"{\"id\":10}".to_vec(),
    ];
    feed.write("t.jsonl", lines.join(&b'\n'));
    feed.load();
    assert_eq!(feed.shown(), ["id=10"]);
    let codes: Vec<String> = feed.codes().into_iter().map(|(_, code)| code).collect();
    assert_eq!(
        codes,
        [
            "NOT_JSON",
            "NOT_JSON",
            "NOT_JSON",
            "NOT_JSON",
            "NOT_UTF8",
            "NOT_A_JSON_OBJECT",
            "NOT_A_JSON_OBJECT",
            "NOT_JSON",
            "NOT_JSON"
        ]
    );
    let mut offset = 0;
    for (reject, line) in feed.rejects().iter().zip(&lines) {
        assert_eq!(reject.byte_offset, Some(offset));
        offset += line.len() as u64 + 1;
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_costs_itself_only() {
    let feed = feed();
    let long = format!("{{\"id\":1,\"text\":\"{}\"}}", "x".repeat(100 << 20));
    feed.write("t.jsonl", format!("{long}\n{{\"id\":2}}\n"));
    feed.load();
    assert_eq!(feed.shown(), ["id=2"]);
    let [reject] = &feed.rejects()[..] else { panic!() };
    assert_eq!((reject.codes.as_str(), reject.row, reject.byte_offset), ("LINE_TOO_LONG", 1, Some(0)));
    assert!(long.starts_with(&reject.raw) && reject.raw.len() == 64 << 10);
}

#[test]
fn a_frozen_contract_takes_no_other_members() {
    let feed = Feed::with_evolution("jsonl", "t.jsonl", "", "id i64", "freeze");
    feed.write("t.jsonl", "{\"id\":1}\n{\"id\":2,\"more\":1}\n");
    feed.load();
    assert_eq!(feed.shown(), ["id=1"]);
    assert_eq!(feed.codes(), [(2, "COLUMN_UNKNOWN".to_owned())]);
}

#[test]
fn utf16_is_read() {
    let feed = Feed::new("jsonl", "t.jsonl", "encoding: utf-16", "id i64\ntext str");
    let text = "\u{feff}{\"id\":1,\"text\":\"é\"}\r\n{\"id\":x}\n";
    feed.write("t.jsonl", text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    feed.load();
    assert_eq!(feed.shown(), ["id=1 text=é"]);
    assert_eq!(feed.rejects()[0].byte_offset, Some(44));
}

//! Any text is a YAML document or an error with a place inside the text; JSON, which is YAML too, is read back equal.
//!
//! `INGOT_FUZZ_SECONDS` makes it go on for so long.

use ingot_core::yaml::parse;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

fn run<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("INGOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(seconds);
    loop {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        runner.run(&strategy, &test).unwrap();
        if Instant::now() >= until {
            break;
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        ":",
        ": ",
        "- ",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        " ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\"",
        "'",
        "|",
        "|-",
        ">",
        ">+2",
        "&a ",
        "*a",
        "*b",
        "!!str ",
        "!!python/object ",
        "!x ",
        "# c",
        "null",
        "~",
        "yes",
        "off",
        "-1",
        "0x1F",
        "0o17",
        "1_000",
        "1e999",
        ".inf",
        ".nan",
        "99999999999999999999",
        "2024-01-01",
        "12:30:45",
        "name: ",
        "key",
        "\u{feff}",
        "\0",
        "é",
        "😀",
        "\u{2028}",
        "\u{85}",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "<<: *a",
        "<<: ",
        "\\",
        "\\x",
        "\r\n",
        "\r",
    ]);
    prop_oneof![
        4 => prop::collection::vec(word, 0..40).prop_map(|words| words.concat()),
        1 => any::<String>(),
    ]
}

#[test]
fn any_text_is_a_document_or_an_error_with_its_place() {
    run(2000, text(), |text| {
        let begun = Instant::now();
        if let Err(error) = parse(&text, Path::new("t.yml")) {
            prop_assert!(error.to_string().contains("t.yml"), "without the file: {}", error);
            let place = error.place().and_then(|place| place.line);
            // YAML counts a lone carriage return as the end of a line.
            let lines = text.matches(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count() + 1;
            // The end of the text is at the line behind the last.
            prop_assert!(
                place.is_some_and(|line| (1..=lines + 1).contains(&line)),
                "{:?} of {}",
                place,
                lines
            );
        }
        prop_assert!(begun.elapsed() < Duration::from_secs(5));
        Ok(())
    });
}

fn json() -> impl Strategy<Value = Value> {
    // What a quoted text may hold in JSON and in YAML alike.
    let text = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("a\nb\t\"\\ /".to_owned()),
        Just("null".to_owned()),
        Just("<<".to_owned())
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        // `<<` merges; it is not the name of a member.
        let name = text.clone().prop_filter("a merge key", |name| name != "<<");
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn json_is_read_back_equal() {
    run(500, json(), |value| {
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let read = parse(&text, Path::new("t.yml"))
                .map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(&read.to_json(), &value, "{}", text);
        }
        Ok(())
    });
}

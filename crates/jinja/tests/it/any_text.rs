//! Any text is a template or an error with a place inside the text: never a panic, and never an endless wait.
//!
//! `INGOT_FUZZ_SECONDS` makes it go on for so long.

use ingot_jinja::{Environment, has_jinja};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::time::{Duration, Instant};

/// Words that mean something to the lexer, to the parser, or to neither.
fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{{-",
        "-}}",
        "{%-",
        "-%}",
        "{%+",
        "+%}",
        "{",
        "}",
        "%",
        "#",
        "\n",
        "\r\n",
        " ",
        "\t",
        "é",
        "😀",
        "\u{2028}",
        "\0",
        "'",
        "\"",
        "\\",
        "\\n",
        "\\u12",
        "'a'",
        "\"b\"",
        "(",
        ")",
        "[",
        "]",
        "{'k': 1}",
        ",",
        ":",
        ".",
        "|",
        "~",
        "**",
        "//",
        "==",
        "!=",
        "<=",
        "=",
        "x",
        "y.z",
        "x|upper",
        "x is defined",
        "1",
        "1.5",
        "1e5",
        "1_000",
        "0x1f",
        "99999999999999999999999999999999999999999",
        "true",
        "none",
        "not",
        "and",
        "in",
        "is",
        "if",
        "else",
        "elif",
        "endif",
        "for x in y",
        "endfor",
        "set x = 1",
        "endset",
        "macro m(a, b=1)",
        "endmacro",
        "call m()",
        "endcall",
        "filter upper",
        "endfilter",
        "raw",
        "endraw",
        "block b",
        "endblock",
        "import 'a' as b",
        "include 'a'",
        "do x.append(1)",
        "with a = 1",
        "endwith",
        "lorem ipsum",
        "select 1",
        "{{ x }}",
        "{% if x %}",
        "{% endif %}",
        "{% raw %}",
        "{% endraw %}",
        "{# c #}",
    ]);
    prop_oneof![
        4 => prop::collection::vec(word, 0..40).prop_map(|words| words.join("")),
        2 => prop::collection::vec("\\PC{0,3}|[{}%#'\" \n]", 0..30).prop_map(|words| words.concat()),
        1 => any::<String>(),
    ]
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let environment = Environment::new();
    let begun = Instant::now();
    match environment.parse(text, "t.sql") {
        Ok(template) => {
            prop_assert_eq!(&**template.source(), text);
            if !has_jinja(text) {
                let rendered = environment
                    .render(&template, &())
                    .map_err(|error| TestCaseError::fail(error.to_string()))?;
                // jinja2 writes every line end as \n, and leaves the last one out (lexer.py, `tokeniter`).
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                prop_assert_eq!(rendered.as_str(), text.strip_suffix('\n').unwrap_or(&text));
            }
        }
        Err(error) => {
            let traces: Vec<_> = error.traces().collect();
            prop_assert!(!traces.is_empty(), "without a place: {}", error);
            let lines: Vec<&str> = text.split('\n').collect();
            for trace in traces {
                prop_assert!(
                    (1..=lines.len()).contains(&trace.line),
                    "line {} of {}",
                    trace.line,
                    lines.len()
                );
                let length = lines[trace.line - 1].chars().count();
                prop_assert!(
                    (1..=length + 1).contains(&trace.column),
                    "column {} of {}",
                    trace.column,
                    length
                );
            }
        }
    }
    prop_assert!(begun.elapsed() < Duration::from_secs(5));
    Ok(())
}

#[test]
fn any_text_is_a_template_or_an_error_with_its_place() {
    let seconds = std::env::var("INGOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(seconds);
    loop {
        let mut runner =
            TestRunner::new(Config { cases: 2000, failure_persistence: None, ..Config::default() });
        runner.run(&text(), |text| check(&text)).unwrap();
        if Instant::now() >= until {
            break;
        }
    }
}

/// Deep nesting is refused, not followed until the stack ends.
#[test]
fn nesting_without_end_is_an_error() {
    for (open, count) in
        [("(", 100_000), ("[", 100_000), ("{'a': ", 50_000), ("not ", 100_000), ("-", 100_000)]
    {
        let text = format!("{{{{ {} }}}}", open.repeat(count));
        assert!(Environment::new().parse(text, "t.sql").is_err(), "{open}");
    }
    let text = "{% if x %}".repeat(50_000);
    assert!(Environment::new().parse(text, "t.sql").is_err());
}

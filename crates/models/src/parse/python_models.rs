//! Python models. There is no Python here to run them with, but what they read and how they are configured is known,
//! so that the rest of their project works, and running one is an error of that model alone.

use regex::Regex;
use std::sync::LazyLock;

/// The calls `dbt.ref(…)`, `dbt.source(…)` and `dbt.config(…)` of a Python model, as a template that makes the same ones.
/// Their arguments are literals (dbt asks for that), and literals are written alike in both.
pub(super) fn as_template(code: &str) -> String {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        #[expect(clippy::unwrap_used, reason = "a constant pattern, tried by the tests")]
        Regex::new(r"#[^\n]*|\bdbt\.(?P<name>ref|source|config)\(").unwrap()
    });
    let mut out = String::new();
    let mut at = 0;
    while let Some(found) = CALL.captures_at(code, at) {
        at = found.get(0).map_or(code.len(), |whole| whole.end());
        // No name: a comment, which is passed over.
        if let Some(name) = found.name("name")
            && let Some(arguments) = up_to_closing(&code[at..])
        {
            out.push_str(&format!("{{% do {}({arguments}) %}}", name.as_str()));
        }
    }
    out
}

/// What is before the parenthesis that closes the one before `text`, without comments.
fn up_to_closing(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut depth = 1;
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                out.push(character);
                out.extend(characters.next());
                continue;
            }
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(out);
                }
            }
            (None, '#') => {
                characters.by_ref().find(|character| *character == '\n');
                continue;
            }
            (None, _) => {}
        }
        out.push(character);
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::parse::python_models::as_template;

    #[test]
    fn calls_are_found_and_comments_are_not() {
        let code = "def model(dbt, session):\n    dbt.config(\n        materialized='table',  # (a note\n        tags=['a', \"b)\"],\n    )\n    # dbt.ref('no')\n    return dbt.ref('a').union(dbt.ref(\"b\", v=2)), dbt.source('raw', 't'), dbt.config.get('x')\n";
        let calls: Vec<String> =
            as_template(code).split("{% do ").skip(1).map(|call| call.split_whitespace().collect()).collect();
        assert_eq!(
            calls,
            [
                "config(materialized='table',tags=['a',\"b)\"],)%}",
                "ref('a')%}",
                "ref(\"b\",v=2)%}",
                "source('raw','t')%}"
            ]
        );
    }
}

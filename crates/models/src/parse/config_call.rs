//! The arguments of `config(...)` as a file has them, for comparisons with another state: what a variable or an
//! environment variable gives there is no change of the file.

use crate::json_values::Object;

/// What `config(...)` said, with the text of each argument that calls something in place of its value.
/// dbt looks at the first `config` of a file, and so does this.
pub(super) fn as_written(code: &str, said: &Object) -> Object {
    let mut out = said.clone();
    let Some(arguments) = arguments_of_config(code) else { return out };
    for argument in split(arguments) {
        let Some((key, value)) = argument.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        let key = match key {
            "pre_hook" => "pre-hook",
            "post_hook" => "post-hook",
            key => key,
        };
        if out.contains_key(key) && calls_something(value) {
            out.insert(key.to_owned(), value.into());
        }
    }
    out
}

/// The text between the parentheses of the first `config(`.
fn arguments_of_config(code: &str) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let (start, _) = code.match_indices("config(").find(|(at, _)| !code[..*at].ends_with(is_name))?;
    let rest = &code[start + "config(".len()..];
    let mut depth = 0_usize;
    let end = outside_of_strings(rest).find_map(|(at, c)| match c {
        '(' | '[' | '{' => {
            depth += 1;
            None
        }
        ')' if depth == 0 => Some(at),
        ')' | ']' | '}' => {
            depth = depth.saturating_sub(1);
            None
        }
        _ => None,
    })?;
    Some(&rest[..end])
}

/// The arguments, one by one.
fn split(arguments: &str) -> Vec<&str> {
    let (mut out, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in outside_of_strings(arguments) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(&arguments[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(&arguments[from..]);
    out
}

/// Whether a name is followed by a parenthesis.
fn calls_something(value: &str) -> bool {
    let mut before = ' ';
    outside_of_strings(value).any(|(_, c)| {
        let is_call = c == '(' && (before.is_alphanumeric() || before == '_');
        before = c;
        is_call
    })
}

/// The characters of a template's expression that are in no string, with their places.
fn outside_of_strings(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    text.char_indices().filter(move |(_, c)| match quote {
        Some(open) => {
            if *c == open && !is_escaped {
                quote = None;
            }
            is_escaped = *c == '\\' && !is_escaped;
            false
        }
        None => {
            quote = matches!(c, '\'' | '"').then_some(*c);
            is_escaped = false;
            quote.is_none()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn written(code: &str, said: Json) -> Json {
        Json::Object(as_written(code, said.as_object().unwrap()))
    }

    #[test]
    fn what_is_called_stays_as_it_is_written() {
        let code = "{{ config(materialized=env_var('KIND', \"a)\"), tags=['x', var('y')], alias='f(x)') }}";
        let said = json!({"materialized": "view", "tags": ["x", "y"], "alias": "f(x)"});
        let expected = json!({
            "materialized": "env_var('KIND', \"a)\")", "tags": "['x', var('y')]", "alias": "f(x)",
        });
        assert_eq!(written(code, said), expected);
    }

    #[test]
    fn other_calls_of_that_name_are_not_it() {
        let said = json!({"x": 1});
        assert_eq!(written("{{ my_config(x=f()) }}{{ model.config(x=f()) }}", said.clone()), said);
        assert_eq!(written("select 1", said.clone()), said);
        assert_eq!(written("{{ config(x=f( }}", said.clone()), said);
    }
}

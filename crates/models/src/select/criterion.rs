//! One word of a selection: `2+config.materialized:table+`.

use crate::select::indirect::IndirectSelection;
use ingot_core::error::{Error, Result, nearest};

/// One word without commas: `2+method.with.parts:value+3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Criterion {
    /// `@`: children, and all that those children need.
    pub closed: bool,
    /// `Some(None)`: all ancestors; `Some(Some(2))`: two steps.
    pub parents: Option<Option<usize>>,
    pub children: Option<Option<usize>>,
    pub method: String,
    /// What comes after the method's dots: `config.meta.owner` has two.
    pub arguments: Vec<String>,
    pub value: String,
    /// Instead of the mode of the whole command.
    pub indirect: Option<IndirectSelection>,
}

/// Every method there is, as `method:value`.
pub(super) const METHODS: &[&str] = &[
    "fqn",
    "tag",
    "group",
    "access",
    "source",
    "exposure",
    "path",
    "file",
    "package",
    "config",
    "resource_type",
    "test_name",
    "test_type",
    "unit_test",
    "version",
    "state",
    "result",
    "source_status",
    "metric",
    "semantic_model",
    "saved_query",
];

/// Takes one word apart.
///
/// # Errors
/// An unknown method, `@` together with a trailing `+`, or nothing to select.
pub(super) fn parse(word: &str) -> Result<Criterion> {
    let mut rest = word;
    let closed = rest.strip_prefix('@').inspect(|after| rest = after).is_some();
    let mut parents = None;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if rest[digits..].starts_with('+') {
        parents = Some(depth(&rest[..digits], word)?);
        rest = &rest[digits + 1..];
    }
    let mut children = None;
    let before = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    if let Some(name) = before.strip_suffix('+') {
        children = Some(depth(&rest[before.len()..], word)?);
        rest = name;
    }
    if closed && children.is_some() {
        return Err(Error::new(format!("'{word}' has both @ at the start and + at the end"))
            .hint("@ includes the children already; leave the + out"));
    }
    let (method, value) = match rest.split_once(':') {
        Some((method, value))
            if !method.is_empty()
                && method.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) =>
        {
            (method.to_owned(), value.to_owned())
        }
        _ => (default_method(rest).to_owned(), rest.to_owned()),
    };
    if value.is_empty() {
        return Err(Error::new(format!("'{word}' selects nothing: a name is missing")));
    }
    let mut parts = method.split('.').map(str::to_owned);
    let method = parts.next().unwrap_or_default();
    if !METHODS.contains(&method.as_str()) {
        let error = Error::new(format!("'{method}' is not a selection method, in '{word}'"));
        return Err(match nearest(&method, METHODS.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}:'?")),
            None => error.hint(format!("methods: {}", METHODS.join(", "))),
        });
    }
    Ok(Criterion { closed, parents, children, method, arguments: parts.collect(), value, indirect: None })
}

fn depth(digits: &str, word: &str) -> Result<Option<usize>> {
    if digits.is_empty() {
        return Ok(None);
    }
    digits
        .parse()
        .map(Some)
        .map_err(|_| Error::new(format!("'{digits}' in '{word}' is not a number of steps")))
}

fn default_method(value: &str) -> &'static str {
    if value.contains('/') || value.contains('\\') {
        "path"
    } else if [".sql", ".csv", ".py"].iter().any(|ending| value.to_ascii_lowercase().ends_with(ending)) {
        "file"
    } else {
        "fqn"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart() {
        let criterion = parse("2+config.materialized:table+").unwrap();
        assert_eq!(criterion.parents, Some(Some(2)));
        assert_eq!(criterion.children, Some(None));
        assert_eq!((criterion.method.as_str(), criterion.value.as_str()), ("config", "table"));
        assert_eq!(criterion.arguments, ["materialized"]);
        assert_eq!(parse("models/gold").unwrap().method, "path");
        assert_eq!(parse("dim_date.sql").unwrap().method, "file");
        assert_eq!(parse("m2").unwrap().value, "m2");
        assert!(parse("@a").unwrap().closed);
        assert_eq!(parse("config.meta.owner:a").unwrap().arguments, ["meta", "owner"]);
        assert_eq!(parse("tags:a").unwrap_err().hint_text(), Some("did you mean 'tag:'?"));
    }
}

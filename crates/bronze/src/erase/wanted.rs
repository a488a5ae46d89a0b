//! Which rows of a feed are of the people who are erased.

use super::suppression::{canonical, member_of};
use aho_corasick::AhoCorasick;
use std::collections::HashSet;

/// A column, or a member of its JSON texts, and the keys by which it names the people.
#[derive(Debug, Clone)]
pub struct WantedColumn {
    pub column: String,
    pub member: Option<String>,
    keys: HashSet<String>,
    /// Finds what a text must have in it, so that few texts are read as JSON. `None` if that cannot be said.
    sign: Option<AhoCorasick>,
}

impl WantedColumn {
    pub fn new<'k>(column: &str, member: Option<&str>, keys: impl IntoIterator<Item = &'k str>) -> Self {
        let keys: HashSet<String> = keys.into_iter().map(canonical).collect();
        let sign = member.and_then(|_| sign_of(&keys));
        Self { column: column.to_owned(), member: member.map(str::to_owned), keys, sign }
    }

    fn has(&self, text: &str) -> bool {
        match &self.member {
            None => self.keys.contains(&canonical(text)),
            Some(_) if self.sign.as_ref().is_some_and(|sign| !sign.is_match(text)) => false,
            Some(member) => {
                member_of(text.as_bytes(), member).is_some_and(|key| self.keys.contains(&canonical(&key)))
            }
        }
    }
}

/// Finds the keys in a text of JSON, and the sign that begins an escape, behind which a key may be hidden.
fn sign_of(keys: &HashSet<String>) -> Option<AhoCorasick> {
    // JSON may write such a number in other digits than the key has.
    let is_fraction = |key: &String| key.parse::<f64>().is_ok() && key.parse::<i128>().is_err();
    if keys.iter().any(is_fraction) {
        return None;
    }
    // Zeros may stand between the sign of a number and its digits.
    let digits = |key: &'_ String| match key.parse::<i128>() {
        Ok(number) => number.unsigned_abs().to_string(),
        Err(_) => key.clone(),
    };
    AhoCorasick::new(keys.iter().map(digits).chain(["\\".to_owned()])).ok()
}

/// Which rows of a feed are wanted: those that one of the columns says.
#[derive(Debug, Clone, Default)]
pub struct WantedRows {
    pub columns: Vec<WantedColumn>,
    /// Texts that only rows of these people have: for rows that are too broken to have columns.
    pub texts: Vec<String>,
}

impl WantedRows {
    /// Whether a row of cells, by the names of the contract's columns, is wanted.
    pub(super) fn fits<'c>(&self, cell: impl Fn(&str) -> Option<&'c str>) -> bool {
        self.columns.iter().any(|one| cell(&one.column).is_some_and(|text| one.has(text)))
    }

    /// Whether a row that cannot be read as cells is wanted.
    pub(super) fn is_in(&self, raw: &str) -> bool {
        self.texts.iter().any(|text| raw.contains(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_json_however_it_is_written() {
        let of = |keys: &[&str]| WantedColumn::new("properties", Some("who"), keys.iter().copied());
        let numbers = of(&["42", "-7"]);
        for text in
            [r#"{"who": 42}"#, r#"{"who":"0042"}"#, r#"{"who": "\u0034\u0032"}"#, r#"{"who": "-007"}"#]
        {
            assert!(numbers.has(text), "{text}");
        }
        for text in
            [r#"{"who": 43}"#, r#"{"other": 42}"#, r#"{"who": "7"}"#, "42", r#"{"who": null, "n": 42}"#]
        {
            assert!(!numbers.has(text), "{text}");
        }
        assert!(of(&["42.0"]).has(r#"{"who": 42.0}"#));
        assert!(of(&["Müller"]).has(r#"{"who": "M\u00fcller"}"#));
        assert!(of(&[r#"a"b"#]).has(r#"{"who": "a\"b"}"#));
    }
}

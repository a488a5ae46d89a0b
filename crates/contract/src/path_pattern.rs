//! The language of paths: text as it is, `*` for any text, `[0-9]+` for one or more digits, `{name}` for the value of a column, and
//! `[*]`, `[{]`, `[}]` and `[[]` for a character that would have a meaning without its brackets. Any other bracket is text.

use crate::raw_form::RawForm;
use std::collections::BTreeMap;

/// One or more digits.
pub const DIGITS: &str = "[0-9]+";

/// Characters that have a meaning in a path; in brackets they are text.
const MARKS: [char; 4] = ['*', '{', '}', '['];

/// A part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'p> {
    Text(&'p str),
    Any,
    Digits,
    Name(&'p str),
}

/// The first part of a path and the rest of it; `None` at its end.
fn next(pattern: &str) -> Option<(Token<'_>, &str)> {
    if let Some(rest) = pattern.strip_prefix('*') {
        return Some((Token::Any, rest));
    }
    if let Some(rest) = pattern.strip_prefix(DIGITS) {
        return Some((Token::Digits, rest));
    }
    if is_escape(pattern) {
        return Some((Token::Text(&pattern[1..2]), &pattern[3..]));
    }
    if let Some((name, rest)) = pattern.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return Some((Token::Name(name), rest));
    }
    let first = pattern.chars().next()?;
    let rest = &pattern[first.len_utf8()..];
    let end = rest.find(['*', '{', '[']).map_or(pattern.len(), |at| at + first.len_utf8());
    Some((Token::Text(&pattern[..end]), &pattern[end..]))
}

/// Whether it begins with a character in brackets that would have a meaning without them.
fn is_escape(pattern: &str) -> bool {
    let mut letters = pattern.chars();
    letters.next() == Some('[')
        && letters.next().is_some_and(|letter| MARKS.contains(&letter))
        && letters.next() == Some(']')
}

/// The parts of a path, in their order.
pub(crate) fn tokens(pattern: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        let (token, behind) = next(rest)?;
        rest = behind;
        Some(token)
    })
}

/// A path that means exactly this text.
pub fn literal_path(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        // A bracket is text unless it would be read as one of the forms above.
        let has_meaning = match letter {
            '[' => is_escape(&text[at..]) || text[at..].starts_with(DIGITS),
            '*' | '{' | '}' => true,
            _ => false,
        };
        if has_meaning {
            path.extend(['[', letter, ']']);
        } else {
            path.push(letter);
        }
    }
    path
}

/// Whether a path of a contract is that of this file, or of its compressed form if it `is_text`.
pub fn path_fits(pattern: &str, relative: &str, is_text: bool) -> bool {
    values_in(pattern, relative, is_text).is_some()
}

/// The texts of the names in a path of this pattern; `None` if the file has another one.
pub(crate) fn values_in(pattern: &str, relative: &str, is_text: bool) -> Option<BTreeMap<String, String>> {
    let pattern: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
    let names: Vec<&str> = relative.split('/').collect();
    let mut values = BTreeMap::new();
    let fits = pattern.len() == names.len()
        && pattern.iter().zip(&names).enumerate().all(|(at, (pattern, name))| {
            // Only files are compressed, not the folders that they are in.
            matches(pattern, name, &mut values)
                || (is_text
                    && at + 1 == names.len()
                    && matches(pattern, without_compression(name), &mut values))
        });
    fits.then_some(values)
}

/// The name that a compressed file has once it is expanded.
pub(crate) fn without_compression(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// Matches one segment of a path against its pattern; the text of a `{name}` is stored.
pub(crate) fn matches(pattern: &str, name: &str, values: &mut BTreeMap<String, String>) -> bool {
    let Some((token, tail)) = next(pattern) else { return name.is_empty() };
    let capture = match token {
        Token::Text(text) => {
            return name.strip_prefix(text).is_some_and(|rest| matches(tail, rest, values));
        }
        Token::Any | Token::Digits => None,
        Token::Name(capture) => Some(capture),
    };
    let mut taken = match token {
        Token::Digits => &name[..name.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(name.len())],
        _ => name,
    };
    // Longest first, so that `part-*.csv` takes `part-1.2.csv` whole.
    loop {
        let mut attempt = values.clone();
        // A name that is in the path twice must have the same value in both places.
        let agrees =
            |values: &BTreeMap<String, String>, name| values.get(name).is_none_or(|other| other == taken);
        if (token == Token::Any || !taken.is_empty())
            && matches(tail, &name[taken.len()..], &mut attempt)
            && capture.is_none_or(|name| agrees(&attempt, name))
        {
            if let Some(capture) = capture {
                attempt.insert(capture.to_owned(), taken.to_owned());
            }
            *values = attempt;
            return true;
        }
        match taken.char_indices().next_back() {
            Some((last, _)) => taken = &taken[..last],
            None => return false,
        }
    }
}

/// A path of this pattern: the names have these values, and `part` is in each other place that may differ.
pub(crate) fn filled(pattern: &str, values: &[(&str, &str)], part: &str) -> String {
    let mut path = String::with_capacity(pattern.len());
    for token in tokens(pattern) {
        match token {
            Token::Text(text) => path.push_str(text),
            Token::Any => path.push_str(part),
            Token::Digits => {
                let digits: String = part.chars().filter(char::is_ascii_digit).collect();
                path.push_str(if digits.is_empty() { "0" } else { &digits });
            }
            Token::Name(name) => match values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => path.push_str(value),
                None => path.extend(["{", name, "}"]),
            },
        }
    }
    path
}

impl RawForm {
    /// The `{names}` in the path.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        tokens(&self.path).filter_map(|token| match token {
            Token::Name(name) => Some(name),
            _ => None,
        })
    }

    /// Whether the path leaves open what a part of it is, apart from the values of columns.
    pub fn has_wildcard(&self) -> bool {
        tokens(&self.path).any(|token| matches!(token, Token::Any | Token::Digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str) -> bool {
        path_fits(pattern, name, true)
    }

    #[test]
    fn reads_partition_values_from_names() {
        let mut values = BTreeMap::new();
        assert!(matches("order_dt={order_dt}", "order_dt=2023-01-31", &mut values));
        assert_eq!(values["order_dt"], "2023-01-31");
        assert!(matches("part-*.csv", "part-00001.csv", &mut values));
        assert!(!matches("part-*.csv", "part-00001.csv.tmp", &mut values));
        assert!(!matches("store_id={store_id}", "store_id=", &mut values));
        assert!(matches("of_{order_dt}.csv", "of_2023-01-31.csv", &mut values));
        assert!(
            !matches("of_{order_dt}.csv", "of_2023-02-01.csv", &mut values),
            "another day than its folder's"
        );
    }

    #[test]
    fn digits_are_digits_and_at_least_one() {
        assert!(fits("orders[0-9]+.csv", "orders1.csv") && fits("orders[0-9]+.csv", "orders12.csv.gz"));
        for other in ["orders.csv", "orders_lines1.csv", "orders1_old.csv", "ordersx.csv", "orders1.csv.bak"]
        {
            assert!(!fits("orders[0-9]+.csv", other), "{other}");
        }
        assert!(fits("o_[0-9]+-[0-9]+.csv", "o_2025-01.csv") && fits("o[0-9]+1.csv", "o11.csv"));
        assert!(fits("o_[0-9]+*.csv", "o_2025-01 (2).csv") && !fits("o_[0-9]+*.csv", "o_old1.csv"));
    }

    #[test]
    fn every_name_has_a_path_that_means_it_alone() {
        for name in
            ["[br]*{x}?.csv", "{{ jinja }}.csv", "[0-9]+.csv", "[[].csv", "[*].csv", "}{.csv", "a[1].csv"]
        {
            let path = literal_path(name);
            assert!(fits(&path, name), "{path} for {name}");
            assert!(
                !fits(&path, &format!("x{name}")) && !fits(&path, &name.replacen(['[', '}', '{'], "y", 1))
            );
            assert_eq!(tokens(&path).filter(|token| !matches!(token, Token::Text(_))).count(), 0, "{path}");
        }
        assert_eq!(literal_path("data[1].csv"), "data[1].csv");
    }

    #[test]
    fn paths_are_filled() {
        assert_eq!(filled("d={d}/o[0-9]+-*[*].csv", &[("d", "x")], "p-07"), "d=x/o07-p-07*.csv");
        assert_eq!(filled("o[0-9]+.csv", &[], "new"), "o0.csv");
    }
}

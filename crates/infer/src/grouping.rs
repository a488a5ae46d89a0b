//! Which files are one feed, by their names: what differs between deliveries (days, numbers, parts) is a wildcard, and
//! folders such as `day=2024-01-31` give a column its value.

use crate::discover::Source;
use crate::names::slug;
use ingot_contract::{AUDIT_COLUMNS, Format};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Names of files that say nothing of what is in them.
const NAMELESS: [&str; 12] =
    ["part", "data", "file", "export", "chunk", "output", "out", "dump", "batch", "c", "result", "results"];

/// Files of one pattern.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// With `*` and `{name}`, as in a contract.
    pub(crate) path: String,
    pub(crate) sources: Vec<Source>,
}

/// What differs from delivery to delivery: identifiers, which come first because they have digits, and runs of digits.
fn varying() -> &'static [Regex] {
    static VARYING: OnceLock<Vec<Regex>> = OnceLock::new();
    let patterns = [
        r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        r"(?i)\b[0-9a-f]{32}\b",
        r"-c[0-9]{3}\b",
        r"[0-9]+(?:[-_.:T]?[0-9]+)*Z?",
    ];
    VARYING.get_or_init(|| patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect())
}

/// A name with a wildcard for each text that differs from delivery to delivery.
fn generalized(name: &str) -> String {
    let mut starred = name.to_owned();
    for varying in varying() {
        starred = varying.replace_all(&starred, "*").into_owned();
    }
    let mut pattern = String::new();
    for letter in starred.chars() {
        // `*-*` is as good as `*`.
        if letter == '*' {
            let end = pattern.trim_end_matches(['-', '_', '.', ' ', '(', ')']).len();
            if pattern[..end].ends_with('*') {
                pattern.truncate(end);
                continue;
            }
        }
        pattern.push(letter);
    }
    pattern
}

/// The pattern of a path. The extension and the names of partition folders stay as they are.
fn pattern_of(source: &Source) -> String {
    let is_text = source.format.is_text();
    let parts: Vec<&str> = source.relative.split('/').collect();
    let (last, folders) = parts.split_last().unwrap_or((&"", &[]));
    let mut pattern: Vec<String> = folders
        .iter()
        .map(|folder| match folder.split_once('=') {
            Some((name, _)) if is_name(name) => format!("{name}={{{name}}}"),
            _ => generalized(folder),
        })
        .collect();
    let plain = match last.strip_suffix(".gz").or_else(|| last.strip_suffix(".zst")) {
        Some(plain) if is_text => plain,
        _ => last,
    };
    let (stem, extension) = match plain.split_once('.') {
        Some((stem, extension))
            if !stem.is_empty() && !extension.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            (stem, format!(".{}", generalized(extension)))
        }
        _ => (plain, String::new()),
    };
    pattern.push(format!(
        "{}{extension}",
        if source.format == Format::Delta { stem.to_owned() } else { generalized(stem) }
    ));
    pattern.join("/")
}

/// Whether a folder can name a column. Those that a load adds itself are taken.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && AUDIT_COLUMNS.iter().all(|(name, _)| !name.eq_ignore_ascii_case(text))
}

/// The files in groups of one pattern, in the order of their paths.
pub(crate) fn group(sources: Vec<Source>) -> Vec<Group> {
    let mut groups: BTreeMap<(String, Option<String>), Vec<Source>> = BTreeMap::new();
    for source in sources {
        let sheet = source.sheet.as_ref().map(|(sheet, _)| sheet.clone());
        groups.entry((pattern_of(&source), sheet)).or_default().push(source);
    }
    groups
        .into_iter()
        .map(|((pattern, _), sources)| {
            let path = path_of(&pattern, &sources);
            Group { name: feed_name(&pattern, &sources[0]), path, sources }
        })
        .collect()
}

/// The path of a group: a single file without a date in its name is meant by its name.
fn path_of(pattern: &str, sources: &[Source]) -> String {
    match sources {
        [only] if !has_day(&only.relative) && !pattern.contains('{') => literal(only),
        _ => pattern.to_owned(),
    }
}

/// The path of a single file, without the ending of its compression.
pub(crate) fn literal(source: &Source) -> String {
    let path = source.relative.as_str();
    let plain = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst"));
    plain.filter(|_| source.format.is_text()).unwrap_or(path).to_owned()
}

/// Whether a name has a day or a month in it: others of its kind will come.
fn has_day(relative: &str) -> bool {
    let name = relative.rsplit('/').next().unwrap_or(relative);
    let digits: Vec<&str> =
        name.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let is_year = |text: &str| text.len() >= 4 && (text.starts_with("19") || text.starts_with("20"));
    digits.iter().any(|part| is_year(part) && (part.len() >= 6 || digits.len() >= 2))
}

/// A name for the feed, in lower case, of letters, digits and `_`.
fn feed_name(pattern: &str, source: &Source) -> String {
    let mut words = Vec::new();
    for segment in pattern.split('/').rev() {
        if segment.contains("={") {
            continue;
        }
        let stem = segment.split('.').next().unwrap_or(segment);
        let word = slug(&stem.replace('*', " "));
        if !word.is_empty() {
            words.push(word);
        }
    }
    let nameless = |word: &String| NAMELESS.contains(&word.as_str()) || word.len() < 2;
    let name = words
        .iter()
        .find(|word| !nameless(word))
        .or(words.first())
        .cloned()
        .unwrap_or_else(|| "data".to_owned());
    match &source.sheet {
        Some((sheet, true)) => format!("{name}_{}", slug(sheet)),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(relative: &str) -> Source {
        let format = if relative.contains("parquet") { Format::Parquet } else { Format::Csv };
        Source { relative: relative.to_owned(), path: relative.into(), format, sheet: None }
    }

    fn groups(files: &[&str]) -> Vec<(String, String)> {
        let sources = files.iter().map(|file| source(file)).collect();
        group(sources).into_iter().map(|group| (group.name, group.path)).collect()
    }

    fn one(files: &[&str]) -> (String, String) {
        let mut found = groups(files);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn deliveries_of_one_feed_are_one_group() {
        let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        assert_eq!(one(&["orders_2025-01.csv", "orders_2025-02.csv"]), pair("orders", "orders_*.csv"));
        assert_eq!(one(&["orders_2025-01.csv"]), pair("orders", "orders_*.csv"));
        assert_eq!(one(&["orders.csv"]), pair("orders", "orders.csv"));
        assert_eq!(one(&["q1.csv"]), pair("q", "q1.csv"));
        assert_eq!(
            one(&["sales/day=2025-01-03/part-0.csv", "sales/day=2025-01-04/part-0.csv"]),
            pair("sales", "sales/day={day}/part-*.csv")
        );
        assert_eq!(
            one(&["ev/part-00000-6c1f0a3e-1111-2222-3333-444455556666-c000.snappy.parquet"]),
            pair("ev", "ev/part-00000-6c1f0a3e-1111-2222-3333-444455556666-c000.snappy.parquet")
        );
        assert_eq!(one(&["log/2025/01/03.csv", "log/2025/01/04.csv"]), pair("log", "log/*/*/*.csv"));
        assert_eq!(one(&["a/x 1.csv.gz", "a/x 2.csv"]), pair("x", "a/x *.csv"));
    }
}

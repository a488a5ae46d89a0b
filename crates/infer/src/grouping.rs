//! Which files are one feed, by their names: what differs between deliveries (days, numbers, parts) is a wildcard, and
//! folders such as `day=2024-01-31` give a column its value.

use crate::discover::Source;
use crate::names::slug;
use crate::paths::{AllFiles, exact, literal, with_digits_open};
use ingot_contract::{AUDIT_COLUMNS, DIGITS, Format, literal_path};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Names of files that say nothing of what is in them.
const NAMELESS: [&str; 12] =
    ["part", "data", "file", "export", "chunk", "output", "out", "dump", "batch", "c", "result", "results"];

/// Stands for what varies until the path is written, because names may have a `*` of their own.
const VARIES: char = '\u{f8ff}';

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
    let mut starred = name.replace(VARIES, "?");
    for varying in varying() {
        starred = varying.replace_all(&starred, VARIES.to_string().as_str()).into_owned();
    }
    let mut pattern = String::new();
    for letter in starred.chars() {
        // `*-*` is as good as `*`.
        if letter == VARIES {
            let end = pattern.trim_end_matches(['-', '_', '.', ' ', '(', ')']).len();
            if pattern[..end].ends_with(VARIES) {
                pattern.truncate(end);
                continue;
            }
        }
        pattern.push(letter);
    }
    // What has a meaning in paths is text where a name has it.
    let texts: Vec<String> = pattern.split(VARIES).map(literal_path).collect();
    texts.join("*")
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
        if source.format == Format::Delta { literal_path(stem) } else { generalized(stem) }
    ));
    pattern.join("/")
}

/// Whether a folder can name a column. Those that a load adds itself are taken.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && AUDIT_COLUMNS.iter().all(|(name, _)| !name.eq_ignore_ascii_case(text))
}

/// The files in groups of one pattern, in the order of their paths. No path of a group means a file that is not in it.
pub(crate) fn group(sources: Vec<Source>, all: &AllFiles) -> Vec<Group> {
    let mut groups: BTreeMap<(String, Option<String>), Vec<Source>> = BTreeMap::new();
    for source in sources {
        let sheet = source.sheet.as_ref().map(|(sheet, _)| sheet.clone());
        groups.entry((pattern_of(&source), sheet)).or_default().push(source);
    }
    groups.into_iter().flat_map(|((pattern, _), sources)| with_paths(&pattern, sources, all)).collect()
}

/// The files of a pattern with a path that means only them. Where no path means all of them and no others, there are several
/// groups.
fn with_paths(pattern: &str, sources: Vec<Source>, all: &AllFiles) -> Vec<Group> {
    let name = feed_name(pattern, &sources[0]);
    // A `*` in brackets is one of the name's own.
    let own = literal_path("*");
    let numbers: Vec<String> =
        pattern.split(own.as_str()).map(|part| part.replace('*', &format!("{DIGITS}*"))).collect();
    let numbers = numbers.join(&own);
    // What has the same form in all of them is the narrowest.
    let of_digits = sources.first().map(|first| with_digits_open(pattern, first));
    let paths = [Some(path_of(pattern, &sources)), of_digits, Some(numbers)];
    if let Some(path) = all.first_of(paths.into_iter().flatten(), &sources) {
        return vec![Group { name, path, sources }];
    }
    let mut parts: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in sources {
        parts.entry(with_digits_open(pattern, &source)).or_default().push(source);
    }
    let mut groups = Vec::new();
    for (path, sources) in parts {
        if all.only(&path, &sources) {
            groups.push(Group { name: name.clone(), path, sources });
            continue;
        }
        // Each by its own name, which nothing else has.
        groups.extend(sources.into_iter().map(|source| {
            let sources = vec![source];
            let path = all.first_of([literal(&sources[0])], &sources).unwrap_or_else(|| exact(&sources[0]));
            Group { name: name.clone(), path, sources }
        }));
    }
    groups
}

/// The path of a group: a single file without a date in its name is meant by its name.
fn path_of(pattern: &str, sources: &[Source]) -> String {
    match sources {
        [only] if !has_day(&only.relative) && !pattern.contains("={") => literal(only),
        _ => pattern.to_owned(),
    }
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
        let word = slug(&stem.replace(['*', '[', ']', '{', '}'], " "));
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
        let all = AllFiles::new(files.iter().map(|file| (*file).to_owned()).collect());
        group(sources, &all).into_iter().map(|group| (group.name, group.path)).collect()
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

    #[test]
    fn no_path_means_a_file_of_another_feed() {
        let paths =
            |files: &[&str]| -> Vec<String> { groups(files).into_iter().map(|(_, path)| path).collect() };
        assert_eq!(paths(&["sec.csv", "sec2.csv", "sec3.csv"]), ["sec[0-9]+.csv", "sec.csv"]);
        assert_eq!(
            paths(&["orders1.csv", "orders2.csv", "orders_lines1.csv", "orders_lines2.csv"]),
            ["orders[0-9]+.csv", "orders_lines*.csv"]
        );
        assert_eq!(
            paths(&["x1.csv", "x2.csv", "x1_lines1.csv", "x2_lines1.csv"]),
            ["x[0-9]+.csv", "x*_lines*.csv"]
        );
        assert_eq!(paths(&["[br]*{x}?.csv"]), ["[br][*][{]x[}]?.csv"]);
        assert_eq!(paths(&["{a}_1.csv", "{a}_2.csv", "xa}_3.csv"]), ["[{]a[}]_*.csv", "xa[}]_3.csv"]);
    }

    /// A stream of numbers that is the same every time.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self, below: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % below
        }
    }

    #[test]
    fn whatever_the_names_every_file_is_meant_by_the_path_of_its_own_feed_and_by_no_other() {
        let parts = [
            "orders",
            "lines",
            "o",
            "1",
            "22",
            "2025-01",
            "_",
            "-",
            "*",
            "{x}",
            "[0-9]+",
            "[",
            "]",
            ".",
            " ",
            "c000",
            "ä",
            "x",
            "6c1f0a3e-1111-2222-3333-444455556666",
            "20250103",
            "{",
            "}",
        ];
        let folders = ["", "", "", "a/", "day=2025-01-03/", "day=2025-01-04/", "2025/", "a1/", "day=x/"];
        let endings = [".csv", ".csv", ".csv.gz", ".txt", ".jsonl", ".parquet"];
        let mut numbers = Numbers(7);
        for round in 0..3000 {
            let mut names = std::collections::BTreeSet::new();
            for _ in 0..2 + numbers.next(9) {
                let stem: String =
                    (0..1 + numbers.next(4)).map(|_| parts[numbers.next(parts.len())]).collect();
                let folder = folders[numbers.next(folders.len())];
                names.insert(format!("{folder}{stem}{}", endings[numbers.next(endings.len())]));
            }
            let sources: Vec<Source> = names.iter().map(|name| source(name)).collect();
            let all = AllFiles::new(names.iter().cloned().collect());
            let groups = group(sources.clone(), &all);
            for file in &sources {
                let fits = |group: &&Group| {
                    ingot_contract::path_fits(&group.path, &file.relative, group.sources[0].format.is_text())
                };
                let meant: Vec<&Group> = groups.iter().filter(fits).collect();
                assert_eq!(meant.len(), 1, "round {round}: {} of {names:?} in {meant:?}", file.relative);
                assert!(meant[0].sources.contains(file), "round {round}: {} in {meant:?}", file.relative);
            }
        }
    }
}

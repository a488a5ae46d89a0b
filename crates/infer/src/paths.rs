//! The path of a feed: as wide as deliveries of its kind differ in their names, and never so wide that it means another file.

use crate::discover::Source;
use ingot_contract::{DIGITS, literal_path, path_fits};
use std::sync::OnceLock;

/// All files of the folders that were named, also those that are not data.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllFiles {
    /// Relative to the root, each once.
    names: Vec<String>,
}

impl AllFiles {
    pub(crate) fn new(mut names: Vec<String>) -> Self {
        names.sort();
        names.dedup();
        Self { names }
    }

    /// Whether the path means these files, and none besides.
    pub(crate) fn only(&self, path: &str, sources: &[Source]) -> bool {
        let Some(first) = sources.first() else { return false };
        let is_text = first.format.is_text();
        let is_own = |name: &str| sources.iter().any(|source| source.relative == name);
        sources.iter().all(|source| path_fits(path, &source.relative, is_text))
            && self.names.iter().all(|name| !path_fits(path, name, is_text) || is_own(name))
    }

    /// The first of the paths that means these files and no others.
    pub(crate) fn first_of(
        &self,
        paths: impl IntoIterator<Item = String>,
        sources: &[Source],
    ) -> Option<String> {
        paths.into_iter().find(|path| self.only(path, sources))
    }
}

/// The path of a single file, without the ending of its compression.
pub(crate) fn literal(source: &Source) -> String {
    literal_path(plain(source))
}

/// The path of a single file that means it alone, even if a compressed file of the same name is beside it.
pub(crate) fn exact(source: &Source) -> String {
    literal_path(&source.relative)
}

/// The name without the ending of its compression.
fn plain(source: &Source) -> &str {
    let path = source.relative.as_str();
    let plain = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst"));
    plain.filter(|_| source.format.is_text()).unwrap_or(path)
}

/// The path with each number in the names left open. `pattern` says which folders give columns their values.
pub(crate) fn with_digits_open(pattern: &str, source: &Source) -> String {
    static NUMBER: OnceLock<Option<regex::Regex>> = OnceLock::new();
    let number = NUMBER.get_or_init(|| regex::Regex::new("[0-9]+").ok());
    let segments = plain(source).split('/').zip(pattern.split('/')).map(|(segment, of_pattern)| {
        let is_partition = of_pattern.split_once("={").is_some_and(|(_, rest)| rest.ends_with('}'));
        match number {
            _ if is_partition => of_pattern.to_owned(),
            Some(number) => {
                let mut path = String::new();
                let mut end = 0;
                for found in number.find_iter(segment) {
                    path.push_str(&literal_path(&segment[end..found.start()]));
                    path.push_str(DIGITS);
                    end = found.end();
                }
                path.push_str(&literal_path(&segment[end..]));
                path
            }
            None => literal_path(segment),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// What the paths have in common, with one wildcard in the name; `None` if they are in different folders.
pub(crate) fn narrowed(sources: &[Source]) -> Option<String> {
    let paths: Vec<&str> = sources.iter().map(plain).collect();
    let (first, rest) = paths.split_first()?;
    if rest.is_empty() {
        return Some(literal_path(first));
    }
    let (folder, name) = first.rsplit_once('/').map_or(("", *first), |(folder, name)| (folder, name));
    let mut begins = name.to_owned();
    let mut ends = name.to_owned();
    for path in rest {
        let (other, name) = path.rsplit_once('/').map_or(("", *path), |(folder, name)| (folder, name));
        if other != folder {
            return None;
        }
        while !name.starts_with(&begins) {
            begins.pop();
        }
        while !name.ends_with(&ends) {
            ends.remove(0);
        }
    }
    let name = format!("{}*{}", literal_path(&begins), literal_path(&ends));
    Some(if folder.is_empty() { name } else { format!("{}/{name}", literal_path(folder)) })
}

//! Which files under the raw folder belong to a feed, and the partition values in their paths.

use crate::contract::Contract;
use crate::raw_form::Format;
use ingot_core::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A delivered file (for Delta: the table's folder).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RawFile {
    /// Relative to the raw folder, with `/`.
    pub relative: String,
    pub path: PathBuf,
    /// `order_dt` -> `2023-01-31`, as written in the path.
    pub partition_values: BTreeMap<String, String>,
}

impl Contract {
    /// The path of one raw file of this feed, relative to the raw folder: partition values filled in,
    /// each `*` replaced by `part`.
    pub fn raw_path(&self, partition_values: &[(&str, &str)], part: &str) -> String {
        let mut path = self.raw.path.replace('*', part);
        for (name, value) in partition_values {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path
    }

    /// The partition values that a path relative to the raw folder states; `None` if it is not a file of this feed.
    pub fn partition_values_in(&self, relative: &str) -> Option<BTreeMap<String, String>> {
        let pattern: Vec<&str> = self.raw.path.trim_end_matches('/').split('/').collect();
        let names: Vec<&str> = relative.split('/').collect();
        let mut values = BTreeMap::new();
        let fits = pattern.len() == names.len()
            && pattern.iter().zip(&names).all(|(pattern, name)| {
                matches(pattern, name, &mut values)
                    || (self.raw.format.is_text() && matches(pattern, without_compression(name), &mut values))
            });
        fits.then_some(values)
    }

    /// The feed's files that are there, in the order of their paths. Names that begin with `.` or `_`
    /// are not data.
    ///
    /// # Errors
    /// A folder cannot be listed. One that is not there has no files.
    pub fn raw_files(&self, raw_folder: &Path) -> Result<Vec<RawFile>> {
        let segments: Vec<&str> = self.raw.path.trim_end_matches('/').split('/').collect();
        let mut found = Vec::new();
        collect(raw_folder, &segments, String::new(), BTreeMap::new(), self.raw.format, &mut found)?;
        found.sort();
        Ok(found)
    }
}

fn collect(
    folder: &Path,
    segments: &[&str],
    relative: String,
    values: BTreeMap<String, String>,
    format: Format,
    found: &mut Vec<RawFile>,
) -> Result<()> {
    let Some((segment, rest)) = segments.split_first() else { return Ok(()) };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::new("cannot list the folder").at(folder).caused_by(error)),
    };
    for entry in entries {
        let entry =
            entry.map_err(|error| Error::new("cannot list the folder").at(folder).caused_by(error))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(['.', '_']) {
            continue;
        }
        let mut values = values.clone();
        let plain = if rest.is_empty() && format.is_text() { without_compression(name) } else { name };
        if !matches(segment, name, &mut values) && !matches(segment, plain, &mut values) {
            continue;
        }
        let path = entry.path();
        let relative = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
        if rest.is_empty() {
            if path.is_dir() == (format == Format::Delta) {
                found.push(RawFile { relative, path, partition_values: values });
            }
        } else if path.is_dir() {
            collect(&path, rest, relative, values, format, found)?;
        }
    }
    Ok(())
}

/// The name that a compressed file has once it is expanded.
fn without_compression(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// Matches one path segment against a pattern of literal text, `*` and `{name}`; a `{name}` is stored.
fn matches(pattern: &str, name: &str, values: &mut BTreeMap<String, String>) -> bool {
    let Some(special) = pattern.find(['*', '{']) else { return pattern == name };
    let Some(mut rest) = name.strip_prefix(&pattern[..special]) else { return false };
    let (capture, tail) = if pattern.as_bytes()[special] == b'*' {
        (None, &pattern[special + 1..])
    } else {
        match pattern[special..].find('}') {
            Some(end) => (Some(&pattern[special + 1..special + end]), &pattern[special + end + 1..]),
            None => return false,
        }
    };
    // Longest first, so that `part-*.csv` takes `part-1.2.csv` whole.
    let whole = rest;
    loop {
        let taken = rest;
        let remaining = &whole[taken.len()..];
        let mut attempt = values.clone();
        if matches(tail, remaining, &mut attempt) && !(capture.is_some() && taken.is_empty()) {
            if let Some(capture) = capture {
                attempt.insert(capture.to_owned(), taken.to_owned());
            }
            *values = attempt;
            return true;
        }
        match rest.char_indices().next_back() {
            Some((last, _)) => rest = &rest[..last],
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_partition_values_from_names() {
        let mut values = BTreeMap::new();
        assert!(matches("order_dt={order_dt}", "order_dt=2023-01-31", &mut values));
        assert_eq!(values["order_dt"], "2023-01-31");
        assert!(matches("part-*.csv", "part-00001.csv", &mut values));
        assert!(!matches("part-*.csv", "part-00001.csv.tmp", &mut values));
        assert!(!matches("store_id={store_id}", "store_id=", &mut values));
    }
}

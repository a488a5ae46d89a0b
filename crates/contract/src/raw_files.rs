//! Which files under the raw folder belong to a feed, and the partition values in their paths.

use crate::contract::Contract;
use crate::raw_form::{Format, RawForm};
use ingot_core::error::{Error, Result};
use ingot_core::hive;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The values of the `{names}` in a path.
pub type PathValues = BTreeMap<String, Option<String>>;

/// A delivered file (for Delta: the table's folder).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RawFile {
    /// Relative to the raw folder, with `/`.
    pub relative: String,
    pub path: PathBuf,
    /// What the path says: `order_dt` -> `2023-01-31`. In a folder `name={name}`, as Hive means it: unescaped, and `None`
    /// for null. Anywhere else in the path, as written.
    pub path_values: PathValues,
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

    /// The values that a path relative to the raw folder states; `None` if it is not a file of this feed.
    pub fn path_values_in(&self, relative: &str) -> Option<PathValues> {
        let pattern: Vec<&str> = self.raw.path.trim_end_matches('/').split('/').collect();
        let names: Vec<&str> = relative.split('/').collect();
        let mut values = BTreeMap::new();
        let fits = pattern.len() == names.len()
            && pattern.iter().zip(&names).all(|(pattern, name)| {
                matches(pattern, name, &mut values)
                    || (self.raw.format.is_text() && matches(pattern, without_compression(name), &mut values))
            });
        fits.then(|| self.raw.meant(values))
    }

    /// The feed's files that are there, in the order of their paths. Names that begin with `.` or `_`
    /// are not data.
    ///
    /// # Errors
    /// A folder cannot be listed. One that is not there has no files.
    pub fn raw_files(&self, raw_folder: &Path) -> Result<Vec<RawFile>> {
        let segments: Vec<&str> = self.raw.path.trim_end_matches('/').split('/').collect();
        let mut found = Vec::new();
        collect(raw_folder, &segments, String::new(), BTreeMap::new(), &self.raw, &mut found)?;
        found.sort();
        Ok(found)
    }
}

impl RawForm {
    /// Whether the path says the value of this column.
    pub fn path_names(&self, column: &str) -> bool {
        self.placeholders().any(|name| name == column)
    }

    /// The `{names}` in the path.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
    }

    /// What the texts of a path mean.
    fn meant(&self, written: BTreeMap<String, String>) -> PathValues {
        let is_hive = |name: &str| {
            self.path.split('/').any(|segment| {
                segment.split_once('=').is_some_and(|(_, value)| {
                    value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) == Some(name)
                })
            })
        };
        written
            .into_iter()
            .map(|(name, text)| {
                let value = if is_hive(&name) { hive::unescape(&text) } else { Some(text) };
                (name, value)
            })
            .collect()
    }
}

fn collect(
    folder: &Path,
    segments: &[&str],
    relative: String,
    values: BTreeMap<String, String>,
    raw: &RawForm,
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
        let plain = if rest.is_empty() && raw.format.is_text() { without_compression(name) } else { name };
        if !matches(segment, name, &mut values) && !matches(segment, plain, &mut values) {
            continue;
        }
        let path = entry.path();
        let relative = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
        if rest.is_empty() {
            if path.is_dir() == (raw.format == Format::Delta) {
                found.push(RawFile { relative, path, path_values: raw.meant(values) });
            }
        } else if path.is_dir() {
            collect(&path, rest, relative, values, raw, found)?;
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
        // A name that is in the path twice must have the same value in both places.
        let agrees =
            |values: &BTreeMap<String, String>, name| values.get(name).is_none_or(|other| other == taken);
        if matches(tail, remaining, &mut attempt)
            && capture.is_none_or(|name| !taken.is_empty() && agrees(&attempt, name))
        {
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
        assert!(matches("of_{order_dt}.csv", "of_2023-01-31.csv", &mut values));
        assert!(
            !matches("of_{order_dt}.csv", "of_2023-02-01.csv", &mut values),
            "another day than its folder's"
        );
    }

    #[test]
    fn names_of_folders_mean_what_hive_means() {
        let raw = RawForm {
            format: Format::Csv,
            path: "t/a={a}/b={b}/x{c}.csv".to_owned(),
            encoding: crate::raw_form::Encoding::Utf8,
            csv: crate::raw_form::CsvForm::default(),
            wide_csv: None,
            place: crate::table_place::TablePlace::default(),
            sheet: None,
        };
        let written = [("a", "n%2Fa"), ("b", hive::NULL), ("c", "%2F")];
        let values = raw.meant(written.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
        assert_eq!(values["a"].as_deref(), Some("n/a"));
        assert_eq!(values["b"], None);
        assert_eq!(values["c"].as_deref(), Some("%2F"), "not the name of a partition folder");
        assert!(raw.path_names("c") && !raw.path_names("d"));
    }
}

//! Which files under the raw folder belong to a feed, and the partition values in their paths.

use crate::contract::Contract;
use crate::path_pattern::{filled, matches, values_in, without_compression};
use crate::raw_form::{Format, RawForm};
use ingot_core::error::{Context, Error, Result};
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
    /// and `part` in each place that may differ.
    pub fn raw_path(&self, partition_values: &[(&str, &str)], part: &str) -> String {
        filled(&self.raw.path, partition_values, part)
    }

    /// The values that a path relative to the raw folder states; `None` if it is not a file of this feed.
    pub fn path_values_in(&self, relative: &str) -> Option<PathValues> {
        values_in(&self.raw.path, relative, self.raw.format.is_text()).map(|values| self.raw.meant(values))
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
        let entry = entry.or_cannot_at("list the folder", folder)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_mean_what_hive_means() {
        let raw = RawForm {
            record_path: crate::record_path::RecordPath::default(),
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

//! Where the files of a feed are, by its contract.

use ingot_contract::{Contract, DataType, Encoding, Format};
use ingot_core::error::{Error, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the moment at which a file was begun is part of its name. Names are in the order of time.
const STAMP: &str = "%Y%m%dT%H%M%S%3f";

/// Where files of a feed go.
#[derive(Debug, Clone)]
pub struct Place {
    contract: Contract,
    /// Values of the path that the user gives.
    given: BTreeMap<String, String>,
    /// Names in the path that are filled with the day on which a file was begun, in UTC.
    days: Vec<String>,
}

impl Place {
    /// Of a feed of JSON lines. `given` are values of names in its path.
    ///
    /// # Errors
    /// The contract describes other files, all rows go into one file, or a value in the path is not known.
    pub fn of(contract: &Contract, given: BTreeMap<String, String>) -> Result<Self> {
        let name = &contract.name;
        let refuse = |what: String| Error::new(what).at(&contract.file);
        let path = &contract.raw.path;
        if contract.raw.format != Format::Jsonl {
            return Err(refuse(format!("the files of '{name}' are not JSON lines")).hint(
                "what comes is written as JSON lines: state `format: jsonl` in the contract's server",
            ));
        }
        if contract.raw.encoding != Encoding::Utf8 || path.ends_with(".gz") || path.ends_with(".zst") {
            return Err(refuse(format!("the files of '{name}' are compressed, or not in UTF-8"))
                .hint("what comes is written as plain text in UTF-8"));
        }
        if !path.contains('*') {
            return Err(refuse(format!("the path of '{name}' names one file: {path}"))
                .hint("write `*` where the names of files differ, for example day={day}/*.jsonl"));
        }
        let names: Vec<&str> = contract.raw.placeholders().collect();
        if let Some(unknown) = given.keys().find(|key| !names.contains(&key.as_str())) {
            return Err(refuse(format!("the path of '{name}' has no {{{unknown}}}: {path}"))
                .did_you_mean(unknown, names.iter().copied()));
        }
        let mut days = Vec::new();
        for key in names.into_iter().filter(|key| !given.contains_key(*key)) {
            let of_column = contract.column(key).map(|(_, column)| &column.data_type);
            let of_partition =
                contract.partitions.iter().find(|one| one.name == key).map(|one| &one.data_type);
            match of_partition.or(of_column) {
                Some(DataType::Date) => days.push(key.to_owned()),
                _ => {
                    return Err(refuse(format!("what is {{{key}}} in the path of '{name}'? {path}")).hint(
                        format!("give it with --set {key}=VALUE; only dates are filled in: with today's"),
                    ));
                }
            }
        }
        let place = Self { contract: contract.clone(), given, days };
        let example = place.path("20260101T000000000-0-0");
        if place.contract.path_values_in(&example).is_none() {
            return Err(refuse(format!(
                "the value of --set does not fit into the path of '{name}': {example}"
            )));
        }
        Ok(place)
    }

    pub fn feed(&self) -> &str {
        &self.contract.name
    }

    /// The name of a file that is begun now, without its kind. No other file has it.
    pub(super) fn new_name(now: Timestamp) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let stamp = TimeZone::UTC.to_datetime(now).strftime(STAMP).to_string();
        format!("{stamp}-{}-{number}", std::process::id())
    }

    /// The path of the file with this name, relative to the raw folder.
    pub(super) fn path(&self, name: &str) -> String {
        let digit = |range: std::ops::Range<usize>| name.get(range).unwrap_or("00");
        let day = format!("{}-{}-{}", digit(0..4), digit(4..6), digit(6..8));
        let mut values: Vec<(&str, &str)> =
            self.given.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        values.extend(self.days.iter().map(|key| (key.as_str(), day.as_str())));
        self.contract.raw_path(&values, name)
    }

    /// Whether a file that was begun then is to be ended, because what comes now has another place.
    pub(super) fn has_moved(&self, name: &str, now: Timestamp) -> bool {
        let today = TimeZone::UTC.to_datetime(now).strftime("%Y%m%d").to_string();
        !self.days.is_empty() && name.get(..8) != Some(today.as_str())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::path::Path;

    /// The contract of a feed with these columns, at this path.
    pub(in crate::listen) fn contract(path: &str, format: &str) -> Contract {
        let text = format!(
            "apiVersion: v3.1.0\nkind: DataContract\nid: a\nname: a\nversion: 1.0.0\nstatus: active\n\
             servers: [{{server: raw, type: local, path: '{path}', format: {format}}}]\n\
             schema:\n  - name: a\n    logicalType: object\n    properties:\n      \
             - {{name: id, logicalType: integer, physicalType: i64}}\n      \
             - {{name: day, logicalType: date, physicalType: date}}\n      \
             - {{name: site, logicalType: string, physicalType: str}}\n"
        );
        ingot_contract::read_text(&text, Path::new("a.odcs.yaml")).unwrap().remove(0).contract.unwrap()
    }

    fn place(path: &str, given: &[(&str, &str)]) -> Result<Place> {
        let given = given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Place::of(&contract(path, "jsonl"), given.collect())
    }

    #[test]
    fn a_file_goes_where_its_contract_looks_for_it() {
        let found = place("a/site={site}/day={day}/part-*.jsonl", &[("site", "north")]).unwrap();
        let now: Timestamp = "2026-11-29T23:59:59.5Z".parse().unwrap();
        let name = Place::new_name(now);
        assert!(name.starts_with(&format!("20261129T235959500-{}-", std::process::id())), "{name}");
        assert_ne!(name, Place::new_name(now));
        assert_eq!(found.path(&name), format!("a/site=north/day=2026-11-29/part-{name}.jsonl"));
        assert!(!found.has_moved(&name, now));
        assert!(found.has_moved(&name, "2026-11-30T00:00:00Z".parse().unwrap()));
        assert!(!place("a/*.jsonl", &[]).unwrap().has_moved(&name, "2027-01-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        for (path, given, text) in [
            ("a/all.jsonl", &[][..], "names one file"),
            ("a/*.jsonl.gz", &[], "compressed"),
            ("a/{site}/*.jsonl", &[], "--set site=VALUE"),
            ("a/{site}/*.jsonl", &[("sites", "x"), ("site", "x")], "did you mean 'site'"),
            ("a/{site}/*.jsonl", &[("site", "x/y")], "does not fit"),
        ] {
            let error = place(path, given).unwrap_err();
            let shown = format!("{}", error.with_hint());
            assert!(shown.contains(text), "{path}: {shown}");
        }
        let csv = Place::of(&contract("a/*.csv", "csv"), BTreeMap::new()).unwrap_err();
        assert!(csv.message().contains("not JSON lines"), "{csv}");
    }
}

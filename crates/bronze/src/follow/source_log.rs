//! Which versions of a source can still be read: logs are cleaned up after checkpoints.

use ingot_contract::RawFile;
use ingot_lake::DeltaTable;
use std::collections::{BTreeMap, BTreeSet};

/// The versions in the log of a Delta table
/// (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries>).
pub(super) struct SourceLog<'a> {
    source: &'a RawFile,
    commits: BTreeSet<u64>,
    /// By version, the first file of each complete checkpoint.
    checkpoints: BTreeMap<u64, String>,
}

impl<'a> SourceLog<'a> {
    /// Lists the log. One that cannot be listed is empty.
    pub(super) fn of(source: &'a RawFile) -> Self {
        let names = std::fs::read_dir(source.path.join("_delta_log"))
            .map(|entries| {
                entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
            })
            .unwrap_or_default();
        Self::listed(source, names)
    }

    fn listed(source: &'a RawFile, names: BTreeSet<String>) -> Self {
        let mut log = Self { source, commits: BTreeSet::new(), checkpoints: BTreeMap::new() };
        // By version and number of parts: how many there are, and the first.
        let mut parts: BTreeMap<(u64, u64), (u64, String)> = BTreeMap::new();
        for name in names {
            let words: Vec<&str> = name.split('.').collect();
            let Some(version) =
                words.first().filter(|word| word.len() == 20).and_then(|word| word.parse().ok())
            else {
                continue;
            };
            match words[1..] {
                ["json"] => {
                    log.commits.insert(version);
                }
                ["checkpoint", "parquet"] | ["checkpoint", _, "parquet" | "json"] => {
                    log.checkpoints.insert(version, name);
                }
                ["checkpoint", _, of, "parquet"] => {
                    if let Ok(of) = of.parse() {
                        parts.entry((version, of)).or_insert((0, name)).0 += 1;
                    }
                }
                _ => {}
            }
        }
        for ((version, of), (there, first)) in parts {
            if there == of {
                log.checkpoints.entry(version).or_insert(first);
            }
        }
        log
    }

    /// Whether the log has all that is needed to know what the table was at this version.
    pub(super) fn knows(&self, version: u64) -> bool {
        let after = match self.checkpoints.range(..=version).next_back() {
            Some((checkpoint, _)) => checkpoint + 1,
            None => 0,
        };
        (after..=version).all(|version| self.commits.contains(&version))
    }

    /// The file that stands for a version, which is its raw file in the manifest: its commit, or the checkpoint if the
    /// commit is gone.
    pub(super) fn file(&self, version: u64) -> RawFile {
        let name = match self.checkpoints.get(&version).filter(|_| !self.commits.contains(&version)) {
            Some(checkpoint) => format!("_delta_log/{checkpoint}"),
            None => format!("_delta_log/{version:020}.json"),
        };
        RawFile {
            relative: format!("{}/{name}", self.source.relative),
            path: self.source.path.join(name),
            path_values: self.source.path_values.clone(),
        }
    }

    /// The source as it was at a version, if its log and all of its files are still there.
    pub(super) fn open(&self, version: u64) -> Option<DeltaTable> {
        if !self.knows(version) {
            return None;
        }
        let table = DeltaTable::open_at(&self.source.path, version).ok()?;
        table.files().ok()?.iter().all(|file| file.path.is_file()).then_some(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_version_is_known_from_the_checkpoint_before_it() {
        let source = RawFile { relative: "t".into(), path: PathBuf::from("t"), path_values: BTreeMap::new() };
        let log = |names: &[&str]| {
            let long = |name: &&str| format!("{:0>20}{}", &name[..1], &name[1..]);
            SourceLog::listed(&source, names.iter().map(long).collect())
        };
        let known = |log: &SourceLog<'_>| (0..6).filter(|version| log.knows(*version)).collect::<Vec<_>>();
        assert_eq!(known(&log(&["0.json", "1.json", "3.json"])), [0, 1]);
        assert_eq!(known(&log(&["2.checkpoint.parquet", "3.json", "4.json"])), [2, 3, 4]);
        let parts =
            ["2.checkpoint.0000000001.0000000002.parquet", "2.checkpoint.0000000002.0000000002.parquet"];
        assert_eq!(known(&log(&parts)), [2]);
        assert_eq!(known(&log(&parts[1..])), [0; 0], "a part is missing");
        let log = log(&["1.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", "2.json", "2.crc"]);
        assert_eq!(known(&log), [1, 2]);
        assert!(log.file(1).relative.ends_with("76c43a11.json"));
        assert_eq!(log.file(2).relative, "t/_delta_log/00000000000000000002.json");
    }
}

//! What commits remember of raw files, made to agree with raw files and rows that an erasure has changed.

use crate::commit::{CommitRecord, Delivery, Processed};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Content of a raw file, before and after an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawContent {
    pub path: String,
    pub hash: String,
    pub new_hash: String,
    pub new_bytes: u64,
}

/// What an erasure changed of the deliveries of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryChanges {
    pub contents: Vec<RawContent>,
    /// Rows taken out, by raw file and `ingestion_ts` in microseconds since 1970.
    pub accepted: Vec<(String, i64, u64)>,
    /// Rejected rows taken out, by raw file and key of the commit that rejected them.
    pub rejected: Vec<(String, String, u64)>,
}

impl DeliveryChanges {
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty() && self.accepted.is_empty() && self.rejected.is_empty()
    }
}

/// Changes the metadata of a commit of bronze: hashes and lengths of raw files that were written again, and counts of rows that
/// were taken out. Metadata of another commit stays as it is. It must be done once only.
pub fn change_record(metadata: &mut Map<String, Value>, changes: &DeliveryChanges) {
    let Ok(mut record) = serde_json::from_value::<CommitRecord>(Value::Object(metadata.clone())) else {
        return;
    };
    let (key, at) = (record.key(), record.ingestion_ts);
    for file in &mut record.files {
        change_file(file, at, &key, changes);
    }
    if let Some(memory) = &mut record.memory {
        for delivery in memory.files.iter_mut().chain(&mut memory.earlier) {
            change_delivery(delivery, changes);
        }
    }
    if let Ok(Value::Object(changed)) = serde_json::to_value(&record) {
        for (name, value) in changed {
            metadata.insert(name, value);
        }
    }
}

fn change_delivery(delivery: &mut Delivery, changes: &DeliveryChanges) {
    let (at, key) = (delivery.at, delivery.key.clone());
    change_file(&mut delivery.file, at, &key, changes);
}

fn change_file(file: &mut Processed, at: i64, key: &str, changes: &DeliveryChanges) {
    let renewed = changes.contents.iter().find(|one| one.path == file.path && one.hash == file.hash);
    if let Some(content) = renewed {
        file.hash.clone_from(&content.new_hash);
        file.bytes = content.new_bytes;
    }
    let accepted = changes.accepted.iter().filter(|(path, time, _)| *path == file.path && *time == at);
    let accepted: u64 = accepted.map(|(_, _, rows)| rows).sum();
    let rejected = changes.rejected.iter().filter(|(path, of, _)| *path == file.path && of == key);
    let rejected: u64 = rejected.map(|(_, _, rows)| rows).sum();
    file.accepted = file.accepted.saturating_sub(accepted);
    file.rejected = file.rejected.saturating_sub(rejected);
    file.read = file.read.saturating_sub(accepted + rejected);
}

/// Sums rows by what they are counted under.
pub(super) fn summed(rows: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String, u64)> {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for place in rows {
        *counts.entry(place).or_default() += 1;
    }
    counts.into_iter().map(|((file, key), rows)| (file, key, rows)).collect()
}

//! Feeds that come, go, and change as a whole.

use super::change::{Change, Changes, Verdict};
use super::columns;
use super::documents;
use super::edition::{Document, Edition};
use super::raw;
use super::rules;
use crate::contract::{Contract, Evolution, RowHash, SameContent};
use crate::odcs::Described;

pub(super) fn compare(old: &Edition, new: &Edition) -> Vec<Change> {
    let mut names: Vec<&str> = old.feeds().chain(new.feeds()).map(|(_, feed)| feed.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let mut changes = Changes::of(name);
        match (old.feed(name), new.feed(name)) {
            (Some(_), None) => {
                changes.add("feed", "it is gone, and its files are not loaded any more", Verdict::BOTH)
            }
            (None, Some(_)) => changes.add("feed", "it is new", Verdict::SAFE),
            (Some(old), Some(new)) => feed(old, new, &mut changes),
            (None, None) => {}
        }
        found.extend(changes.found);
    }
    found
}

fn feed(old: (&Document, &Described), new: (&Document, &Described), changes: &mut Changes<'_>) {
    let ((old_document, old), (new_document, new)) = (old, new);
    match (&old.contract, &new.contract) {
        (Ok(old), Ok(new)) => {
            raw::compare(&old.raw, &new.raw, changes);
            settings(old, new, changes);
        }
        (Ok(_), Err(_)) => {
            changes.add(
                "raw files",
                "the contract does not say any more where its files are",
                Verdict::WRITERS,
            );
        }
        (Err(_), Ok(_)) => changes.add("raw files", "the contract says where its files are", Verdict::SAFE),
        (Err(_), Err(_)) => {}
    }
    columns::compare(old, new, changes);
    rules::compare_table_rules(&old.table_rules, &new.table_rules, changes);
    relationships(old, new, changes);
    if let (Some(old_object), Some(new_object)) =
        (old_document.object(&old.name), new_document.object(&new.name))
    {
        documents::compare_objects(old_object, new_object, changes);
    }
}

/// What is kept of rows, and what happens to unknown columns and repeated files.
fn settings(old: &Contract, new: &Contract, changes: &mut Changes<'_>) {
    changes.compare(
        "partitions",
        [&old.partitions, &new.partitions],
        || "the table is partitioned in another way".to_owned(),
        Verdict::BOTH,
    );
    if old.evolution != new.evolution {
        let (what, verdict) = match (old.evolution, new.evolution) {
            (_, Evolution::Freeze) => {
                ("files with other columns than the contract's are refused", Verdict::WRITERS)
            }
            (Evolution::Evolve, Evolution::Discard) => {
                ("columns that the contract does not name are left out", Verdict::READERS)
            }
            (Evolution::Freeze, Evolution::Discard) => {
                ("files may have other columns, which are left out", Verdict::SAFE)
            }
            // A file may then have two columns for one of the contract's, which is refused where nothing is discarded.
            (Evolution::Discard, _) => {
                ("columns that the contract does not name are added to the table", Verdict::WRITERS)
            }
            (_, _) => ("columns that the contract does not name are added to the table", Verdict::SAFE),
        };
        changes.add("unknown columns", what, verdict);
    }
    match (old.row_hash, new.row_hash) {
        (RowHash::Xxh3, RowHash::None) => changes.add("src_row_hash", "the column is gone", Verdict::READERS),
        (RowHash::None, RowHash::Xxh3) => changes.add("src_row_hash", "the column is new", Verdict::SAFE),
        _ => {}
    }
    if old.lake_keep_hours != new.lake_keep_hours {
        let shown =
            new.lake_keep_hours.map_or_else(|| "for ever".to_owned(), |hours| format!("for {hours} h"));
        changes.add("earlier versions", format!("they are kept {shown}"), Verdict::SAFE);
    }
    if old.same_content != new.same_content {
        let (what, verdict) = match (old.same_content, new.same_content) {
            (_, SameContent::Refuse) => ("files with the content of another are refused", Verdict::WRITERS),
            (_, SameContent::Skip) => ("files with the content of another are passed over", Verdict::READERS),
            (SameContent::Skip | SameContent::Refuse, _) => {
                ("files with the content of another are loaded", Verdict::READERS)
            }
            _ => ("whether a warning tells of files with the content of another", Verdict::SAFE),
        };
        changes.add("repeated files", what, verdict);
    }
}

fn relationships(old: &Described, new: &Described, changes: &mut Changes<'_>) {
    let shown = |one: &crate::contract::Relationship| {
        format!("{} refers to {}.{}", one.columns.join(", "), one.table, one.to.join(", "))
    };
    for one in old.relationships.iter().filter(|one| !new.relationships.contains(one)) {
        changes.add(
            "relationships",
            format!("it is not stated any more that {}", shown(one)),
            Verdict::READERS,
        );
    }
    for one in new.relationships.iter().filter(|one| !old.relationships.contains(one)) {
        changes.add("relationships", format!("it is stated that {}", shown(one)), Verdict::WRITERS);
    }
}

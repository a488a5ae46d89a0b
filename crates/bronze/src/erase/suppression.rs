//! The list of people who were erased, so that an old file that is delivered again does not bring them back.
//!
//! It is `bronze/.erased.json` of the lake: a salt, and for each feed the columns in which a person is named with the salted
//! hashes of the keys. A load without such a file asks for it once and does nothing else. The hash hides a key from who sees the
//! list only: whoever also has the salt can try all keys of a small range, so the file is readable to its owner alone.

use super::blank::is_blank;
use crate::row::Reason;
use ingot_contract::{Contract, Erasure};
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::put_in_place;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// The code of a row of a person who was erased.
const ERASED: &str = "ERASED";

/// What is said against such a row.
pub(crate) fn erased_reason() -> Reason {
    Reason::of_row(ERASED, "a row of a person who was not erased; `ingot audit` shows erasures")
}

/// The list as its file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Hexadecimal.
    salt: String,
    /// By feed.
    feeds: BTreeMap<String, Vec<SuppressedColumn>>,
}

/// What becomes of rows of people who were erased when they are delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptOut {
    Rejected,
    /// They are loaded without key and personal columns,
    WithoutKey,
    /// or without personal columns.
    WithKey,
}

/// A column, or a member of its JSON texts, in which the people are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SuppressedColumn {
    column: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// Whether the rows stay without the person.
    mask: bool,
    /// Whether the column keeps its value then, because what it refers to is still there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    keeps_key: bool,
    /// Salted hashes, hexadecimal.
    hashes: BTreeSet<String>,
}

impl Suppression {
    /// The list of a lake; `None` if nobody was erased.
    ///
    /// # Errors
    /// It cannot be read. Nothing must be loaded then.
    pub fn of(lake: &Path) -> Result<Option<Self>> {
        let file = file_of(lake);
        match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
                Error::new("the list of erased people cannot be understood").at(file).caused_by(error).hint(
                    "restore it from a backup: without it, a load could bring back people who were erased",
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).or_cannot_at("read the list of erased people", &file),
        }
    }

    /// Adds keys of people to what is not let in: their rows are rejected, or stay without what `rows` says.
    pub fn add<'k>(
        &mut self,
        feed: &str,
        (column, member): (&str, Option<&str>),
        rows: KeptOut,
        keys: impl IntoIterator<Item = &'k str>,
    ) {
        let mask = rows != KeptOut::Rejected;
        if self.salt.is_empty() {
            self.salt =
                [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|id| id.simple().to_string()).concat();
        }
        let salt = self.salt.clone();
        let of_feed = self.feeds.entry(feed.to_owned()).or_default();
        let is_it = |one: &SuppressedColumn| one.column == column && one.member.as_deref() == member;
        let place = match of_feed.iter().position(is_it) {
            Some(place) => place,
            None => {
                of_feed.push(SuppressedColumn {
                    column: column.to_owned(),
                    member: member.map(str::to_owned),
                    mask,
                    keeps_key: rows == KeptOut::WithKey,
                    hashes: BTreeSet::new(),
                });
                of_feed.len() - 1
            }
        };
        of_feed[place].mask = mask;
        of_feed[place].hashes.extend(keys.into_iter().map(|key| hash(&salt, canonical(key).as_bytes())));
    }

    /// Writes the list in one step.
    ///
    /// # Errors
    /// The lake cannot be written.
    pub fn save(&self, lake: &Path) -> Result<()> {
        let file = file_of(lake);
        let folder = file.parent().unwrap_or(lake);
        std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
        let beside = folder.join(".erased.inprogress");
        let text = serde_json::to_vec(self).or_cannot_at("write the list of erased people", &file)?;
        std::fs::write(&beside, text).or_cannot_at("write the list of erased people", &beside)?;
        only_for_owner(&beside)?;
        put_in_place(&beside, &file, lake)
    }
}

fn file_of(lake: &Path) -> PathBuf {
    lake.join("bronze").join(".erased.json")
}

#[cfg(unix)]
fn only_for_owner(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file, mode).or_cannot_at("protect the file", file)
}

#[cfg(not(unix))]
fn only_for_owner(_file: &Path) -> Result<()> {
    Ok(())
}

fn hash(salt: &str, key: &[u8]) -> String {
    let digest = Sha256::new().chain_update(salt.as_bytes()).chain_update(key).finalize();
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key as it is compared: whole numbers without signs and zeros that say nothing, other texts without space around them.
pub(super) fn canonical(key: &str) -> String {
    let key = key.trim();
    match key.parse::<i128>() {
        Ok(number) => number.to_string(),
        Err(_) => key.to_owned(),
    }
}

/// The part of the list that concerns one feed, ready for a load.
#[derive(Debug)]
pub(crate) struct Erased {
    salt: String,
    columns: Vec<Column>,
    /// For each of the contract's columns, whether it becomes null in a row that stays.
    pub(crate) masked: Vec<bool>,
}

#[derive(Debug)]
struct Column {
    /// Its place among the contract's columns.
    place: usize,
    member: Option<String>,
    mask: bool,
    hashes: HashSet<String>,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErasedRow {
    Stays,
    Masked,
    Rejected,
}

impl Erased {
    /// `None` if nobody of the feed was erased.
    ///
    /// # Errors
    /// As [`Suppression::of`].
    pub(crate) fn of(lake: &Path, contract: &Contract) -> Result<Option<Self>> {
        let Some(list) = Suppression::of(lake)? else { return Ok(None) };
        let Some(suppressed) = list.feeds.get(&contract.name) else { return Ok(None) };
        let mut masked: Vec<bool> = contract.columns.iter().map(|column| column.personal).collect();
        let mut columns = Vec::new();
        for one in suppressed {
            let Some((place, _)) = contract.column(&one.column) else { continue };
            let mask = one.mask && contract.privacy.erasure != Some(Erasure::Delete);
            masked[place] |= mask && !one.keeps_key;
            let (member, hashes) = (one.member.clone(), one.hashes.iter().cloned().collect());
            columns.push(Column { place, member, mask, hashes });
        }
        Ok((!columns.is_empty()).then_some(Self { salt: list.salt, columns, masked }))
    }

    /// `text` gives that of the contract's n-th column, `raw` is the row as it came.
    pub(crate) fn judge<'t>(&self, raw: &[u8], text: impl Fn(usize) -> Option<&'t [u8]>) -> ErasedRow {
        let mut judged = ErasedRow::Stays;
        for column in &self.columns {
            let Some(text) = text(column.place) else { continue };
            let named = match &column.member {
                None => self.has(column, text),
                Some(member) => member_of(text, member).is_some_and(|key| self.has(column, key.as_bytes())),
            };
            match (named, column.mask) {
                (true, false) => return ErasedRow::Rejected,
                (true, true) => judged = ErasedRow::Masked,
                (false, _) => {}
            }
        }
        // What an erasure has left in a raw file in the place of a row.
        let is_left = judged == ErasedRow::Stays && self.columns.iter().any(|one| !one.mask) && is_blank(raw);
        if is_left { ErasedRow::Rejected } else { judged }
    }

    fn has(&self, column: &Column, key: &[u8]) -> bool {
        let key = String::from_utf8_lossy(key);
        column.hashes.contains(&hash(&self.salt, canonical(&key).as_bytes()))
    }
}

/// The text of a member of an object.
pub(super) fn member_of(text: &[u8], member: &str) -> Option<String> {
    let object: serde_json::Value = serde_json::from_slice(text).ok()?;
    match object.get(member)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_however_it_is_written() {
        assert_eq!(canonical(" 0042"), "42");
        assert_eq!(canonical("+42"), "42");
        assert_eq!(canonical("CUST-7 "), "CUST-7");
        assert_eq!(member_of(br#"{"a": 7, "b": "x"}"#, "a").as_deref(), Some("7"));
        assert_eq!(member_of(br#"{"a": null}"#, "a"), None);
    }

    #[test]
    fn the_list_holds_hashes_and_no_keys() {
        let lake = tempfile::tempdir().unwrap();
        assert!(Suppression::of(lake.path()).unwrap().is_none());
        let mut list = Suppression::default();
        list.add("customers", ("id", None), KeptOut::Rejected, ["CUST-0815"]);
        list.add("customers", ("id", None), KeptOut::Rejected, ["CUST-0816"]);
        list.save(lake.path()).unwrap();
        let text = std::fs::read_to_string(file_of(lake.path())).unwrap();
        assert!(!text.contains("0815"), "{text}");
        let again = Suppression::of(lake.path()).unwrap().unwrap();
        assert_eq!(again, list);
        assert_eq!(again.feeds["customers"][0].hashes.len(), 2);
        std::fs::write(file_of(lake.path()), "{").unwrap();
        assert!(Suppression::of(lake.path()).is_err(), "a damaged list lets nothing in");
    }
}

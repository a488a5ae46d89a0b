//! Whether a data file still is what was written.

use crate::file_hash::hash_of_file;
use std::fmt;
use std::path::Path;

/// Why a file is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileDamage {
    Missing,
    /// The file has another length than the log says.
    Length {
        found: u64,
        expected: u64,
    },
    /// Its bytes have another hash than the log says.
    Bytes,
    /// The file cannot be read, and why.
    Unreadable(String),
}

impl FileDamage {
    /// Compares a file with what the log says of it: its length, and the hash of its bytes if there is one.
    pub fn of(file: &Path, bytes: u64, hash: Option<&str>) -> Option<Self> {
        if let Some(damage) = Self::of_length(file, bytes) {
            return Some(damage);
        }
        match (hash, hash.map(|_| hash_of_file(file))) {
            (Some(expected), Some(Ok(found))) => (found != *expected).then_some(Self::Bytes),
            (_, Some(Err(error))) => Some(Self::Unreadable(error.to_string().replace('\n', " "))),
            _ => None,
        }
    }

    /// Compares only the length.
    pub(crate) fn of_length(file: &Path, bytes: u64) -> Option<Self> {
        match std::fs::metadata(file) {
            Ok(found) if !found.is_file() => Some(Self::Missing),
            Ok(found) if found.len() != bytes => Some(Self::Length { found: found.len(), expected: bytes }),
            Ok(_) => None,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(Self::Missing),
            Err(error) => Some(Self::Unreadable(error.to_string())),
        }
    }
}

impl fmt::Display for FileDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the file is not there"),
            Self::Length { found, expected } => {
                write!(f, "it has {found} bytes, and {expected} were written")
            }
            Self::Bytes => f.write_str("its bytes are not those that were written"),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

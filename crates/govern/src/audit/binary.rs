//! Which program runs: its version, and the hash of its file.

use super::entry::Binary;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file, as far as one sees without reading it, and its hash.
#[derive(PartialEq, Serialize, Deserialize)]
struct Known {
    file: String,
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    sha256: String,
}

/// The program of this process. Its hash is kept in `memory`, because the file is large and seldom another.
pub(crate) fn this_binary(memory: &Path) -> Binary {
    Binary { version: env!("CARGO_PKG_VERSION").to_owned(), sha256: hash(memory) }
}

fn hash(memory: &Path) -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let metadata = std::fs::metadata(&program).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = |sha256: String| Known {
        file: program.to_string_lossy().into_owned(),
        bytes: metadata.len(),
        modified: u64::try_from(modified.as_nanos()).unwrap_or_default(),
        sha256,
    };
    let known = std::fs::read(memory).ok().and_then(|text| serde_json::from_slice::<Known>(&text).ok());
    if let Some(known) = known
        && known == now(known.sha256.clone())
    {
        return Some(known.sha256);
    }
    let sha256 = ingot_powerbi::publish::sha256(&program).ok()?;
    if let Ok(text) = serde_json::to_vec(&now(sha256.clone())) {
        // Without it, the next command reads the program again.
        let _ = std::fs::write(memory, text);
    }
    Some(sha256)
}

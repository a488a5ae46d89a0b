//! One generator at a time in a raw folder: a file that the operating system keeps locked while its holder
//! lives. A killed holder holds nothing.

use super::ledger;
use super::write::cannot_write;
use ingot_core::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::Path;

pub const NAME: &str = ".lock";

/// Held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// When another process holds it (which one is said), or the folder cannot be written.
    pub fn take(out: &Path) -> Result<Self> {
        let folder = out.join(ledger::FOLDER);
        std::fs::create_dir_all(&folder).map_err(|error| cannot_write(out, error))?;
        let path = folder.join(NAME);
        // Never truncated before it is held: what stands in it is the holder's.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| cannot_write(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is only makes the message better.
                let _ = file.read_to_string(&mut holder);
                let who = if holder.trim().is_empty() { "another process" } else { holder.trim() };
                return Err(Error::new(format!("{who} is generating into this folder"))
                    .at(out)
                    .hint("wait until it has ended, or name another folder with --out"));
            }
            Err(TryLockError::Error(error)) => return Err(cannot_write(&path, error)),
        }
        let noted = file
            .set_len(0)
            .and_then(|()| file.write_all(format!("process {}\n", std::process::id()).as_bytes()));
        noted.map_err(|error| cannot_write(&path, error))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_holds_it() {
        let out = tempfile::tempdir().unwrap();
        let held = Lock::take(out.path()).unwrap();
        let message = Lock::take(out.path()).unwrap_err().to_string();
        assert!(message.contains(&format!("process {} is generating", std::process::id())), "{message}");
        drop(held);
        Lock::take(out.path()).unwrap();
    }
}

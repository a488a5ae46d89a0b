//! One loader at a time: a file in the lake, which the operating system keeps locked while its holder lives, with the
//! holder's process id in it. The lock of a killed holder is free.

use ingot_core::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

const NAME: &str = ".load-bronze.lock";

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct LakeLock {
    _file: File,
}

impl LakeLock {
    /// # Errors
    /// Another process holds it (the error says which), or the lake cannot be written.
    pub(crate) fn take(lake: &Path) -> Result<Self> {
        let cannot_write = |error: std::io::Error| {
            Error::new("cannot write to the lake")
                .at(lake)
                .caused_by(error)
                .hint("check who owns the folder, or name another folder with --lake")
        };
        std::fs::create_dir_all(lake).map_err(cannot_write)?;
        let path = lake.join(NAME);
        // Never truncated before the lock is held: the content is the holder's.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot_write)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim();
                let who = if holder.is_empty() { "another process".to_owned() } else { holder.to_owned() };
                return Err(Error::new(format!("{who} is loading into this lake"))
                    .at(lake)
                    .hint("wait until it has ended, or load into another lake with --lake"));
            }
            Err(TryLockError::Error(error)) => return Err(cannot_write(error)),
        }
        let line = format!("process {} (since {:.0})\n", std::process::id(), jiff::Timestamp::now());
        file.set_len(0).map_err(cannot_write)?;
        file.write_all(line.as_bytes()).map_err(cannot_write)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_holds_it() {
        let lake = tempfile::tempdir().unwrap();
        let held = LakeLock::take(lake.path()).unwrap();
        let message = LakeLock::take(lake.path()).unwrap_err().to_string();
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
        drop(held);
        LakeLock::take(lake.path()).unwrap();
    }
}

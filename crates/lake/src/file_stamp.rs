//! What tells that a file is another one, or was written again.

use std::fmt;
use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file's length, the time of its content, and its number on its disk. The time of its entry is not among them: another name
/// for the file (a hard link) changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    number: u64,
}

impl FileStamp {
    /// `None` if there is no such file.
    pub fn of(file: &Path) -> Option<Self> {
        std::fs::metadata(file).ok().map(|found| Self::from(&found))
    }

    /// Another file under the same name has another one.
    pub fn number(self) -> u64 {
        self.number
    }
}

impl From<&Metadata> for FileStamp {
    fn from(found: &Metadata) -> Self {
        let modified = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            bytes: found.len(),
            modified: modified.unwrap_or_default().as_nanos(),
            #[cfg(unix)]
            number: std::os::unix::fs::MetadataExt::ino(found),
            #[cfg(not(unix))]
            number: 0,
        }
    }
}

impl fmt::Display for FileStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.bytes, self.modified, self.number)
    }
}

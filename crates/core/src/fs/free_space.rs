//! How much room a disk has.

use super::system;
use std::path::Path;

/// How many bytes may still be written to the file system of a file or folder; `None` where the system does not say.
pub fn free_space(path: &Path) -> Option<u64> {
    system::native().free_bytes(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_what_is_not_there_has_none() {
        let folder = tempfile::tempdir().unwrap();
        #[cfg(unix)]
        assert!(free_space(folder.path()).is_some());
        assert_eq!(free_space(&folder.path().join("missing")), None);
    }
}

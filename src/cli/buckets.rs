//! Folders and buckets as arguments: which commands take the address of a bucket, and what the others say of one.

use ingot_bronze::{Bucket, is_bucket_address};
use ingot_core::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The bucket of an address; `None` for a folder.
///
/// # Errors
/// The address is not understood, or the bucket cannot be opened.
pub(super) fn bucket_at(place: &Path) -> Result<Option<Bucket>> {
    match place.to_str().filter(|_| is_bucket_address(place)) {
        Some(address) => Bucket::open(address).map(Some),
        None => Ok(None),
    }
}

/// A folder as an argument of commands that work in folders only.
pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match is_bucket_address(&path) {
        true => Err(format!("{}; {}", NOT_HERE, COPY_IT)),
        false => Ok(path),
    }
}

/// Refuses a bucket where one of several commands with the same arguments works in folders only.
///
/// # Errors
/// It is one.
pub(super) fn refuse_bucket(place: Option<&PathBuf>) -> Result<()> {
    match place.filter(|place| is_bucket_address(place)) {
        Some(place) => Err(Error::new(NOT_HERE).at(place).hint(COPY_IT)),
        None => Ok(()),
    }
}

const NOT_HERE: &str = "this command works on a folder, and this is the address of a bucket";
const COPY_IT: &str = "copy what it needs to a folder first, for example with `aws s3 sync`, and name that; `ingot load-bronze` and `ingot bronze status` take buckets";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_not_taken_for_a_folder() {
        assert_eq!(folder("lake"), Ok(PathBuf::from("lake")));
        assert!(folder("s3://bucket/lake").is_err_and(|text| text.contains("aws s3 sync")));
        assert!(refuse_bucket(Some(&PathBuf::from("gs://bucket"))).is_err());
        assert!(refuse_bucket(None).is_ok());
    }
}

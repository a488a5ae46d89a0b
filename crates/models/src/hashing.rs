//! Hashes in lower-case hexadecimal: as dbt writes them, and faster ones of our own.

use md5::Md5;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::Xxh3;

/// MD5 of a text.
pub(crate) fn md5(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

/// SHA-256 of a text without the white space around it: the checksum of nodes and contracts.
pub(crate) fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.trim().as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A fast hash of texts one after the other, told apart. It is not for secrets.
pub(crate) fn of_texts<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut hash = Xxh3::new();
    for text in texts {
        let text = text.as_ref();
        hash.update(&text.len().to_le_bytes());
        hash.update(text);
    }
    format!("{:x}", hash.digest128())
}

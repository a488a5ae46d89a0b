//! Hashes as dbt writes them, in lower-case hexadecimal.

use md5::Md5;
use sha2::{Digest, Sha256};

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

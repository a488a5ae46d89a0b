//! The encoding of a text, from its first bytes.

use ingot_contract::Encoding;

/// The encoding, and a sentence about why. `is_whole`: the bytes are all of the text.
pub(crate) fn encoding_of(bytes: &[u8], is_whole: bool) -> (Encoding, Option<String>) {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => {
            return (Encoding::Utf8, Some("It begins with the byte order mark of UTF-8.".to_owned()));
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return (Encoding::Utf16, Some("It begins with the byte order mark of UTF-16.".to_owned()));
        }
        _ => {}
    }
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = bytes.len() / 2;
    if pairs > 1 && (zeros(0) + zeros(1)) * 2 > pairs {
        let found = if zeros(1) > zeros(0) { Encoding::Utf16Le } else { Encoding::Utf16Be };
        return (found, Some("Every other byte is zero, as in UTF-16.".to_owned()));
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => (Encoding::Utf8, None),
        // The last character may be cut off.
        Err(error) if !is_whole && error.error_len().is_none() => (Encoding::Utf8, None),
        Err(_) => (
            Encoding::Windows1252,
            Some(
                "It is not UTF-8, so it is read as windows-1252, in which every byte is a character."
                    .to_owned(),
            ),
        ),
    }
}

/// The name that a contract writes.
pub(crate) fn name_of(encoding: Encoding) -> &'static str {
    Encoding::NAMES.iter().find(|(_, known)| *known == encoding).map_or("utf-8", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_zeros_and_invalid_bytes_tell_the_encoding() {
        let of = |bytes: &[u8]| encoding_of(bytes, true).0;
        assert_eq!(of(b"\xEF\xBB\xBFa"), Encoding::Utf8);
        assert_eq!(of("é".as_bytes()), Encoding::Utf8);
        assert_eq!(of(b"caf\xE9"), Encoding::Windows1252);
        assert_eq!(of(b"a\0,\0b\0\n\0"), Encoding::Utf16Le);
        assert_eq!(of(b"\0a\0,\0b\0\n"), Encoding::Utf16Be);
        assert_eq!(encoding_of(b"caf\xC3", false).0, Encoding::Utf8);
    }
}

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
        Err(_) => {
            let (valid, invalid) = beyond_ascii(bytes);
            if is_mostly_utf8(valid, invalid) {
                (Encoding::Utf8, None)
            } else {
                (Encoding::Windows1252, Some(GUESSED.to_owned()))
            }
        }
    }
}

/// Why bytes that are not UTF-8 are read as they are.
pub(crate) const GUESSED: &str = "It is not UTF-8, so it is read as windows-1252, in which every byte is a character; nothing says \
                                  that this is its encoding.";

/// Whether so much is valid that what is not is damaged text in UTF-8, rather than text in another encoding, in which bytes
/// are hardly ever valid UTF-8 by chance.
pub(crate) fn is_mostly_utf8(valid: u64, invalid: u64) -> bool {
    valid >= invalid * 10
}

/// How many characters of several bytes are valid UTF-8, and in how many places it is not.
fn beyond_ascii(bytes: &[u8]) -> (u64, u64) {
    let (mut valid, mut invalid) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count() as u64;
        invalid += u64::from(!chunk.invalid().is_empty());
    }
    (valid, invalid)
}

/// Whether the bytes are not text in any encoding: many of them are signs that control devices.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0 | 4..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let control = bytes.iter().filter(|byte| is_control(byte)).count();
    let is_known = [&b"%PDF"[..], b"\x89PNG", b"\xFF\xD8\xFF", b"GIF8", b"\x7FELF", b"SQLite format 3"];
    is_known.iter().any(|first| bytes.starts_with(first))
        || control * 25 > bytes.len() && std::str::from_utf8(bytes).is_err()
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
        let one_bad = [b"\xFF\xFE,".as_slice(), "é".repeat(40).as_bytes(), b"\xE9,\xE8"].concat();
        assert_eq!(of(&one_bad[3..]), Encoding::Utf8);
        assert_eq!(of("éé caf\u{e9}".as_bytes()), Encoding::Utf8);
        assert_eq!(of(b"\xC3\xA9 caf\xE9"), Encoding::Windows1252);
    }
}

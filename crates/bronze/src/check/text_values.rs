//! Bytes and times of day from text: the types whose values are not plain words in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `hh:mm`, `hh:mm:ss` or with a fraction of up to nine digits, always written with seconds; `None` for another text.
pub(crate) fn time_of_day(text: &str) -> Option<String> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let two = |part: &str, below: u8| {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number && part.parse::<u8>().is_ok_and(|number| number < below)
    };
    match (parts.as_slice(), fraction) {
        ([hour, minute], None) if two(hour, 24) && two(minute, 60) => Some(format!("{hour}:{minute}:00")),
        ([hour, minute, second], _) if two(hour, 24) && two(minute, 60) && two(second, 60) => {
            let Some(fraction) = fraction else { return Some(clock.to_owned()) };
            let is_fraction =
                (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
            is_fraction.then(|| match fraction.trim_end_matches('0') {
                "" => clock.to_owned(),
                digits => format!("{clock}.{digits}"),
            })
        }
        _ => None,
    }
}

/// The bytes of a text in base64 ([RFC 4648](https://www.rfc-editor.org/rfc/rfc4648#section-4), with padding).
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Bytes in base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_one_way() {
        for (text, time) in [
            ("10:30", "10:30:00"),
            ("23:59:59", "23:59:59"),
            ("00:00:00.120", "00:00:00.12"),
            ("00:00:00.000", "00:00:00"),
            ("01:02:03.123456789", "01:02:03.123456789"),
        ] {
            assert_eq!(time_of_day(text).as_deref(), Some(time));
        }
        for text in ["24:00:00", "1:30", "10:60", "10:30:60", "10:30.5", "10", "", "10:30:00.", "10:30:00Z"] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_come_back() {
        assert_eq!(bytes(&base64(&[0, 255, 7])), Some(vec![0, 255, 7]));
        assert_eq!(bytes("not base64"), None);
    }
}

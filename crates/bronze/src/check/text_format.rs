//! The formats of texts that the standard names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ingot_contract::TextFormat;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether the text has the format; [`TextFormat`] names their sources.
pub(super) fn is_of(format: TextFormat, text: &str) -> bool {
    match format {
        TextFormat::Byte => BASE64.decode(text).is_ok(),
        TextFormat::Email => is_email(text),
        TextFormat::Hostname => is_hostname(text),
        TextFormat::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
        TextFormat::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        TextFormat::Uri => is_uri(text),
        TextFormat::Uuid => is_uuid(text),
    }
}

/// The rule of <https://html.spec.whatwg.org/#valid-e-mail-address>, with letters of any language.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_local = |letter: char| letter.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(letter);
    !local.is_empty() && local.chars().all(is_local) && is_hostname(domain)
}

/// Labels of 1 to 63 letters, digits and hyphens, 253 in all; letters of any language, as browsers show them.
fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        let length = label.chars().count();
        (1..=63).contains(&length)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(is_label)
}

/// A scheme, a colon and at least one of the characters that a URI may have; letters of any language (RFC 3987).
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        && !rest.is_empty()
        && percent_signs_are_escapes(rest)
        && rest.chars().all(|letter| letter.is_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(letter))
}

fn percent_signs_are_escapes(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_from_other_texts() {
        for (format, good, bad) in [
            (TextFormat::Byte, &["", "aGk="][..], &["aGk", "a b="][..]),
            (
                TextFormat::Email,
                &["a@b.de", "a+b@localhost", "ä@ö.de"],
                &["nonsense", "@b.de", "a@", "a b@c.de", "a@-b"],
            ),
            (TextFormat::Hostname, &["example.com", "a", "a-b.c."], &["", "a..b", "-a", "a_b", "a b"]),
            (TextFormat::Ipv4, &["127.0.0.1"], &["256.0.0.1", "1.2.3", "::1"]),
            (TextFormat::Ipv6, &["::1", "2001:db8::8a2e:370:7334"], &["1.2.3.4", ":::", "12345::"]),
            (
                TextFormat::Uri,
                &["https://a.de/b?c=%20#d", "urn:x", "mailto:a@b.de"],
                &["a.de", "http://a b", ":x", "1a:b", "a:%zz"],
            ),
            (
                TextFormat::Uuid,
                &["53581432-6c55-4ba2-a65f-72344a91553b"],
                &["53581432", "53581432-6c55-4ba2-a65f_72344a91553b"],
            ),
        ] {
            for text in good {
                assert!(is_of(format, text), "{format:?} {text}");
            }
            for text in bad {
                assert!(!is_of(format, text), "{format:?} {text}");
            }
        }
    }
}

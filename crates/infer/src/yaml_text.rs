//! Texts as YAML writes them.

use std::fmt::Write as _;

/// A scalar: plain where that is unmistakable, else in double quotes.
pub(crate) fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./ ()".contains(letter))
        && !text.ends_with(' ')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n" | "nan" | "inf"
        );
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// In double quotes, as JSON writes it. JSON leaves characters as they are that YAML does not allow in a document
/// (<https://yaml.org/spec/1.2.2/#51-character-set>) or takes for the end of a line; these are escaped as well.
pub(crate) fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let mut quoted = String::with_capacity(json.len());
    for letter in json.chars() {
        let is_allowed = !matches!(
            letter,
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        );
        if is_allowed {
            quoted.push(letter);
        } else {
            let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
        }
    }
    quoted
}

/// A list on one line.
pub(crate) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    format!("[{}]", texts.iter().map(|text| scalar(text.as_ref())).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_back_from_yaml() {
        let all: Vec<char> = (0..=0x2100_u32).chain(0xd7f0..=0x1_0010).filter_map(char::from_u32).collect();
        for letters in all.chunks(16) {
            let text: String = letters.iter().collect();
            let document = format!("key: {}\n", scalar(&text));
            let found = ingot_core::yaml::parse(&document, std::path::Path::new("t.yaml")).unwrap();
            assert_eq!(found.get("key").and_then(|node| node.as_str()), Some(text.as_str()), "{document}");
        }
    }
}

//! What Python means by white space, lower case and digits.

use regex::Regex;
use std::sync::LazyLock;

/// `str.isspace()` for one character: Unicode's white space, and the four ASCII separators.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// `text.strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Empty, blank, or the word null in any case: what dbt has agate take for NULL.
pub(super) fn is_null(cell: &str) -> bool {
    let cell = strip(cell);
    cell.is_empty() || cell.eq_ignore_ascii_case("null")
}

/// The value of a decimal digit in any script.
pub(super) fn digit(character: char) -> Option<u8> {
    static DECIMAL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A\p{Nd}\z").ok());
    if character.is_ascii() {
        return character.is_ascii_digit().then_some(character as u8 - b'0');
    }
    let is_decimal = |character: char| {
        DECIMAL.as_ref().is_some_and(|decimal| decimal.is_match(character.encode_utf8(&mut [0; 4])))
    };
    if !is_decimal(character) {
        return None;
    }
    // Unicode keeps the ten digits of a script together and in order, so the place in the run is the value.
    let before = (1..=u32::from(character))
        .take_while(|back| char::from_u32(u32::from(character) - back).is_some_and(is_decimal))
        .count();
    u8::try_from(before % 10).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts_have_their_value() {
        assert_eq!(digit('７'), Some(7));
        assert_eq!(digit('٣'), Some(3));
        assert_eq!(digit('𝟘'), Some(0));
        assert_eq!(digit('𝟡'), Some(9));
        assert_eq!(digit('²'), None);
        assert_eq!(digit('x'), None);
    }
}

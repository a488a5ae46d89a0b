//! Regular expressions of ECMA-262, which the standard prescribes for patterns, in the syntax of the crate `regex`.

use std::fmt::Write as _;

/// The same expression for `regex` and `fancy_regex`: there, `\d`, `\w` and `\b` know all of Unicode, and `[` within a
/// class opens another one.
///
/// # Errors
/// Neither of them can compile it; why.
pub(super) fn of_ecma(pattern: &str) -> Result<String, String> {
    let mut text = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('d') => text.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('D') => text.push_str("[^0-9]"),
                Some('w') => text.push_str(if in_class { "A-Za-z0-9_" } else { "[A-Za-z0-9_]" }),
                Some('W') => text.push_str("[^A-Za-z0-9_]"),
                Some('b') if !in_class => text.push_str(r"(?-u:\b)"),
                Some('B') if !in_class => {
                    text.push_str(r"(?:(?<![A-Za-z0-9_])(?![A-Za-z0-9_])|(?<=[A-Za-z0-9_])(?=[A-Za-z0-9_]))")
                }
                Some('b') => text.push_str(r"\x08"),
                Some('0') => text.push_str(r"\x00"),
                Some('/') => text.push('/'),
                Some(other) => {
                    let _ = write!(text, "\\{other}");
                }
                None => text.push('\\'),
            },
            '[' if in_class => text.push_str(r"\["),
            '[' => {
                in_class = true;
                text.push('[');
                if letters.peek() == Some(&'^') {
                    letters.next();
                    text.push('^');
                }
            }
            ']' => {
                in_class = false;
                text.push(']');
            }
            // Two of these in a class are operators on sets there.
            '&' | '~' if in_class => {
                let _ = write!(text, "\\{letter}");
            }
            other => text.push(other),
        }
    }
    match regex::Regex::new(&text) {
        Ok(_) => Ok(text),
        Err(error) => match fancy_regex::Regex::new(&text) {
            Ok(_) => Ok(text),
            Err(_) => Err(error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_ecmascript() {
        for (pattern, matches, does_not) in [
            (r"^\d+$", "12", "١٢"),
            (r"^[\d.]+$", "1.2", "١"),
            (r"^\w+$", "a_1", "é"),
            (r"^[[a]$", "[", "b"),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^a\/b$", "a/b", "ab"),
            (r"^(?=.*\d).{3,}$", "ab1", "abc"),
            (r"^.$", "é", "ab"),
            ("ACC[0-9]{8}", "xACC12345678", "ACC1"),
        ] {
            let regex = fancy_regex::Regex::new(&of_ecma(pattern).unwrap()).unwrap();
            assert!(regex.is_match(matches).unwrap(), "{pattern} {matches}");
            assert!(!regex.is_match(does_not).unwrap(), "{pattern} {does_not}");
        }
        assert!(of_ecma("(").is_err());
    }
}

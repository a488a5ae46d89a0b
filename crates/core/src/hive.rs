//! Values in the names of partition folders (`day=2024-01-31`), written and read as Hive and Spark do
//! ([Spark's ExternalCatalogUtils](https://github.com/apache/spark/blob/master/sql/catalyst/src/main/scala/org/apache/spark/sql/catalyst/catalog/ExternalCatalogUtils.scala)).

/// The name that stands for null. Hive writes it for the empty text too.
pub const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A value as the part of a folder's name behind `=`; null and the empty text share one name.
pub fn escape(value: Option<&str>) -> String {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return NULL.to_owned() };
    let mut name = String::with_capacity(value.len());
    for character in value.chars() {
        if is_escaped(character) {
            name.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            name.push(character);
        }
    }
    name
}

/// The value that the part of a folder's name behind `=` means. Every `%` with two hexadecimal digits is a byte; if the
/// bytes are not UTF-8, the name is taken as it is.
pub fn unescape(name: &str) -> Option<String> {
    if name == NULL {
        return None;
    }
    let bytes = name.as_bytes();
    let mut value = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| name.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(byte) => {
                value.push(byte);
                at += 3;
            }
            None => {
                value.push(bytes[at]);
                at += 1;
            }
        }
    }
    Some(String::from_utf8(value).unwrap_or_else(|_| name.to_owned()))
}

fn is_escaped(character: char) -> bool {
    matches!(character, '\0'..='\u{1f}' | '\u{7f}')
        || "\"#%'*/:=?\\{[]^".contains(character)
        || (cfg!(windows) && " <>|".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for value in ["7", "a/b", "50%", "%2F", "a b", "größe", "x=y", "10:30", "{a}", "tab\t", "100%25"] {
            assert_eq!(unescape(&escape(Some(value))).as_deref(), Some(value), "{value}");
        }
        assert_eq!(
            escape(Some("a/b c:d é")),
            if cfg!(windows) { "a%2Fb%20c%3Ad%20é" } else { "a%2Fb c%3Ad é" }
        );
        assert_eq!(unescape(&escape(None)), None);
        assert_eq!(escape(Some("")), NULL);
    }

    #[test]
    fn other_programs_escape_more_or_less() {
        assert_eq!(unescape("gr%C3%B6%c3%9Fe").as_deref(), Some("größe"));
        assert_eq!(unescape("100%").as_deref(), Some("100%"));
        assert_eq!(unescape("5%zz").as_deref(), Some("5%zz"));
        assert_eq!(unescape("%é").as_deref(), Some("%é"));
        assert_eq!(unescape("%FF").as_deref(), Some("%FF"));
    }
}

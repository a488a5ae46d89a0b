//! Where each statement of a SQL text begins and ends.
//!
//! DuckDB splits a text itself, but then counts the position of an error from the text's start and shows
//! it in the statement alone, so that the two do not fit. Given each statement by itself, it is right.

use std::ops::Range;

/// The byte ranges of the statements: from the first character that is neither blank nor comment, to the
/// `;` or the end. Text without a statement gives none.
pub(crate) fn split(sql: &str) -> Vec<Range<usize>> {
    let bytes = sql.as_bytes();
    let (mut ranges, mut start, mut at) = (Vec::new(), None, 0);
    while at < bytes.len() {
        let next = skip(bytes, at);
        match bytes[at] {
            b';' => ranges.extend(start.take().map(|start| start..at)),
            byte if byte.is_ascii_whitespace() || is_comment(bytes, at) => {}
            _ => {
                start.get_or_insert(at);
            }
        }
        at = next;
    }
    ranges.extend(start.map(|start| start..sql.len()));
    ranges
}

fn is_comment(bytes: &[u8], at: usize) -> bool {
    bytes[at..].starts_with(b"--") || bytes[at..].starts_with(b"/*")
}

/// The position behind the quoted text, comment or single byte at `at`.
fn skip(bytes: &[u8], at: usize) -> usize {
    match bytes[at] {
        b'\'' => {
            let escapes = at > 0
                && matches!(bytes[at - 1], b'e' | b'E')
                && !(at > 1 && (bytes[at - 2].is_ascii_alphanumeric() || bytes[at - 2] == b'_'));
            quoted(bytes, at, b'\'', escapes)
        }
        b'"' => quoted(bytes, at, b'"', false),
        b'-' if is_comment(bytes, at) => {
            bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length)
        }
        b'/' if is_comment(bytes, at) => block_comment(bytes, at),
        b'$' => dollar_quoted(bytes, at).unwrap_or(at + 1),
        _ => at + 1,
    }
}

/// A doubled quote needs no care: it ends one quoted text and begins the next.
fn quoted(bytes: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn block_comment(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut at) = (1, at + 2);
    while at < bytes.len() && depth > 0 {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    at.min(bytes.len())
}

/// `$$ … $$` and `$tag$ … $tag$`; not `$1`.
fn dollar_quoted(bytes: &[u8], at: usize) -> Option<usize> {
    let tag_end = at + 1 + bytes[at + 1..].iter().position(|byte| *byte == b'$')?;
    let tag = &bytes[at + 1..tag_end];
    let is_tag = tag.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
        && !tag.first().is_some_and(u8::is_ascii_digit);
    if !is_tag {
        return None;
    }
    let mark = &bytes[at..=tag_end];
    let body = &bytes[tag_end + 1..];
    let length = body.windows(mark.len()).position(|window| window == mark);
    Some(length.map_or(bytes.len(), |length| tag_end + 1 + length + mark.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(sql: &str) -> Vec<&str> {
        split(sql).into_iter().map(|range| &sql[range]).collect()
    }

    #[test]
    fn splits_at_semicolons_that_are_no_part_of_something_else() {
        assert_eq!(pieces("select 1; select 2"), ["select 1", "select 2"]);
        assert_eq!(pieces("-- a; b\n/* c; /* d; */ */ ;; select ';' ; "), ["select ';' "]);
        assert_eq!(pieces("select 'it''s;', \"a;b\"; x"), ["select 'it''s;', \"a;b\"", "x"]);
        assert_eq!(
            pieces("select e'\\';', $$ ; $$, $t$ ; $$ $t$, $1; y"),
            ["select e'\\';', $$ ; $$, $t$ ; $$ $t$, $1", "y"]
        );
        assert!(pieces(" -- nothing").is_empty());
    }
}

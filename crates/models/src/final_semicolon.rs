//! The semicolon at the end of a query, which must go where the query becomes part of another one.

/// The query without a semicolon at its end; comments behind it stay.
pub(crate) fn without_final_semicolon(sql: &str) -> String {
    match last_token(sql) {
        Some(at) if sql[at..].starts_with(';') => {
            // There may be more than one.
            without_final_semicolon(&format!("{}{}", &sql[..at], &sql[at + 1..]))
        }
        _ => sql.to_owned(),
    }
}

/// Where the last character is that is neither white space nor in a comment.
fn last_token(sql: &str) -> Option<usize> {
    let mut last = None;
    let mut at = 0;
    while let Some(character) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = match character {
            '-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '/' if rest.starts_with("/*") => {
                at += rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                continue;
            }
            '\'' | '"' => quoted(rest, character),
            '$' => dollar_quoted(rest).unwrap_or(1),
            _ => character.len_utf8(),
        };
        if !character.is_whitespace() {
            last = Some(at + length - if length > character.len_utf8() { 1 } else { character.len_utf8() });
        }
        at += length;
    }
    last
}

/// The length of a text or a name in quotes, in which two of them stand for one.
fn quoted(rest: &str, quote: char) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |end| end + 2)
}

/// The length of `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let tag_end = rest[1..].find('$')? + 2;
    let tag = &rest[..tag_end];
    let is_tag = tag[1..tag_end - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
    let end = is_tag.then(|| rest[tag_end..].find(tag))??;
    Some(tag_end + end + tag_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_semicolon_at_the_end_goes() {
        for (sql, expected) in [
            ("select 1;", "select 1"),
            ("select 1 ; \n", "select 1  \n"),
            ("select 1; -- done;\n", "select 1 -- done;\n"),
            ("select 1 /* a; */ ;; /* b; */", "select 1 /* a; */  /* b; */"),
            ("select ';'", "select ';'"),
            ("select 'it''s;' -- x;", "select 'it''s;' -- x;"),
            ("select $$;$$", "select $$;$$"),
            ("select $a$;$a$;", "select $a$;$a$"),
            ("select '--';", "select '--'"),
            ("select \";\" from \"é;\";", "select \";\" from \"é;\""),
            ("", ""),
        ] {
            assert_eq!(without_final_semicolon(sql), expected);
        }
    }
}

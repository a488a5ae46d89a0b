//! Which files a statement names, and which relations: what is between quotes, and words.
//!
//! This is not a parser of SQL. It tells texts from names, comments and the rest, which is enough to find what looks like a
//! path.

/// Table functions that read Parquet files.
const READERS: [&str; 5] =
    ["read_parquet", "parquet_scan", "delta_scan", "parquet_metadata", "parquet_schema"];

/// What a statement names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Texts, and names in double quotes, which DuckDB reads as files too. Those that a `copy … to` writes are not among them.
    pub(crate) texts: Vec<String>,
    /// Texts among them that a function reads as files.
    pub(crate) read: Vec<String>,
    /// Names of relations and all other words, in lower case.
    pub(crate) words: Vec<String>,
    /// Whether a function reads files whose names the statement puts together, or has from elsewhere.
    pub(crate) is_computed: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'s> {
    Word(&'s str),
    /// In single quotes, or between dollars.
    Text(String),
    /// In double quotes.
    Name(String),
    Sign(char),
}

/// What a statement names.
pub(crate) fn named_in(sql: &str) -> Named {
    let tokens = tokens(sql);
    let mut named = Named::default();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Text(text) | Token::Name(text) => {
                let before = at.checked_sub(1).and_then(|before| tokens.get(before));
                let is_written = matches!(before, Some(Token::Word(word)) if word.eq_ignore_ascii_case("to"));
                if !is_written {
                    named.texts.push(text.clone());
                }
                if matches!(token, Token::Name(_)) {
                    named.words.push(text.to_lowercase());
                }
            }
            Token::Word(word) => {
                let word = word.to_lowercase();
                if READERS.contains(&word.as_str()) && tokens.get(at + 1) == Some(&Token::Sign('(')) {
                    first_argument(&tokens[at + 2..], &mut named);
                }
                named.words.push(word);
            }
            Token::Sign(_) => {}
        }
    }
    named
}

/// The texts of a function's first argument; anything but texts and brackets in it is computed.
fn first_argument(tokens: &[Token], named: &mut Named) {
    let mut depth = 0_usize;
    let before = named.read.len();
    let mut is_computed = false;
    for token in tokens {
        match token {
            Token::Sign(',' | ')') if depth == 0 => break,
            Token::Sign('[' | '(') => depth += 1,
            Token::Sign(']' | ')') => depth = depth.saturating_sub(1),
            Token::Sign(',') => {}
            Token::Text(text) => named.read.push(text.clone()),
            Token::Word(_) | Token::Name(_) | Token::Sign(_) => is_computed = true,
        }
    }
    named.is_computed |= is_computed || named.read.len() == before;
}

fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '\'' | '"' => {
                let (text, length) = quoted(rest, first);
                tokens.push(if first == '"' { Token::Name(text) } else { Token::Text(text) });
                length
            }
            '$' => match dollar_quoted(rest) {
                Some((text, length)) => {
                    tokens.push(Token::Text(text.to_owned()));
                    length
                }
                None => {
                    tokens.push(Token::Sign('$'));
                    1
                }
            },
            _ if first.is_alphanumeric() || first == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token::Word(&rest[..end]));
                end
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push(Token::Sign(first));
                }
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens
}

/// What is between quotes, in which two of them stand for one, and how long that is with its quotes.
fn quoted(rest: &str, quote: char) -> (String, usize) {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            text.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return (text, at + 1);
        }
    }
    (text, rest.len())
}

/// What is between `$tag$` and `$tag$`, and how long that is with both.
fn dollar_quoted(rest: &str) -> Option<(&str, usize)> {
    let tag_end = rest[1..].find('$')? + 2;
    let tag = &rest[..tag_end];
    let is_tag = tag[1..tag_end - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
    let end = is_tag.then(|| rest[tag_end..].find(tag))??;
    Some((&rest[tag_end..tag_end + end], tag_end + end + tag_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_are_found_whatever_is_around_them() {
        let sql = "-- don't\nselect 'it''s' /* 'no' */ from \"a/b.parquet\" join $$c/d.parquet$$ on é.x = 1";
        let named = named_in(sql);
        assert_eq!(named.texts, ["it's", "a/b.parquet", "c/d.parquet"]);
        assert!(named.words.contains(&"é".to_owned()) && named.words.contains(&"a/b.parquet".to_owned()));
        assert!(!named.is_computed && named.read.is_empty());
        assert_eq!(named_in("select 'open").texts, ["open"]);
    }

    #[test]
    fn a_path_that_is_put_together_is_told_from_one_that_is_written_out() {
        let read = |sql: &str| (named_in(sql).read, named_in(sql).is_computed);
        let both = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(read("from read_parquet(['a', 'b'], union_by_name = true)"), (both, false));
        assert_eq!(read("from READ_PARQUET ( 'a' )"), (vec!["a".to_owned()], false));
        for sql in [
            "from read_parquet('a' || '/b')",
            "from read_parquet(getvariable('x'))",
            "from read_parquet(p, union_by_name = true)",
            "from read_parquet($1)",
            "from parquet_scan(list_transform(['a'], x -> x))",
        ] {
            assert!(named_in(sql).is_computed, "{sql}");
        }
    }

    #[test]
    fn what_is_written_is_not_read() {
        assert_eq!(named_in("copy (from 'a.parquet') to 'b.parquet' (format parquet)").texts, ["a.parquet"]);
    }
}

//! Several statements in one text, told apart as Spark's lexer does: text in single or double quotes with backslashes,
//! names in backticks, comments to the end of the line, and comments in brackets, which nest
//! (`SqlBaseLexer.g4` of Apache Spark).

/// The statements of a text, without the semicolons between them, blanks around them, and those that are comments alone.
/// Each comes with the number of lines before it.
pub fn split(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let (mut start, mut at, mut has_content) = (0, 0, false);
    while at < text.len() {
        let token = token(&text[at..]);
        match token {
            Token::Comment(_) | Token::Blank(_) => {}
            Token::Semicolon => {
                keep(text, start, at, has_content, &mut out);
                (start, has_content) = (at + 1, false);
            }
            // A script of Spark 4 is one statement, with all the semicolons in it.
            Token::Word(length) if !has_content && text[at..at + length].eq_ignore_ascii_case("begin") => {
                has_content = true;
                break;
            }
            Token::Word(_) | Token::Other(_) => has_content = true,
        }
        at += token.length();
    }
    keep(text, start, text.len(), has_content, &mut out);
    out
}

/// Whether a statement is a query, and no command: its first word is `select`.
pub(crate) fn is_query(statement: &str) -> bool {
    let mut rest = statement;
    loop {
        match token(rest) {
            Token::Blank(length) | Token::Comment(length) if length > 0 => rest = &rest[length..],
            Token::Word(length) => return rest[..length].eq_ignore_ascii_case("select"),
            _ => return false,
        }
    }
}

fn keep<'a>(text: &'a str, start: usize, end: usize, has_content: bool, out: &mut Vec<(usize, &'a str)>) {
    if !has_content {
        return;
    }
    let raw = &text[start..end];
    let begin = start + (raw.len() - raw.trim_start().len());
    out.push((text[..begin].matches('\n').count(), raw.trim()));
}

enum Token {
    Blank(usize),
    Comment(usize),
    Word(usize),
    Semicolon,
    Other(usize),
}

impl Token {
    fn length(&self) -> usize {
        match self {
            Self::Blank(length) | Self::Comment(length) | Self::Word(length) | Self::Other(length) => *length,
            Self::Semicolon => 1,
        }
    }
}

/// The token at the start of a text that is not empty; a blank of no length at its end.
fn token(rest: &str) -> Token {
    let Some(first) = rest.chars().next() else { return Token::Blank(0) };
    let while_is = |is: &dyn Fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
    match first {
        ';' => Token::Semicolon,
        _ if first.is_whitespace() => Token::Blank(while_is(&char::is_whitespace)),
        _ if rest.starts_with("--") => Token::Comment(line_comment(rest)),
        // A hint of the optimizer is a part of the statement.
        _ if rest.starts_with("/*") && !rest.starts_with("/*+") => Token::Comment(bracketed_comment(rest)),
        // r'…' and R"…" have no backslashes of their own.
        'r' | 'R' if matches!(rest.as_bytes().get(1), Some(b'\'' | b'"')) => {
            Token::Other(1 + quoted(&rest[1..], false))
        }
        '\'' | '"' => Token::Other(quoted(rest, true)),
        '`' => Token::Other(name(rest)),
        _ if first.is_alphanumeric() || first == '_' => {
            Token::Word(while_is(&|c| c.is_alphanumeric() || c == '_'))
        }
        _ => Token::Other(first.len_utf8()),
    }
}

/// To the end of the line; a backslash before it goes on in the next one.
fn line_comment(rest: &str) -> usize {
    let mut at = 0;
    while let Some(found) = rest[at..].find('\n') {
        let end = at + found;
        at = end + 1;
        if !rest[..end].ends_with('\\') {
            return at;
        }
    }
    rest.len()
}

fn bracketed_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let from = &rest[at..];
        if from.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if from.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += from.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, has_escapes: bool) -> usize {
    let mut letters = rest.char_indices();
    let Some((_, quote)) = letters.next() else { return 0 };
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && has_escapes {
            letters.next();
        } else if letter == quote {
            return at + letter.len_utf8();
        }
    }
    rest.len()
}

/// A name in backticks. Two of them within it are one of the name; taken apart here, the result is the same.
fn name(rest: &str) -> usize {
    rest[1..].find('`').map_or(rest.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|(_, statement)| statement).collect()
    }

    #[test]
    fn semicolons_in_text_names_and_comments_end_nothing() {
        let whole = "select 'a;\\';b', \"c;\", `d;`, r'\\' -- e;\n, 1 /* f; /* g; */ ; */";
        assert_eq!(texts(whole), [whole]);
        assert_eq!(texts("select 1; select 2 ;"), ["select 1", "select 2"]);
        assert_eq!(texts("select r'\\'; select 2"), ["select r'\\'", "select 2"]);
        assert_eq!(texts("-- a \\\n; still\nselect 1"), ["-- a \\\n; still\nselect 1"]);
    }

    #[test]
    fn what_is_empty_or_a_comment_alone_is_no_statement() {
        assert!(texts(" ; -- nothing\n; /* here */ ").is_empty());
        assert_eq!(texts("select 'open; x"), ["select 'open; x"]);
        assert_eq!(texts("/*+ broadcast(a) */ ;"), ["/*+ broadcast(a) */"]);
    }

    #[test]
    fn lines_before_a_statement_are_counted() {
        assert_eq!(split("select 1;\n\nselect 2"), [(0, "select 1"), (2, "select 2")]);
        assert_eq!(split("\n-- why\nselect é"), [(1, "-- why\nselect é")]);
    }

    #[test]
    fn a_script_is_one_statement() {
        let script = "begin\n  declare x int; set x = 1;\nend";
        assert_eq!(texts(script), [script]);
        assert_eq!(texts("select begin; select 2").len(), 2);
    }

    #[test]
    fn a_query_begins_with_select() {
        for (text, expected) in [
            ("select 1", true),
            ("/* {\"app\": \"dbt\"} */\n-- x\n  SELECT 1", true),
            ("with a as (select 1) insert into b select * from a", false),
            ("selected", false),
            ("(select 1)", false),
            ("", false),
        ] {
            assert_eq!(is_query(text), expected, "{text}");
        }
    }
}

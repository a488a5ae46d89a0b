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

/// Whether a text is a single statement.
pub fn is_one_statement(sql: &str) -> bool {
    split(sql).len() == 1
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
    use libduckdb_sys as ffi;
    use proptest::prelude::*;
    use proptest::test_runner::{Config, TestRunner};
    use std::time::{Duration, Instant};

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

    /// Blank, comments and semicolons, in any order.
    fn between() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            " ",
            "\n",
            "\t",
            ";",
            "-- c; 'x\n",
            "/* ; ' */",
            "/* /* ; */ \" */",
            "--\r\n",
        ]);
        prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
    }

    /// A statement with semicolons in places where they end nothing.
    fn statement() -> impl Strategy<Value = String> {
        let value = prop::sample::select(vec![
            "1",
            "'a;b'",
            "'it''s;'",
            "e'\\';'",
            "E'\\\\'",
            "$$ ; $$",
            "$t$ ; $$ ; $t$",
            "$é$;$é$",
            "\"a;b\"",
            "\"a\"\";\"",
            "1 /* ; */",
            "1 -- ;\n",
            "'é😀;'",
            "'--'",
            "'/*'",
            "$$'$$",
        ]);
        prop::collection::vec(value, 1..4).prop_map(|values| format!("select {}", values.join(" , ")))
    }

    /// The ranges follow one another, and between them is nothing of a statement.
    fn check(sql: &str) -> Result<(), TestCaseError> {
        let mut end = 0;
        let ranges = split(sql);
        for range in ranges.iter().cloned().chain(std::iter::once(sql.len()..sql.len())) {
            prop_assert!(end <= range.start && range.start <= range.end);
            let gap = sql.get(end..range.start);
            prop_assert!(gap.is_some_and(|gap| split(gap).is_empty()), "{:?} is between two statements", gap);
            let piece = sql.get(range.clone());
            prop_assert!(
                piece.is_some_and(|piece| piece.is_empty() || split(piece).len() == 1),
                "{:?}",
                piece
            );
            end = range.end;
        }
        Ok(())
    }

    fn run<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
        let seconds =
            std::env::var("INGOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        let until = Instant::now() + Duration::from_secs(seconds);
        loop {
            let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
            TestRunner::new(config).run(&strategy, &test).unwrap();
            if Instant::now() >= until {
                break;
            }
        }
    }

    #[test]
    fn the_pieces_and_what_is_between_them_are_the_text() {
        let word = prop::sample::select(vec![
            ";", "'", "\"", "$$", "$t$", "$1", "$", "--", "\n", "/*", "*/", "e'", "E'", "\\", "a", " ", "é",
            "😀", "x_e'",
        ]);
        run(prop::collection::vec(word, 0..30), |words| check(&words.concat()));
        run(any::<String>(), |text| check(&text));
    }

    /// An open connection without what ingot does to one.
    struct Bare(ffi::duckdb_database, ffi::duckdb_connection);

    impl Bare {
        fn open() -> Self {
            let mut bare = Self(std::ptr::null_mut(), std::ptr::null_mut());
            // SAFETY: both handles are written before they are used, and closed once, by `drop`.
            unsafe {
                assert_eq!(ffi::duckdb_open(c":memory:".as_ptr(), &mut bare.0), ffi::DuckDBSuccess);
                assert_eq!(ffi::duckdb_connect(bare.0, &mut bare.1), ffi::DuckDBSuccess);
            }
            bare
        }

        /// How many statements DuckDB finds; none where it cannot parse the text.
        fn count(&self, sql: &str) -> usize {
            let sql = std::ffi::CString::new(sql).unwrap();
            let mut statements = std::ptr::null_mut();
            // SAFETY: the connection is open, the text ends with a zero, and what is made is destroyed.
            unsafe {
                let count = ffi::duckdb_extract_statements(self.1, sql.as_ptr(), &mut statements);
                ffi::duckdb_destroy_extracted(&mut statements);
                usize::try_from(count).unwrap()
            }
        }
    }

    impl Drop for Bare {
        fn drop(&mut self) {
            // SAFETY: the handles are those of `open`, and nothing uses them any more.
            unsafe {
                ffi::duckdb_disconnect(&mut self.1);
                ffi::duckdb_close(&mut self.0);
            }
        }
    }

    #[test]
    fn duckdb_counts_the_same_statements() {
        let bare = Bare::open();
        let compared = std::cell::Cell::new(0);
        let texts = prop::collection::vec((between(), statement(), between()), 0..5);
        run(texts, |parts| {
            let sql: String = parts.iter().map(|(a, b, c)| format!("{a}{b}{c};")).collect();
            check(&sql)?;
            let theirs = bare.count(&sql);
            if theirs > 0 {
                compared.set(compared.get() + 1);
                prop_assert_eq!(split(&sql).len(), theirs, "{}", sql);
            }
            Ok(())
        });
        assert!(compared.get() > 500, "DuckDB could parse only {} texts", compared.get());
    }
}

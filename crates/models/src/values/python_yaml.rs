//! YAML as PyYAML's `dump` writes it, in block style and to the byte: what `toyaml` gives, and the files that dbt writes.
//! <https://github.com/yaml/pyyaml/blob/main/lib/yaml/emitter.py>

use regex::Regex;
use serde_json::Value as Json;
use std::sync::LazyLock;

/// The column after which a text is folded at its next blank.
const WIDTH: usize = 80;
/// How much further in each level is.
const STEP: usize = 2;
const BREAKS: [char; 4] = ['\n', '\u{85}', '\u{2028}', '\u{2029}'];

/// Plain texts that a reader would take for something else: null, booleans, numbers, times.
/// <https://github.com/yaml/pyyaml/blob/main/lib/yaml/resolver.py>
static NOT_TEXT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
          ~ | null | Null | NULL | << | = |
          yes | Yes | YES | no | No | NO | true | True | TRUE | false | False | FALSE | on | On | ON | off | Off | OFF |
          [-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)? | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)? |
          [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN) |
          [-+]?0b[0-1_]+ | [-+]?0[0-7_]+ | [-+]?(?:0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+ |
          [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+ |
          [0-9]{4}-[0-9]{2}-[0-9]{2} |
          [0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[\ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
            (?:[\ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?
        )$",
    )
    .ok()
});

/// How it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// Keys in their order, and not in that of the value.
    pub(crate) sorts_keys: bool,
    /// Whether the items of a list are further in than its key.
    pub(crate) indents_lists: bool,
}

/// The document, with a line break at its end.
pub(crate) fn dump(value: &Json, form: Form) -> String {
    let mut writer = Writer { out: String::new(), form };
    match value {
        Json::Object(members) if !members.is_empty() => writer.mapping(members, 0, true),
        Json::Array(items) if !items.is_empty() => writer.list(items, 0, true),
        scalar => {
            writer.scalar(scalar, STEP, false);
            // A plain text is closed by a mark of its own.
            let is_plain = !writer.out.starts_with(['\'', '"', '{', '[']);
            writer.out.push_str(if is_plain { "\n..." } else { "" });
        }
    }
    writer.out.push('\n');
    writer.out
}

struct Writer {
    out: String,
    form: Form,
}

impl Writer {
    fn column(&self) -> usize {
        self.out.chars().rev().take_while(|letter| *letter != '\n').count()
    }

    fn line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
    }

    /// `starts`: the place of its first line is where the writer is.
    fn mapping(&mut self, members: &serde_json::Map<String, Json>, indent: usize, starts: bool) {
        let mut pairs: Vec<(&String, &Json)> = members.iter().collect();
        if self.form.sorts_keys {
            pairs.sort_by_key(|(key, _)| *key);
        }
        for (number, (key, value)) in pairs.into_iter().enumerate() {
            if number > 0 || !starts {
                self.line(indent);
            }
            self.text(key, indent + STEP, true);
            self.out.push(':');
            match value {
                Json::Object(members) if !members.is_empty() => self.mapping(members, indent + STEP, false),
                Json::Array(items) if !items.is_empty() => {
                    let further = if self.form.indents_lists { STEP } else { 0 };
                    self.list(items, indent + further, false);
                }
                scalar => {
                    self.out.push(' ');
                    self.scalar(scalar, indent + STEP, false);
                }
            }
        }
    }

    fn list(&mut self, items: &[Json], indent: usize, starts: bool) {
        for (number, item) in items.iter().enumerate() {
            if number > 0 || !starts {
                self.line(indent);
            }
            self.out.push_str("- ");
            match item {
                Json::Object(members) if !members.is_empty() => self.mapping(members, indent + STEP, true),
                Json::Array(items) if !items.is_empty() => self.list(items, indent + STEP, true),
                scalar => self.scalar(scalar, indent + STEP, false),
            }
        }
    }

    fn scalar(&mut self, value: &Json, indent: usize, is_key: bool) {
        match value {
            Json::String(text) => self.text(text, indent, is_key),
            Json::Array(_) => self.out.push_str("[]"),
            Json::Object(_) => self.out.push_str("{}"),
            Json::Number(number) => self.out.push_str(&number_text(&number.to_string())),
            other => self.out.push_str(&other.to_string()),
        }
    }

    fn text(&mut self, text: &str, indent: usize, is_key: bool) {
        let letters: Vec<char> = text.chars().collect();
        let allowed = Allowed::of(&letters);
        let is_text = !text.is_empty() && !NOT_TEXT.as_ref().is_some_and(|form| form.is_match(text));
        if allowed.plain && is_text {
            self.folded(&letters, indent, !is_key, false);
        } else if allowed.single_quotes && !(is_key && allowed.has_breaks) {
            self.out.push('\'');
            self.folded(&letters, indent, !is_key, true);
            self.out.push('\'');
        } else {
            self.double_quoted(&letters, indent, !is_key);
        }
    }

    /// Plain, or what is between single quotes.
    fn folded(&mut self, letters: &[char], indent: usize, folds: bool, quoted: bool) {
        let mut at = 0;
        while at < letters.len() {
            let run =
                |is_in: &dyn Fn(&char) -> bool| letters[at..].iter().take_while(|one| is_in(one)).count();
            let (blanks, breaks) = (run(&|one| *one == ' '), run(&|one| BREAKS.contains(one)));
            let end = at + blanks.max(breaks).max(1);
            if blanks > 0 {
                let is_inside = !quoted || (at > 0 && end < letters.len());
                if blanks == 1 && folds && is_inside && self.column() > WIDTH {
                    self.line(indent);
                } else {
                    self.out.extend(&letters[at..end]);
                }
            } else if breaks > 0 {
                if letters[at] == '\n' {
                    self.out.push('\n');
                }
                self.out.extend(&letters[at..end]);
                self.out.push_str(&" ".repeat(indent));
            } else {
                self.out.push_str(if quoted && letters[at] == '\'' { "'" } else { "" });
                self.out.push(letters[at]);
            }
            at = end;
        }
    }

    fn double_quoted(&mut self, letters: &[char], indent: usize, folds: bool) {
        self.out.push('"');
        // What is not written yet begins at `start`.
        let mut start = 0;
        let mut column = self.column();
        for end in 0..=letters.len() {
            let letter = letters.get(end).copied();
            let escapes = letter.is_none_or(|one| matches!(one, '"' | '\\') || !(' '..='~').contains(&one));
            if escapes {
                self.out.extend(&letters[start..end]);
                column += end - start;
                start = end;
                if let Some(letter) = letter {
                    let escaped = escape(letter);
                    column += escaped.len();
                    self.out.push_str(&escaped);
                    start = end + 1;
                }
            }
            let is_inside = end > 0 && end + 1 < letters.len();
            let pending = end.saturating_sub(start);
            if folds && is_inside && (letter == Some(' ') || start >= end) && column + pending > WIDTH {
                if start < end {
                    self.out.extend(&letters[start..end]);
                    start = end;
                }
                self.out.push('\\');
                self.line(indent);
                column = indent;
                if letters.get(start) == Some(&' ') {
                    self.out.push('\\');
                    column += 1;
                }
            }
        }
        self.out.push('"');
    }
}

/// Python's way to write it: `1e+16` has a point here, so that it is read as a number again.
fn number_text(text: &str) -> String {
    let text = text.to_lowercase();
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let mantissa = if mantissa.contains('.') { mantissa.to_owned() } else { format!("{mantissa}.0") };
            let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
            format!("{mantissa}e{sign}{exponent}")
        }
        None => text,
    }
}

fn escape(letter: char) -> String {
    let short = match letter {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        other => {
            return match other as u32 {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

/// In which ways a text can be written.
struct Allowed {
    plain: bool,
    single_quotes: bool,
    has_breaks: bool,
}

impl Allowed {
    fn of(letters: &[char]) -> Self {
        let is_blank = |letter: Option<&char>| {
            letter.is_none_or(|one| matches!(one, '\0' | ' ' | '\t' | '\r') || BREAKS.contains(one))
        };
        let is_break = |letter: Option<&char>| letter.is_some_and(|one| BREAKS.contains(one));
        let starts_document = letters.starts_with(&['-'; 3]) || letters.starts_with(&['.'; 3]);
        let (mut indicators, mut special, mut has_breaks) = (starts_document, false, false);
        let (mut space_before_break, mut break_before_space) = (false, false);
        for (at, letter) in letters.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| letters.get(before));
            let after = letters.get(at + 1);
            indicators |= match letter {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`'
                    if at == 0 =>
                {
                    true
                }
                '?' | '-' => at == 0 && is_blank(after),
                ':' => is_blank(after),
                '#' => is_blank(before),
                _ => false,
            };
            has_breaks |= BREAKS.contains(letter);
            special |= *letter != '\n' && !(' '..='~').contains(letter);
            space_before_break |= *letter == ' ' && is_break(after);
            break_before_space |= BREAKS.contains(letter) && after == Some(&' ');
        }
        let ends = [letters.first(), letters.last()];
        let blank_ends = ends.iter().any(|end| is_break(*end) || *end == Some(&' '));
        let single_quotes = !break_before_space && !space_before_break && !special;
        Self { plain: single_quotes && !has_breaks && !indicators && !blank_ends, single_quotes, has_breaks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOYAML: Form = Form { sorts_keys: false, indents_lists: false };

    /// What PyYAML 6.0 writes for the same; `tests/oracle/yaml_texts.py` compares thousands.
    #[test]
    fn texts_are_written_as_by_pyyaml() {
        for (value, written) in [
            (
                json!({"a": "y: z", "b": "1e3", "c": "0123", "d": "1.0.0"}),
                "a: 'y: z'\nb: 1e3\nc: '0123'\nd: 1.0.0\n",
            ),
            (json!({"a": null, "b": true, "c": "true", "d": ""}), "a: null\nb: true\nc: 'true'\nd: ''\n"),
            (
                json!({"a": "it's", "b": "'q'", "c": "x #y", "d": "-", "e": "-x"}),
                "a: it's\nb: '''q'''\nc: 'x #y'\nd: '-'\ne: -x\n",
            ),
            (json!({"a": ["x", {"b": 1, "c": []}], "d": {}}), "a:\n- x\n- b: 1\n  c: []\nd: {}\n"),
            (json!([["a", "b"], []]), "- - a\n  - b\n- []\n"),
            (json!({"a": "one\ntwo"}), "a: 'one\n\n  two'\n"),
            (json!({"a": "é\t"}), "a: \"\\xE9\\t\"\n"),
            (
                json!({"a": "2020-01-01", "b": 1.5, "c": "=", "d": "~"}),
                "a: '2020-01-01'\nb: 1.5\nc: '='\nd: '~'\n",
            ),
            (json!("plain"), "plain\n...\n"),
            (json!("1"), "'1'\n"),
        ] {
            assert_eq!(dump(&value, TOYAML), written);
        }
    }

    #[test]
    fn long_texts_are_folded() {
        let text = format!("{{{{ x }}}}{}", "long ".repeat(30));
        let folded = dump(&json!({"p": [{"git": text}]}), Form { sorts_keys: true, indents_lists: true });
        assert_eq!(
            folded,
            "p:\n  - git: '{{ x }}long long long long long long long long long long long long long\n      long long long long long long long long long long long long long long long long\n      long '\n"
        );
    }
}

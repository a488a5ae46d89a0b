//! Source text to tokens, in one pass. Whitespace control and `raw` are settled here.

use crate::error::{Error, Result};
use crate::options::TagShape;
use crate::source::Span;
use crate::value::Environment;
use memchr::{memchr, memmem};
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tok<'s> {
    Data(Cow<'s, str>),
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(&'s str),
    Str(String),
    Int(i128),
    /// A whole number beyond 128 bits, in decimal digits.
    Large(String),
    Float(f64),
    /// An operator or bracket.
    Op(&'static str),
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Token<'s> {
    pub tok: Tok<'s>,
    pub span: Span,
    pub start: usize,
    pub end: usize,
}

impl Tok<'_> {
    /// How an error message calls it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Tok::Data(_) => "template text".to_owned(),
            Tok::VariableBegin => "'{{'".to_owned(),
            Tok::VariableEnd => "'}}'".to_owned(),
            Tok::BlockBegin => "'{%'".to_owned(),
            Tok::BlockEnd => "'%}'".to_owned(),
            Tok::Name(name) => format!("'{name}'"),
            Tok::Str(text) => format!("the string '{text}'"),
            Tok::Int(value) => format!("'{value}'"),
            Tok::Large(digits) => format!("'{digits}'"),
            Tok::Float(value) => format!("'{value}'"),
            Tok::Op(op) => format!("'{op}'"),
            Tok::End => "the end of the template".to_owned(),
        }
    }
}

/// Whether a text has any Jinja in it; without, it renders as itself (less one trailing newline).
pub fn has_jinja(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes).any(|at| matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// The operator that `rest` begins with.
fn operator(rest: &[u8]) -> Option<&'static str> {
    Some(match (rest.first()?, rest.get(1)) {
        (b'/', Some(b'/')) => "//",
        (b'*', Some(b'*')) => "**",
        (b'=', Some(b'=')) => "==",
        (b'!', Some(b'=')) => "!=",
        (b'>', Some(b'=')) => ">=",
        (b'<', Some(b'=')) => "<=",
        (b'+', _) => "+",
        (b'-', _) => "-",
        (b'/', _) => "/",
        (b'*', _) => "*",
        (b'%', _) => "%",
        (b'~', _) => "~",
        (b'[', _) => "[",
        (b']', _) => "]",
        (b'(', _) => "(",
        (b')', _) => ")",
        (b'{', _) => "{",
        (b'}', _) => "}",
        (b'>', _) => ">",
        (b'<', _) => "<",
        (b'=', _) => "=",
        (b'.', _) => ".",
        (b':', _) => ":",
        (b'|', _) => "|",
        (b',', _) => ",",
        (b';', _) => ";",
        _ => return None,
    })
}

struct Lexer<'s, 'e> {
    text: &'s str,
    at: usize,
    environment: &'e Environment,
    tokens: Vec<Token<'s>>,
    // Where `span` has counted to.
    counted: usize,
    position: Span,
}

/// The error names its place; the caller, who has the source, attaches it.
pub(crate) fn tokenize<'s>(
    text: &'s str,
    environment: &Environment,
) -> Result<Vec<Token<'s>>, (Error, Span)> {
    let text = text.strip_suffix('\n').map_or(text, |rest| rest.strip_suffix('\r').unwrap_or(rest));
    let mut lexer = Lexer {
        text,
        at: 0,
        environment,
        tokens: Vec::with_capacity(text.len() / 8 + 4),
        counted: 0,
        position: Span { line: 1, column: 1 },
    };
    lexer.run()?;
    Ok(lexer.tokens)
}

impl<'s> Lexer<'s, '_> {
    fn span(&mut self, offset: usize) -> Span {
        let passed = &self.text.as_bytes()[self.counted..offset.max(self.counted)];
        let characters = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32;
        match memchr::memrchr(b'\n', passed) {
            Some(last) => {
                self.position.line += memchr::memchr_iter(b'\n', passed).count() as u32;
                self.position.column = 1 + characters(&passed[last + 1..]);
            }
            None => self.position.column += characters(passed),
        }
        self.counted = self.counted.max(offset);
        self.position
    }

    fn push(&mut self, tok: Tok<'s>, start: usize, end: usize) {
        let span = self.span(start);
        self.tokens.push(Token { tok, span, start, end });
    }

    fn fail<T>(&mut self, offset: usize, message: impl std::fmt::Display) -> Result<T, (Error, Span)> {
        // The place may lie behind what `span` has counted already.
        (self.counted, self.position) = (0, Span { line: 1, column: 1 });
        let span = self.span(offset);
        Err((Error::syntax(message), span))
    }

    fn data(&mut self, start: usize, end: usize) {
        if start < end {
            let data = &self.text[start..end];
            let data = if data.contains('\r') {
                Cow::Owned(data.replace("\r\n", "\n").replace('\r', "\n"))
            } else {
                Cow::Borrowed(data)
            };
            self.push(Tok::Data(data), start, end);
        }
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\t') = self.byte(self.at) {
            self.at += 1;
        }
        if self.byte(self.at).is_none_or(|byte| byte.is_ascii_graphic()) {
            return;
        }
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn byte(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(offset).copied()
    }

    fn run(&mut self) -> Result<(), (Error, Span)> {
        let bytes = self.text.as_bytes();
        let mut data_start = 0;
        while let Some(found) = memchr(b'{', &bytes[self.at..]) {
            let open = self.at + found;
            let kind = match self.byte(open + 1) {
                Some(kind @ (b'{' | b'%' | b'#')) => kind,
                _ => {
                    self.at = open + 1;
                    continue;
                }
            };
            let sign = self.byte(open + 2);
            let mut data_end = open;
            if sign == Some(b'-') {
                data_end = data_start + self.text[data_start..open].trim_end().len();
            }
            self.data(data_start, data_end);
            self.at = open + 2 + usize::from(matches!(sign, Some(b'-' | b'+')));
            match kind {
                b'#' => self.comment(open)?,
                b'{' => {
                    self.push(Tok::VariableBegin, open, self.at);
                    self.expression(open, true)?;
                }
                _ => self.block(open)?,
            }
            data_start = self.at;
        }
        self.data(data_start, self.text.len());
        self.push(Tok::End, self.text.len(), self.text.len());
        Ok(())
    }

    fn comment(&mut self, open: usize) -> Result<(), (Error, Span)> {
        let Some(found) = memmem::find(&self.text.as_bytes()[self.at..], b"#}") else {
            return self.fail(open, "this comment is never closed: '#}' is missing");
        };
        let close = self.at + found;
        // `{#-#}` has one sign for both ends.
        let strips = close > open + 2 && self.byte(close - 1) == Some(b'-');
        self.at = close + 2;
        if strips {
            self.skip_whitespace();
        }
        Ok(())
    }

    /// After `{%`: `raw` is taken whole, everything else is tokens.
    fn block(&mut self, open: usize) -> Result<(), (Error, Span)> {
        let rest = self.text[self.at..].trim_start();
        let word_length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = &rest[..word_length];
        if word == "raw" {
            let after = rest[word_length..].trim_start();
            let strips = after.starts_with("-%}");
            if strips || after.starts_with("%}") || after.starts_with("+%}") {
                self.at = self.text.len() - after.len() + if after.starts_with("%}") { 2 } else { 3 };
                if strips {
                    self.skip_whitespace();
                }
                return self.raw(open, "raw", true);
            }
        }
        self.push(Tok::BlockBegin, open, self.at);
        self.expression(open, false)?;
        if self.environment.tags.get(word) == Some(&TagShape::Raw) {
            self.raw(open, word, false)?;
        }
        Ok(())
    }

    /// Text up to `{% end<tag> %}`, which is consumed if `whole`, else left to be read as tokens.
    fn raw(&mut self, open: usize, tag: &str, whole: bool) -> Result<(), (Error, Span)> {
        let body = self.at;
        let mut from = body;
        while let Some(found) = memmem::find(&self.text.as_bytes()[from..], b"{%") {
            let start = from + found;
            let mut inner = &self.text[start + 2..];
            let strips_before = inner.starts_with('-');
            inner = inner.strip_prefix(['-', '+']).unwrap_or(inner).trim_start();
            let end = inner.strip_prefix("end").and_then(|i| i.strip_prefix(tag)).map(str::trim_start);
            let closes = |t: &str| t.starts_with("%}") || t.starts_with("-%}") || t.starts_with("+%}");
            if let Some(end) = end.filter(|end| closes(end)) {
                if !whole {
                    // The text is kept as it stands; the end tag's own sign strips nothing of it.
                    self.data(body, start);
                    self.at = start;
                    return Ok(());
                }
                let data_end =
                    if strips_before { body + self.text[body..start].trim_end().len() } else { start };
                self.data(body, data_end);
                self.at = self.text.len() - end.len() + if end.starts_with("%}") { 2 } else { 3 };
                if end.starts_with('-') {
                    self.skip_whitespace();
                }
                return Ok(());
            }
            from = start + 2;
        }
        self.fail(open, format!("'{{% {tag} %}}' is never closed: '{{% end{tag} %}}' is missing"))
    }

    /// Tokens up to the closing `}}` or `%}`.
    fn expression(&mut self, open: usize, variable: bool) -> Result<(), (Error, Span)> {
        let close = if variable { "}}" } else { "%}" };
        let mut brackets: Vec<(&'static str, usize)> = Vec::new();
        loop {
            self.skip_whitespace();
            let start = self.at;
            let rest = &self.text[start..];
            let Some(&first) = rest.as_bytes().first() else {
                let what = if variable { "expression" } else { "block tag" };
                return self.fail(open, format!("this {what} is never closed: '{close}' is missing"));
            };
            if brackets.is_empty() {
                let signed = first == b'-' || (first == b'+' && !variable);
                if rest.starts_with(close) || (signed && rest[1..].starts_with(close)) {
                    self.at += 2 + usize::from(signed);
                    let end = self.at;
                    self.push(if variable { Tok::VariableEnd } else { Tok::BlockEnd }, start, end);
                    if first == b'-' {
                        self.skip_whitespace();
                    }
                    return Ok(());
                }
            }
            match first {
                b'\'' | b'"' => self.string(first)?,
                b'0'..=b'9' => self.number()?,
                _ if first == b'_' || first.is_ascii_alphabetic() || !first.is_ascii() => {
                    let mut length =
                        rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                    if !rest.as_bytes().get(length).is_none_or(u8::is_ascii) {
                        length =
                            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    }
                    if length == 0 {
                        let character = rest.chars().next().unwrap_or_default();
                        return self.fail(start, format!("unexpected character '{character}'"));
                    }
                    self.at += length;
                    self.push(Tok::Name(&rest[..length]), start, start + length);
                }
                _ => {
                    let Some(op) = operator(rest.as_bytes()) else {
                        let character = rest.chars().next().unwrap_or_default();
                        return self.fail(start, format!("unexpected character '{character}'"));
                    };
                    match op {
                        "(" => brackets.push((")", start)),
                        "[" => brackets.push(("]", start)),
                        "{" => brackets.push(("}", start)),
                        ")" | "]" | "}" => match brackets.pop() {
                            None => return self.fail(start, format!("unexpected '{op}'")),
                            Some((expected, _)) if expected != op => {
                                return self.fail(start, format!("unexpected '{op}', expected '{expected}'"));
                            }
                            Some(_) => {}
                        },
                        _ => {}
                    }
                    self.at += op.len();
                    self.push(Tok::Op(op), start, start + op.len());
                }
            }
        }
    }

    fn string(&mut self, quote: u8) -> Result<(), (Error, Span)> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        let mut escaped = false;
        loop {
            match bytes.get(end) {
                None => return self.fail(start, "this string is never closed"),
                Some(b'\\') => {
                    escaped = true;
                    end += 1;
                    if end < bytes.len() {
                        end += 1;
                    }
                }
                Some(&byte) if byte == quote => break,
                Some(_) => end += 1,
            }
        }
        // `end` may have stepped into a character by an escape before a multi-byte one; the quote found is a
        // byte of ASCII, so the slice is sound.
        let Some(raw) = self.text.get(start + 1..end) else {
            return self.fail(start, "this string is never closed");
        };
        let raw = if raw.contains('\r') {
            Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(raw)
        };
        let text = if escaped { unescape(&raw) } else { Ok(raw.into_owned()) };
        self.at = end + 1;
        match text {
            Ok(text) => self.push(Tok::Str(text), start, end + 1),
            Err(message) => return self.fail(start, message),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), (Error, Span)> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let radix = match (bytes[start], bytes.get(start + 1).map(u8::to_ascii_lowercase)) {
            (b'0', Some(b'x')) => 16,
            (b'0', Some(b'o')) => 8,
            (b'0', Some(b'b')) => 2,
            _ => 10,
        };
        if radix != 10 {
            let digits: String =
                self.text[start + 2..].chars().take_while(|c| c.is_digit(radix) || *c == '_').collect();
            let end = start + 2 + digits.len();
            self.at = end;
            let digits = digits.replace('_', "");
            if digits.is_empty() {
                return self.fail(start, "this is not a number");
            }
            let tok = i128::from_str_radix(&digits, radix)
                .map_or_else(|_| Tok::Large(in_decimal(&digits, radix)), Tok::Int);
            self.push(tok, start, end);
            return Ok(());
        }
        let digits_from = |from: usize| -> usize {
            let mut end = from;
            while end < bytes.len()
                && (bytes[end].is_ascii_digit()
                    || (bytes[end] == b'_' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)))
            {
                end += 1;
            }
            end
        };
        let mut end = digits_from(start);
        let mut float = false;
        // `a.0.1` is two items of `a`, not a float.
        let after_dot = start > 0 && bytes[start - 1] == b'.';
        if !after_dot {
            if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
                end = digits_from(end + 1);
                float = true;
            }
            if matches!(bytes.get(end), Some(b'e' | b'E')) {
                let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
                if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                    end = digits_from(end + 1 + sign);
                    float = true;
                }
            }
        }
        let text = self.text[start..end].replace('_', "");
        self.at = end;
        let tok = match float {
            true => text.parse().map(Tok::Float).ok(),
            false => Some(text.parse().map_or_else(|_| Tok::Large(in_decimal(&text, 10)), Tok::Int)),
        };
        match tok {
            Some(tok) => self.push(tok, start, end),
            None => return self.fail(start, "this is not a number"),
        }
        Ok(())
    }
}

/// The decimal digits of a whole number of any length, such as the address of an account.
fn in_decimal(digits: &str, radix: u32) -> String {
    // Least first.
    let mut decimal: Vec<u32> = vec![0];
    for digit in digits.chars().filter_map(|digit| digit.to_digit(radix)) {
        let mut carry = digit;
        for place in &mut decimal {
            let sum = *place * radix + carry;
            (*place, carry) = (sum % 10, sum / 10);
        }
        while carry > 0 {
            decimal.push(carry % 10);
            carry /= 10;
        }
    }
    let significant = decimal.iter().rposition(|digit| *digit != 0).unwrap_or(0);
    decimal[..=significant].iter().rev().filter_map(|digit| char::from_digit(*digit, 10)).collect()
}

/// Python's escapes; an unknown one stays as it is.
fn unescape(raw: &str) -> Result<String, String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[escape.len_utf8()..];
        match escape {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(escape),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            'x' | 'u' | 'U' => {
                let length = match escape {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let character = rest
                    .get(..length)
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                    .and_then(char::from_u32)
                    .ok_or_else(|| format!("'\\{escape}' needs {length} hexadecimal digits"))?;
                out.push(character);
                rest = &rest[length..];
            }
            '0'..='7' => {
                let more = rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let mut value = u32::from(escape as u8 - b'0');
                for byte in rest.bytes().take(more) {
                    value = value * 8 + u32::from(byte - b'0');
                }
                out.push(char::from_u32(value).unwrap_or('\u{fffd}'));
                rest = &rest[more..];
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

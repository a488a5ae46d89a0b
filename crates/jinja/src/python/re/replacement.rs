//! The templates of `re.sub`.

use crate::error::{Error, Result};
use fancy_regex::Captures;

/// `\1`, `\g<1>`, `\g<name>`, `\n` and the like of a replacement.
pub(super) fn expand(template: &str, captures: &Captures<'_, str>, out: &mut String) -> Result<()> {
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            return Err(Error::value("bad escape (end of pattern)"));
        };
        if escape.is_ascii_digit() {
            let length = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
            let index: usize = rest[..length].parse().unwrap_or(0);
            if index >= captures.len() {
                return Err(Error::value(format!("invalid group reference {index}")));
            }
            out.push_str(captures.get(index).map_or("", |found| found.as_str()));
            rest = &rest[length..];
            continue;
        }
        rest = &rest[escape.len_utf8()..];
        match escape {
            'g' => {
                let inner = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
                let (name, after) = inner.ok_or_else(|| Error::value("missing <"))?;
                let found = match name.parse::<usize>() {
                    Ok(index) => captures.get(index),
                    Err(_) => captures.name(name),
                };
                out.push_str(found.map_or("", |found| found.as_str()));
                rest = after;
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            letter if letter.is_ascii_alphabetic() => {
                return Err(Error::value(format!("bad escape \\{letter}")));
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
    Ok(())
}

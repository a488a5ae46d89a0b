//! Filters that shorten and wrap texts.

use crate::builtins::text::split_lines;
use crate::error::{Error, Result};
use crate::value::{Args, State, Value};

pub(super) fn truncate(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound = args.bind("truncate", &["length?", "killwords?", "end?", "leeway?"])?;
    let mut number = |name: &str, default| -> Result<usize> {
        Ok(bound.optional_int(name)?.map_or(default, |number| usize::try_from(number).unwrap_or(0)))
    };
    let length = number("length", 255)?;
    let leeway = number("leeway", 5)?;
    let kill_words = bound.truth("killwords", false);
    let end = bound.optional_text("end")?.unwrap_or_else(|| "...".to_owned());
    let end_length = end.chars().count();
    if length < end_length {
        return Err(Error::value(format!("expected length >= {end_length}, got {length}")));
    }
    let text = value.to_string();
    if text.chars().count() <= length + leeway {
        return Ok(Value::from(text));
    }
    let cut: String = text.chars().take(length - end_length).collect();
    let kept = if kill_words { &cut } else { cut.rsplit_once(' ').map_or(&*cut, |(before, _)| before) };
    Ok(Value::from(format!("{kept}{end}")))
}

pub(super) fn wordwrap(_: &mut State<'_>, value: Value, args: Args) -> Result<Value> {
    let mut bound =
        args.bind("wordwrap", &["width?", "break_long_words?", "wrapstring?", "break_on_hyphens?"])?;
    let width = bound.optional_int("width")?.unwrap_or(79);
    let width = usize::try_from(width).ok().filter(|width| *width > 0);
    let width = width.ok_or_else(|| Error::value("invalid width (must be > 0)"))?;
    let break_long = bound.truth("break_long_words", true);
    let separator = bound.optional_text("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let hyphens = bound.truth("break_on_hyphens", true);
    let text = value.to_string();
    let wrapped: Vec<String> = split_lines(&text, false)
        .into_iter()
        .map(|line| wrap(line, width, break_long, hyphens).join(&separator))
        .collect();
    Ok(Value::from(wrapped.join(&separator)))
}

/// One line into several of at most `width` characters, as Python's `textwrap` does it.
fn wrap(line: &str, width: usize, break_long: bool, hyphens: bool) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for character in line.chars() {
        let space = character == ' ' || character == '\t';
        let starts = match pieces.last() {
            None => true,
            Some(last) => {
                let last_space = last.starts_with([' ', '\t']);
                let after_hyphen = hyphens
                    && last.ends_with('-')
                    && character.is_alphabetic()
                    && last.chars().rev().nth(1).is_some_and(char::is_alphabetic);
                last_space != space || (after_hyphen && !space)
            }
        };
        match pieces.last_mut() {
            Some(last) if !starts => last.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces.reverse();
    let length = |text: &str| text.chars().count();
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    while let Some(piece) = pieces.pop() {
        if current.is_empty() && !lines.is_empty() && piece.trim().is_empty() {
            continue;
        }
        if length(&current) + length(&piece) <= width {
            current.push_str(&piece);
            continue;
        }
        let room = width - length(&current);
        if length(&piece) > width {
            if break_long && room > 0 {
                let head: String = piece.chars().take(room).collect();
                pieces.push(piece.chars().skip(room).collect());
                current.push_str(&head);
            } else if current.is_empty() {
                current = piece;
            } else {
                pieces.push(piece);
            }
        } else {
            pieces.push(piece);
        }
        lines.push(current.trim_end().to_owned());
        current.clear();
    }
    if !current.trim().is_empty() {
        lines.push(current.trim_end().to_owned());
    }
    lines
}

//! Lines inside brackets and quotes that begin further left than the block around them.
//!
//! YAML asks for such a line to be indented; libyaml, and with it PyYAML and dbt, does not look at it:
//!
//! ```yaml
//! config:
//!   meta: {
//!     a: 1
//! }
//! ```
//!
//! Spaces at the start of a line have no meaning there, so the lines that the parser refuses are given some, and are
//! parsed again. Positions are those of the text as written. Tabs between the colon of a key and its value are helped in
//! the same way.

use saphyr_parser::{Marker, ScanError};
use std::collections::BTreeSet;
use std::ops::Range;

/// The lines that are changed for the parser, by 1-based number.
#[derive(Debug, Default)]
pub(crate) struct Padding {
    /// Those that are given spaces.
    lines: BTreeSet<usize>,
    /// Those in which tabs behind the colon of a key become spaces.
    tabbed: BTreeSet<usize>,
    /// Spaces for each of them: more than the text is indented anywhere.
    width: usize,
}

impl Padding {
    /// Adds the line that `error` is about. False if the error is about something else, or if spaces do not help.
    pub(crate) fn extend(&mut self, text: &str, error: &ScanError) -> bool {
        if self.width == 0 {
            self.width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0) + 1;
        }
        let at = error.marker().line();
        // libyaml takes a tab in front of a value; the parser does so only in front of quotes and brackets.
        if let Some(line) = text.lines().nth(at.saturating_sub(1))
            && tabs_of_key(line).is_some()
            && self.tabbed.insert(at)
        {
            return true;
        }
        match error.info() {
            "invalid indentation" | "invalid indentation in flow construct" => self.lines.insert(at),
            // The place is where the quotes open; the line to blame is one of those after it.
            "invalid indentation in quoted scalar" => {
                let next = (at + 1..=text.lines().count()).find(|line| !self.lines.contains(line));
                next.is_some_and(|line| self.lines.insert(line))
            }
            _ => false,
        }
    }

    /// The text with the spaces.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + self.lines.len() * self.width);
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if self.lines.contains(&(index + 1)) {
                out.extend(std::iter::repeat_n(' ', self.width));
            }
            match tabs_of_key(line).filter(|_| self.tabbed.contains(&(index + 1))) {
                Some(tabs) => {
                    out.push_str(&line[..tabs.start]);
                    out.extend(std::iter::repeat_n(' ', tabs.len()));
                    out.push_str(&line[tabs.end..]);
                }
                None => out.push_str(line),
            }
        }
        out
    }

    /// Line and column, both 1-based, of a place in the text without the spaces.
    pub(crate) fn place(&self, marker: &Marker) -> (usize, usize) {
        let padded = if self.lines.contains(&marker.line()) { self.width } else { 0 };
        (marker.line(), marker.col().saturating_sub(padded) + 1)
    }
}

/// Where white space with a tab in it is between a plain key and its value.
fn tabs_of_key(line: &str) -> Option<Range<usize>> {
    let colon = line.find(":\t").or_else(|| line.find(": \t"))? + 1;
    if line[..colon].contains(['"', '\'', '#', '{', '[']) {
        return None;
    }
    let length = line[colon..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some(colon..colon + length)
}

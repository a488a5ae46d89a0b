//! Tables for people: what summaries share in showing themselves.

use ingot_core::report;

/// A table for people.
pub(crate) fn text_table(title: &str, headers: &[&str], rows: Vec<Vec<String>>) -> report::Table {
    report::Table {
        title: title.to_owned(),
        headers: headers.iter().map(|header| (*header).to_owned()).collect(),
        rows,
    }
}

/// A text on one line, cut when it is too long for a terminal.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 60;
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if flat.chars().count() <= LONGEST {
        return flat;
    }
    flat.chars().take(LONGEST).chain(['…']).collect()
}

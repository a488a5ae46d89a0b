//! Whether a row names the columns, by what is below it.

use super::cells::{is_data, may_be_header};
use std::collections::BTreeSet;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) is_header: bool,
    /// Whether that could hardly be otherwise.
    pub(super) is_sure: bool,
}

const SURE: Verdict = Verdict { is_header: true, is_sure: true };
const LIKELY: Verdict = Verdict { is_header: true, is_sure: false };
const DATA: Verdict = Verdict { is_header: false, is_sure: true };
const LIKELY_DATA: Verdict = Verdict { is_header: false, is_sure: false };

/// What the row is over these rows below it.
pub(super) fn verdict(header: &[&str], rows: &[Vec<String>]) -> Verdict {
    // Files that were put together have the header several times.
    let below: Vec<&Vec<String>> =
        rows.iter().filter(|row| !row.iter().map(String::as_str).eq(header.iter().copied())).collect();
    if may_be_header(header) { of_words(header, &below) } else { of_labels(header, &below) }
}

/// The cells of a column that are not empty.
fn column<'r>(rows: &'r [&Vec<String>], at: usize) -> impl Iterator<Item = &'r str> + Clone {
    rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
}

/// Whether nothing but numbers or dates is below.
fn is_over_data(rows: &[&Vec<String>], at: usize) -> bool {
    let mut filled = column(rows, at).peekable();
    filled.peek().is_some() && filled.all(is_data)
}

fn of_words(header: &[&str], rows: &[&Vec<String>]) -> Verdict {
    if rows.is_empty() {
        return SURE;
    }
    // Words over nothing but numbers or dates are names.
    if header.iter().enumerate().any(|(at, name)| !name.trim().is_empty() && is_over_data(rows, at)) {
        return SURE;
    }
    // A value that comes again in its own column is data.
    let is_repeated = |(at, name): (usize, &&str)| {
        !name.is_empty() && rows.iter().any(|row| row.get(at).is_some_and(|cell| cell == *name))
    };
    if header.iter().enumerate().any(is_repeated) {
        return LIKELY_DATA;
    }
    // Names are not made as the values below them are: `alpha1` over `alpha2` is a value as well.
    let is_like_values = |(at, name): (usize, &&str)| {
        let shape = shape(name);
        name.chars().any(|letter| letter.is_ascii_digit())
            && rows.len() > 1
            && column(rows, at).all(|cell| self::shape(cell) == shape)
    };
    if header.iter().enumerate().all(is_like_values) {
        return LIKELY_DATA;
    }
    let is_identifier = |cell: &str| {
        cell.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    let values_differ = (0..header.len()).any(|at| column(rows, at).any(|cell| !is_identifier(cell)));
    if header.iter().all(|cell| is_identifier(cell)) && values_differ { SURE } else { LIKELY }
}

/// A row with numbers in it names columns if they are labels, such as years, and what is below them is not.
fn of_labels(header: &[&str], rows: &[&Vec<String>]) -> Verdict {
    let different: BTreeSet<&str> = header.iter().map(|cell| cell.trim()).collect();
    if different.len() < header.len() || different.contains("") || rows.is_empty() {
        return DATA;
    }
    let labels: Vec<usize> = (0..header.len()).filter(|at| is_data(header[*at])).collect();
    let words: Vec<usize> = (0..header.len()).filter(|at| !is_data(header[*at])).collect();
    let is_word = |at: usize| header[at].chars().any(char::is_alphabetic) && !is_missing(header[at]);
    let is_word_over_data = rows.len() > 1
        && words.iter().any(|at| is_word(*at) && is_over_data(rows, *at))
        && labels.iter().all(|at| is_label(header[*at]));
    let are_periods = labels.iter().all(|at| is_period(header[*at]))
        && (labels.windows(2).all(|pair| header[pair[0]] < header[pair[1]])
            || labels.windows(2).all(|pair| header[pair[0]] > header[pair[1]]));
    let differ = labels.iter().all(|at| {
        let mut below = column(rows, *at).peekable();
        below.peek().is_some() && below.any(|cell| !is_period(cell))
    });
    match (is_word_over_data, are_periods && differ) {
        (true, true) => SURE,
        (false, true) if labels.len() > 1 => SURE,
        (false, true) if !words.is_empty() => LIKELY,
        (true, false) => LIKELY,
        _ if are_periods => LIKELY_DATA,
        _ => DATA,
    }
}

/// A year, a month or a quarter.
fn is_period(text: &str) -> bool {
    let text = text.trim();
    let is_year =
        |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20")) && is_digits(text);
    let (year, rest) = match text.char_indices().nth(4) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    };
    let rest = rest.strip_prefix(['-', '/', ' ']).unwrap_or(rest);
    is_year(year)
        && (rest.is_empty()
            || rest.len() == 2 && is_digits(rest)
            || rest.len() == 2 && rest.starts_with(['Q', 'q']) && is_digits(&rest[1..]))
}

/// A period or a short whole number.
fn is_label(text: &str) -> bool {
    let text = text.trim();
    is_period(text) || text.len() <= 4 && is_digits(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words for no value.
fn is_missing(text: &str) -> bool {
    matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "na" | "n/a" | "nan" | "nat" | "none" | "nil" | "null" | "unknown" | "(null)" | "<na>" | "#n/a"
    )
}

/// Each run of digits is one zero.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.trim().chars() {
        if !letter.is_ascii_digit() {
            shape.push(letter);
        } else if !shape.ends_with('0') {
            shape.push('0');
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (bool, bool) {
        let rows: Vec<Vec<String>> =
            text.split(';').map(|row| row.split(',').map(str::to_owned).collect()).collect();
        let header: Vec<&str> = rows[0].iter().map(String::as_str).collect();
        let found = verdict(&header, &rows[1..]);
        (found.is_header, found.is_sure)
    }

    #[test]
    fn labels_over_other_things_are_names() {
        assert_eq!(of("country,2021,2022,2023;AT,1,2,3;BE,4,5,6"), (true, true));
        assert_eq!(of("id,2023,2024;1,5,6;2,7,8"), (true, true));
        assert_eq!(of("2022,2023,2024;1,2,3;4,5,6"), (true, true));
        assert_eq!(of("id,name,123;1,a,7;2,b,8"), (true, false));
        assert_eq!(of("1,2,3;4,5,6"), (false, true));
        assert_eq!(of("2022,2023,2024;2021,2020,2019;2023,2022,2021"), (false, false));
        assert_eq!(of("x,2022,5;y,2023,6;z,2021,7"), (false, true));
        assert_eq!(of("NA,5,6;1,7,8;2,9,10"), (false, true));
    }

    #[test]
    fn words_over_words_are_names_unless_they_are_like_the_values() {
        assert_eq!(of("name,city;Ann,Graz;Bob,Wien"), (true, true));
        assert_eq!(of("Name,City;Ann,Graz;Bob,Wien"), (true, false));
        assert_eq!(of("alpha1,beta1;alpha2,beta2;alpha3,beta3"), (false, false));
        assert_eq!(of("id,name;1,a;id,name;2,b"), (true, true));
        assert_eq!(of("a,x;b,x;c,y"), (false, false));
    }
}

//! Texts that a regular expression matches: any of them by a random stream, or the n-th of them, so that n different
//! numbers give n different texts.

use super::chance::Chance;
use regex_syntax::hir::{Class, Hir, HirKind};

/// How often at most something is repeated beyond the least that is demanded.
const MOST_REPEATS: u32 = 6;

/// The texts of a pattern. Looking around is left out; whoever asks checks the texts against the pattern itself.
#[derive(Debug, Clone)]
pub(crate) struct Language {
    root: Part,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    /// One of these characters.
    Letter(Vec<char>),
    Repeat {
        part: Box<Part>,
        least: u32,
        most: u32,
    },
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
}

impl Language {
    /// `None` if the expression has something that no text can be made of.
    pub(crate) fn of(pattern: &str) -> Option<Self> {
        let hir = regex_syntax::Parser::new().parse(&without_lookaround(pattern)).ok()?;
        Some(Self { root: part(&hir)? })
    }

    pub(crate) fn any(&self, chance: &mut Chance) -> String {
        let mut text = String::new();
        self.root.any(chance, &mut text);
        text
    }

    /// How many texts [`Language::nth`] can tell apart.
    pub(crate) fn count(&self) -> u64 {
        self.root.count()
    }

    /// The text of this number, counted from 0.
    pub(crate) fn nth(&self, number: u64) -> String {
        let mut text = String::new();
        self.root.nth(number, &mut text);
        text
    }
}

/// `(?=…)`, `(?!…)` and similar have no texts of their own; the parser of `regex` does not know them.
fn without_lookaround(pattern: &str) -> String {
    let mut text = pattern.to_owned();
    for opening in ["(?=", "(?!", "(?<=", "(?<!"] {
        while let Some(start) = text.find(opening) {
            let mut depth = 0;
            let end = text[start..].char_indices().find_map(|(at, letter)| {
                match letter {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                (depth == 0).then_some(start + at)
            });
            let Some(end) = end else { return text };
            text.replace_range(start..=end, "");
        }
    }
    text
}

fn part(hir: &Hir) -> Option<Part> {
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Part::Text(String::new()),
        HirKind::Literal(literal) => Part::Text(String::from_utf8(literal.0.to_vec()).ok()?),
        HirKind::Class(class) => Part::Letter(letters(class)?),
        HirKind::Repetition(repetition) => Part::Repeat {
            part: Box::new(part(&repetition.sub)?),
            least: repetition.min,
            most: repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(MOST_REPEATS)),
        },
        HirKind::Capture(capture) => part(&capture.sub)?,
        HirKind::Concat(parts) => Part::Sequence(parts.iter().map(part).collect::<Option<_>>()?),
        HirKind::Alternation(parts) => Part::Choice(parts.iter().map(part).collect::<Option<_>>()?),
    })
}

/// The characters of a class that people type: letters and digits if it has any, else what is printable.
fn letters(class: &Class) -> Option<Vec<char>> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let has = |letter: char| ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter));
    let printable: Vec<char> = (' '..='~').filter(|letter| has(*letter)).collect();
    let plain: Vec<char> = printable.iter().copied().filter(char::is_ascii_alphanumeric).collect();
    // A class such as `.` or `[^,]` has signs that nobody means.
    let chosen = if plain.len() >= 10 && printable.len() > 40 { plain } else { printable };
    if chosen.is_empty() {
        let first =
            ranges.iter().flat_map(|(first, last)| *first..=*last).find(|letter| !letter.is_control())?;
        return Some(vec![first]);
    }
    Some(chosen)
}

impl Part {
    fn any(&self, chance: &mut Chance, text: &mut String) {
        match self {
            Self::Text(literal) => text.push_str(literal),
            Self::Letter(letters) => text.push(letters[chance.below(letters.len() as u64) as usize]),
            Self::Repeat { part, least, most } => {
                for _ in 0..*least + chance.below(u64::from(most - least) + 1) as u32 {
                    part.any(chance, text);
                }
            }
            Self::Sequence(parts) => parts.iter().for_each(|part| part.any(chance, text)),
            Self::Choice(parts) => parts[chance.below(parts.len() as u64) as usize].any(chance, text),
        }
    }

    /// Repetitions count with the most of their times, so that every text has one length.
    fn count(&self) -> u64 {
        match self {
            Self::Text(_) => 1,
            Self::Letter(letters) => letters.len() as u64,
            Self::Repeat { part, least, most } => part.count().saturating_pow(times(*least, *most)),
            Self::Sequence(parts) => parts.iter().fold(1, |count, part| count.saturating_mul(part.count())),
            Self::Choice(parts) => parts.first().map_or(1, Self::count),
        }
    }

    /// Writes the text of `number` and gives back what is left of it for the parts in front; the last part counts
    /// fastest, as digits do.
    fn nth(&self, number: u64, text: &mut String) -> u64 {
        match self {
            Self::Text(literal) => {
                text.push_str(literal);
                number
            }
            Self::Letter(letters) => {
                let count = letters.len() as u64;
                text.push(letters[(number % count) as usize]);
                number / count
            }
            Self::Repeat { part, least, most } => {
                let parts = vec![(**part).clone(); times(*least, *most) as usize];
                sequence_nth(&parts, number, text)
            }
            Self::Sequence(parts) => sequence_nth(parts, number, text),
            Self::Choice(parts) => parts.first().map_or(number, |part| part.nth(number, text)),
        }
    }
}

/// Enough repetitions to tell many texts apart, and not more than one would write.
fn times(least: u32, most: u32) -> u32 {
    if least == most { least } else { most.min(least.max(8)) }
}

fn sequence_nth(parts: &[Part], number: u64, text: &mut String) -> u64 {
    let mut left = number;
    let mut written = Vec::with_capacity(parts.len());
    for part in parts.iter().rev() {
        let mut piece = String::new();
        left = part.nth(left, &mut piece);
        written.push(piece);
    }
    text.extend(written.into_iter().rev());
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn texts_match_their_pattern() {
        for pattern in [
            "^[A-Z]{3}-[0-9]{4}$",
            "^(red|green)$",
            "^a?b+c*$",
            "^.{2,5}$",
            r"^(?=.*[0-9])[a-z0-9]{8,}$",
            "ACC[0-9]{8}",
        ] {
            let (language, regex) =
                (Language::of(pattern).unwrap(), fancy_regex::Regex::new(pattern).unwrap());
            let mut chance = Chance::new(7);
            let matching =
                (0..200).filter(|_| regex.is_match(&language.any(&mut chance)).unwrap_or(false)).count();
            assert!(matching > 150, "{pattern}: {matching}");
        }
    }

    #[test]
    fn different_numbers_are_different_texts() {
        for (pattern, count) in [("^[A-Z]{2}-[0-9]{3}$", 676_000), ("^P[0-9]+$", 10_000_000), ("^x$", 1)] {
            let language = Language::of(pattern).unwrap();
            assert_eq!(language.count(), count, "{pattern}");
            let many = count.min(5_000);
            let texts: BTreeSet<String> = (0..many).map(|number| language.nth(number)).collect();
            assert_eq!(texts.len() as u64, many, "{pattern}");
        }
        assert_eq!(Language::of("^ORD-[0-9]{4}$").unwrap().nth(12), "ORD-0012");
    }
}

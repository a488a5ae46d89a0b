//! The evidence of one column.

use super::distinct::Distinct;
use super::moment::Moments;
use super::number::{NotANumber, Numbers};
use super::seen::Seen;
use crate::names::{is_key_name, is_plain};
use ingot_bronze::inspect::{Member, json_elements, json_members, json_text};
use ingot_contract::{DataType, Format};

/// The text, if it often stands for no value. It counts as such only in columns whose other values are all of one type.
fn null_text(text: &[u8]) -> Option<&'static str> {
    Some(match text {
        b"NULL" => "NULL",
        b"null" => "null",
        b"Null" => "Null",
        b"N/A" => "N/A",
        b"n/a" => "n/a",
        b"NA" => "NA",
        b"na" => "na",
        b"#N/A" => "#N/A",
        b"\\N" => "\\N",
        b"None" => "None",
        b"none" => "none",
        b"NaN" => "NaN",
        b"nan" => "nan",
        b"NaT" => "NaT",
        b"<NA>" => "<NA>",
        b"-" => "-",
        b"--" => "--",
        b"?" => "?",
        b"(null)" => "(null)",
        b"nil" => "nil",
        b"NIL" => "NIL",
        b"unknown" => "unknown",
        _ => return None,
    })
}

/// Values that are shown as examples.
const EXAMPLES: usize = 3;
/// After so many values, a column of quantities or times is no longer watched for keys.
const ENOUGH_FOR_KEYS: u64 = 64;
/// The first values, among which e-mail addresses are counted.
const LIKE_EMAIL: u64 = 1000;

/// Objects and lists are looked into so deep.
const DEEPEST: u8 = 8;
/// An object with more members than this has data for names.
const MOST_MEMBERS: usize = 64;
/// From so many members on, objects that have few of them have data for names.
const MANY_MEMBERS: usize = 16;

/// What was seen of one column, or of one member or element inside a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnEvidence {
    /// The column's name in the files; empty if they do not name it.
    pub(crate) name: String,
    /// Cells that were looked at; rows of files without the column are not among them.
    pub(crate) cells: u64,
    pub(crate) empty: u64,
    /// Texts that may stand for no value, and how often each came.
    pub(crate) null_texts: Vec<(&'static str, u64)>,
    /// Values that are neither.
    pub(crate) values: u64,
    /// Values that were numbers or truth values in the file, not text.
    pub(crate) typed: u64,
    pub(crate) numbers: Numbers,
    /// Why the column is not one of numbers, and the cell that showed it.
    pub(crate) not_numbers: Option<(NotANumber, Seen)>,
    /// Notations of numbers that were ruled out, as bits, and the cells that did it.
    ruled_out: Vec<(u8, Seen)>,
    pub(crate) moments: Moments,
    pub(crate) distinct: Distinct,
    /// Whether the first values were all quantities or times.
    is_no_key_at_first: bool,
    pub(crate) examples: Vec<String>,
    pub(crate) longest: usize,
    /// Values that are objects or lists.
    pub(crate) nested: u64,
    /// What is inside them.
    pub(crate) inside: Option<Box<Inside>>,
    /// How many objects and lists are around it.
    depth: u8,
    /// Whether there are texts without a character. Only nulls are no value where objects or lists are.
    pub(crate) has_empty_texts: bool,
    /// Values with an `@` inside and a point after it.
    pub(crate) like_email: u64,
    /// The type that the files themselves state, for formats that have types.
    pub(crate) stated: Option<DataType>,
    /// The type in the files has no zone.
    pub(crate) stated_without_zone: bool,
    /// Times in the files are more exact than the type that they state.
    pub(crate) has_nanoseconds: bool,
}

/// What is inside objects and lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inside {
    pub(crate) objects: u64,
    pub(crate) lists: u64,
    pub(crate) members: Vec<ColumnEvidence>,
    pub(crate) element: Option<Box<ColumnEvidence>>,
    /// The number of the last object that each member was in.
    last: Vec<u64>,
    /// Members of all objects.
    named: u64,
    /// Why no type describes the values.
    obstacle: Option<&'static str>,
}

impl ColumnEvidence {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), distinct: Distinct::new(is_key_name(name), false), ..Self::default() }
    }

    /// For a part of a file. `moments`: the notations of dates that can still fit the whole.
    pub(crate) fn of_part(name: &str, moments: Option<&[usize]>) -> Self {
        Self {
            name: name.to_owned(),
            distinct: Distinct::new(is_key_name(name), true),
            moments: moments.map(Moments::among).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Takes one cell. `is_typed` says that it was not text in the file.
    pub(crate) fn take(
        &mut self,
        cell: Option<&[u8]>,
        is_typed: bool,
        format: Format,
        seen: impl Fn() -> Seen,
    ) {
        self.cells += 1;
        let Some(text) = cell.filter(|text| !text.is_empty()) else {
            self.empty += 1;
            self.has_empty_texts |= cell.is_some();
            return;
        };
        if !is_typed && let Some(null) = null_text(text) {
            self.add_null_text(null, 1);
            return;
        }
        self.values += 1;
        self.typed += u64::from(is_typed);
        self.note(text);
        let is_nested = is_typed && matches!(text.first(), Some(b'{' | b'['));
        if is_nested {
            self.nested += 1;
            self.look_inside(text, format, &seen);
        }
        if self.numbers.is_alive() && self.not_numbers.is_none() {
            let before = self.numbers.alive();
            // A number in quotes is a text to the program that wrote the JSON.
            let may_be_number = is_typed || !matches!(format, Format::Json | Format::Jsonl);
            let taken = if may_be_number { self.numbers.take(text, is_typed) } else { Err(NotANumber::Text) };
            match taken {
                Err(why) => self.not_numbers = Some((why, seen())),
                Ok(()) if self.numbers.alive() != before => {
                    self.ruled_out.push((before & !self.numbers.alive(), seen()));
                }
                Ok(()) => {}
            }
        }
        if self.moments.is_alive() {
            self.moments.take(text, format, &seen);
        }
        if self.values <= LIKE_EMAIL && !is_nested && is_like_email(text) {
            self.like_email += 1;
        }
        if self.values == ENOUGH_FOR_KEYS && self.is_no_key() {
            self.is_no_key_at_first = true;
            self.distinct.forget_keys();
        }
        self.distinct.take(text);
    }

    /// A member or an element. Which values it has is of interest only where they are few.
    fn inside(name: &str, depth: u8) -> Self {
        let mut evidence = Self { name: name.to_owned(), depth, ..Self::default() };
        evidence.distinct.forget_keys();
        evidence
    }

    fn look_inside(&mut self, json: &[u8], format: Format, seen: &dyn Fn() -> Seen) {
        if self.depth < DEEPEST
            && let Ok(json) = std::str::from_utf8(json)
        {
            self.inside.get_or_insert_default().take(json, self.depth + 1, format, seen);
        }
    }

    /// Takes a member or an element as JSON has it.
    fn take_json(&mut self, json: &str, format: Format, seen: &dyn Fn() -> Seen) {
        let found = json_text(json);
        let (text, is_typed) = match &found {
            Some((text, is_typed)) => (Some(text.as_bytes()), *is_typed),
            None => (None, false),
        };
        let seen =
            || Seen { value: found.as_ref().map(|(text, _)| text.to_string()).unwrap_or_default(), ..seen() };
        self.take(text, is_typed, format, &seen as &dyn Fn() -> Seen);
    }

    fn add_null_text(&mut self, null: &'static str, times: u64) {
        match self.null_texts.iter_mut().find(|(known, _)| *known == null) {
            Some((_, count)) => *count += times,
            None => self.null_texts.push((null, times)),
        }
    }

    /// Whether all values so far are numbers with a fraction, or times.
    fn is_no_key(&self) -> bool {
        let is_quantity = self.not_numbers.is_none() && self.numbers.is_quantity();
        is_quantity || !self.moments.alive().is_empty()
    }

    fn note(&mut self, text: &[u8]) {
        self.longest = self.longest.max(text.len());
        if self.examples.len() < EXAMPLES && self.examples.iter().all(|known| known.as_bytes() != text) {
            self.add_example(String::from_utf8_lossy(text).into_owned());
        }
    }

    fn add_example(&mut self, example: String) {
        if self.examples.len() < EXAMPLES && !self.examples.contains(&example) {
            self.examples.push(example);
        }
    }

    /// Adds what a part of the file shows that begins behind so many lines.
    pub(crate) fn absorb(&mut self, other: Self, lines: u64) {
        let values = self.values;
        self.cells += other.cells;
        self.empty += other.empty;
        self.values += other.values;
        self.typed += other.typed;
        self.nested += other.nested;
        self.has_empty_texts |= other.has_empty_texts;
        if let Some(inside) = other.inside {
            self.inside.get_or_insert_default().absorb(*inside, lines);
        }
        self.longest = self.longest.max(other.longest);
        self.has_nanoseconds |= other.has_nanoseconds;
        if values < LIKE_EMAIL {
            self.like_email += other.like_email;
        }
        other.null_texts.into_iter().for_each(|(null, times)| self.add_null_text(null, times));
        other.examples.into_iter().for_each(|example| self.add_example(example));
        if self.not_numbers.is_none() {
            self.numbers.absorb(&other.numbers);
            let not_numbers = other.not_numbers.map(|(why, seen)| (why, seen.behind(lines)));
            for (notations, seen) in other.ruled_out {
                let before = self.numbers.alive();
                self.numbers.rule_out(notations);
                if self.numbers.alive() == 0 && self.not_numbers.is_none() {
                    self.not_numbers = Some((NotANumber::Text, seen.behind(lines)));
                } else if self.numbers.alive() != before {
                    self.ruled_out.push((before & !self.numbers.alive(), seen.behind(lines)));
                }
            }
            self.not_numbers = self.not_numbers.take().or(not_numbers);
        }
        self.moments.absorb(other.moments, lines, other.values > 0);
        if values < ENOUGH_FOR_KEYS && self.values >= ENOUGH_FOR_KEYS {
            self.is_no_key_at_first = if values == 0 { other.is_no_key_at_first } else { self.is_no_key() };
            if self.is_no_key_at_first {
                self.distinct.forget_keys();
            }
        }
        self.distinct.absorb(other.distinct);
    }

    /// Takes what a format with types says of cells: how many there are, and how many of them are null.
    pub(crate) fn take_counts(&mut self, cells: u64, nulls: u64) {
        self.cells += cells;
        self.empty += nulls;
        self.values += cells - nulls;
    }

    /// Takes the text of a value that was counted already.
    pub(crate) fn note_value(&mut self, text: &[u8]) {
        self.note(text);
        self.like_email += u64::from(is_like_email(text));
        self.distinct.take(text);
    }

    /// Whether all values are numbers or times, and this text would not be one.
    pub(crate) fn rules_out(&self, text: &str, format: Format) -> bool {
        if self.values == 0 || text.is_empty() || null_text(text.as_bytes()).is_some() {
            return false;
        }
        if self.not_numbers.is_none() && self.numbers.is_alive() {
            return self.numbers.clone().take(text.as_bytes(), false).is_err();
        }
        let mut moments = self.moments.clone();
        if moments.alive().is_empty() {
            return false;
        }
        moments.take(text.as_bytes(), format, Seen::default);
        moments.alive().is_empty()
    }

    /// Whether all values but one in this row are numbers or times.
    pub(crate) fn is_typed_without(&self, file: &str, line: u64) -> bool {
        let is_there = |seen: &Seen| seen.file == file && seen.line == line;
        let ended_numbers = self.not_numbers.as_ref().is_some_and(|(_, seen)| is_there(seen));
        let ended_moments = self.moments.alive().is_empty()
            && self.moments.ruled_out.last().is_some_and(|(_, seen)| is_there(seen));
        self.values > 2 && (ended_numbers || ended_moments)
    }

    /// Cells without a value, those with a text that may stand for none included.
    pub(crate) fn without_value(&self) -> u64 {
        self.empty + self.null_texts.iter().map(|(_, count)| count).sum::<u64>()
    }
}

impl Inside {
    fn take(&mut self, json: &str, depth: u8, format: Format, seen: &dyn Fn() -> Seen) {
        if self.obstacle.is_some() {
            return;
        }
        let is_read = if json.starts_with('[') {
            self.lists += 1;
            let element =
                self.element.get_or_insert_with(|| Box::new(ColumnEvidence::inside("element", depth)));
            json_elements(json, |value| element.take_json(value, format, seen))
        } else {
            self.objects += 1;
            json_members(json, |Member { name, value, .. }| {
                if let Some(index) = self.member(&name, depth) {
                    if self.last[index] == self.objects {
                        self.obstacle = Some("an object has a member twice");
                    }
                    self.last[index] = self.objects;
                    self.named += 1;
                    self.members[index].take_json(value, format, seen);
                }
            })
        };
        if !is_read {
            self.obstacle = Some("not every value is valid JSON");
        }
    }

    /// The index of the member of this name, which is added if it can be one of a type.
    fn member(&mut self, name: &str, depth: u8) -> Option<usize> {
        if let Some(index) = self.members.iter().position(|member| member.name == name) {
            return Some(index);
        }
        let obstacle = if !is_plain(name) {
            "the name of a member is not one that every engine takes"
        } else if self.members.iter().any(|member| member.name.eq_ignore_ascii_case(name)) {
            "the names of two members differ only in case"
        } else if self.members.len() == MOST_MEMBERS {
            "its objects have so many members that their names are data"
        } else {
            self.members.push(ColumnEvidence::inside(name, depth));
            self.last.push(0);
            return Some(self.members.len() - 1);
        };
        self.obstacle.get_or_insert(obstacle);
        None
    }

    fn absorb(&mut self, other: Self, lines: u64) {
        self.objects += other.objects;
        self.lists += other.lists;
        self.named += other.named;
        self.obstacle = self.obstacle.or(other.obstacle);
        for member in other.members {
            if let Some(index) = self.member(&member.name, member.depth) {
                self.members[index].absorb(member, lines);
            }
        }
        if let Some(element) = other.element {
            let depth = element.depth;
            self.element
                .get_or_insert_with(|| Box::new(ColumnEvidence::inside("element", depth)))
                .absorb(*element, lines);
        }
    }

    /// Why no type describes the values.
    pub(crate) fn obstacle(&self) -> Option<&'static str> {
        let members = self.members.len();
        let is_sparse = members > MANY_MEMBERS && self.named * 4 < self.objects * members as u64;
        let is_both = self.objects > 0 && self.lists > 0;
        self.obstacle
            .or(is_both.then_some("some values are objects, others are lists"))
            .or(is_sparse
                .then_some("each object has only a few of many members, so that their names are data"))
    }
}

/// Whether the text has an `@` with something before it and a point after it.
fn is_like_email(text: &[u8]) -> bool {
    text.iter()
        .position(|byte| *byte == b'@')
        .is_some_and(|at| at > 0 && text[at..].contains(&b'.') && !text.contains(&b' '))
}

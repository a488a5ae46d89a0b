//! The members of a JSON object against the contract's columns.
//!
//! A contract of one text column with a rule on JSON members takes each line whole; any other contract takes the
//! members of each line's object as its columns, matched as those of other files are (`column_names`). Each member
//! that the contract names may be there once. A member that
//! it does not name is left out and noted, or, if the contract is frozen, rejects the row.

use super::column_names::{folded, is_near, misspelled};
use super::match_columns::{ColumnNotes, all_unknown};
use crate::read::{MEMBERS, Member, json_cell};
use crate::read_error::FileFailure;
use crate::row::Reason;
use ingot_contract::{Check, Contract, DataType, Evolution, Severity};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// Other spellings of members that are noted, at most.
const MOST_NOTED: usize = 100;
/// Members unknown to the contract that can become columns. An object with more of them has data for names.
const MOST_UNKNOWN: usize = 10_000;

/// The members that the contract names, and what was seen of them in the file so far.
pub(crate) struct MemberColumns {
    names: Vec<String>,
    /// Other names that files have for some of them (`physicalName`), and which.
    other_names: Vec<(String, usize)>,
    /// Which of them are read as the JSON that they are.
    is_nested: Vec<bool>,
    /// For each member that must be there, the code of the rule that says so. Set if lines are taken whole.
    envelope: Option<Vec<String>>,
    /// The column that all reasons name if lines are taken whole.
    column: Option<String>,
    evolution: Evolution,
    /// Which members were in any row.
    seen: Vec<bool>,
    unknown: BTreeSet<String>,
    /// Members that are written differently from the contract's, with the place of what they mean.
    respelled: Vec<(String, usize)>,
    /// Whether any object was taken apart.
    any_taken: bool,
    /// Of the member at each place of an object, as what its name was known ([`Member::known_as`]), and its column; none for
    /// one that the contract does not name and that has been noted.
    places: SmallVec<[(u64, Option<usize>); MEMBERS]>,
}

/// What an object is to the contract.
pub(crate) enum ObjectCheck {
    /// A row of cells.
    Cells,
    /// The whole line is the one column's text.
    WholeLine,
    Rejected(Vec<Reason>),
}

/// The values of the contract's columns in one object.
#[derive(Default)]
pub(crate) struct Cells<'t> {
    /// The member of each column.
    found: SmallVec<[Option<&'t Member<'t>>; MEMBERS]>,
    /// The texts of columns whose member does not have it as it stands, because of escapes, or because the column is
    /// read as JSON.
    other_texts: Vec<(usize, String)>,
}

impl Cells<'_> {
    #[inline]
    pub(crate) fn text(&self, column: usize) -> Option<&str> {
        match self.other_texts.iter().find(|(of, _)| *of == column) {
            Some((_, text)) => Some(text),
            None => self.found[column]?.plain_text(),
        }
    }

    #[inline]
    pub(crate) fn is_typed(&self, column: usize) -> bool {
        self.found[column].is_some_and(|member| !member.is_text())
    }
}

impl MemberColumns {
    pub(crate) fn of(contract: &Contract) -> Self {
        let mut columns = Self {
            names: contract.columns.iter().map(|column| column.name.clone()).collect(),
            other_names: contract
                .columns
                .iter()
                .enumerate()
                .filter_map(|(index, column)| Some((column.physical_name.clone()?, index)))
                .collect(),
            is_nested: contract.columns.iter().map(|column| column.data_type.is_nested()).collect(),
            envelope: None,
            column: None,
            evolution: contract.evolution,
            seen: vec![false; contract.columns.len()],
            unknown: BTreeSet::new(),
            respelled: Vec::new(),
            any_taken: false,
            places: SmallVec::new(),
        };
        let [column] = contract.columns.as_slice() else { return columns };
        let rules: Vec<_> = column
            .rules
            .iter()
            .filter_map(|rule| match &rule.check {
                Check::JsonMembers(names) => Some((rule, names)),
                _ => None,
            })
            .collect();
        if rules.is_empty() || column.data_type != DataType::Str {
            return columns;
        }
        columns.column = Some(column.name.clone());
        columns.names.clear();
        columns.other_names.clear();
        let mut codes = Vec::new();
        for (rule, names) in rules {
            if rule.severity == Severity::Error {
                columns.names.extend(names.iter().cloned());
                codes.resize(columns.names.len(), rule.code.clone());
            }
        }
        columns.envelope = Some(codes);
        columns
    }

    /// The column that takes lines whole, if the contract has one.
    pub(crate) fn column_of_lines(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Finds the contract's columns among the members of one object. `cells` must be empty; it is filled in place, since
    /// moving it would take a tenth of the time that a row takes.
    pub(crate) fn check<'t>(&mut self, members: &'t [Member<'t>], cells: &mut Cells<'t>) -> ObjectCheck {
        let Cells { found, other_texts } = cells;
        found.resize(self.names.len(), None);
        let mut reasons = Vec::new();
        // Members mostly come in the contract's order.
        let mut next = 0;
        for (place, member) in members.iter().enumerate() {
            let name = &member.name;
            let index = match (self.places.get(place), self.names.get(next)) {
                (Some((known_as, None)), _) if *known_as == member.known_as => continue,
                (Some((known_as, index)), _) if *known_as == member.known_as => *index,
                (_, Some(expected)) if expected == name => Some(next),
                _ => self
                    .names
                    .iter()
                    .position(|wanted| wanted == name)
                    .or_else(|| self.other(name))
                    .or_else(|| self.respelled(name)),
            };
            let Some(index) = index else {
                match self.unknown(name) {
                    Some(reason) => reasons.push(reason),
                    None => self.remember(place, member, None),
                }
                continue;
            };
            self.remember(place, member, Some(index));
            next = index + 1;
            if found[index].replace(member).is_some() {
                reasons.push(self.reason("MEMBER_TWICE", format!("the member '{name}' only once")));
            }
        }
        if let Some(codes) = &self.envelope {
            for ((name, member), code) in self.names.iter().zip(found.iter()).zip(codes) {
                if member.is_none_or(|member| member.value == "null") {
                    reasons.push(self.reason(code, format!("a member '{name}' that is not null")));
                }
            }
        }
        if !reasons.is_empty() {
            // The file has the members, also if no row with them is accepted.
            if self.envelope.is_none() {
                found.iter().zip(&mut self.seen).for_each(|(member, seen)| *seen |= member.is_some());
            }
            return ObjectCheck::Rejected(reasons);
        }
        if self.envelope.is_some() {
            return ObjectCheck::WholeLine;
        }
        self.any_taken = true;
        for (index, member) in found.iter().enumerate() {
            let Some(member) = member else { continue };
            self.seen[index] = true;
            if self.is_nested[index] && member.is_text() {
                other_texts.push((index, member.value.to_owned()));
            } else if member.has_escapes {
                other_texts.extend(json_cell(member.value).map(|text| (index, text.into_owned())));
            }
        }
        ObjectCheck::Cells
    }

    /// The next object's member at this place is of the same column, or of none as well, if its name is known to be the
    /// same.
    #[inline]
    fn remember(&mut self, place: usize, member: &Member<'_>, index: Option<usize>) {
        if member.known_as == 0 || place >= MEMBERS {
            return;
        }
        if place >= self.places.len() {
            self.places.resize(place + 1, (u64::MAX, None));
        }
        self.places[place] = (member.known_as, index);
    }

    fn other(&self, name: &str) -> Option<usize> {
        self.other_names.iter().find(|(other, _)| other == name).map(|(_, index)| *index)
    }

    /// The place of the one column that is named like this member but for case, white space and Unicode form.
    fn respelled(&mut self, name: &str) -> Option<usize> {
        if self.envelope.is_some() || self.unknown.contains(name) {
            return None;
        }
        if let Some((_, index)) = self.respelled.iter().find(|(known, _)| known == name) {
            return Some(*index);
        }
        let folded_name = folded(name);
        let mut fitting = (0..self.names.len()).filter(|index| folded(&self.names[*index]) == folded_name);
        let (index, None) = (fitting.next()?, fitting.next()) else { return None };
        if self.respelled.len() < MOST_NOTED {
            self.respelled.push((name.to_owned(), index));
        }
        Some(index)
    }

    /// Notes a member that the contract does not name, or gives the reason against its row.
    fn unknown(&mut self, name: &str) -> Option<Reason> {
        if self.envelope.is_some() {
            return None;
        }
        if self.evolution == Evolution::Freeze {
            let expected = format!(
                "no member '{name}', which the contract does not have; name it there, or set `evolution` to something else \
                 than freeze"
            );
            return Some(Reason::of_row("COLUMN_UNKNOWN", expected));
        }
        if self.unknown.contains(name) {
            return None;
        }
        if self.unknown.len() < MOST_UNKNOWN {
            self.unknown.insert(name.to_owned());
            return None;
        }
        let expected = format!(
            "at most {MOST_UNKNOWN} members in a file that the contract does not name; set `evolution: discard` in the contract to leave them out"
        );
        (self.evolution == Evolution::Evolve).then(|| Reason::of_row("COLUMN_UNKNOWN", expected))
    }

    /// Adds what was seen in a later part of the file.
    pub(crate) fn add(&mut self, later: Self) {
        for (seen, also) in self.seen.iter_mut().zip(later.seen) {
            *seen |= also;
        }
        self.unknown.extend(later.unknown);
    }

    fn reason(&self, code: &str, expected: String) -> Reason {
        Reason { code: code.to_owned(), column: self.column.clone(), value: None, expected }
    }

    /// How the members of a file with this many rows differ from the contract's columns.
    ///
    /// # Errors
    /// As for the columns of other files: `COLUMNS_UNKNOWN`, and `COLUMN_MISSING` for a member that no row has while an
    /// unknown one has nearly its name.
    pub(crate) fn notes(self, rows: u64) -> Result<ColumnNotes, FileFailure> {
        if self.any_taken && !self.unknown.is_empty() {
            if !self.seen.contains(&true) {
                return Err(all_unknown(self.unknown.iter()));
            }
            let missing = self.names.iter().zip(&self.seen).filter(|(_, seen)| !**seen);
            for (column, _) in missing {
                if let Some(found) = self.unknown.iter().find(|name| is_near(column, name)) {
                    return Err(misspelled(column, found));
                }
            }
        }
        let mut notes = ColumnNotes { extra: self.unknown.into_iter().collect(), ..ColumnNotes::default() };
        let respelled = self.respelled.into_iter();
        notes.respelled = respelled.map(|(name, index)| (name, self.names[index].clone())).collect();
        if rows > 0 && self.envelope.is_none() {
            let missing = self.names.into_iter().zip(self.seen).filter(|(_, seen)| !seen);
            notes.missing = missing.map(|(name, _)| name).collect();
        }
        Ok(notes)
    }
}

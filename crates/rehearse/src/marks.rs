//! Which rows of a round have which defect, and how they are recognised in what tests, findings and tables show: by file
//! and row number, or by the primary key.

use ingot_engine::{Cell, Rows};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was done to a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The defects that only this row's rows have: no other defect touches the row, or a row that it refers to.
    pub(crate) owners: BTreeSet<usize>,
    /// Defects that touch it beside others.
    pub(crate) touched_by: BTreeSet<usize>,
}

impl Mark {
    fn add(&mut self, other: &Self) {
        self.owners.extend(&other.owners);
        self.touched_by.extend(&other.touched_by);
    }
}

/// Marks by the values of a key.
type ByKey = HashMap<Vec<String>, Mark>;

/// The marks of a round.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    places: HashMap<(String, i64), Mark>,
    /// By the names of a key's columns, in lower case, and the texts of their values.
    keys: BTreeMap<Vec<String>, ByKey>,
}

/// What a round has changed.
#[derive(Debug, Default)]
pub(crate) struct Planting {
    pub(crate) marks: Marks,
    /// How many rows each defect has changed. Those that found no place are not in it.
    pub(crate) counts: BTreeMap<usize, u64>,
    /// The raw files that are other than before.
    pub(crate) files: BTreeSet<String>,
}

/// What rows of a result have to do with defects.
#[derive(Debug, Default)]
pub(crate) struct Recognised {
    /// Defects that have at least one of the rows to themselves.
    pub(crate) owners: BTreeSet<usize>,
    /// Defects that touch at least one of the rows.
    pub(crate) touching: BTreeSet<usize>,
    /// Each row is one of a defect.
    pub(crate) is_all: bool,
}

impl Marks {
    pub(crate) fn mark_place(&mut self, file: &str, number: i64, mark: &Mark) {
        self.places.entry((file.to_owned(), number)).or_default().add(mark);
    }

    pub(crate) fn mark_key(&mut self, columns: &[String], key: Vec<String>, mark: &Mark) {
        self.keys.entry(columns.to_vec()).or_default().entry(key).or_default().add(mark);
    }

    /// The one defect that this row of a raw file has to itself.
    pub(crate) fn owner_of(&self, file: &str, number: i64) -> Option<usize> {
        let mark = self.places.get(&(file.to_owned(), number))?;
        only(mark)
    }

    /// All defects that touch this row of a raw file.
    pub(crate) fn touching(&self, file: &str, number: i64) -> impl Iterator<Item = usize> {
        let mark = self.places.get(&(file.to_owned(), number));
        mark.into_iter().flat_map(|mark| mark.owners.iter().chain(&mark.touched_by)).copied()
    }

    /// Whose rows these are.
    pub(crate) fn recognise(&self, rows: &Rows) -> Recognised {
        let file = rows.column("src_filename").zip(rows.column("src_row_number"));
        let keys: Vec<(Vec<usize>, &ByKey)> = self
            .keys
            .iter()
            .filter_map(|(names, marks)| {
                let places: Option<Vec<usize>> = names.iter().map(|name| rows.column(name)).collect();
                Some((places?, marks))
            })
            .collect();
        let mut found = Recognised { is_all: !rows.rows.is_empty(), ..Recognised::default() };
        for row in &rows.rows {
            let mut mark = Mark::default();
            if let Some((file, number)) = file
                && let Some(exact) =
                    self.places.get(&(row[file].to_string(), row[number].as_i64().unwrap_or(0)))
            {
                mark.add(exact);
            } else {
                for (places, marks) in &keys {
                    let key: Vec<String> = places.iter().map(|place| text(&row[*place])).collect();
                    if let Some(known) = marks.get(&key) {
                        mark.add(known);
                    }
                }
            }
            found.touching.extend(mark.owners.iter().chain(&mark.touched_by));
            match only(&mark) {
                Some(owner) => {
                    found.owners.insert(owner);
                }
                None => found.is_all &= mark != Mark::default(),
            }
        }
        found
    }
}

fn only(mark: &Mark) -> Option<usize> {
    match (mark.owners.len(), mark.touched_by.is_empty()) {
        (1, true) => mark.owners.first().copied(),
        _ => None,
    }
}

fn text(cell: &Cell) -> String {
    cell.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_engine::ResultColumn;

    fn rows(columns: &[&str], rows: &[&[i64]]) -> Rows {
        let column = |name: &&str| ResultColumn { name: (*name).to_owned(), type_name: "BIGINT".to_owned() };
        Rows {
            columns: columns.iter().map(column).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|one| Cell::Int(i128::from(*one))).collect())
                .collect(),
        }
    }

    fn own(defect: usize) -> Mark {
        Mark { owners: BTreeSet::from([defect]), touched_by: BTreeSet::new() }
    }

    #[test]
    fn a_row_is_told_by_its_whole_key_and_by_nothing_less() {
        let mut marks = Marks::default();
        let line = ["order_id".to_owned(), "line".to_owned()];
        marks.mark_key(&line, vec!["7".to_owned(), "1".to_owned()], &own(4));
        let found = marks.recognise(&rows(&["ORDER_ID", "line"], &[&[7, 1], &[7, 2]]));
        assert_eq!((found.owners, found.is_all), (BTreeSet::from([4]), false));
        assert!(marks.recognise(&rows(&["order_id"], &[&[7]])).owners.is_empty());
    }

    #[test]
    fn what_two_defects_touch_names_neither() {
        let mut marks = Marks::default();
        let id = ["id".to_owned()];
        marks.mark_key(&id, vec!["1".to_owned()], &own(1));
        marks.mark_key(&["other".to_owned()], vec!["9".to_owned()], &own(2));
        let both = marks.recognise(&rows(&["id", "other"], &[&[1, 9]]));
        assert!(both.owners.is_empty() && both.is_all);
        let one = marks.recognise(&rows(&["id", "other"], &[&[1, 8]]));
        assert_eq!(one.owners, BTreeSet::from([1]));
    }
}

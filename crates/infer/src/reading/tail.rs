//! What the rows of a file look like where it ends: whether totals, notes or another table follow those of the table.

use crate::look::{is_mostly_utf8, is_total};
use ingot_contract::{Format, RawForm};

/// Rows at the end of a file that may be its footer.
const LONGEST_FOOTER: u64 = 10;
/// A longer text is not the word for a total.
const LONGEST_TOTAL: usize = 40;

/// What a file showed that asks for another form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Bytes that are not UTF-8.
    AnotherEncoding,
    /// So many rows at the end may not belong to the table.
    Footer(usize),
    /// The table may end at an empty line; on this line something else begins.
    EndsAtEmptyLine(u64),
    /// Rows are damaged, for this reason.
    Damaged,
}

/// A row at the end of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EndRow {
    pub(crate) line: u64,
    /// The beginning of its text.
    pub(crate) text: String,
}

/// What the end of a file asks for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) wish: Wish,
    /// The rows that it is about, if it is about the end of the table.
    pub(crate) rows: Vec<EndRow>,
    /// Whether they are rows of the table as far as their form goes.
    pub(crate) are_rows: bool,
    /// Whether there is an empty line before them.
    pub(crate) is_apart: bool,
}

/// So much of a row's text is kept. In bytes.
const LONGEST_TEXT: usize = 300;

/// What was seen of the end of a file so far. Lines of a part are counted from its beginning.
#[derive(Debug, Default)]
pub(super) struct Tail {
    good: u64,
    bad: u64,
    /// Whether all damaged rows have a wrong number of fields, and nothing else.
    only_width: bool,
    /// The line of the first row, and whether that row is good.
    first: Option<(u64, bool)>,
    /// The first line behind the last row.
    next_line: u64,
    /// Damaged rows since the last good one; the first of them, and whether there is an empty line before it.
    bad_at_end: u64,
    first_bad_at_end: u64,
    has_gap: bool,
    /// The beginnings of the texts of the first of these, with their lines.
    bad_rows_at_end: Vec<(u64, Vec<u8>)>,
    /// Rows that are UTF-8 and more than ASCII, and rows that are not UTF-8.
    pub(super) beyond_ascii: u64,
    pub(super) not_utf8: u64,
    /// Of the last good row: the beginning of its first text, that of all of it, its line, and whether there is an empty line
    /// before it.
    last_text: Vec<u8>,
    last_row: Vec<u8>,
    last_line: u64,
    last_has_gap: bool,
    /// Rows with an empty line before them: with more than one, the table does not end at the first empty line.
    gaps: u64,
}

impl Tail {
    /// A row of the table. `text`: the first of its cells that is not empty.
    pub(super) fn good(&mut self, line: u64, lines: u64, raw: &[u8], text: Option<&[u8]>) {
        self.last_has_gap = self.first.is_some() && line > self.next_line;
        self.first.get_or_insert((line, true));
        self.gaps += u64::from(self.last_has_gap);
        self.good += 1;
        self.bad_at_end = 0;
        self.last_row.clear();
        self.last_row.extend_from_slice(&raw[..raw.len().min(LONGEST_TEXT)]);
        self.last_text.clear();
        // A longer one is cut so that it stays too long.
        self.last_text.extend(text.unwrap_or_default().iter().take(LONGEST_TOTAL + 1));
        self.last_line = line;
        self.next_line = line + lines;
    }

    /// A damaged row.
    pub(super) fn bad(&mut self, line: u64, lines: u64, raw: &[u8], code: &str) {
        self.only_width = (self.bad == 0 || self.only_width) && code == "RAGGED_ROW";
        if self.bad_at_end == 0 {
            self.first_bad_at_end = line;
            self.bad_rows_at_end.clear();
            self.has_gap = self.first.is_some() && line > self.next_line;
        }
        if (self.bad_rows_at_end.len() as u64) < LONGEST_FOOTER {
            self.bad_rows_at_end.push((line, raw[..raw.len().min(LONGEST_TEXT)].to_vec()));
        }
        self.first.get_or_insert((line, false));
        self.bad += 1;
        self.bad_at_end += 1;
        self.next_line = line + lines;
    }

    /// Adds what comes behind it, and begins behind so many lines.
    pub(super) fn absorb(&mut self, other: Self, lines: u64) {
        self.beyond_ascii += other.beyond_ascii;
        self.not_utf8 += other.not_utf8;
        let Some((first_line, is_good)) = other.first else { return };
        let has_gap = self.first.is_some() && first_line + lines > self.next_line;
        if other.bad > 0 {
            self.only_width = (self.bad == 0 || self.only_width) && other.only_width;
        }
        self.gaps += other.gaps + u64::from(is_good && has_gap);
        if other.good > 0 {
            self.last_has_gap = other.last_has_gap || (has_gap && is_good && other.good == 1);
            self.last_text = other.last_text;
            self.last_row = other.last_row;
            self.last_line = other.last_line + lines;
            self.bad_at_end = 0;
        }
        if self.bad_at_end == 0 {
            self.bad_rows_at_end.clear();
        }
        let room = LONGEST_FOOTER as usize - self.bad_rows_at_end.len();
        let bad = other.bad_rows_at_end.into_iter().filter(|_| other.bad_at_end > 0).take(room);
        self.bad_rows_at_end.extend(bad.map(|(line, text)| (line + lines, text)));
        if other.bad_at_end > 0 && self.bad_at_end == 0 {
            self.first_bad_at_end = other.first_bad_at_end + lines;
            self.has_gap = other.has_gap || (has_gap && !is_good && other.good == 0);
        }
        self.bad_at_end += other.bad_at_end;
        self.first.get_or_insert((first_line + lines, is_good));
        self.good += other.good;
        self.bad += other.bad;
        self.next_line = other.next_line + lines;
    }

    /// What the end of the file asks for, with the rows that it is about.
    pub(super) fn asked(&self, form: &RawForm) -> Option<Asked> {
        let wish = self.wish(form)?;
        let row = |(line, text): &(u64, Vec<u8>)| EndRow {
            line: *line,
            text: String::from_utf8_lossy(text).trim_end().to_owned(),
        };
        let is_of_end = matches!(wish, Wish::Footer(_) | Wish::EndsAtEmptyLine(_));
        let are_rows = self.bad_at_end == 0;
        let rows = match are_rows {
            _ if !is_of_end => Vec::new(),
            true => vec![row(&(self.last_line, self.last_row.clone()))],
            false => self.bad_rows_at_end.iter().map(row).collect(),
        };
        let is_apart = if are_rows { self.last_has_gap } else { self.has_gap };
        Some(Asked { wish, rows, are_rows, is_apart })
    }

    /// Whether rows that are not UTF-8 show that the file has another encoding, and are not damaged.
    pub(super) fn has_another_encoding(&self) -> bool {
        self.not_utf8 > 0 && !is_mostly_utf8(self.beyond_ascii, self.not_utf8)
    }

    /// What the end of the file asks for.
    fn wish(&self, form: &RawForm) -> Option<Wish> {
        if self.has_another_encoding() {
            return Some(Wish::AnotherEncoding);
        }
        if !form.format.has_cells() || form.place.until_empty_row || form.place.footer_rows > 0 {
            return (self.bad > 0 && form.format == Format::Csv).then_some(Wish::Damaged);
        }
        if self.bad > 0 {
            if self.bad == self.bad_at_end && self.only_width && self.good > 0 {
                if self.has_gap && self.gaps == 0 {
                    return Some(Wish::EndsAtEmptyLine(self.first_bad_at_end));
                }
                if self.bad <= LONGEST_FOOTER && self.bad < self.good.max(2) {
                    return Some(Wish::Footer(self.bad as usize));
                }
            }
            return Some(Wish::Damaged);
        }
        let is_total = self.last_text.len() <= LONGEST_TOTAL
            && std::str::from_utf8(&self.last_text).is_ok_and(|text| !text.is_empty() && is_total(text));
        let is_apart = self.last_has_gap && self.gaps == 1;
        let ends = if is_apart { Wish::EndsAtEmptyLine(self.last_line) } else { Wish::Footer(1) };
        (is_total && self.good > 2).then_some(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::plain_form;

    /// Rows of one line each: `g` is good, `b` damaged, `t` a total, ` ` an empty line.
    fn tail(rows: &str) -> Tail {
        let mut tail = Tail::default();
        for (at, kind) in rows.chars().enumerate() {
            match kind {
                'g' => tail.good(at as u64 + 1, 1, b"x,1", Some(b"x")),
                't' => tail.good(at as u64 + 1, 1, b"Total,1", Some(b"Total")),
                'b' => tail.bad(at as u64 + 1, 1, b"b", "RAGGED_ROW"),
                _ => {}
            }
        }
        tail
    }

    #[test]
    fn parts_end_as_the_whole_does() {
        let form = plain_form(Format::Csv);
        for rows in [
            "gggg", "ggg b", "gggbb", "ggg t", "gggt", "g g gt", "gbgg", "b", "gg bg b", "ggg  bbb",
            "ggggg t ",
        ] {
            let whole = tail(rows).asked(&form);
            for cut in 0..=rows.len() {
                let (one, two) = rows.split_at(cut);
                let mut together = tail(one);
                together.absorb(tail(two), cut as u64);
                assert_eq!(together.asked(&form), whole, "{rows:?} cut at {cut}");
            }
        }
        assert_eq!(tail("ggg b").wish(&form), Some(Wish::EndsAtEmptyLine(5)));
        assert_eq!(tail("ggg t").wish(&form), Some(Wish::EndsAtEmptyLine(5)));
        assert_eq!(tail("gggbb").wish(&form), Some(Wish::Footer(2)));
        assert_eq!(tail("gbgg").wish(&form), Some(Wish::Damaged));
        let asked = tail("gggbb").asked(&form).unwrap();
        let texts: Vec<(u64, &str)> = asked.rows.iter().map(|row| (row.line, row.text.as_str())).collect();
        assert_eq!(texts, [(4, "b"), (5, "b")]);
        assert_eq!((asked.are_rows, tail("ggg t").asked(&form).unwrap().are_rows), (false, true));
    }
}

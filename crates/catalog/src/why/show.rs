//! An answer as a tree of text.

use super::found::{RawRow, RejectedRow, Why, WhyTable};
use ingot_core::report::{counted, thousands};

/// Characters of a value, an expression or a raw row that are shown.
const CHARACTERS: usize = 100;
/// Columns of a row that are shown.
const COLUMNS: usize = 6;

/// The answer for people: each table below what is made of it.
pub fn why_text(why: &Why, raw_folder: &str) -> String {
    let mut shown = Shown { why, raw_folder, lines: Vec::new(), done: vec![false; why.tables.len()] };
    if !why.tables.is_empty() {
        shown.table(0, "", "");
    }
    shown.lines.join("\n")
}

struct Shown<'a> {
    why: &'a Why,
    raw_folder: &'a str,
    lines: Vec<String>,
    done: Vec<bool>,
}

impl Shown<'_> {
    fn table(&mut self, at: usize, before: &str, below: &str) {
        let why = self.why;
        let table = &why.tables[at];
        let head = format!("{before}{}  {}", table.table, rows_of(table));
        if self.done[at] {
            self.lines.push(format!("{head} (above)"));
            return;
        }
        self.done[at] = true;
        self.lines.push(head);
        let has_more = !table.from.is_empty();
        let inner = format!("{below}{}  ", if has_more { "│" } else { " " });
        if table.raw.is_empty() {
            self.rows(table, &inner);
        } else {
            self.raw_rows(table, &inner);
        }
        for expression in &table.expressions {
            self.lines.push(format!("{inner}{} = {}", expression.column, cut(&expression.sql)));
        }
        for rejected in &table.rejected {
            self.lines.push(format!(
                "{inner}rejected ({}): {}",
                rejected.reasons.join(", "),
                self.place(rejected)
            ));
            self.lines.push(format!("{inner}  {}", cut(&rejected.text)));
        }
        for note in &table.notes {
            self.lines.push(format!("{inner}note: {note}"));
        }
        for (index, next) in table.from.iter().enumerate() {
            let is_last = index + 1 == table.from.len();
            let (branch, line) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.table(*next, &format!("{below}{branch}"), &format!("{below}{line}"));
        }
    }

    fn rows(&mut self, table: &WhyTable, inner: &str) {
        // What is asked for comes first.
        let asked = self.why.column.as_deref().unwrap_or_default();
        let mut order: Vec<usize> = (0..table.shown.len()).collect();
        order.sort_by_key(|at| !table.shown[*at].eq_ignore_ascii_case(asked));
        for row in &table.sample {
            let cells: Vec<String> = order
                .iter()
                .take(COLUMNS)
                .map(|at| {
                    let value = row.get(*at).and_then(Option::as_deref);
                    format!("{} {}", table.shown[*at], value.map_or("null".to_owned(), cut))
                })
                .collect();
            let more = order.len().saturating_sub(COLUMNS);
            let more =
                if more > 0 { format!(" · {}", counted(more as u64, "more column")) } else { String::new() };
            self.lines.push(format!("{inner}{}{more}", cells.join(" · ")));
        }
        self.rest(table.rows, table.sample.len(), inner);
    }

    fn raw_rows(&mut self, table: &WhyTable, inner: &str) {
        for row in &table.raw {
            self.lines.push(format!("{inner}{}", self.raw_place(row)));
            if let Some(text) = &row.text {
                self.lines.push(format!("{inner}  {}", cut(text)));
            }
        }
        self.rest(table.rows, table.raw.len(), inner);
    }

    fn rest(&mut self, rows: u64, shown: usize, inner: &str) {
        let more = rows.saturating_sub(shown as u64);
        if more > 0 && shown > 0 {
            self.lines.push(format!("{inner}and {} more", thousands(more)));
        }
    }

    fn raw_place(&self, row: &RawRow) -> String {
        match row.line {
            Some(line) => format!("{}/{}:{line}", self.raw_folder, row.file),
            None => format!("{}/{} row {}", self.raw_folder, row.file, row.row_number),
        }
    }

    fn place(&self, row: &RejectedRow) -> String {
        match row.line {
            Some(line) => format!("{}/{}:{line}", self.raw_folder, row.file),
            None => format!("{}/{} row {}", self.raw_folder, row.file, row.row_number),
        }
    }
}

fn rows_of(table: &WhyTable) -> String {
    match (table.rows, table.any_of) {
        (0, _) => "no row".to_owned(),
        (1, _) => "1 row".to_owned(),
        (rows, true) => format!("any of {} rows", thousands(rows)),
        (rows, false) => format!("{} rows", thousands(rows)),
    }
}

/// One line of a text that may be long.
fn cut(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

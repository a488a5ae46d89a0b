//! The dialect of a CSV file, from its beginning: every dialect is tried with the scanner that loads files, and the one in
//! which the most records have the same number of fields is taken.

use super::cells::{is_data, is_header_over, may_be_header, told_apart};
use super::form::{Look, plain_form};
use ingot_bronze::inspect::csv_records;
use ingot_contract::{CsvForm, Encoding, Format, RawForm};
use std::collections::{BTreeMap, BTreeSet};

/// Delimiters, the most likely first.
const DELIMITERS: [u8; 9] = [b'\t', b';', b'|', b',', b'\x01', b'^', b'~', b':', b' '];
/// These occur within texts so often that they count only if nothing else fits.
const WEAK: [u8; 2] = [b':', b' '];
/// Records that are looked at.
const RECORDS: usize = 2000;
/// Longest run of lines in front of a table.
const LONGEST_PREAMBLE: usize = 40;

/// A record of the text.
struct Record {
    line: u64,
    is_broken: bool,
    cells: Vec<String>,
}

/// How well a dialect fits.
struct Fit {
    form: RawForm,
    records: Vec<Record>,
    width: usize,
    /// Share of records of that width.
    share: f64,
    broken: usize,
    /// Records with a quote inside a field that is not quoted, as fields have it that were cut at a wrong place.
    torn: usize,
    /// Whether the first record has that width, too. A wrong delimiter seldom fits the names and the values.
    is_from_the_top: bool,
    /// Share of cells that are numbers or dates.
    data: f64,
}

/// Looks at the beginning of a text in UTF-8. `is_whole`: it is all of the text.
pub(crate) fn look_at_csv(text: &[u8], is_whole: bool, encoding: Encoding, comment: Option<&str>) -> Look {
    let best = best_fit(text, is_whole, encoding, comment);
    let mut look = Look { form: best.form.clone(), own_names: None, header: Vec::new(), reasons: Vec::new() };
    look.reasons.push(format!(
        "Fields are separated by {}: {:.0} % of the first {} records have {} of them.",
        shown(best.form.csv.delimiter),
        best.share * 100.0,
        best.records.len(),
        best.width
    ));
    if best.form.csv.quote != Some(b'"') {
        look.reasons.push(match best.form.csv.quote {
            Some(quote) => format!("Fields are quoted with {}.", shown(quote)),
            None => "Quotes have no meaning: with them, records would not end where they do.".to_owned(),
        });
    }
    place(&best, &mut look);
    look
}

fn best_fit(text: &[u8], is_whole: bool, encoding: Encoding, comment: Option<&str>) -> Fit {
    let fits: Vec<Fit> = DELIMITERS
        .iter()
        .map(|delimiter| {
            let quoted = fit(text, is_whole, encoding, comment, *delimiter, Some(b'"'), None);
            if quoted.broken == 0 {
                return quoted;
            }
            let plain = fit(text, is_whole, encoding, comment, *delimiter, None, None);
            if plain.width > 1 && plain.share > quoted.share { plain } else { quoted }
        })
        .collect();
    let rank = |fit: &Fit| {
        let is_weak = WEAK.contains(&fit.form.csv.delimiter);
        let is_table = fit.width > 1 && fit.share >= if is_weak { 0.95 } else { 0.5 };
        // Shares that differ by few records are equal.
        let share = (fit.share * 50.0).round() as i64;
        let is_torn = fit.torn * 50 > fit.records.len();
        (is_table, !is_weak, share, !is_torn, fit.is_from_the_top, (fit.data * 20.0).round() as i64)
    };
    let mut best = fits.into_iter().rev().max_by_key(rank);
    // A table of one column: any delimiter that occurs in none of its fields.
    if best.as_ref().is_none_or(|best| best.width < 2 || best.share < 0.5) {
        let narrow = [b',', b';', b'\t', b'|']
            .into_iter()
            .map(|delimiter| fit(text, is_whole, encoding, comment, delimiter, Some(b'"'), None))
            .find(|fit| fit.width == 1 && fit.records.iter().all(|record| record.cells.len() <= 1));
        best = narrow.or(best);
    }
    let best = best.unwrap_or_else(|| fit(text, is_whole, encoding, comment, b',', Some(b'"'), None));
    with_quotes(best, text, is_whole, encoding, comment)
}

/// The same delimiter with the quotes and the escape that break the fewest records.
fn with_quotes(best: Fit, text: &[u8], is_whole: bool, encoding: Encoding, comment: Option<&str>) -> Fit {
    let delimiter = best.form.csv.delimiter;
    let try_with = |quote, escape| fit(text, is_whole, encoding, comment, delimiter, quote, escape);
    let faults = |fit: &Fit| fit.broken + ((1.0 - fit.share) * fit.records.len() as f64).round() as usize;
    let single = best.records.iter().skip(1).flat_map(|record| &record.cells).filter(|cell| !is_data(cell));
    let (mut quoted, mut at_edges, mut all) = (0_usize, 0_usize, 0_usize);
    for cell in single {
        all += 1;
        let (begins, ends) = (cell.trim_start().starts_with('\''), cell.trim_end().ends_with('\''));
        quoted += usize::from(cell.len() >= 2 && begins && ends);
        // A delimiter between single quotes leaves a quote in the field before it and in the one behind it.
        at_edges += usize::from(begins || ends);
    }
    let mut candidates = Vec::new();
    if at_edges * 3 > all {
        candidates.push(try_with(Some(b'\''), None));
    }
    if memchr_pair(text, b"\\\"") {
        candidates.push(try_with(Some(b'"'), Some(b'\\')));
    }
    if best.broken > 0 {
        candidates.push(try_with(None, None));
    }
    let prefers_single = quoted * 3 > all;
    candidates.into_iter().fold(best, |best, other| {
        let is_better = faults(&other) < faults(&best)
            // Where nothing is damaged either way, quotes are quotes.
            || (best.form.csv.quote.is_none() && other.form.csv.quote.is_some() && faults(&other) <= faults(&best))
            || (prefers_single && other.form.csv.quote == Some(b'\'') && faults(&other) <= faults(&best));
        if is_better { other } else { best }
    })
}

fn memchr_pair(text: &[u8], pair: &[u8; 2]) -> bool {
    text.windows(2).any(|window| window == pair)
}

#[allow(clippy::too_many_arguments, reason = "the parts of one dialect")]
fn fit(
    text: &[u8],
    is_whole: bool,
    encoding: Encoding,
    comment: Option<&str>,
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
) -> Fit {
    let mut form = plain_form(Format::Csv);
    form.csv = CsvForm { delimiter, quote, escape, null_texts: Vec::new() };
    form.encoding = encoding;
    form.place.comment = comment.map(str::to_owned);
    let mut records = Vec::new();
    let mut torn = 0;
    // What cannot be read is refused by the load as well, with its reason.
    let _ = csv_records(text, &form, &mut |record| {
        let cell = |(text, _): &(&[u8], bool)| String::from_utf8_lossy(text).into_owned();
        let cells = record.fields.iter().map(cell).collect();
        let is_torn =
            |(text, is_quoted): &(&[u8], bool)| !is_quoted && quote.is_some_and(|mark| text.contains(&mark));
        torn += usize::from(record.fields.iter().any(is_torn));
        records.push(Record { line: record.line, is_broken: record.is_broken, cells });
        records.len() < RECORDS
    });
    if !is_whole && records.len() > 1 && records.len() < RECORDS {
        records.pop();
    }
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for record in records.iter().filter(|record| !record.is_broken) {
        *widths.entry(record.cells.len()).or_default() += 1;
    }
    let most = widths.iter().max_by_key(|(width, count)| (**count, **width));
    let (width, mut count) = most.map_or((0, 0), |(width, count)| (*width, *count));
    // A header may have one name less than the rows have fields.
    count += usize::from(width > 2 && records.first().is_some_and(|first| first.cells.len() + 1 == width));
    let of_table = records.iter().filter(|record| record.cells.len() == width).skip(1);
    let (mut cells, mut data) = (0_usize, 0_usize);
    for cell in of_table.flat_map(|record| &record.cells) {
        cells += 1;
        data += usize::from(is_data(cell));
    }
    let broken = records.iter().filter(|record| record.is_broken).count();
    Fit {
        form,
        width,
        share: count as f64 / records.len().max(1) as f64,
        broken,
        torn,
        is_from_the_top: records.first().is_some_and(|first| first.cells.len() == width),
        data: data as f64 / cells.max(1) as f64,
        records,
    }
}

/// Where the table begins, and which rows name its columns.
fn place(fit: &Fit, look: &mut Look) {
    let is_row = |record: &&Record| !record.is_broken && record.cells.len() == fit.width;
    let place = &mut look.form.place;
    let mut at = 0;
    // A title is a row with one cell, also where delimiters fill it up.
    while at < fit.records.len().min(LONGEST_PREAMBLE) {
        let record = &fit.records[at];
        let filled = record.cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let is_title = fit.width > 2 && filled <= 1 && fit.records.get(at + 1).is_some();
        if is_row(&record) && !is_title {
            break;
        }
        // One field less than the rows: a header without a name for the row's number, as R writes it.
        let is_short = record.cells.len() + 1 == fit.width && fit.width > 2;
        let cells: Vec<&str> = record.cells.iter().map(String::as_str).collect();
        if is_short && may_be_header(&cells) && fit.records.get(at + 1).as_ref().is_some_and(is_row) {
            place.header_rows = 0;
            place.skip_rows = fit.records[at + 1].line - 1;
            let names = std::iter::once("row_name".to_owned()).chain(record.cells.iter().cloned());
            look.own_names = Some(told_apart(names));
            look.reasons.push(format!(
                "The header on line {} has one name less than the rows have fields, so the first column is 'row_name'.",
                record.line
            ));
            return;
        }
        at += 1;
    }
    let Some(first) = fit.records.get(at).filter(is_row) else {
        place.header_rows = 0;
        return;
    };
    let cells: Vec<&str> = first.cells.iter().map(String::as_str).collect();
    let below: Vec<Vec<String>> =
        fit.records[at + 1..].iter().filter(is_row).take(200).map(|record| record.cells.clone()).collect();
    let upper_of = fit.records.get(at + 1).filter(is_row).filter(|second| {
        let second: Vec<&str> = second.cells.iter().map(String::as_str).collect();
        let empty = cells.iter().filter(|cell| cell.is_empty()).count();
        let named = cells.len() - empty;
        let has_data = below.iter().skip(1).flatten().any(|cell| is_data(cell));
        empty > 0
            && named >= 2
            && cells.iter().all(|cell| !is_data(cell))
            && second.iter().all(|cell| !cell.is_empty() && !is_data(cell))
            && has_data
    });
    let skipped = first.line - 1;
    look.header = first.cells.iter().map(|cell| cell.trim().to_owned()).collect();
    if skipped > 0 {
        look.reasons
            .push(format!("The {skipped} lines before line {} are not part of the table.", first.line));
    }
    if let Some(second) = upper_of {
        place.skip_rows = skipped;
        place.header_rows = 2;
        look.reasons.push(format!("Lines {} and {} name the columns together.", first.line, second.line));
        return;
    }
    if !is_header_over(&cells, &below) {
        place.header_rows = 0;
        place.skip_rows = skipped;
        look.header = Vec::new();
        look.own_names = Some((1..=fit.width).map(|number| format!("column_{number}")).collect());
        look.reasons.push(format!(
            "No row names the columns: line {} is data ({}).",
            first.line,
            cells.join(", ")
        ));
        return;
    }
    let different: BTreeSet<&str> = cells.iter().copied().collect();
    let is_nameable = different.len() == cells.len() && cells.iter().all(|cell| !cell.trim().is_empty());
    // Trailing delimiters make a column without a name; it may stay as long as it is empty.
    let trailing = cells.last().is_some_and(|cell| cell.trim().is_empty())
        && different.len() == cells.len()
        && below.iter().all(|row| row.last().is_none_or(|cell| cell.trim().is_empty()));
    if is_nameable || trailing {
        place.skip_rows = skipped;
        look.reasons.push(format!("Line {} names the columns.", first.line));
        return;
    }
    place.header_rows = 0;
    place.skip_rows = match fit.records.get(at + 1) {
        Some(next) => next.line - 1,
        None => first.line,
    };
    let names = cells.iter().enumerate().map(|(index, cell)| match cell.trim() {
        "" if index == 0 => "row_name".to_owned(),
        "" => format!("column_{}", index + 1),
        name => name.to_owned(),
    });
    look.own_names = Some(told_apart(names));
    look.reasons.push(format!(
        "Line {} names the columns, but not each of them, or some twice; so the columns are named by their place.",
        first.line
    ));
}

fn shown(mark: u8) -> String {
    match mark {
        b'\t' => "tabs".to_owned(),
        b' ' => "spaces".to_owned(),
        mark if mark.is_ascii_control() => format!("\\x{mark:02x}"),
        mark => format!("'{}'", char::from(mark)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Look {
        look_at_csv(text.as_bytes(), true, Encoding::Utf8, None)
    }

    #[test]
    fn the_delimiter_makes_rows_of_one_width() {
        let of = |text| look(text).form.csv.delimiter;
        assert_eq!(of("a,b\n1,2\n3,4\n"), b',');
        assert_eq!(of("a;b\n1,5;2,5\n3,5;4,5\n"), b';');
        assert_eq!(of("1,5;2,5\n3,5;4,5\n"), b';');
        assert_eq!(of("a\tb c\n1\tx y\n2\tz\n"), b'\t');
        assert_eq!(of("id|note\n1|a, b\n2|c, d\n"), b'|');
        assert_eq!(of("id,at\n1,10:30\n2,11:45\n"), b',');
        assert_eq!(look("name\nBob\nAnn\n").own_names, None);
        // Two decimal commas in each row, and quotes that are whole only between semicolons.
        assert_eq!(of("id;name;price;kg\nP1;\"a, b\";1,5;2,25\nP2;\"c, d\";2,5;3,75\n"), b';');
        assert_eq!(of("id;name;price;kg\nP1;a;1,5;2,25\nP2;c;2,5;3,75\n"), b';');
    }

    #[test]
    fn titles_and_headers_are_found() {
        let place = |text| {
            let place = look(text).form.place;
            (place.skip_rows, place.header_rows)
        };
        assert_eq!(place("a,b,c\n1,2,3\n"), (0, 1));
        assert_eq!(place("1,2,3\n4,5,6\n"), (0, 0));
        assert_eq!(place("Report\nof May\n\na,b,c\n1,2,3\n4,5,6\n"), (3, 1));
        assert_eq!(place("Report,,\na,b,c\n1,2,3\n4,5,6\n"), (1, 1));
        assert_eq!(place(",x,,y,\nid,a,b,a,b\n1,2,3,4,5\n6,7,8,9,1\n"), (0, 2));
        assert_eq!(place(",a,b\n0,x,1\n1,y,2\n"), (1, 0));
        assert_eq!(look("a b c\n1 x y z\n2 p q r\n3 p q r\n").own_names.unwrap()[0], "row_name");
    }

    #[test]
    fn quotes_that_break_records_are_none() {
        assert_eq!(look("a,b\n1,5\" pipe\n2,6\" pipe\n").form.csv.quote, Some(b'"'));
        assert_eq!(look("a,b\n1,\"x\n2,\"y\n3,\"z\n").form.csv.quote, None);
        assert_eq!(look("a,b\n'x','y, z'\n'p','q'\n").form.csv.quote, Some(b'\''));
        assert_eq!(look("id,name\n1,'a, b'\n2,'c, d'\n3,'e'\n").form.csv.quote, Some(b'\''));
        assert_eq!(look("id,name\n1,it's\n2,'tis so\n3,x\n4,y\n").form.csv.quote, Some(b'"'));
        assert_eq!(look("a,b\n\"x \\\"y\\\"\",1\n\"p\",2\n").form.csv.escape, Some(b'\\'));
    }
}

//! The dialect of a CSV file, from its beginning: every dialect is tried with the scanner that loads files, and the one in
//! which the most records have the same number of fields is taken.

use super::cells::is_data;
use super::form::{Look, plain_form};
use super::place::place;
use super::record::Record;
use ingot_bronze::inspect::csv_records;
use ingot_contract::{CsvForm, Encoding, Format, RawForm};
use std::collections::BTreeMap;

/// Delimiters, the most likely first.
const DELIMITERS: [u8; 9] = [b'\t', b';', b'|', b',', b'\x01', b'^', b'~', b':', b' '];
/// These occur within texts so often that they count only if nothing else fits.
const WEAK: [u8; 2] = [b':', b' '];
/// Records that are looked at.
const RECORDS: usize = 2000;

/// How well a dialect fits.
struct Fit {
    form: RawForm,
    records: Vec<Record>,
    width: usize,
    /// Records of that width.
    of_width: usize,
    /// Share of records of that width.
    share: f64,
    broken: usize,
    /// Records with quotes that are in order.
    well_quoted: usize,
    /// Records with a quote inside a field that is not quoted, as fields have it that were cut at a wrong place.
    torn: usize,
    /// Whether the first record has that width, too. A wrong delimiter seldom fits the names and the values.
    is_from_the_top: bool,
    /// Share of cells that are numbers or dates.
    data: f64,
}

impl Fit {
    /// Whether quotes are quotes: most records that have some have them in order. The others are damaged.
    fn keeps_quotes(&self) -> bool {
        self.well_quoted > self.broken
    }

    /// How many records have the width of the table.
    fn amount(&self) -> String {
        let (all, width) = (self.records.len(), self.width);
        match all {
            _ if self.of_width < all => {
                format!("{} of the first {all} records have {width} of them", self.of_width)
            }
            1 => format!("the only record has {width} of them"),
            _ => format!("100 % of the first {all} records have {width} of them"),
        }
    }
}

/// Whether quotes are quotes in a text of this form: most records that have some have them in order.
pub(crate) fn keeps_quotes(text: &[u8], form: &RawForm) -> bool {
    let CsvForm { delimiter, quote, escape, .. } = form.csv;
    let comment = form.place.comment.as_deref();
    form.wide_csv.is_none()
        && fit(text, false, form.encoding, comment, delimiter, quote, escape).keeps_quotes()
}

/// Looks at the beginning of a text in UTF-8. `is_whole`: it is all of the text.
pub(crate) fn look_at_csv(text: &[u8], is_whole: bool, encoding: Encoding, comment: Option<&str>) -> Look {
    let best = best_fit(text, is_whole, encoding, comment);
    let prose = in_one_text(&best, text, is_whole, encoding, comment);
    let is_prose = prose.is_some();
    let best = prose.unwrap_or(best);
    let mut look = Look { form: best.form.clone(), ..Look::plain(Format::Csv) };
    look.reasons.push(format!(
        "Fields are separated by {}: {}.",
        shown(best.form.csv.delimiter),
        best.amount()
    ));
    if is_prose {
        look.note(format!(
            "The first line is one name, so that each line is one text, also where it has other signs between its parts; if the \
             lines have several fields, give their names in a first line, or write `header: false`. The delimiter is {}, which no \
             line has.",
            shown(best.form.csv.delimiter)
        ));
    }
    match best.form.csv.quote {
        Some(b'"') => {}
        Some(quote) => look.reasons.push(format!("Fields are quoted with {}.", shown(quote))),
        None => {
            look.note("Quotes have no meaning: with them, records would not end where they do.".to_owned())
        }
    }
    place(&best.records, best.width, &mut look);
    look
}

fn best_fit(text: &[u8], is_whole: bool, encoding: Encoding, comment: Option<&str>) -> Fit {
    let fits: Vec<Fit> = DELIMITERS
        .iter()
        .map(|delimiter| {
            let quoted = fit(text, is_whole, encoding, comment, *delimiter, Some(b'"'), None);
            if quoted.broken == 0 || quoted.keeps_quotes() {
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
    if best.broken > 0 && !best.keeps_quotes() {
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

/// The form in which each record is one text, if the first one is a single name and those below it have delimiters only as
/// sentences have them: with a space behind them.
fn in_one_text(
    best: &Fit,
    text: &[u8],
    is_whole: bool,
    encoding: Encoding,
    comment: Option<&str>,
) -> Option<Fit> {
    let (first, rows) = best.records.split_first()?;
    let [name] = first.cells.as_slice() else { return None };
    let is_name = !is_data(name)
        && !name.is_empty()
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-');
    let is_sentence = |record: &Record| {
        record.cells.len() > 1 && record.cells[1..].iter().all(|cell| cell.starts_with(' '))
    };
    let with_spaces = rows.iter().filter(|record| is_sentence(record)).count();
    let wide = rows.iter().filter(|record| record.cells.len() > 1).count();
    if !is_name || wide == 0 || with_spaces < wide || best.form.csv.delimiter == b' ' {
        return None;
    }
    [b';', b'\t', b'|', b'^', b'~']
        .into_iter()
        .map(|delimiter| fit(text, is_whole, encoding, comment, delimiter, Some(b'"'), None))
        .find(|fit| fit.records.iter().all(|record| !record.is_broken && record.cells.len() <= 1))
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
    let (mut torn, mut well_quoted) = (0, 0);
    // What cannot be read is refused by the load as well, with its reason.
    let _ = csv_records(text, &form, &mut |record| {
        let cell = |(text, _): &(&[u8], bool)| String::from_utf8_lossy(text).into_owned();
        let cells = record.fields.iter().map(cell).collect();
        let is_torn =
            |(text, is_quoted): &(&[u8], bool)| !is_quoted && quote.is_some_and(|mark| text.contains(&mark));
        torn += usize::from(record.fields.iter().any(is_torn));
        well_quoted += usize::from(record.fields.iter().any(|(_, is_quoted)| *is_quoted));
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
    let (width, of_width) = most.map_or((0, 0), |(width, count)| (*width, *count));
    let mut count = of_width;
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
        of_width,
        share: count as f64 / records.len().max(1) as f64,
        broken,
        well_quoted,
        torn,
        is_from_the_top: records.first().is_some_and(|first| first.cells.len() == width),
        data: data as f64 / cells.max(1) as f64,
        records,
    }
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
        assert_eq!(place("Report,,\na,b,c\n1,2,3\n4,5,6\n"), (1, 1));
        let trailing = look("id,v\n1,x1,\n2,x2,\n3,x3,\n");
        assert_eq!(trailing.own_names.unwrap(), ["id", "v", "column_3"]);
        assert_eq!(trailing.notes.len(), 1, "{:?}", trailing.notes);
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

    #[test]
    fn a_damaged_quote_among_many_that_are_in_order_is_a_damaged_row() {
        let rows: String = (0..40).map(|row| format!("{row},\"Smith, {row}\",\"Graz\"\n")).collect();
        for bad in ["41,\"Smith \"Bob\" 41\",\"Graz\"\n", "41,\"Smith\n", "41,\"x\"y,z\n"] {
            let found = look(&format!("id,name,city\n{rows}{bad}"));
            assert_eq!((found.form.csv.quote, found.own_names), (Some(b'"'), None), "{bad}");
            assert!(found.reasons[0].contains("41 of the first 42 records have 3"), "{:?}", found.reasons);
        }
    }

    #[test]
    fn sentences_below_a_name_are_one_column() {
        let found = look("text\nhello, world 1\nhello, you 2\n");
        assert_eq!((found.form.csv.delimiter, found.form.place.header_rows), (b';', 1));
        assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
        assert_eq!(look("text\n1,2\n3,4\n").form.csv.delimiter, b',');
    }
}

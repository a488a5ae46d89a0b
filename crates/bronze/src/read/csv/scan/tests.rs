use super::{Dialect, Fault, Marks, Scanner, WideMarks};
use crate::read::text_buffer::{LONGEST_ROW, TextBuffer};
use ingot_contract::{CsvForm, Encoding, WideCsvForm};
use std::io::Read;

/// A reader that gives one byte at a time, so that every record crosses a border.
struct Drip<'a>(&'a [u8]);
impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        out[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

/// Line, byte offset, fault, fields (the raw text of a record with a fault).
type Seen = (u64, u64, Option<Fault>, Vec<String>);

fn scan_as(text: &[u8], form: &CsvForm) -> Vec<Seen> {
    seen_by(Scanner::after(0, TextBuffer::open(Drip(text), Encoding::Utf8).unwrap(), Marks::of(form), None))
}

fn seen_by<R: Read, D: Dialect>(mut scanner: Scanner<R, D>) -> Vec<Seen> {
    let mut seen = Vec::new();
    while let Some(record) = scanner.next().unwrap() {
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = match record.fault {
            Some(_) => vec![lossy(scanner.raw(&record))],
            None => (0..scanner.width()).map(|index| lossy(scanner.field(index))).collect(),
        };
        seen.push((record.line, record.byte_offset, record.fault, fields));
    }
    seen
}

fn scan(text: &[u8]) -> Vec<Seen> {
    scan_as(text, &CsvForm::default())
}

fn texts(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

const UNTERMINATED: Option<Fault> = Some(Fault::UnterminatedQuote);

#[test]
fn finds_rows_and_where_they_are() {
    let seen = scan(b"\xEF\xBB\xBFa,b\r\n1,\"x\ny\"\n\n,\"say \"\"hi\"\"\"\rlast,");
    assert_eq!(
        seen,
        vec![
            (1, 3, None, texts(&["a", "b"])),
            (2, 8, None, texts(&["1", "x\ny"])),
            (5, 17, None, texts(&["", "say \"hi\""])),
            (6, 31, None, texts(&["last", ""])),
        ]
    );
}

#[test]
fn every_kind_of_line_end_counts_once_within_quotes_too() {
    let seen = scan(b"\"1\r\n2\r3\n4\",x\r\r\n\"5\"");
    assert_eq!(seen, vec![(1, 0, None, texts(&["1\r\n2\r3\n4", "x"])), (6, 15, None, texts(&["5"]))]);
}

#[test]
fn an_open_quote_costs_its_line_only() {
    assert_eq!(
        scan(b"a,b\n1,\"oops\n2,3\n"),
        vec![
            (1, 0, None, texts(&["a", "b"])),
            (2, 4, UNTERMINATED, texts(&["1,\"oops"])),
            (3, 12, None, texts(&["2", "3"])),
        ]
    );
    // The next quotes are those of another row.
    assert_eq!(
        scan(b"1,\"oops\n2,\"fine\"\n"),
        vec![(1, 0, UNTERMINATED, texts(&["1,\"oops"])), (2, 8, None, texts(&["2", "fine"]))]
    );
    // A field before it may well have reached over several lines.
    assert_eq!(
        scan(b"\"x\ny\",\"oops\r\n2,3"),
        vec![(1, 0, UNTERMINATED, texts(&["\"x\ny\",\"oops"])), (3, 13, None, texts(&["2", "3"]))]
    );
    assert_eq!(scan(b"\""), vec![(1, 0, UNTERMINATED, texts(&["\""]))]);
    assert_eq!(scan(b"\"\"\""), vec![(1, 0, UNTERMINATED, texts(&["\"\"\""]))]);
}

#[test]
fn text_after_a_quote_is_a_fault() {
    let seen = scan(b"\"a\"b,c\n\"\",q\"r\n\"a\" ,\"x\ny\"\n");
    assert_eq!(seen[0], (1, 0, Some(Fault::TextAfterQuote), texts(&["\"a\"b,c"])));
    assert_eq!(seen[1], (2, 7, None, texts(&["", "q\"r"])));
    assert_eq!(seen[2], (3, 14, Some(Fault::TextAfterQuote), texts(&["\"a\" ,\"x\ny\""])));
}

#[test]
fn another_dialect() {
    let form = CsvForm { delimiter: b';', quote: Some(b'\''), escape: Some(b'\\'), ..CsvForm::default() };
    assert_eq!(
        scan_as(b"'it\\'s';\"a,b\"\n'a\\\\';'x\\\ny'\n'a''b'\n", &form),
        vec![
            (1, 0, None, texts(&["it's", "\"a,b\""])),
            (2, 14, None, texts(&["a\\", "x\ny"])),
            (4, 27, Some(Fault::TextAfterQuote), texts(&["'a''b'"])),
        ]
    );
    let plain = CsvForm { delimiter: b'\t', quote: None, ..CsvForm::default() };
    assert_eq!(scan_as(b"\"a\tb\"\n", &plain), vec![(1, 0, None, texts(&["\"a", "b\""]))]);
}

fn whole(text: &[u8]) -> Scanner<&[u8], Marks> {
    Scanner::after(0, TextBuffer::open(text, Encoding::Utf8).unwrap(), Marks::of(&CsvForm::default()), None)
}

#[test]
fn a_line_without_end_is_given_up_and_its_length_told() {
    let long = vec![b'x'; LONGEST_ROW + 1];
    let text = [b"a,", &long[..], b"\r\nb\n"].concat();
    let mut scanner = whole(&text);
    let record = scanner.next().unwrap().unwrap();
    assert_eq!(record.fault, Some(Fault::TooLong(LONGEST_ROW as u64 + 3)));
    assert!(scanner.raw(&record).starts_with(b"a,xxx") && scanner.raw(&record).len() < 1 << 20);
    let next = scanner.next().unwrap().unwrap();
    assert_eq!((next.line, next.byte_offset), (2, text.len() as u64 - 2));
}

#[test]
fn a_quote_that_is_not_closed_within_the_limit_costs_its_line() {
    for ending in ["", "\"\n5,6\n"] {
        let text = [b"1,\"open\n2,3\n", &b"4,5\n".repeat(LONGEST_ROW / 4)[..], ending.as_bytes()].concat();
        let mut scanner = whole(&text);
        let first = scanner.next().unwrap().unwrap();
        assert_eq!((first.fault, scanner.raw(&first)), (UNTERMINATED, &b"1,\"open"[..]));
        let second = scanner.next().unwrap().unwrap();
        assert_eq!((second.fault, second.line, scanner.raw(&second)), (None, 2, &b"2,3"[..]));
    }
}

fn scan_wide(
    text: &[u8],
    delimiter: &str,
    quote: Option<&str>,
    escape: Option<&str>,
    everywhere: bool,
) -> Vec<Seen> {
    let form = WideCsvForm {
        delimiter: delimiter.to_owned(),
        quote: quote.map(str::to_owned),
        escape: escape.map(str::to_owned),
        escapes_everywhere: everywhere,
    };
    seen_by(Scanner::after(
        0,
        TextBuffer::open(Drip(text), Encoding::Utf8).unwrap(),
        WideMarks::of(&form, &["\\N".to_owned()]),
        None,
    ))
}

#[test]
fn wide_marks_read_what_single_ones_read() {
    for text in [
        &b"a,b\r\n1,\"x\ny\"\n\n,\"say \"\"hi\"\"\"\rlast,"[..],
        b"1,\"oops\n2,3\n",
        b"1,\"oops\n2,\"fine\"\n",
        b"\"x\ny\",\"oops\r\n2,3",
        b"\"",
        b"\"\"\"",
        b"\"a\"b,c\n\"\",q\"r\n\"a\" ,\"x\ny\"\n",
    ] {
        assert_eq!(scan_wide(text, ",", Some("\""), None, false), scan(text), "{}", text.escape_ascii());
        let translated =
            String::from_utf8(text.to_vec()).unwrap().replace(',', "||").replace('"', "\u{201c}");
        let fields = |seen: Vec<Seen>| {
            seen.into_iter().map(|(line, _, fault, fields)| (line, fault, fields)).collect::<Vec<_>>()
        };
        let translate = |text: &str| text.replace(',', "||").replace('"', "\u{201c}");
        let mut expected = fields(scan(text));
        for (_, _, texts) in &mut expected {
            texts.iter_mut().for_each(|text| *text = translate(text));
        }
        assert_eq!(fields(scan_wide(translated.as_bytes(), "||", Some("\u{201c}"), None, false)), expected);
    }
}

#[test]
fn escapes_may_count_outside_quotes() {
    let seen = scan_wide(b"a\\,b,c\\\\\n\\N,x\\\ny\n\"p\\\"q\",r\n", ",", Some("\""), Some("\\"), true);
    assert_eq!(
        seen,
        vec![
            (1, 0, None, texts(&["a,b", "c\\"])),
            (2, 9, None, texts(&["\\N", "x\ny"])),
            (4, 17, None, texts(&["p\"q", "r"])),
        ]
    );
}

#[test]
fn a_quote_that_takes_in_another_record_is_given_up() {
    let rows = |text: &str, width: usize| {
        let mut scanner = whole(text.as_bytes());
        scanner.expect_width(width);
        seen_by(scanner)
    };
    let given_up = |text, width| rows(text, width)[0].2 == UNTERMINATED;
    // The quote that closes is the one that opens a field of the next row.
    assert!(given_up("1,\"oops,x\n2,\",\",y\n3,a,\",b\"\n", 3));
    assert!(given_up("1,\"oops\n2,\",\"\n", 2));
    // Text of several lines, with commas and doubled quotes, is a field.
    for honest in [
        "1,\"12 Main St\nSpringfield, IL\",5\n",
        "1,\"a\n\",\"c\"\n",
        "1,\"a\nb,\"\"c\"\",d\ne\",5\n",
        // Its second line would be a record too, but then the first and the third would have an open quote each.
        "\"\n,\",\",\r\n\",0\r\n",
    ] {
        assert_eq!(rows(honest, 3).len(), 1, "{honest}");
        assert_eq!(rows(honest, 3)[0].2, None, "{honest}");
    }
}

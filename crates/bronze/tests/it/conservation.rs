//! Nothing is lost: files made of good and of damaged records, in any order, and for every one of them what must
//! come out: each record is either an accepted row with the cells that were meant, or a reject with
//! its exact text, place and reason.
//!
//! `INGOT_FUZZ_SECONDS` makes it go on for so long.

use crate::feed::{Feed, Rejected, Row};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::time::{Duration, Instant};

/// What becomes of a record, besides its text.
#[derive(Debug, Clone)]
enum Fate {
    Accepted(Vec<Option<String>>),
    Rejected(&'static str),
    /// An empty line: no record.
    Nothing,
}

#[derive(Debug, Clone)]
struct Record {
    text: Vec<u8>,
    fate: Fate,
    end: &'static str,
}

impl Record {
    fn new(text: impl Into<Vec<u8>>, fate: Fate, end: &'static str) -> Self {
        Self { text: text.into(), fate, end }
    }
}

const CSV_ENDS: [&str; 3] = ["\n", "\r\n", "\r"];

/// Text with everything in it that CSV stumbles over.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "Z9",
        " ",
        "\t",
        ",",
        ";",
        "\"",
        "\"\"",
        "\n",
        "\r",
        "\r\n",
        "\0",
        "é",
        "€",
        "\u{1F600}",
        "\\",
        "\u{feff}",
        "'",
        "a,text",
        "null",
    ]);
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn csv_cell(cell: &str, always_quoted: bool) -> String {
    if always_quoted || cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn csv_record() -> impl Strategy<Value = Record> {
    let end = prop::sample::select(CSV_ENDS.to_vec());
    let good = (any::<i64>(), nasty(), nasty(), any::<bool>()).prop_map(|(id, one, two, quoted)| {
        let text = format!("{},{},{id}", csv_cell(&one, quoted), csv_cell(&two, false));
        let some = |text: String| (!text.is_empty()).then_some(text);
        (text.into_bytes(), Fate::Accepted(vec![Some(id.to_string()), some(one), some(two)]))
    });
    let word = "[a-z]{0,5}";
    let bad = prop_oneof![
        word.prop_map(|word| (format!("x{word}"), "RAGGED_ROW")),
        word.prop_map(|word| (format!("\"a\n{word}\",1,2,3"), "RAGGED_ROW")),
        word.prop_map(|word| (format!("{word},x,12a"), "NOT_A_NUMBER")),
        word.prop_map(|word| (format!("{word},x,"), "REQUIRED_MISSING")),
        word.prop_map(|word| (format!("\"a\"b{word},x,1"), "TEXT_AFTER_QUOTE")),
        Just(("one,two,id".to_owned(), "HEADER_REPEATED")),
    ]
    .prop_map(|(text, code)| (text.into_bytes(), Fate::Rejected(code)));
    let not_utf8 = Just((b"a\xFF\xFE,b,1".to_vec(), Fate::Rejected("NOT_UTF8")));
    let nothing = Just((Vec::new(), Fate::Nothing));
    (prop_oneof![6 => good, 3 => bad, 1 => not_utf8, 1 => nothing], end)
        .prop_map(|((text, fate), end)| Record::new(text, fate, end))
}

/// A CSV file. At its end perhaps a quote that is never closed, and lines after it that have no quotes.
fn csv_file() -> impl Strategy<Value = Vec<Record>> {
    let open = (any::<bool>(), 0_i64..5).prop_map(|(open, after)| {
        if !open {
            return Vec::new();
        }
        let mut records = vec![Record::new("7,\"open", Fate::Rejected("UNTERMINATED_QUOTE"), "\n")];
        records.extend((0..after).map(|id| {
            let cells = vec![Some(id.to_string()), Some("p".into()), Some("q".into())];
            Record::new(format!("p,q,{id}"), Fate::Accepted(cells), "\n")
        }));
        records
    });
    (prop::collection::vec(csv_record(), 0..30), open, any::<bool>()).prop_map(
        |(mut records, open, last_end)| {
            records.extend(open);
            // A lone CR and an empty line that ends with LF would be one CRLF.
            for index in 1..records.len() {
                if records[index].text.is_empty() && records[index - 1].end == "\r" {
                    records[index].end = "\r";
                }
            }
            if let (false, Some(last)) = (last_end, records.last_mut()) {
                last.end = "";
            }
            records
        },
    )
}

fn json_record() -> impl Strategy<Value = Record> {
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let good = (any::<i64>(), nasty(), nasty()).prop_map(move |(id, one, two)| {
        let text =
            format!(" {{\"two\":{} , \"id\": {id},\"one\":{},\"x\":[{{}}]}}", quoted(&two), quoted(&one));
        let some = |text: String| (!text.is_empty()).then_some(text);
        (text.into_bytes(), Fate::Accepted(vec![Some(id.to_string()), some(one), some(two)]))
    });
    let bad = prop::sample::select(vec![
        (&b"{\"id\":1"[..], "NOT_JSON"),
        (b"{\"id\":1} {}", "NOT_JSON"),
        (b"{\"id\":1,\"one\":\"\\udfff\"}", "NOT_JSON"),
        (b"{\"id\":1,\"one\":\"\xC3\"}", "NOT_UTF8"),
        (b"[{\"id\":1}]", "NOT_A_JSON_OBJECT"),
        (b"{\"id\":1.5}", "NOT_A_NUMBER"),
        (b"{\"one\":\"a\"}", "REQUIRED_MISSING"),
        (b"{\"id\":1,\"id\":2}", "MEMBER_TWICE"),
    ])
    .prop_map(|(text, code)| (text.to_vec(), Fate::Rejected(code)));
    let nothing =
        prop::sample::select(vec!["", " ", "\t "]).prop_map(|text| (text.as_bytes().to_vec(), Fate::Nothing));
    (prop_oneof![5 => good, 3 => bad, 1 => nothing], end)
        .prop_map(|((text, fate), end)| Record::new(text, fate, end))
}

/// The file's bytes, and what must come out of it.
fn expect(header: &str, records: &[Record], has_cr: bool) -> (Vec<u8>, Vec<Row>, Vec<Rejected>) {
    let mut bytes = header.as_bytes().to_vec();
    let mut line = header.lines().count() as u64 + 1;
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    let mut row = 0;
    for record in records {
        let byte_offset = bytes.len() as u64;
        bytes.extend(&record.text);
        let lossy = String::from_utf8_lossy(&record.text).into_owned();
        match &record.fate {
            Fate::Nothing => {}
            Fate::Accepted(cells) => {
                row += 1;
                let names = ["id", "one", "two"].map(str::to_owned);
                let mut cells: Row = names
                    .into_iter()
                    .zip(cells)
                    .filter_map(|(name, cell)| Some((name, cell.clone()?)))
                    .collect();
                cells.insert("src_row_number".to_owned(), row.to_string());
                rows.push(cells);
            }
            Fate::Rejected(code) => {
                row += 1;
                rejects.push(Rejected {
                    row,
                    line: Some(line),
                    byte_offset: Some(byte_offset),
                    codes: (*code).to_owned(),
                    raw: lossy.clone(),
                });
            }
        }
        let inside = lossy.replace("\r\n", "\n");
        line += inside.matches('\n').count() as u64 + 1;
        if has_cr {
            line += inside.matches('\r').count() as u64;
        }
        bytes.extend(record.end.as_bytes());
    }
    (bytes, rows, rejects)
}

fn check(format: &str, header: &str, records: &[Record]) -> Result<(), TestCaseError> {
    let (bytes, rows, rejects) = expect(header, records, format == "csv");
    // Members that the contract does not name do not matter here.
    let columns = "id i64 {required: true}\none str\ntwo str";
    let feed = Feed::with_evolution(format, "t", "", columns, "discard");
    feed.write("t", &bytes);
    let table = feed.load();
    let mut seen = feed.full_rows();
    for row in &mut seen {
        row.retain(|name, _| !["ingestion_ts", "src_filename", "src_row_hash"].contains(&name.as_str()));
    }
    prop_assert_eq!(&seen, &rows);
    prop_assert_eq!(&feed.rejects(), &rejects);
    let [file] = table.files.as_slice() else { panic!() };
    prop_assert_eq!(file.read, (rows.len() + rejects.len()) as u64);
    prop_assert_eq!(file.read, file.accepted + file.rejected);
    Ok(())
}

/// Runs some cases, or as many as fit into the time that the environment gives.
fn run<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("INGOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(seconds);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    loop {
        TestRunner::new(config.clone()).run(&strategy, &test).unwrap();
        if Instant::now() >= until {
            break;
        }
    }
}

#[test]
fn every_record_of_a_csv_file_is_accounted_for() {
    run(csv_file(), |records| check("csv", "one,two,id\n", &records));
}

/// A list, a map and an object of JSON, and what is seen of them in the lake; or what is wrong with them.
fn nested_record() -> impl Strategy<Value = (String, Result<String, &'static str>)> {
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let item = (any::<Option<i64>>(), prop::option::of(nasty())).prop_map(move |(number, word)| {
        let number = number.map_or("null".to_owned(), |number| number.to_string());
        let word = word.as_deref().map_or("null".to_owned(), text);
        (format!("{{\"w\": {word} , \"n\":{number}}}"), format!("{{\"n\":{number},\"w\":{word}}}"))
    });
    let good = prop::collection::vec(item, 0..4).prop_map(|items| {
        let written: Vec<&str> = items.iter().map(|(written, _)| written.as_str()).collect();
        let wanted: Vec<&str> = items.iter().map(|(_, wanted)| wanted.as_str()).collect();
        (format!("[ {} ]", written.join(" ,")), Ok(format!("[{}]", wanted.join(","))))
    });
    let bad = prop::sample::select(vec![
        ("{}", "NOT_A_LIST"),
        ("\"[]\"", "NOT_A_LIST"),
        ("[1]", "NOT_AN_OBJECT"),
        ("[{\"n\":\"x\"}]", "NOT_A_NUMBER"),
        ("[{},{\"n\":1.5}]", "NOT_A_NUMBER"),
        ("[{\"n\":1,\"n\":1}]", "MEMBER_TWICE"),
        ("[{\"more\":1}]", "MEMBER_UNKNOWN"),
    ])
    .prop_map(|(text, code)| (text.to_owned(), Err(code)));
    prop_oneof![4 => good, 1 => bad]
}

/// Every value of an accepted row is in the lake: its JSON text, read back from the nested column by DuckDB, is what was
/// written; and a row with anything wrong inside is rejected with its text.
#[test]
fn every_nested_value_is_in_the_lake_or_its_row_is_rejected() {
    run(prop::collection::vec(nested_record(), 1..20), |records| {
        let columns = "a list<object<n:i64,w:str>>\nb str";
        let feed = Feed::with_evolution("jsonl", "t", "", columns, "evolve");
        let lines: Vec<String> =
            records.iter().map(|(text, _)| format!("{{\"a\":{text},\"b\":{text}}}")).collect();
        feed.write("t", lines.join("\n"));
        let table = feed.load();
        let wanted: Vec<&String> = records.iter().filter_map(|(_, wanted)| wanted.as_ref().ok()).collect();
        let seen = feed.ask("SELECT to_json(a)::VARCHAR FROM {t} ORDER BY src_row_number");
        prop_assert_eq!(seen.iter().collect::<Vec<_>>(), wanted);
        let codes: Vec<&str> =
            records.iter().filter_map(|(_, wanted)| wanted.as_ref().err().copied()).collect();
        let rejects = feed.rejects();
        prop_assert_eq!(rejects.iter().map(|reject| reject.codes.as_str()).collect::<Vec<_>>(), codes);
        for reject in &rejects {
            prop_assert_eq!(&reject.raw, &lines[reject.row as usize - 1]);
        }
        let [file] = table.files.as_slice() else { panic!() };
        prop_assert_eq!(file.read, file.accepted + file.rejected);
        Ok(())
    });
}

#[test]
fn every_line_of_a_jsonl_file_is_accounted_for() {
    run(prop::collection::vec(json_record(), 0..30), |records| check("jsonl", "", &records));
}

/// Bytes that mean something to a reader, and any others.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"1"[..],
        b"a",
        b",",
        b"\"",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\xFF\xFE",
        b"\xC3\xA9",
        b"\xED\xA0\x80",
        b"{\"id\":1}",
        b"{\"id\":",
        b"}",
        b"[",
        b"null",
        b"\\u12",
        b"1,a,b\n",
        b" ",
    ]);
    prop_oneof![
        3 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// Whatever a file holds: it is refused with a reason, or each row that was read is accepted or rejected.
fn check_any(format: &str, header: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let feed = Feed::with_evolution(format, "t", "", "id i64 {required: true}\none str\ntwo str", "discard");
    feed.write("t", [header.as_bytes(), bytes].concat());
    let table = feed.load();
    let [file] = table.files.as_slice() else { panic!("{table:?}") };
    prop_assert_eq!(file.read, file.accepted + file.rejected);
    prop_assert_eq!(feed.full_rows().len() as u64, file.accepted);
    prop_assert_eq!(feed.rejects().len() as u64, file.rejected);
    Ok(())
}

#[test]
fn any_bytes_are_accounted_for_in_csv() {
    run(any_bytes(), |bytes| check_any("csv", "id,one,two\n", &bytes));
}

#[test]
fn any_bytes_are_accounted_for_in_jsonl() {
    run(any_bytes(), |bytes| check_any("jsonl", "", &bytes));
}

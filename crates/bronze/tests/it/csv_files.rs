//! CSV files as they come: every dialect that a contract can state, every damage that a file can have.

use crate::feed::{Feed, Rejected};

const COLUMNS: &str = "id i64 {required: true}\ntext str";

fn feed(server: &str) -> Feed {
    Feed::new("csv", "t*.csv", server, COLUMNS)
}

fn reject(row: u64, line: u64, byte_offset: u64, codes: &str, raw: &str) -> Rejected {
    Rejected {
        row,
        line: Some(line),
        byte_offset: Some(byte_offset),
        codes: codes.to_owned(),
        raw: raw.to_owned(),
    }
}

#[test]
fn a_dialect_is_what_the_contract_says() {
    let feed = feed("delimiter: \";\"\nquote: \"'\"\nescape: \"\\\\\"\nnullText: NA\nheader: false");
    feed.write("t.csv", "1;'it\\'s; so'\n2;NA\n3;'NA'\n'NA';x\nNA;y\n");
    assert_eq!(feed.load().accepted(), 3);
    assert_eq!(feed.shown(), ["id=1 text=it's; so", "id=2", "id=3 text=NA"]);
    assert_eq!(
        feed.rejects(),
        [reject(4, 4, 26, "NOT_A_NUMBER", "'NA';x"), reject(5, 5, 33, "REQUIRED_MISSING", "NA;y")]
    );
}

#[test]
fn tabs_without_quotes() {
    let feed = feed("delimiter: \"\\t\"\nquote: none");
    feed.write("t.csv", "id\ttext\n1\t\"a\n");
    feed.load();
    assert_eq!(feed.shown(), ["id=1 text=\"a"]);
}

#[test]
fn encodings_are_read_and_places_are_those_of_the_file() {
    let text = "id,text\r\n1,é€\u{1F600}\r\nx,ü\n";
    let utf16 = |unit: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let marks = if mark { vec![0xFEFF] } else { Vec::new() };
        marks.into_iter().chain(text.encode_utf16()).flat_map(unit).collect()
    };
    for (encoding, bytes, mark) in [
        ("utf-16", utf16(u16::to_le_bytes, true), 2),
        ("utf-16", utf16(u16::to_be_bytes, true), 2),
        ("utf-16le", utf16(u16::to_le_bytes, false), 0),
        ("utf-16be", utf16(u16::to_be_bytes, true), 2),
    ] {
        let feed = feed(&format!("encoding: {encoding}"));
        feed.write("t.csv", &bytes);
        feed.load();
        assert_eq!(feed.shown(), ["id=1 text=é€\u{1F600}"], "{encoding}");
        assert_eq!(feed.rejects(), [reject(2, 3, mark + 34, "NOT_A_NUMBER", "x,ü")], "{encoding}");
    }
    for (encoding, byte, character) in
        [("iso-8859-1", 0xE9, "é"), ("windows-1252", 0x80, "€"), ("latin1", 0x80, "\u{80}")]
    {
        let feed = feed(&format!("encoding: {encoding}"));
        feed.write("t.csv", [b"id,text\n1,", &[byte][..], b"\nx,", &[byte], b"\n"].concat());
        feed.load();
        assert_eq!(feed.shown(), [format!("id=1 text={character}")], "{encoding}");
        assert_eq!(feed.rejects(), [reject(2, 3, 12, "NOT_A_NUMBER", &format!("x,{character}"))]);
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are() {
    let feed = feed("");
    feed.write("t.csv", b"id,text\n1,a\xFFb\n\xC3,ok\n2,fine\n");
    feed.load();
    assert_eq!(feed.shown(), ["id=2 text=fine"]);
    let rejects = feed.full_rejects();
    assert_eq!(rejects[0]["reason_codes"], "NOT_UTF8");
    // "1,a\xFFb" and "\xC3,ok".
    assert_eq!(
        (rejects[0]["raw_base64"].as_str(), rejects[1]["raw_base64"].as_str()),
        ("MSxh/2I=", "wyxvaw==")
    );

    // Half a surrogate pair in UTF-16.
    let feed = self::feed("encoding: utf-16le");
    let units = "id,text\n1,a".encode_utf16().chain([0xD800]).chain("b\n2,fine\n".encode_utf16());
    feed.write("t.csv", units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    feed.load();
    assert_eq!(feed.shown(), ["id=2 text=fine"]);
    assert_eq!(feed.codes(), [(1, "NOT_UTF8".to_owned())]);
}

#[test]
fn a_nul_is_a_character_of_a_text_and_of_nothing_else() {
    let feed = feed("");
    feed.write("t.csv", b"id,text\n1,a\0b\n2\0,x\n\0\0\0\0\n3,fine\n");
    feed.load();
    assert_eq!(feed.shown(), ["id=1 text=a\0b", "id=3 text=fine"]);
    assert_eq!(feed.codes(), [(2, "NOT_A_NUMBER".to_owned()), (3, "RAGGED_ROW".to_owned())]);
}

#[test]
fn damaged_rows_are_rejected_and_the_rest_is_read() {
    let feed = feed("");
    let text = "text,id\r\n\
        few\r\n\
        too,1,many\n\
        \"two\r\nlines\",2\r\
        \n\
        text,id\r\n\
        \"after\"x,3\n\
        \"open,4\n\
        \"fine\",5\n\
        last,6";
    feed.write("t.csv", text);
    feed.load();
    assert_eq!(feed.shown(), ["id=2 text=two\r\nlines", "id=5 text=fine", "id=6 text=last"]);
    let at = |part: &str| text[9..].find(part).unwrap() as u64 + 9;
    assert_eq!(
        feed.rejects(),
        [
            reject(1, 2, 9, "RAGGED_ROW", "few"),
            reject(2, 3, at("too"), "RAGGED_ROW", "too,1,many"),
            reject(4, 6, at("text,id"), "HEADER_REPEATED", "text,id"),
            reject(5, 7, at("\"after"), "TEXT_AFTER_QUOTE", "\"after\"x,3"),
            reject(6, 8, at("\"open"), "UNTERMINATED_QUOTE", "\"open,4"),
        ]
    );
}

#[test]
fn headers_of_every_kind() {
    let loads = |text: &str| {
        let feed = feed("");
        feed.write("t.csv", text);
        feed.load();
        (feed.shown(), feed.codes())
    };
    // Another order, a column more, and delimiters at the ends of lines.
    assert_eq!(loads("more,text,id\n?,a,1\n").0, ["id=1 text=a"]);
    assert_eq!(
        loads("id,text,,\n1,a,,\n2,b,,x\n"),
        (vec!["id=1 text=a".to_owned()], vec![(2, "RAGGED_ROW".to_owned())])
    );
    assert_eq!(loads("id,text\n"), (Vec::new(), Vec::new()));
    assert_eq!(loads("id,text"), (Vec::new(), Vec::new()));
    assert_eq!(loads("\n\r\nid\n7\n").0, ["id=7"]);

    let fails = |text: &[u8]| {
        let feed = feed("");
        feed.write("t.csv", text).failure()
    };
    assert_eq!(fails(b""), "EMPTY_FILE");
    assert_eq!(fails(b"\n\n"), "EMPTY_FILE");
    assert_eq!(fails(b"\xEF\xBB\xBF"), "EMPTY_FILE");
    assert_eq!(fails(b"1,a\n2,b\n"), "HEADER_MISSING");
    assert_eq!(fails(b"id,text,text\n1,a,b\n"), "COLUMN_TWICE");
    assert_eq!(fails(b"Ident,text\n1,a\n"), "COLUMN_MISSING");
    assert_eq!(fails(b"\"id,text\n1,a\n"), "BAD_HEADER");
    assert_eq!(fails(b"id,\xFF\n1,a\n"), "BAD_HEADER");
    assert_eq!(fails(b"i\0d\0,\0t\0\n\0"), "WRONG_ENCODING");
    assert_eq!(fails(b"\xFF\xFEi\0d\0"), "WRONG_ENCODING");
}

#[test]
fn a_line_that_is_too_long_is_rejected_and_its_beginning_kept() {
    let feed = feed("");
    let long = "x".repeat(65 << 20);
    feed.write("t.csv", format!("id,text\n1,{long}\n2,fine\n"));
    assert_eq!(feed.load().read(), 2);
    assert_eq!(feed.shown(), ["id=2 text=fine"]);
    let [reject] = &feed.rejects()[..] else { panic!() };
    assert_eq!(
        (reject.codes.as_str(), reject.byte_offset, reject.raw.len()),
        ("LINE_TOO_LONG", Some(8), 64 << 10)
    );
    assert!(feed.full_rejects()[0]["expected"].contains(&(long.len() + 2).to_string()));
}

#[test]
fn a_contract_says_only_what_can_be_meant() {
    for (server, message) in [
        ("delimiter: \"\"", "'delimiter' should be a text of one or more characters"),
        ("delimiter: \"\\n\"", "'delimiter' should be a text of one or more characters"),
        ("delimiter: \"'\"\nquote: \"'\"", "should differ"),
        ("quote: none\nescape: \"\\\\\"", "there are none"),
        ("encoding: klingon", "'klingon' is not one of utf-8"),
        ("header: maybe", "'header' should be true or false"),
        ("delimeter: \";\"", "'delimeter' is not known"),
        ("sheet: One", "'sheet' does not apply to files of this format"),
    ] {
        let error = feed(server).try_load().unwrap_err();
        assert!(error.message().contains(message), "{server}: {error}");
        assert!(error.place().unwrap().excerpt.is_some());
    }
}

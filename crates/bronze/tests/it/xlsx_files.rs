//! Excel workbooks as people make them.

use crate::feed::Feed;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::io::Write;

const COLUMNS: &str = "id i64\nday date\nat ts\nprice dec(12,4)\nname str";

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

fn header(sheet: &mut Worksheet) {
    for (column, name) in ["id", "day", "at", "price", "name"].iter().enumerate() {
        sheet.write_string(0, column as u16, *name).unwrap();
    }
}

#[test]
fn cells_of_every_kind() {
    let feed = Feed::new("xlsx", "t.xlsx", "", COLUMNS);
    let bytes = workbook(|sheet| {
        header(sheet);
        let date = Format::new().set_num_format("dd/mm/yyyy");
        let moment = |text: &str| ExcelDateTime::parse_from_str(text).unwrap();
        sheet.write_number(1, 0, 1).unwrap();
        sheet.write_datetime_with_format(1, 1, moment("2023-01-31"), &date).unwrap();
        sheet.write_datetime_with_format(1, 2, moment("2023-01-31T10:30:00"), &date).unwrap();
        sheet.write_number(1, 3, 0.1 + 0.2).unwrap();
        sheet.write_number(1, 4, 7).unwrap();
        // Numbers and dates that came as text.
        for (column, text) in
            ["2", "2023-02-01", "2023-02-01T00:00:00+10:00", "12.50", " as it is "].iter().enumerate()
        {
            sheet.write_string(2, column as u16, *text).unwrap();
        }
        // A row further down; formulas with what was computed last, and one without.
        sheet.write_formula(5, 0, Formula::new("=1+2").set_result("3")).unwrap();
        sheet.write_formula(5, 4, Formula::new("=\"a\"&\"b\"").set_result("ab")).unwrap();
        sheet.write_number(6, 0, 4.5).unwrap();
        sheet.write_formula(7, 0, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write_number(8, 0, 6).unwrap();
        sheet.write_number(8, 3, 0.65).unwrap();
        sheet.write_string(8, 6, "outside").unwrap();
        sheet.merge_range(9, 0, 9, 1, "7", &Format::new()).unwrap();
        sheet.write_boolean(10, 4, true).unwrap();
    });
    feed.write("t.xlsx", bytes);
    feed.load();
    assert_eq!(
        feed.shown(),
        [
            "at=2023-01-31T14:00:00Z day=2023-02-01 id=2 name= as it is  price=12.5000",
            "id=3 name=ab",
            "id=7",
            "name=true"
        ]
    );
    let rejects: Vec<(u64, Option<u64>, String)> =
        feed.rejects().into_iter().map(|reject| (reject.row, reject.line, reject.codes)).collect();
    assert_eq!(
        rejects,
        [
            (1, Some(2), "TOO_PRECISE".to_owned()),
            (4, Some(7), "NOT_A_NUMBER".to_owned()),
            (5, Some(8), "CELL_ERROR".to_owned()),
            (6, Some(9), "RAGGED_ROW".to_owned()),
        ]
    );
    // Nothing of a rejected row is left out.
    assert_eq!(
        feed.rejects()[3].raw,
        r#"{"id":6,"day":null,"at":null,"price":0.65,"name":null,"(column G)":"outside"}"#
    );
}

#[test]
fn errors_that_stand_for_null_are_loaded_as_null() {
    let column = "customProperties: [{property: nullText, value: [\"#N/A\"]}]";
    let feed = Feed::new("xlsx", "t.xlsx", "", &format!("id i64\nprice f64 {{{column}}}"));
    let bytes = workbook(|sheet| {
        sheet.write_string(0, 0, "id").unwrap();
        sheet.write_string(0, 1, "price").unwrap();
        for (row, found) in [(1, "#N/A"), (2, "#DIV/0!")] {
            sheet.write_number(row, 0, row).unwrap();
            sheet.write_formula(row, 1, Formula::new("=1/0").set_result(found)).unwrap();
        }
    });
    feed.write("t.xlsx", bytes);
    feed.load();
    assert_eq!(feed.shown(), ["id=1"]);
    assert_eq!(feed.codes(), [(2, "CELL_ERROR".to_owned())]);
}

#[test]
fn dates_count_from_the_year_that_the_workbook_says() {
    let feed = Feed::new("xlsx", "t.xlsx", "", "id i64\nday date");
    feed.write("t.xlsx", include_bytes!("fixtures/epoch_1904.xlsx"));
    feed.load();
    assert_eq!(feed.shown(), ["day=2023-01-01 id=1", "day=1904-01-02 id=2"]);
}

#[test]
fn the_sheet_is_the_first_or_the_one_that_the_contract_names() {
    let mut workbook = Workbook::new();
    for (name, id) in [("One", 1), ("Two", 2)] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        sheet.write_string(0, 0, "id").unwrap();
        sheet.write_number(1, 0, id).unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    for (server, shown) in [("", "id=1"), ("sheet: Two", "id=2")] {
        let feed = Feed::new("xlsx", "t.xlsx", server, "id i64");
        feed.write("t.xlsx", &bytes);
        feed.load();
        assert_eq!(feed.shown(), [shown]);
    }
    let feed = Feed::new("xlsx", "t.xlsx", "sheet: Three", "id i64");
    assert_eq!(feed.write("t.xlsx", &bytes).failure(), "SHEET_MISSING");
}

#[test]
fn what_is_no_workbook_is_refused_before_it_is_opened() {
    let fails = |bytes: &[u8]| Feed::new("xlsx", "t.xlsx", "", "id i64").write("t.xlsx", bytes).failure();
    let good = workbook(|sheet| {
        sheet.write_string(0, 0, "id").unwrap();
    });
    assert_eq!(fails(b""), "NOT_A_WORKBOOK");
    assert_eq!(fails(b"id\n1\n"), "NOT_A_WORKBOOK");
    assert_eq!(fails(&good[..good.len() / 2]), "NOT_A_WORKBOOK");
    assert_eq!(fails(&workbook(|_| ())), "EMPTY_FILE");
    let compound = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    assert_eq!(fails(&compound), "NOT_A_WORKBOOK");
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(fails(&[compound, vec![0; 600], name].concat()), "PASSWORD_PROTECTED");

    // A bomb: 300 MiB of nothing.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let nothing = vec![b' '; 1 << 20];
    for _ in 0..300 {
        bomb.write_all(&nothing).unwrap();
    }
    assert_eq!(fails(&bomb.finish().unwrap().into_inner()), "EXPANDS_TOO_FAR");
}

#[test]
fn a_damaged_workbook_never_breaks_the_load() {
    let bytes = workbook(|sheet| {
        header(sheet);
        for row in 1..50 {
            sheet.write_number(row, 0, row).unwrap();
            sheet.write_string(row, 4, format!("name {row}")).unwrap();
        }
    });
    let feed = Feed::new("xlsx", "t*.xlsx", "", COLUMNS);
    let step = if std::env::var_os("INGOT_FUZZ_SECONDS").is_some() { 3 } else { 97 };
    for (number, place) in (0..bytes.len()).step_by(step).enumerate() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0xFF;
        feed.write(&format!("t{number:05}.xlsx"), damaged);
    }
    let summary = feed.load();
    for file in &summary.files {
        assert_eq!(file.read, file.accepted + file.rejected);
    }
}

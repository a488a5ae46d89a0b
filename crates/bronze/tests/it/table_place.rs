//! Tables that do not begin in the first row of their file, or do not end in its last one.

use crate::feed::Feed;
use rust_xlsxwriter::{Table, TableColumn, Workbook, Worksheet};

const COLUMNS: &str = "id i64 {required: true}\ntext str";

fn csv(server: &str, text: &str) -> Feed {
    let feed = Feed::new("csv", "t.csv", server, COLUMNS);
    feed.write("t.csv", text);
    feed.load();
    feed
}

#[test]
fn the_contract_says_where_a_csv_table_is() {
    for (server, text) in [
        ("headerRow: 3", "\"export\nof system\nid,text\n1,a\n2,b\n"),
        ("skipRows: 2", "# a\n\nid,text\n1,a\n2,b\n"),
        ("header: false\nskipRows: 2", "title\nid,text\n1,a\n2,b\n"),
        ("comment: \"#\"", "# one \"quote\nid,text\n#2\n1,a\n# end\n2,b\n#"),
        ("comment: \"--\"", "-- one\r\nid,text\r\n1,a\r\n--\r\n2,b"),
        ("footerRows: 2", "id,text\n1,a\n2,b\nTotal,2\n\n\"printed by x\n"),
        ("tableEnd: emptyRow", "id,text\n\n1,a\n2,b\n\nother,table\n3,c\n"),
        ("tableEnd: emptyRow", "id,text\n1,a\n2,b\n,\nTotal,2\n"),
        ("headerRows: 2\nheaderRow: 2", "title\nid,\n,text\n1,a\n2,b\n"),
    ] {
        assert_eq!(csv(server, text).shown(), ["id=1 text=a", "id=2 text=b"], "{server}: {text}");
    }
}

#[test]
fn rows_of_names_are_joined_and_merged_cells_go_on() {
    let feed = Feed::new("csv", "t.csv", "headerRows: 2", "id i64\n2023_a str\n2023_b str\n2024_a str");
    feed.write("t.csv", ",2023,,2024\nid,a,b,a\n1,x,y,z\n");
    feed.load();
    assert_eq!(feed.shown(), ["2023_a=x 2023_b=y 2024_a=z id=1"]);
}

#[test]
fn places_and_row_numbers_are_those_of_the_file() {
    let feed = csv("headerRow: 3\nfooterRows: 1", "t\n\nid,text\n1,a\nx,b\n2,c\nTotal\n");
    assert_eq!(feed.shown(), ["id=1 text=a", "id=2 text=c"]);
    let reject = feed.rejects().remove(0);
    assert_eq!((reject.row, reject.line, reject.byte_offset), (2, Some(5), Some(15)));
    // What is left out at the end is not a row.
    let summary = feed.write("t.csv", "t\n\nid,text\n1,a\n").load();
    assert_eq!((summary.accepted(), summary.files[0].error.clone()), (0, None));
}

#[test]
fn a_last_row_that_fits_the_table_is_rejected_where_a_footer_should_be() {
    let codes = |feed: &Feed| -> Vec<String> {
        feed.rejects().iter().map(|reject| format!("{} {:?}", reject.codes, reject.line)).collect()
    };
    // The file came without its footer.
    let feed = csv("footerRows: 2", "id,text\n1,a\n2,b\n3,c\n");
    assert_eq!(feed.shown(), ["id=1 text=a"]);
    assert_eq!(codes(&feed), ["FOOTER_IS_A_ROW Some(3)", "FOOTER_IS_A_ROW Some(4)"]);
    // A total, a note, what does not fit, and a row that is cut off.
    for end in ["Total,2", "(2 rows)", "x,2", ",2", "3"] {
        let feed = csv("footerRows: 1", &format!("id,text\n1,a\n2,b\n{end}\n"));
        assert_eq!((feed.shown().len(), feed.rejects().len()), (2, 0), "{end}");
    }
    for (rows, rejected) in [(0, 1), (1, 0)] {
        let bytes = workbook(|sheet| {
            for (column, name) in ["id", "text"].iter().enumerate() {
                sheet.write_string(0, column as u16, *name).unwrap();
            }
            for row in 1..=3 {
                sheet.write_number(row, 0, f64::from(row)).unwrap();
                sheet.write_string(row, 1, "a").unwrap();
            }
            for row in 0..rows {
                sheet.write_string(4 + row, 0, "Total").unwrap();
                sheet.write_string(4 + row, 1, "3").unwrap();
            }
        });
        let feed = excel("footerRows: 1", bytes);
        assert_eq!((feed.shown().len(), feed.rejects().len()), (3 - rejected, rejected), "{rows}");
    }
}

#[test]
fn a_header_further_down_is_found_and_its_row_named() {
    for (format, text) in [
        ("csv", "# export of 2024-01-01\n# system \"X\nid,text\n1,x\n".as_bytes().to_vec()),
        ("xlsx", workbook(|sheet| titled(sheet, 0))),
    ] {
        let feed = Feed::new(format, "t.*", "", COLUMNS);
        feed.write(&format!("t.{format}"), text);
        let told = feed.load().files[0].error.clone().unwrap();
        assert!(told.starts_with("HEADER_ELSEWHERE") && told.contains("`headerRow: 3`"), "{told}");
    }
}

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Cover").unwrap().write_string(0, 0, "id").unwrap();
    fill(workbook.add_worksheet().set_name("Sales 2024").unwrap());
    workbook.worksheets_mut().rotate_left(1);
    workbook.save_to_buffer().unwrap()
}

/// A title, the header in row 3, two rows, a gap and a total; all of it `by` columns to the right.
fn titled(sheet: &mut Worksheet, by: u16) {
    sheet.write_string(0, by, "Report").unwrap();
    for (column, name) in ["id", "text"].iter().enumerate() {
        sheet.write_string(2, by + column as u16, *name).unwrap();
    }
    for (row, text) in [(3, "a"), (4, "b")] {
        sheet.write_number(row, by, f64::from(row - 2)).unwrap();
        sheet.write_string(row, by + 1, text).unwrap();
    }
    sheet.write_string(6, by, "Total").unwrap();
    sheet.write_string(6, by + 1, "2").unwrap();
}

fn excel(server: &str, bytes: Vec<u8>) -> Feed {
    let feed = Feed::new("xlsx", "t.xlsx", server, COLUMNS);
    feed.write("t.xlsx", bytes);
    feed.load();
    feed
}

#[test]
fn the_contract_says_where_the_table_of_a_sheet_is() {
    for server in [
        "headerRow: 3\nfooterRows: 1",
        "headerRow: 3\ntableEnd: emptyRow",
        "range: C3:D5",
        "range: \"$C$3:$D\"\nfooterRows: 1",
        "range: C4:D5\nheader: false",
        "sheet: \"Sales *\"\nrange: C3:D5",
        "sheetNumber: 1\nrange: C3:D5",
    ] {
        let feed = excel(server, workbook(|sheet| titled(sheet, 2)));
        assert_eq!(feed.shown(), ["id=1 text=a", "id=2 text=b"], "{server}");
        assert_eq!(feed.rejects(), [], "{server}");
    }
    let feed = Feed::new("xlsx", "t.xlsx", "sheet: \"*\"", COLUMNS);
    feed.write("t.xlsx", workbook(|sheet| titled(sheet, 2)));
    assert_eq!(feed.failure(), "SHEET_AMBIGUOUS");
}

#[test]
fn a_named_table_or_range_is_found() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Cover").unwrap();
    let sheet = workbook.add_worksheet().set_name("It's here").unwrap();
    titled(sheet, 1);
    let columns = [TableColumn::new().set_header("id"), TableColumn::new().set_header("text")];
    sheet.add_table(2, 1, 4, 2, &Table::new().set_name("sales").set_columns(&columns)).unwrap();
    workbook.define_name("the_range", "='It''s here'!$B$3:$C$5").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    for name in ["sales", "the_range"] {
        let feed = excel(&format!("table: {name}"), bytes.clone());
        assert_eq!(feed.shown(), ["id=1 text=a", "id=2 text=b"], "{name}");
    }
    let feed = Feed::new("xlsx", "t.xlsx", "table: other", COLUMNS);
    feed.write("t.xlsx", bytes);
    assert_eq!(feed.failure(), "SHEET_MISSING");
}

#[test]
fn marks_may_be_any_texts() {
    for (server, text) in [
        ("delimiter: \"||\"", "id||text\n1||a\n2||\"b\"\n"),
        ("delimiter: \"¦\"\nquote: \"«\"", "id¦text\n«1«¦a\n2¦«b«\n"),
        (
            "delimiter: \"::\"\nquote: none\nescape: \"\\\\\"\nescapeOutsideQuotes: true",
            "id::text\r1::\\a\r2::b\r",
        ),
    ] {
        assert_eq!(csv(server, text).shown(), ["id=1 text=a", "id=2 text=b"], "{server}");
    }
    let server = "escape: \"\\\\\"\nescapeOutsideQuotes: true\nnullText: \"\\\\N\"";
    let feed = csv(server, "id,text\n1,a\\,b\\\nc\n2,\\N\n3,\"\\\"\"\n4,x,y\n");
    assert_eq!(feed.shown(), ["id=1 text=a,b\nc", "id=2", "id=3 text=\""]);
    assert_eq!(feed.codes(), [(4, "RAGGED_ROW".to_owned())]);
}

#[test]
fn settings_that_contradict_each_other_are_errors() {
    for (server, part) in [
        ("headerRow: 3\nskipRows: 2", "give one of them"),
        ("header: false\nheaderRow: 2", "no header rows"),
        ("headerRow: 0", "at least 1"),
        ("footerRows: 1\ntableEnd: emptyRow", "give one of them"),
        ("tableEnd: total", "'total' is not one of"),
        ("range: B3:F", "does not apply to files of this format"),
        ("delimiter: \"||\"\nquote: \"|\"", "should differ"),
        ("quote: none\nescape: \"\\\\\"", "works only within quotes"),
    ] {
        let error = Feed::new("csv", "t.csv", server, COLUMNS).try_load().unwrap_err();
        assert!(error.message().contains(part), "{server}: {error}");
    }
    for (server, part) in [("range: B3-F", "B3:F20"), ("table: x\nrange: B3", "leave out sheet and range")] {
        let error = Feed::new("xlsx", "t.xlsx", server, COLUMNS).try_load().unwrap_err();
        assert!(error.message().contains(part), "{server}: {error}");
    }
}

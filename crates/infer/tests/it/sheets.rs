//! Excel workbooks: titles, places, totals, several sheets.

use crate::world::{World, assert_all_loaded};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// Writes a sheet from `(row, column, text)`; texts that are numbers are written as numbers, and dates as dates.
fn sheet(workbook: &mut Workbook, name: &str, cells: &[(u32, u16, &str)]) {
    let sheet = workbook.add_worksheet();
    sheet.set_name(name).unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for (row, column, text) in cells {
        if let Ok(number) = text.parse::<f64>() {
            sheet.write_number(*row, *column, number).unwrap();
        } else if let Some(date) = text.strip_prefix('@') {
            let date = ExcelDateTime::parse_from_str(date).unwrap();
            sheet.write_datetime_with_format(*row, *column, date, &day).unwrap();
        } else {
            sheet.write_string(*row, *column, *text).unwrap();
        }
    }
}

fn table(row: u32, column: u16, rows: &[&[&'static str]]) -> Vec<(u32, u16, &'static str)> {
    let at = |(down, cells): (usize, &&[&'static str])| {
        let cells = cells.iter().enumerate().filter(|(_, text)| !text.is_empty());
        cells.map(|(right, text)| (row + down as u32, column + right as u16, *text)).collect::<Vec<_>>()
    };
    rows.iter().enumerate().flat_map(at).collect()
}

const ROWS: [&[&str]; 4] = [
    &["id", "name", "amount", "day"],
    &["1", "Ann", "1.5", "@2024-01-01"],
    &["2", "Bob", "2.25", "@2024-02-01"],
    &["3", "Cid", "", "@2024-03-01"],
];

fn loaded(cells: &[(u32, u16, &str)]) -> Vec<Vec<Option<String>>> {
    let world = World::new();
    let mut workbook = Workbook::new();
    sheet(&mut workbook, "Sales", cells);
    workbook.save(world.raw().join("t.xlsx")).unwrap();
    let feed = world.feed();
    assert_all_loaded(&world.load(std::slice::from_ref(&feed)), &feed, &format!("{:?}", feed.reasons));
    let words: Vec<String> = feed.columns.iter().map(|decision| decision.column.data_type.word()).collect();
    assert_eq!(words, ["i64", "str", "dec(18,2)", "date"], "{:?}", feed.reasons);
    world.rows(&feed)
}

fn is_the_table(rows: &[Vec<Option<String>>]) {
    assert_eq!(rows.len(), 3, "{rows:?}");
    let texts: Vec<&str> = rows[1].iter().map(|cell| cell.as_deref().unwrap()).collect();
    assert_eq!(texts, ["2", "Bob", "2.25", "2024-02-01"]);
}

#[test]
fn a_table_is_found_wherever_it_is() {
    is_the_table(&loaded(&table(0, 0, &ROWS)));
    is_the_table(&loaded(&table(4, 2, &ROWS)));
    let titled = [vec![(0, 0, "Sales of May"), (1, 0, "made by hand")], table(3, 0, &ROWS)].concat();
    is_the_table(&loaded(&titled));
    let total = [table(2, 1, &ROWS), vec![(7, 1, "Total"), (7, 3, "3.75")]].concat();
    is_the_table(&loaded(&total));
    let noted = [titled.clone(), vec![(9, 0, "Source: accounting")]].concat();
    is_the_table(&loaded(&noted));
    let at_once = [table(0, 0, &ROWS), vec![(4, 0, "Total"), (4, 2, "3.75")]].concat();
    is_the_table(&loaded(&at_once));
}

#[test]
fn an_empty_row_within_a_table_does_not_end_it() {
    let gap = [table(0, 0, &ROWS[..3]), table(4, 0, &ROWS[3..])].concat();
    is_the_table(&loaded(&gap));
}

#[test]
fn each_sheet_is_a_feed() {
    let world = World::new();
    let mut workbook = Workbook::new();
    sheet(&mut workbook, "North", &table(0, 0, &ROWS));
    sheet(&mut workbook, "Notes", &[]);
    sheet(&mut workbook, "South East", &table(1, 1, &ROWS));
    workbook.save(world.raw().join("sales.xlsx")).unwrap();
    let found = world.infer();
    let names: Vec<&str> = found.feeds.iter().map(|feed| feed.name.as_str()).collect();
    assert_eq!(names, ["sales_north", "sales_south_east"]);
    let summary = world.load(&found.feeds);
    for feed in &found.feeds {
        assert_all_loaded(&summary, feed, &feed.name);
        is_the_table(&world.rows(feed));
    }
}

//! **The inferred contract accepts every row of the files it came from, and loses no digit and no leading zero**: the lake
//! is compared with the texts of the files, cell by cell.

use crate::habits::{Habit, Index, NAMES, compressed, habits};
use crate::world::{World, assert_all_loaded};
use ingot_contract::DataType;
use ingot_infer::Feed;

/// Tables of each habit.
const TABLES: u64 = 9;

fn holds(habit: &Habit, seed: u64) {
    let rows = [3, 12, 40, 150, 600][(seed % 5) as usize];
    let ending = ["", "", ".gz", ".zst"][(seed % 4) as usize];
    let written = habit.write(seed, rows);
    let what = format!("{} with seed {seed} and {rows} rows", habit.name);
    let world = World::new();
    world.write(&format!("orders.csv{ending}"), compressed(&written.bytes, ending));
    let found = world.infer();
    assert_eq!(found.feeds.len(), 1, "{what}: {:?}", found.passed_over);
    let feed = &found.feeds[0];
    assert_eq!(feed.bad_rows, 0, "{what}: {:?} {:?}", feed.bad, feed.reasons);
    let summary = world.load(&found.feeds);
    assert_all_loaded(&summary, feed, &what);
    let lake = world.rows(feed);
    assert_eq!(lake.len(), rows, "{what}: {:?}", feed.reasons);
    let skipped = usize::from(habit.index != Index::None);
    assert_eq!(feed.columns.len(), NAMES.len() + skipped, "{what}: {:?}", feed.reasons);
    for (number, (row, cells)) in lake.iter().zip(&written.rows).enumerate() {
        for (at, (raw, meant)) in cells.iter().enumerate() {
            let decision = &feed.columns[at + skipped];
            let found = row[at + skipped].as_deref();
            let is_text = decision.column.data_type == DataType::Str;
            let is_right = match found {
                None => raw.is_empty(),
                // A text column keeps what a program writes for null, unless it can mean nothing else.
                Some(found) if raw.is_empty() => is_text && found == habit.null,
                Some(found) if is_text => found == raw,
                Some(found) => value(found) == value(meant),
            };
            assert!(
                is_right,
                "{what}: row {number}, '{}' ({}): {raw:?} became {found:?}",
                decision.column.name,
                decision.column.data_type.word()
            );
        }
    }
    if habit.header {
        is_typed(feed, habit, rows, &what);
    }
}

/// A value without what does not count: zeros at the end of a fraction, the sign between date and time, UTC.
fn value(text: &str) -> String {
    let text = text.replace('T', " ");
    let text =
        text.strip_suffix("+00").or_else(|| text.strip_suffix("+00:00")).unwrap_or(&text).to_lowercase();
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{whole}.{}", fraction.trim_end_matches('0')).trim_end_matches('.').to_owned()
        }
        _ => text,
    }
}

/// Text would keep everything; the types must be those that one would choose.
fn is_typed(feed: &Feed, habit: &Habit, rows: usize, what: &str) {
    let word = |name: &str| {
        let found = feed.columns.iter().find(|decision| decision.column.name == name);
        found.unwrap_or_else(|| panic!("{what}: no column '{name}'")).column.data_type.word()
    };
    assert_eq!(word("order_id"), "i64", "{what}");
    assert_eq!(word("plz"), "str", "{what}");
    assert_eq!(word("phone"), "str", "{what}");
    assert_eq!(word("big"), "dec(38,0)", "{what}");
    // `1.234` or `12/05/2024` in a handful of rows says nothing, and the null of SAS is a point.
    if rows >= 40 && habit.null != "." {
        assert_eq!(word("amount"), "dec(18,2)", "{what}");
        assert_eq!(word("day"), "date", "{what}");
        assert_eq!(word("at"), "ts", "{what}");
        assert_eq!(word("paid"), if habit.flags.0 == "1" { "i64" } else { "bool" }, "{what}");
        assert_eq!(word("price"), "dec(18,4)", "{what}");
        assert_eq!(word("sku"), "str", "{what}");
    }
}

fn all(part: usize) {
    for habit in habits().iter().skip(part).step_by(4) {
        for seed in 1..=TABLES {
            holds(habit, seed * 7 + part as u64);
        }
    }
}

#[test]
fn the_promise_is_tried_on_more_than_300_files() {
    assert!(habits().len() as u64 * TABLES > 300, "{}", habits().len() as u64 * TABLES);
}

#[test]
fn every_row_of_many_kinds_of_csv_is_loaded_with_all_its_digits_1() {
    all(0);
}

#[test]
fn every_row_of_many_kinds_of_csv_is_loaded_with_all_its_digits_2() {
    all(1);
}

#[test]
fn every_row_of_many_kinds_of_csv_is_loaded_with_all_its_digits_3() {
    all(2);
}

#[test]
fn every_row_of_many_kinds_of_csv_is_loaded_with_all_its_digits_4() {
    all(3);
}

//! Forms of CSV that are rarer than those of `habits`: notes above and below, comments, two header rows, several tables,
//! damaged rows.

use crate::world::{World, assert_all_loaded};
use ingot_infer::Feed;

fn loaded(text: &str) -> (Feed, Vec<Vec<Option<String>>>) {
    let world = World::with(&[("t.csv", text.as_bytes())]);
    let feed = world.feed();
    assert_all_loaded(&world.load(std::slice::from_ref(&feed)), &feed, text);
    let rows = world.rows(&feed);
    (feed, rows)
}

fn texts(rows: &[Vec<Option<String>>]) -> Vec<String> {
    rows.iter()
        .map(|row| row.iter().map(|cell| cell.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join("|"))
        .collect()
}

#[test]
fn titles_comments_and_totals_are_not_rows() {
    for text in [
        "Report\nof May\n\nid,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\n",
        "id,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\nTotal,,9\n",
        "id,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\n\nTotal,,9\n",
        "id,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\n\nmade on Monday\n",
        "id,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\n\nkey,value\na,b\n",
        "# made by hand\nid,name,n\n1,Ann,2\n# the rest\n2,Bob,3\n3,Cid,4\n",
    ] {
        let (feed, rows) = loaded(text);
        assert_eq!(texts(&rows), ["1|Ann|2", "2|Bob|3", "3|Cid|4"], "{text}\n{:?}", feed.reasons);
        assert_eq!(feed.columns[2].column.data_type.word(), "i64", "{text}");
    }
}

#[test]
fn empty_lines_within_a_table_cost_no_row() {
    for text in [
        "id,name,n\n1,Ann,2\n\n2,Bob,3\n\n3,Cid,4\n\nTotal,,9\n",
        "id,name,n\n1,Ann,2\n\n2,Bob,3\n3,Cid,4\n\nmade on Monday\n",
        "id,name,n\n1,Ann,2\n\n2,Bob,3\n3,Cid,4\n",
    ] {
        let (feed, rows) = loaded(text);
        assert_eq!(texts(&rows), ["1|Ann|2", "2|Bob|3", "3|Cid|4"], "{text}\n{:?}", feed.reasons);
    }
}

#[test]
fn another_table_in_the_file_is_told() {
    let (feed, _) = loaded("id,name,n\n1,Ann,2\n2,Bob,3\n3,Cid,4\n\nkey,value\na,b\n");
    assert!(feed.reasons.join(" ").contains("line 6"), "{:?}", feed.reasons);
}

#[test]
fn two_rows_may_name_the_columns() {
    let (feed, rows) = loaded(",Ann,,Bob,\nid,in,out,in,out\n1,2,3,4,5\n6,7,8,9,10\n");
    let names: Vec<&str> = feed.columns.iter().map(|decision| decision.column.name.as_str()).collect();
    assert_eq!(names, ["id", "Ann_in", "Ann_out", "Bob_in", "Bob_out"]);
    assert_eq!(texts(&rows), ["1|2|3|4|5", "6|7|8|9|10"]);
}

#[test]
fn names_that_come_twice_are_told_apart() {
    let (feed, rows) = loaded("id,n,n\n1,2,3\n4,5,6\n");
    assert_eq!(feed.columns.len(), 3);
    assert_eq!(texts(&rows), ["1|2|3", "4|5|6"]);
}

#[test]
fn one_column_is_a_table_too() {
    let (_, rows) = loaded("name\nAnn\nBob\n");
    assert_eq!(texts(&rows), ["Ann", "Bob"]);
}

#[test]
fn backslashes_escape_quotes_where_files_use_them_so() {
    let (feed, rows) = loaded("id,note\n1,\"says \\\"hi\\\", loud\"\n2,\"plain\"\n");
    assert_eq!(texts(&rows), ["1|says \"hi\", loud", "2|plain"], "{:?}", feed.reasons);
    let (_, rows) = loaded("id,size\n1,5\" pipe\n2,6\" pipe\n");
    assert_eq!(texts(&rows), ["1|5\" pipe", "2|6\" pipe"]);
}

#[test]
fn rows_that_are_damaged_are_counted_and_named() {
    let mut text = "id,name,n\n".to_owned();
    for row in 0..50 {
        text.push_str(&if row == 25 { "25,broken\n".to_owned() } else { format!("{row},name,{row}\n") });
    }
    let feed = World::with(&[("t.csv", text.as_bytes())]).feed();
    assert_eq!((feed.rows, feed.bad_rows), (49, 1));
    assert!(feed.bad[0].contains("t.csv:27 RAGGED_ROW"), "{:?}", feed.bad);
}

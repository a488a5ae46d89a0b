//! Which files are one feed, what their paths say, and how feeds refer to each other.

use crate::world::{World, assert_all_loaded};

fn paths(files: &[(&str, &[u8])]) -> Vec<(String, String, u64)> {
    let world = World::with(files);
    let found = world.infer();
    let summary = world.load(&found.feeds);
    for feed in &found.feeds {
        assert_all_loaded(&summary, feed, &feed.name);
        assert_eq!(world.rows(feed).len() as u64, feed.rows, "{}", feed.name);
    }
    found.feeds.iter().map(|feed| (feed.name.clone(), feed.form.path.clone(), feed.rows)).collect()
}

#[test]
fn deliveries_of_a_feed_are_found_by_their_names() {
    let found = paths(&[
        ("orders_2025-01.csv", b"id,n\n1,2\n"),
        ("orders_2025-02.csv", b"id,n\n2,3\n"),
        ("customers.csv", b"id,name\n1,Ann\n"),
    ]);
    let expected = [("customers", "customers.csv", 1), ("orders", "orders_*.csv", 2)];
    assert_eq!(found, expected.map(|(name, path, rows)| (name.to_owned(), path.to_owned(), rows)));
}

#[test]
fn folders_of_partitions_give_their_columns() {
    let world = World::with(&[
        ("sales/day=2025-01-03/shop=7/part-0.csv", b"id,n\n1,2\n"),
        ("sales/day=2025-01-04/shop=8/part-0.csv", b"id,n\n2,3\n"),
    ]);
    let feed = world.feed();
    assert_eq!(
        (feed.name.as_str(), feed.form.path.as_str()),
        ("sales", "sales/day={day}/shop={shop}/part-*.csv")
    );
    let words: Vec<String> = feed.columns.iter().map(|decision| decision.column.data_type.word()).collect();
    assert_eq!(words, ["i64", "i64", "date", "i64"]);
    assert_all_loaded(&world.load(std::slice::from_ref(&feed)), &feed, "partitions");
    let cells: Vec<Option<String>> = world.rows(&feed).remove(0);
    assert_eq!(
        cells.iter().map(|cell| cell.as_deref().unwrap()).collect::<Vec<_>>(),
        ["1", "2", "2025-01-03", "7"]
    );
}

#[test]
fn files_that_no_one_contract_describes_are_feeds_of_their_own() {
    let found = paths(&[
        ("list_1.csv", b"id,name,n\n1,Ann,5\n2,Bob,6\n"),
        ("list_2.csv", b"id;name;n\n3;Cid;7\n4;Dan;8\n"),
        ("list_3.csv", b"code,price,currency\nx,1.5,EUR\ny,2.5,EUR\n"),
    ]);
    let mut names: Vec<&str> = found.iter().map(|(_, path, _)| path.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["list_1.csv", "list_2.csv", "list_3.csv"]);
}

#[test]
fn columns_that_come_later_are_in_the_contract() {
    let world = World::with(&[("t_1.csv", b"id,n\n1,2\n"), ("t_2.csv", b"id,n,note\n2,3,x\n")]);
    let feed = world.feed();
    assert_eq!(feed.columns.len(), 3);
    assert!(!feed.columns[2].column.required);
    assert_all_loaded(&world.load(std::slice::from_ref(&feed)), &feed, "later columns");
}

#[test]
fn references_are_columns_whose_values_are_all_keys() {
    let rows = |header: &str, row: &dyn Fn(usize) -> String| {
        let lines: Vec<String> = (1..=30).map(row).collect();
        format!("{header}\n{}\n", lines.join("\n"))
    };
    let customers = rows("customer_id,name", &|row| format!("{row},n{row}"));
    let orders = rows("order_id,customer_id,total", &|row| format!("{},{},{row}.5", 100 + row, row % 9 + 1));
    let strange = rows("id,customer_id", &|row| format!("{row},{}", row + 5));
    let world = World::with(&[
        ("customers.csv", customers.as_bytes()),
        ("orders.csv", orders.as_bytes()),
        ("visits.csv", strange.as_bytes()),
    ]);
    let found = world.infer();
    let of = |name: &str| {
        let feed = found.feeds.iter().find(|feed| feed.name == name).unwrap();
        feed.references.iter().map(|one| format!("{}.{}", one.feed, one.key)).collect::<Vec<_>>()
    };
    assert_eq!(of("orders"), ["customers.customer_id"]);
    assert!(of("visits").is_empty(), "some of its customers are not there");
    world.load(&found.feeds);
}

#[test]
fn what_is_not_data_is_named_with_the_reason() {
    let world = World::with(&[
        ("t.csv", b"a,b\n1,2\n"),
        ("notes.md", b"# notes"),
        ("empty.csv", b""),
        ("header.csv", b"id,name\n"),
    ]);
    let found = world.infer();
    assert_eq!(found.feeds.len(), 1);
    assert_eq!(found.passed_over.len(), 3, "{:?}", found.passed_over);
}

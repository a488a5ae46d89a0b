//! Later windows: they join what is there, deliver again what has changed, bring what was late, and leave a ledger that is
//! true of every delivery.

use crate::ledger_checks::{Told, assert_same, assert_true, of_files_on_disk, table};
use crate::raw_folder::{batches, csv, files, options, run, tree};
use ingot_core::report::Silent;
use ingot_generate::{GenerateOptions, generate};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

/// The window that begins on a day, with the other arguments as they were.
fn later(base: &GenerateOptions, start: &str, days: u32, late_days: u32) -> GenerateOptions {
    GenerateOptions { start_date: start.into(), days, late_days, ..base.clone() }
}

#[test]
fn a_later_window_joins_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let base = options(root, 0.01, 31);
    run(&base);
    let before = tree(root);
    let later = GenerateOptions { start_date: "2023-02-01".into(), days: 5, ..base.clone() };
    let summary = run(&later);
    let after = tree(root);
    for (name, hash) in &before {
        let redelivered =
            ["customers.csv", "products.csv", "stores.csv", "suppliers.csv", "exchange_rates.xlsx"];
        if !redelivered.contains(&name.as_str()) && !name.ends_with("generate.json") {
            assert_eq!(after.get(name), Some(hash), "{name}");
        }
    }
    assert!(summary.feeds.iter().all(|feed| feed.rows > 0), "{summary:?}");
    assert!(after.contains_key("orders_header/order_dt=2023-02-05/part-00000.csv"));
    assert!(after.contains_key("_ledger/ledger-2023-02-01.parquet"));
    let table = ingot_lake::DeltaTable::open(&root.join("returns")).unwrap();
    assert_eq!(table.version(), 4);

    // The same days in a run of one piece.
    let whole = folder.path().join("whole");
    run(&options(&whole, 0.01, 36));
    let whole = tree(&whole);
    for name in
        ["orders_lines/order_dt=2023-02-03/part-00000.csv", "events/event_dt=2023-02-03/events_00000.jsonl"]
    {
        assert_eq!(after[name], whole[name], "{name}");
    }
}

/// The rows of all files of a feed, sorted.
fn all_rows(root: &Path, feed: &str) -> Vec<Vec<String>> {
    let mut rows: Vec<_> = files(root, feed, "csv").iter().flat_map(|file| csv(file).1).collect();
    rows.sort();
    rows
}

/// The keys in all Parquet files of a feed.
fn ids(root: &Path, feed: &str, key: &str) -> BTreeSet<i64> {
    use arrow::array::AsArray as _;
    let batches = files(root, feed, "parquet").into_iter().flat_map(|file| batches(&file));
    batches
        .flat_map(|batch| {
            let keys = batch.column_by_name(key).unwrap().as_primitive::<arrow::datatypes::Int64Type>();
            keys.values().to_vec()
        })
        .collect()
}

/// Two runs of the same days: one window, and many of a few days each.
#[test]
fn nothing_is_lost_where_windows_meet() {
    let folder = tempfile::tempdir().unwrap();
    let (many, one) = (folder.path().join("many"), folder.path().join("one"));
    let base = options(&many, 0.05, 3);
    run(&base);
    for start in (4..28).step_by(3) {
        run(&later(&base, &format!("2023-01-{start:02}"), 3, 0));
    }
    assert_true(&many);
    run(&options(&one, 0.05, 27));
    for (feed, key) in [("shipments", "shipment_id"), ("returns", "return_id")] {
        let (many, one) = (ids(&many, feed, key), ids(&one, feed, key));
        let differ: Vec<_> = one.symmetric_difference(&many).collect();
        assert!(differ.is_empty() && !one.is_empty(), "{feed} {differ:?}");
    }
}

#[test]
fn a_chain_in_mid_month_with_late_orders_keeps_a_true_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("raw");
    let base = options(&root, 0.05, 40);
    run(&base);
    assert_true(&root);
    let earlier = table(&root, "ledger");

    // Two more days with late files, and two more, in the middle of a month.
    run(&later(&base, "2023-02-10", 2, 1));
    assert_true(&root);
    run(&later(&base, "2023-02-12", 2, 0));
    assert_true(&root);

    // A month's readings are all there.
    for file in files(&root, "sensors", "csv") {
        let days: BTreeSet<String> =
            csv(&file).1.iter().filter(|row| !row[0].is_empty()).map(|row| row[0][..10].to_owned()).collect();
        let expected = if file.to_string_lossy().contains("month=2023-01") { 31 } else { 13 };
        assert_eq!(days.len(), expected, "{}", file.display());
    }

    // What was said of earlier deliveries is still said.
    let of_first: Vec<Told> =
        table(&root, "ledger").into_iter().filter(|row| row["delivery"] == "1").collect();
    assert_eq!(of_first, earlier);
    // A defect of a file that was delivered three times is named three times, once for the file on disk.
    let february: Vec<Told> = table(&root, "ledger")
        .into_iter()
        .filter(|row| row["feed"] == "sensors" && row["file"].contains("month=2023-02"))
        .collect();
    let first_day = |rows: &[Told], delivery: &str| -> Vec<(String, String)> {
        rows.iter()
            .filter(|row| row["delivery"] == delivery && row["row_key"].contains("2023-02-0"))
            .map(|row| (row["row_key"].clone(), row["row_number"].clone()))
            .collect()
    };
    assert!(!first_day(&february, "1").is_empty());
    assert_eq!(first_day(&february, "1"), first_day(&february, "3"));

    // One run over all the days without late orders has the same rows.
    let whole = folder.path().join("whole");
    run(&options(&whole, 0.05, 44));
    for feed in ["orders_header", "orders_lines", "sensors"] {
        assert_same(&all_rows(&root, feed), &all_rows(&whole, feed), feed);
    }
    // So has each parcel and each return, whatever the clocks showed where the windows meet.
    for (feed, key) in [("shipments", "shipment_id"), ("returns", "return_id")] {
        let (chain, one) = (ids(&root, feed, key), ids(&whole, feed, key));
        let missing: Vec<_> = one.symmetric_difference(&chain).collect();
        assert!(missing.is_empty(), "{feed} {missing:?}");
    }
    let (root, whole) = (tree(&root), tree(&whole));
    for (name, hash) in &whole {
        let grows =
            name.starts_with("_ledger") || name.starts_with("returns") || name.starts_with("shipments");
        let is_late =
            ["2023-02-10", "2023-02-11"].iter().any(|day| name.starts_with("orders_") && name.contains(day));
        if !grows && !is_late {
            assert_eq!(root.get(name), Some(hash), "{name}");
        }
    }
}

#[test]
fn late_orders_come_in_files_of_their_own_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("raw");
    let base = GenerateOptions { late_days: 3, ..options(&root, 0.05, 20) };
    run(&base);
    assert_true(&root);
    let whole = folder.path().join("whole");
    run(&options(&whole, 0.05, 20));

    // What is missing is what is due after the window, and the ledger names it.
    let held: HashSet<String> = table(&root, "late")
        .into_iter()
        .filter(|row| *row["released_on"] >= *"2023-01-21")
        .map(|row| row["row_key"].clone())
        .collect();
    assert!(!held.is_empty());
    let of_order = |row: &Vec<String>| row[0].clone();
    let of_line = |row: &Vec<String>| format!("{}|{}", row[0], row[1]);
    for (feed, key) in
        [("orders_header", &of_order as &dyn Fn(&Vec<String>) -> String), ("orders_lines", &of_line)]
    {
        let there = all_rows(&root, feed);
        let mut expected = all_rows(&whole, feed);
        expected.retain(|row| !held.contains(&key(row)));
        assert_same(&there, &expected, feed);
    }
    // About one in twenty is late; each day has one at least, and each comes in the file that the ledger names.
    let late: Vec<Told> =
        table(&root, "late").into_iter().filter(|row| row["feed"] == "orders_header").collect();
    let orders = all_rows(&whole, "orders_header").len();
    assert!((orders / 30..orders / 10).contains(&late.len()), "{} of {orders}", late.len());
    assert_eq!(late.iter().map(|row| &row["day"]).collect::<BTreeSet<_>>().len(), 20);
    for row in &late {
        let path = root.join(&row["file"]);
        assert!(row["file"].contains(&format!("order_dt={}/part-0010", row["day"])), "{row:?}");
        assert_eq!(path.exists(), *row["released_on"] < *"2023-01-21", "{row:?}");
        if path.exists() {
            assert!(csv(&path).1.iter().any(|order| order[0] == row["row_key"]), "{row:?}");
        }
    }

    // Two short windows bring the rest; the base's files stay as they are.
    let before = tree(&root);
    run(&later(&base, "2023-01-21", 1, 0));
    assert_true(&root);
    let second = run(&later(&base, "2023-01-22", 2, 0));
    assert_true(&root);
    assert!(second.feeds.iter().find(|feed| feed.feed == "orders_header").unwrap().files > 2);
    let after = tree(&root);
    for (name, hash) in before.iter().filter(|(name, _)| name.starts_with("orders_")) {
        assert_eq!(after.get(name), Some(hash), "{name}");
    }
    let longer = folder.path().join("longer");
    run(&options(&longer, 0.05, 23));
    for feed in ["orders_header", "orders_lines"] {
        assert_same(&all_rows(&root, feed), &all_rows(&longer, feed), feed);
    }

    // A chain of late windows has the files of one late run.
    let chain = folder.path().join("chain");
    let first = GenerateOptions { late_days: 3, ..options(&chain, 0.05, 10) };
    run(&first);
    run(&later(&first, "2023-01-11", 10, 3));
    let (chain, one) = (tree(&chain), before);
    for (name, hash) in
        one.iter().filter(|(name, _)| name.starts_with("orders_") || name.starts_with("events"))
    {
        assert_eq!(chain.get(name), Some(hash), "{name}");
    }
}

#[test]
fn a_window_may_be_repeated_but_not_with_other_late_orders() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let base = options(root, 0.005, 10);
    run(&base);
    let next = later(&base, "2023-01-11", 2, 1);
    run(&next);
    let before = tree(root);
    run(&next);
    assert_eq!(tree(root), before);
    let error = generate(&later(&base, "2023-01-11", 2, 2), &Silent).unwrap_err();
    assert!(error.message().contains("with other late orders"), "{error}");
    assert!(error.hint_text().unwrap().contains("--late-days 1"), "{:?}", error.hint_text());
    assert_eq!(tree(root), before);
}

#[test]
fn order_ids_of_windows_never_meet() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let base = options(root, 0.02, 5);
    run(&base);
    run(&later(&base, "2023-01-06", 5, 2));
    run(&later(&base, "2023-01-11", 5, 0));
    let mut day_of: BTreeMap<String, String> = BTreeMap::new();
    for file in files(root, "orders_lines", "csv") {
        let day = file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        for row in csv(&file).1 {
            assert_eq!(*day_of.entry(row[0].clone()).or_insert_with(|| day.clone()), day);
        }
    }
    for (feed, key) in [("shipments", "shipment_id"), ("returns", "return_id")] {
        let mut seen: BTreeMap<i64, i64> = BTreeMap::new();
        for batch in files(root, feed, "parquet").iter().flat_map(|file| batches(file)) {
            use arrow::array::AsArray as _;
            let column = |name: &str| {
                batch.column_by_name(name).unwrap().as_primitive::<arrow::datatypes::Int64Type>().clone()
            };
            for (id, order) in column(key).values().iter().zip(column("order_id").values()) {
                assert_eq!(seen.insert(*id, *order).unwrap_or(*order), *order, "{feed} {id}");
            }
        }
    }
}

/// The value that a delivered row should have in a column, from the truth and the defect that it bears.
fn delivered(version: &Told, column: &str) -> String {
    let text = version.get(column).cloned().unwrap_or_default();
    match (version.get("defect_code").map(String::as_str), column) {
        (Some("missing_price"), "current_price")
        | (Some("missing_address"), "address_line1")
        | (Some("discontinued_without_date"), "discontinued_dt") => String::new(),
        (Some("discontinued_without_date"), "is_discontinued") => "true".to_owned(),
        _ => text,
    }
}

#[test]
fn the_history_is_what_snapshots_over_the_deliveries_see() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let base = options(root, 0.05, 60);
    let windows = [
        base.clone(),
        later(&base, "2023-03-02", 45, 0),
        later(&base, "2023-04-16", 2, 0),
        later(&base, "2023-04-18", 90, 0),
    ];
    // (key, when seen) -> what a snapshot takes, for each delivery a change is seen in.
    let compared = [
        ("products", vec!["sku", "name", "current_price", "is_discontinued", "discontinued_dt"]),
        (
            "customers",
            vec![
                "address_line1",
                "address_line2",
                "city",
                "state_region",
                "postcode",
                "latitude",
                "longitude",
            ],
        ),
    ];
    let mut seen: Vec<BTreeMap<(String, usize), Vec<String>>> = vec![BTreeMap::new(), BTreeMap::new()];
    let mut last: Vec<BTreeMap<String, Vec<String>>> = vec![BTreeMap::new(), BTreeMap::new()];
    for (index, window) in windows.iter().enumerate() {
        run(window);
        for (feed, (name, columns)) in compared.iter().enumerate() {
            let (header, rows) = csv(&root.join(format!("{name}.csv")));
            let at = |column: &str| header.iter().position(|name| name == column).unwrap();
            for row in rows {
                if *name == "products"
                    && !row[at("current_price")].is_empty()
                    && row[at("current_price")].parse::<f64>().is_err()
                {
                    continue; // Bronze rejects it.
                }
                let values: Vec<String> = columns.iter().map(|column| row[at(column)].clone()).collect();
                if last[feed].insert(row[0].clone(), values.clone()).as_ref() != Some(&values) {
                    seen[feed].insert((row[0].clone(), index + 1), values);
                }
            }
        }
    }
    for (feed, (name, columns)) in compared.iter().enumerate() {
        let id = if *name == "products" { "product_id" } else { "customer_id" };
        let mut versions = table(root, &format!("history_{name}"));
        assert!(
            versions.iter().any(|version| !version.contains_key("delivery")),
            "none was missed by the deliveries"
        );
        // Every version has another day, and truly differs from the one before.
        versions.sort_by_key(|version| (version[id].parse::<i64>().unwrap(), version["valid_from"].clone()));
        for pair in versions.windows(2).filter(|pair| pair[0][id] == pair[1][id]) {
            assert!(pair[0]["valid_from"] < pair[1]["valid_from"], "{pair:?}");
            assert!(columns.iter().any(|column| pair[0].get(*column) != pair[1].get(*column)), "{pair:?}");
        }
        let mut expected: BTreeMap<(String, usize), Vec<String>> = BTreeMap::new();
        let mut before: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for version in &versions {
            let Some(delivery) = version.get("delivery") else { continue };
            if version.get("defect_code").is_some_and(|code| code == "price_not_a_number") {
                continue;
            }
            let values: Vec<String> = columns.iter().map(|column| delivered(version, column)).collect();
            // A change that the defect hides, or that was taken back, is none in the files.
            if before.insert(version[id].clone(), values.clone()).as_ref() != Some(&values) {
                expected.insert((version[id].clone(), delivery.parse().unwrap()), values);
            }
        }
        let number = |values: &Vec<String>| -> Vec<String> {
            values
                .iter()
                .map(|text| text.parse::<f64>().map_or(text.clone(), |number| number.to_string()))
                .collect()
        };
        let plain = |map: &BTreeMap<(String, usize), Vec<String>>| -> BTreeMap<(String, usize), Vec<String>> {
            map.iter().map(|(key, values)| (key.clone(), number(values))).collect()
        };
        assert_eq!(plain(&expected), plain(&seen[feed]), "{name}");
        for delivery in 1..=4 {
            let changes = seen[feed].keys().filter(|(_, seen)| *seen == delivery).count();
            assert!(changes > 0, "nothing of {name} changed in delivery {delivery}");
        }
    }
    assert!(!of_files_on_disk(root, "ledger").is_empty());
    // A reader of the folder finds out what all this means.
    assert!(fs::read_to_string(root.join("_ledger/README.md")).unwrap().contains("history_products"));
}

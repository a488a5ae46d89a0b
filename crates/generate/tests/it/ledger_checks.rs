//! The ledger against the files that it speaks of, both ways: what it names is there, and nothing else is.

use crate::raw_folder::{batches, csv, files};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A row of a table of the ledger: what its columns say, as text; null is missing.
pub type Told = BTreeMap<String, String>;

/// All rows of a table of the ledger, of all deliveries.
pub fn table(root: &Path, name: &str) -> Vec<Told> {
    let mut rows = Vec::new();
    for file in files(root, "_ledger", "parquet") {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        if stem != name && !stem.starts_with(&format!("{name}-")) {
            continue;
        }
        for batch in batches(&file) {
            let texts: Vec<_> = batch
                .columns()
                .iter()
                .map(|column| arrow::compute::cast(column, &DataType::Utf8).unwrap())
                .collect();
            for row in 0..batch.num_rows() {
                let told =
                    batch.schema_ref().fields().iter().zip(&texts).filter(|(_, text)| text.is_valid(row));
                rows.push(
                    told.map(|(field, text)| {
                        (field.name().clone(), text.as_string::<i32>().value(row).to_owned())
                    })
                    .collect(),
                );
            }
        }
    }
    rows
}

/// The rows of a table that speak of the files as they now are: those of the newest delivery of each file.
pub fn of_files_on_disk(root: &Path, name: &str) -> Vec<Told> {
    let mut newest: HashMap<String, i32> = HashMap::new();
    for delivered in table(root, "deliveries") {
        let number: i32 = delivered["delivery"].parse().unwrap();
        let known = newest.entry(delivered["file"].clone()).or_insert(number);
        *known = number.max(*known);
    }
    table(root, name).into_iter().filter(|row| newest[&row["file"]].to_string() == row["delivery"]).collect()
}

/// The same rows in the same order; if not, what differs (not thousands of rows that do not).
#[track_caller]
pub fn assert_same(found: &[Vec<String>], expected: &[Vec<String>], what: &str) {
    let difference = |these: &[Vec<String>], those: &[Vec<String>]| -> Vec<Vec<String>> {
        let those: HashSet<_> = those.iter().collect();
        these.iter().filter(|row| !those.contains(row)).take(3).cloned().collect()
    };
    assert!(
        found == expected,
        "{what}: {} rows, {} expected\n  not expected: {:?}\n  missing: {:?}",
        found.len(),
        expected.len(),
        difference(found, expected),
        difference(expected, found)
    );
}

/// The rows of a CSV file, read once.
#[derive(Default)]
struct Texts(HashMap<PathBuf, (Vec<String>, Vec<Vec<String>>)>);

impl Texts {
    fn of(&mut self, file: &Path) -> &(Vec<String>, Vec<Vec<String>>) {
        self.0.entry(file.to_owned()).or_insert_with(|| csv(file))
    }
}

/// What is looked for in a row, whose cells it asks for by the column's name.
type Wanted<'w> = &'w dyn Fn(&dyn Fn(&str) -> String) -> bool;

/// Checks all that the ledger says of the files in a raw folder. Returns how many defects of each feed and code there are.
#[track_caller]
pub fn assert_true(root: &Path) -> BTreeMap<(String, String), usize> {
    let ledger = of_files_on_disk(root, "ledger");
    let of = |feed: &str, code: &str| -> Vec<&Told> {
        ledger.iter().filter(|entry| entry["feed"] == feed && entry["code"] == code).collect()
    };
    let keys = |feed: &str, code: &str| -> BTreeSet<String> {
        of(feed, code).iter().map(|entry| entry["row_key"].clone()).collect()
    };
    let relative = |file: &Path| file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");

    // What was delivered is what is there.
    let delivered = of_files_on_disk(root, "deliveries");
    let mut names = BTreeSet::new();
    for file in &delivered {
        assert!(names.insert(file["file"].clone()), "{file:?} stands twice");
        let path = root.join(&file["file"]);
        let Some(hash) = file.get("content_hash") else {
            assert_eq!(file["feed"], "returns");
            continue;
        };
        let bytes = fs::read(&path).unwrap();
        assert_eq!(*hash, format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes)), "{file:?}");
        assert_eq!(file["bytes"], bytes.len().to_string());
        if path.extension().is_some_and(|extension| extension == "csv") {
            assert_eq!(file["rows"], csv(&path).1.len().to_string(), "{file:?}");
        }
    }
    for file in ["csv", "jsonl", "xlsx"].iter().flat_map(|extension| files(root, "", extension)) {
        assert!(names.contains(&relative(&file)), "{} is not among the deliveries", file.display());
    }

    // In the row that the ledger names stand the key and the value that it names.
    let mut texts = Texts::default();
    for entry in &ledger {
        let file = root.join(&entry["file"]);
        let number: usize = entry["row_number"].parse().unwrap();
        if entry["feed"] == "events" {
            let text = fs::read_to_string(&file).unwrap();
            assert_eq!(text.lines().nth(number - 1), Some(entry["written_value"].as_str()), "{entry:?}");
            continue;
        }
        let (header, rows) = texts.of(&file);
        let (row, column) =
            (&rows[number - 1], header.iter().position(|name| *name == entry["column"]).unwrap());
        assert_eq!(row[column], entry["written_value"], "{entry:?}");
        match entry["feed"].as_str() {
            "sensors" if entry["row_key"].starts_with("line:") => {
                assert_eq!(entry["row_key"], format!("line:{}", number + 1));
            }
            "sensors" => assert_eq!(entry["row_key"], format!("{}|{}|{}", row[1], row[2], row[0])),
            "orders_lines" => assert_eq!(entry["row_key"], format!("{}|{}", row[0], row[1])),
            _ => assert_eq!(entry["row_key"], row[0]),
        }
    }

    // The other way round: the dimensions, from the files alone.
    let dimension = |feed: &str| {
        let (header, rows) = csv(&root.join(format!("{feed}.csv")));
        let natural_key = header
            .iter()
            .position(|name| ["natural_key", "sku", "store_code", "supplier_code"].contains(&name.as_str()));
        let (mut ids, mut natural_keys) = (HashSet::new(), HashSet::new());
        let (mut same_id, mut same_key) = (BTreeSet::new(), BTreeSet::new());
        for row in &rows {
            if !ids.insert(row[0].clone()) {
                same_id.insert(row[0].clone());
            } else if !natural_keys.insert(row[natural_key.unwrap()].clone()) {
                same_key.insert(row[0].clone());
            }
        }
        assert_eq!(same_id, keys(feed, "duplicate_primary_key"), "{feed}");
        let code = match feed {
            "customers" => "duplicate_natural_key",
            _ => "duplicate_store_code",
        };
        assert_eq!(same_key, keys(feed, code), "{feed}");
        (header, rows, ids)
    };
    let found = |header: &[String], rows: &[Vec<String>], wanted: Wanted<'_>| {
        let at = |name: &str| header.iter().position(|column| column == name).unwrap();
        rows.iter()
            .filter(|row| wanted(&|name| row[at(name)].clone()))
            .map(|row| row[0].clone())
            .collect::<BTreeSet<String>>()
    };
    let is_beyond = |text: &str, most: f64| !(-most..=most).contains(&text.parse::<f64>().unwrap());

    let (header, rows, customers) = dimension("customers");
    let email =
        regex::Regex::new(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$").unwrap();
    assert_eq!(
        found(&header, &rows, &|of| !email.is_match(&of("email"))),
        keys("customers", "malformed_email")
    );
    assert_eq!(found(&header, &rows, &|of| of("phone").is_empty()), keys("customers", "missing_phone"));
    assert_eq!(
        found(&header, &rows, &|of| of("address_line1").is_empty()),
        keys("customers", "missing_address")
    );
    assert!(
        found(&header, &rows, &|of| is_beyond(&of("latitude"), 90.0) || is_beyond(&of("longitude"), 180.0))
            .is_empty()
    );

    let (header, rows, products) = dimension("products");
    let rejected_products = found(&header, &rows, &|of| {
        !of("current_price").is_empty() && of("current_price").parse::<f64>().is_err()
    });
    assert_eq!(rejected_products, keys("products", "price_not_a_number"));
    assert_eq!(
        found(&header, &rows, &|of| of("current_price").is_empty()),
        keys("products", "missing_price")
    );
    assert_eq!(
        found(&header, &rows, &|of| of("is_discontinued") == "true" && of("discontinued_dt").is_empty()),
        keys("products", "discontinued_without_date")
    );
    assert!(
        found(&header, &rows, &|of| of("is_discontinued") != "true" && !of("discontinued_dt").is_empty())
            .is_empty()
    );

    let (header, rows, stores) = dimension("stores");
    assert_eq!(
        found(&header, &rows, &|of| is_beyond(&of("latitude"), 90.0)),
        keys("stores", "impossible_latitude")
    );
    assert_eq!(
        found(&header, &rows, &|of| is_beyond(&of("longitude"), 180.0)),
        keys("stores", "impossible_longitude")
    );
    let (header, rows, _) = dimension("suppliers");
    assert!(found(&header, &rows, &|of| of("lead_time_days").parse::<i32>().unwrap() < 0).is_empty());

    // Orders against customers, stores and products.
    let mut seen: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let [mut unknown_customers, mut unknown_stores, mut bad_dates, mut bad_times] =
        [const { BTreeSet::new() }; 4];
    for file in files(root, "orders_header", "csv") {
        for row in csv(&file).1 {
            let order = row[0].clone();
            match row[1].parse::<jiff::Timestamp>() {
                Err(_) => drop(bad_times.insert(order.clone())),
                Ok(_) => assert!(file.to_string_lossy().contains(&row[1][..10]), "{file:?} {row:?}"),
            }
            match row[2].parse::<jiff::civil::Date>() {
                Err(_) => drop(bad_dates.insert(order.clone())),
                Ok(_) => assert!(file.to_string_lossy().contains(&row[2])),
            }
            if !customers.contains(&row[3]) {
                unknown_customers.insert(order.clone());
            }
            if !stores.contains(&row[4]) {
                unknown_stores.insert(order.clone());
            }
            seen.entry(order).or_default().push(file.clone());
        }
    }
    assert_eq!(unknown_customers, keys("orders_header", "unknown_customer_id"));
    assert_eq!(unknown_stores, keys("orders_header", "unknown_store_id"));
    assert_eq!(bad_times, keys("orders_header", "unparseable_timestamp"));
    assert_eq!(bad_dates, keys("orders_header", "unparseable_date"));
    let twice = |in_two_files: bool| -> BTreeSet<String> {
        seen.iter()
            .filter(|(_, files)| files.len() == 2 && (files[0] != files[1]) == in_two_files)
            .map(|(order, _)| order.clone())
            .collect()
    };
    assert!(seen.values().all(|files| files.len() <= 2));
    assert_eq!(twice(true), keys("orders_header", "order_id_in_two_files"));
    assert_eq!(twice(false), keys("orders_header", "duplicate_primary_key"));

    // What follows from a rejected order or product, row by row.
    let rejected_orders: BTreeSet<String> = bad_times.union(&bad_dates).cloned().collect();
    let mut expected_consequences: Vec<Vec<String>> = Vec::new();
    let mut expect =
        |feed: &str, file: &str, number: Option<usize>, key: &str, order: &str, product: Option<&str>| {
            let mut add = |column: &str, code: &str, cause_feed: &str, cause: &str| {
                let number = number.map_or_else(String::new, |number| number.to_string());
                expected_consequences.push(
                    [feed, file, &number, key, column, code, cause_feed, cause].map(str::to_owned).to_vec(),
                );
            };
            if rejected_orders.contains(order) {
                add("order_id", "order_rejected", "orders_header", order);
            }
            if let Some(product) = product.filter(|product| rejected_products.contains(*product)) {
                add("product_id", "product_rejected", "products", product);
            }
        };

    let mut line_keys = HashSet::new();
    let [mut unknown, mut negative, mut free, mut double] = [const { BTreeSet::new() }; 4];
    for file in files(root, "orders_lines", "csv") {
        for (index, row) in csv(&file).1.into_iter().enumerate() {
            let key = format!("{}|{}", row[0], row[1]);
            assert!(seen.contains_key(&row[0]), "{row:?}");
            expect("orders_lines", &relative(&file), Some(index + 1), &key, &row[0], Some(&row[2]));
            if !products.contains(&row[2]) {
                unknown.insert(key.clone());
            }
            if row[3].parse::<i32>().unwrap() <= 0 {
                negative.insert(key.clone());
            }
            if row[4].parse::<f64>().unwrap() <= 0.0 {
                free.insert(key.clone());
            }
            for share in [&row[5], &row[6]] {
                assert!((0.0..=1.0).contains(&share.parse::<f64>().unwrap()));
            }
            if !line_keys.insert(key.clone()) {
                double.insert(key);
            }
        }
    }
    assert_eq!(unknown, keys("orders_lines", "unknown_product_id"));
    assert_eq!(negative, keys("orders_lines", "negative_qty"));
    assert_eq!(free, keys("orders_lines", "zero_price"));
    assert_eq!(double, keys("orders_lines", "duplicate_primary_key"));

    for file in files(root, "shipments", "parquet") {
        let mut number = 0;
        for batch in batches(&file) {
            let column = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
            let (ids, orders) = (column("shipment_id"), column("order_id"));
            for row in 0..batch.num_rows() {
                number += 1;
                let key = ids.value(row).to_string();
                expect(
                    "shipments",
                    &relative(&file),
                    Some(number),
                    &key,
                    &orders.value(row).to_string(),
                    None,
                );
            }
        }
    }
    // Rows that were inserted into returns, also those that were changed later.
    for file in files(root, "returns", "parquet") {
        if !file.file_name().unwrap().to_str().unwrap().starts_with("part-insert") {
            continue;
        }
        for batch in batches(&file) {
            let column = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
            let (ids, orders, products) = (column("return_id"), column("order_id"), column("product_id"));
            assert!(
                batch
                    .column_by_name("qty")
                    .unwrap()
                    .as_primitive::<Int32Type>()
                    .iter()
                    .all(|qty| qty.unwrap() > 0)
            );
            for row in 0..batch.num_rows() {
                let key = ids.value(row).to_string();
                let product = products.value(row).to_string();
                expect("returns", "returns", None, &key, &orders.value(row).to_string(), Some(&product));
            }
        }
    }
    // The returns of every delivery count; of the files, those that are there.
    let mut consequences = of_files_on_disk(root, "consequences");
    consequences.retain(|row| row["feed"] != "returns");
    consequences.extend(table(root, "consequences").into_iter().filter(|row| row["feed"] == "returns"));
    let mut told: Vec<Vec<String>> = consequences
        .iter()
        .map(|row| {
            ["feed", "file", "row_number", "row_key", "column", "code", "cause_feed", "cause_key"]
                .map(|name| row.get(name).cloned().unwrap_or_default())
                .to_vec()
        })
        .collect();
    told.sort();
    expected_consequences.sort();
    assert_same(&told, &expected_consequences, "consequences");

    // Events: what is no JSON, and what lacks a member of the envelope.
    let [mut not_json, mut incomplete] = [const { BTreeSet::new() }; 2];
    for file in files(root, "events", "jsonl") {
        let mut last = String::new();
        for (index, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let place = (relative(&file), (index + 1).to_string());
            let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
                not_json.insert(place);
                continue;
            };
            let whole = ["event_id", "event_ts", "event_type", "user_id", "session_id", "payload"]
                .iter()
                .all(|member| event.get(member).is_some_and(|value| !value.is_null()));
            if !whole {
                incomplete.insert(place);
            }
            if let Some(at) = event["event_ts"].as_str() {
                assert!(relative(&file).contains(&at[..10]) && *at >= *last, "{} {line}", file.display());
                at.clone_into(&mut last);
            }
        }
    }
    let places = |feed: &str, code: &str| -> BTreeSet<(String, String)> {
        of(feed, code).iter().map(|entry| (entry["file"].clone(), entry["row_number"].clone())).collect()
    };
    assert_eq!(not_json, places("events", "not_json"));
    assert_eq!(incomplete, places("events", "missing_envelope_field"));

    // Sensors.
    let [mut hot, mut wet, mut timeless] = [const { BTreeSet::new() }; 3];
    for file in files(root, "sensors", "csv") {
        for (index, row) in csv(&file).1.iter().enumerate() {
            let place = (relative(&file), (index + 1).to_string());
            if !(-30.0..=60.0).contains(&row[3].parse::<f64>().unwrap()) {
                hot.insert(place.clone());
            }
            if !(0.0..=100.0).contains(&row[4].parse::<f64>().unwrap()) {
                wet.insert(place.clone());
            }
            if row[0].is_empty() {
                timeless.insert(place);
            }
        }
    }
    assert_eq!(hot, places("sensors", "temperature_out_of_range"));
    assert_eq!(wet, places("sensors", "humidity_out_of_range"));
    assert_eq!(timeless, places("sensors", "missing_sensor_ts"));

    let mut counts = BTreeMap::new();
    for entry in &ledger {
        *counts.entry((entry["feed"].clone(), entry["code"].clone())).or_default() += 1;
    }
    counts
}

//! Raw data: reproducible, of the promised size, and with a ledger that tells the whole truth.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use ingot::generate::{GenerateOptions, GenerateSummary, generate};
use ingot::report::Silent;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

fn options(out: &Path, scale: f64, days: u32) -> GenerateOptions {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    GenerateOptions { scale, days, ..GenerateOptions::new(out, schemas) }
}

fn run(options: &GenerateOptions) -> GenerateSummary {
    generate(options, &Silent).unwrap()
}

/// Every file under a folder with a hash of its bytes.
fn tree(root: &Path) -> BTreeMap<String, u64> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let relative = entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned();
            (relative, xxhash_rust::xxh3::xxh3_64(&fs::read(entry.path()).unwrap()))
        })
        .collect()
}

fn batches(file: &Path) -> Vec<RecordBatch> {
    ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap())
        .unwrap()
        .build()
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// A line of the ledger.
#[derive(Debug, Clone)]
struct Entry {
    feed: String,
    file: String,
    row_key: String,
    column: String,
    code: String,
    written_value: String,
}

fn ledger(root: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    for batch in batches(&root.join("_ledger/ledger.parquet")) {
        let text = |name: &str, row: usize| {
            batch.column_by_name(name).unwrap().as_string::<i32>().value(row).to_owned()
        };
        entries.extend((0..batch.num_rows()).map(|row| Entry {
            feed: text("feed", row),
            file: text("file", row),
            row_key: text("row_key", row),
            column: text("column", row),
            code: text("code", row),
            written_value: text("written_value", row),
        }));
    }
    entries
}

/// Header and rows. The generator quotes where it must, so quotes are understood.
fn csv(file: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines().map(|line| {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                other => cell.push(other),
            }
        }
        cells.push(cell);
        cells
    });
    let header = lines.next().unwrap();
    (header, lines.collect())
}

fn files(root: &Path, folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .map(Result::unwrap)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

#[test]
fn one_thread_and_four_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, four) = (folder.path().join("one"), folder.path().join("four"));
    run(&GenerateOptions { jobs: 1, ..options(&one, 0.01, 60) });
    run(&GenerateOptions { jobs: 4, ..options(&four, 0.01, 60) });
    let (one, four) = (tree(&one), tree(&four));
    assert!(one.len() > 180);
    assert_eq!(one, four);
    assert!(one.keys().all(|name| !name.ends_with(".inprogress")));

    let other = folder.path().join("other");
    run(&GenerateOptions { seed: 43, ..options(&other, 0.01, 60) });
    let other = tree(&other);
    for name in ["customers.csv", "exchange_rates.xlsx", "orders_lines/order_dt=2023-01-05/part-00000.csv"] {
        assert_ne!(one[name], other[name], "{name}");
    }
}

#[test]
fn a_longer_window_has_the_days_of_a_shorter_one() {
    let folder = tempfile::tempdir().unwrap();
    let (short, long) = (folder.path().join("short"), folder.path().join("long"));
    run(&options(&short, 0.02, 10));
    run(&options(&long, 0.02, 20));
    let (short, long) = (tree(&short), tree(&long));
    let mut compared = 0;
    for (name, hash) in &short {
        let day = name.split(['=', '/']).nth(2).unwrap_or_default();
        if name.starts_with("orders_") || name.starts_with("events/") {
            // What happens at the window's last midnight may belong to the day after it elsewhere.
            if name.starts_with("events/") && day == "2023-01-10" {
                continue;
            }
            assert_eq!(long.get(name), Some(hash), "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 29, "{compared}");
}

#[test]
fn rows_follow_scale() {
    let folder = tempfile::tempdir().unwrap();
    for (scale, rows) in [(0.01, 1.0), (0.1, 10.0)] {
        let out = folder.path().join(scale.to_string());
        let summary = run(&options(&out, scale, 731));
        let expected = [
            ("customers", 800.0, 800.0),
            ("products", 250.0, 250.0),
            ("stores", 50.0, 50.0),
            ("suppliers", 80.0, 80.0),
            ("orders_header", 10_000.0, 10_000.0),
            ("orders_lines", 30_000.0, 40_000.0),
            ("events", 20_000.0, 20_000.0),
            ("sensors", 50_000.0, 100_000.0),
            ("shipments", 10_000.0, 10_000.0),
            ("returns", 1_000.0, 1_000.0),
        ];
        for (feed, least, most) in expected {
            let found = summary.feeds.iter().find(|summary| summary.feed == feed).unwrap().rows as f64;
            assert!(
                (least * rows * 0.94..=most * rows * 1.06).contains(&found),
                "{feed} at scale {scale}: {found} rows"
            );
        }
        let rates = summary.feeds.iter().find(|summary| summary.feed == "exchange_rates").unwrap();
        assert_eq!(rates.rows, 1_100 * 7);
    }
}

#[test]
fn the_ledger_names_each_defect_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    run(&options(root, 0.05, 365));
    let ledger = ledger(root);
    let of = |feed: &str, code: &str| -> Vec<&Entry> {
        ledger.iter().filter(|entry| entry.feed == feed && entry.code == code).collect()
    };
    let keys = |feed: &str, code: &str| -> BTreeSet<String> {
        of(feed, code).iter().map(|entry| entry.row_key.clone()).collect()
    };

    // Every written value stands in the file that the ledger names.
    let mut texts: HashMap<&str, String> = HashMap::new();
    for entry in &ledger {
        let text =
            texts.entry(&entry.file).or_insert_with(|| fs::read_to_string(root.join(&entry.file)).unwrap());
        let quoted = entry.written_value.replace('"', "\"\"");
        assert!(text.contains(&entry.written_value) || text.contains(&quoted), "{entry:?}");
        if !entry.row_key.starts_with("line:") && entry.feed != "events" && entry.feed != "sensors" {
            assert!(text.contains(&entry.row_key.replace('|', ",")), "{entry:?}");
        }
    }

    // Customers, from the file alone.
    let (header, rows) = csv(&root.join("customers.csv"));
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let found = |wanted: &dyn Fn(&Vec<String>) -> bool| -> BTreeSet<String> {
        rows.iter().filter(|row| wanted(row)).map(|row| row[0].clone()).collect()
    };
    let email =
        regex::Regex::new(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$").unwrap();
    assert_eq!(found(&|row| !email.is_match(&row[at("email")])), keys("customers", "malformed_email"));
    assert_eq!(found(&|row| row[at("phone")].is_empty()), keys("customers", "missing_phone"));
    assert_eq!(found(&|row| row[at("address_line1")].is_empty()), keys("customers", "missing_address"));
    let (mut ids, mut natural_keys) = (HashSet::new(), HashSet::new());
    let (mut same_id, mut same_key) = (BTreeSet::new(), BTreeSet::new());
    for row in &rows {
        if !ids.insert(&row[0]) {
            same_id.insert(row[0].clone());
        } else if !natural_keys.insert(&row[at("natural_key")]) {
            same_key.insert(row[0].clone());
        }
    }
    assert_eq!(same_id, keys("customers", "duplicate_primary_key"));
    assert_eq!(same_key, keys("customers", "duplicate_natural_key"));

    // Products.
    let (header, rows) = csv(&root.join("products.csv"));
    let price = header.iter().position(|column| column == "current_price").unwrap();
    let no_number: BTreeSet<String> = rows
        .iter()
        .filter(|row| !row[price].is_empty() && row[price].parse::<f64>().is_err())
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(no_number, keys("products", "price_not_a_number"));
    let missing: BTreeSet<String> =
        rows.iter().filter(|row| row[price].is_empty()).map(|row| row[0].clone()).collect();
    assert_eq!(missing, keys("products", "missing_price"));
    assert!(!no_number.is_empty() && !missing.is_empty());

    // Orders against customers, stores and products.
    let customers: HashSet<String> = ids.into_iter().cloned().collect();
    let products: HashSet<String> = rows.into_iter().map(|mut row| row.swap_remove(0)).collect();
    let stores: HashSet<String> =
        csv(&root.join("stores.csv")).1.into_iter().map(|mut row| row.swap_remove(0)).collect();
    let mut seen: HashMap<String, (usize, HashSet<PathBuf>)> = HashMap::new();
    let (mut unknown_customers, mut unknown_stores, mut bad_dates, mut bad_times) =
        <(BTreeSet<String>, BTreeSet<String>, BTreeSet<String>, BTreeSet<String>)>::default();
    for file in files(root, "orders_header", "csv") {
        for row in csv(&file).1 {
            let order = row[0].clone();
            let readable = row[1].parse::<jiff::Timestamp>();
            match &readable {
                Err(_) => drop(bad_times.insert(order.clone())),
                Ok(_) => {
                    assert!(file.to_string_lossy().contains(&row[1][..10]), "{file:?} {row:?}");
                }
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
            let entry = seen.entry(order).or_default();
            entry.0 += 1;
            entry.1.insert(file.clone());
        }
    }
    assert_eq!(unknown_customers, keys("orders_header", "unknown_customer_id"));
    assert_eq!(unknown_stores, keys("orders_header", "unknown_store_id"));
    assert_eq!(bad_times, keys("orders_header", "unparseable_timestamp"));
    assert_eq!(bad_dates, keys("orders_header", "unparseable_date"));
    let twice = |in_two_files: bool| -> BTreeSet<String> {
        seen.iter()
            .filter(|(_, (count, files))| *count == 2 && (files.len() == 2) == in_two_files)
            .map(|(order, _)| order.clone())
            .collect()
    };
    assert_eq!(twice(true), keys("orders_header", "order_id_in_two_files"));
    assert_eq!(twice(false), keys("orders_header", "duplicate_primary_key"));
    assert!(!twice(true).is_empty());

    let mut line_keys = HashSet::new();
    let (mut unknown, mut negative, mut free, mut double) =
        <(BTreeSet<String>, BTreeSet<String>, BTreeSet<String>, BTreeSet<String>)>::default();
    for file in files(root, "orders_lines", "csv") {
        for row in csv(&file).1 {
            let key = format!("{}|{}", row[0], row[1]);
            assert!(seen.contains_key(&row[0]), "{row:?}");
            if !products.contains(&row[2]) {
                unknown.insert(key.clone());
            }
            if row[3].parse::<i32>().unwrap() <= 0 {
                negative.insert(key.clone());
            }
            if row[4].parse::<f64>().unwrap() <= 0.0 {
                free.insert(key.clone());
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

    // Events: what is no JSON, and what lacks a member of the envelope.
    let (mut not_json, mut incomplete, mut purchases) = (BTreeSet::new(), 0, 0);
    for file in files(root, "events", "jsonl") {
        let relative = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let mut last = String::new();
        for (index, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
                not_json.insert((relative.clone(), format!("line:{}", index + 1)));
                continue;
            };
            let whole = ["event_id", "event_ts", "event_type", "user_id", "session_id", "payload"]
                .iter()
                .all(|member| event.get(member).is_some_and(|value| !value.is_null()));
            incomplete += usize::from(!whole);
            if let Some(at) = event["event_ts"].as_str() {
                assert!(relative.contains(&at[..10]) && *at >= *last, "{relative} {line}");
                at.clone_into(&mut last);
            }
            if event["event_type"] == "purchase" {
                purchases += 1;
                assert!(seen.contains_key(&event["payload"]["order_id"].to_string()), "{line}");
            }
        }
    }
    let ledger_not_json: BTreeSet<(String, String)> =
        of("events", "not_json").iter().map(|e| (e.file.clone(), e.row_key.clone())).collect();
    assert_eq!(not_json, ledger_not_json);
    assert_eq!(incomplete, of("events", "missing_envelope_field").len());
    assert!(purchases > 1_000);

    // Sensors.
    let (mut hot, mut wet, mut timeless) = (0, 0, BTreeSet::new());
    for file in files(root, "sensors", "csv") {
        let relative = file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        for (index, row) in csv(&file).1.iter().enumerate() {
            hot += usize::from(!(-30.0..=60.0).contains(&row[3].parse::<f64>().unwrap()));
            wet += usize::from(!(0.0..=100.0).contains(&row[4].parse::<f64>().unwrap()));
            if row[0].is_empty() {
                timeless.insert((relative.clone(), format!("line:{}", index + 2)));
            }
        }
    }
    assert_eq!(hot, of("sensors", "temperature_out_of_range").len());
    assert_eq!(wet, of("sensors", "humidity_out_of_range").len());
    let ledger_timeless: BTreeSet<(String, String)> =
        of("sensors", "missing_sensor_ts").iter().map(|e| (e.file.clone(), e.row_key.clone())).collect();
    assert_eq!(timeless, ledger_timeless);
    assert!(ledger.iter().all(|entry| !entry.column.is_empty()));
}

#[test]
fn causes_come_before_effects() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    run(&options(root, 0.02, 120));
    let mut ordered: HashMap<i64, i64> = HashMap::new();
    for file in files(root, "orders_header", "csv") {
        for row in csv(&file).1 {
            if let Ok(at) = row[1].parse::<jiff::Timestamp>() {
                ordered.insert(row[0].parse().unwrap(), at.as_microsecond());
            }
        }
    }
    let (mut shipments, mut in_transit, mut arrived) = (0, 0, HashMap::new());
    for file in files(root, "shipments", "parquet") {
        for batch in batches(&file) {
            let orders = batch.column_by_name("order_id").unwrap().as_primitive::<Int64Type>();
            let instants = |name: &str| {
                batch.column_by_name(name).unwrap().as_primitive::<TimestampMicrosecondType>().clone()
            };
            let (shipped, delivered) = (instants("shipped_at"), instants("delivered_at"));
            for row in 0..batch.num_rows() {
                shipments += 1;
                if let Some(at) = ordered.get(&orders.value(row)) {
                    assert!(*at < shipped.value(row));
                }
                if delivered.is_null(row) {
                    in_transit += 1;
                } else {
                    assert!(shipped.value(row) < delivered.value(row));
                    let latest = arrived.entry(orders.value(row)).or_insert(0);
                    *latest = delivered.value(row).max(*latest);
                }
            }
        }
    }
    assert!(shipments > 2_000 && in_transit > 10 && in_transit * 10 < shipments, "{shipments} {in_transit}");

    let table = ingot::lake::DeltaTable::open(&root.join("returns")).unwrap();
    assert_eq!(table.version(), 2);
    assert!(table.schema().unwrap().field_with_name("return_reason_code").is_ok());
    let first = ingot::lake::DeltaTable::open_at(&root.join("returns"), 0).unwrap();
    assert!(first.schema().unwrap().field_with_name("return_reason_code").is_err());
    let mut returns = 0;
    for file in table.files().unwrap() {
        for batch in batches(&file.path) {
            let orders = batch.column_by_name("order_id").unwrap().as_primitive::<Int64Type>();
            let at = batch.column_by_name("return_ts").unwrap().as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                returns += 1;
                if let Some(arrival) = arrived.get(&orders.value(row)) {
                    assert!(*arrival < at.value(row));
                }
            }
        }
    }
    assert!(returns > 100, "{returns}");
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
    let table = ingot::lake::DeltaTable::open(&root.join("returns")).unwrap();
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

#[test]
fn two_worlds_are_never_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("raw");
    let first = options(&root, 0.001, 3);
    run(&first);
    let before = tree(&root);
    // Again, the same: allowed, and the same bytes.
    run(&first);
    assert_eq!(tree(&root), before);
    let other = GenerateOptions { seed: 7, ..first.clone() };
    let error = generate(&other, &Silent).unwrap_err();
    assert!(error.message().contains("another world"), "{error}");
    assert!(error.hint_text().unwrap().contains("--force"));
    assert_eq!(tree(&root), before);
    let gap = GenerateOptions { start_date: "2023-02-01".into(), ..first.clone() };
    assert!(generate(&gap, &Silent).unwrap_err().hint_text().unwrap().contains("2023-01-04"));
    run(&GenerateOptions { force: true, ..other });
    assert_ne!(tree(&root)["customers.csv"], before["customers.csv"]);

    // Somebody else's files are not touched without --force.
    let theirs = folder.path().join("theirs");
    fs::create_dir_all(&theirs).unwrap();
    fs::write(theirs.join("customers.csv"), "mine").unwrap();
    let error = generate(&options(&theirs, 0.001, 3), &Silent).unwrap_err();
    assert!(error.message().contains("customers.csv is there already"), "{error}");
    assert_eq!(fs::read_to_string(theirs.join("customers.csv")).unwrap(), "mine");

    // A dry run writes nothing.
    let nowhere = folder.path().join("nowhere");
    let summary = run(&GenerateOptions { dry_run: true, ..options(&nowhere, 1.0, 731) });
    assert!(summary.dry_run && summary.rows() > 10_000_000);
    assert!(!nowhere.exists());
}

#[test]
fn a_contract_with_a_column_that_nobody_fills_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().join("schemas");
    fs::create_dir_all(&schemas).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, schemas.join(path.file_name().unwrap())).unwrap();
    }
    let suppliers = schemas.join("suppliers.odcs.yaml");
    let text = fs::read_to_string(&suppliers).unwrap();
    fs::write(&suppliers, text.replace("name: lead_time_days", "name: lead_time_weeks")).unwrap();
    let out = folder.path().join("raw");
    let options = GenerateOptions { schemas, ..options(&out, 0.001, 1) };
    let error = generate(&options, &Silent).unwrap_err();
    assert!(error.message().contains("lead_time_weeks of feed suppliers"), "{error}");
    assert!(!out.exists());
}

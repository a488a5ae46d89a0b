//! Raw data: reproducible, of the promised size, and believable in its order of events.

use crate::raw_folder::{batches, csv, files, options, run, schemas, tree};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use ingot_core::report::{Event, Reporter, Silent};
use ingot_generate::{GenerateOptions, generate};
use std::collections::{BTreeSet, HashMap};
use std::fs;

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let trees: Vec<_> = [1, 2, 8]
        .iter()
        .map(|jobs| {
            let root = folder.path().join(jobs.to_string());
            let base = GenerateOptions { jobs: *jobs, late_days: 2, ..options(&root, 0.01, 60) };
            run(&base);
            run(&GenerateOptions { start_date: "2023-03-02".into(), days: 3, ..base });
            tree(&root)
        })
        .collect();
    let one = &trees[0];
    assert!(one.len() > 180);
    assert!(one.keys().all(|name| !name.ends_with(".inprogress")));
    for other in &trees[1..] {
        assert_eq!(one.len(), other.len());
        for (name, hash) in one {
            // Whose process made it is all that differs.
            if !name.ends_with(".lock") {
                assert_eq!(other.get(name), Some(hash), "{name}");
            }
        }
    }

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
    // In the second pair stores open, products come and customers join between the two ends.
    for (scale, few, many) in [(0.02, 10, 20), (0.05, 31, 300)] {
        let (short, long) =
            (folder.path().join(format!("short{few}")), folder.path().join(format!("long{few}")));
        run(&options(&short, scale, few));
        run(&options(&long, scale, many));
        let (short, long) = (tree(&short), tree(&long));
        // What stands in a folder of its day or whole month; the others tell how things are at the window's end.
        let by_day = |name: &str| {
            name.starts_with("orders_")
                || name.starts_with("events/")
                || name.starts_with("sensors/") && few == 31
        };
        let mut compared = 0;
        for (name, hash) in short.iter().filter(|(name, _)| by_day(name)) {
            assert_eq!(long.get(name), Some(hash), "{name}");
            compared += 1;
        }
        assert!(compared >= few * 3, "{compared}");
    }
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

        // What the plan says is so, within a tenth.
        let near = |told: f64, found: f64| assert!((0.9..1.1).contains(&(told / found)), "{told}: {found}");
        let plan = run(&GenerateOptions { dry_run: true, ..options(&out, scale, 731) });
        near(plan.rows() as f64, summary.rows() as f64);
        near(plan.bytes() as f64, summary.bytes() as f64);
    }
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

    let table = ingot_lake::DeltaTable::open(&root.join("returns")).unwrap();
    assert_eq!(table.version(), 2);
    assert!(table.schema().unwrap().field_with_name("return_reason_code").is_ok());
    let first = ingot_lake::DeltaTable::open_at(&root.join("returns"), 0).unwrap();
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
    assert!(error.message().contains("made with another seed, scale or settings"), "{error}");
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
    assert!(error.message().contains("customers.csv exists already"), "{error}");
    assert_eq!(fs::read_to_string(theirs.join("customers.csv")).unwrap(), "mine");

    // A dry run writes nothing.
    let nowhere = folder.path().join("nowhere");
    let summary = run(&GenerateOptions { dry_run: true, ..options(&nowhere, 1.0, 731) });
    assert!(summary.dry_run && summary.rows() > 10_000_000);
    assert!(!nowhere.exists());
}

#[derive(Default)]
struct Heard(std::sync::Mutex<Vec<Event>>);

impl Reporter for Heard {
    fn report(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

#[test]
fn each_feed_tells_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let heard = Heard::default();
    let summary = generate(&options(folder.path(), 0.001, 20), &heard).unwrap();
    let (mut started, mut finished) = (BTreeSet::new(), BTreeSet::new());
    let mut rows = 0;
    for event in heard.0.into_inner().unwrap() {
        match event {
            Event::TaskStarted { task, .. } => assert!(started.insert(task)),
            Event::TaskAdvanced { task, by } => {
                assert!(started.contains(&task) && !finished.contains(&task), "{task}");
                rows += by;
            }
            Event::TaskFinished { task, .. } => assert!(finished.insert(task)),
            _ => {}
        }
    }
    assert_eq!(started.len(), 11);
    assert_eq!(started, finished);
    assert_eq!(rows, summary.rows());
}

#[test]
fn a_contract_with_a_column_that_nobody_fills_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("schemas");
    fs::create_dir_all(&ours).unwrap();
    for entry in fs::read_dir(schemas()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, ours.join(path.file_name().unwrap())).unwrap();
    }
    let suppliers = ours.join("suppliers.odcs.yaml");
    let text = fs::read_to_string(&suppliers).unwrap();
    fs::write(&suppliers, text.replace("name: lead_time_days", "name: lead_time_weeks")).unwrap();
    let out = folder.path().join("raw");
    let options = GenerateOptions { schemas: ours, ..options(&out, 0.001, 1) };
    let error = generate(&options, &Silent).unwrap_err();
    assert!(error.message().contains("lead_time_weeks of feed suppliers"), "{error}");
    assert!(!out.exists());
}

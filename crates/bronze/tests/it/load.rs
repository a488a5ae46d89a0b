//! Loading real files of each format, good rows and bad ones, into a real lake and a real manifest.

use crate::ask::ask;
use crate::folders;
use crate::raw::World;
use crate::shop::{bronze, options, rejects, run, table};
use ingot_bronze::{FileStatus, LoadOptions, load};
use ingot_core::report::Silent;
use std::path::Path;

#[test]
fn every_format_is_loaded_and_every_row_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    World::write(&folder.join("raw"));
    let summary = run(folder);
    assert!(!summary.failed(), "{summary:?}");
    for table in &summary.tables {
        for file in &table.files {
            assert_eq!(file.read, file.accepted + file.rejected, "{}", file.path);
        }
        let written: u64 = if table.files.is_empty() {
            continue;
        } else {
            bronze(folder, &table.table, "SELECT count(*) FROM {t}").parse().unwrap()
        };
        if table.table != "returns" {
            assert_eq!(table.accepted(), written, "{}", table.table);
        }
    }
    let counts = |name: &str| {
        let table = table(&summary, name);
        (table.read(), table.accepted(), table.rejected())
    };
    assert_eq!(counts("products"), (8, 3, 5));
    assert_eq!(counts("orders_header"), (5, 3, 2));
    assert_eq!(counts("events"), (5, 2, 3));
    assert_eq!(counts("sensors"), (4, 2, 2));
    assert_eq!(counts("exchange_rates"), (4, 3, 1));
    assert_eq!(counts("shipments"), (4, 3, 1));

    // Values, each in its type.
    assert_eq!(
        bronze(
            folder,
            "products",
            "SELECT product_id, name, current_price, is_discontinued, introduced_dt, src_filename, src_row_number \
             FROM {t} ORDER BY 1"
        ),
        "1|Plain|12.5000|false|2020-02-29|products.csv|1\n\
         2|Says \"hi\",\nin two lines|∅|true|∅|products.csv|2\n\
         8|Last|0.0001|∅|∅|products.csv|8"
    );
    assert_eq!(
        bronze(folder, "orders_header", "SELECT order_id, epoch_us(order_ts), order_dt FROM {t} ORDER BY 1"),
        "1|1672531200000000|2023-01-01\n3|1672617600500000|2023-01-02\n4|1672617600000000|2023-01-02"
    );
    assert_eq!(
        bronze(folder, "exchange_rates", "SELECT date, currency, rate_to_aud FROM {t} ORDER BY 1, 2"),
        "2023-01-01|EUR|1.57000000\n2023-01-01|USD|1.46780000\n2023-01-02|USD|1.47000000"
    );
    assert_eq!(
        bronze(folder, "sensors", "SELECT store_id, month, temperature_c FROM {t} ORDER BY 1, 2, 3"),
        "7|2023-01|4.25\n7|2023-01|5.00"
    );

    // Rejects, with every reason and the exact place.
    assert_eq!(
        rejects(
            folder,
            "products",
            "SELECT row_number, line, byte_offset, reason_codes, column_name, value FROM {t} ORDER BY row_number::INT"
        ),
        World::PRODUCT_REJECTS
    );
    assert_eq!(
        rejects(folder, "events", "SELECT line, reason_codes FROM {t} ORDER BY line::INT"),
        "2|NOT_JSON\n3|ENVELOPE_INCOMPLETE;ENVELOPE_INCOMPLETE\n5|NOT_A_JSON_OBJECT"
    );
    assert_eq!(
        rejects(folder, "sensors", "SELECT row_number, reason_codes FROM {t} ORDER BY row_number::INT"),
        "2|REQUIRED_MISSING\n3|PARTITION_MISMATCH"
    );
    // The raw text is the bytes at the offset that is told.
    let csv = std::fs::read(folder.join("raw/products.csv")).unwrap();
    let told = rejects(
        folder,
        "products",
        "SELECT byte_offset, octet_length(encode(raw_text)), md5(raw_text) FROM {t} ORDER BY row_number::INT",
    );
    for line in told.lines() {
        let parts: Vec<&str> = line.split('|').collect();
        let (from, length): (usize, usize) = (parts[0].parse().unwrap(), parts[1].parse().unwrap());
        let text = String::from_utf8(csv[from..from + length].to_vec()).unwrap();
        let text = text.replace('\'', "''");
        assert_eq!(ask(Path::new(":memory:"), &format!("SELECT md5('{text}')")), parts[2]);
    }

    // The manifest says the same.
    assert_eq!(
        ask(
            &folder.join("warehouse.duckdb"),
            "SELECT count(*), sum(rows_read)::BIGINT, sum(row_count + reject_count)::BIGINT, \
             count(*) FILTER (rows_read <> row_count + reject_count), count(DISTINCT run_id), any_value(status) \
             FROM manifest_processed_files"
        ),
        format!(
            "{}|{}|{}|0|1|loaded",
            summary.tables.iter().map(|table| table.files.len()).sum::<usize>(),
            summary.read(),
            summary.accepted() + summary.rejected()
        )
    );
}

#[test]
fn a_second_run_does_nothing_and_a_new_delivery_is_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    World::write(&folder.join("raw"));
    let first = run(folder);
    let before = folders::listing(&folder.join("lake"));
    let second = run(folder);
    assert_eq!(second.read(), 0);
    assert!(
        second.tables.iter().flat_map(|table| &table.files).all(|file| file.status == FileStatus::Unchanged)
    );
    assert_eq!(before, folders::listing(&folder.join("lake")));
    assert_eq!(
        first.tables.iter().map(|table| table.version).collect::<Vec<_>>(),
        second.tables.iter().map(|table| table.version).collect::<Vec<_>>()
    );

    // The same path with new content is a new delivery.
    World::write_suppliers(&folder.join("raw"), 4);
    let third = run(folder);
    assert_eq!(third.read(), 4);
    assert_eq!(bronze(folder, "suppliers", "SELECT count(*), count(DISTINCT ingestion_ts) FROM {t}"), "7|2");
    assert_eq!(run(folder).read(), 0);
}

#[test]
fn returns_follow_their_source_version_by_version() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    World::write(&folder.join("raw"));
    run(folder);
    let state =
        "SELECT return_id, qty, return_reason_code, is_deleted, deleted_at IS NOT NULL FROM {t} ORDER BY 1";
    assert_eq!(
        bronze(folder, "returns", state),
        "1|1|∅|false|false\n2|5|DAMAGED|false|false\n3|3|∅|true|true\n4|4|WRONG|false|false"
    );
    let delta = folder.join("lake/bronze/delta/returns");
    let old = ingot_lake::DeltaTable::open_at(&delta, 0).unwrap();
    assert!(old.schema().unwrap().field_with_name("return_reason_code").is_err());
    assert_eq!(old.files().unwrap().iter().filter_map(|file| file.rows).sum::<u64>(), 3);

    // One more version of the source: only what it changed is read.
    World::delete_return(&folder.join("raw"), 1);
    let next = run(folder);
    assert_eq!(table(&next, "returns").read(), 1);
    assert_eq!(
        bronze(folder, "returns", state),
        "1|1|∅|true|true\n2|5|DAMAGED|false|false\n3|3|∅|true|true\n4|4|WRONG|false|false"
    );
    assert_eq!(run(folder).read(), 0);
    assert_eq!(
        ask(
            &folder.join("warehouse.duckdb"),
            "SELECT src_path, rows_read FROM manifest_processed_files WHERE table_name = 'returns' ORDER BY 1"
        ),
        "returns/_delta_log/00000000000000000000.json|3\n\
         returns/_delta_log/00000000000000000001.json|3\n\
         returns/_delta_log/00000000000000000002.json|1"
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let raw = folder.join("raw");
    World::write(&raw);
    let parquet = std::fs::read(raw.join("shipments/part-00000.parquet")).unwrap();
    std::fs::write(raw.join("shipments/part-00001.parquet"), &parquet[..parquet.len() / 2]).unwrap();
    std::fs::write(raw.join("exchange_rates.xlsx"), "no workbook").unwrap();
    std::fs::write(raw.join("stores.csv"), "store_id,name\n1,x\n").unwrap();
    let summary = run(folder);
    assert!(summary.failed());
    let failed: Vec<(&str, &str)> = summary
        .tables
        .iter()
        .flat_map(|table| &table.files)
        .filter(|file| file.status == FileStatus::Failed)
        .map(|file| (file.path.as_str(), file.error.as_deref().unwrap().split(':').next().unwrap()))
        .collect();
    assert_eq!(
        failed,
        [
            ("exchange_rates.xlsx", "NOT_A_WORKBOOK"),
            ("shipments/part-00001.parquet", "NOT_PARQUET"),
            ("stores.csv", "COLUMN_MISSING"),
        ]
    );
    assert_eq!(table(&summary, "shipments").accepted(), 3);
    assert_eq!(
        ask(
            &folder.join("warehouse.duckdb"),
            "SELECT src_path FROM manifest_processed_files WHERE status = 'failed' ORDER BY 1"
        ),
        "exchange_rates.xlsx\nshipments/part-00001.parquet\nstores.csv"
    );
    // Repaired, it is loaded; the others are not loaded again.
    std::fs::write(raw.join("shipments/part-00001.parquet"), &parquet).unwrap();
    assert_eq!(run(folder).read(), 4);
    assert_eq!(bronze(folder, "shipments", "SELECT count(*) FROM {t}"), "6");
}

#[test]
fn a_lost_manifest_and_a_lost_parquet_side_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    World::write(&folder.join("raw"));
    run(folder);
    let sql = "SELECT src_path, content_hash, rows_read, run_id FROM manifest_processed_files ORDER BY 1";
    let before = ask(&folder.join("warehouse.duckdb"), sql);
    let listing = folders::listing(&folder.join("lake"));
    std::fs::remove_file(folder.join("warehouse.duckdb")).unwrap();
    std::fs::remove_dir_all(folder.join("lake/bronze/parquet")).unwrap();
    assert_eq!(run(folder).read(), 0);
    assert_eq!(before, ask(&folder.join("warehouse.duckdb"), sql));
    assert_eq!(listing, folders::listing(&folder.join("lake")));
}

/// Files that were loaded are known by what the file system says of them, and a file that was replaced is not.
#[cfg(unix)]
#[test]
fn a_replaced_file_is_loaded_though_its_length_and_date_are_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    World::write(&folder.join("raw"));
    run(folder);
    // What changed a moment ago is read once more.
    std::thread::sleep(std::time::Duration::from_millis(3500));
    assert_eq!(run(folder).read(), 0);
    let list = folder.join("lake/bronze/.raw-files/products");
    assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 1);
    assert_eq!(run(folder).read(), 0);
    assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 1, "it was known");

    let file = folder.join("raw/products.csv");
    let date = std::fs::metadata(&file).unwrap().modified().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let (at, digit) = text.char_indices().rev().find(|(_, letter)| letter.is_ascii_digit()).unwrap();
    let other = if digit == '1' { "2" } else { "1" };
    std::fs::write(&file, format!("{}{other}{}", &text[..at], &text[at + 1..])).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(date).unwrap();
    let again = run(folder);
    assert_eq!(again.read(), table(&again, "products").read());
    assert!(again.read() > 0);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    World::write(&folder.join("raw"));
    let dry = load(&LoadOptions { dry_run: true, ..options(folder) }, &Silent).unwrap();
    assert!(!folder.join("lake").exists() && !folder.join("warehouse.duckdb").exists());
    let wet = run(folder);
    assert_eq!((dry.accepted(), dry.rejected()), (wet.accepted(), wet.rejected()), "{dry:?}");
}

#[test]
fn a_first_time_user_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let error = load(&options(folder), &Silent).unwrap_err();
    assert!(error.hint_text().unwrap().contains("ingot generate"));
    std::fs::create_dir(folder.join("raw")).unwrap();
    assert!(load(&options(folder), &Silent).unwrap_err().hint_text().unwrap().contains("ingot generate"));
    let unknown = LoadOptions { tables: vec!["order_lines".into()], ..options(folder) };
    assert_eq!(load(&unknown, &Silent).unwrap_err().hint_text(), Some("did you mean 'orders_lines'?"));
    let elsewhere = LoadOptions { schemas: folder.join("schemas"), ..options(folder) };
    assert!(load(&elsewhere, &Silent).unwrap_err().hint_text().is_some());
    World::write(&folder.join("raw"));
    std::fs::write(folder.join("lake"), "a file where the lake should be").unwrap();
    assert!(load(&options(folder), &Silent).unwrap_err().to_string().contains("cannot write to the lake"));
}

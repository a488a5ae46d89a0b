//! Rejected rows, corrected or under a newer contract, are loaded after all: once and only once.

use crate::ask::ask;
use crate::things::{Listener, Terms, Things};
use crate::{folders, raw, shop};
use ingot_bronze::{LoadOptions, ReplaySummary, replay};
use std::path::{Path, PathBuf};

const HEADER: &str = "id,name,qty\n";
const FILES: &str =
    "SELECT src_path, rows_read, row_count, reject_count, status FROM manifest_processed_files ORDER BY 1";
const REPLAYED: &str =
    "SELECT src_path, src_row_number, corrected, contract_version FROM manifest_replayed_rows ORDER BY ALL";

fn again(feed: &Things) -> ReplaySummary {
    replay(&feed.options(), "things", None, &Listener::default()).unwrap()
}

fn reject_files(feed: &Things, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(feed.lake().join("_rejects/things"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// What both reject files say; they must say the same.
fn open(feed: &Things) -> String {
    let sql =
        "SELECT file, row_number::BIGINT, reason_codes, raw_text, contract_version FROM {t} ORDER BY 1, 2";
    let texts: Vec<String> = ["csv", "parquet"]
        .iter()
        .map(|extension| {
            if reject_files(feed, extension).is_empty() {
                return String::new();
            }
            let files = format!("'{}/_rejects/things/*.{extension}'", feed.lake().display());
            let from = if *extension == "csv" {
                format!("read_csv({files}, header = true, all_varchar = true)")
            } else {
                files
            };
            ask(Path::new(":memory:"), &sql.replace("{t}", &from))
        })
        .collect();
    assert_eq!(texts[0], texts[1], "the reject files differ");
    texts[0].clone()
}

/// Edits the reject files' CSV as a person would.
fn edit(feed: &Things, from: &str, to: &str) {
    for path in reject_files(feed, "csv") {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
    }
}

fn partitioned() -> Things {
    let feed =
        Things::new(&Terms { partition: Some("dt"), path: "things/dt={dt}/*.csv", ..Terms::default() });
    feed.write("raw/things/dt=2023-01-01/a.csv", &format!("{HEADER}1,a,1\n2,b,two\n3,\"c, d\",three\n4,e\n"));
    feed.write("raw/things/dt=2023-01-02/a.csv", "qty,id,name\nx,5,f\n6,6,g\n");
    feed.load();
    feed
}

#[test]
fn corrected_rows_are_loaded_once_and_the_rest_stays() {
    let feed = partitioned();
    assert_eq!(feed.bronze("SELECT id FROM {t} ORDER BY 1"), "1\n6");
    edit(&feed, "2,b,two", "2,b,2");
    edit(&feed, "\"3,\"\"c, d\"\",three\"", "\"3,\"\"c, d\"\",drei\"");
    edit(&feed, "x,5,f", "5,5,f");
    let before = folders::listing(feed.path());
    let dry = replay(&LoadOptions { dry_run: true, ..feed.options() }, "things", None, &Listener::default())
        .unwrap();
    assert_eq!((dry.loaded(), dry.rejected()), (2, 2));
    assert_eq!(before, folders::listing(feed.path()), "a dry run wrote something");

    let summary = again(&feed);
    assert_eq!((summary.loaded(), summary.rejected(), summary.superseded), (2, 2, 0), "{summary:?}");
    assert_eq!(
        feed.bronze("SELECT id, name, qty, dt, src_filename, src_row_number FROM {t} ORDER BY 1"),
        "1|a|1|2023-01-01|things/dt=2023-01-01/a.csv|1\n2|b|2|2023-01-01|things/dt=2023-01-01/a.csv|2\n\
         5|f|5|2023-01-02|things/dt=2023-01-02/a.csv|1\n6|g|6|2023-01-02|things/dt=2023-01-02/a.csv|2"
    );
    // The hash is that of the row as it was delivered.
    assert_eq!(
        feed.bronze("SELECT count(DISTINCT src_row_hash), count(DISTINCT ingestion_ts) FROM {t}"),
        "4|2"
    );
    // What is left has the text as it was corrected, and its reasons.
    assert_eq!(
        open(&feed),
        "things/dt=2023-01-01/a.csv|3|NOT_A_NUMBER|3,\"c, d\",drei|1.0.0\n\
         things/dt=2023-01-01/a.csv|4|RAGGED_ROW|4,e|1.0.0"
    );
    let files = "things/dt=2023-01-01/a.csv|4|2|2|loaded\nthings/dt=2023-01-02/a.csv|2|2|0|loaded";
    assert_eq!(feed.manifest(FILES), files);
    let replayed = "things/dt=2023-01-01/a.csv|2|true|1.0.0\nthings/dt=2023-01-02/a.csv|1|true|1.0.0";
    assert_eq!(feed.manifest(REPLAYED), replayed);

    // Twice loads nothing twice, even if the reject files come back from somewhere.
    let version = feed.bronze("SELECT count(*) FROM {t}");
    assert_eq!(again(&feed).loaded(), 0);
    for kept in std::fs::read_dir(feed.lake().join("_rejects/things/replayed")).unwrap() {
        let kept = kept.unwrap();
        std::fs::copy(kept.path(), feed.lake().join("_rejects/things").join(kept.file_name())).unwrap();
    }
    edit(&feed, "4,e", "4,e,4");
    assert_eq!(again(&feed).loaded(), 1);
    assert_eq!(feed.bronze("SELECT count(*) FROM {t}"), (version.parse::<u64>().unwrap() + 1).to_string());
    assert_eq!(feed.load().read(), 0);

    // A lost manifest knows all that again.
    std::fs::remove_file(feed.warehouse()).unwrap();
    feed.load();
    assert_eq!(
        feed.manifest(FILES),
        "things/dt=2023-01-01/a.csv|4|3|1|loaded\nthings/dt=2023-01-02/a.csv|2|2|0|loaded"
    );
    assert_eq!(feed.manifest("SELECT count(*) FROM manifest_replayed_rows"), "3");

    // The last one: no reject file is left, but the rows as they came.
    edit(&feed, "drei", "3");
    assert_eq!(again(&feed).loaded(), 1);
    assert!(reject_files(&feed, "csv").is_empty() && reject_files(&feed, "parquet").is_empty());
    assert_eq!(
        ask(
            Path::new(":memory:"),
            &format!(
                "SELECT raw_text FROM '{}/_rejects/things/replayed/*.parquet' ORDER BY file, row_number",
                feed.lake().display()
            )
        ),
        "2,b,two\n3,\"c, d\",three\n4,e\nx,5,f"
    );
    assert_eq!(again(&feed).tried(), 0);
}

#[test]
fn a_spreadsheet_may_have_written_the_file() {
    let feed = partitioned();
    for path in reject_files(&feed, "csv") {
        let bytes = std::fs::read(&path).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let mut writer = csv::WriterBuilder::new()
            .delimiter(b';')
            .terminator(csv::Terminator::CRLF)
            .from_writer(b"\xEF\xBB\xBF".to_vec());
        writer.write_record(reader.headers().unwrap()).unwrap();
        let mut rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        rows.reverse();
        for row in rows {
            writer
                .write_record(row.iter().map(|cell| if cell == "2,b,two" { "2,\"b\r\nb\",2" } else { cell }))
                .unwrap();
        }
        std::fs::write(&path, writer.into_inner().unwrap()).unwrap();
    }
    assert_eq!(again(&feed).loaded(), 1);
    assert_eq!(feed.bronze("SELECT replace(name, chr(13), '') FROM {t} WHERE id = 2"), "b\nb");
    // What is wrong with such a file is said, and nothing is done.
    for (from, to, message) in [
        ("row_number", "number", "has no column 'row_number'"),
        ("a.csv,3,", "a.csv,three,", "'three' of the edited reject file is not a number"),
        ("a.csv,4,", "a.csv,3,", "is in the edited reject file twice"),
    ] {
        let path = reject_files(&feed, "csv").pop().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let error = replay(&feed.options(), "things", None, &Listener::default()).unwrap_err();
        assert!(error.message().contains(message), "{error}");
        std::fs::write(&path, text).unwrap();
    }
}

#[test]
fn a_correction_cannot_become_two_rows_or_none() {
    let feed = partitioned();
    edit(&feed, "2,b,two", "2,b,2\n7,b,2");
    edit(&feed, "\"3,\"\"c, d\"\",three\"", "\"\"");
    let summary = again(&feed);
    assert_eq!((summary.loaded(), summary.rejected()), (0, 4), "{summary:?}");
    let codes = "SELECT row_number, reason_codes FROM '{}' WHERE file LIKE '%01-01%' ORDER BY 1";
    let parquet = reject_files(&feed, "parquet").pop().unwrap();
    assert_eq!(
        ask(Path::new(":memory:"), &codes.replace("{}", &parquet.display().to_string())),
        "2|NOT_ONE_ROW\n3|NOT_ONE_ROW\n4|RAGGED_ROW"
    );
    assert_eq!(feed.bronze("SELECT count(*) FROM {t}"), "2");
}

#[test]
fn the_same_rows_are_good_under_a_newer_contract() {
    let feed = Things::new(&Terms::default());
    feed.write("raw/things/part-0.csv", &format!("{HEADER}1,a,1\n2,b,3000000000\n,c,3\n"));
    feed.load();
    assert_eq!(again(&feed).loaded(), 0);
    // Unchanged, they stay as they are: no commit for nothing.
    let listing = folders::listing(&feed.lake());
    assert_eq!(again(&feed).loaded(), 0);
    assert_eq!(listing, folders::listing(&feed.lake()));
    let relaxed =
        [("id", "i64", "integer", false), ("name", "str", "string", false), ("qty", "i32", "integer", false)];
    feed.agree(&Terms { columns: &relaxed, version: "1.1.0", ..Terms::default() });
    assert_eq!(again(&feed).loaded(), 1);
    assert_eq!(feed.bronze("SELECT id, name FROM {t} ORDER BY name"), "1|a\n∅|c");
    assert_eq!(feed.manifest(REPLAYED), "things/part-0.csv|3|false|1.1.0");
}

#[test]
fn rejects_of_an_earlier_delivery_do_not_come_behind_the_newer_one() {
    let feed = Things::new(&Terms::default());
    feed.write("raw/things/part-0.csv", &format!("{HEADER}1,a,1\n2,b,two\n"));
    feed.load();
    feed.write("raw/things/part-0.csv", &format!("{HEADER}1,a,1\n2,b,22\n3,c,three\n"));
    feed.load();
    edit_if_there(&feed, "2,b,two", "2,b,2");
    edit_if_there(&feed, "3,c,three", "3,c,3");
    let summary = again(&feed);
    assert_eq!((summary.loaded(), summary.superseded), (1, 1));
    assert_eq!(feed.bronze("SELECT id, qty FROM {t} ORDER BY ALL"), "1|1\n1|1\n2|22\n3|3");
    // Not lost either: it lies where it lay, the correction with it.
    assert_eq!((reject_files(&feed, "parquet").len(), reject_files(&feed, "csv").len()), (1, 1));
    let left = std::fs::read_to_string(&reject_files(&feed, "csv")[0]).unwrap();
    assert!(left.contains("2,b,2") && !left.contains("3,c"), "{left}");
    assert_eq!(feed.manifest(FILES), "things/part-0.csv|3|3|0|loaded");
}

#[test]
fn rejects_whose_key_came_again_do_not_come_behind_the_newer_delivery() {
    for partition in [None, Some("dt")] {
        let path = |day: u32, file: &str| match partition {
            None => format!("raw/things/part-{file}.csv"),
            Some(_) => format!("raw/things/dt=2023-01-0{day}/part-{file}.csv"),
        };
        let pattern = if partition.is_none() { Terms::default().path } else { "things/dt={dt}/*.csv" };
        let feed = Things::new(&Terms { partition, path: pattern, ..Terms::default() });
        // Delivered a first time: 2, 3, 4 and 5 are wrong.
        feed.write(&path(1, "a"), &format!("{HEADER}1,a,1\n2,b,two\n3,c,three\n4,d,four\n5,e,five\n"));
        feed.load();
        // And again: 2 is right, 3 is wrong again.
        feed.write(&path(2, "b"), &format!("{HEADER}2,b,22\n3,c,drei\n"));
        feed.load();
        for (from, to) in
            [("2,b,two", "2,b,2"), ("3,c,three", "3,c,3"), ("3,c,drei", "3,c,33"), ("4,d,four", "4,d,4")]
        {
            edit_if_there(&feed, from, to);
        }
        let before = folders::listing(feed.path());
        let dry =
            replay(&LoadOptions { dry_run: true, ..feed.options() }, "things", None, &Listener::default())
                .unwrap();
        assert_eq!((dry.loaded(), dry.superseded, dry.rejected()), (2, 2, 1));
        assert_eq!(before, folders::listing(feed.path()), "a dry run wrote something");

        // 2 came in the newer delivery, and of the two rows of 3 the newer one is taken.
        let summary = again(&feed);
        assert_eq!((summary.loaded(), summary.superseded, summary.rejected()), (2, 2, 1));
        assert_eq!(feed.bronze("SELECT id, qty FROM {t} ORDER BY ALL"), "1|1\n2|22\n3|33\n4|4");
        let left = open(&feed);
        for text in ["2,b,2|", "3,c,3|", "5,e,five|"] {
            assert!(left.contains(text), "{left}");
        }
        assert!(!left.contains("33") && !left.contains("4,d"), "{left}");
        // Once more, it ends the same.
        assert_eq!((again(&feed).loaded(), again(&feed).superseded), (0, 2));

        // What came back counts as of its first delivery: 4 came again since, wrong at first.
        feed.write(&path(3, "c"), &format!("{HEADER}4,d,vier\n"));
        feed.load();
        edit_if_there(&feed, "4,d,vier", "4,d,44");
        assert_eq!(again(&feed).loaded(), 1);
        assert_eq!(feed.bronze("SELECT id, qty FROM {t} WHERE id = 4 ORDER BY ALL"), "4|4\n4|44");
        assert_eq!(feed.bronze("SELECT arg_max(qty, ingestion_ts) FROM {t} WHERE id = 4"), "44");
    }
}

/// The older of two rejects of one key may be replayed later than the newer one, by the run that rejected it, or earlier.
#[test]
fn the_order_of_replays_does_not_matter() {
    for newest_first in [true, false] {
        let feed = Things::new(&Terms::default());
        for (file, qty) in [("a", "one"), ("b", "two")] {
            feed.write(&format!("raw/things/part-{file}.csv"), &format!("{HEADER}1,x,{qty}\n"));
            feed.load();
        }
        let runs: Vec<String> = reject_files(&feed, "csv")
            .iter()
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        edit_if_there(&feed, "1,x,one", "1,x,1");
        edit_if_there(&feed, "1,x,two", "1,x,2");
        let of_run = |text: &str| {
            let has = |run: &&String| {
                let files = feed.lake().join(format!("_rejects/things/{run}.csv"));
                std::fs::read_to_string(files).is_ok_and(|found| found.contains(text))
            };
            runs.iter().find(has).unwrap()
        };
        let (older, newer) = (of_run("1,x,1").clone(), of_run("1,x,2").clone());
        let order = if newest_first { [&newer, &older] } else { [&older, &newer] };
        for run in order {
            replay(&feed.options(), "things", Some(run.as_str()), &Listener::default()).unwrap();
        }
        let all = if newest_first { "2" } else { "1\n2" };
        assert_eq!(feed.bronze("SELECT qty FROM {t} ORDER BY 1"), all);
        assert_eq!(feed.bronze("SELECT arg_max(qty, ingestion_ts) FROM {t}"), "2");
    }
}

fn edit_if_there(feed: &Things, from: &str, to: &str) {
    for path in reject_files(feed, "csv") {
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace(from, to)).unwrap();
    }
}

/// Rows of formats that have no text of their own are kept, corrected and read again as JSON.
#[test]
fn rows_of_every_format_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    raw::World::write(&folder.join("raw"));
    shop::run(folder);
    let options = shop::options(folder);
    for (table, from, to) in [
        ("shipments", "\"\"shipment_id\"\":null", "\"\"shipment_id\"\":2"),
        ("exchange_rates", "null", "\"\"EUR\"\""),
        ("events", "NEVER", "NEVER"),
        ("sensors", ",7,A1,4.25,50,3000\"", "2023-01-01T02:00:00Z,7,A1,4.25,50,3000\""),
        ("products", "12.34567", "12.3456"),
    ] {
        for entry in std::fs::read_dir(folder.join("lake/_rejects").join(table)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(from == "NEVER" || text.contains(from), "{table}: {text}");
                std::fs::write(&path, text.replace(from, to)).unwrap();
            }
        }
        let summary = replay(&options, table, None, &Listener::default()).unwrap();
        let expected = if table == "events" { 0 } else { 1 };
        assert_eq!(summary.loaded(), expected, "{table}: {summary:?}");
    }
    assert_eq!(
        shop::bronze(
            folder,
            "shipments",
            "SELECT shipment_id, epoch_us(shipped_at), delivered_at, ship_cost, src_row_number FROM {t} WHERE order_id = 2"
        ),
        "2|1672531200000000|∅|20.00|2"
    );
    assert_eq!(
        shop::bronze(
            folder,
            "exchange_rates",
            "SELECT date, currency, rate_to_aud FROM {t} WHERE src_row_number = 3"
        ),
        "2023-01-02|EUR|1.50000000"
    );
    let error = replay(&options, "returns", None, &Listener::default()).unwrap_err();
    assert!(error.hint_text().unwrap().contains("in the source"), "{error}");
    let error = replay(&options, "products", Some("20200101"), &Listener::default()).unwrap_err();
    assert!(error.hint_text().unwrap().contains("runs with open rejects: 20"), "{error}");
}

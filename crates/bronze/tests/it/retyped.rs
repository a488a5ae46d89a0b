//! A contract that gives columns of its table other types.

use crate::ask::ask;
use crate::folders::{copy, listing};
use crate::things::{Terms, Things};
use ingot_bronze::{LoadOptions, load};
use ingot_core::report::Silent;
use ingot_lake::DeltaTable;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Columns = [(&'static str, &'static str, &'static str, bool)];

const NARROW: &Columns = &[
    ("id", "i64", "integer", true),
    ("qty", "i32", "integer", true),
    ("price", "dec(10,2)", "number", false),
    ("day", "date", "date", false),
    ("ok", "bool", "boolean", false),
];
const WIDE: &Columns = &[
    ("id", "i64", "integer", true),
    ("qty", "i64", "integer", true),
    ("price", "dec(12,3)", "number", false),
    ("day", "ts", "timestamp", false),
    ("ok", "str", "string", false),
];

fn terms(columns: &Columns) -> Terms<'_> {
    Terms { columns, path: "things/region={region}/*.csv", partition: Some("region str"), ..Terms::default() }
}

fn loaded() -> Things {
    let things = Things::new(&terms(NARROW));
    let header = "id,qty,price,day,ok\n";
    things.write(
        "raw/things/region=n/0.csv",
        &format!("{header}1,10,1.25,2024-02-29,true\n2,-3,,,\n3,x,1,2024-01-01,false\n"),
    );
    things.write("raw/things/region=a%2Fb/1.csv", &format!("{header}4,7,0.01,1970-01-01,false\n"));
    things.load();
    things
}

pub fn delta(things: &Things) -> DeltaTable {
    DeltaTable::open(&things.lake().join("bronze/delta/things")).unwrap()
}

const ROWS: &str = "SELECT id, qty, price, day, ok, region, src_filename, src_row_number, src_row_hash, \
                    epoch_us(ingestion_ts) FROM {t} ORDER BY id";

/// The rows with the values of the narrow types as the wide ones show them.
const AS_WIDE: &str = "SELECT id, qty::BIGINT, price::DECIMAL(12,3), day::TIMESTAMP, ok::VARCHAR, region, src_filename, \
                       src_row_number, src_row_hash, epoch_us(ingestion_ts) FROM {t} ORDER BY id";

const AS_UTC: &str = "SELECT id, qty, price, make_timestamp(epoch_us(day)), ok, region, src_filename, \
                      src_row_number, src_row_hash, epoch_us(ingestion_ts) FROM {t} ORDER BY id";

#[test]
fn wider_types_write_the_table_again_in_one_commit() {
    let things = loaded();
    let (before, as_wide) = (things.bronze(ROWS), things.bronze(AS_WIDE));
    let version = delta(&things).version();
    things.agree(&terms(WIDE));
    let (summary, heard) = things.load_heard();
    assert!(!summary.failed(), "{summary:?}");
    assert_eq!(summary.read(), 0);
    assert_eq!(
        heard,
        [
            "things: the column 'qty' was i32 and is i64 now, as the contract says; its rows were written again",
            "things: the column 'price' was dec(10,2) and is dec(12,3) now, as the contract says; its rows were written again",
            "things: the column 'day' was date and is ts now, as the contract says; its rows were written again",
            "things: the column 'ok' was bool and is str now, as the contract says; its rows were written again",
        ]
    );
    assert_eq!(
        things.columns(),
        [
            "id Int64!",
            "qty Int64!",
            "price Decimal128(12, 3)",
            "day Timestamp(µs, \"UTC\")",
            "ok Utf8",
            "region Utf8!"
        ]
    );
    assert_eq!(things.bronze(AS_UTC), as_wide);
    assert_eq!(delta(&things).version(), version + 1);
    assert_eq!(
        things.manifest(
            "SELECT column_name, change, data_type FROM manifest_schema_changes WHERE change = 'type_changed' ORDER BY ALL"
        ),
        "day|type_changed|ts\nok|type_changed|str\nprice|type_changed|dec(12,3)\nqty|type_changed|i64"
    );
    // The version before is as it was.
    let old = DeltaTable::open_at(&things.lake().join("bronze/delta/things"), version).unwrap();
    let files: Vec<String> =
        old.files().unwrap().iter().map(|file| format!("'{}'", file.path.display())).collect();
    let sql = ROWS.replace(
        "{t}",
        &format!(
            "read_parquet([{}], hive_partitioning = true, hive_types_autocast = false)",
            files.join(",")
        ),
    );
    assert_eq!(ask(Path::new(":memory:"), &sql), before);
    assert_eq!(format!("{}", old.schema().unwrap().field_with_name("qty").unwrap().data_type()), "Int32");
    // Nothing more happens, and values of the new types are loaded.
    assert_eq!(things.load_heard().1, Vec::<String>::new());
    assert_eq!(delta(&things).version(), version + 1);
    things.write(
        "raw/things/region=n/2.csv",
        "id,qty,price,day,ok\n5,5000000000,123456789.125,2024-01-01T10:00:00Z,maybe\n",
    );
    assert_eq!(things.load().accepted(), 1);
    assert_eq!(
        things.bronze("SELECT qty, price, ok FROM {t} WHERE id = 5"),
        "5000000000|123456789.125|maybe"
    );
}

#[test]
fn narrower_types_are_refused_with_the_rows_in_their_way() {
    let things = loaded();
    things.agree(&terms(WIDE));
    things.load();
    let header = "id,qty,price,day,ok\n";
    let more: String =
        (10..15).map(|id| format!("{id},{id}000000000,1,2024-01-01T00:00:00Z,true\n")).collect();
    things.write("raw/things/region=z/9.csv", &format!("{header}{more}"));
    things.load();
    let (files, rows) = (listing(&things.lake()), things.bronze(AS_UTC));
    things.agree(&terms(NARROW));
    let (summary, heard) = things.load_heard();
    assert!(summary.failed());
    assert!(
        heard.iter().any(|line| line.contains(
            "the column 'qty' is i64 in the bronze table but i32 in the contract, and 5 rows have values that do not \
             fit, the first of them: '10000000000' (things/region=z/9.csv row 1), '11000000000' \
             (things/region=z/9.csv row 2), '12000000000' (things/region=z/9.csv row 3)"
        )),
        "{heard:?}"
    );
    assert_eq!(listing(&things.lake()), files, "something was left behind");
    assert_eq!(things.bronze(AS_UTC), rows);
    // Without these rows it is done: the file comes again, with values that fit.
    let things = loaded();
    let before = things.bronze(ROWS);
    things.agree(&terms(WIDE));
    things.load();
    things.agree(&terms(NARROW));
    assert!(!things.load().failed());
    assert_eq!(things.bronze(ROWS), before);
}

#[test]
fn a_dry_run_says_it_and_changes_nothing() {
    let things = loaded();
    let files = listing(&things.lake());
    things.agree(&terms(WIDE));
    things.write(
        "raw/things/region=n/2.csv",
        "id,qty,price,day,ok\n5,5000000000,1,2024-01-01T10:00:00Z,maybe\n",
    );
    let listener = crate::things::Listener::default();
    let options = LoadOptions { dry_run: true, ..things.options() };
    let summary = load(&options, &listener).unwrap();
    assert!(!summary.failed(), "{summary:?}");
    assert_eq!((summary.accepted(), listener.heard().len()), (1, 4));
    assert_eq!(listing(&things.lake()), files);
}

#[test]
fn a_replay_changes_the_types_first() {
    let things = loaded();
    let text: &Columns = &[
        ("id", "i64", "integer", true),
        ("qty", "str", "string", true),
        ("price", "dec(10,2)", "number", false),
        ("day", "date", "date", false),
        ("ok", "bool", "boolean", false),
    ];
    things.agree(&terms(text));
    let summary = ingot_bronze::replay(&things.options(), "things", None, &Silent).unwrap();
    assert_eq!(summary.loaded(), 1, "{summary:?}");
    assert_eq!(things.bronze("SELECT id, qty FROM {t} ORDER BY id"), "1|10\n2|-3\n3|x\n4|7");
}

#[test]
fn a_partition_changes_its_type_without_a_file_written_again() {
    let partition =
        |word: &'static str| Terms { partition: Some(word), columns: &NARROW[..2], ..terms(NARROW) };
    let things = Things::new(&partition("region str"));
    things.write("raw/things/region=7/0.csv", "id,qty\n1,1\n");
    things.load();
    let files: Vec<String> = delta(&things).files().unwrap().into_iter().map(|file| file.relative).collect();
    things.agree(&partition("region i64"));
    assert!(!things.load().failed());
    assert_eq!(things.columns()[2], "region Int64!");
    assert_eq!(
        delta(&things).files().unwrap().into_iter().map(|file| file.relative).collect::<Vec<_>>(),
        files
    );
    things.agree(&partition("region str"));
    things.load();
    things.write("raw/things/region=n/0.csv", "id,qty\n2,2\n");
    things.load();
    things.agree(&partition("region i64"));
    let (summary, heard) = things.load_heard();
    assert!(summary.failed());
    assert!(heard.iter().any(|line| line.contains("'n' (the partition region=n)")), "{heard:?}");
}

const FOLDER: &str = "INGOT_TEST_RETYPE_FOLDER";

fn options(folder: &Path) -> LoadOptions {
    let at = |name: &str| folder.join(name);
    LoadOptions { jobs: 2, ..LoadOptions::new(at("raw"), at("lake"), at("warehouse.duckdb"), at("schemas")) }
}

/// Not a test of its own: the process that is killed. It runs only if it is told where.
#[test]
#[ignore = "run by the test below as a process of its own"]
fn work_in_a_child() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        load(&options(Path::new(&folder)), &Silent).unwrap();
    }
}

fn child(folder: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "retyped::work_in_a_child", "--ignored"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What does not depend on the run that did it, and that both sides agree on it.
fn state(folder: &Path) -> String {
    let lake = folder.join("lake/bronze");
    let table = DeltaTable::open(&lake.join("delta/things")).unwrap();
    let live: Vec<String> =
        table.files().unwrap().iter().map(|file| format!("'{}'", file.path.display())).collect();
    let ask = |files: &str| {
        let sql = format!(
            "SELECT count(*), sum(hash(COLUMNS(* EXCLUDE (ingestion_ts)))::HUGEINT)::VARCHAR \
             FROM read_parquet({files}, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
        );
        ask(Path::new(":memory:"), &sql)
    };
    let one = ask(&format!("[{}]", live.join(",")));
    assert_eq!(one, ask(&format!("'{}/**/*.parquet'", lake.join("parquet/things").display())));
    // No data file that no version shows.
    let known: std::collections::BTreeSet<String> = (0..=table.version())
        .flat_map(|version| DeltaTable::open_at(table.root(), version).unwrap().files().unwrap())
        .map(|file| file.relative)
        .collect();
    for (name, _) in listing(table.root()) {
        let is_log = name.starts_with("_delta_log") && !name.contains('#');
        assert!(is_log || known.contains(&name), "{name} is left over");
    }
    format!("version {}: {one}\n{:?}", table.version(), table.schema().unwrap())
}

#[test]
fn a_change_of_types_that_is_killed_is_as_if_it_had_not_been() {
    let things = Things::new(&terms(NARROW));
    for file in 0..12 {
        let rows: String = (0..4000)
            .map(|row| format!("{},{row},{row}.25,2024-02-29,true\n", file * 10_000 + row))
            .collect();
        things.write(
            &format!("raw/things/region={}/{file}.csv", file % 4),
            &format!("id,qty,price,day,ok\n{rows}"),
        );
    }
    things.load();
    things.agree(&terms(WIDE));
    // And there is something new to load after it.
    things.write(
        "raw/things/region=n/2.csv",
        "id,qty,price,day,ok\n5,5000000000,1,2024-01-01T10:00:00Z,maybe\n",
    );
    let calm = tempfile::tempdir().unwrap();
    copy(things.path(), calm.path());
    let begun = Instant::now();
    assert!(child(calm.path()).wait().unwrap().success());
    let whole = begun.elapsed();
    let expected = state(calm.path());
    let moments = 6;
    for moment in 1..=moments {
        let folder = tempfile::tempdir().unwrap();
        copy(things.path(), folder.path());
        let mut load_process = child(folder.path());
        let share = f64::from(moment) / f64::from(moments);
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share));
        load_process.kill().unwrap();
        load_process.wait().unwrap();
        load(&options(folder.path()), &Silent).unwrap();
        assert_eq!(state(folder.path()), expected, "killed at moment {moment} of {moments}");
        assert_eq!(load(&options(folder.path()), &Silent).unwrap().read(), 0);
    }
}

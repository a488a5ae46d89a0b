//! The hash of each row, which a contract can leave out.

use crate::retyped::delta;
use crate::things::{Terms, Things};
use std::path::Path;

const WITHOUT: Terms<'_> = Terms {
    path: "things/part-*.csv",
    format: "csv",
    evolution: "evolve",
    partition: None,
    columns: &[("id", "i64", "integer", true), ("name", "str", "string", false)],
    version: "1.0.0",
    settings: &["rowHash: none"],
};
const WITH: Terms<'_> = Terms { settings: &[], ..WITHOUT };

const ROWS: &str =
    "SELECT id, name, src_filename, src_row_number, epoch_us(ingestion_ts) FROM {t} ORDER BY id";

fn has_hash(things: &Things) -> bool {
    delta(things).schema().unwrap().field_with_name("src_row_hash").is_ok()
}

#[test]
fn without_a_hash_everything_else_is_there() {
    let things = Things::new(&WITHOUT);
    things.write("raw/things/part-0.csv", "id,name\n1,a\nx,b\n3,c\n");
    let summary = things.load();
    assert_eq!((summary.accepted(), summary.rejected()), (2, 1));
    assert!(!has_hash(&things));
    assert_eq!(
        things.bronze("SELECT * EXCLUDE (ingestion_ts) FROM {t} ORDER BY id"),
        "1|a|things/part-0.csv|1\n3|c|things/part-0.csv|3"
    );
    // Rejects can be corrected as ever.
    let rejects = std::fs::read_dir(things.lake().join("_rejects/things")).unwrap().count();
    assert!(rejects > 0);
}

#[test]
fn a_contract_that_leaves_the_hash_out_writes_the_table_again_without_it() {
    let things = Things::new(&WITH);
    things.write("raw/things/part-0.csv", "id,name\n1,a\n2,b\n");
    things.load();
    assert!(has_hash(&things));
    let (before, version) = (things.bronze(ROWS), delta(&things).version());
    things.agree(&WITHOUT);
    let (summary, heard) = things.load_heard();
    assert!(!summary.failed(), "{summary:?}");
    assert_eq!(
        heard,
        ["things: the column 'src_row_hash' was removed, as the contract says; its rows were written again"]
    );
    assert!(!has_hash(&things));
    assert_eq!(things.bronze(ROWS), before);
    assert_eq!(delta(&things).version(), version + 1);
    assert_eq!(
        things.manifest("SELECT column_name, change FROM manifest_schema_changes"),
        "src_row_hash|removed"
    );
    let files = walkdir::WalkDir::new(things.lake().join("bronze/parquet/things"));
    for file in files.into_iter().flatten().filter(|entry| entry.path().extension().is_some()) {
        let names = crate::ask::ask(
            Path::new(":memory:"),
            &format!("SELECT string_agg(name) FROM parquet_schema('{}')", file.path().display()),
        );
        assert!(!names.contains("src_row_hash"), "{names}");
    }
    assert_eq!(things.load_heard().1, Vec::<String>::new());
}

#[test]
fn the_hash_comes_back_for_new_rows() {
    let things = Things::new(&WITHOUT);
    things.write("raw/things/part-0.csv", "id,name\n1,a\n");
    things.load();
    things.agree(&WITH);
    things.write("raw/things/part-1.csv", "id,name\n2,b\n");
    let (_, heard) = things.load_heard();
    assert_eq!(
        heard,
        ["things: the contract's new column 'src_row_hash' (i64) was added; older rows have no value there"]
    );
    assert_eq!(things.bronze("SELECT id, src_row_hash IS NULL FROM {t} ORDER BY id"), "1|true\n2|false");
}

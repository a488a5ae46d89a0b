//! What the `{names}` in a contract's path give to columns and partitions.

use crate::feed::{Feed, Row};
use crate::things::{Terms, Things};
use ingot_bronze::FileStatus;
use ingot_lake::DataFileWriter;
use ingot_lake::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use std::sync::Arc;

/// The one column `region` of the rows, with `-` for null.
fn regions(feed: &Feed) -> Vec<String> {
    let region = |row: &Row| row.get("region").cloned().unwrap_or("-".to_owned());
    feed.rows().iter().map(region).collect()
}

#[test]
fn a_column_has_the_value_of_the_path_without_being_a_partition() {
    let feed = Feed::new("csv", "t/day={day}/*.csv", "", "id i64\nday date {required: true}\nv str");
    feed.write("t/day=2024-01-01/x.csv", "id,v\n1,a\n").write("t/day=2024-01-02/y.csv", "id,v\n2,b\n3,c\n");
    assert_eq!(feed.load().accepted(), 3);
    assert_eq!(
        feed.shown(),
        ["day=2024-01-01 id=1 v=a", "day=2024-01-02 id=2 v=b", "day=2024-01-02 id=3 v=c"]
    );
}

#[test]
fn a_path_whose_value_does_not_fit_its_column_refuses_the_file() {
    let feed = Feed::new("csv", "sales_{day}.csv", "", "id i64\nday date");
    feed.write("sales_2024-01-01.csv", "id\n1\n")
        .write("sales_20240102.csv", "id\n2\n")
        .write("sales_2024-01-03 (1).csv", "id\n3\n");
    let table = feed.load();
    let failed: Vec<(&str, &str)> = table
        .files
        .iter()
        .filter(|file| file.status == FileStatus::Failed)
        .map(|file| (file.path.as_str(), file.error.as_deref().unwrap()))
        .collect();
    assert_eq!(
        failed.iter().map(|(path, _)| *path).collect::<Vec<_>>(),
        ["sales_2024-01-03 (1).csv", "sales_20240102.csv"]
    );
    assert!(
        failed[1].1.starts_with("BAD_PARTITION: the path says day=20240102, but NOT_A_DATE needs"),
        "{failed:?}"
    );
    assert_eq!(feed.shown(), ["day=2024-01-01 id=1"]);
}

#[test]
fn rules_hold_for_the_value_of_the_path_too() {
    let rule = "n i32 {quality: [{name: SMALL, type: library, metric: invalidValues, mustBe: 0, severity: error, \
                arguments: {minimum: 0, maximum: 9}}]}";
    let feed = Feed::new("csv", "n{n}.csv", "", &format!("id i64\n{rule}"));
    feed.write("n7.csv", "id\n1\n").write("n10.csv", "id\n2\n");
    let table = feed.load();
    assert_eq!(table.count(FileStatus::Failed), 1, "{table:?}");
    assert_eq!(feed.shown(), ["id=1 n=7"]);
}

#[test]
fn a_cell_that_contradicts_the_path_is_rejected_and_an_empty_one_takes_its_value() {
    let feed = Feed::new("csv", "t/region={region}/*.csv", "", "id i64\nregion str");
    feed.write("t/region=north/x.csv", "id,region\n1,north\n2,south\n3,\n");
    let table = feed.load();
    assert_eq!((table.read(), table.accepted(), table.rejected()), (3, 2, 1));
    assert_eq!(feed.codes(), [(2, "PARTITION_MISMATCH".to_owned())]);
    assert_eq!(feed.shown(), ["id=1 region=north", "id=3 region=north"]);
}

#[test]
fn numbers_of_a_path_are_compared_as_numbers() {
    let feed = Feed::new("csv", "t/n={n}/*.csv", "", "id i64\nn dec(6,2)");
    feed.write("t/n=07.5/x.csv", "id,n\n1,7.50\n2,7.51\n3,7.5\n");
    assert_eq!(feed.load().accepted(), 2);
    assert_eq!(feed.shown(), ["id=1 n=7.50", "id=3 n=7.50"]);
}

#[test]
fn json_and_files_without_a_header_take_it_too() {
    let feed = Feed::new("jsonl", "t/region={region}/*.jsonl", "", "id i64\nregion str {required: true}");
    feed.write("t/region=n/x.jsonl", "{\"id\":1}\n{\"id\":2,\"region\":null}\n{\"id\":3,\"region\":\"s\"}\n");
    assert_eq!(feed.load().accepted(), 2);
    assert_eq!(regions(&feed), ["n", "n"]);

    let feed = Feed::new("csv", "t/{region}.csv", "header: false", "id i64\nregion str\nv str");
    feed.write("t/n.csv", "1,a\n2,b\n").write("t/s.csv", "3,s,c\n4,x,d\n5,e\n");
    let table = feed.load();
    assert_eq!((table.read(), table.accepted(), table.rejected()), (5, 3, 2));
    assert_eq!(feed.shown(), ["id=1 region=n v=a", "id=2 region=n v=b", "id=3 region=s v=c"]);
}

#[test]
fn parquet_takes_it_too() {
    let feed = Feed::new("parquet", "t/region={region}/*.parquet", "", "id i64\nregion str\nv str");
    let schema = Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, true),
        Field::new("region", DataType::Utf8, true),
    ]));
    let columns: [ArrayRef; 2] = [
        Arc::new(Int64Array::from(vec![1, 2, 3])),
        Arc::new(StringArray::from(vec![None, Some("north"), Some("south")])),
    ];
    for (name, width) in [("with", 2), ("without", 1)] {
        let schema = Arc::new(schema.project(&(0..width).collect::<Vec<_>>()).unwrap());
        let batch = RecordBatch::try_new(schema.clone(), columns[..width].to_vec()).unwrap();
        let folder = feed.raw("t/region=north");
        let mut file =
            DataFileWriter::create(&folder, &format!("{name}.parquet"), Vec::new(), schema, &[]).unwrap();
        file.write(&batch).unwrap();
        file.finish().unwrap();
    }
    let table = feed.load();
    assert_eq!((table.read(), table.accepted(), table.rejected()), (6, 5, 1));
    assert_eq!(regions(&feed), ["north"; 5]);
}

const HIVE: Terms<'_> = Terms {
    path: "things/region={region}/*.csv",
    format: "csv",
    evolution: "evolve",
    partition: Some("region str"),
    columns: &[("id", "i64", "integer", true), ("region", "str", "string", false)],
    version: "1.0.0",
    settings: &[],
};

#[test]
fn folders_are_read_and_written_as_hive_does() {
    for columns in [HIVE.columns, &HIVE.columns[..1]] {
        let things = Things::new(&Terms { columns, ..HIVE });
        for (id, folder) in
            ["a%2Fb", "50%25", "größe", "two words", "__HIVE_DEFAULT_PARTITION__", "%252F", "a+b"]
                .into_iter()
                .enumerate()
        {
            things.write(&format!("raw/things/region={folder}/x.csv"), &format!("id\n{id}\n"));
        }
        let summary = things.load();
        assert!(!summary.failed(), "{summary:?}");
        // Both sides are asked, and must agree.
        assert_eq!(
            things.bronze("SELECT id, region FROM {t} ORDER BY id"),
            "0|a/b\n1|50%\n2|größe\n3|two words\n4|∅\n5|%2F\n6|a+b"
        );
        let side = things.lake().join("bronze/parquet/things");
        let mut folders: Vec<String> = std::fs::read_dir(side)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        folders.sort();
        assert_eq!(
            folders,
            [
                "region=%252F",
                "region=50%25",
                "region=__HIVE_DEFAULT_PARTITION__",
                "region=a%2Fb",
                "region=a+b",
                "region=größe",
                "region=two words",
            ]
        );
        // The log says the values.
        let table = ingot_lake::DeltaTable::open(&things.lake().join("bronze/delta/things")).unwrap();
        let mut values: Vec<Option<String>> =
            table.files().unwrap().into_iter().map(|file| file.partition_values["region"].clone()).collect();
        values.sort();
        let expected =
            [None, Some("%2F"), Some("50%"), Some("a+b"), Some("a/b"), Some("größe"), Some("two words")];
        assert_eq!(values, expected.map(|value| value.map(str::to_owned)));
        assert_eq!(things.load().read(), 0);
    }
}

#[test]
fn a_partition_may_become_null_later() {
    let things = Things::new(&Terms { columns: &HIVE.columns[..1], ..HIVE });
    things.write("raw/things/region=n/x.csv", "id\n1\n");
    things.load();
    things.write("raw/things/region=__HIVE_DEFAULT_PARTITION__/x.csv", "id\n2\n");
    assert!(!things.load().failed());
    assert_eq!(things.bronze("SELECT id, region FROM {t} ORDER BY id"), "1|n\n2|∅");
    assert_eq!(things.columns(), ["id Int64!", "region Utf8"]);
}

#[test]
fn a_name_in_the_path_that_is_no_column_is_an_error_of_the_contract() {
    let feed = Feed::new("csv", "t/{region}/*.csv", "", "id i64");
    feed.write("t/n/x.csv", "id\n1\n");
    let error = feed.try_load().unwrap_err();
    assert!(
        error.to_string().contains("the raw path has {region}, but the table has no column 'region'"),
        "{error}"
    );
}

#[test]
fn a_rejected_row_keeps_its_value_of_the_path_when_it_is_replayed() {
    let things = Things::new(&Terms { partition: None, ..HIVE });
    things.write("raw/things/region=a%2Fb/x.csv", "id\n1\nx\n");
    assert_eq!(things.load().rejected(), 1);
    let folder = things.lake().join("_rejects/things");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace(",x,", ",2,")).unwrap();
        }
    }
    let summary =
        ingot_bronze::replay(&things.options(), "things", None, &ingot_core::report::Silent).unwrap();
    assert_eq!(summary.loaded(), 1, "{summary:?}");
    assert_eq!(things.bronze("SELECT id, region FROM {t} ORDER BY id"), "1|a/b\n2|a/b");
}

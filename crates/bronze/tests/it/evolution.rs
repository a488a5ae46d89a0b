//! Columns that come, go and change, under each of the contract's modes.

use crate::ask::ask;
use crate::things::{Terms, Things};
use ingot_bronze::FileStatus;
use ingot_lake::DataFileWriter;
use ingot_lake::arrow::array::{ArrayRef, Int32Array, Int64Array, ListArray, RecordBatch, StringArray};
use ingot_lake::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use std::sync::Arc;

const CHANGES: &str = "SELECT column_name, change, data_type, evolution_mode, src_path, files \
                       FROM manifest_schema_changes ORDER BY ALL";

#[test]
fn evolve_adds_a_column_and_older_rows_have_none() {
    let feed = Things::new(&Terms::default());
    feed.write("raw/things/part-0.csv", "id,name,qty\n1,a,1\n");
    feed.load();
    feed.write("raw/things/part-1.csv", "note,id,name,qty\nfirst,2,b,2\n");
    feed.write("raw/things/part-2.csv", "id,name,qty,note,more\n3,c,x,no,0\n4,d,4,\"yes, it is\",1\n");
    feed.write("raw/things/part-3.csv", "id,qty\n5,5\n");
    let (summary, heard) = feed.load_heard();
    assert!(!summary.failed(), "{summary:?}");
    assert_eq!((summary.read(), summary.accepted(), summary.rejected()), (4, 3, 1));
    assert_eq!(
        heard,
        [
            "things: the column 'more', which the contract does not name, was added as str (things/part-2.csv)",
            "things: the column 'note', which the contract does not name, was added as str \
             (things/part-1.csv and one more file)",
            "things: no column 'name', loaded as null (things/part-3.csv)",
        ]
    );
    let rows = "SELECT id, name, qty, note, more, src_filename, src_row_number FROM {t} ORDER BY id";
    assert_eq!(
        feed.bronze(rows),
        "1|a|1|∅|∅|things/part-0.csv|1\n2|b|2|first|∅|things/part-1.csv|1\n\
         4|d|4|yes, it is|1|things/part-2.csv|2\n5|∅|5|∅|∅|things/part-3.csv|1"
    );
    assert_eq!(feed.columns(), ["id Int64!", "name Utf8", "qty Int32", "note Utf8", "more Utf8"]);
    let changes = "more|added|str|evolve|things/part-2.csv|1\nname|missing|∅|evolve|things/part-3.csv|1\n\
                   note|added|str|evolve|things/part-1.csv|2";
    assert_eq!(feed.manifest(CHANGES), changes);

    // From now on the table has it: no news, with it or without.
    feed.write("raw/things/part-4.csv", "id,name,qty,note\n6,e,6,again\n");
    feed.write("raw/things/part-5.csv", "id,name,qty\n7,f,7\n");
    let (summary, heard) = feed.load_heard();
    assert_eq!((summary.accepted(), heard), (2, vec![]));
    assert_eq!(feed.bronze("SELECT id, note FROM {t} WHERE id > 5 ORDER BY id"), "6|again\n7|∅");

    // What was recorded comes back with a lost manifest.
    std::fs::remove_file(feed.warehouse()).unwrap();
    feed.load();
    assert_eq!(feed.manifest(CHANGES), changes);
}

#[test]
fn columns_with_names_that_a_table_cannot_have_are_loaded_under_others() {
    let feed =
        Things::new(&Terms { partition: Some("dt"), path: "things/dt={dt}/*.csv", ..Terms::default() });
    let header = "id,name,qty,two words,dt,src_filename,,Price (EUR),price_eur,(,fine\n";
    feed.write("raw/things/dt=2023-01-01/a.csv", &format!("{header}1,a,1,w,2020-01-01,s,,9,8,o,good\n"));
    let (summary, heard) = feed.load_heard();
    assert!(!summary.failed());
    let added = |name: &str, column: &str| {
        format!(
            "things: the column '{name}', which the contract does not name, was added as '{column}' (str), because a \
             table cannot have a column of its name (things/dt=2023-01-01/a.csv)"
        )
    };
    for (name, column) in [
        ("two words", "two_words"),
        ("dt", "dt_2"),
        ("src_filename", "src_filename_2"),
        ("Price (EUR)", "Price_EUR_2"),
        ("(", "unnamed"),
    ] {
        assert!(heard.contains(&added(name, column)), "{name}: {heard:?}");
    }
    let rows = "SELECT id, two_words, dt::VARCHAR, dt_2, src_filename_2, \"Price_EUR_2\", price_eur, unnamed, fine FROM {t} \
                ORDER BY id";
    assert_eq!(feed.bronze(rows), "1|w|2023-01-01|2020-01-01|s|9|8|o|good");
    // The names are remembered, whatever the order of the columns, and nothing more is told.
    feed.write(
        "raw/things/dt=2023-01-02/b.csv",
        "fine,(,price_eur,Price (EUR),src_filename,dt,two words,qty,name,id\nbetter,p,7,6,t,2020-01-02,v,2,b,2\n",
    );
    let (summary, heard) = feed.load_heard();
    assert_eq!((summary.accepted(), heard), (1, Vec::new()));
    assert_eq!(
        feed.bronze(rows),
        "1|w|2023-01-01|2020-01-01|s|9|8|o|good\n2|v|2023-01-02|2020-01-02|t|6|7|p|better"
    );
    assert_eq!(feed.manifest("SELECT count(*) FROM manifest_schema_changes WHERE change = 'left_out'"), "0");
}

#[test]
fn members_and_columns_with_such_names_are_loaded_from_json_and_parquet_too() {
    let json = Things::new(&Terms { format: "jsonl", path: "things/*.jsonl", ..Terms::default() });
    json.write("raw/things/a.jsonl", "{\"id\":1,\"a b\":\"x\",\"\":\"y\"}\n");
    json.load();
    json.write("raw/things/b.jsonl", "{\"id\":2,\"\":\"z\",\"a b\":\"w\"}\n");
    let (summary, heard) = json.load_heard();
    assert_eq!(summary.accepted(), 1);
    assert!(heard.iter().all(|line| line.contains("no column")), "{heard:?}");
    assert_eq!(json.bronze("SELECT id, a_b, unnamed FROM {t} ORDER BY id"), "1|x|y\n2|w|z");

    let parquet = Things::new(&Terms { format: "parquet", path: "things/*.parquet", ..Terms::default() });
    for number in 1..3 {
        parquet.write("raw/things/none", "");
        let file = parquet.path().join(format!("raw/things/{number}.parquet"));
        ask(
            std::path::Path::new(":memory:"),
            &format!(
                "COPY (SELECT {number}::BIGINT AS id, {number}.5 AS \"a b\", 'n' AS name, 1::INTEGER AS qty) TO '{}'",
                file.display()
            ),
        );
        parquet.load();
    }
    assert_eq!(parquet.bronze("SELECT id, a_b::VARCHAR FROM {t} ORDER BY id"), "1|1.5\n2|2.5");
}

#[test]
fn any_number_of_members_is_added() {
    let things = Things::new(&Terms { format: "jsonl", path: "things/*.jsonl", ..Terms::default() });
    let members: String = (0..150).map(|number| format!(",\"m{number}\":\"v{number}\"")).collect();
    things.write("raw/things/a.jsonl", &format!("{{\"id\":1{members}}}\n"));
    assert_eq!(things.load().accepted(), 1);
    assert_eq!(things.bronze("SELECT m0, m99, m100, m149 FROM {t}"), "v0|v99|v100|v149");
}

#[test]
fn freeze_refuses_the_file_and_discard_leaves_the_column_out() {
    let frozen = Things::new(&Terms { evolution: "freeze", ..Terms::default() });
    frozen.write("raw/things/part-0.csv", "id,name,qty\n1,a,1\n");
    frozen.write("raw/things/part-1.csv", "id,name,qty,note\n2,b,2,x\n");
    frozen.write("raw/things/part-2.csv", "id,qty\n3,3\n");
    let (summary, heard) = frozen.load_heard();
    assert!(summary.failed());
    let codes: Vec<(&str, FileStatus)> =
        summary.tables[0].files.iter().map(|file| (file.path.as_str(), file.status)).collect();
    assert_eq!(
        codes,
        [
            ("things/part-0.csv", FileStatus::Loaded),
            ("things/part-1.csv", FileStatus::Failed),
            ("things/part-2.csv", FileStatus::Failed)
        ]
    );
    assert!(heard.iter().any(|line| line.contains("refused because of the column 'note'")), "{heard:?}");
    assert_eq!(
        frozen.manifest(CHANGES),
        "name|refused|∅|freeze|things/part-2.csv|1\nnote|refused|∅|freeze|things/part-1.csv|1"
    );
    assert_eq!(frozen.bronze("SELECT id FROM {t}"), "1");

    let discarding = Things::new(&Terms { evolution: "discard", ..Terms::default() });
    discarding.write("raw/things/part-1.csv", "id,name,qty,note\n2,b,2,x\n");
    let (summary, heard) = discarding.load_heard();
    assert!(!summary.failed());
    assert_eq!(
        heard,
        ["things: the column 'note' is left out, as the contract says (discard) (things/part-1.csv)"]
    );
    assert_eq!(discarding.columns(), ["id Int64!", "name Utf8", "qty Int32"]);
    assert_eq!(discarding.manifest(CHANGES), "note|left_out|∅|discard|things/part-1.csv|1");
}

#[test]
fn a_column_of_a_typed_file_keeps_its_type() {
    let feed = Things::new(&Terms { format: "parquet", path: "things/*.parquet", ..Terms::default() });
    let write = |name: &str, more: Option<ArrayRef>| {
        let mut fields = vec![
            Field::new("id", DataType::Int64, true),
            Field::new("name", DataType::Utf8, true),
            Field::new("qty", DataType::Int32, true),
        ];
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![1, 2])),
            Arc::new(StringArray::from(vec!["a", "b"])),
            Arc::new(Int32Array::from(vec![1, 2])),
        ];
        if let Some(more) = more {
            fields.push(Field::new("more", more.data_type().clone(), true));
            columns.push(more);
        }
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None]);
        fields.push(Field::new(
            "list",
            DataType::clone(ingot_lake::arrow::array::Array::data_type(&lists)),
            true,
        ));
        columns.push(Arc::new(lists));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
        let mut writer =
            DataFileWriter::create(&feed.path().join("raw/things"), name, Vec::new(), schema, &[]).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    };
    write("a.parquet", None);
    write("b.parquet", Some(Arc::new(Int32Array::from(vec![7, 8]))));
    write("c.parquet", Some(Arc::new(Int64Array::from(vec![1 << 40, 9]))));
    let (summary, heard) = feed.load_heard();
    assert!(!summary.failed(), "{summary:?}");
    for (line, added) in heard.iter().zip([
        "'list', which the contract does not name, was added as list<i32>",
        "'more', which the contract does not name, was added as i64",
    ]) {
        assert!(line.contains(added), "{heard:?}");
    }
    assert_eq!(heard.len(), 2);
    assert_eq!(
        feed.bronze("SELECT more, typeof(more) FROM {t} ORDER BY src_filename, src_row_number"),
        "∅|BIGINT\n∅|BIGINT\n7|BIGINT\n8|BIGINT\n1099511627776|BIGINT\n9|BIGINT"
    );
}

#[test]
fn a_contract_may_grow_and_may_not_change_a_type() {
    let feed = Things::new(&Terms::default());
    feed.write("raw/things/part-0.csv", "id,name,qty,extra\n1,a,1,x\n");
    feed.load();
    let grown = [
        ("id", "i64", "integer", true),
        ("name", "str", "string", false),
        ("qty", "i32", "integer", false),
        ("extra", "str", "string", false),
        ("price", "dec(8,2)", "number", true),
    ];
    feed.agree(&Terms { columns: &grown, ..Terms::default() });
    feed.write("raw/things/part-1.csv", "id,name,qty,extra,price\n2,b,2,y,9.50\n");
    let (_, heard) = feed.load_heard();
    assert_eq!(
        heard,
        ["things: the contract's new column 'price' (dec(8,2)) was added; older rows have no value there"]
    );
    assert_eq!(feed.bronze("SELECT id, extra, price FROM {t} ORDER BY id"), "1|x|∅\n2|y|9.50");
    assert_eq!(feed.columns()[3..], ["extra Utf8", "price Decimal128(8, 2)"]);

    // A required column that is not required any more may be empty.
    let relaxed =
        [("id", "i64", "integer", false), ("name", "str", "string", false), ("qty", "i32", "integer", false)];
    feed.agree(&Terms { columns: &relaxed, ..Terms::default() });
    feed.write("raw/things/part-2.csv", "id,name,qty\n,c,3\n");
    feed.load();
    assert_eq!(feed.columns()[0], "id Int64");
    assert_eq!(feed.bronze("SELECT id, name FROM {t} ORDER BY name"), "1|a\n2|b\n∅|c");

    // A type that would need a guess is refused as a whole; what is there stays, and nothing half-written with it.
    let before = crate::folders::listing(&feed.lake());
    let other = [
        ("id", "i64", "integer", false),
        ("name", "str", "string", false),
        ("qty", "bool", "boolean", false),
    ];
    feed.agree(&Terms { columns: &other, ..Terms::default() });
    feed.write("raw/things/part-3.csv", "id,name,qty\n4,d,many\n");
    let (summary, heard) = feed.load_heard();
    assert!(summary.failed());
    assert_eq!(summary.tables[0].count(FileStatus::Failed), 1);
    assert_eq!(summary.tables[0].count(FileStatus::Unchanged), 3);
    assert!(
        heard.iter().any(|line| line.contains("'qty' is i32 in the bronze table but bool in the contract")),
        "{heard:?}"
    );
    assert_eq!(
        feed.manifest("SELECT src_path FROM manifest_processed_files WHERE status = 'failed'"),
        "things/part-3.csv"
    );
    feed.agree(&Terms { columns: &relaxed, ..Terms::default() });
    feed.write("raw/things/part-3.csv", "id,name,qty\n4,d,4\n");
    assert!(!feed.load().failed());
    assert_eq!(feed.bronze("SELECT count(*) FROM {t}"), "4");
    assert!(before.len() < crate::folders::listing(&feed.lake()).len());
}

//! Delta tables of every feature of the protocol that a reader must know, their logs written by hand; and those that cannot
//! be followed, of which nothing is written.

use crate::feed::Feed;
use ingot_lake::arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use ingot_lake::arrow::datatypes::{Field, Schema};
use ingot_lake::parquet::arrow::{ArrowWriter, PARQUET_FIELD_ID_META_KEY};
use serde_json::{Value, json};
use std::sync::Arc;

const PLAIN: (u8, u8, &[&str]) = (1, 2, &[]);
const KEYED: &str = "id i64 {primaryKey: true, primaryKeyPosition: 1}";

/// A source whose versions are written one after the other.
struct Source {
    feed: Feed,
    version: u64,
}

/// A column of a data file: its name, its field id and its values.
fn column(name: &str, id: Option<&str>, values: ArrayRef) -> (Field, ArrayRef) {
    let field = Field::new(name, values.data_type().clone(), true);
    let field = match id {
        Some(id) => field.with_metadata([(PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_owned())].into()),
        None => field,
    };
    (field, values)
}

fn longs(name: &str, values: &[i64]) -> (Field, ArrayRef) {
    column(name, None, Arc::new(Int64Array::from(values.to_vec())))
}

fn texts(name: &str, values: &[&str]) -> (Field, ArrayRef) {
    column(name, None, Arc::new(StringArray::from(values.to_vec())))
}

fn field(name: &str, kind: &str, metadata: Value) -> Value {
    json!({"name": name, "type": kind, "nullable": true, "metadata": metadata})
}

fn metadata(fields: &[Value], partitions: &[&str], properties: Value) -> Value {
    let schema = json!({"type": "struct", "fields": fields}).to_string();
    json!({"metaData": {
        "id": "1", "format": {"provider": "parquet", "options": {}}, "schemaString": schema,
        "partitionColumns": partitions, "configuration": properties, "createdTime": 1_700_000_000_000_i64,
    }})
}

fn protocol((reader, writer, features): (u8, u8, &[&str])) -> Value {
    match features {
        [] => json!({"protocol": {"minReaderVersion": reader, "minWriterVersion": writer}}),
        _ => json!({"protocol": {
            "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features,
        }}),
    }
}

fn remove(path: &str) -> Value {
    json!({"remove": {"path": path, "deletionTimestamp": 1_700_000_000_000_i64, "dataChange": true}})
}

/// The text of an inline deletion vector for these rows, counted from 0.
fn vector(rows: &[u16]) -> Value {
    // A bitmap array of one bitmap (https://github.com/RoaringBitmap/RoaringFormatSpec) of one container.
    let mut bytes = 1_681_511_377_u32.to_le_bytes().to_vec();
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(12_346_u32.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(0_u16.to_le_bytes());
    bytes.extend((rows.len() as u16 - 1).to_le_bytes());
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(rows.iter().flat_map(|row| row.to_le_bytes()));
    let size = bytes.len();
    bytes.resize(size.next_multiple_of(4), 0);
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    let mut text = String::new();
    for four in bytes.chunks(4) {
        let number = four.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        for power in [52_200_625, 614_125, 7_225, 85, 1] {
            text.push(char::from(digits[(number / power % 85) as usize]));
        }
    }
    json!({"storageType": "i", "pathOrInlineDv": text, "sizeInBytes": size, "cardinality": rows.len()})
}

impl Source {
    fn new(columns: &str) -> Self {
        Self { feed: Feed::new("delta", "t", "", columns), version: 0 }
    }

    fn file(&self, name: &str, columns: Vec<(Field, ArrayRef)>) -> usize {
        let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
        let schema = Arc::new(Schema::new(fields));
        let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), None).unwrap();
        writer.write(&RecordBatch::try_new(schema, columns).unwrap()).unwrap();
        let bytes = writer.into_inner().unwrap();
        let size = bytes.len();
        self.feed.write(&format!("t/{name}"), bytes);
        size
    }

    /// Writes a file, and gives the action that adds it.
    fn add(&self, name: &str, columns: Vec<(Field, ArrayRef)>) -> Value {
        let size = self.file(name, columns);
        json!({"add": {
            "path": name, "partitionValues": {}, "size": size, "modificationTime": 1_700_000_000_000_i64,
            "dataChange": true,
        }})
    }

    fn commit(&mut self, actions: &[Value]) {
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        self.feed.write(&format!("t/_delta_log/{:020}.json", self.version), lines.join("\n") + "\n");
        self.version += 1;
    }
}

/// With a member more.
fn with(mut action: Value, name: &str, value: Value) -> Value {
    action["add"][name] = value;
    action
}

fn simple(protocol_of: (u8, u8, &[&str]), properties: Value) -> Source {
    let mut source = Source::new(KEYED);
    let add = source.add("a.parquet", vec![longs("id", &[1, 2, 3])]);
    let metadata = metadata(&[field("id", "long", json!({}))], &[], properties);
    source.commit(&[protocol(protocol_of), metadata, add]);
    source
}

#[test]
fn a_table_that_needs_nothing_special_is_followed() {
    assert_eq!(simple(PLAIN, json!({})).feed.load().accepted(), 3);
    // The features of a newer protocol may be there without being used.
    let features: &[&str] = &["deletionVectors"];
    let source = simple((3, 7, features), json!({"delta.enableDeletionVectors": "true"}));
    assert_eq!(source.feed.load().accepted(), 3);
}

#[test]
fn rows_of_deletion_vectors_are_not_there_and_go_when_they_are_deleted() {
    let mut source = Source::new(KEYED);
    let add = source.add("a.parquet", vec![longs("id", &[1, 2, 3, 4, 5])]);
    let metadata = metadata(&[field("id", "long", json!({}))], &[], json!({}));
    source.commit(&[
        protocol((3, 7, &["deletionVectors"])),
        metadata,
        with(add.clone(), "deletionVector", vector(&[1])),
    ]);
    // What is removed is the file with its vector.
    let undeleted = |rows: &[u16]| {
        let mut action = remove("a.parquet");
        action["remove"]["deletionVector"] = vector(rows);
        action
    };
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted()), (4, 4));
    assert_eq!(
        source.feed.shown(),
        ["id=1 is_deleted=false", "id=3 is_deleted=false", "id=4 is_deleted=false", "id=5 is_deleted=false"]
    );
    let numbers: Vec<String> =
        source.feed.full_rows().iter().map(|row| row["src_row_number"].clone()).collect();
    assert_eq!(numbers, ["1", "3", "4", "5"], "places in the file");

    source.commit(&[undeleted(&[1]), with(add.clone(), "deletionVector", vector(&[0, 1, 4]))]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.deleted), (2, 2, 2));
    // A row that comes back, as after RESTORE.
    source.commit(&[undeleted(&[0, 1, 4]), with(add, "deletionVector", vector(&[1, 4]))]);
    assert_eq!(source.feed.load().read(), 1);
    let live: Vec<String> =
        source.feed.shown().into_iter().filter(|row| row.ends_with("is_deleted=false")).collect();
    assert_eq!(live, ["id=1 is_deleted=false", "id=3 is_deleted=false", "id=4 is_deleted=false"]);
}

#[test]
fn a_damaged_deletion_vector_refuses_its_version() {
    let mut source = Source::new(KEYED);
    let add = source.add("a.parquet", vec![longs("id", &[1, 2, 3])]);
    let metadata = metadata(&[field("id", "long", json!({}))], &[], json!({}));
    let mut damaged = vector(&[1]);
    damaged["cardinality"] = json!(2);
    source.commit(&[protocol((3, 7, &["deletionVectors"])), metadata, with(add, "deletionVector", damaged)]);
    assert_eq!(source.feed.failure(), "NOT_A_DELTA_TABLE");
}

#[test]
fn partition_values_are_columns_with_their_types() {
    let mut source = Source::new(&format!("{KEYED}\nday date\nregion str\nn i32 {{required: true}}"));
    let values = [
        json!({"day": "2024-02-29", "region": "a/b", "n": "7"}),
        json!({"day": null, "region": "two words", "n": "8"}),
        json!({"day": "2024-03-01", "region": "", "n": null}),
    ];
    let fields = [("id", "long"), ("day", "date"), ("region", "string"), ("n", "integer")];
    let fields = fields.map(|(name, kind)| field(name, kind, json!({})));
    let mut actions = vec![protocol(PLAIN), metadata(&fields, &["day", "region", "n"], json!({}))];
    for (at, values) in values.into_iter().enumerate() {
        let add = source.add(&format!("f{at}.parquet"), vec![longs("id", &[at as i64])]);
        actions.push(with(add, "partitionValues", values));
    }
    source.commit(&actions);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.rejected()), (3, 2, 1));
    assert_eq!(
        source.feed.shown(),
        ["day=2024-02-29 id=0 is_deleted=false n=7 region=a/b", "id=1 is_deleted=false n=8 region=two words"]
    );
    assert_eq!(source.feed.codes(), [(1, "REQUIRED_MISSING".to_owned())]);
}

#[test]
fn mapped_columns_are_found_by_name_and_by_id_also_when_they_are_renamed() {
    let mapped = |name: &str, kind: &str, id: i64, physical: &str| {
        let metadata = json!({"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical});
        field(name, kind, metadata)
    };
    for (mode, names) in [("name", ["col-1", "col-2"]), ("id", ["anything", "else"])] {
        let mut source = Source::new(&format!("{KEYED}\nname str\nnew_name str"));
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let columns = vec![column(names[0], Some("1"), ids), column(names[1], Some("2"), texts)];
        let add = source.add("a.parquet", columns);
        let properties = json!({"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "2"});
        let before = [mapped("id", "long", 1, "col-1"), mapped("name", "string", 2, "col-2")];
        let after = [mapped("id", "long", 1, "col-1"), mapped("new_name", "string", 2, "col-2")];
        source.commit(&[protocol((2, 5, &[])), metadata(&before, &[], properties.clone()), add.clone()]);
        source.feed.load();
        assert_eq!(
            source.feed.shown(),
            ["id=1 is_deleted=false name=a", "id=2 is_deleted=false name=b"],
            "{mode}"
        );
        // The column has another name, and the file is the same, written again.
        let add = with(add, "path", json!("b.parquet"));
        std::fs::copy(source.feed.raw("t/a.parquet"), source.feed.raw("t/b.parquet")).unwrap();
        source.commit(&[metadata(&after, &[], properties), remove("a.parquet"), add]);
        source.feed.load();
        assert_eq!(
            source.feed.shown(),
            ["id=1 is_deleted=false new_name=a", "id=2 is_deleted=false new_name=b"],
            "{mode}"
        );
    }
}

#[test]
fn files_from_before_a_type_was_widened_have_the_wider_type() {
    let mut source = Source::new(&format!("{KEYED}\nn i64\nx f64"));
    let fields = |n: &str, x: &str| {
        [field("id", "long", json!({})), field("n", n, json!({})), field("x", x, json!({}))]
    };
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![1, -2]));
    let halves: ArrayRef = Arc::new(ingot_lake::arrow::array::Float32Array::from(vec![0.5, 1.5]));
    let add = source
        .add("a.parquet", vec![longs("id", &[1, 2]), column("n", None, narrow), column("x", None, halves)]);
    let widening: (u8, u8, &[&str]) = (3, 7, &["typeWidening"]);
    let properties = json!({"delta.enableTypeWidening": "true"});
    source.commit(&[protocol(widening), metadata(&fields("integer", "float"), &[], properties.clone()), add]);
    source.feed.load();
    let wide: ArrayRef = Arc::new(Float64Array::from(vec![1e300]));
    let add = source
        .add("b.parquet", vec![longs("id", &[3]), longs("n", &[5_000_000_000]), column("x", None, wide)]);
    source.commit(&[metadata(&fields("long", "double"), &[], properties), add]);
    assert_eq!(source.feed.load().accepted(), 1);
    assert_eq!(
        source.feed.shown(),
        [
            "id=1 is_deleted=false n=1 x=0.5",
            "id=2 is_deleted=false n=-2 x=1.5",
            "id=3 is_deleted=false n=5000000000 x=1e300"
        ]
    );
}

#[test]
fn a_log_that_begins_with_a_checkpoint_is_followed_from_there() {
    let mut source = Source::new(KEYED);
    let adds: Vec<Value> =
        [1, 2, 3].map(|id| source.add(&format!("{id}.parquet"), vec![longs("id", &[id])])).into();
    let features: &[&str] = &["v2Checkpoint"];
    let metadata = metadata(&[field("id", "long", json!({}))], &[], json!({"delta.checkpointPolicy": "v2"}));
    let checkpoint = [
        json!({"checkpointMetadata": {"version": 7}}),
        protocol((3, 7, features)),
        metadata,
        adds[0].clone(),
        adds[1].clone(),
    ];
    let lines: Vec<String> = checkpoint.iter().map(Value::to_string).collect();
    let name = "t/_delta_log/00000000000000000007.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";
    source.feed.write(name, lines.join("\n") + "\n");
    source.version = 8;
    source.commit(&[adds[2].clone()]);
    source.commit(&[remove("1.parquet")]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.deleted), (4, 4, 1));
    let files: Vec<(&str, u64)> = table.files.iter().map(|file| (file.path.as_str(), file.read)).collect();
    assert_eq!(
        files,
        [
            (name, 2),
            ("t/_delta_log/00000000000000000008.json", 1),
            ("t/_delta_log/00000000000000000009.json", 1)
        ]
    );
    let live: Vec<String> =
        source.feed.shown().into_iter().filter(|row| row.ends_with("is_deleted=false")).collect();
    assert_eq!(live, ["id=2 is_deleted=false", "id=3 is_deleted=false"]);
    assert_eq!(source.feed.load().read(), 0);
}

#[test]
fn a_source_without_a_key_is_appends_and_whole_rows() {
    let mut source = Source::new("name str\nqty i64");
    let fields = [field("name", "string", json!({})), field("qty", "long", json!({}))];
    let rows = |names: &[&str], quantities: &[i64]| vec![texts("name", names), longs("qty", quantities)];
    let add = source.add("a.parquet", rows(&["a", "b", "b"], &[1, 2, 2]));
    source.commit(&[protocol(PLAIN), metadata(&fields, &[], json!({})), add]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.repeated), (3, 3, 0));
    // An append of rows that are there already: they are there once more.
    let add = source.add("b.parquet", rows(&["a", "c"], &[1, 3]));
    source.commit(&[add]);
    assert_eq!(source.feed.load().read(), 2);
    // One of two equal rows changes, one row goes, the others are carried over.
    let add = source.add("c.parquet", rows(&["b", "b"], &[2, 20]));
    source.commit(&[remove("a.parquet"), add]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.deleted), (3, 3, 2));
    let mut rows = source.feed.shown();
    for row in &mut rows {
        if let Some(at) = row.find("deleted_at=") {
            let end = at + row[at..].find(' ').unwrap() + 1;
            row.replace_range(at..end, "");
        }
    }
    rows.sort();
    assert_eq!(
        rows,
        [
            "is_deleted=false name=a qty=1",
            "is_deleted=false name=b qty=2",
            "is_deleted=false name=b qty=20",
            "is_deleted=false name=c qty=3",
            "is_deleted=true name=a qty=1",
            "is_deleted=true name=b qty=2",
        ]
    );
}

#[test]
fn a_key_that_is_there_twice_is_kept_twice_and_reported() {
    let mut source = Source::new(&format!("{KEYED}\nname str"));
    let fields = [field("id", "long", json!({})), field("name", "string", json!({}))];
    let rows = |ids: &[i64], names: &[&str]| vec![longs("id", ids), texts("name", names)];
    let add = source.add("a.parquet", rows(&[1, 1, 2], &["a", "b", "c"]));
    source.commit(&[protocol(PLAIN), metadata(&fields, &[], json!({})), add]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.repeated), (3, 3, 2));
    // A key that an untouched file has already.
    let add = source.add("b.parquet", rows(&[2, 3], &["d", "e"]));
    source.commit(&[add]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.repeated), (2, 2, 2));
    // The file is written again in another order: nothing happened.
    let add = source.add("c.parquet", rows(&[2, 1, 1], &["c", "b", "a"]));
    source.commit(&[remove("a.parquet"), add]);
    assert_eq!(source.feed.load().read(), 0);
    // One of the two goes, and the other one changes.
    let add = source.add("d.parquet", rows(&[2, 1], &["c", "z"]));
    source.commit(&[remove("c.parquet"), add]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.deleted, table.repeated), (2, 2, 1, 0));
    let mut live: Vec<String> =
        source.feed.shown().into_iter().filter(|row| row.contains("is_deleted=false")).collect();
    live.sort();
    assert_eq!(
        live,
        [
            "id=1 is_deleted=false name=z",
            "id=2 is_deleted=false name=c",
            "id=2 is_deleted=false name=d",
            "id=3 is_deleted=false name=e"
        ]
    );
}

#[test]
fn a_rejected_row_that_is_carried_over_is_rejected_once() {
    let mut source = Source::new(&format!("{KEYED}\nqty i32 {{required: true}}"));
    let fields = [field("id", "long", json!({})), field("qty", "long", json!({}))];
    let rows = |ids: &[i64], quantities: &[i64]| vec![longs("id", ids), longs("qty", quantities)];
    let add = source.add("a.parquet", rows(&[1, 2], &[10, 5_000_000_000]));
    source.commit(&[protocol(PLAIN), metadata(&fields, &[], json!({})), add]);
    assert_eq!(source.feed.load().rejected(), 1);
    let add = source.add("b.parquet", rows(&[2, 1, 3], &[5_000_000_000, 10, 30]));
    source.commit(&[remove("a.parquet"), add]);
    let table = source.feed.load();
    assert_eq!((table.read(), table.accepted(), table.rejected()), (1, 1, 0));
    assert_eq!(source.feed.rejects().len(), 1);
}

#[test]
fn one_feed_follows_one_table() {
    let feed = Feed::new("delta", "{region}/t", "", &format!("{KEYED}\nregion str"));
    let one = Source { feed, version: 0 };
    let add = one.add("../north/t/a.parquet", vec![longs("id", &[1])]);
    let log = |region: &str| {
        let actions = [
            protocol(PLAIN),
            metadata(&[field("id", "long", json!({}))], &[], json!({})),
            with(add.clone(), "path", json!("a.parquet")),
        ];
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        one.feed.write(&format!("{region}/t/_delta_log/{:020}.json", 0), lines.join("\n") + "\n");
    };
    log("north");
    assert_eq!(one.feed.load().accepted(), 1);
    assert_eq!(one.feed.shown(), ["id=1 is_deleted=false region=north"]);
    log("south");
    let table = one.feed.load();
    assert_eq!(table.files.len(), 2);
    for file in &table.files {
        assert!(file.error.as_deref().unwrap().starts_with("SEVERAL_SOURCES"), "{file:?}");
    }
    assert_eq!(one.feed.shown(), ["id=1 is_deleted=false region=north"]);
}

#[test]
fn features_that_nobody_here_knows_are_refused() {
    let features: &[&str] = &["fromTheFuture"];
    assert_eq!(simple((3, 7, features), json!({})).feed.failure(), "NOT_A_DELTA_TABLE");
    assert_eq!(simple((9, 9, &[]), json!({})).feed.failure(), "NOT_A_DELTA_TABLE");
}

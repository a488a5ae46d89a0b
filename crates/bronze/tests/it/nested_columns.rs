//! Lists, objects, maps, bytes and times: from JSON, CSV and Parquet into columns of these types.

use crate::feed::Feed;
use ingot_lake::arrow::array::*;
use ingot_lake::arrow::buffer::OffsetBuffer;
use ingot_lake::arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema};
use ingot_lake::parquet::arrow::ArrowWriter;
use std::sync::Arc;

const CUSTOMER: &str = "id i64 {required: true}
customer object {logicalType: object, properties: [{name: name, physicalType: str, required: true}, {name: emails, logicalType: array, items: {physicalType: str, quality: [{type: library, metric: invalidValues, name: NO_AT, mustBe: 0, arguments: {pattern: '.*@.*'}}]}}]}
prices map<str,dec(8,2)>
photo binary
opens time";

/// Of each reject its row, and codes and places of its reasons.
fn reasons(feed: &Feed) -> Vec<(String, String)> {
    feed.full_rejects()
        .iter()
        .map(|row| {
            let reasons: serde_json::Value = serde_json::from_str(&row["reasons"]).unwrap();
            let words: Vec<String> = reasons
                .as_array()
                .unwrap()
                .iter()
                .map(|one| format!("{} {}", one["code"].as_str().unwrap(), one["column"].as_str().unwrap()))
                .collect();
            (row["row_number"].clone(), words.join("; "))
        })
        .collect()
}

#[test]
fn members_of_json_go_into_nested_columns() {
    let feed = Feed::with_evolution("jsonl", "t", "", CUSTOMER, "evolve");
    feed.write(
        "t",
        r#"{"id":1,"customer":{"emails":["a@x","\u00e9@y",null],"name":""},"prices":{"EUR":1.5,"€":null},"photo":"AP8H","opens":"09:30"}
{"id":2,"customer":null,"prices":{},"opens":"23:59:59.25"}
{"id":3,"customer":{"name":"n"}}
{"id":4,"customer":{"name":null,"emails":["a@b","none"]},"prices":{"EUR":"x"},"photo":"?","opens":"24:00"}
{"id":5,"customer":[],"prices":[1]}
{"id":6,"customer":{"name":"n","age":3},"prices":{"a":1,"a":2}}
{"id":7,"customer":"{\"name\":\"n\"}"}"#,
    );
    feed.load();
    assert_eq!(
        feed.ask(
            "SELECT to_json(customer)::VARCHAR, to_json(prices::MAP(VARCHAR, VARCHAR))::VARCHAR, hex(photo), opens::TIME::VARCHAR FROM {t} ORDER BY id"
        ),
        [
            r#"{"name":"","emails":["a@x","é@y",null]}|{"EUR":"1.50","€":null}|00FF07|09:30:00"#,
            "∅|{}|∅|23:59:59.25",
            r#"{"name":"n","emails":null}|∅|∅|∅"#,
        ]
    );
    assert_eq!(
        feed.ask("SELECT replace(typeof(customer), '\"', ''), typeof(prices), typeof(photo), typeof(opens) FROM {t} LIMIT 1"),
        ["STRUCT(name VARCHAR, emails VARCHAR[])|MAP(VARCHAR, DECIMAL(8,2))|BLOB|VARCHAR"]
    );
    let reasons = reasons(&feed);
    let of = |row: &str| reasons.iter().find(|(number, _)| number == row).unwrap().1.as_str();
    assert_eq!(
        of("4"),
        "REQUIRED_MISSING customer.name; NO_AT customer.emails[1]; NOT_A_NUMBER prices['EUR']; NOT_BASE64 photo; \
         NOT_A_TIME opens"
    );
    assert_eq!(of("5"), "NOT_AN_OBJECT customer; NOT_AN_OBJECT prices");
    assert_eq!(of("6"), "MEMBER_UNKNOWN customer.age; MEMBER_TWICE prices['a']");
    assert_eq!(of("7"), "NOT_AN_OBJECT customer");
    assert_eq!(reasons.len(), 4);
}

#[test]
fn a_member_that_is_to_be_dropped_is_named() {
    let columns = "id i64\nc object<a:i64>";
    let feed = Feed::with_evolution("jsonl", "t", "", columns, "discard");
    feed.write("t", r#"{"id":1,"c":{"a":1,"b":2}}"#);
    let table = feed.load();
    assert_eq!(feed.ask("SELECT to_json(c)::VARCHAR FROM {t}"), [r#"{"a":1}"#]);
    let changes: Vec<&str> = table.schema_changes.iter().map(|change| change.column.as_str()).collect();
    assert_eq!(changes, ["c.b"]);
}

#[test]
fn cells_of_csv_hold_json() {
    let feed = Feed::new("csv", "t", "", "id i64\ntags list<i64>");
    feed.write("t", "id,tags\n1,\"[1, 2,null]\"\n2,\n3,\"[1,\"\n4,\"{}\"\n5,null\n");
    feed.load();
    assert_eq!(
        feed.ask("SELECT id, to_json(tags)::VARCHAR FROM {t} ORDER BY id"),
        ["1|[1,2,null]", "2|∅", "5|∅"]
    );
    assert_eq!(feed.codes(), [(3, "NOT_JSON".to_owned()), (4, "NOT_A_LIST".to_owned())]);
}

#[test]
fn a_nested_member_is_its_json_text_in_a_column_of_text() {
    let feed = Feed::new("jsonl", "t", "", "a str\nb str {logicalType: array}");
    feed.write("t", r#"{"a":{"x": [1.50]},"b":[1, 2]}"#);
    feed.load();
    assert_eq!(feed.shown(), [r#"a={"x": [1.50]} b=[1, 2]"#]);
}

fn parquet(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), None).unwrap();
    let arrays = columns.iter().map(|(_, column)| column.clone()).collect();
    writer.write(&RecordBatch::try_new(schema, arrays).unwrap()).unwrap();
    writer.into_inner().unwrap()
}

/// Rows `{n, tags}` with a null struct, a null list and a null item.
fn structs() -> ArrayRef {
    let tags: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1), None]),
        None,
        Some(vec![Some(7)]),
    ]));
    let numbers: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.5), None, Some(2.5)]));
    let fields = Fields::from(vec![
        Field::new("n", DataType::Float32, true),
        Field::new("tags", tags.data_type().clone(), true),
    ]);
    Arc::new(StructArray::new(fields, vec![numbers, tags], Some(vec![true, true, false].into())))
}

#[test]
fn nested_columns_of_parquet_come_through_as_themselves_and_stay_when_loaded_again() {
    let feed = Feed::with_evolution("parquet", "t*", "", "id i64", "evolve");
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    feed.write("t1", parquet(&[("id", ids.clone())]));
    feed.load();
    feed.write("t2", parquet(&[("id", ids.clone()), ("s", structs())]));
    feed.load();
    feed.write("t3", parquet(&[("s", structs()), ("id", ids)]));
    let table = feed.load();
    assert!(table.schema_changes.is_empty(), "{table:?}");
    assert_eq!(
        feed.ask(
            "SELECT src_filename, to_json(s)::VARCHAR FROM {t} WHERE src_filename <> 't1' ORDER BY src_filename, id"
        ),
        [
            r#"t2|{"n":0.5,"tags":[1,null]}"#,
            r#"t2|{"n":null,"tags":null}"#,
            "t2|∅",
            r#"t3|{"n":0.5,"tags":[1,null]}"#,
            r#"t3|{"n":null,"tags":null}"#,
            "t3|∅",
        ]
    );
    assert_eq!(
        feed.ask("SELECT DISTINCT replace(typeof(s), '\"', '') FROM {t} WHERE src_filename = 't3'"),
        ["STRUCT(n DOUBLE, tags INTEGER[])"]
    );
}

#[test]
fn checks_reach_into_columns_of_parquet() {
    let terms = "s object {logicalType: object, properties: [{name: n, physicalType: i64, required: true}, {name: tags, physicalType: list<i64>}]}";
    let feed = Feed::new("parquet", "t", "", terms);
    feed.write("t", parquet(&[("s", structs())]));
    feed.load();
    // Row 1 has 0.5 where a whole number is wanted, row 2 has none; row 3 is null as a whole.
    assert_eq!(
        reasons(&feed),
        [
            ("1".to_owned(), "NOT_A_NUMBER s.n".to_owned()),
            ("2".to_owned(), "REQUIRED_MISSING s.n".to_owned())
        ]
    );
    assert_eq!(feed.rejects()[0].raw, r#"{"s":{"n":0.5,"tags":[1,null]}}"#);
    assert_eq!(feed.rows().len(), 1);
}

#[test]
fn a_contract_that_says_text_gets_json_and_a_member_it_lacks_refuses_the_file() {
    let feed = Feed::new("parquet", "t", "", "s str");
    feed.write("t", parquet(&[("s", structs())]));
    feed.load();
    assert_eq!(
        feed.ask("SELECT s FROM {t} ORDER BY src_row_number"),
        [r#"{"n":0.5,"tags":[1,null]}"#, r#"{"n":null,"tags":null}"#, "∅"]
    );
    let feed = Feed::with_evolution("parquet", "t", "", "s object<n:f64>", "evolve");
    assert_eq!(feed.write("t", parquet(&[("s", structs())])).failure(), "TYPE_MISMATCH");
    let feed = Feed::new("parquet", "t", "", "s object<n:f64>");
    feed.write("t", parquet(&[("s", structs())]));
    let table = feed.load();
    assert_eq!(table.schema_changes[0].column, "s.tags");
}

#[test]
fn what_delta_has_no_type_for_is_text_or_a_wider_number() {
    let feed = Feed::with_evolution("parquet", "t", "", "id i64", "evolve");
    let map = {
        let mut builder = MapBuilder::new(None, StringBuilder::new(), UInt64Builder::new());
        builder.keys().append_value("k");
        builder.values().append_value(u64::MAX);
        builder.append(true).unwrap();
        builder.finish()
    };
    let large = LargeListArray::new(
        Arc::new(Field::new("item", DataType::Utf8, true)),
        OffsetBuffer::new(vec![0_i64, 2].into()),
        Arc::new(StringArray::from(vec![Some("a"), None])),
        None,
    );
    feed.write(
        "t",
        parquet(&[
            ("id", Arc::new(Int64Array::from(vec![1]))),
            ("t", Arc::new(Time64NanosecondArray::from(vec![37_800_000_000_001]))),
            ("naive", Arc::new(TimestampMicrosecondArray::from(vec![1_500_000]))),
            ("u", Arc::new(UInt64Array::from(vec![u64::MAX]))),
            ("d", Arc::new(DurationMillisecondArray::from(vec![-1500]))),
            ("nothing", Arc::new(NullArray::new(1))),
            ("bytes", Arc::new(FixedSizeBinaryArray::try_from_iter(std::iter::once([0_u8, 255])).unwrap())),
            ("m", Arc::new(map)),
            ("l", Arc::new(large)),
        ]),
    );
    let table = feed.load();
    assert_eq!(table.files[0].error, None);
    assert_eq!(
        feed.ask("SELECT t, naive, u, d, nothing, hex(bytes), to_json(m::MAP(VARCHAR, VARCHAR))::VARCHAR, to_json(l)::VARCHAR FROM {t}"),
        [
            "10:30:00.000000001|1970-01-01T00:00:01.500|18446744073709551615|-00:00:01.5|∅|00FF|{\"k\":\"18446744073709551615\"}|[\"a\",null]"
        ]
    );
}

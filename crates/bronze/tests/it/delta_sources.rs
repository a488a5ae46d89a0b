//! Delta tables that cannot be followed are refused plainly, and nothing of them is written.

use crate::feed::Feed;
use ingot_lake::arrow::array::{Int64Array, RecordBatch};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema};
use ingot_lake::parquet::arrow::ArrowWriter;
use std::sync::Arc;

/// A table of one version, its log written by hand: `protocol`, table properties and what else its file's `add` says.
fn table(protocol: &str, properties: &str, partitions: &str, add: &str, physical: &str) -> Feed {
    let feed = Feed::new("delta", "t", "", "id i64 {primaryKey: true, primaryKeyPosition: 1}");
    let schema = Arc::new(Schema::new(vec![Field::new(physical, DataType::Int64, true)]));
    let batch =
        RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(vec![1, 2, 3]))]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let metadata = if physical == "id" {
        "{}".to_owned()
    } else {
        format!(
            "{{\\\"delta.columnMapping.id\\\":1,\\\"delta.columnMapping.physicalName\\\":\\\"{physical}\\\"}}"
        )
    };
    let log = format!(
        "{{\"protocol\":{protocol}}}\n\
         {{\"metaData\":{{\"id\":\"1\",\"format\":{{\"provider\":\"parquet\",\"options\":{{}}}},\
         \"schemaString\":\"{{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[{{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"long\\\",\
         \\\"nullable\\\":true,\\\"metadata\\\":{metadata}}}]}}\",\"partitionColumns\":[{partitions}],\
         \"configuration\":{{{properties}}},\"createdTime\":1700000000000}}}}\n\
         {{\"add\":{{\"path\":\"a.parquet\",\"partitionValues\":{{}},\"size\":{},\"modificationTime\":1700000000000,\
         \"dataChange\":true{add}}}}}\n",
        bytes.len()
    );
    feed.write("t/a.parquet", bytes).write("t/_delta_log/00000000000000000000.json", log);
    feed
}

const PLAIN: &str = r#"{"minReaderVersion":1,"minWriterVersion":2}"#;

#[test]
fn a_table_that_needs_nothing_special_is_followed() {
    let feed = table(PLAIN, "", "", "", "id");
    assert_eq!(feed.load().accepted(), 3);
    // The features of a newer protocol may be there without being used.
    let protocol = r#"{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}"#;
    let feed = table(protocol, r#""delta.enableDeletionVectors":"true""#, "", "", "id");
    assert_eq!(feed.load().accepted(), 3);
}

#[test]
fn deletion_vectors_are_refused() {
    let protocol = r#"{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}"#;
    // Row 1 is deleted.
    let vector = r#","deletionVector":{"storageType":"i","pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":40,"cardinality":6}"#;
    assert_eq!(
        table(protocol, r#""delta.enableDeletionVectors":"true""#, "", vector, "id").failure(),
        "DELETION_VECTORS"
    );
}

#[test]
fn mapped_columns_are_refused() {
    let protocol = r#"{"minReaderVersion":2,"minWriterVersion":5}"#;
    let properties = r#""delta.columnMapping.mode":"name","delta.columnMapping.maxColumnId":"1""#;
    assert_eq!(table(protocol, properties, "", "", "col-7f3a").failure(), "COLUMN_MAPPING");
}

#[test]
fn features_that_nobody_here_knows_are_refused() {
    let protocol = r#"{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["fromTheFuture"],"writerFeatures":["fromTheFuture"]}"#;
    assert_eq!(table(protocol, "", "", "", "id").failure(), "NOT_A_DELTA_TABLE");
    assert_eq!(
        table(r#"{"minReaderVersion":9,"minWriterVersion":9}"#, "", "", "", "id").failure(),
        "NOT_A_DELTA_TABLE"
    );
}

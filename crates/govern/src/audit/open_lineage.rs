//! Entries as events of OpenLineage, as other catalogues read them (<https://openlineage.io/docs/spec/object-model>).
//!
//! A command is a run: it has an event when it began and one when it ended. Tables that it changed are its outputs, with the
//! columns of the version that it left, rows, and the lineage of their columns as the project has it now. Tables that it
//! measured are its inputs, with how each check went.

use super::entry::{Entry, TableChange};
use super::show::Audited;
use crate::layer::is_of_layer;
use ingot_catalog::{Lineage, NAMESPACE, PRODUCER, column_lineage_facet};
use ingot_core::error::Result;
use ingot_lake::DeltaTable;
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use ingot_operate::{AuditedMeasure, audited_measures};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// What is known of tables beside the trail.
#[derive(Debug)]
pub struct DatasetFacts<'f> {
    /// Where their versions are, and what runs have measured.
    pub lake: &'f Path,
    /// Of the project as it is now, if it can be read.
    pub lineage: Option<&'f Lineage>,
}

impl Audited {
    /// Two events for each entry, the oldest first.
    ///
    /// # Errors
    /// The history of runs cannot be read.
    pub fn open_lineage(&self, facts: &DatasetFacts<'_>) -> Result<Vec<Value>> {
        let measures = audited_measures(facts.lake)?;
        let mut events = Vec::new();
        for entry in self.entries.iter().rev() {
            let run = json!({"runId": entry.id, "facets": {
                "processing_engine": facet(
                    "1-1-1/ProcessingEngineRunFacet",
                    json!({"name": "ingot", "version": entry.binary.version}),
                ),
            }});
            let job = json!({"namespace": NAMESPACE, "name": entry.command});
            let event = |kind: &str, time: &str, inputs: Vec<Value>, outputs: Vec<Value>| {
                json!({
                    "eventType": kind, "eventTime": time, "run": run, "job": job, "inputs": inputs, "outputs": outputs,
                    "producer": PRODUCER, "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
                })
            };
            events.push(event("START", &entry.started, Vec::new(), Vec::new()));
            let (inputs, outputs) = datasets(entry, facts, &measures);
            let ended = entry.ended.as_ref().unwrap_or(&entry.started);
            events.push(event(end_of(entry), ended, inputs, outputs));
        }
        Ok(events)
    }
}

fn end_of(entry: &Entry) -> &'static str {
    match entry.result.as_str() {
        "ok" => "COMPLETE",
        "killed" => "ABORT",
        _ => "FAIL",
    }
}

/// A facet with what each of them has. `schema` is its version and name.
fn facet(schema: &str, mut members: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or(schema);
    members["_producer"] = PRODUCER.into();
    members["_schemaURL"] = format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}").into();
    members
}

fn datasets(
    entry: &Entry,
    facts: &DatasetFacts<'_>,
    measures: &HashMap<String, Vec<AuditedMeasure>>,
) -> (Vec<Value>, Vec<Value>) {
    let mut read: BTreeSet<String> = BTreeSet::new();
    let mut outputs = Vec::new();
    for change in &entry.tables {
        let mut facets = Map::new();
        if let Some(version) = change.after {
            let of_version = json!({"datasetVersion": version.to_string()});
            facets.insert("version".to_owned(), facet("1-0-1/DatasetVersionDatasetFacet", of_version));
            if let Some(fields) = fields_of(change, version, facts.lake) {
                let of_schema = json!({"fields": fields});
                facets.insert("schema".to_owned(), facet("1-2-0/SchemaDatasetFacet", of_schema));
            }
        }
        let node = facts.lineage.and_then(|lineage| Some((lineage, node_of(lineage, &change.table)?)));
        // The name that lineage has for it.
        let name = node.map_or(&change.table, |(lineage, node)| &lineage.nodes[node].label);
        if let Some(found) = node.and_then(|(lineage, node)| column_lineage_facet(lineage, node)) {
            facets.insert("columnLineage".to_owned(), found.facet);
            read.extend(found.inputs);
        }
        let mut output = json!({"namespace": NAMESPACE, "name": name, "facets": facets});
        if let Some(rows) = change.rows {
            let statistics = facet("1-0-2/OutputStatisticsOutputDatasetFacet", json!({"rowCount": rows}));
            output["outputFacets"] = json!({"outputStatistics": statistics});
        }
        outputs.push(output);
    }
    let mut assertions: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for measure in measures.get(&entry.id).into_iter().flatten() {
        assertions.entry(&measure.table).or_default().push(assertion(measure));
    }
    read.extend(assertions.keys().map(|table| (*table).to_owned()));
    let inputs = read.iter().map(|table| {
        let mut input = json!({"namespace": NAMESPACE, "name": table});
        if let Some(assertions) = assertions.get(table.as_str()) {
            let of_quality = json!({"assertions": assertions});
            let of_quality = facet("1-1-0/DataQualityAssertionsDatasetFacet", of_quality);
            input["inputFacets"] = json!({"dataQualityAssertions": of_quality});
        }
        input
    });
    (inputs.collect(), outputs)
}

/// The node of a table of the lake or of the warehouse.
fn node_of(lineage: &Lineage, table: &str) -> Option<usize> {
    let (layer, name) = table.split_once('.')?;
    let is_it = |label: &str| {
        label.split_once('.').is_some_and(|(schema, own)| own == name && is_of_layer(schema, layer))
    };
    lineage.find(table).first().copied().or_else(|| lineage.nodes.iter().position(|node| is_it(&node.label)))
}

fn assertion(measure: &AuditedMeasure) -> Value {
    let mut found = json!({"assertion": measure.check, "success": measure.pass_rate >= 1.0});
    if let Some(column) = &measure.column {
        found["column"] = column.as_str().into();
    }
    if let Some(failures) = measure.failures {
        found["expected"] = "0".into();
        found["actual"] = failures.to_string().into();
    }
    found
}

/// The columns of a version; none if its log file is gone.
fn fields_of(change: &TableChange, version: u64, lake: &Path) -> Option<Vec<Value>> {
    let (layer, name) = change.table.split_once('.')?;
    let root = lake.join(layer).join("delta").join(name);
    let schema = DeltaTable::open_at(&root, version).and_then(|table| table.schema()).ok()?;
    Some(fields(&schema))
}

fn fields(schema: &Schema) -> Vec<Value> {
    schema.fields().iter().map(|field| json!({"name": field.name(), "type": type_name(field)})).collect()
}

/// The type as Delta names it (<https://github.com/delta-io/delta/blob/master/PROTOCOL.md#primitive-types>); one with types in
/// it as Arrow shows it.
fn type_name(field: &Field) -> String {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Int8 => "byte".to_owned(),
        DataType::Int16 => "short".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 => "long".to_owned(),
        DataType::Float32 => "float".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Timestamp(TimeUnit::Microsecond, None) => "timestamp_ntz".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "timestamp".to_owned(),
        other => other.to_string(),
    }
}

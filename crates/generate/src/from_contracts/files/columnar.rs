//! Rows as Arrow batches by the contract's types, for Parquet and Delta.

use super::super::value::Value;
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array,
    ListArray, MapArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use ingot_contract::{Column, DataType};
use ingot_core::error::{Context as _, Result};
use std::sync::Arc;

/// As other systems deliver it: every column may be null, and has its name in files.
pub(super) fn schema(columns: &[&Column]) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| Field::new(column.name_in_files(), column.data_type.arrow(), true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// A batch of rows; each row has a value for each column.
pub(super) fn batch(schema: &SchemaRef, columns: &[&Column], rows: &[Vec<Value>]) -> Result<RecordBatch> {
    let arrays = columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let values: Vec<&Value> = rows.iter().map(|row| &row[place]).collect();
            array(&column.data_type, &values)
        })
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema.clone(), arrays).or_cannot("put columns together")
}

fn array(data_type: &DataType, values: &[&Value]) -> Result<ArrayRef> {
    let whole = |value: &&Value| match value {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    let text = |value: &&Value| (!value.is_null()).then(|| value.text());
    Ok(match data_type {
        DataType::I32 => Arc::new(Int32Array::from_iter(
            values.iter().map(|value| whole(value).and_then(|number| i32::try_from(number).ok())),
        )),
        DataType::I64 => Arc::new(Int64Array::from_iter(values.iter().map(whole))),
        DataType::F64 => Arc::new(Float64Array::from_iter(values.iter().map(|value| match value {
            Value::Float(number) => Some(*number),
            _ => None,
        }))),
        DataType::Str | DataType::Time => Arc::new(StringArray::from_iter(values.iter().map(text))),
        DataType::Bool => Arc::new(BooleanArray::from_iter(values.iter().map(|value| match value {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }))),
        DataType::Date => Arc::new(Date32Array::from_iter(values.iter().map(|value| match value {
            Value::Date(day) => Some(*day),
            _ => None,
        }))),
        DataType::Timestamp => {
            let micros = values.iter().map(|value| match value {
                Value::Timestamp(micros) => Some(*micros),
                _ => None,
            });
            Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
        }
        DataType::Decimal { precision, scale } => {
            let units = values.iter().map(|value| match value {
                Value::Decimal { units, .. } => Some(*units),
                _ => None,
            });
            let array = Decimal128Array::from_iter(units).with_precision_and_scale(*precision, *scale);
            Arc::new(array.or_cannot("write decimals")?)
        }
        DataType::Binary => Arc::new(BinaryArray::from_iter(values.iter().map(|value| match value {
            Value::Binary(bytes) => Some(bytes.as_slice()),
            _ => None,
        }))),
        DataType::List(item) => {
            let lists: Vec<Option<&Vec<Value>>> = values
                .iter()
                .map(|value| match value {
                    Value::List(items) => Some(items),
                    _ => None,
                })
                .collect();
            let items: Vec<&Value> = lists.iter().flatten().flat_map(|items| items.iter()).collect();
            let offsets = OffsetBuffer::from_lengths(lists.iter().map(|list| list.map_or(0, Vec::len)));
            let field = Arc::new(Field::new("element", item.data_type.arrow(), true));
            let nulls = NullBuffer::from_iter(lists.iter().map(Option::is_some));
            Arc::new(
                ListArray::try_new(field, offsets, array(&item.data_type, &items)?, Some(nulls))
                    .or_cannot("write lists")?,
            )
        }
        DataType::Struct(members) => {
            let null = Value::Null;
            let arrays = members
                .iter()
                .enumerate()
                .map(|(place, member)| {
                    let values: Vec<&Value> = values
                        .iter()
                        .map(|value| match value {
                            Value::Struct(members) => &members[place],
                            _ => &null,
                        })
                        .collect();
                    array(&member.data_type, &values)
                })
                .collect::<Result<Vec<_>>>()?;
            let ArrowType::Struct(fields) = data_type.arrow() else { return empty_struct() };
            let nulls = NullBuffer::from_iter(values.iter().map(|value| !value.is_null()));
            Arc::new(StructArray::try_new(fields, arrays, Some(nulls)).or_cannot("write objects")?)
        }
        DataType::Map(key, value) => {
            let maps: Vec<Option<&Vec<(Value, Value)>>> = values
                .iter()
                .map(|value| match value {
                    Value::Map(entries) => Some(entries),
                    _ => None,
                })
                .collect();
            let entries: Vec<&(Value, Value)> =
                maps.iter().flatten().flat_map(|entries| entries.iter()).collect();
            let keys: Vec<&Value> = entries.iter().map(|(key, _)| key).collect();
            let members: Vec<&Value> = entries.iter().map(|(_, member)| member).collect();
            let ArrowType::Map(field, _) = data_type.arrow() else { return empty_struct() };
            let ArrowType::Struct(fields) = field.data_type() else { return empty_struct() };
            let arrays = vec![array(&key.data_type, &keys)?, array(&value.data_type, &members)?];
            let entries = StructArray::try_new(fields.clone(), arrays, None).or_cannot("write maps")?;
            let offsets = OffsetBuffer::from_lengths(maps.iter().map(|map| map.map_or(0, Vec::len)));
            let nulls = NullBuffer::from_iter(maps.iter().map(Option::is_some));
            Arc::new(MapArray::try_new(field, offsets, entries, Some(nulls), false).or_cannot("write maps")?)
        }
    })
}

/// The types of the contract crate are those of Arrow by construction.
fn empty_struct() -> Result<ArrayRef> {
    Err(ingot_core::error::Error::defect("a nested type has another Arrow type"))
}

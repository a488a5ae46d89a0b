//! Arrow batches as rows of cells.

use super::type_names::type_name;
use crate::{Cell, Nested, NestedValue, ResultColumn, Rows};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, UInt32Type, UInt64Type,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use ingot_core::error::{Error, Result};
use ingot_spark::Answer;
use jiff::civil::date;
use jiff::{Span, Timestamp, tz::TimeZone};

/// # Errors
/// Rows that cannot be shown as text.
pub(super) fn rows(answer: &Answer) -> Result<Rows> {
    let Some(schema) = &answer.schema else { return Ok(Rows::default()) };
    let columns = schema
        .fields()
        .iter()
        .map(|field| ResultColumn { name: field.name().clone(), type_name: type_name(field.data_type()) })
        .collect();
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(answer.num_rows());
    for batch in &answer.batches {
        let columns: Vec<Vec<Cell>> =
            batch.columns().iter().map(|column| cells(column)).collect::<Result<_>>()?;
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        for _ in 0..batch.num_rows() {
            rows.push(columns.iter_mut().filter_map(Iterator::next).collect());
        }
    }
    Ok(Rows { columns, rows })
}

fn cells(array: &dyn Array) -> Result<Vec<Cell>> {
    (0..array.len()).map(|at| cell(array, at)).collect()
}

fn cell(array: &dyn Array, at: usize) -> Result<Cell> {
    if array.is_null(at) {
        return Ok(Cell::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Bool(array.as_boolean().value(at)),
        DataType::Int8 => Cell::Int(array.as_primitive::<Int8Type>().value(at).into()),
        DataType::Int16 => Cell::Int(array.as_primitive::<Int16Type>().value(at).into()),
        DataType::Int32 => Cell::Int(array.as_primitive::<Int32Type>().value(at).into()),
        DataType::Int64 => Cell::Int(array.as_primitive::<Int64Type>().value(at).into()),
        DataType::UInt32 => Cell::Int(array.as_primitive::<UInt32Type>().value(at).into()),
        DataType::UInt64 => Cell::Int(array.as_primitive::<UInt64Type>().value(at).into()),
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(at).into()),
        DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(at)),
        DataType::Decimal128(..) => Cell::Decimal(array.as_primitive::<Decimal128Type>().value_as_string(at)),
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(at).to_owned()),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(at).to_owned()),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(at).to_owned()),
        DataType::Binary => Cell::Blob(blob(array.as_binary::<i32>().value(at))),
        DataType::LargeBinary => Cell::Blob(blob(array.as_binary::<i64>().value(at))),
        DataType::BinaryView => Cell::Blob(blob(array.as_binary_view().value(at))),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(at);
            let day = Span::new().try_days(days).and_then(|span| date(1970, 1, 1).checked_add(span));
            match day {
                Ok(day) => Cell::Date(day.to_string()),
                Err(_) => Cell::Date(text(array, at)?),
            }
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let value = array.as_primitive::<TimestampMicrosecondType>().value(at);
            match moment(value, zone.is_some()) {
                Some(text) => Cell::Timestamp(text),
                None => Cell::Timestamp(text(array, at)?),
            }
        }
        DataType::Timestamp(..) => Cell::Timestamp(text(array, at)?),
        DataType::Time32(_) | DataType::Time64(_) => Cell::Time(text(array, at)?),
        DataType::Duration(_) | DataType::Interval(_) => Cell::Interval(text(array, at)?),
        DataType::List(_) => list(array, at, &array.as_list::<i32>().value(at))?,
        DataType::LargeList(_) => list(array, at, &array.as_list::<i64>().value(at))?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let values = fields.iter().zip(columns);
            let values = values.map(|(field, column)| Ok((field.name().clone(), cell(column, at)?)));
            nested(array, at, NestedValue::Struct(values.collect::<Result<_>>()?))?
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(at);
            let (keys, values) = (cells(entries.column(0))?, cells(entries.column(1))?);
            nested(array, at, NestedValue::Map(keys.into_iter().zip(values).collect()))?
        }
        _ => Cell::Other(text(array, at)?),
    })
}

fn list(array: &dyn Array, at: usize, items: &dyn Array) -> Result<Cell> {
    nested(array, at, NestedValue::List(cells(items)?))
}

fn nested(array: &dyn Array, at: usize, value: NestedValue) -> Result<Cell> {
    Ok(Cell::Nested(Box::new(Nested { text: text(array, at)?, value })))
}

/// `2023-01-31 10:20:30.000000`, with `+00` where the type has a time zone, which is UTC in every session.
fn moment(microseconds: i64, has_zone: bool) -> Option<String> {
    let moment = Timestamp::from_microsecond(microseconds).ok()?.to_zoned(TimeZone::UTC);
    let zone = if has_zone { "+00" } else { "" };
    Some(format!("{}{zone}", moment.strftime("%Y-%m-%d %H:%M:%S.%6f")))
}

/// Arrow's own text for a value.
fn text(array: &dyn Array, at: usize) -> Result<String> {
    let show = || ArrayFormatter::try_new(array, &FormatOptions::default())?.value(at).try_to_string();
    show().map_err(|error| Error::new(format!("a value of the result cannot be shown: {error}")))
}

/// Bytes outside printable ASCII, quotes and backslashes as `\x00`.
fn blob(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'"' | b'\'' | b'\\' => out.push_str(&format!("\\x{byte:02X}")),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => out.push_str(&format!("\\x{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, BinaryArray, Decimal128Array, ListArray, TimestampMicrosecondArray};
    use arrow::record_batch::RecordBatch;
    use std::sync::Arc;

    #[test]
    fn values_are_the_cells_that_templates_know() {
        let decimal =
            Decimal128Array::from(vec![Some(-12345), None]).with_precision_and_scale(10, 2).unwrap();
        let moments = vec![Some(1_675_160_430_000_001), Some(-1)];
        let zoned = TimestampMicrosecondArray::from(moments.clone()).with_timezone("UTC");
        let plain = TimestampMicrosecondArray::from(moments);
        let bytes = BinaryArray::from(vec![Some(b"a'\x00".as_slice()), Some(b"".as_slice())]);
        let items = vec![Some(vec![Some(1), None]), None];
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(items);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("decimal", Arc::new(decimal)),
            ("zoned", Arc::new(zoned)),
            ("plain", Arc::new(plain)),
            ("bytes", Arc::new(bytes)),
            ("list", Arc::new(list)),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap();
        let answer = Answer { schema: Some(batch.schema()), batches: vec![batch] };
        let rows = rows(&answer).unwrap();
        let names: Vec<&str> = rows.columns.iter().map(|column| column.type_name.as_str()).collect();
        assert_eq!(names, ["decimal(10,2)", "timestamp", "timestamp_ntz", "binary", "array<int>"]);
        let list =
            Nested { text: "[1, ]".to_owned(), value: NestedValue::List(vec![Cell::Int(1), Cell::Null]) };
        assert_eq!(
            rows.rows[0],
            [
                Cell::Decimal("-123.45".to_owned()),
                Cell::Timestamp("2023-01-31 10:20:30.000001+00".to_owned()),
                Cell::Timestamp("2023-01-31 10:20:30.000001".to_owned()),
                Cell::Blob("a\\x27\\x00".to_owned()),
                Cell::Nested(Box::new(list)),
            ]
        );
        assert_eq!(rows.rows[1][0], Cell::Null);
        assert_eq!(rows.rows[1][2], Cell::Timestamp("1969-12-31 23:59:59.999999".to_owned()));
    }
}

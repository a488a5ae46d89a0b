//! Delta's per-file statistics (`numRecords`, `minValues`, `maxValues`, `nullCount`), made from what
//! the Parquet writer has already measured, so that no value is read twice.
//!
//! Bounds may be wider than the values, never narrower: long texts are cut by the Parquet writer, and
//! timestamps are widened to whole milliseconds, which is what Delta's JSON carries.

use arrow::datatypes::{DataType, Schema};
use parquet::basic::Type as PhysicalType;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Number, Value};

/// Texts longer than this many bytes say little as a bound and make the log fat.
const LONGEST_TEXT_BOUND: usize = 128;

/// The statistics of one file as the JSON text of an `add` action. The schema is the file's own
/// (without partition columns). Columns of nested types get none.
pub(super) fn of_file(metadata: &ParquetMetaData, schema: &Schema) -> String {
    let mut minimums = Map::new();
    let mut maximums = Map::new();
    let mut null_counts = Map::new();
    let mut next_leaf = 0;
    for field in schema.fields() {
        let index = next_leaf;
        next_leaf += leaves(field.data_type());
        if field.data_type().is_nested() {
            continue;
        }
        let parts: Option<Vec<&Statistics>> =
            metadata.row_groups().iter().map(|group| group.column(index).statistics()).collect();
        let Some(parts) = parts else { continue };
        let nulls: Option<u64> = parts.iter().map(|part| part.null_count_opt()).sum();
        if let Some(nulls) = nulls {
            null_counts.insert(field.name().clone(), Value::from(nulls));
        }
        if let Some((minimum, maximum)) = bounds(&parts, field.data_type()) {
            minimums.insert(field.name().clone(), minimum);
            maximums.insert(field.name().clone(), maximum);
        }
    }
    let mut statistics = Map::new();
    statistics.insert("numRecords".into(), Value::from(metadata.file_metadata().num_rows()));
    statistics.insert("minValues".into(), Value::Object(minimums));
    statistics.insert("maxValues".into(), Value::Object(maximums));
    statistics.insert("nullCount".into(), Value::Object(null_counts));
    Value::Object(statistics).to_string()
}

/// Columns of a Parquet file that a column of this type takes up.
fn leaves(data_type: &DataType) -> usize {
    match data_type {
        DataType::Dictionary(_, values) => leaves(values),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => leaves(item.data_type()),
        DataType::Struct(members) => members.iter().map(|member| leaves(member.data_type())).sum(),
        _ => 1,
    }
}

/// Smallest and greatest value over the row groups; `None` if there is no value, or a group without bounds
/// that has values.
fn bounds(parts: &[&Statistics], data_type: &DataType) -> Option<(Value, Value)> {
    match data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let (low, high) = integer_bounds(parts)?;
            Some((Value::from(low), Value::from(high)))
        }
        DataType::Date32 => {
            let (low, high) = integer_bounds(parts)?;
            Some((date_text(low)?, date_text(high)?))
        }
        DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some(_)) => {
            let (low, high) = integer_bounds(parts)?;
            let high = i64::checked_add(high, 999)?;
            Some((timestamp_text(low.div_euclid(1000))?, timestamp_text(high.div_euclid(1000))?))
        }
        DataType::Decimal128(_, scale) => {
            let (low, high) = decimal_bounds(parts)?;
            Some((decimal_number(low, *scale)?, decimal_number(high, *scale)?))
        }
        DataType::Float64 => {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for part in parts {
                let Statistics::Double(values) = part else { return None };
                low = low.min(*values.min_opt()?);
                high = high.max(*values.max_opt()?);
            }
            Some((Value::Number(Number::from_f64(low)?), Value::Number(Number::from_f64(high)?)))
        }
        DataType::Dictionary(_, values) => bounds(parts, values),
        DataType::Utf8 | DataType::LargeUtf8 => {
            let mut low: Option<&[u8]> = None;
            let mut high: Option<&[u8]> = None;
            for part in parts {
                let (least, greatest) = (part.min_bytes_opt()?, part.max_bytes_opt()?);
                low = Some(low.map_or(least, |low| low.min(least)));
                high = Some(high.map_or(greatest, |high| high.max(greatest)));
            }
            let (low, high) = (low?, high?);
            if low.len() > LONGEST_TEXT_BOUND || high.len() > LONGEST_TEXT_BOUND {
                return None;
            }
            Some((Value::from(std::str::from_utf8(low).ok()?), Value::from(std::str::from_utf8(high).ok()?)))
        }
        _ => None,
    }
}

fn integer_bounds(parts: &[&Statistics]) -> Option<(i64, i64)> {
    let (mut low, mut high) = (None::<i64>, None::<i64>);
    for part in parts {
        let (least, greatest) = match part {
            Statistics::Int32(values) => (i64::from(*values.min_opt()?), i64::from(*values.max_opt()?)),
            Statistics::Int64(values) => (*values.min_opt()?, *values.max_opt()?),
            _ => return None,
        };
        low = Some(low.map_or(least, |low| low.min(least)));
        high = Some(high.map_or(greatest, |high| high.max(greatest)));
    }
    Some((low?, high?))
}

/// Unscaled values; Parquet keeps decimals as integers or as big-endian two's complement bytes.
fn decimal_bounds(parts: &[&Statistics]) -> Option<(i128, i128)> {
    let (mut low, mut high) = (None::<i128>, None::<i128>);
    for part in parts {
        let (least, greatest) = match part {
            Statistics::Int32(values) => (i128::from(*values.min_opt()?), i128::from(*values.max_opt()?)),
            Statistics::Int64(values) => (i128::from(*values.min_opt()?), i128::from(*values.max_opt()?)),
            other if other.physical_type() == PhysicalType::FIXED_LEN_BYTE_ARRAY => {
                (big_endian(other.min_bytes_opt()?)?, big_endian(other.max_bytes_opt()?)?)
            }
            _ => return None,
        };
        low = Some(low.map_or(least, |low| low.min(least)));
        high = Some(high.map_or(greatest, |high| high.max(greatest)));
    }
    Some((low?, high?))
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    if bytes.is_empty() || bytes.len() > 16 {
        return None;
    }
    let fill = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
    let mut wide = [fill; 16];
    wide[16 - bytes.len()..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(wide))
}

fn decimal_number(unscaled: i128, scale: i8) -> Option<Value> {
    let scale = usize::try_from(scale).ok()?;
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let text = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
    // With serde_json's `arbitrary_precision` the number keeps every digit of the text.
    text.parse::<Number>().ok().map(Value::Number)
}

fn date_text(days: i64) -> Option<Value> {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    Some(Value::from(date.to_string()))
}

fn timestamp_text(milliseconds: i64) -> Option<Value> {
    let moment = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    Some(Value::from(moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal_number(-12345, 4).unwrap().to_string(), "-1.2345");
        assert_eq!(decimal_number(5, 4).unwrap().to_string(), "0.0005");
        let widest = 12_345_678_901_234_567_890_123_456_789_i128;
        assert_eq!(decimal_number(widest, 8).unwrap().to_string(), "123456789012345678901.23456789");
        assert_eq!(big_endian(&[0xff, 0xfe]).unwrap(), -2);
    }

    #[test]
    fn moments_are_written_in_milliseconds() {
        assert_eq!(timestamp_text(1_672_531_200_123).unwrap(), Value::from("2023-01-01T00:00:00.123Z"));
        assert_eq!(date_text(-1).unwrap(), Value::from("1969-12-31"));
    }
}

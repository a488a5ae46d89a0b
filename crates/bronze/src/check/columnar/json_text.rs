//! Values of Arrow's types as text: plain ones as a person writes them, and nested ones as JSON that reads back.
//!
//! In JSON, numbers keep all their digits; bytes are base64; maps are objects; numbers that JSON lacks (`NaN`, `inf`) are
//! strings.

use crate::check::base64;
use ingot_lake::arrow::array::{Array, ArrayRef, AsArray, make_comparator};
use ingot_lake::arrow::compute::{SortOptions, cast};
use ingot_lake::arrow::datatypes::{
    DataType, Fields, Float32Type, Float64Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
    IntervalUnit, IntervalYearMonthType, TimeUnit,
};
use ingot_lake::arrow::util::display::{ArrayFormatter, FormatOptions};

/// The value of a row that is not null, as text.
pub(super) fn text_of(column: &ArrayRef, row: usize) -> String {
    use DataType as T;
    match column.data_type() {
        T::Dictionary(_, values) => cast(&column.slice(row, 1), values)
            .map(|plain| if plain.is_null(0) { String::new() } else { text_of(&plain, 0) })
            .unwrap_or_default(),
        T::Binary | T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => {
            bytes_of(column, row).map(|bytes| base64(&bytes)).unwrap_or_default()
        }
        T::Time32(unit) | T::Time64(unit) => {
            integer(column, row).map(|value| clock(i128::from(value), *unit)).unwrap_or_default()
        }
        T::Duration(unit) => {
            integer(column, row).map(|value| clock(i128::from(value), *unit)).unwrap_or_default()
        }
        T::Interval(unit) => interval(column, *unit, row),
        T::Float32 => column.as_primitive::<Float32Type>().value(row).to_string(),
        T::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        T::Struct(_)
        | T::List(_)
        | T::LargeList(_)
        | T::FixedSizeList(..)
        | T::ListView(_)
        | T::LargeListView(_)
        | T::Map(..) => {
            let mut text = String::new();
            push_json(&mut text, column, row);
            text
        }
        _ => ArrayFormatter::try_new(column, &FormatOptions::default())
            .map(|formatter| formatter.value(row).to_string())
            .unwrap_or_default(),
    }
}

/// The value of a row as JSON.
pub(super) fn push_json(out: &mut String, column: &ArrayRef, row: usize) {
    use DataType as T;
    if column.is_null(row) {
        out.push_str("null");
        return;
    }
    match column.data_type() {
        T::Null => out.push_str("null"),
        T::Struct(fields) => push_object(out, fields, column.as_struct().columns(), row),
        T::List(_) => push_items(out, &column.as_list::<i32>().value(row)),
        T::LargeList(_) => push_items(out, &column.as_list::<i64>().value(row)),
        T::FixedSizeList(..) => push_items(out, &column.as_fixed_size_list().value(row)),
        T::Map(..) => push_map(out, column, row),
        T::ListView(_) => push_items(out, &column.as_list_view::<i32>().value(row)),
        T::LargeListView(_) => push_items(out, &column.as_list_view::<i64>().value(row)),
        T::Dictionary(_, values) => match cast(&column.slice(row, 1), values) {
            Ok(plain) => push_json(out, &plain, 0),
            Err(_) => out.push_str("null"),
        },
        T::Boolean => out.push_str(&text_of(column, row)),
        number if number.is_numeric() => {
            let text = text_of(column, row);
            if text.ends_with(|last: char| last.is_ascii_digit()) {
                out.push_str(&text);
            } else {
                push_text(out, &text);
            }
        }
        _ => push_text(out, &text_of(column, row)),
    }
}

/// Columns as the members of an object.
pub(super) fn push_object(out: &mut String, fields: &Fields, columns: &[ArrayRef], row: usize) {
    out.push('{');
    for (index, (field, column)) in fields.iter().zip(columns).enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_text(out, field.name());
        out.push(':');
        push_json(out, column, row);
    }
    out.push('}');
}

fn push_items(out: &mut String, items: &ArrayRef) {
    out.push('[');
    for item in 0..items.len() {
        if item > 0 {
            out.push(',');
        }
        push_json(out, items, item);
    }
    out.push(']');
}

fn push_map(out: &mut String, column: &ArrayRef, row: usize) {
    let entries = column.as_map().value(row);
    out.push('{');
    for entry in 0..entries.len() {
        if entry > 0 {
            out.push(',');
        }
        push_text(out, &text_of(entries.column(0), entry));
        out.push(':');
        push_json(out, entries.column(1), entry);
    }
    out.push('}');
}

fn push_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Whether the keys of a map's row are all different, so that an object can hold them.
pub(super) fn has_different_keys(keys: &ArrayRef) -> bool {
    let Ok(compare) = make_comparator(keys, keys, SortOptions::default()) else { return true };
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|one, other| compare(*one, *other));
    order.windows(2).all(|pair| compare(pair[0], pair[1]).is_ne())
}

fn bytes_of(column: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    let plain = cast(&column.slice(row, 1), &DataType::Binary).ok()?;
    Some(plain.as_binary::<i32>().value(0).to_vec())
}

fn integer(column: &ArrayRef, row: usize) -> Option<i64> {
    let plain = cast(&column.slice(row, 1), &DataType::Int64).ok()?;
    Some(plain.as_primitive::<Int64Type>().value(0))
}

/// `hh:mm:ss` with the fraction that it has; hours may be more than 24.
fn clock(value: i128, unit: TimeUnit) -> String {
    let places = match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    };
    let per_second = 10_u128.pow(places);
    let (seconds, fraction) = (value.unsigned_abs() / per_second, value.unsigned_abs() % per_second);
    let sign = if value < 0 { "-" } else { "" };
    let mut text = format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction > 0 {
        let digits = format!("{fraction:0width$}", width = places as usize);
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

/// `2 months 3 days 04:05:06`, as DuckDB and PostgreSQL read intervals.
fn interval(column: &ArrayRef, unit: IntervalUnit, row: usize) -> String {
    let (months, days, nanoseconds) = match unit {
        IntervalUnit::YearMonth => (column.as_primitive::<IntervalYearMonthType>().value(row), 0, 0),
        IntervalUnit::DayTime => {
            let value = column.as_primitive::<IntervalDayTimeType>().value(row);
            (0, value.days, i128::from(value.milliseconds) * 1_000_000)
        }
        IntervalUnit::MonthDayNano => {
            let value = column.as_primitive::<IntervalMonthDayNanoType>().value(row);
            (value.months, value.days, i128::from(value.nanoseconds))
        }
    };
    let mut parts = Vec::new();
    if months != 0 {
        parts.push(format!("{months} months"));
    }
    if days != 0 {
        parts.push(format!("{days} days"));
    }
    if nanoseconds != 0 || parts.is_empty() {
        parts.push(clock(nanoseconds, TimeUnit::Nanosecond));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_lake::arrow::array::{
        DurationMicrosecondArray, IntervalMonthDayNanoArray, Time64MicrosecondArray,
    };
    use ingot_lake::arrow::datatypes::IntervalMonthDayNano;
    use std::sync::Arc;

    #[test]
    fn times_and_periods() {
        let time: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![0, 86_399_999_999, 37_800_500_000]));
        assert_eq!(text_of(&time, 0), "00:00:00");
        assert_eq!(text_of(&time, 1), "23:59:59.999999");
        assert_eq!(text_of(&time, 2), "10:30:00.5");
        let duration: ArrayRef = Arc::new(DurationMicrosecondArray::from(vec![-1_500_000, 360_000_000_000]));
        assert_eq!(text_of(&duration, 0), "-00:00:01.5");
        assert_eq!(text_of(&duration, 1), "100:00:00");
        let value = IntervalMonthDayNano::new(14, -3, 1);
        let interval: ArrayRef = Arc::new(IntervalMonthDayNanoArray::from(vec![value]));
        assert_eq!(text_of(&interval, 0), "14 months -3 days 00:00:00.000000001");
    }
}

//! Results as rows of cells: numbers and dates as they are, everything else as the engine's own text.

use super::c_text::owned_text;
use super::date_text::{date_text, timestamp_text};
use super::error_text::Failure;
use super::logical_type::{LogicalType, type_name};
use super::result::{Chunk, Outcome};
use super::values::value_text;
use super::vector::Column;
use crate::{Cell, Nested, NestedValue, ResultColumn, Rows};
use libduckdb_sys as ffi;

/// The whole result, read to its end.
pub(crate) fn collect(mut outcome: Outcome) -> Result<Rows, Failure> {
    let types: Vec<LogicalType> = (0..outcome.column_count()).map(|i| outcome.column_type(i)).collect();
    let columns = types
        .iter()
        .enumerate()
        .map(|(i, t)| ResultColumn { name: outcome.column_name(i), type_name: type_name(t) })
        .collect();
    let mut rows = Vec::new();
    while let Some(chunk) = outcome.next_chunk()? {
        append(&chunk, &types, &mut rows);
    }
    Ok(Rows { columns, rows })
}

fn append(chunk: &Chunk, types: &[LogicalType], rows: &mut Vec<Vec<Cell>>) {
    let columns: Vec<Column> =
        types.iter().enumerate().map(|(i, kind)| Column::of(chunk.vector(i), kind)).collect();
    for row in 0..chunk.size() {
        rows.push(columns.iter().map(|column| column.cell(row)).collect());
    }
}

impl Column<'_> {
    pub(super) fn cell(&self, row: usize) -> Cell {
        if self.is_null(row) {
            return Cell::Null;
        }
        // SAFETY: for every `get` below, the type id says how the vector is stored.
        unsafe {
            match self.id {
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN => Cell::Bool(self.get::<u8>(row) != 0),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT => Cell::Int(self.get::<i8>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => Cell::Int(self.get::<i16>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => Cell::Int(self.get::<i32>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => Cell::Int(self.get::<i64>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => Cell::Int(self.get::<u8>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => Cell::Int(self.get::<u16>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER => Cell::Int(self.get::<u32>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT => Cell::Int(self.get::<u64>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT => Cell::Int(self.hugeint(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT => {
                    let value = self.hugeint(row) as u128;
                    i128::try_from(value).map_or_else(|_| Cell::Other(value.to_string()), Cell::Int)
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT => Cell::Float(self.get::<f32>(row).into()),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => Cell::Float(self.get::<f64>(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => {
                    let scale = ffi::duckdb_decimal_scale(self.kind.0);
                    Cell::Decimal(decimal_text(self.unscaled(row), usize::from(scale)))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => {
                    Cell::Text(String::from_utf8_lossy(self.bytes(row)).into_owned())
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => {
                    let index = self.enum_index(row);
                    let text = ffi::duckdb_enum_dictionary_value(self.kind.0, index as ffi::idx_t);
                    Cell::Text(owned_text(text).unwrap_or_default())
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => Cell::Date(date_text(self.get(row))),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP => Cell::Timestamp(timestamp_text(self.get(row))),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => Cell::Timestamp(with_micros(self.text(row))),
                // In UTC, so that a session's zone does not show.
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => {
                    Cell::Timestamp(in_utc(timestamp_text(self.get(row))))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ_NS => {
                    let value = ffi::duckdb_create_timestamp_ns(self.get::<ffi::duckdb_timestamp_ns>(row));
                    Cell::Timestamp(in_utc(with_micros(value_text(value))))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ => Cell::Time(self.text(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL => Cell::Interval(self.text(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB => Cell::Blob(self.text(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_LIST => self.nested(row, self.list_cells(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => self.nested(row, self.array_cells(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_MAP => self.nested(row, self.map_cells(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => self.nested(row, self.struct_cells(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UNION => self.union_cell(row),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL => Cell::Null,
                _ => Cell::Other(self.text(row)),
            }
        }
    }

    fn nested(&self, row: usize, value: NestedValue) -> Cell {
        Cell::Nested(Box::new(Nested { text: self.text(row), value }))
    }

    /// The engine's own text for the value.
    fn text(&self, row: usize) -> String {
        // SAFETY: the value was made for this call.
        unsafe { value_text(self.value(row)) }
    }
}

/// DuckDB leaves zeros at the end away; six digits make texts of one column equally long. An era stands
/// between day and time (`0044-03-15 (BC) 10:20:30`), so the time is always what ends the text; infinities have none.
fn with_micros(mut text: String) -> String {
    let Some(seconds) = text.rfind(':') else { return text };
    let digits = text[seconds..].find('.').map(|dot| text.len() - seconds - dot - 1);
    if digits.is_none() {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', 6_usize.saturating_sub(digits.unwrap_or(0))));
    text
}

/// `+00` behind the time; infinities have none.
fn in_utc(text: String) -> String {
    if text.contains(':') { text + "+00" } else { text }
}

/// The digits of a DECIMAL with its point: at least one before it, `scale` behind it.
fn decimal_text(unscaled: i128, scale: usize) -> String {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(unscaled.unsigned_abs());
    let mut text = String::with_capacity(digits.len() + 3);
    if unscaled < 0 {
        text.push('-');
    }
    text.extend(std::iter::repeat_n('0', (scale + 1).saturating_sub(digits.len())));
    text.push_str(digits);
    if scale > 0 {
        text.insert(text.len() - scale, '.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal_text(-5, 4), "-0.0005");
        assert_eq!(decimal_text(123_450, 2), "1234.50");
        assert_eq!(decimal_text(0, 3), "0.000");
        assert_eq!(decimal_text(7, 0), "7");
    }

    #[test]
    fn timestamps_have_six_digits_and_their_zone() {
        assert_eq!(with_micros("2023-01-31 10:20:30".into()), "2023-01-31 10:20:30.000000");
        assert_eq!(with_micros("2023-01-31 10:20:30.5".into()), "2023-01-31 10:20:30.500000");
        assert_eq!(with_micros("0044-03-15 (BC) 10:20:30".into()), "0044-03-15 (BC) 10:20:30.000000");
        assert_eq!(with_micros("infinity".into()), "infinity");
        assert_eq!(in_utc("2023-01-31 10:20:30.000000".into()), "2023-01-31 10:20:30.000000+00");
    }
}

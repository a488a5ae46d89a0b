//! Values out of DuckDB's vectors: numbers and dates as they are, everything else in the engine's own text.

use super::connection::{Chunk, LogicalType, Outcome, owned_text};
use super::failure::Failure;
use crate::{Cell, ResultColumn, Rows};
use libduckdb_sys as ffi;
use std::ptr;

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

/// A vector with its type, ready to be read row by row. Valid as long as its chunk.
struct Column<'a> {
    vector: ffi::duckdb_vector,
    kind: &'a LogicalType,
    id: ffi::duckdb_type,
}

impl<'a> Column<'a> {
    fn of(vector: ffi::duckdb_vector, kind: &'a LogicalType) -> Self {
        Self { vector, kind, id: kind.id() }
    }

    fn is_null(&self, row: usize) -> bool {
        // SAFETY: the vector is alive; a null mask means that every row is valid.
        unsafe {
            let mask = ffi::duckdb_vector_get_validity(self.vector);
            !mask.is_null() && (*mask.add(row / 64) >> (row % 64)) & 1 == 0
        }
    }

    /// # Safety
    /// `T` is the physical type of this vector and `row` lies in it.
    unsafe fn get<T: Copy>(&self, row: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe { *ffi::duckdb_vector_get_data(self.vector).cast::<T>().add(row) }
    }

    fn bytes(&self, row: usize) -> &[u8] {
        // SAFETY: only called for types that are stored as DuckDB's strings; they live as long as the chunk.
        unsafe {
            let string = ffi::duckdb_vector_get_data(self.vector).cast::<ffi::duckdb_string_t>().add(row);
            let length = ffi::duckdb_string_t_length(*string) as usize;
            std::slice::from_raw_parts(ffi::duckdb_string_t_data(string).cast::<u8>(), length)
        }
    }

    fn hugeint(&self, row: usize) -> i128 {
        // SAFETY: only called for types stored as hugeint.
        let value: ffi::duckdb_hugeint = unsafe { self.get(row) };
        (i128::from(value.upper) << 64) | i128::from(value.lower)
    }

    fn unscaled(&self, row: usize) -> i128 {
        // SAFETY: the internal type says how a DECIMAL is stored.
        unsafe {
            match ffi::duckdb_decimal_internal_type(self.kind.0) {
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => i128::from(self.get::<i16>(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => i128::from(self.get::<i32>(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => i128::from(self.get::<i64>(row)),
                _ => self.hugeint(row),
            }
        }
    }

    fn enum_index(&self, row: usize) -> u64 {
        // SAFETY: the internal type says how an ENUM is stored.
        unsafe {
            match ffi::duckdb_enum_internal_type(self.kind.0) {
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => u64::from(self.get::<u8>(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => u64::from(self.get::<u16>(row)),
                _ => u64::from(self.get::<u32>(row)),
            }
        }
    }

    fn cell(&self, row: usize) -> Cell {
        if self.is_null(row) {
            return Cell::Null;
        }
        // SAFETY (every `get` below): the type id says how the vector is stored.
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
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => Cell::Date(self.text(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS
                | ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => Cell::Timestamp(with_micros(self.text(row))),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => {
                    // Read as the same instant without a zone, so that a session's zone does not show.
                    let value = ffi::duckdb_create_timestamp(self.get::<ffi::duckdb_timestamp>(row));
                    Cell::Timestamp(in_utc(with_micros(value_text(value))))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ_NS => {
                    let value = ffi::duckdb_create_timestamp_ns(self.get::<ffi::duckdb_timestamp_ns>(row));
                    Cell::Timestamp(in_utc(with_micros(value_text(value))))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL => Cell::Null,
                _ => Cell::Other(self.text(row)),
            }
        }
    }

    /// The engine's own text for the value.
    fn text(&self, row: usize) -> String {
        value_text(self.value(row))
    }

    /// The value as DuckDB's own object, made anew from the vector's parts.
    fn value(&self, row: usize) -> ffi::duckdb_value {
        if self.is_null(row) {
            // SAFETY: no arguments.
            return unsafe { ffi::duckdb_create_null_value() };
        }
        // SAFETY (all of it): the type id says how the vector is stored, and which creator fits.
        unsafe {
            match self.id {
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN => ffi::duckdb_create_bool(self.get::<u8>(row) != 0),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT => ffi::duckdb_create_int8(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => ffi::duckdb_create_int16(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => ffi::duckdb_create_int32(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => ffi::duckdb_create_int64(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => ffi::duckdb_create_uint8(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => ffi::duckdb_create_uint16(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER => ffi::duckdb_create_uint32(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT => ffi::duckdb_create_uint64(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT => ffi::duckdb_create_hugeint(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT => ffi::duckdb_create_uhugeint(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT => ffi::duckdb_create_float(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => ffi::duckdb_create_double(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => {
                    let unscaled = self.unscaled(row);
                    ffi::duckdb_create_decimal(ffi::duckdb_decimal {
                        width: ffi::duckdb_decimal_width(self.kind.0),
                        scale: ffi::duckdb_decimal_scale(self.kind.0),
                        value: ffi::duckdb_hugeint { lower: unscaled as u64, upper: (unscaled >> 64) as i64 },
                    })
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => ffi::duckdb_create_date(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME => ffi::duckdb_create_time(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS => ffi::duckdb_create_time_ns(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ => ffi::duckdb_create_time_tz_value(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP => ffi::duckdb_create_timestamp(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => ffi::duckdb_create_timestamp_tz(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ_NS => {
                    ffi::duckdb_create_timestamp_tz_ns(self.get(row))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S => ffi::duckdb_create_timestamp_s(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS => ffi::duckdb_create_timestamp_ms(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => ffi::duckdb_create_timestamp_ns(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL => ffi::duckdb_create_interval(self.get(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB | ffi::DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY => {
                    let bytes = self.bytes(row);
                    ffi::duckdb_create_blob(bytes.as_ptr(), bytes.len() as ffi::idx_t)
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIT => {
                    let bytes = self.bytes(row);
                    // The creator only reads.
                    let data = bytes.as_ptr().cast_mut();
                    ffi::duckdb_create_bit(ffi::duckdb_bit { data, size: bytes.len() as ffi::idx_t })
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UUID => {
                    // Stored with the top bit turned, so that UUIDs sort like numbers.
                    let stored: ffi::duckdb_uhugeint = self.get(row);
                    ffi::duckdb_create_uuid(ffi::duckdb_uhugeint {
                        lower: stored.lower,
                        upper: stored.upper ^ (1 << 63),
                    })
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => {
                    ffi::duckdb_create_enum_value(self.kind.0, self.enum_index(row))
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => {
                    let bytes = self.bytes(row);
                    ffi::duckdb_create_varchar_length(bytes.as_ptr().cast(), bytes.len() as ffi::idx_t)
                }
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_LIST => self.list_value(row),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => self.array_value(row),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_MAP => self.map_value(row),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => self.struct_value(row),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UNION => self.union_value(row),
                _ => {
                    let note = format!("({})", type_name(self.kind));
                    ffi::duckdb_create_varchar_length(note.as_ptr().cast(), note.len() as ffi::idx_t)
                }
            }
        }
    }

    fn list_value(&self, row: usize) -> ffi::duckdb_value {
        // SAFETY: a LIST vector holds entries and one child vector.
        unsafe {
            let entry: ffi::duckdb_list_entry = self.get(row);
            let kind = LogicalType(ffi::duckdb_list_type_child_type(self.kind.0));
            let child = Column::of(ffi::duckdb_list_vector_get_child(self.vector), &kind);
            let mut values = Values::read(&child, entry.offset as usize, entry.length as usize);
            ffi::duckdb_create_list_value(kind.0, values.as_mut_ptr(), values.len())
        }
    }

    fn array_value(&self, row: usize) -> ffi::duckdb_value {
        // SAFETY: an ARRAY vector holds `size` child rows for each of its rows.
        unsafe {
            let size = ffi::duckdb_array_type_array_size(self.kind.0) as usize;
            let kind = LogicalType(ffi::duckdb_array_type_child_type(self.kind.0));
            let child = Column::of(ffi::duckdb_array_vector_get_child(self.vector), &kind);
            let mut values = Values::read(&child, row * size, size);
            ffi::duckdb_create_array_value(kind.0, values.as_mut_ptr(), values.len())
        }
    }

    fn map_value(&self, row: usize) -> ffi::duckdb_value {
        // SAFETY: a MAP is stored as a list of structs of key and value.
        unsafe {
            let entry: ffi::duckdb_list_entry = self.get(row);
            let (offset, length) = (entry.offset as usize, entry.length as usize);
            let entries = ffi::duckdb_list_vector_get_child(self.vector);
            let key_kind = LogicalType(ffi::duckdb_map_type_key_type(self.kind.0));
            let value_kind = LogicalType(ffi::duckdb_map_type_value_type(self.kind.0));
            let keys = Column::of(ffi::duckdb_struct_vector_get_child(entries, 0), &key_kind);
            let items = Column::of(ffi::duckdb_struct_vector_get_child(entries, 1), &value_kind);
            let mut keys = Values::read(&keys, offset, length);
            let mut items = Values::read(&items, offset, length);
            ffi::duckdb_create_map_value(self.kind.0, keys.as_mut_ptr(), items.as_mut_ptr(), keys.len())
        }
    }

    fn struct_value(&self, row: usize) -> ffi::duckdb_value {
        // SAFETY: a STRUCT vector holds one child vector a field, row for row.
        unsafe {
            let count = ffi::duckdb_struct_type_child_count(self.kind.0);
            let mut values = Values(Vec::new());
            for field in 0..count {
                let kind = LogicalType(ffi::duckdb_struct_type_child_type(self.kind.0, field));
                let child = Column::of(ffi::duckdb_struct_vector_get_child(self.vector, field), &kind);
                values.0.push(child.value(row));
            }
            ffi::duckdb_create_struct_value(self.kind.0, values.as_mut_ptr())
        }
    }

    fn union_value(&self, row: usize) -> ffi::duckdb_value {
        // SAFETY: a UNION is stored as a struct whose first field is the member's number, as u8.
        unsafe {
            let tags = ffi::duckdb_struct_vector_get_child(self.vector, 0);
            let tag = *ffi::duckdb_vector_get_data(tags).cast::<u8>().add(row);
            let member = ffi::idx_t::from(tag);
            let kind = LogicalType(ffi::duckdb_union_type_member_type(self.kind.0, member));
            let child = Column::of(ffi::duckdb_struct_vector_get_child(self.vector, member + 1), &kind);
            let value = Values(vec![child.value(row)]);
            ffi::duckdb_create_union_value(self.kind.0, member, value.0[0])
        }
    }
}

/// Values that are destroyed together, after the value made of them has copied them.
struct Values(Vec<ffi::duckdb_value>);

impl Values {
    fn read(column: &Column<'_>, offset: usize, length: usize) -> Self {
        Self((offset..offset + length).map(|row| column.value(row)).collect())
    }
    fn as_mut_ptr(&mut self) -> *mut ffi::duckdb_value {
        if self.0.is_empty() { ptr::NonNull::dangling().as_ptr() } else { self.0.as_mut_ptr() }
    }
    fn len(&self) -> ffi::idx_t {
        self.0.len() as ffi::idx_t
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        for value in &mut self.0 {
            // SAFETY: created by us, destroyed here and nowhere else.
            unsafe { ffi::duckdb_destroy_value(value) }
        }
    }
}

fn value_text(mut value: ffi::duckdb_value) -> String {
    if value.is_null() {
        return String::new();
    }
    // SAFETY: the value is ours; the text is given away.
    unsafe {
        let text = owned_text(ffi::duckdb_get_varchar(value));
        ffi::duckdb_destroy_value(&mut value);
        text.unwrap_or_default()
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

fn decimal_text(unscaled: i128, scale: usize) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// The type as DuckDB writes it: `DECIMAL(12,4)`, `STRUCT(a INTEGER, b VARCHAR[])`.
pub(crate) fn type_name(kind: &LogicalType) -> String {
    // SAFETY: the type is alive; texts and child types are given away.
    unsafe {
        if let Some(alias) = owned_text(ffi::duckdb_logical_type_get_alias(kind.0)).filter(|a| !a.is_empty())
        {
            return alias;
        }
        let child = |raw| type_name(&LogicalType(raw));
        match kind.id() {
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => format!(
                "DECIMAL({},{})",
                ffi::duckdb_decimal_width(kind.0),
                ffi::duckdb_decimal_scale(kind.0)
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_LIST => {
                format!("{}[]", child(ffi::duckdb_list_type_child_type(kind.0)))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => format!(
                "{}[{}]",
                child(ffi::duckdb_array_type_child_type(kind.0)),
                ffi::duckdb_array_type_array_size(kind.0)
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_MAP => format!(
                "MAP({}, {})",
                child(ffi::duckdb_map_type_key_type(kind.0)),
                child(ffi::duckdb_map_type_value_type(kind.0))
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => {
                let fields = (0..ffi::duckdb_struct_type_child_count(kind.0)).map(|i| {
                    let name = owned_text(ffi::duckdb_struct_type_child_name(kind.0, i)).unwrap_or_default();
                    let name = crate::name_if_needed(&name);
                    format!("{name} {}", child(ffi::duckdb_struct_type_child_type(kind.0, i)))
                });
                format!("STRUCT({})", fields.collect::<Vec<_>>().join(", "))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_UNION => {
                let members = (0..ffi::duckdb_union_type_member_count(kind.0)).map(|i| {
                    let name = owned_text(ffi::duckdb_union_type_member_name(kind.0, i)).unwrap_or_default();
                    let name = crate::name_if_needed(&name);
                    format!("{name} {}", child(ffi::duckdb_union_type_member_type(kind.0, i)))
                });
                format!("UNION({})", members.collect::<Vec<_>>().join(", "))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => {
                let words = (0..ffi::duckdb_enum_dictionary_size(kind.0)).map(|i| {
                    let word = ffi::duckdb_enum_dictionary_value(kind.0, ffi::idx_t::from(i));
                    crate::text_literal(&owned_text(word).unwrap_or_default())
                });
                format!("ENUM({})", words.collect::<Vec<_>>().join(", "))
            }
            id => simple_name(id).to_string(),
        }
    }
}

fn simple_name(id: ffi::duckdb_type) -> &'static str {
    match id {
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN => "BOOLEAN",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT => "TINYINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT => "SMALLINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER => "INTEGER",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT => "BIGINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => "UTINYINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => "USMALLINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER => "UINTEGER",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT => "UBIGINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT => "HUGEINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT => "UHUGEINT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT => "FLOAT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE => "DOUBLE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => "VARCHAR",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB => "BLOB",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIT => "BIT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_UUID => "UUID",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE => "DATE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME => "TIME",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS => "TIME_NS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ => "TIME WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP => "TIMESTAMP",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S => "TIMESTAMP_S",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS => "TIMESTAMP_MS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS => "TIMESTAMP_NS",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ => "TIMESTAMP WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ_NS => "TIMESTAMP_NS WITH TIME ZONE",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL => "INTERVAL",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM => "BIGNUM",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY => "GEOMETRY",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARIANT => "VARIANT",
        ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL => "\"NULL\"",
        _ => "UNKNOWN",
    }
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

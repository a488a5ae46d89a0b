//! Values of a column as DuckDB's own objects, which know the text that the engine shows for them.

use super::c_text::owned_text;
use super::logical_type::{LogicalType, type_name};
use super::vector::Column;
use libduckdb_sys as ffi;
use std::ptr;

impl Column<'_> {
    /// The value as DuckDB's own object, rebuilt from the vector's parts.
    pub(crate) fn value(&self, row: usize) -> ffi::duckdb_value {
        if self.is_null(row) {
            // SAFETY: no arguments.
            return unsafe { ffi::duckdb_create_null_value() };
        }
        // SAFETY: the type id says how the vector is stored, and which creator fits.
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
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM => bignum_value(self.bytes(row)),
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

/// A BIGNUM is stored as three bytes of length and sign, then its digits in base 256, most significant first;
/// all of them are inverted where it is negative, so that the bytes sort like the numbers.
fn bignum_value(stored: &[u8]) -> ffi::duckdb_value {
    const HEADER: usize = 3;
    let is_negative = stored.first().is_some_and(|byte| byte & 0x80 == 0);
    let digits = stored.iter().skip(HEADER);
    let mut digits: Vec<u8> = digits.map(|byte| if is_negative { !byte } else { *byte }).collect();
    let size = digits.len() as ffi::idx_t;
    // SAFETY: the digits live during the call, which copies them.
    unsafe { ffi::duckdb_create_bignum(ffi::duckdb_bignum { data: digits.as_mut_ptr(), size, is_negative }) }
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

/// The text that DuckDB shows for a value, which is freed.
///
/// # Safety
/// `value` is null, or a value that the caller owns and uses no more.
pub(crate) unsafe fn value_text(mut value: ffi::duckdb_value) -> String {
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

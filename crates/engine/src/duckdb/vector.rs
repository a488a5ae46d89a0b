//! A column of a result as DuckDB stores it, read row by row.

use super::logical_type::LogicalType;
use libduckdb_sys as ffi;

/// A vector with its type, ready to be read row by row. Valid as long as its chunk.
pub(crate) struct Column<'a> {
    pub(crate) vector: ffi::duckdb_vector,
    pub(crate) kind: &'a LogicalType,
    pub(crate) id: ffi::duckdb_type,
}

impl<'a> Column<'a> {
    pub(crate) fn of(vector: ffi::duckdb_vector, kind: &'a LogicalType) -> Self {
        Self { vector, kind, id: kind.id() }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        // SAFETY: the vector is alive; a null mask means that every row is valid.
        unsafe {
            let mask = ffi::duckdb_vector_get_validity(self.vector);
            !mask.is_null() && (*mask.add(row / 64) >> (row % 64)) & 1 == 0
        }
    }

    /// # Safety
    /// `T` is the physical type of this vector and `row` lies in it.
    pub(crate) unsafe fn get<T: Copy>(&self, row: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe { *ffi::duckdb_vector_get_data(self.vector).cast::<T>().add(row) }
    }

    pub(crate) fn bytes(&self, row: usize) -> &[u8] {
        // SAFETY: only called for types that are stored as DuckDB's strings; they live as long as the chunk.
        unsafe {
            let string = ffi::duckdb_vector_get_data(self.vector).cast::<ffi::duckdb_string_t>().add(row);
            let length = ffi::duckdb_string_t_length(*string) as usize;
            std::slice::from_raw_parts(ffi::duckdb_string_t_data(string).cast::<u8>(), length)
        }
    }

    pub(crate) fn hugeint(&self, row: usize) -> i128 {
        // SAFETY: only called for types stored as hugeint.
        let value: ffi::duckdb_hugeint = unsafe { self.get(row) };
        (i128::from(value.upper) << 64) | i128::from(value.lower)
    }

    /// A DECIMAL without its point.
    pub(crate) fn unscaled(&self, row: usize) -> i128 {
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

    /// An ENUM's position in its dictionary.
    pub(crate) fn enum_index(&self, row: usize) -> u64 {
        // SAFETY: the internal type says how an ENUM is stored.
        unsafe {
            match ffi::duckdb_enum_internal_type(self.kind.0) {
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT => u64::from(self.get::<u8>(row)),
                ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT => u64::from(self.get::<u16>(row)),
                _ => u64::from(self.get::<u32>(row)),
            }
        }
    }
}

//! Vectors of DuckDB as slices: what functions and casts of ours read from, and write to.

use libduckdb_sys as ffi;
use std::ffi::{CStr, CString};

/// What a vector's values are in memory.
///
/// # Safety
/// Only for types whose layout is that of the DuckDB types they are used for.
pub(crate) unsafe trait Physical: Copy + 'static {}

// SAFETY: BIGINT, TIME, TIMESTAMP and TIMESTAMPTZ are 64 bits with a sign.
unsafe impl Physical for i64 {}
// SAFETY: TIMETZ is 64 bits.
unsafe impl Physical for u64 {}
// SAFETY: INTEGER and DATE are 32 bits.
unsafe impl Physical for i32 {}
// SAFETY: DOUBLE is an IEEE double.
unsafe impl Physical for f64 {}

/// An INTERVAL.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Interval {
    pub(crate) months: i32,
    pub(crate) days: i32,
    pub(crate) micros: i64,
}
// SAFETY: the layout of duckdb_interval.
unsafe impl Physical for Interval {}

/// A VARCHAR as it lies in a vector: up to twelve bytes inside, more behind a pointer.
#[repr(C, align(8))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    words: [u64; 2],
}
// SAFETY: the size and alignment of duckdb_string_t.
unsafe impl Physical for Text {}

impl Text {
    pub(crate) fn bytes(&self) -> &[u8] {
        let string = std::ptr::from_ref(self).cast::<ffi::duckdb_string_t>().cast_mut();
        // SAFETY: `self` came from a vector, whose strings live during the call; DuckDB only reads.
        unsafe {
            let length = ffi::duckdb_string_t_length(*string) as usize;
            std::slice::from_raw_parts(ffi::duckdb_string_t_data(string).cast::<u8>(), length)
        }
    }
}

/// One column of the input.
pub(crate) struct Input<'a, T> {
    values: &'a [T],
    valid: *const u64,
}

impl<'a, T: Physical> Input<'a, T> {
    /// # Safety
    /// The vector is flat, of `T`'s type, and holds `rows` rows for as long as `'a`.
    pub(crate) unsafe fn of(vector: ffi::duckdb_vector, rows: usize) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            let data = ffi::duckdb_vector_get_data(vector).cast::<T>();
            let values = if rows == 0 { &[] } else { std::slice::from_raw_parts(data, rows) };
            Self { values, valid: ffi::duckdb_vector_get_validity(vector) }
        }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&'a T> {
        // SAFETY: the mask, where there is one, has a bit for each row.
        let valid = self.valid.is_null() || unsafe { *self.valid.add(row / 64) >> (row % 64) & 1 == 1 };
        valid.then(|| &self.values[row])
    }

    /// The values where none is NULL.
    pub(crate) fn all_valid(&self) -> Option<&'a [T]> {
        if self.valid.is_null() {
            return Some(self.values);
        }
        (0..self.values.len()).all(|row| self.get(row).is_some()).then_some(self.values)
    }
}

/// # Safety
/// The vector is flat, of `T`'s type, with room for `rows`, and nobody else writes to it during `'a`.
pub(crate) unsafe fn output_slice<'a, T: Physical>(vector: ffi::duckdb_vector, rows: usize) -> &'a mut [T] {
    if rows == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(ffi::duckdb_vector_get_data(vector).cast::<T>(), rows) }
}

pub(crate) fn set_null(vector: ffi::duckdb_vector, row: usize) {
    // SAFETY: the vector is alive and has this row; its mask exists after the first call.
    unsafe {
        ffi::duckdb_vector_ensure_validity_writable(vector);
        let mask = ffi::duckdb_vector_get_validity(vector);
        ffi::duckdb_validity_set_row_invalid(mask, row as ffi::idx_t);
    }
}

pub(crate) fn write_text(vector: ffi::duckdb_vector, row: usize, text: &[u8]) {
    // SAFETY: the vector is of type VARCHAR and has this row; DuckDB copies the bytes.
    unsafe {
        ffi::duckdb_vector_assign_string_element_len(
            vector,
            row as ffi::idx_t,
            text.as_ptr().cast(),
            text.len() as ffi::idx_t,
        );
    }
}

/// The text as C wants it, cut at a NUL if it has one.
pub(crate) fn with_c_text(text: &str, take: impl FnOnce(&CStr)) {
    let cut = text.split('\0').next().unwrap_or_default();
    if let Ok(c_text) = CString::new(cut) {
        take(&c_text);
    }
}

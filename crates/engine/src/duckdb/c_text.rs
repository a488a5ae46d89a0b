//! Texts that cross the C interface, in both directions.

use super::error_text::Failure;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;
use std::ffi::{CStr, CString, c_char};

/// # Errors
/// The text holds a NUL byte, at which C would end it.
pub(crate) fn text_for_c(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(format!("the text {text:?} contains a NUL byte")))
}

/// # Errors
/// As [`text_for_c`], as an error of the statement.
pub(crate) fn statement_for_c(sql: &str) -> Result<CString, Failure> {
    CString::new(sql).map_err(|_| Failure("Parser Error: the SQL contains a NUL byte".into()))
}

/// A text that DuckDB gave away; freed here.
///
/// # Safety
/// `raw` is null, or a text that DuckDB allocated for the caller and that nobody else frees.
pub(crate) unsafe fn owned_text(raw: *mut c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    unsafe { ffi::DuckDbString::from_nullable_ptr(raw) }.map(|text| text.to_string_lossy().into_owned())
}

/// A text that DuckDB still owns.
///
/// # Safety
/// `raw` is null or a C string that lives during the call.
pub(crate) unsafe fn borrowed_text(raw: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw) }.to_string_lossy().into_owned())
}

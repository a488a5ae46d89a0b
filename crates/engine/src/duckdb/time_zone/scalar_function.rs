//! The bridge to DuckDB: functions of ours that see whole vectors as slices, and report errors as text.
//!
//! Nothing here knows about time zones, except that each thread that runs a function is told the
//! session's zone first.

use super::vectors::{Input, Physical, Text, output_slice, set_null, with_c_text, write_text};
use super::zone::Zone;
use crate::duckdb::c_text::text_for_c;
use crate::duckdb::logical_type::LogicalType;
use ingot_core::error::{Error, Result};
use libduckdb_sys as ffi;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The types that our functions take and give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bigint,
    Double,
    Varchar,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    TimestampTzList,
}

impl Type {
    pub(crate) fn logical(self) -> LogicalType {
        LogicalType::simple(match self {
            Self::Bigint => ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT,
            Self::Double => ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE,
            Self::Varchar => ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR,
            Self::Date => ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE,
            Self::Time => ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME,
            Self::TimeTz => ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ,
            Self::Timestamp => ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP,
            Self::TimestampTz => ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ,
            Self::Interval => ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL,
            Self::TimestampTzList => return LogicalType::list_of(&Self::TimestampTz.logical()),
        })
    }
}

/// What each thread keeps while it runs one of our functions in one query.
pub(crate) struct State {
    /// The session's zone, or why there is none.
    zone: Result<Arc<Zone>, String>,
    /// The zone last named by an argument, with the name's own bytes.
    named: Option<(Text, Vec<u8>, Arc<Zone>)>,
}

impl State {
    pub(crate) fn session_zone(&self) -> Result<Arc<Zone>, String> {
        self.zone.clone()
    }

    /// The zone that an argument names. The same name in the next row costs a comparison.
    pub(crate) fn zone_named(&mut self, name: &Text) -> Result<&Arc<Zone>, String> {
        let bytes = name.bytes();
        let same = self.named.as_ref().is_some_and(|(_, known, _)| known == bytes);
        if !same {
            self.named = None;
        }
        match &mut self.named {
            Some((_, _, zone)) => Ok(zone),
            empty => {
                let text = std::str::from_utf8(bytes).map_err(|_| "Unknown TimeZone".to_string())?;
                let zone = Zone::named(text)?;
                Ok(&empty.insert((*name, bytes.to_vec(), zone)).2)
            }
        }
    }
}

/// One call: up to 2048 rows in, as many out.
pub(crate) struct Call<'a> {
    chunk: ffi::duckdb_data_chunk,
    pub(crate) output: ffi::duckdb_vector,
    pub(crate) rows: usize,
    pub(crate) state: &'a mut State,
}

impl<'a> Call<'a> {
    /// Column `index` of the input.
    pub(crate) fn input<T: Physical>(&self, index: usize) -> Input<'a, T> {
        // SAFETY: DuckDB flattens the input of functions made through its C API, and each function
        // reads its columns by the types that it was registered with.
        unsafe { Input::of(self.vector(index), self.rows) }
    }

    pub(crate) fn vector(&self, index: usize) -> ffi::duckdb_vector {
        // SAFETY: the chunk lives during the call.
        unsafe { ffi::duckdb_data_chunk_get_vector(self.chunk, index as ffi::idx_t) }
    }

    /// The result's values, to be written.
    pub(crate) fn output<T: Physical>(&mut self) -> &'a mut [T] {
        // SAFETY: a result vector is flat, of the registered type, and has room for the rows of the input.
        unsafe { output_slice(self.output, self.rows) }
    }

    pub(crate) fn set_null(&mut self, row: usize) {
        set_null(self.output, row);
    }

    pub(crate) fn write_text(&mut self, row: usize, text: &[u8]) {
        write_text(self.output, row, text);
    }

    /// One result for each row, NULL where the argument is.
    pub(crate) fn unary<A: Physical, R: Physical>(
        &mut self,
        mut each: impl FnMut(A) -> Result<Option<R>, String>,
    ) -> Result<(), String> {
        let (a, output) = (self.input::<A>(0), self.output::<R>());
        for row in 0..self.rows {
            match a.get(row) {
                Some(a) => match each(*a)? {
                    Some(value) => output[row] = value,
                    None => self.set_null(row),
                },
                None => self.set_null(row),
            }
        }
        Ok(())
    }

    pub(crate) fn binary<A: Physical, B: Physical, R: Physical>(
        &mut self,
        mut each: impl FnMut(&A, &B) -> Result<Option<R>, String>,
    ) -> Result<(), String> {
        let (a, b, output) = (self.input::<A>(0), self.input::<B>(1), self.output::<R>());
        for row in 0..self.rows {
            match (a.get(row), b.get(row)) {
                (Some(a), Some(b)) => match each(a, b)? {
                    Some(value) => output[row] = value,
                    None => self.set_null(row),
                },
                _ => self.set_null(row),
            }
        }
        Ok(())
    }

    pub(crate) fn ternary<A: Physical, B: Physical, C: Physical, R: Physical>(
        &mut self,
        mut each: impl FnMut(&A, &B, &C) -> Result<Option<R>, String>,
    ) -> Result<(), String> {
        let (a, b, c) = (self.input::<A>(0), self.input::<B>(1), self.input::<C>(2));
        let output = self.output::<R>();
        for row in 0..self.rows {
            match (a.get(row), b.get(row), c.get(row)) {
                (Some(a), Some(b), Some(c)) => match each(a, b, c)? {
                    Some(value) => output[row] = value,
                    None => self.set_null(row),
                },
                _ => self.set_null(row),
            }
        }
        Ok(())
    }

    /// Like `unary`, for a result that is text; `each` appends it to the buffer.
    pub(crate) fn unary_text<A: Physical>(
        &mut self,
        mut each: impl FnMut(A, &mut Vec<u8>) -> Result<bool, String>,
    ) -> Result<(), String> {
        let a = self.input::<A>(0);
        let mut buffer = Vec::new();
        for row in 0..self.rows {
            buffer.clear();
            match a.get(row) {
                Some(a) if each(*a, &mut buffer)? => self.write_text(row, &buffer),
                _ => self.set_null(row),
            }
        }
        Ok(())
    }

    /// The session's zone, for functions that have only one.
    pub(crate) fn zone(&self) -> Result<Arc<Zone>, String> {
        self.state.session_zone()
    }
}

/// A function's work.
pub(crate) type Body = Box<dyn Fn(&mut Call<'_>) -> Result<(), String> + Send + Sync>;

/// Adds an overload to the function `name`, built-in or not.
pub(crate) fn add(
    connection: ffi::duckdb_connection,
    name: &str,
    arguments: &[Type],
    result: Type,
    body: Body,
) -> Result<()> {
    let c_name = text_for_c(name)?;
    // SAFETY: every object is alive while it is used and destroyed at the end; DuckDB copies the types
    // and the function; the boxed body is freed by DuckDB through `drop_body`.
    let state = unsafe {
        let mut function = ffi::duckdb_create_scalar_function();
        ffi::duckdb_scalar_function_set_name(function, c_name.as_ptr());
        for argument in arguments {
            ffi::duckdb_scalar_function_add_parameter(function, argument.logical().0);
        }
        ffi::duckdb_scalar_function_set_return_type(function, result.logical().0);
        let body = Box::into_raw(Box::new(body)).cast::<c_void>();
        ffi::duckdb_scalar_function_set_extra_info(function, body, Some(drop_body));
        ffi::duckdb_scalar_function_set_init(function, Some(init));
        ffi::duckdb_scalar_function_set_function(function, Some(run));
        let state = ffi::duckdb_register_scalar_function(connection, function);
        ffi::duckdb_destroy_scalar_function(&mut function);
        state
    };
    if state == ffi::DuckDBSuccess {
        Ok(())
    } else {
        Err(Error::new(format!("DuckDB did not take the function {name}")))
    }
}

unsafe extern "C" fn drop_body(body: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `add`; DuckDB calls this once.
    drop(unsafe { Box::from_raw(body.cast::<Body>()) });
}

unsafe extern "C" fn drop_state(state: *mut c_void) {
    // SAFETY: made by `Box::into_raw` in `init`; DuckDB calls this once.
    drop(unsafe { Box::from_raw(state.cast::<State>()) });
}

unsafe extern "C" fn init(info: ffi::duckdb_init_info) {
    let zone = catch_unwind(|| session_zone(info)).unwrap_or_else(|_| Err("no session time zone".into()));
    let state = Box::into_raw(Box::new(State { zone, named: None })).cast::<c_void>();
    // SAFETY: `info` lives during the call; DuckDB frees the state through `drop_state`.
    unsafe { ffi::duckdb_scalar_function_init_set_state(info, state, Some(drop_state)) }
}

/// The zone that the session's setting `TimeZone` names.
fn session_zone(info: ffi::duckdb_init_info) -> Result<Arc<Zone>, String> {
    // SAFETY: `info` lives during the call; context, value and text are ours and freed here.
    unsafe {
        let mut context = std::ptr::null_mut();
        ffi::duckdb_scalar_function_init_get_client_context(info, &mut context);
        let mut value =
            ffi::duckdb_client_context_get_config_option(context, c"TimeZone".as_ptr(), std::ptr::null_mut());
        ffi::duckdb_destroy_client_context(&mut context);
        if value.is_null() {
            return Ok(Zone::utc());
        }
        let name = ffi::DuckDbString::from_nullable_ptr(ffi::duckdb_get_varchar(value))
            .map(|text| text.to_string_lossy().into_owned());
        ffi::duckdb_destroy_value(&mut value);
        name.map_or_else(|| Ok(Zone::utc()), |name| Zone::named(&name))
    }
}

unsafe extern "C" fn run(
    info: ffi::duckdb_function_info,
    chunk: ffi::duckdb_data_chunk,
    output: ffi::duckdb_vector,
) {
    // A panic must not cross into C++: it becomes an error of the query.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: both pointers were set by `add` and `init`; the state belongs to this thread alone.
        let (body, state) = unsafe {
            let body = &*ffi::duckdb_scalar_function_get_extra_info(info).cast::<Body>();
            (body, &mut *ffi::duckdb_scalar_function_get_state(info).cast::<State>())
        };
        // SAFETY: the chunk lives during the call.
        let rows = unsafe { ffi::duckdb_data_chunk_get_size(chunk) as usize };
        body(&mut Call { chunk, output, rows, state })
    }));
    let message = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(message)) => message,
        Err(_) => "a time zone function failed in an unforeseen way".to_string(),
    };
    with_c_text(&message, |text| {
        // SAFETY: `info` lives during the call; DuckDB copies the text.
        unsafe { ffi::duckdb_scalar_function_set_error(info, text.as_ptr()) }
    });
}

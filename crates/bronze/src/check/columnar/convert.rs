//! A column of a file that knows types, in the contract's type.
//!
//! Only what keeps every value's meaning is accepted. What Arrow casts without loss is cast; anything else goes through
//! the text that a person would write for the value, and the rules of text decide, as they would in CSV.

use crate::check::form::{CompiledForm, LocalClock};
use crate::check::parse::{self, Fault, Value};
use crate::read_error::{FileFailure, ReadError};
use crate::write::NestedBuilder;
use ingot_contract::DataType;
use ingot_lake::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int32Builder,
    Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use ingot_lake::arrow::compute::{CastOptions, cast_with_options};
use ingot_lake::arrow::datatypes::{
    DataType as ArrowType, Float32Type, Float64Type, TimeUnit, TimestampMicrosecondType,
    TimestampNanosecondType,
};
use ingot_lake::arrow::util::display::{ArrayFormatter, FormatOptions};
use std::borrow::Cow;
use std::sync::Arc;

/// How a column becomes the contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// Cast by Arrow; a value that the new type cannot hold is a fault.
    Cast,
    /// Bytes or text, by the rules of text.
    Text,
    /// Through the text that shows the number.
    Shown,
    /// Times without a zone, which show the clocks of the contract's.
    Local,
}

impl Conversion {
    /// How `found` becomes `wanted`, whose texts and times have the given form; `None` if it would have to be guessed.
    pub(crate) fn of(found: &ArrowType, wanted: &DataType, form: Option<&CompiledForm>) -> Option<Self> {
        use ArrowType as A;
        let found = plain(found);
        if is_text(found) && !NestedBuilder::takes(wanted) {
            return Some(Self::Text);
        }
        let is_number = found.is_numeric();
        if is_number && form.is_some_and(CompiledForm::counts_time) {
            return Some(Self::Shown);
        }
        let is_decimal =
            matches!(found, A::Decimal32(..) | A::Decimal64(..) | A::Decimal128(..) | A::Decimal256(..));
        match wanted {
            DataType::I32 | DataType::I64 => match found {
                found if found.is_integer() => Some(Self::Cast),
                found => (is_decimal || found.is_floating()).then_some(Self::Shown),
            },
            DataType::F64 => match found {
                found if found.is_floating() => Some(Self::Cast),
                A::Int8 | A::Int16 | A::Int32 | A::UInt8 | A::UInt16 | A::UInt32 => Some(Self::Cast),
                _ => is_decimal.then_some(Self::Shown),
            },
            DataType::Decimal { scale, .. } => match found {
                A::Decimal32(_, from)
                | A::Decimal64(_, from)
                | A::Decimal128(_, from)
                | A::Decimal256(_, from)
                    if *from <= *scale =>
                {
                    Some(Self::Cast)
                }
                found if found.is_integer() => Some(Self::Cast),
                found => (is_decimal || found.is_floating()).then_some(Self::Shown),
            },
            DataType::Bool => matches!(found, A::Boolean).then_some(Self::Cast),
            DataType::Date => matches!(found, A::Date32).then_some(Self::Cast),
            DataType::Timestamp => match found {
                A::Timestamp(_, Some(_)) => Some(Self::Cast),
                A::Timestamp(_, None) => form.and_then(CompiledForm::clock).map(|_| Self::Local),
                _ => None,
            },
            // What these are made of is for `plan`.
            DataType::Str
            | DataType::Binary
            | DataType::Time
            | DataType::List(_)
            | DataType::Struct(_)
            | DataType::Map(..) => None,
        }
    }
}

/// The type of a dictionary's values, or the type itself.
fn plain(found: &ArrowType) -> &ArrowType {
    match found {
        ArrowType::Dictionary(_, values) => values,
        other => other,
    }
}

/// Whether values are text, perhaps in a dictionary.
pub(super) fn is_string(found: &ArrowType) -> bool {
    matches!(plain(found), ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View)
}

fn is_text(found: &ArrowType) -> bool {
    use ArrowType as A;
    matches!(
        found,
        A::Utf8
            | A::LargeUtf8
            | A::Utf8View
            | A::Binary
            | A::LargeBinary
            | A::BinaryView
            | A::FixedSizeBinary(_)
    )
}

/// The column in the contract's type. `fault` is told of each value that does not fit (its row, a code, what would be
/// right); such cells are null.
pub(crate) fn convert(
    original: &ArrayRef,
    conversion: Conversion,
    wanted: &DataType,
    form: Option<&CompiledForm>,
    mut fault: impl FnMut(usize, &str, &str),
) -> Result<ArrayRef, ReadError> {
    let texts_of = |is_typed| TextForm { wanted, form, is_typed };
    match conversion {
        Conversion::Cast => cast_column(original, wanted, fault),
        Conversion::Local => local_column(original, form.and_then(CompiledForm::clock), fault),
        Conversion::Text => {
            let texts = text_column(original, &mut fault)?;
            if *wanted == DataType::Str && form.is_none() {
                return Ok(texts);
            }
            let texts = texts.as_string::<i32>();
            let text = |row: usize| {
                (texts.is_valid(row) && !texts.value(row).is_empty()).then(|| Cow::Borrowed(texts.value(row)))
            };
            Ok(parse_column(texts.len(), text, &texts_of(false), fault))
        }
        Conversion::Shown => {
            let original = cast(original, plain(original.data_type()))?;
            if let Some(numbers) = original.as_primitive_opt::<Float64Type>() {
                let text =
                    |row: usize| numbers.is_valid(row).then(|| Cow::Owned(numbers.value(row).to_string()));
                return Ok(parse_column(numbers.len(), text, &texts_of(true), fault));
            }
            if let Some(numbers) = original.as_primitive_opt::<Float32Type>() {
                let text =
                    |row: usize| numbers.is_valid(row).then(|| Cow::Owned(numbers.value(row).to_string()));
                return Ok(parse_column(numbers.len(), text, &texts_of(true), fault));
            }
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(&original, &options).map_err(mismatch)?;
            let text = |row: usize| {
                original.is_valid(row).then(|| Cow::Owned(without_zeros(formatter.value(row).to_string())))
            };
            Ok(parse_column(original.len(), text, &texts_of(true), fault))
        }
    }
}

/// `12.50` to `12.5` and `12.00` to `12`.
fn without_zeros(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn mismatch(error: ingot_lake::arrow::error::ArrowError) -> ReadError {
    ReadError::File(FileFailure::new("TYPE_MISMATCH", error.to_string()))
}

fn cast(column: &ArrayRef, to: &ArrowType) -> Result<ArrayRef, ReadError> {
    if column.data_type() == to {
        return Ok(column.clone());
    }
    let options = CastOptions { safe: true, format_options: FormatOptions::default() };
    cast_with_options(column, to, &options).map_err(mismatch)
}

fn cast_column(
    original: &ArrayRef,
    wanted: &DataType,
    mut fault: impl FnMut(usize, &str, &str),
) -> Result<ArrayRef, ReadError> {
    if let ArrowType::Timestamp(TimeUnit::Nanosecond, _) = original.data_type() {
        let nanoseconds = original.as_primitive::<TimestampNanosecondType>();
        for row in 0..nanoseconds.len() {
            if nanoseconds.is_valid(row) && nanoseconds.value(row) % 1000 != 0 {
                fault(
                    row,
                    "TOO_PRECISE",
                    "at most as many decimal places as the column's type has; or give it a `physicalType` with more in the contract",
                );
            }
        }
    }
    let converted = cast(original, &wanted.arrow())?;
    if converted.null_count() > original.null_count() {
        for row in (0..converted.len()).filter(|row| converted.is_null(*row) && original.is_valid(*row)) {
            fault(
                row,
                "OUT_OF_RANGE",
                "a number that fits the column's type; or give it a wider `physicalType` in the contract",
            );
        }
    }
    if *wanted == DataType::F64 && plain(original.data_type()).is_floating() {
        let numbers = converted.as_primitive::<Float64Type>();
        for row in (0..numbers.len()).filter(|row| numbers.is_valid(*row)) {
            if !numbers.value(row).is_finite() {
                fault(row, "NOT_A_NUMBER", "a finite number");
            }
        }
    }
    Ok(converted)
}

/// Text and bytes of any kind as plain text.
fn text_column(
    original: &ArrayRef,
    fault: &mut impl FnMut(usize, &str, &str),
) -> Result<ArrayRef, ReadError> {
    use ArrowType as A;
    if !matches!(
        plain(original.data_type()),
        A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_)
    ) {
        return cast(original, &A::Utf8);
    }
    let bytes = cast(&cast(original, plain(original.data_type()))?, &A::Binary)?;
    let bytes = bytes.as_binary::<i32>();
    let mut texts = StringBuilder::new();
    for row in 0..bytes.len() {
        if bytes.is_null(row) {
            texts.append_null();
            continue;
        }
        match std::str::from_utf8(bytes.value(row)) {
            Ok(text) => texts.append_value(text),
            Err(_) => {
                fault(row, "NOT_UTF8", "text in UTF-8");
                texts.append_null();
            }
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// How texts become values.
struct TextForm<'f> {
    wanted: &'f DataType,
    form: Option<&'f CompiledForm>,
    /// They show what was not text in the file.
    is_typed: bool,
}

impl TextForm<'_> {
    fn parse<'t>(&self, text: &'t str) -> Result<Value<'t>, Fault> {
        match self.form {
            Some(form) => form.parse(self.wanted, text.as_bytes(), self.is_typed),
            None => parse::parse(self.wanted, text),
        }
    }

    fn expected<'f>(&'f self, fault: &'f Fault) -> &'f str {
        self.form.map_or(fault.expected, |form| form.expected(fault))
    }
}

/// Times without a zone as moments.
fn local_column(
    original: &ArrayRef,
    clock: Option<&LocalClock>,
    mut fault: impl FnMut(usize, &str, &str),
) -> Result<ArrayRef, ReadError> {
    let shown = cast_column(original, &DataType::Timestamp, &mut fault)?;
    let shown = shown.as_primitive::<TimestampMicrosecondType>();
    let mut moments = TimestampMicrosecondBuilder::with_capacity(shown.len());
    for row in 0..shown.len() {
        let moment = match clock {
            Some(clock) if shown.is_valid(row) => clock.moment(shown.value(row)),
            _ => {
                moments.append_null();
                continue;
            }
        };
        match moment {
            Ok(moment) => moments.append_value(moment),
            Err(problem) => {
                fault(row, problem.code, problem.expected);
                moments.append_null();
            }
        }
    }
    Ok(Arc::new(moments.finish().with_timezone("UTC")))
}

/// Values from texts; a row without one is null.
fn parse_column<'t>(
    rows: usize,
    text: impl Fn(usize) -> Option<Cow<'t, str>>,
    form: &TextForm<'_>,
    mut fault: impl FnMut(usize, &str, &str),
) -> ArrayRef {
    macro_rules! build {
        ($builder:expr, $variant:ident) => {{
            let mut builder = $builder;
            for row in 0..rows {
                let text = text(row);
                let value = match &text {
                    None => Ok(Value::Null),
                    Some(text) => form.parse(text),
                };
                match value {
                    Ok(Value::$variant(value)) => builder.append_value(value),
                    Ok(_) => builder.append_null(),
                    Err(problem) => {
                        fault(row, problem.code, form.expected(&problem));
                        builder.append_null();
                    }
                }
            }
            builder.finish()
        }};
    }
    match form.wanted {
        DataType::I32 => Arc::new(build!(Int32Builder::new(), I32)),
        DataType::I64 => Arc::new(build!(Int64Builder::new(), I64)),
        DataType::F64 => Arc::new(build!(Float64Builder::new(), F64)),
        DataType::Bool => Arc::new(build!(BooleanBuilder::new(), Bool)),
        DataType::Date => Arc::new(build!(Date32Builder::new(), Date)),
        DataType::Timestamp => {
            Arc::new(build!(TimestampMicrosecondBuilder::new(), Timestamp).with_timezone("UTC"))
        }
        DataType::Decimal { .. } => {
            Arc::new(build!(Decimal128Builder::new().with_data_type(form.wanted.arrow()), Decimal))
        }
        DataType::Str
        | DataType::Binary
        | DataType::Time
        | DataType::List(_)
        | DataType::Struct(_)
        | DataType::Map(..) => Arc::new(build!(StringBuilder::new(), Str)),
    }
}

//! A column of a table in another type, which a new version of its contract asks for.

use super::cell_values::cell_text;
use super::convert::{Conversion, convert};
use ingot_contract::DataType;
use ingot_core::error::{Context, Error, Result};
use ingot_lake::arrow::array::{Array, ArrayRef};
use ingot_lake::arrow::compute::kernels::cmp::distinct;
use ingot_lake::arrow::compute::{CastOptions, cast_with_options};
use ingot_lake::arrow::datatypes::DataType as ArrowType;

/// How a column that is in a table gets another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retype {
    /// As a column of a file would be read.
    Read(Conversion),
    /// Cast by Arrow; only values that are the same when they are cast back have a place in the new type.
    ThereAndBack,
    /// The text that shows the value.
    Shown,
}

impl Retype {
    /// `None` if the new type would need a guess.
    pub(crate) fn of(found: &ArrowType, wanted: &DataType) -> Option<Self> {
        use ArrowType as A;
        if let Some(conversion) = Conversion::of(found, wanted, None) {
            return Some(Self::Read(conversion));
        }
        match (found, wanted) {
            // A date is its midnight in UTC.
            (A::Date32, DataType::Timestamp) | (A::Timestamp(..), DataType::Date) => Some(Self::ThereAndBack),
            (A::Int64, DataType::F64) => Some(Self::ThereAndBack),
            (found, DataType::Str) if !found.is_nested() => Some(Self::Shown),
            _ => None,
        }
    }

    /// The column in the new type. `fault` is told of the rows whose values have no place in it; they are null.
    pub(crate) fn column(
        self,
        column: &ArrayRef,
        wanted: &DataType,
        mut fault: impl FnMut(usize, String),
    ) -> Result<ArrayRef> {
        let mut bad: Vec<usize> = Vec::new();
        let converted = match self {
            Self::Read(conversion) => {
                let converted = convert(column, conversion, wanted, None, |row, _, _| bad.push(row))?;
                // An empty text is a value, and a decimal may have more digits than a float.
                bad.extend((0..column.len()).filter(|row| converted.is_null(*row) && column.is_valid(*row)));
                if *wanted == DataType::F64 && matches!(column.data_type(), ArrowType::Decimal128(..)) {
                    bad.extend(differing(column, &converted)?);
                }
                converted
            }
            Self::Shown => cast(column, &wanted.arrow())?,
            Self::ThereAndBack => {
                let converted = cast(column, &wanted.arrow())?;
                bad.extend(differing(column, &converted)?);
                converted
            }
        };
        bad.sort_unstable();
        bad.dedup();
        for row in bad {
            fault(row, cell_text(column, row));
        }
        Ok(converted)
    }
}

/// The rows whose values are others when they are cast back.
fn differing(column: &ArrayRef, converted: &ArrayRef) -> Result<Vec<usize>> {
    let back = cast(converted, column.data_type())?;
    let differs = distinct(&back, column)
        .map_err(|error| Error::defect("a column cannot be compared").caused_by(error))?;
    Ok((0..column.len()).filter(|row| differs.value(*row)).collect())
}

fn cast(column: &ArrayRef, to: &ArrowType) -> Result<ArrayRef> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    cast_with_options(column, to, &options).or_cannot("change the type of a column")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_lake::arrow::array::{
        BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use std::sync::Arc;

    /// The values in the new type as text, and the rows that have none.
    fn changed(column: ArrayRef, wanted: DataType) -> (Vec<String>, Vec<usize>) {
        let retype = Retype::of(column.data_type(), &wanted).unwrap();
        let mut bad = Vec::new();
        let converted = retype.column(&column, &wanted, |row, _| bad.push(row)).unwrap();
        assert_eq!(*converted.data_type(), wanted.arrow());
        ((0..converted.len()).map(|row| cell_text(&converted, row)).collect(), bad)
    }

    #[test]
    fn wider_types_hold_every_value() {
        let dec = |precision, scale| DataType::Decimal { precision, scale };
        let ints: ArrayRef = Arc::new(Int32Array::from(vec![Some(i32::MAX), None, Some(-7)]));
        for wanted in [DataType::I64, DataType::F64, dec(12, 2), DataType::Str] {
            assert_eq!(changed(ints.clone(), wanted).1, [0; 0]);
        }
        let prices: ArrayRef =
            Arc::new(Decimal128Array::from(vec![1250]).with_precision_and_scale(10, 2).unwrap());
        assert_eq!(changed(prices.clone(), dec(12, 3)), (vec!["12.500".to_owned()], vec![]));
        assert_eq!(changed(prices, DataType::Str).0, ["12.50"]);
        let days: ArrayRef = Arc::new(Date32Array::from(vec![0, 19_782]));
        assert_eq!(
            changed(days.clone(), DataType::Timestamp).0,
            ["1970-01-01T00:00:00Z", "2024-02-29T00:00:00Z"]
        );
        assert_eq!(changed(days, DataType::Str).0, ["1970-01-01", "2024-02-29"]);
        assert_eq!(changed(Arc::new(BooleanArray::from(vec![true])), DataType::Str).0, ["true"]);
    }

    #[test]
    fn narrower_types_hold_what_fits() {
        let dec = |precision, scale| DataType::Decimal { precision, scale };
        let longs: ArrayRef = Arc::new(Int64Array::from(vec![1, i64::from(i32::MAX) + 1, (1 << 53) + 1]));
        assert_eq!(changed(longs.clone(), DataType::I32).1, [1, 2]);
        assert_eq!(changed(longs, DataType::F64).1, [2]);
        let prices: ArrayRef =
            Arc::new(Decimal128Array::from(vec![1250, 1255]).with_precision_and_scale(10, 2).unwrap());
        assert_eq!(changed(prices.clone(), dec(10, 1)).1, [1]);
        assert_eq!(changed(prices, dec(3, 2)).1, [0, 1]);
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![2.5]));
        assert_eq!(changed(numbers, DataType::I64).1, [0]);
        let times: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![86_400_000_000, 1]).with_timezone("UTC"));
        assert_eq!(changed(times, DataType::Date).1, [1]);
        let digits = vec![1_250, 12_345_678_901_234_567_891];
        let long: ArrayRef = Arc::new(Decimal128Array::from(digits).with_precision_and_scale(22, 2).unwrap());
        assert_eq!(changed(long, DataType::F64).1, [1]);
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["7", "seven", ""]));
        assert_eq!(changed(texts.clone(), DataType::I32).1, [1, 2]);
        assert_eq!(changed(texts, DataType::Date).1, [0, 1, 2]);
        assert_eq!(Retype::of(&ArrowType::Boolean, &DataType::I32), None);
    }
}

//! A value as text in the default form of its type: what rules and the file's path are compared with, however the value was
//! written in the file.

use crate::check::parse::{MICROSECONDS_OF_A_DAY, Value};
use ingot_contract::DataType;
use ingot_core::civil;
use std::borrow::Cow;

pub(crate) fn shown<'v>(value: &Value<'v>, data_type: &DataType) -> Cow<'v, [u8]> {
    let text = match value {
        Value::Null => String::new(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Date(days) => date(i64::from(*days)),
        Value::Timestamp(microseconds) => {
            let of_day = microseconds.rem_euclid(MICROSECONDS_OF_A_DAY);
            let (seconds, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
            let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
            format!(
                "{}T{:02}:{:02}:{:02}{fraction}Z",
                date(microseconds.div_euclid(MICROSECONDS_OF_A_DAY)),
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            )
        }
        Value::Decimal(unscaled) => {
            let scale = match data_type {
                DataType::Decimal { scale, .. } => usize::try_from(*scale).unwrap_or(0),
                _ => 0,
            };
            let sign = if *unscaled < 0 { "-" } else { "" };
            let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let point = if scale > 0 { "." } else { "" };
            format!("{sign}{whole}{point}{fraction}")
        }
        Value::Str(text) => return Cow::Borrowed(text.as_bytes()),
    };
    Cow::Owned(text.into_bytes())
}

fn date(days: i64) -> String {
    let (year, month, day) = civil::civil_from_days(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_they_are_written_without_a_form() {
        let decimal = DataType::Decimal { precision: 12, scale: 2 };
        let show =
            |value: Value<'_>, data_type| String::from_utf8(shown(&value, data_type).into_owned()).unwrap();
        assert_eq!(show(Value::Decimal(-5), &decimal), "-0.05");
        assert_eq!(show(Value::Decimal(123_450), &decimal), "1234.50");
        assert_eq!(show(Value::Date(19_782), &DataType::Date), "2024-02-29");
        assert_eq!(show(Value::Timestamp(-1), &DataType::Timestamp), "1969-12-31T23:59:59.999999Z");
        assert_eq!(show(Value::Bool(true), &DataType::Bool), "true");
    }
}

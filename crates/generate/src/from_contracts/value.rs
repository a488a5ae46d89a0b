//! One value of a column, before it is written in the form of a file; and its text in the default form of its type.

use crate::calendar::{DAY_SECONDS, Day, iso};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ingot_contract::DataType;

/// A value, or what is written in place of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    /// `units` times ten to the power of minus `scale`.
    Decimal {
        units: i128,
        scale: u32,
    },
    Float(f64),
    Text(String),
    Bool(bool),
    Date(Day),
    /// Microseconds since 1970, UTC.
    Timestamp(i64),
    /// Seconds since midnight.
    Time(u32),
    Binary(Vec<u8>),
    List(Vec<Value>),
    /// The members of an object, in the order of its type.
    Struct(Vec<Value>),
    Map(Vec<(Value, Value)>),
    /// A text where the type has no such value: it is written as it is.
    Broken(String),
}

impl Value {
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The default form of its type: what bronze accepts without any property of the contract. Empty for null.
    pub fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Int(number) => number.to_string(),
            Self::Decimal { units, scale } => decimal_text(*units, *scale),
            Self::Float(number) => number.to_string(),
            Self::Text(text) | Self::Broken(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
            Self::Date(day) => iso(*day),
            Self::Timestamp(micros) => timestamp_text(*micros),
            Self::Time(seconds) => {
                format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
            }
            Self::Binary(bytes) => BASE64.encode(bytes),
            Self::List(_) | Self::Struct(_) | Self::Map(_) => format!("{self:?}"),
        }
    }

    /// Reads the default form of a type; `None` if the text is not a value of it, or the type is nested.
    pub fn parse(data_type: &DataType, text: &str) -> Option<Self> {
        Some(match data_type {
            DataType::I32 => Self::Int(text.parse::<i32>().ok()?.into()),
            DataType::I64 => Self::Int(text.parse().ok()?),
            DataType::F64 => Self::Float(text.parse::<f64>().ok().filter(|number| number.is_finite())?),
            DataType::Str => Self::Text(text.to_owned()),
            DataType::Bool => Self::Bool(text.to_ascii_lowercase().parse().ok()?),
            DataType::Date => Self::Date(crate::calendar::parse(text.get(..10)?).ok()?),
            DataType::Timestamp => Self::Timestamp(parse_timestamp(text)?),
            DataType::Decimal { precision, scale } => {
                let scale = u32::try_from(*scale).ok()?;
                let (below, above) = units(text, scale)?;
                (below == above && below.unsigned_abs() < 10u128.pow(u32::from(*precision)))
                    .then_some(Self::Decimal { units: below, scale })?
            }
            DataType::Binary => Self::Binary(BASE64.decode(text).ok()?),
            DataType::Time => Self::Time(parse_time(text)?),
            DataType::List(_) | DataType::Struct(_) | DataType::Map(..) => return None,
        })
    }
}

impl Value {
    /// Reads a value of any type from JSON, as DuckDB writes it; scalars in their default form. Null if it does not fit.
    pub fn of_json(data_type: &DataType, json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match (data_type, json) {
            (_, Json::Null) => Self::Null,
            (DataType::List(item), Json::Array(items)) => {
                Self::List(items.iter().map(|one| Self::of_json(&item.data_type, one)).collect())
            }
            (DataType::Struct(members), Json::Object(object)) => Self::Struct(
                members
                    .iter()
                    .map(|member| {
                        let found = object.get(&member.name).unwrap_or(&Json::Null);
                        Self::of_json(&member.data_type, found)
                    })
                    .collect(),
            ),
            (DataType::Map(key, value), Json::Object(object)) => Self::Map(
                object
                    .iter()
                    .map(|(name, member)| {
                        let name = Self::parse(&key.data_type, name).unwrap_or(Self::Null);
                        (name, Self::of_json(&value.data_type, member))
                    })
                    .collect(),
            ),
            (data_type, Json::String(text)) => Self::parse(data_type, text).unwrap_or(Self::Null),
            (data_type, other) => Self::parse(data_type, &other.to_string()).unwrap_or(Self::Null),
        }
    }
}

fn parse_time(text: &str) -> Option<u32> {
    let mut parts = text.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    (hours < 24 && minutes < 60 && seconds < 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// An instant, with or without an offset (then in UTC), with a `T` or a space; or a date alone, its midnight.
fn parse_timestamp(text: &str) -> Option<i64> {
    if let Ok(instant) = text.replacen(' ', "T", 1).parse::<jiff::Timestamp>() {
        return Some(instant.as_microsecond());
    }
    // DuckDB shows an offset without minutes: 2023-01-01 10:00:00+00.
    let text = text.strip_suffix("+00").unwrap_or(text);
    let moment = text.replacen(' ', "T", 1).parse::<jiff::civil::DateTime>().ok()?;
    moment.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_microsecond())
}

/// `2023-01-31T18:05:09Z`, with a fraction if there is one.
fn timestamp_text(micros: i64) -> String {
    let second = micros.div_euclid(1_000_000);
    let (day, of_day) = (second.div_euclid(DAY_SECONDS), second.rem_euclid(DAY_SECONDS));
    let fraction = micros.rem_euclid(1_000_000);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}{fraction}Z", iso(day as Day))
}

/// `-0.1205` of -1205 and 4.
pub(crate) fn decimal_text(units: i128, scale: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = units.unsigned_abs().to_string();
    let scale = scale as usize;
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// A plain decimal number as units of `scale` places: the nearest below and the nearest above, which are the same if it
/// has no more places than that. Numbers beyond 38 digits are as far away as there is.
pub(crate) fn units(text: &str, scale: u32) -> Option<(i128, i128)> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole.chars().chain(fraction.chars()).all(|letter| letter.is_ascii_digit())
    {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(scale as usize).collect();
    let is_exact = fraction.chars().skip(scale as usize).all(|digit| digit == '0');
    let Ok(magnitude) = format!("0{whole}{kept}").parse::<i128>() else {
        let far = i128::MAX / 2;
        return Some(if is_negative { (-far, -far) } else { (far, far) });
    };
    Some(match (is_negative, is_exact) {
        (false, true) => (magnitude, magnitude),
        (true, true) => (-magnitude, -magnitude),
        (false, false) => (magnitude, magnitude + 1),
        (true, false) => (-magnitude - 1, -magnitude),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_as_they_were() {
        for (data_type, value) in [
            (DataType::I32, Value::Int(-5)),
            (DataType::F64, Value::Float(0.25)),
            (DataType::Bool, Value::Bool(true)),
            (DataType::Date, Value::Date(19_000)),
            (DataType::Timestamp, Value::Timestamp(1_700_000_000_123_000)),
            (DataType::Time, Value::Time(3_661)),
            (DataType::Binary, Value::Binary(vec![0, 255])),
            (DataType::Decimal { precision: 6, scale: 4 }, Value::Decimal { units: -1205, scale: 4 }),
        ] {
            assert_eq!(Value::parse(&data_type, &value.text()), Some(value));
        }
        let read = |text| Value::parse(&DataType::Timestamp, text);
        assert_eq!(read("1970-01-01 00:00:01+00"), Some(Value::Timestamp(1_000_000)));
        assert_eq!(read("1970-01-01"), Some(Value::Timestamp(0)));
        assert_eq!(Value::parse(&DataType::I32, "3000000000"), None);
        assert_eq!(Value::parse(&DataType::Decimal { precision: 3, scale: 1 }, "100.0"), None);
        assert_eq!(decimal_text(5, 2), "0.05");
        assert_eq!(units("-1.25", 1), Some((-13, -12)));
    }
}

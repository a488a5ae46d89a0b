//! The rules of a contract, compiled for checking values.

use super::parse::{Value, parse};
use super::text_format;
use ingot_contract::{Bound, Check, Column, Contract, DataType, Rule};
use ingot_core::error::{Error, Result};
use std::borrow::Cow;
use std::collections::HashSet;

/// A rule on the values of a column.
pub(super) struct CompiledRule {
    pub(super) code: String,
    pub(super) description: String,
    test: Test,
}

enum Test {
    /// Whole numbers, unscaled decimals, days and microseconds.
    Whole {
        min: i128,
        max: i128,
    },
    Float {
        min: f64,
        max: f64,
        without_min: bool,
        without_max: bool,
    },
    /// Of whole numbers and unscaled decimals.
    Multiple(i128),
    FloatMultiple(f64),
    OneOfTexts(HashSet<Vec<u8>>),
    /// In the form in which the column has them.
    OneOfWholes(Vec<i128>),
    OneOfFloats(Vec<f64>),
    NoneOfTexts(Vec<String>),
    Matches(regex::Regex),
    /// For what `regex` does not know: looking around and back references.
    MatchesSlowly(fancy_regex::Regex),
    Length {
        min: usize,
        max: usize,
    },
    Format(ingot_contract::TextFormat),
    Items {
        min: u64,
        max: u64,
        unique: bool,
    },
    Members {
        min: u64,
        max: u64,
        required: Vec<String>,
    },
}

impl CompiledRule {
    /// `None` for rules that are checked elsewhere.
    ///
    /// # Errors
    /// A rule that does not fit its column.
    pub(super) fn compile(rule: &Rule, column: &Column, contract: &Contract) -> Result<Option<Self>> {
        let wrong = |what: String| {
            Error::new(format!("rule {} of column '{}': {what}", rule.code, column.name)).at(&contract.file)
        };
        let data_type = &column.data_type;
        let test = match &rule.check {
            Check::JsonMembers(_) => return Ok(None),
            Check::Range { min, max } => range(data_type, min.as_ref(), max.as_ref()).map_err(wrong)?,
            Check::MultipleOf(number) => multiple(data_type, number).map_err(wrong)?,
            Check::AcceptedValues(values) => one_of(data_type, values),
            Check::Pattern(pattern) => match regex::Regex::new(pattern) {
                Ok(regex) => Test::Matches(regex),
                Err(_) => Test::MatchesSlowly(
                    fancy_regex::Regex::new(pattern)
                        .map_err(|error| wrong(format!("the pattern cannot be compiled: {error}")))?,
                ),
            },
            Check::Length { min, max } => {
                let length = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
                Test::Length { min: min.map_or(0, length), max: max.map_or(usize::MAX, length) }
            }
            Check::Format(format) => Test::Format(*format),
            Check::Items { min, max, unique } => {
                Test::Items { min: min.unwrap_or(0), max: max.unwrap_or(u64::MAX), unique: *unique }
            }
            Check::Members { min, max, required } => Test::Members {
                min: min.unwrap_or(0),
                max: max.unwrap_or(u64::MAX),
                required: required.clone(),
            },
            // That a value is null is found before rules are asked.
            Check::NotMissing { texts, .. } if texts.is_empty() => return Ok(None),
            Check::NotMissing { texts, .. } => Test::NoneOfTexts(texts.clone()),
        };
        Ok(Some(Self { code: rule.code.clone(), description: rule.description.clone(), test }))
    }

    /// Whether a value that is not null keeps the rule. `text` gives it as text.
    #[inline]
    pub(super) fn holds<'t>(&self, value: &Value<'_>, text: impl Fn() -> Cow<'t, [u8]>) -> bool {
        match &self.test {
            Test::Whole { min, max } => whole(value).is_some_and(|number| (*min..=*max).contains(&number)),
            Test::Float { min, max, without_min, without_max } => {
                let Value::F64(number) = value else { return false };
                (if *without_min { number > min } else { number >= min })
                    && (if *without_max { number < max } else { number <= max })
            }
            Test::Multiple(of) => whole(value).is_some_and(|number| number % of == 0),
            Test::FloatMultiple(of) => matches!(value, Value::F64(number) if is_multiple(*number, *of)),
            Test::OneOfTexts(texts) => texts.contains(&*text()),
            Test::OneOfWholes(numbers) => whole(value).is_some_and(|number| numbers.contains(&number)),
            Test::OneOfFloats(numbers) => matches!(value, Value::F64(number) if numbers.contains(number)),
            Test::NoneOfTexts(texts) => {
                let text = text();
                !texts.iter().any(|missing| missing.as_bytes() == &*text)
            }
            Test::Matches(pattern) => std::str::from_utf8(&text()).is_ok_and(|text| pattern.is_match(text)),
            Test::MatchesSlowly(pattern) => {
                std::str::from_utf8(&text()).is_ok_and(|text| pattern.is_match(text).unwrap_or(false))
            }
            Test::Length { min, max } => has_length(&text(), *min, *max),
            Test::Format(format) => {
                std::str::from_utf8(&text()).is_ok_and(|text| text_format::is_of(*format, text))
            }
            Test::Items { min, max, unique } => match serde_json::from_slice(&text()) {
                Ok(serde_json::Value::Array(items)) => {
                    let count = items.len() as u64;
                    let twice = |index: usize| items[..index].contains(&items[index]);
                    (*min..=*max).contains(&count) && !(*unique && (0..items.len()).any(twice))
                }
                _ => false,
            },
            Test::Members { min, max, required } => match serde_json::from_slice(&text()) {
                Ok(serde_json::Value::Object(members)) => {
                    (*min..=*max).contains(&(members.len() as u64))
                        && required.iter().all(|name| members.contains_key(name))
                }
                _ => false,
            },
        }
    }
}

/// The value as one whole number; `None` for texts and floats.
#[inline]
fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::I64(value) | Value::Timestamp(value) => Some(i128::from(*value)),
        Value::I32(value) | Value::Date(value) => Some(i128::from(*value)),
        Value::Decimal(value) => Some(*value),
        Value::Bool(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// Decimal places of a type whose values are whole numbers of units.
fn scale_of(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::I32 | DataType::I64 => Some(0),
        DataType::Decimal { scale, .. } => Some(*scale),
        _ => None,
    }
}

fn range(data_type: &DataType, min: Option<&Bound>, max: Option<&Bound>) -> Result<Test, String> {
    if *data_type == DataType::F64 {
        let number = |bound: Option<&Bound>, otherwise: f64| match bound {
            None => Ok(otherwise),
            Some(bound) => bound.text.parse().map_err(|_| format!("'{}' is not a number", bound.text)),
        };
        return Ok(Test::Float {
            min: number(min, f64::NEG_INFINITY)?,
            max: number(max, f64::INFINITY)?,
            without_min: min.is_some_and(|bound| bound.is_exclusive),
            without_max: max.is_some_and(|bound| bound.is_exclusive),
        });
    }
    // The units on both sides of each bound; they are one where the bound is a whole number of units.
    let sides = |bound: &Bound| match scale_of(data_type) {
        Some(scale) => units(&bound.text, scale).ok_or_else(|| format!("'{}' is not a number", bound.text)),
        None => moment(data_type, &bound.text).map(|at| (at, at)),
    };
    let min = match min {
        None => i128::MIN,
        Some(bound) => {
            let (below, above) = sides(bound)?;
            if bound.is_exclusive && below == above { above.saturating_add(1) } else { above }
        }
    };
    let max = match max {
        None => i128::MAX,
        Some(bound) => {
            let (below, above) = sides(bound)?;
            if bound.is_exclusive && below == above { below.saturating_sub(1) } else { below }
        }
    };
    Ok(Test::Whole { min, max })
}

/// A plain decimal number as units of `scale` places: the nearest below and the nearest above, which are the same if
/// it has no more places. Numbers that are too large for any column become the ends of the type.
fn units(text: &str, scale: i8) -> Option<(i128, i128)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit())
    {
        return None;
    }
    let scale = usize::try_from(scale).ok()?;
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(scale).collect();
    let is_exact = fraction.chars().skip(scale).all(|digit| digit == '0');
    let Ok(magnitude) = format!("0{whole}{kept}").parse::<i128>() else {
        return Some(if negative { (i128::MIN, i128::MIN) } else { (i128::MAX, i128::MAX) });
    };
    Some(match (negative, is_exact) {
        (false, true) => (magnitude, magnitude),
        (true, true) => (-magnitude, -magnitude),
        (false, false) => (magnitude, magnitude + 1),
        (true, false) => (-magnitude - 1, -magnitude),
    })
}

/// A date as days, a timestamp as microseconds since 1970. A timestamp without an offset is in UTC, a date alone is its
/// midnight.
fn moment(data_type: &DataType, text: &str) -> Result<i128, String> {
    let parsed = match data_type {
        DataType::Date => {
            parse(data_type, text.get(..10).unwrap_or(text).as_bytes()).ok().and_then(|at| whole(&at))
        }
        DataType::Timestamp => [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")]
            .iter()
            .find_map(|form| parse(data_type, form.as_bytes()).ok().and_then(|at| whole(&at))),
        _ => return Err("bounds are for numbers, dates and timestamps".to_owned()),
    };
    parsed.ok_or_else(|| {
        format!("'{text}' should be a date or a timestamp such as 2024-12-31 or 2024-12-31T10:00:00Z")
    })
}

fn multiple(data_type: &DataType, text: &str) -> Result<Test, String> {
    let wrong = || format!("'{text}' is not a number above 0");
    if *data_type == DataType::F64 {
        return text.parse().map(Test::FloatMultiple).map_err(|_| wrong());
    }
    let scale = scale_of(data_type).ok_or("multiples are for numbers")?;
    match units(text, scale).ok_or_else(wrong)? {
        (of, same) if of == same && of > 0 => Ok(Test::Multiple(of)),
        // No number with so few places is a multiple of it, but for those that have it as a factor: 5 of 2.5.
        _ => {
            let mut number: f64 = text.parse().map_err(|_| wrong())?;
            let unit = 10_f64.powi(i32::from(scale));
            number *= unit;
            (1..=1000_i128)
                .find(|times| is_multiple(number * *times as f64, 1.0))
                .map(|times| Test::Multiple((number * times as f64).round() as i128))
                .ok_or_else(|| format!("no number of the column's type is a multiple of {text}"))
        }
    }
}

/// Whether a float is a multiple of another, as far as floats can tell: 0.3 is one of 0.1.
fn is_multiple(number: f64, of: f64) -> bool {
    let times = (number / of).round();
    times.is_finite() && (number - times * of).abs() <= f64::EPSILON * 4.0 * number.abs().max(of)
}

/// Accepted values are compared as values of the column's type, so that 1.50 is 1.5.
fn one_of(data_type: &DataType, texts: &[String]) -> Test {
    let parsed = || texts.iter().filter_map(|text| parse(data_type, text.as_bytes()).ok());
    match data_type {
        DataType::Str => Test::OneOfTexts(texts.iter().map(|text| text.clone().into_bytes()).collect()),
        DataType::F64 => Test::OneOfFloats(
            parsed()
                .filter_map(|value| if let Value::F64(number) = value { Some(number) } else { None })
                .collect(),
        ),
        _ => Test::OneOfWholes(parsed().filter_map(|value| whole(&value)).collect()),
    }
}

/// Whether the text has so many characters. Bytes are counted first, because most texts are ASCII.
fn has_length(text: &[u8], min: usize, max: usize) -> bool {
    if text.len() < min {
        return false;
    }
    if text.len() <= max && min <= 1 {
        return true;
    }
    let characters = text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    (min..=max).contains(&characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str, is_exclusive: bool) -> Bound {
        Bound { text: text.to_owned(), is_exclusive }
    }

    fn holds(test: Test, value: Value<'_>, text: &str) -> bool {
        let rule = CompiledRule { code: String::new(), description: String::new(), test };
        rule.holds(&value, || Cow::Borrowed(text.as_bytes()))
    }

    #[test]
    fn bounds_are_exact() {
        let decimal = DataType::Decimal { precision: 38, scale: 2 };
        let test = |min, max| range(&decimal, min, max).unwrap();
        let (low, high) = (bound("0.1", false), bound("0.305", false));
        assert!(holds(test(Some(&low), Some(&high)), Value::Decimal(10), ""));
        assert!(holds(test(Some(&low), Some(&high)), Value::Decimal(30), ""));
        assert!(!holds(test(Some(&low), Some(&high)), Value::Decimal(31), ""));
        assert!(!holds(test(Some(&low), None), Value::Decimal(9), ""));
        let without = bound("0.1", true);
        assert!(!holds(test(Some(&without), None), Value::Decimal(10), ""));
        assert!(holds(test(Some(&without), None), Value::Decimal(11), ""));
        // 2^53 + 1 is not a float.
        let large = bound("9007199254740993", false);
        let whole = range(&DataType::I64, Some(&large), None).unwrap();
        assert!(!holds(whole, Value::I64(9_007_199_254_740_992), ""));
    }

    #[test]
    fn negative_bounds_round_towards_what_they_allow() {
        assert_eq!(units("-0.5", 0), Some((-1, 0)));
        assert_eq!(units("-2", 0), Some((-2, -2)));
        assert_eq!(units("2.5", 1), Some((25, 25)));
        assert_eq!(units("1e5", 0), None);
        assert_eq!(units("", 0), None);
        assert_eq!(units("9".repeat(50).as_str(), 0), Some((i128::MAX, i128::MAX)));
    }

    #[test]
    fn dates_and_timestamps_have_bounds() {
        let date = range(&DataType::Date, Some(&bound("1970-01-02", true)), None).unwrap();
        assert!(!holds(date, Value::Date(1), ""));
        let until = range(&DataType::Timestamp, None, Some(&bound("1970-01-01 00:00:01", false))).unwrap();
        assert!(holds(until, Value::Timestamp(1_000_000), ""));
        let offset =
            range(&DataType::Timestamp, None, Some(&bound("1970-01-01 10:00:00+10:00", false))).unwrap();
        assert!(!holds(offset, Value::Timestamp(1), ""));
        assert!(range(&DataType::Date, Some(&bound("soon", false)), None).is_err());
    }

    #[test]
    fn multiples_are_those_of_decimals() {
        let decimal = DataType::Decimal { precision: 10, scale: 2 };
        assert!(holds(multiple(&decimal, "0.05").unwrap(), Value::Decimal(15), ""));
        assert!(!holds(multiple(&decimal, "0.05").unwrap(), Value::Decimal(16), ""));
        assert!(holds(multiple(&DataType::I64, "5").unwrap(), Value::I64(-10), ""));
        assert!(holds(multiple(&DataType::I64, "2.5").unwrap(), Value::I64(5), ""));
        assert!(!holds(multiple(&DataType::I64, "2.5").unwrap(), Value::I64(4), ""));
        assert!(holds(multiple(&DataType::F64, "0.1").unwrap(), Value::F64(0.3), ""));
        assert!(!holds(multiple(&DataType::F64, "0.1").unwrap(), Value::F64(0.35), ""));
    }

    #[test]
    fn accepted_values_are_values() {
        let decimal = DataType::Decimal { precision: 10, scale: 2 };
        let accepted = ["1.5".to_owned(), "2".to_owned()];
        assert!(holds(one_of(&decimal, &accepted), Value::Decimal(150), "1.50"));
        assert!(!holds(one_of(&decimal, &accepted), Value::Decimal(151), "1.51"));
        assert!(holds(one_of(&DataType::Str, &accepted), Value::Str("2"), "2"));
    }

    #[test]
    fn lengths_are_of_characters() {
        assert!(has_length("héé".as_bytes(), 3, 3));
        assert!(!has_length("héé".as_bytes(), 4, 9));
        assert!(!has_length(b"abcd", 0, 3));
        assert!(has_length(b"", 0, 3));
    }

    #[test]
    fn lists_and_objects_in_json_are_counted() {
        let items = || Test::Items { min: 1, max: 2, unique: true };
        assert!(holds(items(), Value::Null, "[1, 2]"));
        assert!(!holds(items(), Value::Null, "[1, 1]"));
        assert!(!holds(items(), Value::Null, "[]"));
        assert!(!holds(items(), Value::Null, "{}"));
        let members = || Test::Members { min: 0, max: 1, required: vec!["a".to_owned()] };
        assert!(holds(members(), Value::Null, r#"{"a": 1}"#));
        assert!(!holds(members(), Value::Null, r#"{"b": 1}"#));
        assert!(!holds(members(), Value::Null, r#"{"a": 1, "b": 2}"#));
    }
}

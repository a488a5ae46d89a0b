//! What a contract demands of the values of one column, put together from all its rules; and whether a value keeps it.
//!
//! Bronze checks the same rules in its own code. That the two agree is tested by loading what is generated.

use super::value::{Value, units};
use crate::calendar::from_civil;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ingot_contract::{
    Bound, Check, Column, Contract, DataType, DatePattern, Measure, MomentForm, TextFormat,
};
use ingot_core::error::{Error, Result};

/// The rules of one column.
#[derive(Debug, Clone)]
pub(crate) struct Constraints {
    /// A null would be rejected, or counted by a rule on the table.
    pub(crate) required: bool,
    /// Inclusive bounds of whole numbers, unscaled decimals, days and microseconds.
    pub(crate) least: i128,
    pub(crate) most: i128,
    /// Inclusive bounds of floats.
    pub(crate) least_float: f64,
    pub(crate) most_float: f64,
    /// Whole numbers and unscaled decimals are multiples of this; 1 if nothing is demanded.
    pub(crate) multiple: i128,
    pub(crate) multiple_float: Option<f64>,
    /// The only values there may be, if there is such a list.
    pub(crate) accepted: Option<Vec<Value>>,
    pub(crate) patterns: Vec<Pattern>,
    /// Characters of a text.
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    pub(crate) formats: Vec<TextFormat>,
    /// Texts that count as missing.
    pub(crate) missing: Vec<String>,
    /// The text is a list in JSON.
    pub(crate) items: Option<Items>,
    /// The text is an object in JSON.
    pub(crate) members: Option<Members>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Items {
    pub(crate) least: u64,
    pub(crate) most: Option<u64>,
    pub(crate) unique: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    pub(crate) least: u64,
    pub(crate) most: Option<u64>,
    pub(crate) names: Vec<String>,
}

/// A regular expression that must match somewhere in the text.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(crate) text: String,
    compiled: fancy_regex::Regex,
}

impl Pattern {
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text).unwrap_or(false)
    }
}

impl Constraints {
    /// Those of a column of the contract, with the rules on the table that are about it.
    ///
    /// # Errors
    /// A bound does not fit the column's type, or a pattern cannot be compiled.
    pub(crate) fn of_column(column: &Column, contract: &Contract) -> Result<Self> {
        let mut constraints = Self::of_type(column, contract)?;
        for rule in &contract.table_rules {
            match &rule.measure {
                Measure::Invalid { column: name, check } if *name == column.name => {
                    constraints.add(check, column, contract)?;
                }
                Measure::Missing { column: name, texts, null } if *name == column.name => {
                    constraints.required |= *null;
                    constraints.missing.extend(texts.iter().cloned());
                }
                _ => {}
            }
        }
        Ok(constraints)
    }

    /// Those of the column alone, which may be inside another one.
    pub(crate) fn of_type(column: &Column, contract: &Contract) -> Result<Self> {
        let (least, most) = written_bounds(column);
        let mut constraints = Self {
            required: column.required || column.primary_key.is_some(),
            least,
            most,
            least_float: f64::NEG_INFINITY,
            most_float: f64::INFINITY,
            multiple: 1,
            multiple_float: None,
            accepted: None,
            patterns: Vec::new(),
            shortest: 1,
            longest: usize::MAX,
            formats: Vec::new(),
            missing: column.form.iter().flat_map(|form| form.null_texts.iter().cloned()).collect(),
            items: None,
            members: None,
        };
        for rule in &column.rules {
            constraints.add(&rule.check, column, contract)?;
        }
        Ok(constraints)
    }

    fn add(&mut self, check: &Check, column: &Column, contract: &Contract) -> Result<()> {
        let wrong = |what: String| Error::new(format!("column '{}': {what}", column.name)).at(&contract.file);
        let data_type = &column.data_type;
        match check {
            Check::Range { min, max } => {
                self.add_range(data_type, min.as_ref(), max.as_ref()).map_err(wrong)?
            }
            Check::MultipleOf(text) => self.add_multiple(data_type, text).map_err(wrong)?,
            Check::AcceptedValues(texts) => {
                let values: Vec<Value> =
                    texts.iter().filter_map(|text| Value::parse(data_type, text)).collect();
                self.accepted = Some(match self.accepted.take() {
                    None => values,
                    Some(before) => before.into_iter().filter(|value| values.contains(value)).collect(),
                });
            }
            Check::Pattern(text) => {
                let compiled = fancy_regex::Regex::new(text)
                    .map_err(|error| wrong(format!("the pattern cannot be compiled: {error}")))?;
                self.patterns.push(Pattern { text: text.clone(), compiled });
            }
            Check::Length { min, max } => {
                let length = |count: &u64| usize::try_from(*count).unwrap_or(usize::MAX);
                self.shortest = self.shortest.max(min.as_ref().map_or(0, length));
                self.longest = self.longest.min(max.as_ref().map_or(usize::MAX, length));
            }
            Check::Format(format) => self.formats.push(*format),
            Check::Items { min, max, unique } => {
                let items = self.items.get_or_insert_with(Items::default);
                items.least = items.least.max(min.unwrap_or(0));
                items.most = least_of(items.most, *max);
                items.unique |= unique;
            }
            Check::Members { min, max, required } => {
                let members = self.members.get_or_insert_with(Members::default);
                members.least = members.least.max(min.unwrap_or(0));
                members.most = least_of(members.most, *max);
                members.names.extend(required.iter().cloned());
            }
            Check::JsonMembers(names) => {
                self.members.get_or_insert_with(Members::default).names.extend(names.iter().cloned());
            }
            Check::NotMissing { texts, null } => {
                self.required |= *null;
                self.missing.extend(texts.iter().cloned());
            }
        }
        Ok(())
    }

    fn add_range(
        &mut self,
        data_type: &DataType,
        min: Option<&Bound>,
        max: Option<&Bound>,
    ) -> Result<(), String> {
        if *data_type == DataType::F64 {
            let number = |bound: &Bound| {
                bound.text.parse::<f64>().map_err(|_| format!("'{}' is not a number", bound.text))
            };
            if let Some(bound) = min {
                let number = number(bound)?;
                self.least_float =
                    self.least_float.max(if bound.is_exclusive { number.next_up() } else { number });
            }
            if let Some(bound) = max {
                let number = number(bound)?;
                self.most_float =
                    self.most_float.min(if bound.is_exclusive { number.next_down() } else { number });
            }
            return Ok(());
        }
        // The units on both sides of each bound; they are one where the bound is a whole number of units.
        let sides = |bound: &Bound| -> Result<(i128, i128), String> {
            match data_type {
                DataType::I32 | DataType::I64 => units(&bound.text, 0),
                DataType::Decimal { scale, .. } => units(&bound.text, u32::try_from(*scale).unwrap_or(0)),
                DataType::Date => match Value::parse(&DataType::Date, &bound.text) {
                    Some(Value::Date(day)) => Some((i128::from(day), i128::from(day))),
                    _ => None,
                },
                _ => moment(&bound.text).map(|at| (i128::from(at), i128::from(at))),
            }
            .ok_or_else(|| format!("the bound '{}' does not fit its type", bound.text))
        };
        if let Some(bound) = min {
            let (below, above) = sides(bound)?;
            self.least = self.least.max(if bound.is_exclusive && below == above { above + 1 } else { above });
        }
        if let Some(bound) = max {
            let (below, above) = sides(bound)?;
            self.most = self.most.min(if bound.is_exclusive && below == above { below - 1 } else { below });
        }
        Ok(())
    }

    fn add_multiple(&mut self, data_type: &DataType, text: &str) -> Result<(), String> {
        let number: f64 = text.parse().map_err(|_| format!("'{text}' is not a number above 0"))?;
        if *data_type == DataType::F64 {
            self.multiple_float = Some(number);
            return Ok(());
        }
        let scale = match data_type {
            DataType::Decimal { scale, .. } => u32::try_from(*scale).unwrap_or(0),
            _ => 0,
        };
        let step = match units(text, scale) {
            Some((step, same)) if step == same && step > 0 => step,
            // Of 2.5, a whole number can only be a multiple of 5.
            _ => (1..=1000_i128)
                .map(|times| number * 10f64.powi(scale as i32) * times as f64)
                .find(|step| *step >= 1.0 && (step - step.round()).abs() < 1e-9 * step)
                .map(|step| step.round() as i128)
                .ok_or_else(|| format!("no number of the column's type is a multiple of {text}"))?,
        };
        self.multiple = least_common_multiple(self.multiple, step);
        Ok(())
    }

    /// Whether bronze would accept the value.
    pub(crate) fn allows(&self, value: &Value) -> bool {
        if value.is_null() {
            return !self.required;
        }
        let is_accepted = self.accepted.as_ref().is_none_or(|accepted| accepted.contains(value));
        is_accepted
            && match value {
                Value::Null | Value::Broken(_) => false,
                Value::Int(number) => self.allows_whole(i128::from(*number)),
                Value::Decimal { units, .. } => self.allows_whole(*units),
                Value::Date(day) => self.allows_whole(i128::from(*day)),
                Value::Timestamp(micros) => self.allows_whole(i128::from(*micros)),
                Value::Float(number) => {
                    number.is_finite()
                        && (self.least_float..=self.most_float).contains(number)
                        && self.multiple_float.is_none_or(|of| is_multiple(*number, of))
                }
                Value::Text(text) => self.allows_text(text),
                _ => true,
            }
    }

    fn allows_whole(&self, number: i128) -> bool {
        (self.least..=self.most).contains(&number) && number % self.multiple == 0
    }

    fn allows_text(&self, text: &str) -> bool {
        let length = text.chars().count();
        // An empty text is null in files of text.
        !text.is_empty()
            && (self.shortest..=self.longest).contains(&length)
            && !self.missing.iter().any(|missing| missing == text)
            && self.patterns.iter().all(|pattern| pattern.matches(text))
            && self.formats.iter().all(|format| has_format(*format, text))
            && self.items.as_ref().is_none_or(|items| items.allow(text))
            && self.members.as_ref().is_none_or(|members| members.allow(text))
    }
}

impl Items {
    fn allow(&self, text: &str) -> bool {
        let Ok(serde_json::Value::Array(items)) = serde_json::from_str(text) else { return false };
        let count = items.len() as u64;
        let is_twice = |index: usize| items[..index].contains(&items[index]);
        count >= self.least
            && self.most.is_none_or(|most| count <= most)
            && !(self.unique && (0..items.len()).any(is_twice))
    }
}

impl Members {
    fn allow(&self, text: &str) -> bool {
        let Ok(serde_json::Value::Object(members)) = serde_json::from_str(text) else { return false };
        let count = members.len() as u64;
        count >= self.least
            && self.most.is_none_or(|most| count <= most)
            && self.names.iter().all(|name| members.get(name).is_some_and(|member| !member.is_null()))
    }
}

/// The least and the most that a type holds: whole numbers, unscaled decimals, days, microseconds.
pub(crate) fn type_bounds(data_type: &DataType) -> (i128, i128) {
    match data_type {
        DataType::I32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        DataType::I64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        DataType::Decimal { precision, .. } => {
            let most = 10i128.pow(u32::from((*precision).min(38))) - 1;
            (-most, most)
        }
        // The years 0001 to 9999.
        DataType::Date => (-719_162, 2_932_896),
        DataType::Timestamp => (-719_162 * DAY_MICROS, 2_932_896 * DAY_MICROS),
        _ => (i128::MIN, i128::MAX),
    }
}

const DAY_MICROS: i128 = 86_400_000_000;

/// Those that the way of writing dates can express: two digits for the year mean a hundred years, workbooks begin in 1900
/// or 1904.
fn written_bounds(column: &Column) -> (i128, i128) {
    let bounds = type_bounds(&column.data_type);
    let day_length = match column.data_type {
        DataType::Date => 1,
        DataType::Timestamp => DAY_MICROS,
        _ => return bounds,
    };
    let first_of = |year: i32| i128::from(from_civil(year, 1, 1));
    let (first, last) = match column.form.as_ref().and_then(|form| form.moment.as_ref()) {
        Some(MomentForm::Pattern(DatePattern { two_digit_years_from: Some(year), .. })) => {
            let year = i32::try_from(*year).unwrap_or(1950);
            (first_of(year), first_of(year + 100) - 1)
        }
        Some(MomentForm::Excel1900 | MomentForm::Excel1904) => (first_of(1904) + 1, first_of(2100)),
        _ => return bounds,
    };
    (first * day_length, (last + 1) * day_length - 1)
}

/// As the bounds of timestamps are read: without an offset in UTC, a date alone is its midnight.
fn moment(text: &str) -> Option<i64> {
    [text.to_owned(), format!("{text}T00:00:00Z")].iter().find_map(|text| {
        match Value::parse(&DataType::Timestamp, text) {
            Some(Value::Timestamp(micros)) => Some(micros),
            _ => None,
        }
    })
}

fn least_of(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

fn least_common_multiple(one: i128, other: i128) -> i128 {
    let (mut a, mut b) = (one, other);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    one / a * other
}

/// As far as floats can tell: 0.3 is a multiple of 0.1.
fn is_multiple(number: f64, of: f64) -> bool {
    let times = (number / of).round();
    times.is_finite() && (number - times * of).abs() <= f64::EPSILON * 4.0 * number.abs().max(of)
}

/// The formats in their narrow, usual form: what this accepts, bronze accepts.
fn has_format(format: TextFormat, text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
    };
    let is_host = |text: &str| text.len() <= 253 && text.split('.').all(is_label);
    match format {
        TextFormat::Byte => BASE64.decode(text).is_ok(),
        TextFormat::Email => text.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"._+-".contains(&letter))
                && is_host(domain)
        }),
        TextFormat::Hostname => is_host(text),
        TextFormat::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
        TextFormat::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
        TextFormat::Uri => text.split_once(':').is_some_and(|(scheme, rest)| {
            !scheme.is_empty()
                && scheme.bytes().all(|letter| letter.is_ascii_lowercase())
                && !rest.is_empty()
                && rest
                    .bytes()
                    .all(|letter| letter.is_ascii_alphanumeric() || b"-._~:/?#@&=+".contains(&letter))
        }),
        TextFormat::Uuid => {
            text.len() == 36
                && text.bytes().enumerate().all(|(index, byte)| match index {
                    8 | 13 | 18 | 23 => byte == b'-',
                    _ => byte.is_ascii_hexdigit(),
                })
        }
    }
}

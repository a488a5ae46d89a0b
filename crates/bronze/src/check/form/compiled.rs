//! The form of one column's values, ready to read texts with.

use super::local_time::LocalClock;
use super::moment::{self, Moment};
use super::{numbers, serial};
use crate::check::parse::{self, Fault, Value};
use ingot_contract::{BooleanWords, DataType, Format, LocalTime, MomentForm, NumberForm, Percent, ValueForm};
use ingot_core::error::Result;

pub(crate) struct CompiledForm {
    null_texts: Vec<Vec<u8>>,
    number: Option<NumberForm>,
    words: Option<BooleanWords>,
    moment: Option<MomentForm>,
    clock: Option<LocalClock>,
    /// The files have dates that are not text. They come as text in ISO 8601, whatever the form of the others.
    has_iso_dates: bool,
    /// What texts should look like, for people.
    expected: String,
}

impl CompiledForm {
    /// Whether the contract names this text as one that stands for null.
    pub(crate) fn is_null(&self, text: &[u8]) -> bool {
        self.null_texts.iter().any(|null| null == text)
    }

    /// # Errors
    /// The time zone is not known.
    pub(crate) fn new(form: &ValueForm, format: Format) -> Result<Self> {
        Ok(Self {
            null_texts: form.null_texts.iter().map(|text| text.clone().into_bytes()).collect(),
            number: form.number.clone(),
            words: form.words.clone(),
            moment: form.moment.clone(),
            clock: form.local_time.as_ref().map(LocalClock::new).transpose()?,
            has_iso_dates: matches!(format, Format::Xlsx | Format::Parquet | Format::Delta),
            expected: expected(form),
        })
    }

    /// The zone of times without an offset.
    pub(crate) fn clock(&self) -> Option<&LocalClock> {
        self.clock.as_ref()
    }

    /// Whether dates and times are numbers in the files.
    pub(crate) fn counts_time(&self) -> bool {
        self.moment.as_ref().is_some_and(|form| !matches!(form, MomentForm::Pattern(_)))
    }

    /// What a text with this fault should have been.
    pub(crate) fn expected(&self, fault: &Fault) -> &str {
        let is_of_form =
            matches!(fault.code, "NOT_A_NUMBER" | "NOT_A_BOOLEAN" | "NOT_A_DATE" | "NOT_A_TIMESTAMP");
        if is_of_form && !self.expected.is_empty() { &self.expected } else { fault.expected }
    }

    /// Parses a text that is not empty. `is_typed` says that it was not text in the file, but a number or truth value.
    pub(crate) fn parse<'t>(
        &self,
        data_type: &DataType,
        text: &'t [u8],
        is_typed: bool,
    ) -> Result<Value<'t>, Fault> {
        if self.is_null(text) {
            return Ok(Value::Null);
        }
        match data_type {
            DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. } => match &self.number {
                Some(form) if !is_typed => numbers::parse(form, data_type, text),
                _ => parse::parse(data_type, text),
            },
            DataType::Bool => match &self.words {
                Some(_) if is_typed && let Ok(value) = parse::parse(data_type, text) => Ok(value),
                Some(words) => boolean(words, text),
                None => parse::parse(data_type, text),
            },
            DataType::Date => self.date(data_type, text),
            DataType::Timestamp => self.timestamp(text),
            _ => parse::parse(data_type, text),
        }
    }

    fn date<'t>(&self, data_type: &DataType, text: &'t [u8]) -> Result<Value<'t>, Fault> {
        let Some(form) = &self.moment else { return parse::parse(data_type, text) };
        if self.has_iso_dates
            && let Ok(value) = parse::parse(data_type, text)
        {
            return Ok(value);
        }
        let moment = match form {
            MomentForm::Pattern(pattern) => moment::parse(pattern, text).ok_or(parse::NOT_A_DATE)?,
            form => serial::parse(form, text, parse::NOT_A_DATE)?,
        };
        let days = moment.microseconds.div_euclid(parse::MICROSECONDS_OF_A_DAY);
        if moment.microseconds.rem_euclid(parse::MICROSECONDS_OF_A_DAY) != 0 {
            return Err(parse::TIME_OF_DAY);
        }
        i32::try_from(days).map(Value::Date).map_err(|_| parse::OUT_OF_RANGE)
    }

    fn timestamp<'t>(&self, text: &'t [u8]) -> Result<Value<'t>, Fault> {
        let moment = match &self.moment {
            None => parse::moment(text)?,
            Some(_)
                if self.has_iso_dates
                    && let Ok(moment) = parse::moment(text) =>
            {
                moment
            }
            Some(MomentForm::Pattern(pattern)) => {
                moment::parse(pattern, text).ok_or(parse::NOT_A_TIMESTAMP)?
            }
            Some(form) => serial::parse(form, text, parse::NOT_A_TIMESTAMP)?,
        };
        let Moment { microseconds, offset_minutes } = moment;
        match (offset_minutes, &self.clock) {
            (Some(offset), _) => Ok(microseconds - offset * 60_000_000),
            (None, Some(clock)) => clock.moment(microseconds),
            (None, None) => Err(parse::NO_OFFSET),
        }
        .map(Value::Timestamp)
    }
}

fn boolean<'t>(words: &BooleanWords, text: &[u8]) -> Result<Value<'t>, Fault> {
    let is = |word: &String| word.as_bytes().eq_ignore_ascii_case(text);
    if words.yes.iter().any(is) {
        return Ok(Value::Bool(true));
    }
    if words.no.iter().any(is) {
        return Ok(Value::Bool(false));
    }
    // Letters beyond ASCII have their cases too: `JÄ`.
    let lower = std::str::from_utf8(text).unwrap_or_default().to_lowercase();
    match (words.yes.contains(&lower), words.no.contains(&lower)) {
        (true, _) => Ok(Value::Bool(true)),
        (_, true) => Ok(Value::Bool(false)),
        _ => Err(parse::NOT_A_BOOLEAN),
    }
}

/// What texts of a form should look like; empty if it says nothing about that.
fn expected(form: &ValueForm) -> String {
    if let Some(number) = &form.number {
        return expected_number(number);
    }
    if let Some(words) = &form.words {
        return format!("one of {} (true) or {} (false)", words.yes.join(", "), words.no.join(", "));
    }
    let zone = form
        .local_time
        .as_ref()
        .map(|LocalTime { zone, .. }| format!(", on the clocks of {zone} unless it has an offset"));
    match &form.moment {
        Some(MomentForm::Pattern(pattern)) => {
            format!("a date that exists, written as {}{}", pattern.text, zone.unwrap_or_default())
        }
        Some(MomentForm::Excel1900) => "a day that Excel counts from 1900, such as 45292.5".to_owned(),
        Some(MomentForm::Excel1904) => "a day that Excel counts from 1904, such as 43830.5".to_owned(),
        Some(MomentForm::Epoch { per_day }) => {
            format!("a number that counts from 1970, with {per_day} for each day")
        }
        None => String::new(),
    }
}

fn expected_number(form: &NumberForm) -> String {
    let sign = form.decimal_sign;
    let example = match form.thousands_sign {
        Some(thousands) => format!("1{thousands}234{sign}50"),
        None => format!("1234{sign}50"),
    };
    let mut expected = format!("a number such as {example}");
    if !form.currency_signs.is_empty() {
        expected.push_str(&format!(", with {} or without", form.currency_signs.join(" or ")));
    }
    match form.percent {
        Some(Percent::Divide) => expected.push_str(", with a percent sign"),
        Some(Percent::Drop) => expected.push_str(", with a percent sign or without"),
        None => {}
    }
    expected
}

//! How values are written in the raw files, where that differs from the default of their type: part of the contract.

use crate::date_pattern::DatePattern;
use jiff::tz::{Offset, TimeZone};

/// How the texts of one column are written. What is not stated here has the default form of the column's type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValueForm {
    /// Texts that are null, besides the empty one.
    pub null_texts: Vec<String>,
    pub number: Option<NumberForm>,
    pub words: Option<BooleanWords>,
    pub moment: Option<MomentForm>,
    /// What times without an offset from UTC mean; without it they are rejected.
    pub local_time: Option<LocalTime>,
}

/// How numbers are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberForm {
    pub decimal_sign: char,
    /// Between groups of three digits before the decimal sign. Numbers without it are accepted as well.
    pub thousands_sign: Option<char>,
    /// Texts such as `€` or `EUR` that may be before or after the number.
    pub currency_signs: Vec<String>,
    pub percent: Option<Percent>,
    /// `(5.00)` is -5.00.
    pub negative_in_parentheses: bool,
    /// `5.00-` is -5.00.
    pub trailing_minus: bool,
}

impl Default for NumberForm {
    fn default() -> Self {
        Self {
            decimal_sign: '.',
            thousands_sign: None,
            currency_signs: Vec::new(),
            percent: None,
            negative_in_parentheses: false,
            trailing_minus: false,
        }
    }
}

/// What a percent sign after a number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Percent {
    /// `12.5%` is 12.5; the sign may be missing.
    Drop,
    /// `12.5%` is 0.125; the sign must be there.
    Divide,
}

/// The words of a boolean column, compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BooleanWords {
    pub yes: Vec<String>,
    pub no: Vec<String>,
}

/// How dates and times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MomentForm {
    Pattern(DatePattern),
    /// Days of a workbook that counts from 1900, with the time of day as a fraction: 1 is 1900-01-01, and 60 is a day that
    /// never was.
    Excel1900,
    /// Days since 1904-01-01.
    Excel1904,
    /// Units since 1970-01-01T00:00:00Z; the number says how many of them are a day.
    Epoch {
        per_day: i64,
    },
}

/// Whose clock a time without an offset shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// An IANA name such as `Europe/Berlin`, or a fixed offset such as `+02:00`.
    pub zone: String,
    pub unclear: UnclearTimes,
}

/// What a local time is that a change of the clocks skips or repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnclearTimes {
    Reject,
    /// The earlier of the two moments that it may be.
    Earlier,
    /// The later one.
    Later,
    /// The earlier one of a repeated time, the later one of a skipped time, as
    /// [RFC 5545](https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5) has it.
    Compatible,
}

/// The time zone of an IANA name, or of an offset such as `+02:00`.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let Some(sign) = name.chars().next().filter(|sign| matches!(sign, '+' | '-')) else {
        return TimeZone::get(name).ok();
    };
    let (hours, minutes) = name[1..].split_once(':')?;
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<i32>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes).filter(|minutes| *minutes < 60)?);
    let seconds = (hours * 60 + minutes) * 60;
    let offset = Offset::from_seconds(if sign == '-' { -seconds } else { seconds }).ok()?;
    Some(TimeZone::fixed(offset))
}

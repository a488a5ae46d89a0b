//! A value as text in the form that the contract states for its column: the inverse of what bronze reads.

use super::super::value::{Value, decimal_text};
use crate::calendar::{DAY_SECONDS, Day, civil, from_civil, iso, weekday};
use ingot_contract::{
    Column, DataType, DatePattern, Field, LocalTime, MomentForm, NumberForm, PatternItem, Percent,
    UnclearTimes, ValueForm, time_zone,
};
use ingot_core::civil::{MONTHS, WEEKDAYS};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// How the values of one column are written.
#[derive(Debug, Clone)]
pub(super) struct ValueText {
    form: ValueForm,
    /// Of [`ValueForm::local_time`].
    zone: Option<TimeZone>,
    is_date: bool,
}

impl ValueText {
    pub(super) fn new(column: &Column) -> Self {
        let form = column.form.clone().unwrap_or_default();
        let zone = form.local_time.as_ref().and_then(|local| time_zone(&local.zone));
        Self { form, zone, is_date: column.data_type == DataType::Date }
    }

    /// Whether values have the default form of their type.
    pub(super) fn is_default(&self) -> bool {
        self.form.number.is_none() && self.form.words.is_none() && self.form.moment.is_none()
    }

    pub(super) fn has_words(&self) -> bool {
        self.form.words.is_some()
    }

    /// The text of a value that is not null and not nested.
    pub(super) fn text(&self, value: &Value) -> String {
        match value {
            Value::Int(_) | Value::Decimal { .. } | Value::Float(_) => match &self.form.number {
                Some(form) => number(value, form),
                None => value.text(),
            },
            Value::Bool(truth) => match &self.form.words {
                Some(words) => {
                    let words = if *truth { &words.yes } else { &words.no };
                    words.first().cloned().unwrap_or_else(|| truth.to_string())
                }
                None => value.text(),
            },
            Value::Date(day) => self.moment(i64::from(*day) * DAY_SECONDS * 1_000_000),
            Value::Timestamp(micros) => self.moment(*micros),
            _ => value.text(),
        }
    }

    fn moment(&self, micros: i64) -> String {
        let day = micros.div_euclid(DAY_SECONDS * 1_000_000) as Day;
        match &self.form.moment {
            None if self.is_date => iso(day),
            None => Value::Timestamp(micros).text(),
            Some(MomentForm::Pattern(pattern)) => {
                let (local, offset) = if self.is_date { (micros, 0) } else { self.local(micros, pattern) };
                let mut text = String::new();
                write_items(&pattern.items, local, offset, &mut text);
                text
            }
            Some(MomentForm::Excel1900) => self.serial(micros, from_civil(1899, 12, 30)),
            Some(MomentForm::Excel1904) => self.serial(micros, from_civil(1904, 1, 1)),
            Some(MomentForm::Epoch { per_day }) => {
                let unit = i128::from(DAY_SECONDS) * 1_000_000;
                (i128::from(micros) * i128::from(*per_day)).div_euclid(unit).to_string()
            }
        }
    }

    /// Days since `zero` with the time of day as a fraction, which is local if the contract names a zone.
    fn serial(&self, micros: i64, zero: Day) -> String {
        let local = match &self.zone {
            Some(zone) if !self.is_date => micros + offset_at(zone, micros) * 1_000_000,
            _ => micros,
        };
        let day_micros = DAY_SECONDS * 1_000_000;
        let days = local.div_euclid(day_micros) - i64::from(zero);
        let fraction = local.rem_euclid(day_micros);
        if fraction == 0 {
            days.to_string()
        } else {
            format!("{}", days as f64 + fraction as f64 / day_micros as f64)
        }
    }

    /// What the clocks show at an instant, and how far they are ahead of UTC in seconds. A time that they show twice is
    /// moved to one that is clear, where the contract rejects such times.
    fn local(&self, micros: i64, pattern: &DatePattern) -> (i64, i64) {
        let Some(zone) = &self.zone else { return (micros, 0) };
        let offset = offset_at(zone, micros);
        let local = micros + offset * 1_000_000;
        let rejects = matches!(self.form.local_time, Some(LocalTime { unclear: UnclearTimes::Reject, .. }));
        if rejects && !pattern.has_offset() && is_unclear(zone, local) {
            let later = micros + 3 * 3_600_000_000;
            let offset = offset_at(zone, later);
            return (later + offset * 1_000_000, offset);
        }
        (local, offset)
    }
}

fn offset_at(zone: &TimeZone, micros: i64) -> i64 {
    jiff::Timestamp::from_microsecond(micros)
        .map_or(0, |instant| i64::from(zone.to_offset(instant).seconds()))
}

fn is_unclear(zone: &TimeZone, local: i64) -> bool {
    let Ok(instant) = jiff::Timestamp::from_microsecond(local) else { return false };
    let shown = instant.to_zoned(TimeZone::UTC).datetime();
    !matches!(zone.to_ambiguous_timestamp(shown).offset(), AmbiguousOffset::Unambiguous { .. })
}

fn write_items(items: &[PatternItem], local: i64, offset: i64, text: &mut String) {
    let day = local.div_euclid(DAY_SECONDS * 1_000_000) as Day;
    let of_day = local.rem_euclid(DAY_SECONDS * 1_000_000);
    let (second, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
    let (year, month, day_of_month) = civil(day);
    let hour = second / 3600;
    for item in items {
        match item {
            PatternItem::Literal(literal) => text.push_str(literal),
            PatternItem::Number { field: Field::Fraction, min, max } => {
                let digits = format!("{fraction:06}000");
                text.push_str(&digits[..(*max).clamp(*min, 9)]);
            }
            PatternItem::Number { field, min, .. } => {
                let number = match field {
                    Field::Year => i64::from(year),
                    Field::YearOfCentury => i64::from(year.rem_euclid(100)),
                    Field::Month => i64::from(month),
                    Field::Day => i64::from(day_of_month),
                    Field::DayOfYear => i64::from(day - from_civil(year, 1, 1) + 1),
                    Field::Hour => hour,
                    Field::HourOfHalf => (hour + 11) % 12 + 1,
                    Field::Minute => second / 60 % 60,
                    Field::Second => second % 60,
                    Field::Fraction => 0,
                };
                text.push_str(&format!("{number:0min$}"));
            }
            PatternItem::MonthName { full } => text.push_str(cut(MONTHS[month as usize - 1], *full)),
            PatternItem::Weekday { full } => text.push_str(cut(WEEKDAYS[weekday(day)], *full)),
            PatternItem::HalfOfDay => text.push_str(if hour < 12 { "AM" } else { "PM" }),
            PatternItem::Offset => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.abs() / 60;
                text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
            }
            PatternItem::Optional(inner) => write_items(inner, local, offset, text),
        }
    }
}

fn cut(name: &'static str, full: bool) -> &'static str {
    if full { name } else { &name[..3] }
}

fn number(value: &Value, form: &NumberForm) -> String {
    let plain = match (value, form.percent) {
        // 0.125 is written as 12.5%.
        (Value::Decimal { units, scale }, Some(Percent::Divide)) if *scale >= 2 => {
            decimal_text(*units, scale - 2)
        }
        (Value::Decimal { units, scale }, Some(Percent::Divide)) => {
            decimal_text(units * 10i128.pow(2 - scale), 0)
        }
        (Value::Int(number), Some(Percent::Divide)) => (i128::from(*number) * 100).to_string(),
        (Value::Float(number), Some(Percent::Divide)) => ((number * 100.0 * 1e9).round() / 1e9).to_string(),
        _ => value.text(),
    };
    let (is_negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits.to_owned()),
        None => (false, plain),
    };
    let (whole, fraction) =
        digits.split_once('.').map_or((digits.as_str(), None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = match form.thousands_sign {
        Some(sign) => grouped(whole, sign),
        None => whole.to_owned(),
    };
    if let Some(fraction) = fraction {
        text.push(form.decimal_sign);
        text.push_str(fraction);
    }
    if form.percent.is_some() {
        text.push('%');
    }
    match is_negative {
        false => text,
        true if form.negative_in_parentheses => format!("({text})"),
        true if form.trailing_minus => format!("{text}-"),
        true => format!("-{text}"),
    }
}

fn grouped(digits: &str, sign: char) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(sign);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data_type: DataType, form: ValueForm) -> ValueText {
        ValueText::new(&Column { form: Some(form), ..Column::plain("x", data_type) })
    }

    #[test]
    fn numbers_have_the_form_of_the_contract() {
        let form = NumberForm {
            decimal_sign: ',',
            thousands_sign: Some('.'),
            negative_in_parentheses: true,
            ..NumberForm::default()
        };
        let text = of(DataType::F64, ValueForm { number: Some(form), ..ValueForm::default() });
        assert_eq!(text.text(&Value::Decimal { units: -123_456_789, scale: 2 }), "(1.234.567,89)");
        let percent = NumberForm { percent: Some(Percent::Divide), ..NumberForm::default() };
        let text = of(DataType::F64, ValueForm { number: Some(percent), ..ValueForm::default() });
        assert_eq!(text.text(&Value::Decimal { units: 125, scale: 3 }), "12.5%");
        assert_eq!(text.text(&Value::Int(2)), "200%");
    }

    #[test]
    fn moments_have_the_form_of_the_contract() {
        let moment = Value::Timestamp(1_700_000_000_250_000);
        for (pattern, wanted) in [
            ("dd/MM/yyyy HH:mm:ss", "14/11/2023 22:13:20"),
            ("EEE, d MMM yyyy h:mm a", "Tue, 14 Nov 2023 10:13 PM"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSX", "2023-11-14T22:13:20.250+00:00"),
            ("%Y%j", "2023318"),
        ] {
            let pattern = MomentForm::Pattern(DatePattern::parse(pattern, None).unwrap());
            let text = of(DataType::Timestamp, ValueForm { moment: Some(pattern), ..ValueForm::default() });
            assert_eq!(text.text(&moment), wanted);
        }
        let epoch = MomentForm::Epoch { per_day: DAY_SECONDS * 1000 };
        let text = of(DataType::Timestamp, ValueForm { moment: Some(epoch), ..ValueForm::default() });
        assert_eq!(text.text(&moment), "1700000000250");
        let text =
            of(DataType::Date, ValueForm { moment: Some(MomentForm::Excel1900), ..ValueForm::default() });
        assert_eq!(text.text(&Value::Date(from_civil(1900, 3, 1))), "61");
    }
}

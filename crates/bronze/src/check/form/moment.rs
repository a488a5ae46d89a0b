//! Texts against a pattern of dates and times.

use crate::check::parse::{self, MICROSECONDS_OF_A_DAY};
use ingot_contract::{DatePattern, Field, PatternItem};
use ingot_core::civil;

pub(crate) use crate::check::parse::Moment;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Day 0 of 1970 was a Thursday.
const WEEKDAYS: [&str; 7] = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];

/// What the text says; `None` if it does not fit the pattern, or is not in the calendar.
pub(super) fn parse(pattern: &DatePattern, text: &[u8]) -> Option<Moment> {
    let mut found = Found::default();
    let rest = found.match_items(&pattern.items, text)?;
    if !rest.is_empty() {
        return None;
    }
    found.moment(pattern.two_digit_years_from)
}

/// The fields that a text has.
#[derive(Clone, Copy, Default)]
struct Found {
    year: Option<u32>,
    year_of_century: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    hour_of_half: Option<u32>,
    is_afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    microsecond: Option<u32>,
    /// Days after a Thursday.
    weekday: Option<usize>,
    offset_minutes: Option<i64>,
}

impl Found {
    /// Takes the items from the text's beginning; what is left of it.
    fn match_items<'t>(&mut self, items: &[PatternItem], text: &'t [u8]) -> Option<&'t [u8]> {
        let mut rest = text;
        for item in items {
            rest = match item {
                PatternItem::Literal(literal) => rest.strip_prefix(literal.as_bytes())?,
                PatternItem::Number { field, min, max } => self.match_number(*field, *min, *max, rest)?,
                PatternItem::MonthName { full } => {
                    let (month, rest) = match_name(&MONTHS, *full, rest)?;
                    set(&mut self.month, month as u32 + 1)?;
                    rest
                }
                PatternItem::Weekday { full } => {
                    let (weekday, rest) = match_name(&WEEKDAYS, *full, rest)?;
                    set(&mut self.weekday, weekday)?;
                    rest
                }
                PatternItem::HalfOfDay => {
                    let half = rest.get(..2)?;
                    let is_afternoon = match half.to_ascii_lowercase().as_slice() {
                        b"am" => false,
                        b"pm" => true,
                        _ => return None,
                    };
                    set(&mut self.is_afternoon, is_afternoon)?;
                    &rest[2..]
                }
                PatternItem::Offset => {
                    let (offset, length) = offset(rest)?;
                    set(&mut self.offset_minutes, offset)?;
                    &rest[length..]
                }
                PatternItem::Optional(inner) => {
                    let before = *self;
                    match self.match_items(inner, rest) {
                        Some(after) => after,
                        None => {
                            *self = before;
                            rest
                        }
                    }
                }
            };
        }
        Some(rest)
    }

    fn match_number<'t>(&mut self, field: Field, min: usize, max: usize, text: &'t [u8]) -> Option<&'t [u8]> {
        let length = text.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
        if length < min {
            return None;
        }
        let digits = &text[..length];
        let number =
            |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        let value = number(digits);
        match field {
            Field::Year => set(&mut self.year, value),
            Field::YearOfCentury => set(&mut self.year_of_century, value),
            Field::Month => set(&mut self.month, value),
            Field::Day => set(&mut self.day, value),
            Field::DayOfYear => set(&mut self.day_of_year, value),
            Field::Hour => set(&mut self.hour, value),
            Field::HourOfHalf => set(&mut self.hour_of_half, value),
            Field::Minute => set(&mut self.minute, value),
            Field::Second => set(&mut self.second, value),
            Field::Fraction => {
                let (kept, more) = digits.split_at(length.min(6));
                // Nothing is cut off in silence.
                if more.iter().any(|digit| *digit != b'0') {
                    return None;
                }
                set(&mut self.microsecond, number(kept) * 10_u32.pow(6 - kept.len() as u32))
            }
        }?;
        Some(&text[length..])
    }

    fn moment(&self, two_digit_years_from: Option<i64>) -> Option<Moment> {
        let year = match (self.year, self.year_of_century) {
            (Some(year), None) => i64::from(year),
            (None, Some(year)) => {
                let from = two_digit_years_from?;
                from + (i64::from(year) - from).rem_euclid(100)
            }
            (Some(year), Some(short)) => (year % 100 == short).then_some(i64::from(year))?,
            (None, None) => return None,
        };
        if !(1..=9999).contains(&year) {
            return None;
        }
        let days = self.days(year)?;
        if self.weekday.is_some_and(|weekday| days.rem_euclid(7) != weekday as i64) {
            return None;
        }
        let hour = match (self.hour, self.hour_of_half, self.is_afternoon) {
            (Some(hour), None, None) => hour,
            (None, Some(hour), Some(afternoon)) if (1..=12).contains(&hour) => {
                hour % 12 + if afternoon { 12 } else { 0 }
            }
            (None, None, None) => 0,
            _ => return None,
        };
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        Some(Moment {
            microseconds: days * MICROSECONDS_OF_A_DAY
                + seconds * 1_000_000
                + i64::from(self.microsecond.unwrap_or(0)),
            offset_minutes: self.offset_minutes,
        })
    }

    /// Days since 1970.
    fn days(&self, year: i64) -> Option<i64> {
        let by_month = match (self.month, self.day) {
            (Some(month), Some(day)) => {
                let exists = (1..=12).contains(&month) && day > 0 && day <= civil::days_in_month(year, month);
                Some(exists.then(|| civil::days_from_civil(year, month, day))?)
            }
            _ => None,
        };
        let by_year = match self.day_of_year {
            Some(day) => {
                let length = 337 + civil::days_in_month(year, 2);
                let exists = day > 0 && day <= length;
                Some(exists.then(|| civil::days_from_civil(year, 1, 1) + i64::from(day) - 1)?)
            }
            None => None,
        };
        match (by_month, by_year) {
            (Some(one), Some(other)) => (one == other).then_some(one),
            (one, other) => one.or(other),
        }
    }
}

/// A field that comes twice must say the same.
fn set<T: PartialEq>(field: &mut Option<T>, value: T) -> Option<()> {
    if field.as_ref().is_some_and(|before| *before != value) {
        return None;
    }
    *field = Some(value);
    Some(())
}

/// The index of the name that the text begins with.
fn match_name<'t>(names: &[&str], full: bool, text: &'t [u8]) -> Option<(usize, &'t [u8])> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = if full { name } else { &name[..3] };
        let found = text.get(..name.len())?;
        found.eq_ignore_ascii_case(name.as_bytes()).then(|| (index, &text[name.len()..]))
    })
}

/// An offset at the text's beginning, in minutes, and its length.
fn offset(text: &[u8]) -> Option<(i64, usize)> {
    let length = match text {
        [b'Z' | b'z', ..] => 1,
        [b'+' | b'-', rest @ ..] => {
            let digit = |index: usize| rest.get(index).is_some_and(u8::is_ascii_digit);
            if !(digit(0) && digit(1)) {
                return None;
            }
            if rest.get(2) == Some(&b':') && digit(3) && digit(4) {
                6
            } else if digit(2) && digit(3) {
                5
            } else {
                3
            }
        }
        _ => return None,
    };
    Some((parse::offset(&text[..length])?, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        let pattern = DatePattern::parse(pattern, Some(1950)).unwrap();
        let moment = parse(&pattern, text.as_bytes())?;
        let time = jiff::Timestamp::from_microsecond(moment.microseconds).unwrap();
        let offset = moment.offset_minutes.map_or(String::new(), |minutes| format!(" {minutes}"));
        Some(format!("{}{offset}", time.to_string().trim_end_matches('Z')))
    }

    #[test]
    fn patterns_of_both_notations() {
        for (pattern, text, expected) in [
            ("dd/MM/yyyy", "31/12/2024", "2024-12-31T00:00:00"),
            ("%d/%m/%Y", "1/2/2024", "2024-02-01T00:00:00"),
            ("d.M.yy", "1.2.49", "2049-02-01T00:00:00"),
            ("d.M.yy", "1.2.50", "1950-02-01T00:00:00"),
            ("yyyyMMdd", "20240229", "2024-02-29T00:00:00"),
            ("yyyyMMddHHmmss", "20240229235958", "2024-02-29T23:59:58"),
            ("dd-MMM-yyyy", "05-sep-2024", "2024-09-05T00:00:00"),
            ("d MMMM yyyy", "5 September 2024", "2024-09-05T00:00:00"),
            ("EEE, d MMM yyyy HH:mm:ss Z", "Thu, 5 Sep 2024 10:11:12 +0200", "2024-09-05T10:11:12 120"),
            ("M/d/yyyy h:mm a", "9/5/2024 12:05 AM", "2024-09-05T00:05:00"),
            ("%m/%d/%Y %I:%M:%S %p", "9/5/2024 12:05:06 pm", "2024-09-05T12:05:06"),
            (
                "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]",
                "2024-09-05T10:11:12.125+02:00",
                "2024-09-05T10:11:12.125 120",
            ),
            ("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "2024-09-05T10:11:12", "2024-09-05T10:11:12"),
            ("yyyy-MM-dd'T'HH:mm:ss'Z'", "2024-09-05T10:11:12Z", "2024-09-05T10:11:12 0"),
            ("%Y-%j", "2024-366", "2024-12-31T00:00:00"),
            ("%Y-%m-%d %H:%M:%S.%f", "2024-09-05 1:2:3.5", "2024-09-05T01:02:03.5"),
            ("yyyy年MM月dd日", "2024年09月05日", "2024-09-05T00:00:00"),
            ("HH'h'mm dd''MM''yyyy", "10h11 05'09'2024", "2024-09-05T10:11:00"),
        ] {
            assert_eq!(read(pattern, text).as_deref(), Some(expected), "{pattern} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_or_does_not_exist_is_not_read() {
        for (pattern, text) in [
            ("dd/MM/yyyy", "30/02/2024"),
            ("dd/MM/yyyy", "12/31/2024"),
            ("dd/MM/yyyy", "1/2/2024"),
            ("dd/MM/yyyy", "01/02/24"),
            ("dd/MM/yyyy", "01/02/2024 "),
            ("dd/MM/yyyy", " 01/02/2024"),
            ("dd/MM/yyyy", "01/02/0000"),
            ("EEE d MMM yyyy", "Fri 5 Sep 2024"),
            ("%Y-%j", "2023-366"),
            ("h:mm a dd/MM/yyyy", "13:00 PM 01/02/2024"),
            ("h:mm a dd/MM/yyyy", "0:00 AM 01/02/2024"),
            ("HH:mm dd/MM/yyyy", "24:00 01/02/2024"),
            ("HH:mm:ss dd/MM/yyyy", "23:59:60 01/02/2024"),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2024-09-05 10:11:12.123456789"),
            ("dd MMM yyyy", "05 Okt 2024"),
            ("yyyy-MM-dd HH:mm XXX", "2024-09-05 10:11 +2"),
        ] {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_time_that_is_written_is_read_back(
            seconds in -62_135_596_800_i64..253_402_300_800,
            micros in 0..1_000_000_i64,
            pattern in prop::sample::select(vec![
                "%d/%m/%Y %H:%M:%S.%f", "%Y%m%d%H%M%S.%f", "%B %d, %Y %I:%M:%S.%f %p", "%A %d %b %Y %T.%f",
                "%Y-%jT%H:%M:%S.%f",
            ]),
        ) {
            let micros = seconds * 1_000_000 + micros;
            let time = jiff::Timestamp::from_microsecond(micros).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
            let written = time.strftime(&pattern.replace("%f", "%6f")).to_string();
            let compiled = DatePattern::parse(pattern, None).unwrap();
            prop_assert_eq!(
                parse(&compiled, written.as_bytes()),
                Some(Moment { microseconds: micros, offset_minutes: None }),
                "{}", written
            );
        }

        #[test]
        fn nothing_breaks_it(
            text in "[0-9/:. TZ+-]{0,30}|\\PC{0,30}",
            pattern in prop::sample::select(vec![
                "dd/MM/yyyy", "EEE, d MMM yyyy HH:mm:ss Z", "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "%c".replace('c', "j%Y").leak(),
            ]),
        ) {
            let _ = parse(&DatePattern::parse(pattern, None).unwrap(), text.as_bytes());
        }
    }
}

//! Dates and times that are numbers: days of a workbook, and units since 1970.

use super::moment::Moment;
use crate::check::parse::{self, Fault, MICROSECONDS_OF_A_DAY, Value};
use ingot_contract::{DataType, MomentForm};

/// Places of a fraction that are read exactly.
const PLACES: i8 = 18;
const UNIT: i128 = 10_i128.pow(PLACES as u32);
/// Days from 1899-12-30, Excel's day 0 after its day that never was, to 1970-01-01.
const DAYS_FROM_1899: i64 = 25_569;
/// Days from 1904-01-01 to 1970-01-01.
const DAYS_FROM_1904: i64 = 24_107;

/// `not_one` is the fault of a text that is not a number.
///
/// # Errors
/// `not_one`; `OUT_OF_RANGE` before year 1 or after 9999; `TOO_PRECISE` if it is not a whole number of microseconds.
pub(super) fn parse(form: &MomentForm, text: &[u8], not_one: Fault) -> Result<Moment, Fault> {
    let number = DataType::Decimal { precision: 38, scale: PLACES };
    let Value::Decimal(number) = parse::parse(&number, text).map_err(|fault| match fault.code {
        "NOT_A_NUMBER" => not_one,
        _ => fault,
    })?
    else {
        return Err(not_one);
    };
    let (days, offset_minutes) = match form {
        MomentForm::Epoch { per_day } => {
            let scaled = i128::from(MICROSECONDS_OF_A_DAY / per_day.min(&MICROSECONDS_OF_A_DAY));
            // Finer units than microseconds must be whole ones of them.
            let divisor = i128::from((per_day / MICROSECONDS_OF_A_DAY).max(1));
            let total = number.checked_mul(scaled).ok_or(parse::OUT_OF_RANGE)?;
            if total % (UNIT * divisor) != 0 {
                return Err(parse::TOO_PRECISE);
            }
            (total / (UNIT * divisor), Some(0))
        }
        MomentForm::Excel1900 | MomentForm::Excel1904 => (excel(form, number, not_one)?, None),
        MomentForm::Pattern(_) => return Err(not_one),
    };
    let microseconds = i64::try_from(days).map_err(|_| parse::OUT_OF_RANGE)?;
    // Years 1 to 9999, as in texts.
    if !(-62_135_596_800_000_000..253_402_300_800_000_000).contains(&microseconds) {
        return Err(parse::OUT_OF_RANGE);
    }
    Ok(Moment { microseconds, offset_minutes })
}

/// Microseconds since 1970 on the clock. A fraction of a day is a binary number of about 15 digits, so the time of day is
/// the nearest millisecond, as Excel shows it.
fn excel(form: &MomentForm, number: i128, not_one: Fault) -> Result<i128, Fault> {
    const MILLISECONDS: i128 = 86_400_000;
    let product = number.checked_mul(MILLISECONDS).ok_or(parse::OUT_OF_RANGE)?;
    let milliseconds = (product + UNIT / 2).div_euclid(UNIT);
    let day = milliseconds.div_euclid(MILLISECONDS);
    let first = match form {
        // Excel has a day 60, 1900-02-29, that was not in the calendar, and a day 0 that is only a time.
        MomentForm::Excel1900 if day == 60 || day < 1 => return Err(not_one),
        MomentForm::Excel1900 if day < 60 => DAYS_FROM_1899 - 1,
        MomentForm::Excel1900 => DAYS_FROM_1899,
        _ if day < 0 => return Err(not_one),
        _ => DAYS_FROM_1904,
    };
    Ok((milliseconds - i128::from(first) * MILLISECONDS) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::parse::moment;

    fn read(form: &MomentForm, text: &str) -> Result<i64, &'static str> {
        parse(form, text.as_bytes(), parse::NOT_A_TIMESTAMP)
            .map(|moment| moment.microseconds)
            .map_err(|fault| fault.code)
    }

    fn at(text: &str) -> Result<i64, &'static str> {
        Ok(moment(text.as_bytes()).unwrap().microseconds)
    }

    #[test]
    fn days_of_a_workbook() {
        let form = MomentForm::Excel1900;
        assert_eq!(read(&form, "1"), at("1900-01-01T00:00"));
        assert_eq!(read(&form, "59"), at("1900-02-28T00:00"));
        assert_eq!(read(&form, "60"), Err("NOT_A_TIMESTAMP"));
        assert_eq!(read(&form, "61"), at("1900-03-01T00:00"));
        assert_eq!(read(&form, "45292.5"), at("2024-01-01T12:00"));
        assert_eq!(read(&form, "45292.4270833333"), at("2024-01-01T10:15"));
        assert_eq!(read(&form, "0.5"), Err("NOT_A_TIMESTAMP"));
        assert_eq!(read(&form, "2024-01-01"), Err("NOT_A_TIMESTAMP"));
        assert_eq!(read(&form, "9999999"), Err("OUT_OF_RANGE"));
        assert_eq!(read(&MomentForm::Excel1904, "0"), at("1904-01-01T00:00"));
        assert_eq!(read(&MomentForm::Excel1904, "43830.25"), at("2024-01-01T06:00"));
    }

    #[test]
    fn units_since_1970() {
        let form = |per_second: i64| MomentForm::Epoch { per_day: 86_400 * per_second };
        assert_eq!(read(&form(1), "1704067200"), at("2024-01-01T00:00"));
        assert_eq!(read(&form(1), "1704067200.123456"), at("2024-01-01T00:00:00.123456"));
        assert_eq!(read(&form(1), "-0.5"), Ok(-500_000));
        assert_eq!(read(&form(1), "0.1234567"), Err("TOO_PRECISE"));
        assert_eq!(read(&form(1000), "1704067200123"), at("2024-01-01T00:00:00.123"));
        assert_eq!(read(&form(1_000_000), "1704067200123456"), at("2024-01-01T00:00:00.123456"));
        assert_eq!(read(&form(1_000_000_000), "1704067200123456000"), at("2024-01-01T00:00:00.123456"));
        assert_eq!(read(&form(1_000_000_000), "1704067200123456789"), Err("TOO_PRECISE"));
        assert_eq!(read(&MomentForm::Epoch { per_day: 1 }, "19723"), at("2024-01-01T00:00"));
        // Milliseconds taken for seconds would be in year 55968.
        assert_eq!(read(&form(1), "1704067200123"), Err("OUT_OF_RANGE"));
        assert_eq!(read(&form(1), "99999999999999999999999999999999999999"), Err("OUT_OF_RANGE"));
    }
}

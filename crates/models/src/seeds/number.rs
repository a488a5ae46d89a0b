//! Cells as numbers: agate's `Number`, which strips signs and symbols and gives the rest to Python's `Decimal`.
//! <https://github.com/wireservice/agate/blob/master/agate/data_types/number.py>

use crate::seeds::python_text::{digit, is_space, strip};

/// A number as exactly as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    /// `digits` times ten to the power of `exponent`; digits without zeros at either end, and none for zero.
    Finite { negative: bool, digits: String, exponent: i64 },
    /// Not a number, or infinite.
    Other(f64),
}

const CURRENCIES: [char; 19] =
    ['؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤', '₫'];

impl Number {
    /// The number in a cell that is not null: `1,000`, `5%`, `$3`, `+5`, `1e5`, `1_000`, `.5`, `NaN`.
    pub(super) fn read(cell: &str) -> Option<Self> {
        let text = strip(cell).trim_matches('%');
        let (minus, mut text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        for symbol in CURRENCIES {
            text = text.trim_matches(symbol);
        }
        let plain: String = text
            .replace(',', "")
            .trim_matches(is_space)
            .chars()
            .filter(|character| *character != '_')
            .map(|character| digit(character).map_or(character, |value| char::from(b'0' + value)))
            .collect();
        let (second_minus, unsigned) = match plain.as_bytes().first() {
            Some(b'-') => (true, &plain[1..]),
            Some(b'+') => (false, &plain[1..]),
            _ => (false, plain.as_str()),
        };
        Self::unsigned(unsigned, minus != second_minus)
    }

    fn unsigned(text: &str, negative: bool) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "inf" | "infinity" => {
                return Some(Self::Other(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
            }
            _ if lower.strip_prefix("nan").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())) => {
                return Some(Self::Other(f64::NAN));
            }
            _ => {}
        }
        let (mantissa, power) = match lower.split_once('e') {
            Some((mantissa, power)) => (mantissa, exponent(power)?),
            None => (lower.as_str(), 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = digits.trim_end_matches('0');
        let zeros = digits.len() - significant.len();
        let exponent = if significant.is_empty() {
            0
        } else {
            power.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(i64::try_from(zeros).ok()?)?
        };
        let digits = significant.trim_start_matches('0').to_owned();
        Some(Self::Finite { negative: negative && !digits.is_empty(), digits, exponent })
    }

    /// The whole number that it is, if it is one and fits.
    pub(super) fn whole(&self) -> Option<i128> {
        let Self::Finite { negative, digits, exponent } = self else { return None };
        let zeros = usize::try_from(*exponent).ok().filter(|zeros| digits.len() + zeros <= 39)?;
        let magnitude = if digits.is_empty() { "0" } else { digits };
        format!("{}{magnitude}{}", if *negative { "-" } else { "" }, "0".repeat(zeros)).parse().ok()
    }

    /// The nearest DOUBLE.
    pub(super) fn double(&self) -> Option<f64> {
        match self {
            Self::Other(number) => Some(*number),
            Self::Finite { digits, .. } if digits.is_empty() => Some(0.0),
            Self::Finite { negative, digits, exponent } => {
                format!("{}{digits}e{exponent}", if *negative { "-" } else { "" }).parse().ok()
            }
        }
    }
}

/// `[+-]digits`, within what Python's `Decimal` multiplies without an overflow.
fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|power: &i64| is_number && power.abs() < 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_agate_takes_for_one() {
        for (cell, whole) in [
            ("10.00", 10),
            ("1e5", 100_000),
            ("+5", 5),
            ("-0", 0),
            ("--5", 5),
            ("-$1,000", -1000),
            (" 5% ", 5),
            ("$ 6", 6),
            ("1_000", 1000),
            ("１２", 12),
            ("7€", 7),
            ("0.50e1", 5),
            ("1E+2", 100),
        ] {
            assert_eq!(Number::read(cell).and_then(|number| number.whole()), Some(whole), "{cell}");
        }
        for cell in ["", ".", "-", "(5)", "0x10", "n/a", "1 000", "5-", "e5", "1e", "1e+-5", "sNaN", "5$%"] {
            let expected = cell == "5$%";
            assert_eq!(Number::read(cell).is_some(), expected, "{cell}");
        }
        assert_eq!(Number::read("0.1").unwrap().double(), Some(0.1));
        assert_eq!(Number::read("0.1").unwrap().whole(), None);
        assert_eq!(Number::read("-Infinity"), Some(Number::Other(f64::NEG_INFINITY)));
        assert_eq!(Number::read("1e40").unwrap().whole(), None);
        assert_eq!(Number::read("1e38").unwrap().whole(), Some(10_i128.pow(38)));
    }
}

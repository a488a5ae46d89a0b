//! The number: a sign, digits and an exponent; its text, its order, and how it is rounded.
//! <https://speleotrove.com/decimal/decarith.html>

use crate::error::{Error, Kind, Result};
use num_bigint::BigUint;
use std::cmp::Ordering;

/// Results of arithmetic have at most this many digits, as under Python's default context.
pub(super) const PRECISION: u64 = 28;

/// A number whose first digit stands for more is an overflow.
const LARGEST_EXPONENT: i64 = 999_999;

/// A number whose last digit stands for less is 0.
const SMALLEST_EXPONENT: i64 = -LARGEST_EXPONENT - PRECISION as i64 + 1;

/// `(-1)^negative × digits × 10^exponent`, infinity, or not a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Number {
    Finite { negative: bool, digits: BigUint, exponent: i64 },
    Infinity { negative: bool },
    NaN,
}

pub(super) fn ten_to(power: u64) -> BigUint {
    BigUint::from(10_u8).pow(u32::try_from(power).unwrap_or(u32::MAX))
}

/// How many decimal digits the number has; 1 for 0.
pub(super) fn length(digits: &BigUint) -> u64 {
    digits.to_string().len() as u64
}

/// `digits / 10^places`, rounded to the nearest, half to even.
pub(super) fn shorten(digits: &BigUint, places: u64) -> BigUint {
    let unit = ten_to(places);
    let whole = digits / &unit;
    let rest = digits - &whole * &unit;
    let up = match (rest * 2_u8).cmp(&unit) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => whole.bit(0),
    };
    if up { whole + 1_u8 } else { whole }
}

impl Number {
    pub(super) fn of_int(int: i128) -> Self {
        Self::Finite { negative: int < 0, digits: int.unsigned_abs().into(), exponent: 0 }
    }

    /// Rounded to the digits of the context.
    ///
    /// # Errors
    /// The number is too large for an exponent.
    pub(super) fn rounded(self) -> Result<Self> {
        let Self::Finite { negative, mut digits, mut exponent } = self else { return Ok(self) };
        let mut count = length(&digits);
        while count > PRECISION {
            let places = count - PRECISION;
            digits = shorten(&digits, places);
            exponent += places as i64;
            // 999… rounds up to one digit more.
            count = length(&digits);
        }
        let is_zero = digits == BigUint::ZERO;
        if exponent + count as i64 - 1 > LARGEST_EXPONENT && !is_zero {
            return Err(Error::new(Kind::Overflow, "decimal.Overflow"));
        }
        if exponent < SMALLEST_EXPONENT {
            return Ok(Self::Finite { negative, digits: BigUint::ZERO, exponent: SMALLEST_EXPONENT });
        }
        Ok(Self::Finite { negative, digits, exponent })
    }

    /// `round(number, places)`: half to even; `places` may be negative.
    pub(super) fn to_places(&self, places: i64) -> Self {
        let Self::Finite { negative, digits, exponent } = self else { return self.clone() };
        let missing = exponent + places;
        let digits = match u64::try_from(missing) {
            Ok(zeros) => digits * ten_to(zeros),
            Err(_) => shorten(digits, missing.unsigned_abs()),
        };
        Self::Finite { negative: *negative, digits, exponent: -places }
    }

    /// Without what is behind the point.
    pub(super) fn truncated(&self) -> Self {
        match self {
            Self::Finite { negative, digits, exponent } if *exponent < 0 => Self::Finite {
                negative: *negative,
                digits: digits / ten_to(exponent.unsigned_abs()),
                exponent: 0,
            },
            Self::Finite { negative, digits, exponent } => Self::Finite {
                negative: *negative,
                digits: digits * ten_to(exponent.unsigned_abs()),
                exponent: 0,
            },
            other => other.clone(),
        }
    }

    /// Without zeros at its end.
    pub(super) fn normalized(self) -> Self {
        let Self::Finite { negative, mut digits, mut exponent } = self else { return self };
        if digits == BigUint::ZERO {
            return Self::Finite { negative, digits, exponent: 0 };
        }
        while (&digits % 10_u8) == BigUint::ZERO {
            digits /= 10_u8;
            exponent += 1;
        }
        Self::Finite { negative, digits, exponent }
    }

    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Self::Finite { digits, .. } if *digits == BigUint::ZERO)
    }

    pub(super) fn is_negative(&self) -> bool {
        matches!(self, Self::Finite { negative: true, .. } | Self::Infinity { negative: true })
    }

    /// The value as an int, if it is a whole number that fits.
    pub(super) fn to_int(&self) -> Option<i128> {
        let whole = self.truncated();
        if self.order(&whole) != Some(Ordering::Equal) {
            return None;
        }
        let Self::Finite { negative, digits, .. } = whole else { return None };
        let size = i128::try_from(digits).ok()?;
        Some(if negative { -size } else { size })
    }

    pub(super) fn to_float(&self) -> f64 {
        match self {
            // Both have the same grammar, and Rust rounds correctly.
            Self::Finite { .. } => self.to_string().parse().unwrap_or(f64::NAN),
            Self::Infinity { negative: true } => f64::NEG_INFINITY,
            Self::Infinity { negative: false } => f64::INFINITY,
            Self::NaN => f64::NAN,
        }
    }

    /// The order of two numbers by value; `None` if one of them is not a number.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        let rank = |number: &Self| match number {
            Self::Infinity { negative: true } => -1,
            Self::Infinity { negative: false } => 1,
            _ => 0,
        };
        match (self, other) {
            (Self::NaN, _) | (_, Self::NaN) => None,
            (
                Self::Finite { negative: a_sign, digits: a, exponent: a_exponent },
                Self::Finite { negative: b_sign, digits: b, exponent: b_exponent },
            ) => {
                let least = *a_exponent.min(b_exponent);
                let sign = |negative: &bool, digits: &BigUint| match (digits == &BigUint::ZERO, negative) {
                    (true, _) => 0,
                    (false, true) => -1,
                    (false, false) => 1,
                };
                let (a_sign, b_sign) = (sign(a_sign, a), sign(b_sign, b));
                if a_sign != b_sign || a_sign == 0 {
                    return Some(a_sign.cmp(&b_sign));
                }
                let a_top = *a_exponent + length(a) as i64;
                let b_top = *b_exponent + length(b) as i64;
                // Only numbers of the same size need their digits aligned.
                let size = a_top.cmp(&b_top).then_with(|| {
                    let aligned =
                        |digits: &BigUint, exponent: i64| digits * ten_to((exponent - least) as u64);
                    aligned(a, *a_exponent).cmp(&aligned(b, *b_exponent))
                });
                Some(if a_sign < 0 { size.reverse() } else { size })
            }
            (a, b) => Some(rank(a).cmp(&rank(b))),
        }
    }

    /// The digits without exponent: what the formats `f` and `%` print, with `places` digits behind the point.
    pub(super) fn fixed(&self, places: u64) -> (String, String) {
        let Self::Finite { digits, .. } = self.to_places(places as i64) else { return Default::default() };
        let mut text = digits.to_string();
        let places = places as usize;
        if text.len() <= places {
            text.insert_str(0, &"0".repeat(places + 1 - text.len()));
        }
        let behind = text.split_off(text.len() - places);
        (text, behind)
    }
}

/// `str(number)`: scientific where the exponent is above 0 or the number very small.
impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (negative, digits, exponent) = match self {
            Self::NaN => return f.write_str("NaN"),
            Self::Infinity { negative } => {
                return f.write_str(if *negative { "-Infinity" } else { "Infinity" });
            }
            Self::Finite { negative, digits, exponent } => (*negative, digits.to_string(), *exponent),
        };
        if negative {
            f.write_str("-")?;
        }
        let top = exponent + digits.len() as i64;
        if exponent == 0 {
            return f.write_str(&digits);
        }
        if exponent < 0 && top > -6 {
            let behind = exponent.unsigned_abs() as usize;
            if digits.len() > behind {
                let (whole, rest) = digits.split_at(digits.len() - behind);
                return write!(f, "{whole}.{rest}");
            }
            return write!(f, "0.{}{digits}", "0".repeat(behind - digits.len()));
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{first}{point}{rest}E{:+}", top - 1)
    }
}

//! The operators, rounded as under Python's default context.

use super::number::{Number, PRECISION, length, ten_to};
use crate::error::{Error, Kind, Result};
use crate::value::Operator;
use num_bigint::{BigInt, BigUint, Sign};

/// What `Decimal` raises where an operation has no result.
fn invalid(what: &str) -> Error {
    Error::value(format!("decimal.InvalidOperation: {what}"))
}

/// `left operator right`.
pub(super) fn operate(operator: Operator, left: &Number, right: &Number) -> Result<Number> {
    match operator {
        Operator::Add => add(left, right),
        Operator::Subtract => add(left, &negated(right)),
        Operator::Multiply => multiply(left, right),
        Operator::Divide => divide(left, right),
        Operator::FloorDivide => whole_quotient(left, right),
        Operator::Modulo => remainder(left, right),
        Operator::Power => power(left, right),
    }
}

fn negated(number: &Number) -> Number {
    match number.clone() {
        Number::Finite { negative, digits, exponent } => {
            Number::Finite { negative: !negative, digits, exponent }
        }
        Number::Infinity { negative } => Number::Infinity { negative: !negative },
        Number::NaN => Number::NaN,
    }
}

/// Sign, digits and exponent of a finite number.
type Parts = (bool, BigUint, i64);

/// Both as their parts; or the result, where one of them is not finite.
fn finite(left: &Number, right: &Number) -> std::result::Result<(Parts, Parts), Option<Number>> {
    match (left, right) {
        (
            Number::Finite { negative: a, digits: x, exponent: p },
            Number::Finite { negative: b, digits: y, exponent: q },
        ) => Ok(((*a, x.clone(), *p), (*b, y.clone(), *q))),
        (Number::NaN, _) | (_, Number::NaN) => Err(Some(Number::NaN)),
        _ => Err(None),
    }
}

fn add(left: &Number, right: &Number) -> Result<Number> {
    let ((a_sign, mut a, mut a_exponent), (b_sign, mut b, mut b_exponent)) = match finite(left, right) {
        Ok(parts) => parts,
        Err(Some(result)) => return Ok(result),
        Err(None) => {
            return match (left, right) {
                (Number::Infinity { negative: a }, Number::Infinity { negative: b }) if a != b => {
                    Err(invalid("-INF + INF"))
                }
                (Number::Infinity { .. }, _) => Ok(left.clone()),
                _ => Ok(right.clone()),
            };
        }
    };
    // A number far below the last digit of the other only decides how that is rounded.
    let far = |large: &BigUint, large_exponent: i64, small: &mut BigUint, small_exponent: &mut i64| {
        let limit = large_exponent + (length(large).min(PRECISION + 2)) as i64 - PRECISION as i64 - 3;
        let zero = BigUint::ZERO;
        if *large != zero
            && *small != zero
            && *small_exponent + (length(small) as i64) < limit.min(large_exponent)
        {
            (*small, *small_exponent) = (BigUint::from(1_u8), limit.min(large_exponent) - 1);
        }
    };
    far(&a, a_exponent, &mut b, &mut b_exponent);
    far(&b, b_exponent, &mut a, &mut a_exponent);
    let exponent = a_exponent.min(b_exponent);
    let signed = |negative: bool, digits: BigUint, own: i64| {
        let sign = if negative { Sign::Minus } else { Sign::Plus };
        BigInt::from_biguint(sign, digits * ten_to((own - exponent) as u64))
    };
    let sum = signed(a_sign, a, a_exponent) + signed(b_sign, b, b_exponent);
    let (sign, digits) = sum.into_parts();
    let negative = sign == Sign::Minus || (sign == Sign::NoSign && a_sign && b_sign);
    Number::Finite { negative, digits, exponent }.rounded()
}

fn multiply(left: &Number, right: &Number) -> Result<Number> {
    match finite(left, right) {
        Ok(((a_sign, a, p), (b_sign, b, q))) => {
            Number::Finite { negative: a_sign != b_sign, digits: a * b, exponent: p + q }.rounded()
        }
        Err(Some(result)) => Ok(result),
        Err(None) if left.is_zero() || right.is_zero() => Err(invalid("0 * INF")),
        Err(None) => Ok(Number::Infinity { negative: left.is_negative() != right.is_negative() }),
    }
}

fn division_by_zero(dividend: &Number) -> Error {
    if dividend.is_zero() {
        return invalid("0 / 0");
    }
    Error::new(Kind::ZeroDivision, "decimal.DivisionByZero")
}

fn divide(left: &Number, right: &Number) -> Result<Number> {
    let ((a_sign, a, p), (b_sign, b, q)) = match finite(left, right) {
        Ok(parts) => parts,
        Err(Some(result)) => return Ok(result),
        Err(None) => {
            let negative = left.is_negative() != right.is_negative();
            return match (left, right) {
                (Number::Infinity { .. }, Number::Infinity { .. }) => Err(invalid("INF / INF")),
                (Number::Infinity { .. }, _) => Ok(Number::Infinity { negative }),
                _ => Ok(Number::Finite { negative, digits: BigUint::ZERO, exponent: 0 }),
            };
        }
    };
    if b == BigUint::ZERO {
        return Err(division_by_zero(left));
    }
    let negative = a_sign != b_sign;
    let ideal = p - q;
    if a == BigUint::ZERO {
        return Number::Finite { negative, digits: a, exponent: ideal }.rounded();
    }
    let shift = length(&b) as i64 - length(&a) as i64 + PRECISION as i64 + 1;
    let mut exponent = ideal - shift;
    let (a, b) = match u64::try_from(shift) {
        Ok(zeros) => (a * ten_to(zeros), b),
        Err(_) => (a, b * ten_to(shift.unsigned_abs())),
    };
    let mut digits = &a / &b;
    if &digits * &b != a {
        // The quotient goes on, which rounding must see.
        if (&digits % 5_u8) == BigUint::ZERO {
            digits += 1_u8;
        }
    } else {
        while exponent < ideal && (&digits % 10_u8) == BigUint::ZERO {
            digits /= 10_u8;
            exponent += 1;
        }
    }
    Number::Finite { negative, digits, exponent }.rounded()
}

/// Quotient and remainder of a division that truncates: unlike ints, the remainder has the dividend's sign.
fn divided(left: &Number, right: &Number) -> Result<(Number, Number)> {
    let ((a_sign, a, p), (b_sign, b, q)) = match finite(left, right) {
        Ok(parts) => parts,
        Err(Some(result)) => return Ok((result.clone(), result)),
        Err(None) => {
            let negative = left.is_negative() != right.is_negative();
            return match left {
                Number::Infinity { .. } => Err(invalid("INF % x")),
                _ => Ok((Number::Finite { negative, digits: BigUint::ZERO, exponent: 0 }, left.clone())),
            };
        }
    };
    if b == BigUint::ZERO {
        return Err(division_by_zero(left));
    }
    if p + length(&a) as i64 - q - length(&b) as i64 > PRECISION as i64 + 1 {
        return Err(invalid("the quotient has too many digits"));
    }
    let exponent = p.min(q);
    let a = a * ten_to((p - exponent) as u64);
    let b = b * ten_to((q - exponent) as u64);
    let quotient = &a / &b;
    if length(&quotient) > PRECISION {
        return Err(invalid("the quotient has too many digits"));
    }
    let rest = a - &quotient * b;
    Ok((
        Number::Finite { negative: a_sign != b_sign, digits: quotient, exponent: 0 },
        Number::Finite { negative: a_sign, digits: rest, exponent }.rounded()?,
    ))
}

fn whole_quotient(left: &Number, right: &Number) -> Result<Number> {
    if let (Number::Infinity { .. }, Number::Finite { .. }) = (left, right) {
        return Ok(Number::Infinity { negative: left.is_negative() != right.is_negative() });
    }
    divided(left, right).map(|(quotient, _)| quotient)
}

fn remainder(left: &Number, right: &Number) -> Result<Number> {
    if right.is_zero() {
        return Err(invalid("x % 0"));
    }
    divided(left, right).map(|(_, rest)| rest)
}

/// Whole exponents exactly; others through a float, which has 17 of the 28 digits.
fn power(left: &Number, right: &Number) -> Result<Number> {
    let whole = right.to_int().filter(|exponent| exponent.unsigned_abs() <= 9999);
    let (Some(exponent), Number::Finite { negative, digits, exponent: own }) = (whole, left) else {
        let float = left.to_float().powf(right.to_float());
        if float.is_infinite() && matches!(left, Number::Finite { .. }) {
            return Err(Error::new(Kind::Overflow, "decimal.Overflow"));
        }
        if float.is_nan() && *left != Number::NaN {
            return Err(invalid("x ** y of a negative x and a fraction y"));
        }
        return Ok(super::parse::parse(&float.to_string()).unwrap_or(Number::NaN));
    };
    if exponent == 0 && left.is_zero() {
        return Err(invalid("0 ** 0"));
    }
    if exponent > 0 && left.is_zero() {
        return Ok(Number::of_int(0));
    }
    let times = exponent.unsigned_abs();
    let raised = Number::Finite {
        negative: *negative && times % 2 == 1,
        digits: digits.pow(times as u32),
        exponent: own * times as i64,
    };
    if exponent < 0 { divide(&Number::of_int(1), &raised) } else { raised.rounded() }
}

//! Texts and floats to decimal numbers.

use super::number::Number;
use num_bigint::BigUint;

/// `Decimal('…')`: digits with a point and an exponent, `Infinity` or `NaN`; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Number> {
    let text = text.trim();
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    match text.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(Number::Infinity { negative }),
        "nan" => return Some(Number::NaN),
        _ => {}
    }
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, behind) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{behind}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let exponent = exponent.checked_sub(behind.len() as i64)?;
    Some(Number::Finite { negative, digits: digits.parse::<BigUint>().ok()?, exponent })
}

/// The float's exact value, of up to some 1,100 digits.
pub(super) fn exactly(float: f64) -> Number {
    // Enough places for the smallest float.
    parse(&format!("{float:.1074}")).unwrap_or(Number::NaN)
}

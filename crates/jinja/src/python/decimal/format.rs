//! `format(decimal, specification)`: `'{:,.2f}'.format(amount)`.

use super::number::Number;
use crate::value::format::Specification;

/// The formatted text; `None` for a specification that is not one of numbers.
pub(super) fn format(number: &Number, specification: &str) -> Option<String> {
    let parsed = Specification::parse(specification).ok()?;
    let negative = number.is_negative();
    let Number::Finite { digits, exponent, .. } = number else {
        return Some(parsed.number(negative, number.to_string().trim_start_matches('-'), ""));
    };
    let size = Number::Finite { negative: false, digits: digits.clone(), exponent: *exponent };
    let places = |default: i64| parsed.precision.map_or(default.max(0) as u64, |precision| precision as u64);
    let with_point = |(whole, behind): (String, String), end: &str| {
        let point = if behind.is_empty() { "" } else { "." };
        parsed.number(negative, &whole, &format!("{point}{behind}{end}"))
    };
    Some(match parsed.kind {
        Some('f' | 'F') => with_point(size.fixed(places(-exponent)), ""),
        Some('%') => {
            let percent = Number::Finite { negative: false, digits: digits.clone(), exponent: exponent + 2 };
            with_point(percent.fixed(places(-exponent - 2)), "%")
        }
        None if parsed.precision.is_none() => {
            let text = size.to_string();
            let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            parsed.number(negative, &text[..split], &text[split..])
        }
        None => parsed.float(number.to_float(), 'g'),
        Some(kind @ ('e' | 'E' | 'g' | 'G' | 'n')) => parsed.float(number.to_float(), kind),
        Some(_) => return None,
    })
}

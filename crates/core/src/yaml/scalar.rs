//! What a scalar means: the implicit resolvers and the constructors of PyYAML's safe loader
//! ([resolver.py](https://github.com/yaml/pyyaml/blob/main/lib/yaml/resolver.py),
//! [constructor.py](https://github.com/yaml/pyyaml/blob/main/lib/yaml/constructor.py)).

use super::node::Value;

const OWN_TAGS: &str = "tag:yaml.org,2002:";

/// The last part of a tag of YAML's own: `int` of `!!int`. `None` for the tags of others.
pub(super) fn own_tag(tag: &str) -> Option<&str> {
    tag.strip_prefix(OWN_TAGS)
}

/// The value of a scalar with one of YAML's own tags (`int` of `!!int`). `None` if the loader has no value for it.
pub(super) fn tagged(tag: &str, text: &str) -> Option<Value> {
    match own_tag(tag)? {
        "str" | "binary" | "timestamp" => Some(Value::Str(text.to_owned())),
        "null" => Some(Value::Null),
        "bool" => boolean(&text.to_lowercase()).map(Value::Bool),
        "int" => integer(text),
        "float" => float(text).map(Value::Float),
        _ => None,
    }
}

/// The value of a plain scalar without a tag. `None` for what looks like a number and has no digits (`0x_`).
pub(super) fn plain(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Some(Value::Bool(true));
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Some(Value::Bool(false));
        }
        _ => {}
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        if looks_like_float(text) {
            return float(text).map(Value::Float);
        }
        if looks_like_integer(text) {
            return integer(text);
        }
    }
    Some(Value::Str(text.to_owned()))
}

fn boolean(lower: &str) -> Option<bool> {
    match lower {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(allowed)
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// Parts of a number to the base of sixty, after the first: `[0-5]?[0-9]`.
fn is_sixtieth(part: &str) -> bool {
    matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
}

/// PyYAML's pattern of integers.
fn looks_like_integer(text: &str) -> bool {
    let digits = unsigned(text);
    if let Some(binary) = digits.strip_prefix("0b") {
        return !binary.is_empty() && all(binary, |byte| matches!(byte, b'0' | b'1' | b'_'));
    }
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return !hexadecimal.is_empty() && all(hexadecimal, |byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    if let Some(octal) = digits.strip_prefix('0') {
        return all(octal, |byte| matches!(byte, b'0'..=b'7' | b'_'));
    }
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    first.starts_with(|c: char| c.is_ascii_digit()) && all(first, is_digit) && parts.all(is_sixtieth)
}

/// PyYAML's pattern of floats: a point, a sign in the exponent, and no sign before a point that begins the number.
fn looks_like_float(text: &str) -> bool {
    let digits = unsigned(text);
    match digits {
        ".inf" | ".Inf" | ".INF" => return true,
        ".nan" | ".NaN" | ".NAN" => return digits.len() == text.len(),
        _ => {}
    }
    let Some((whole, fraction)) = digits.split_once('.') else { return false };
    let (fraction, exponent) =
        fraction.split_once(['e', 'E']).map_or((fraction, None), |(f, e)| (f, Some(e)));
    let has_good_exponent = exponent.is_none_or(|exponent| {
        exponent.strip_prefix(['-', '+']).is_some_and(|e| !e.is_empty() && all(e, |b| b.is_ascii_digit()))
    });
    if whole.is_empty() {
        return digits.len() == text.len()
            && fraction.starts_with(|c: char| c.is_ascii_digit())
            && all(fraction, is_digit)
            && has_good_exponent;
    }
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let is_whole = first.starts_with(|c: char| c.is_ascii_digit()) && all(first, is_digit);
    let is_sixty = whole.contains(':');
    is_whole
        && parts.all(is_sixtieth)
        && all(fraction, is_digit)
        && has_good_exponent
        && !(is_sixty && exponent.is_some())
}

/// The constructor of integers: `None` is Python's ValueError. Beyond 64 bits it is the number's text.
fn integer(text: &str) -> Option<Value> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let decimal = if let Some(binary) = digits.strip_prefix("0b") {
        decimal_of(binary.chars(), 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        decimal_of(hexadecimal.chars(), 16)?
    } else if digits.starts_with('0') {
        decimal_of(digits.chars(), 8)?
    } else if digits.contains(':') {
        let parts: Vec<u32> = digits.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        decimal_of_digits(parts.into_iter(), 60)
    } else {
        decimal_of(digits.chars(), 10)?
    };
    let decimal = format!("{sign}{decimal}");
    Some(decimal.parse().map_or_else(|_| Value::Str(decimal.clone()), Value::Int))
}

fn decimal_of(digits: std::str::Chars<'_>, base: u32) -> Option<String> {
    let digits: Vec<u32> = digits.map(|digit| digit.to_digit(base)).collect::<Option<_>>()?;
    (!digits.is_empty()).then(|| decimal_of_digits(digits.into_iter(), base))
}

/// The decimal digits of a number of any length, from its digits to another base.
fn decimal_of_digits(digits: impl Iterator<Item = u32>, base: u32) -> String {
    // Nine decimal digits in each item, the lowest first.
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let value = *limb * u64::from(base) + carry;
            (*limb, carry) = (value % 1_000_000_000, value / 1_000_000_000);
        }
        while carry > 0 {
            limbs.push(carry % 1_000_000_000);
            carry /= 1_000_000_000;
        }
    }
    let mut out = limbs.pop().unwrap_or_default().to_string();
    for limb in limbs.iter().rev() {
        out.push_str(&format!("{limb:09}"));
    }
    out
}

/// The constructor of floats: `None` is Python's ValueError.
fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(&text)),
    };
    match digits {
        ".inf" => return Some(sign * f64::INFINITY),
        ".nan" => return Some(f64::NAN),
        _ => {}
    }
    let mut value = 0.0;
    for part in digits.split(':') {
        value = value * 60.0 + part.trim().parse::<f64>().ok()?;
    }
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_pyyaml_makes_of_them() {
        for (text, value) in [
            ("0xFFFFFFFFFFFFFFFF", Value::Str("18446744073709551615".to_owned())),
            ("-0x8000000000000000", Value::Int(i64::MIN)),
            ("1:2:3.5", Value::Float(3723.5)),
            ("1:2:3", Value::Int(3723)),
            ("1:60", Value::Str("1:60".to_owned())),
            ("0:30", Value::Str("0:30".to_owned())),
            ("1_", Value::Int(1)),
            ("0_1", Value::Int(1)),
            ("1_0.5", Value::Float(10.5)),
            ("-.5", Value::Str("-.5".to_owned())),
            ("-", Value::Str("-".to_owned())),
            ("1.0e3", Value::Str("1.0e3".to_owned())),
        ] {
            assert_eq!(plain(text), Some(value), "{text}");
        }
        for text in ["0x_", "0b_"] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn a_tag_makes_a_value_or_there_is_none() {
        for (tag, text, value) in [
            ("int", "017", Some(Value::Int(15))),
            ("int", "x", None),
            ("float", "1", Some(Value::Float(1.0))),
            ("float", "x", None),
            ("bool", "YES", Some(Value::Bool(true))),
            ("bool", "x", None),
            ("null", "x", Some(Value::Null)),
            ("python/none", "x", None),
        ] {
            assert_eq!(tagged(&format!("{OWN_TAGS}{tag}"), text), value, "{tag} {text}");
        }
        assert_eq!(tagged("!ruby", "x"), None);
    }
}

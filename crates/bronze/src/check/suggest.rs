//! Which setting of the contract would accept a text that is not a value of its type in the default form.

use ingot_contract::DataType;

/// The setting, as an advice; `None` if there is none for such a text.
#[cold]
pub(super) fn suggestion(data_type: &DataType, text: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(text).ok()?;
    match data_type {
        DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. } => number(text),
        DataType::Bool => {
            let is_word = matches!(
                text.to_lowercase().as_str(),
                "1" | "0"
                    | "y"
                    | "n"
                    | "yes"
                    | "no"
                    | "t"
                    | "f"
                    | "on"
                    | "off"
                    | "ja"
                    | "nein"
                    | "oui"
                    | "non"
                    | "si"
                    | "sí"
                    | "x"
            );
            is_word.then_some("set `trueWords` and `falseWords` in the contract for other words")
        }
        DataType::Date => moment(text, "dateFormat"),
        DataType::Timestamp => moment(text, "timestampFormat"),
        _ => None,
    }
    .or_else(|| {
        is_null_word(text).then_some("set `nullText` in the contract if it means that there is no value")
    })
}

fn is_null_word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "n/a" | "na" | "null" | "none" | "nil" | "-" | "\\n" | "?" | "nan" | "#n/a"
    )
}

fn number(text: &str) -> Option<&'static str> {
    if !text.contains(|character: char| character.is_ascii_digit()) {
        return None;
    }
    if text.ends_with('%') {
        return Some("set `percentSign: drop` (12.5% is 12.5) or `divide` (0.125) in the contract");
    }
    if text.starts_with('(') && text.ends_with(')') {
        return Some("set `negatives: parentheses` in the contract if that is less than nothing");
    }
    if text.ends_with('-') {
        return Some("set `negatives: trailing-minus` in the contract if that is less than nothing");
    }
    let is_currency =
        |character: char| matches!(character, '$' | '€' | '£' | '¥' | '₹') || character.is_alphabetic();
    if text.starts_with(is_currency) || text.ends_with(is_currency) {
        return Some("set `currencySigns` in the contract for what is before or after the digits");
    }
    match (text.rfind(','), text.rfind('.')) {
        (Some(comma), Some(point)) if comma > point => {
            Some("set `decimalSign: \",\"` and `thousandsSign: \".\"` in the contract")
        }
        (Some(_), Some(_)) => Some("set `thousandsSign: \",\"` in the contract"),
        (Some(_), None) => Some(
            "set `decimalSign: \",\"` in the contract if the comma is before the decimals, or `thousandsSign: \",\"` if it \
             is between groups of three digits",
        ),
        _ if text.contains([' ', '\'', '\u{a0}', '\u{202f}', '’']) => {
            Some("set `thousandsSign` in the contract to what is between the digits")
        }
        _ => None,
    }
}

/// Advice for dates in usual forms of other places.
fn moment(text: &str, property: &'static str) -> Option<&'static str> {
    let is_date = property == "dateFormat";
    let bytes = text.as_bytes();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match (text.len(), is_date) {
            (8, true) => {
                Some("set `dateFormat: yyyyMMdd` in the contract, or epoch-days or excel if it is a count")
            }
            (_, true) => {
                Some("set `dateFormat` in the contract to excel or epoch-days if it is a count of days")
            }
            (_, false) => Some(
                "set `timestampFormat` in the contract to epoch-seconds, epoch-millis, epoch-micros or excel if it is a \
                 count, or to a pattern such as yyyyMMddHHmmss",
            ),
        };
    }
    let sign = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
    let separator = *bytes.get(sign)?;
    let second = bytes[sign + 1..].iter().position(|byte| !byte.is_ascii_digit());
    let parts = (sign, second.unwrap_or(0));
    let number =
        |digits: &[u8]| std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u32>().ok());
    let first = number(&bytes[..sign]);
    let middle = second.and_then(|length| number(&bytes[sign + 1..sign + 1 + length]));
    if !matches!(separator, b'/' | b'.' | b'-' | b' ') || !(1..=4).contains(&parts.0) {
        return None;
    }
    if parts.0 == 4 {
        return match (separator, is_date) {
            (b'-', true) if text.len() > 10 => Some(
                "set `dateFormat` in the contract to a pattern with the time, such as yyyy-MM-dd HH:mm:ss",
            ),
            (_, true) => {
                Some("set `dateFormat` in the contract to its pattern, such as yyyy/MM/dd or yyyy-M-d")
            }
            (_, false) => {
                Some("set `timestampFormat` in the contract to its pattern, such as yyyy/MM/dd HH:mm:ss")
            }
        };
    }
    Some(match (first > Some(12), middle > Some(12), separator, is_date) {
        (true, _, b'/', true) => "set `dateFormat: dd/MM/yyyy` in the contract",
        (true, _, b'.', true) => "set `dateFormat: dd.MM.yyyy` in the contract",
        (true, _, b'-', true) => {
            "set `dateFormat: dd-MM-yyyy` in the contract, or dd-MMM-yyyy for names of months"
        }
        (_, true, b'/', true) => "set `dateFormat: MM/dd/yyyy` in the contract",
        (_, _, b'.', true) => "set `dateFormat: dd.MM.yyyy` in the contract",
        (_, _, _, true) => {
            "set `dateFormat` in the contract to its pattern, such as dd/MM/yyyy or MM/dd/yyyy"
        }
        (true, _, b'/', false) => "set `timestampFormat: dd/MM/yyyy HH:mm:ss` in the contract",
        (_, true, b'/', false) => "set `timestampFormat: MM/dd/yyyy HH:mm:ss` in the contract",
        (_, _, b'.', false) => "set `timestampFormat: dd.MM.yyyy HH:mm:ss` in the contract",
        (_, _, _, false) => {
            "set `timestampFormat` in the contract to its pattern, such as dd/MM/yyyy HH:mm:ss"
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_for_a_text_is_named() {
        let decimal = DataType::Decimal { precision: 12, scale: 2 };
        for (data_type, text, part) in [
            (DataType::Date, "31/12/2024", "dd/MM/yyyy"),
            (DataType::Date, "12/31/2024", "`dateFormat: MM/dd/yyyy`"),
            (DataType::Date, "01/02/2024", "dd/MM/yyyy or MM/dd/yyyy"),
            (DataType::Date, "5.9.2024", "dd.MM.yyyy"),
            (DataType::Date, "20240905", "yyyyMMdd"),
            (DataType::Date, "2024-09-05 00:00:00", "with the time"),
            (DataType::Date, "45292", "excel"),
            (DataType::Timestamp, "31/12/2024 10:00", "`timestampFormat: dd/MM/yyyy"),
            (DataType::Timestamp, "1704067200", "epoch-seconds"),
            (decimal.clone(), "1.234,50", "`decimalSign: \",\"`"),
            (decimal.clone(), "1,234.50", "`thousandsSign: \",\"`"),
            (decimal.clone(), "(5.00)", "parentheses"),
            (decimal.clone(), "5-", "trailing-minus"),
            (decimal.clone(), "€5", "currencySigns"),
            (decimal.clone(), "5 %", "percentSign"),
            (decimal.clone(), "N/A", "nullText"),
            (DataType::Bool, "Yes", "trueWords"),
            (DataType::Date, "-", "nullText"),
        ] {
            let advice = suggestion(&data_type, text.as_bytes()).unwrap_or_default();
            assert!(advice.contains(part), "{text}: {advice}");
        }
        assert_eq!(suggestion(&DataType::Date, b"yesterday"), None);
        assert_eq!(suggestion(&DataType::I64, b"abc"), None);
        assert_eq!(
            suggestion(&DataType::Date, b"2024-"),
            Some("set `dateFormat` in the contract to its pattern, such as yyyy/MM/dd or yyyy-M-d")
        );
    }
}

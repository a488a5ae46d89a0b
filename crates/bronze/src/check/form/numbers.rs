//! Numbers with signs of other places: brought into plain notation (`-1234.50`), which `parse` reads exactly.

use crate::check::parse::{self, Fault, Value};
use ingot_contract::{DataType, NumberForm, Percent};

/// Texts up to this length are rewritten without a place on the heap.
const SHORT: usize = 96;

pub(super) fn parse<'v>(form: &NumberForm, data_type: &DataType, text: &[u8]) -> Result<Value<'v>, Fault> {
    let fault = match data_type {
        DataType::I32 | DataType::I64 => parse::NOT_AN_INTEGER,
        _ => parse::NOT_A_DECIMAL,
    };
    let text = std::str::from_utf8(text).map_err(|_| fault)?;
    let parts = Parts::of(form, text).ok_or(fault)?;
    // A sign, two zeros before a percentage and a point more than the text has.
    let most = text.len() + 4;
    let mut short = [0; SHORT];
    let mut long = Vec::new();
    let plain = if most <= SHORT {
        &mut short[..]
    } else {
        long.resize(most, 0);
        &mut long[..]
    };
    let length = parts.write(form, plain).ok_or(fault)?;
    let plain = &plain[..length];
    // What `parse` gives for a number does not borrow from the text.
    Ok(match data_type {
        DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. } => {
            match parse::parse(data_type, plain)? {
                Value::I32(value) => Value::I32(value),
                Value::I64(value) => Value::I64(value),
                Value::F64(value) => Value::F64(value),
                Value::Decimal(value) => Value::Decimal(value),
                _ => return Err(fault),
            }
        }
        _ => return Err(fault),
    })
}

/// A number without what is around its digits.
struct Parts<'t> {
    is_negative: bool,
    has_percent: bool,
    digits: &'t str,
}

impl<'t> Parts<'t> {
    fn of(form: &NumberForm, text: &'t str) -> Option<Self> {
        let mut rest = text;
        let (mut sign, mut has_currency, mut has_percent) = (None, false, false);
        loop {
            let before = rest.len();
            if sign.is_none() {
                if let Some(inner) = rest.strip_prefix('+') {
                    (sign, rest) = (Some(false), inner);
                } else if let Some(inner) = rest.strip_prefix(['-', '−']) {
                    (sign, rest) = (Some(true), inner);
                } else if form.trailing_minus
                    && let Some(inner) = rest.strip_suffix(['-', '−'])
                {
                    (sign, rest) = (Some(true), without_space_after(inner));
                } else if form.negative_in_parentheses
                    && let Some(inner) = rest.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'))
                {
                    (sign, rest) = (Some(true), inner);
                }
            }
            if !has_currency {
                for currency in &form.currency_signs {
                    if let Some(inner) = rest.strip_prefix(currency.as_str()) {
                        (has_currency, rest) = (true, without_space_before(inner));
                        break;
                    } else if let Some(inner) = rest.strip_suffix(currency.as_str()) {
                        (has_currency, rest) = (true, without_space_after(inner));
                        break;
                    }
                }
            }
            if form.percent.is_some()
                && !has_percent
                && let Some(inner) = rest.strip_suffix('%')
            {
                (has_percent, rest) = (true, without_space_after(inner));
            }
            if rest.len() == before {
                break;
            }
        }
        // Without its sign nobody can say whether 12.5 is twelve and a half or a hundredth of it.
        if form.percent == Some(Percent::Divide) && !has_percent {
            return None;
        }
        Some(Self { is_negative: sign == Some(true), has_percent, digits: rest })
    }

    /// Writes the number in plain notation, and says how many bytes that took; `None` if it is not one.
    fn write(&self, form: &NumberForm, out: &mut [u8]) -> Option<usize> {
        let (whole, fraction) = match self.digits.split_once(form.decimal_sign) {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (self.digits, ""),
        };
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut out = Out { bytes: out, length: 0 };
        if self.is_negative {
            out.push(b'-')?;
        }
        let first = out.length;
        let divides = self.has_percent && form.percent == Some(Percent::Divide);
        if divides {
            out.push(b'0')?;
            out.push(b'0')?;
        }
        out.digits_in_groups(whole, form.thousands_sign)?;
        let mut point = out.length;
        if divides {
            point -= 2;
        }
        for byte in fraction.bytes() {
            out.push(byte)?;
        }
        if divides {
            if point == first {
                return None;
            }
            // Zeros at the end do not count: 1500.00 % is 15, also for whole numbers.
            while out.length > point && out.bytes[out.length - 1] == b'0' {
                out.length -= 1;
            }
        }
        if out.length > point {
            let end = out.length;
            out.push(b'.')?;
            out.bytes.copy_within(point..end, point + 1);
            out.bytes[point] = b'.';
        }
        Some(out.length)
    }
}

struct Out<'o> {
    bytes: &'o mut [u8],
    length: usize,
}

impl Out<'_> {
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    /// Digits without signs between them, or with one before each three of them.
    fn digits_in_groups(&mut self, whole: &str, sign: Option<char>) -> Option<()> {
        let mut groups = 0;
        let mut in_group = 0;
        for character in whole.chars() {
            if character.is_ascii_digit() {
                in_group += 1;
                self.push(character as u8)?;
            } else if sign.is_some_and(|sign| is_same_sign(sign, character)) {
                if !(if groups == 0 { (1..=3).contains(&in_group) } else { in_group == 3 }) {
                    return None;
                }
                (groups, in_group) = (groups + 1, 0);
            } else {
                return None;
            }
        }
        (in_group > 0 && (groups == 0 || in_group == 3)).then_some(())
    }
}

/// A space is also the one that does not break the line, wide or narrow; an apostrophe is also the typographic one.
fn is_same_sign(stated: char, found: char) -> bool {
    stated == found
        || (is_space(stated) && is_space(found))
        || (matches!(stated, '\'' | '’') && matches!(found, '\'' | '’'))
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '\u{202f}')
}

fn without_space_before(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

fn without_space_after(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DECIMAL: DataType = DataType::Decimal { precision: 18, scale: 4 };

    fn german() -> NumberForm {
        NumberForm { decimal_sign: ',', thousands_sign: Some('.'), ..NumberForm::default() }
    }

    fn decimal(form: &NumberForm, text: &str) -> Result<i128, &'static str> {
        match parse(form, &DECIMAL, text.as_bytes()) {
            Ok(Value::Decimal(value)) => Ok(value),
            Ok(other) => panic!("{other:?}"),
            Err(fault) => Err(fault.code),
        }
    }

    #[test]
    fn signs_between_digits_must_be_where_they_belong() {
        let form = german();
        for (text, value) in [
            ("1.234,50", 12_345_000),
            ("1234,50", 12_345_000),
            ("-1.234.567", -12_345_670_000),
            ("−0,5", -5000),
            ("+12", 120_000),
        ] {
            assert_eq!(decimal(&form, text), Ok(value), "{text}");
        }
        for text in [
            "1.23.456", "1.2345,0", "1234.567", ".123", "1.", "1..234", "1,234.5", "1,2,3", "", "-", "5-",
            "(5)", "1 234", "1.234,", ",5", "5,-", "--5", "1e3", "€5", "5%", "12.34", "١",
        ] {
            assert_eq!(decimal(&form, text), Err("NOT_A_NUMBER"), "{text:?}");
        }
        assert_eq!(decimal(&form, "1,23456"), Err("TOO_PRECISE"));
        assert_eq!(decimal(&form, "123.456.789.012.345,0"), Err("OUT_OF_RANGE"));
        let swiss = NumberForm { thousands_sign: Some('\''), ..NumberForm::default() };
        assert_eq!(decimal(&swiss, "1’234.5"), Ok(12_345_000));
        let french = NumberForm { decimal_sign: ',', thousands_sign: Some(' '), ..NumberForm::default() };
        assert_eq!(decimal(&french, "1\u{202f}234\u{a0}567,5"), Ok(12_345_675_000));
        assert_eq!(decimal(&french, " 5"), Err("NOT_A_NUMBER"));
    }

    #[test]
    fn what_may_be_around_a_number() {
        let form = NumberForm {
            thousands_sign: Some(','),
            currency_signs: vec!["US$".into(), "EUR".into(), "$".into()],
            negative_in_parentheses: true,
            trailing_minus: true,
            percent: Some(Percent::Drop),
            ..NumberForm::default()
        };
        for (text, value) in [
            ("(1,234.50)", -12_345_000),
            ("$(5)", -50_000),
            ("($5.00)", -50_000),
            ("-$5", -50_000),
            ("US$ -5", -50_000),
            ("5.00 EUR", 50_000),
            ("5.00 EUR-", -50_000),
            ("5.00-", -50_000),
            ("12.5 %", 125_000),
            ("(12.5%)", -125_000),
        ] {
            assert_eq!(decimal(&form, text), Ok(value), "{text}");
        }
        for text in
            ["(5", "5)", "(-5)", "-(5)", "-5-", "$5$", "EUR$5", "5%%", "()", "$", "%", "( 5 )", "(5)-"]
        {
            assert_eq!(decimal(&form, text), Err("NOT_A_NUMBER"), "{text:?}");
        }
    }

    #[test]
    fn percent_moves_the_point() {
        let form = NumberForm { percent: Some(Percent::Divide), ..german() };
        for (text, value) in
            [("12,5%", 1250), ("-0,5 %", -50), ("1.200%", 120_000), ("0%", 0), ("100,00%", 10_000)]
        {
            assert_eq!(decimal(&form, text), Ok(value), "{text}");
        }
        assert_eq!(decimal(&form, "12,5"), Err("NOT_A_NUMBER"));
        assert_eq!(decimal(&form, "%"), Err("NOT_A_NUMBER"));
        assert_eq!(decimal(&form, "0,001%"), Err("TOO_PRECISE"));
        assert_eq!(parse(&form, &DataType::I64, b"1.500,00%"), Ok(Value::I64(15)));
        assert_eq!(parse(&form, &DataType::F64, b"12,5%"), Ok(Value::F64(0.125)));
        assert_eq!(parse(&german(), &DataType::I32, b"3.000.000.000").unwrap_err().code, "OUT_OF_RANGE");
        assert_eq!(parse(&german(), &DataType::I64, b"1,0").unwrap_err().code, "NOT_A_NUMBER");
    }

    /// A number as a person of another place would write it.
    fn written(form: &NumberForm, value: i128, grouped: bool, negative: usize, currency: bool) -> String {
        let digits = value.unsigned_abs().to_string();
        let digits = format!("{digits:0>5}");
        let (whole, fraction) = digits.split_at(digits.len() - 4);
        let mut text = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if grouped && index > 0 && (whole.len() - index) % 3 == 0 {
                text.extend(form.thousands_sign);
            }
            text.push(digit);
        }
        text.push(form.decimal_sign);
        text.push_str(fraction);
        if currency {
            text = format!("€ {text}");
        }
        match (value < 0, negative) {
            (false, _) => text,
            (true, 0) => format!("-{text}"),
            (true, 1) => format!("{text}-"),
            (true, _) => format!("({text})"),
        }
    }

    proptest! {
        #[test]
        fn a_number_that_is_written_is_read_back(
            value in -999_999_999_999_999_999_i128..=999_999_999_999_999_999,
            signs in prop::sample::select(vec![(',', '.'), ('.', ','), (',', ' '), ('.', '\''), ('٫', '٬')]),
            grouped: bool,
            negative in 0..3_usize,
            currency: bool,
        ) {
            let form = NumberForm {
                decimal_sign: signs.0,
                thousands_sign: Some(signs.1),
                currency_signs: vec!["€".into()],
                negative_in_parentheses: true,
                trailing_minus: true,
                percent: None,
            };
            let text = written(&form, value, grouped, negative, currency);
            prop_assert_eq!(decimal(&form, &text), Ok(value), "{}", text);
        }

        #[test]
        fn nothing_breaks_it(text in "[-−+()€$%0-9.,' ]{0,12}|\\PC{0,100}") {
            let form = NumberForm {
                currency_signs: vec!["€".into()],
                negative_in_parentheses: true,
                trailing_minus: true,
                percent: Some(Percent::Divide),
                ..german()
            };
            let _ = decimal(&form, &text);
            let _ = decimal(&german(), &text);
        }
    }
}

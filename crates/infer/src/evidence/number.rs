//! What the texts of a column say as numbers: in which notations all of them are numbers, and how many digits they have.

use ingot_bronze::inspect::{Reading, accepts};
use ingot_contract::{DataType, Format, NumberForm, ValueForm};
use std::sync::OnceLock;

/// Decimal sign, and sign between groups of three digits, of the notations that are tried, the plainest first.
const NOTATIONS: [(char, Option<char>); 8] = [
    ('.', None),
    (',', None),
    ('.', Some(',')),
    (',', Some('.')),
    (',', Some(' ')),
    ('.', Some(' ')),
    ('.', Some('\'')),
    (',', Some('\'')),
];

/// Signs of currencies that may be before or after a number.
const CURRENCIES: [&str; 12] = ["€", "$", "£", "¥", "EUR", "USD", "GBP", "CHF", "AUD", "kr", "zł", "Kč"];

/// Most digits of a decimal.
pub(crate) const MOST_DIGITS: usize = 38;

/// One of [`NOTATIONS`] with everything else that a number may have around it, ready to read.
struct Notation {
    decimal: char,
    thousands: Option<char>,
    reading: Reading,
}

fn notations() -> &'static [Notation] {
    static ALL: OnceLock<Vec<Notation>> = OnceLock::new();
    ALL.get_or_init(|| {
        let notation = |(decimal, thousands)| {
            let number = NumberForm {
                decimal_sign: decimal,
                thousands_sign: thousands,
                currency_signs: CURRENCIES.iter().map(|sign| (*sign).to_owned()).collect(),
                percent: Some(ingot_contract::Percent::Drop),
                negative_in_parentheses: true,
                trailing_minus: true,
            };
            let form = ValueForm { number: Some(number), ..ValueForm::default() };
            let reading = Reading::new(DataType::F64, Some(&form), Format::Csv).ok()?;
            Some(Notation { decimal, thousands, reading })
        };
        NOTATIONS.into_iter().filter_map(notation).collect()
    })
}

/// Digits of the longest values, in one notation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Digits {
    /// Before the decimal sign, zeros at the beginning not counted.
    pub(crate) whole: usize,
    /// After it.
    pub(crate) fraction: usize,
}

/// What was seen around the digits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extras {
    pub(crate) currencies: Vec<&'static str>,
    pub(crate) has_percent: bool,
    pub(crate) has_parentheses: bool,
    pub(crate) has_trailing_minus: bool,
}

/// What all texts so far say as numbers.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    /// A bit for each notation in which every text is a number.
    alive: u8,
    digits: [Digits; NOTATIONS.len()],
    /// Whether any value has an exponent.
    pub(crate) has_exponent: bool,
    /// Whether a double holds every value with all its digits.
    pub(crate) fits_double: bool,
    /// Whether every whole number fits 64 bits.
    fits_i64: bool,
    pub(crate) extras: Extras,
    /// Whether any text has one of the signs that notations differ in.
    has_signs: bool,
    /// A text of each way to write a number that is not a plain one, for trying them with the settings that are chosen.
    samples: Vec<(String, String)>,
}

/// Ways to write a number that are remembered, and the longest text of one.
const MOST_SAMPLES: usize = 16;
const LONGEST_SAMPLE: usize = 64;

/// What two texts have in common that are written in the same way: each run of digits is one zero.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for letter in text.chars() {
        if !letter.is_ascii_digit() {
            shape.push(letter);
        } else if !shape.ends_with('0') {
            shape.push('0');
        }
    }
    shape
}

/// Bits of the notations with this decimal sign.
fn with_decimal(sign: u8) -> u8 {
    let of = |index: usize| u8::from(NOTATIONS[index].0 == char::from(sign)) << index;
    (0..NOTATIONS.len()).map(of).sum()
}

/// Why a text that looks like a number is not taken as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotANumber {
    /// The digits would come back without their zeros at the beginning.
    LeadingZero,
    /// A plus would be lost: most likely a phone number.
    Plus,
    Text,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            alive: u8::MAX,
            digits: [Digits::default(); NOTATIONS.len()],
            has_exponent: false,
            fits_double: true,
            fits_i64: true,
            extras: Extras::default(),
            has_signs: false,
            samples: Vec::new(),
        }
    }
}

impl Numbers {
    pub(crate) fn is_alive(&self) -> bool {
        self.alive != 0
    }

    /// Takes a text that is not empty. `is_typed`: it is a number in the file, in plain notation.
    pub(crate) fn take(&mut self, text: &[u8], is_typed: bool) -> Result<(), NotANumber> {
        let plain = text.strip_prefix(b"-").unwrap_or(text);
        if plain.len() <= 18 && !plain.is_empty() && plain.iter().all(u8::is_ascii_digit) {
            if plain.len() > 1 && plain[0] == b'0' {
                return self.end(NotANumber::LeadingZero);
            }
            let whole = if plain == b"0" { 0 } else { plain.len() };
            for digits in &mut self.digits {
                digits.whole = digits.whole.max(whole);
            }
            self.fits_double &= plain.len() <= 15;
            return Ok(());
        }
        if let Some(taken) = self.take_with_fraction(plain, is_typed) {
            return taken;
        }
        let Ok(text) = std::str::from_utf8(text) else { return self.end(NotANumber::Text) };
        if !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return self.end(NotANumber::Text);
        }
        // `12E5` is more often a code than a number; programs write `1.2E6` or `1e+06`.
        if !is_typed && text.contains('E') && !text.contains(['.', '+', '-', ',']) {
            return self.end(NotANumber::Text);
        }
        if text.starts_with('+') {
            return self.end(NotANumber::Plus);
        }
        let is_in_plain_signs =
            text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'e' | b'E' | b'+'));
        if is_typed || is_in_plain_signs && !text.ends_with('-') {
            self.note_double(text);
        } else {
            if !text
                .trim_start_matches('-')
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b',' | b'\'' | b' '))
                || text.len() > 1 && text.ends_with('-')
            {
                self.note_extras(text);
            }
            self.fits_double = false;
        }
        if !is_typed && text.len() <= LONGEST_SAMPLE && self.samples.len() < MOST_SAMPLES {
            self.add_sample(shape(text), text);
        }
        let is_plain = accepts(&DataType::F64, text.as_bytes());
        let mut zero = false;
        for (index, notation) in notations().iter().enumerate() {
            if self.alive & (1 << index) == 0 {
                continue;
            }
            // In plain notation it is the same number wherever a point is the decimal sign.
            let accepted = (is_plain && (is_typed || notation.decimal == '.'))
                || notation.reading.accepts(text.as_bytes(), false);
            let digits =
                accepted.then(|| digits_of(text, if is_typed { '.' } else { notation.decimal })).flatten();
            match digits {
                Some((digits, leading_zero)) => {
                    zero |= leading_zero;
                    let most = &mut self.digits[index];
                    most.whole = most.whole.max(digits.whole);
                    most.fraction = most.fraction.max(digits.fraction);
                    if digits.whole > 18 && digits.fraction == 0 {
                        self.fits_i64 &= accepts(&DataType::I64, text.as_bytes());
                    }
                }
                None => self.alive &= !(1 << index),
            }
        }
        self.has_signs = self.has_signs || text.contains([',', '.', '\'', ' ', '\u{a0}', '\u{202f}']);
        if zero {
            return self.end(NotANumber::LeadingZero);
        }
        if self.alive == 0 { Err(NotANumber::Text) } else { Ok(()) }
    }

    /// Takes a short number of digits with one sign between them that is the decimal sign in all notations that are alive,
    /// which is what most numbers with a fraction are. `None` if it is another one.
    fn take_with_fraction(&mut self, plain: &[u8], is_typed: bool) -> Option<Result<(), NotANumber>> {
        if plain.len() > 15 {
            return None;
        }
        let sign = plain.iter().position(|byte| !byte.is_ascii_digit())?;
        let (whole, rest) = plain.split_at(sign);
        let fraction = &rest[1..];
        if whole.is_empty()
            || fraction.is_empty()
            || !fraction.iter().all(u8::is_ascii_digit)
            || !matches!(rest[0], b'.' | b',')
            || !(is_typed && rest[0] == b'.' || self.alive & !with_decimal(rest[0]) == 0)
        {
            return None;
        }
        if whole.len() > 1 && whole[0] == b'0' {
            return Some(self.end(NotANumber::LeadingZero));
        }
        let whole = if whole == b"0" { 0 } else { whole.len() };
        for digits in &mut self.digits {
            digits.whole = digits.whole.max(whole);
            digits.fraction = digits.fraction.max(fraction.len());
        }
        self.has_signs = true;
        // Fifteen digits always come back from a double, but only a point is its decimal sign.
        self.fits_double &= rest[0] == b'.';
        Some(Ok(()))
    }

    /// Bits of the notations in which every text is a number.
    pub(super) fn alive(&self) -> u8 {
        self.alive
    }

    /// Whether all values so far are numbers, and one has a fraction: a quantity, not a key.
    pub(super) fn is_quantity(&self) -> bool {
        self.alive != 0 && self.notations_alive().all(|index| self.digits[index].fraction > 0)
    }

    fn notations_alive(&self) -> impl Iterator<Item = usize> + '_ {
        (0..NOTATIONS.len()).filter(|index| self.alive & (1 << index) != 0)
    }

    /// Rules out notations in which another text is not a number.
    pub(super) fn rule_out(&mut self, notations: u8) {
        self.alive &= !notations;
    }

    /// Adds what the texts of a part behind these say; which notations they rule out is left to [`Self::rule_out`].
    pub(super) fn absorb(&mut self, other: &Self) {
        for (digits, others) in self.digits.iter_mut().zip(&other.digits) {
            digits.whole = digits.whole.max(others.whole);
            digits.fraction = digits.fraction.max(others.fraction);
        }
        self.has_exponent |= other.has_exponent;
        self.fits_double &= other.fits_double;
        self.fits_i64 &= other.fits_i64;
        self.has_signs |= other.has_signs;
        for (shape, text) in &other.samples {
            self.add_sample(shape.clone(), text);
        }
        for sign in &other.extras.currencies {
            if !self.extras.currencies.contains(sign) {
                self.extras.currencies.push(sign);
            }
        }
        self.extras.has_percent |= other.extras.has_percent;
        self.extras.has_parentheses |= other.extras.has_parentheses;
        self.extras.has_trailing_minus |= other.extras.has_trailing_minus;
    }

    fn end(&mut self, why: NotANumber) -> Result<(), NotANumber> {
        self.alive = 0;
        Err(why)
    }

    fn add_sample(&mut self, shape: String, text: &str) {
        if self.samples.len() < MOST_SAMPLES && self.samples.iter().all(|(known, _)| *known != shape) {
            self.samples.push((shape, text.to_owned()));
        }
    }

    /// A text of each way to write a number that was seen.
    pub(crate) fn samples(&self) -> impl Iterator<Item = &str> {
        self.samples.iter().map(|(_, text)| text.as_str())
    }

    /// The first text that a load would not take with these settings, as far as the ways of writing numbers are remembered.
    pub(crate) fn not_accepted(
        &self,
        data_type: &DataType,
        form: Option<&ValueForm>,
        format: Format,
    ) -> Option<&str> {
        let reading = Reading::new(data_type.clone(), form, format).ok()?;
        self.samples().find(|text| !reading.accepts(text.as_bytes(), false))
    }

    fn note_double(&mut self, text: &str) {
        self.has_exponent |= text.contains(['e', 'E']);
        self.fits_double = self.fits_double && holds(text);
    }

    fn note_extras(&mut self, text: &str) {
        for sign in CURRENCIES {
            if text.contains(sign) && !self.extras.currencies.contains(&sign) {
                self.extras.currencies.push(sign);
            }
        }
        self.extras.has_percent |= text.contains('%');
        self.extras.has_parentheses |= text.contains('(');
        self.extras.has_trailing_minus |= text.ends_with(['-', '−']);
    }

    /// The notations in which every text is a number, the plainest first.
    pub(crate) fn notations(&self) -> Vec<(NumberForm, Digits)> {
        let mut found = Vec::new();
        for (index, notation) in notations().iter().enumerate() {
            if self.alive & (1 << index) != 0 {
                found.push((self.form(notation.decimal, notation.thousands), self.digits[index]));
            }
        }
        found
    }

    /// Whether all values in this notation fit a whole number of 64 bits.
    pub(crate) fn is_i64(&self, digits: Digits) -> bool {
        digits.fraction == 0 && !self.has_exponent && (digits.whole <= 18 || self.fits_i64)
    }

    /// Whether any text has a sign in which notations differ.
    pub(crate) fn has_signs(&self) -> bool {
        self.has_signs
    }

    fn form(&self, decimal: char, thousands: Option<char>) -> NumberForm {
        NumberForm {
            decimal_sign: decimal,
            thousands_sign: thousands,
            currency_signs: self.extras.currencies.iter().map(|sign| (*sign).to_owned()).collect(),
            percent: self.extras.has_percent.then_some(ingot_contract::Percent::Drop),
            negative_in_parentheses: self.extras.has_parentheses,
            trailing_minus: self.extras.has_trailing_minus,
        }
    }
}

/// The digits of a number, and whether it begins with a zero that would be lost. `None` if there is nothing to count.
fn digits_of(text: &str, decimal: char) -> Option<(Digits, bool)> {
    let mantissa = match text.find(['e', 'E']) {
        Some(at) if text.as_bytes()[at + 1..].iter().any(u8::is_ascii_digit) => &text[..at],
        _ => text,
    };
    // A decimal wants digits on both sides of its sign.
    if mantissa.ends_with(decimal) {
        return None;
    }
    let (whole, fraction) = match mantissa.rsplit_once(decimal) {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    let count = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let mut whole_digits = whole.bytes().filter(u8::is_ascii_digit);
    let all = count(whole);
    let zeros = whole_digits.by_ref().take_while(|digit| *digit == b'0').count();
    if all == 0 {
        return None;
    }
    Some((Digits { whole: all - zeros, fraction: count(fraction) }, all > 1 && zeros > 0))
}

/// Whether a double gives back every digit of this number. Zeros at the end of a fraction are not counted as digits.
fn holds(text: &str) -> bool {
    // Fifteen digits always come back (IEEE 754, section 5.12.2), within the range of usual numbers.
    if text.len() <= 16 && !text.contains(['e', 'E']) {
        return true;
    }
    let Ok(value) = text.parse::<f64>() else { return false };
    let significant = |text: &str| {
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_start_matches('0').trim_end_matches('0').to_owned()
    };
    value.is_finite() && significant(text) == significant(&format!("{value:e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(texts: &[&str]) -> Result<Numbers, NotANumber> {
        let mut numbers = Numbers::default();
        texts.iter().try_for_each(|text| numbers.take(text.as_bytes(), false)).map(|()| numbers)
    }

    fn first(texts: &[&str]) -> (char, Option<char>, usize, usize) {
        let numbers = seen(texts).unwrap();
        let (form, digits) = numbers.notations().remove(0);
        (form.decimal_sign, form.thousands_sign, digits.whole, digits.fraction)
    }

    #[test]
    fn the_notation_is_the_plainest_in_which_all_are_numbers() {
        assert_eq!(first(&["1", "-25", "0"]), ('.', None, 2, 0));
        assert_eq!(first(&["1.50", "12.345"]), ('.', None, 2, 3));
        assert_eq!(first(&["1,50", "1234,5"]), (',', None, 4, 2));
        assert_eq!(first(&["1.234,50", "7,5"]), (',', Some('.'), 4, 2));
        assert_eq!(first(&["1,234.50", "(7.5)"]), ('.', Some(','), 4, 2));
        assert_eq!(first(&["1 234,5", "12"]), (',', Some(' '), 4, 1));
        assert_eq!(first(&["1'234.5"]), ('.', Some('\''), 4, 1));
        assert_eq!(first(&["€ 12,50"]), (',', None, 2, 2));
    }

    #[test]
    fn what_would_lose_a_sign_is_not_a_number() {
        assert_eq!(seen(&["1", "007"]).unwrap_err(), NotANumber::LeadingZero);
        assert_eq!(seen(&["00.5"]).unwrap_err(), NotANumber::LeadingZero);
        assert_eq!(seen(&["+4912345"]).unwrap_err(), NotANumber::Plus);
        assert_eq!(seen(&["1.2.3"]).unwrap_err(), NotANumber::Text);
        assert_eq!(seen(&["5 "]).unwrap_err(), NotANumber::Text);
        for text in ["5.", ".5", "12E5"] {
            assert_eq!(seen(&[text]).unwrap_err(), NotANumber::Text, "{text}");
        }
        assert!(seen(&["0", "0.5", "-0.25", "1.2E6", "1e+06"]).is_ok());
    }

    #[test]
    fn doubles_keep_what_they_hold() {
        assert!(seen(&["1e5", "2.5E-3"]).unwrap().fits_double);
        assert!(!seen(&["0.12345678901234567891"]).unwrap().fits_double);
        assert!(!seen(&["12345678901234567"]).unwrap().fits_double);
    }
}

//! The little language of widths, signs and precisions, which both ways to fill in a text share.
//! <https://docs.python.org/3/library/string.html#format-specification-mini-language>

use crate::error::{Error, Kind, Result};
use crate::value::display::float_repr;

/// Wider than this is a mistake.
pub(super) const WIDEST: usize = 1 << 20;

/// `[[fill]align][sign][#][0][width][,][.precision][type]`
#[derive(Debug, Clone, Default)]
pub(crate) struct Specification {
    pub(super) fill: Option<char>,
    pub(super) align: Option<char>,
    pub(super) sign: Option<char>,
    pub(super) alternate: bool,
    pub(super) zero: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    pub(crate) kind: Option<char>,
}

/// The number that `rest` begins with, which it then no longer does.
pub(super) fn parse_number(rest: &mut &str) -> Result<Option<usize>> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Ok(None);
    }
    let number = rest[..digits].parse().ok().filter(|number| *number <= WIDEST);
    *rest = &rest[digits..];
    number.map(Some).ok_or_else(|| Error::value("too wide a format"))
}

impl Specification {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut specification = Self::default();
        let mut rest = text;
        let mut characters = text.chars();
        let (first, second) = (characters.next(), characters.next());
        let is_align = |c: Option<char>| matches!(c, Some('<' | '>' | '^' | '='));
        if is_align(second) {
            specification.fill = first;
            specification.align = second;
            rest = characters.as_str();
        } else if is_align(first) {
            specification.align = first;
            rest = &text[1..];
        }
        let mut take = |allowed: &[char]| {
            let found = rest.chars().next().filter(|c| allowed.contains(c));
            if found.is_some() {
                rest = &rest[1..];
            }
            found
        };
        specification.sign = take(&['+', '-', ' ']);
        take(&['z']);
        specification.alternate = take(&['#']).is_some();
        specification.zero = take(&['0']).is_some();
        specification.width = parse_number(&mut rest)?.unwrap_or(0);
        if let Some(grouping) = rest.chars().next().filter(|c| matches!(c, ',' | '_')) {
            specification.grouping = Some(grouping);
            rest = &rest[1..];
        }
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            specification.precision = Some(
                parse_number(&mut rest)?.ok_or_else(|| Error::value("Format specifier missing precision"))?,
            );
        }
        specification.kind = rest.chars().next();
        if rest.chars().count() > 1 {
            return Err(Error::value(format!("Invalid format specifier '{text}'")));
        }
        Ok(specification)
    }

    pub(super) fn pad(&self, text: &str, default_align: char) -> String {
        let length = text.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let align = self.align.unwrap_or(if self.zero && default_align == '>' { '=' } else { default_align });
        let fill_of = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        match align {
            '<' => format!("{text}{}", fill_of(missing)),
            '^' => format!("{}{text}{}", fill_of(missing / 2), fill_of(missing - missing / 2)),
            '=' => {
                let signs = text.bytes().take_while(|b| matches!(b, b'+' | b'-' | b' ')).count();
                format!("{}{}{}", &text[..signs], fill_of(missing), &text[signs..])
            }
            _ => format!("{}{text}", fill_of(missing)),
        }
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }

    /// Sign, whole digits in groups, and what follows them, padded.
    pub(crate) fn number(&self, negative: bool, digits: &str, rest: &str) -> String {
        let grouped = match self.grouping {
            Some(mark) => group(digits, mark),
            None => digits.to_owned(),
        };
        self.pad(&format!("{}{grouped}{rest}", self.sign_of(negative)), '>')
    }

    pub(super) fn int(&self, value: i128, kind: char) -> Result<String> {
        let size = value.unsigned_abs();
        let (prefix, digits) = match kind {
            'b' => ("0b", format!("{size:b}")),
            'o' => ("0o", format!("{size:o}")),
            'x' => ("0x", format!("{size:x}")),
            'X' => ("0X", format!("{size:X}")),
            'c' => {
                let character = u32::try_from(value).ok().and_then(char::from_u32);
                let character = character.ok_or_else(|| Error::new(Kind::Overflow, "%c arg not in range"))?;
                return Ok(self.pad(&character.to_string(), '<'));
            }
            _ => ("", size.to_string()),
        };
        let digits = if self.alternate { format!("{prefix}{digits}") } else { digits };
        Ok(self.number(value < 0, &digits, ""))
    }

    pub(crate) fn float(&self, value: f64, kind: char) -> String {
        let negative = value.is_sign_negative() && !value.is_nan();
        let size = value.abs();
        if !size.is_finite() {
            let text = if size.is_nan() { "nan" } else { "inf" };
            let text = if kind.is_uppercase() { text.to_uppercase() } else { text.to_owned() };
            return self.pad(&format!("{}{text}", self.sign_of(negative)), '>');
        }
        let precision = self.precision.unwrap_or(6);
        let mut text = match kind {
            'f' | 'F' => format!("{size:.precision$}"),
            'e' | 'E' => exponent_form(size, precision),
            '%' => format!("{:.precision$}%", size * 100.0),
            'n' | 'g' | 'G' => general(size, precision.max(1), self.alternate),
            // No type: as repr, or general with at least one digit after the point.
            _ => match self.precision {
                None => float_repr(size),
                Some(precision) => {
                    let text = general(size, precision.max(1), false);
                    if text.contains(['.', 'e']) { text } else { text + ".0" }
                }
            },
        };
        if kind.is_uppercase() {
            text = text.to_uppercase();
        }
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        self.number(negative, &text[..split], &text[split..])
    }
}

fn group(digits: &str, mark: char) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

fn exponent_form(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn general(value: f64, precision: usize, keep_zeros: bool) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", precision - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= precision as i32 {
        let text = exponent_form(value, precision - 1);
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{exponent}", trim(digits));
    }
    let decimals = usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0);
    trim(&format!("{value:.decimals$}"))
}

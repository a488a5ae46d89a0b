//! Numbers as Power BI's format strings show them (<https://learn.microsoft.com/dax/format-function-dax>), as far as measures
//! use them: `$#,0.00`, `0.0%`, `+0.0%;-0.0%;0.0%`.

/// A format for numbers of one sign.
#[derive(Debug, Clone, PartialEq)]
struct Section {
    before: String,
    after: String,
    decimals: usize,
    is_grouped: bool,
    is_percent: bool,
    has_digits: bool,
}

fn section(text: &str) -> Section {
    let mut section = Section {
        before: String::new(),
        after: String::new(),
        decimals: 0,
        is_grouped: false,
        is_percent: text.contains('%'),
        has_digits: false,
    };
    let mut in_decimals = false;
    let mut characters = text.chars();
    while let Some(one) = characters.next() {
        match one {
            '0' | '#' => {
                section.has_digits = true;
                section.decimals += usize::from(in_decimals);
            }
            ',' if section.has_digits => section.is_grouped = true,
            '.' if section.has_digits => in_decimals = true,
            '\\' => {
                let place = if section.has_digits { &mut section.after } else { &mut section.before };
                place.extend(characters.next());
            }
            '"' => {}
            other => {
                let place = if section.has_digits { &mut section.after } else { &mut section.before };
                place.push(other);
            }
        }
    }
    section
}

impl Section {
    fn write(&self, value: f64, decimals: usize, unit: &str) -> String {
        let value = if self.is_percent { value * 100.0 } else { value };
        if !self.has_digits {
            return format!("{}{}", self.before, self.after);
        }
        let digits = format!("{:.decimals$}", value.abs());
        let digits = if self.is_grouped { grouped(&digits) } else { digits };
        format!("{}{digits}{unit}{}", self.before, self.after)
    }
}

/// `1234567.8` as `1,234,567.8`.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// The section for a value, and whether its sign must be written.
fn chosen(format: &str, value: f64) -> (Section, bool) {
    let sections: Vec<&str> = format.split(';').collect();
    match sections.as_slice() {
        [_, _, zero, ..] if value == 0.0 => (section(zero), false),
        [_, negative, ..] if value < 0.0 && !negative.is_empty() => (section(negative), false),
        [first, ..] => (section(first), value < 0.0),
        [] => (section("0"), value < 0.0),
    }
}

fn signed(text: String, needs_sign: bool) -> String {
    // Nothing is shown as "-0".
    let is_zero = !text.chars().any(|one| ('1'..='9').contains(&one));
    if needs_sign && !is_zero { format!("-{text}") } else { text }
}

/// All digits that the format asks for.
pub(super) fn full(format: &str, value: f64) -> String {
    if format.is_empty() {
        return signed(grouped(trimmed(&format!("{:.2}", value.abs()))), value < 0.0);
    }
    let (section, needs_sign) = chosen(format, value);
    signed(section.write(value, section.decimals, ""), needs_sign)
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// With a unit from a million on, as cards show it: `$1.23M`.
pub(super) fn short(format: &str, value: f64) -> String {
    scaled(format, value, 1e6, 2)
}

/// With a unit from ten thousand on, as labels beside bars show it.
pub(super) fn label(format: &str, value: f64) -> String {
    scaled(format, value, 1e4, 1)
}

fn scaled(format: &str, value: f64, from: f64, decimals: usize) -> String {
    let (section, needs_sign) = chosen(if format.is_empty() { "#,0.##" } else { format }, value);
    if section.is_percent || value.abs() < from {
        return full(format, value);
    }
    let (size, unit) = unit(value.abs());
    let digits = format!("{:.decimals$}", value.abs() / size);
    signed(format!("{}{}{unit}{}", section.before, trimmed(&digits), section.after), needs_sign)
}

fn unit(value: f64) -> (f64, &'static str) {
    if value >= 999.5e6 {
        (1e9, "bn")
    } else if value >= 999.5e3 {
        (1e6, "M")
    } else {
        (1e3, "K")
    }
}

/// A tick of an axis whose ticks are `step` apart: as many decimals as tell them apart, one unit for all up to `largest`.
pub(super) fn tick(format: &str, value: f64, step: f64, largest: f64) -> String {
    let (section, needs_sign) = chosen(if format.is_empty() { "#,0" } else { format }, value);
    if value == 0.0 {
        return if section.is_percent { "0%".to_owned() } else { "0".to_owned() };
    }
    let (size, unit) = if section.is_percent {
        (0.01, "")
    } else if largest >= 1e4 {
        unit(largest)
    } else {
        (1.0, "")
    };
    let mut decimals = 0;
    while decimals < 4 && ((step / size) * 10f64.powi(decimals)).fract().abs() > 1e-6 {
        decimals += 1;
    }
    let decimals = usize::try_from(decimals).unwrap_or(0);
    let digits = grouped(&format!("{:.decimals$}", value.abs() / size));
    signed(format!("{}{digits}{unit}{}", section.before.trim_matches('+'), section.after), needs_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_their_format_says() {
        for (format, value, text) in [
            ("$#,0", 1_234_567.4, "$1,234,567"),
            ("$#,0.00", 0.5, "$0.50"),
            ("$#,0", -12.0, "-$12"),
            ("0.0%", 0.1234, "12.3%"),
            ("+0.0%;-0.0%;0.0%", 0.05, "+5.0%"),
            ("+0.0%;-0.0%;0.0%", -0.05, "-5.0%"),
            ("+0.0%;-0.0%;0.0%", 0.0, "0.0%"),
            ("0.0", -0.01, "0.0"),
            ("0", 2024.0, "2024"),
            ("", 1234.5, "1,234.5"),
            ("#,0 \"AUD\"", 1000.0, "1,000 AUD"),
        ] {
            assert_eq!(full(format, value), text, "{format} {value}");
        }
    }

    #[test]
    fn large_numbers_have_a_unit() {
        assert_eq!(short("$#,0", 12_345_678.0), "$12.35M");
        assert_eq!(short("$#,0", 999_999.0), "$999,999");
        assert_eq!(label("#,0", 12_000.0), "12K");
        assert_eq!(label("#,0", 999_960.0), "1M");
        assert_eq!(label("#,0", -12_300.0), "-12.3K");
    }

    #[test]
    fn ticks_of_an_axis_differ_from_each_other() {
        assert_eq!(tick("$#,0", 1_500_000.0, 500_000.0, 2e6), "$1.5M");
        assert_eq!(tick("0.0%", 0.025, 0.025, 0.1), "2.5%");
        assert_eq!(tick("#,0", 0.5, 0.5, 2.0), "0.5");
        assert_eq!(tick("+0.0%;-0.0%;0.0%", -0.1, 0.1, 0.3), "-10%");
    }
}

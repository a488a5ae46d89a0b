//! Patterns of dates and times, in the notation of JDK's
//! [DateTimeFormatter](https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/time/format/DateTimeFormatter.html)
//! (`dd/MM/yyyy`), which ODCS names, or of [strptime](https://docs.python.org/3/library/datetime.html#format-codes)
//! (`%d/%m/%Y`). A pattern with a percent sign is one of strptime.

/// What a text must look like, item by item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern {
    /// As the contract writes it.
    pub text: String,
    pub items: Vec<PatternItem>,
    /// The first of the hundred years that two digits can mean.
    pub two_digit_years_from: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternItem {
    /// This text.
    Literal(String),
    /// A number of that many digits.
    Number { field: Field, min: usize, max: usize },
    /// An English name of a month, in any case: three letters, or all.
    MonthName { full: bool },
    /// An English name of a day of the week, which must be that of the date.
    Weekday { full: bool },
    /// AM or PM, in any case.
    HalfOfDay,
    /// `Z`, `±hh`, `±hhmm` or `±hh:mm`.
    Offset,
    /// This, or nothing.
    Optional(Vec<PatternItem>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Year,
    YearOfCentury,
    Month,
    Day,
    DayOfYear,
    Hour,
    /// 1 to 12.
    HourOfHalf,
    Minute,
    Second,
    /// Decimal places of the second.
    Fraction,
}

impl DatePattern {
    /// # Errors
    /// What is wrong with the pattern, in words.
    pub fn parse(text: &str, two_digit_years_from: Option<i64>) -> Result<Self, String> {
        let items = if text.contains('%') { of_strptime(text)? } else { of_jdk(text)? };
        let pattern = Self { text: text.to_owned(), items, two_digit_years_from };
        pattern.is_complete()?;
        Ok(pattern)
    }

    /// Whether texts of this pattern may have an offset from UTC.
    pub fn has_offset(&self) -> bool {
        any(&self.items, &|item| *item == PatternItem::Offset)
    }

    /// Whether this is the form that dates have without any pattern.
    pub fn is_iso_date(&self) -> bool {
        let number = |field, digits| PatternItem::Number { field, min: digits, max: digits };
        let dash = || PatternItem::Literal("-".to_owned());
        self.items == [number(Field::Year, 4), dash(), number(Field::Month, 2), dash(), number(Field::Day, 2)]
    }

    /// Whether a text such as `2024-01-02` is another date in this pattern than in ISO 8601.
    pub fn contradicts_iso(&self) -> bool {
        matches!(
            self.items.as_slice(),
            [
                PatternItem::Number { field: Field::Year, .. },
                PatternItem::Literal(_),
                PatternItem::Number { field: Field::Day, .. },
                ..
            ]
        )
    }

    fn has(&self, wanted: Field) -> bool {
        any(&self.items, &|item| matches!(item, PatternItem::Number { field, .. } if *field == wanted))
    }

    fn is_complete(&self) -> Result<(), String> {
        let month =
            self.has(Field::Month) || any(&self.items, &|item| matches!(item, PatternItem::MonthName { .. }));
        let year = self.has(Field::Year) || self.has(Field::YearOfCentury);
        if !year || !((month && self.has(Field::Day)) || self.has(Field::DayOfYear)) {
            return Err("a date needs a year, a month and a day (`yyyy`, `MM`, `dd`), or a day of the year"
                .to_owned());
        }
        if self.has(Field::YearOfCentury) && self.two_digit_years_from.is_none() {
            return Err(
                "two digits do not say which century a year belongs to; set `twoDigitYears` to the first of \
                the hundred years that they mean, such as 1950"
                    .to_owned(),
            );
        }
        let half = any(&self.items, &|item| *item == PatternItem::HalfOfDay);
        if half != self.has(Field::HourOfHalf) {
            return Err(
                "hours from 1 to 12 (`hh`) and AM or PM (`a`) need each other; hours from 0 to 23 are `HH`"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

fn any(items: &[PatternItem], test: &impl Fn(&PatternItem) -> bool) -> bool {
    items.iter().any(|item| match item {
        PatternItem::Optional(inner) => any(inner, test),
        item => test(item),
    })
}

fn number(field: Field, min: usize, max: usize) -> PatternItem {
    PatternItem::Number { field, min, max }
}

fn push_literal(items: &mut Vec<PatternItem>, text: &str) {
    match items.last_mut() {
        Some(PatternItem::Literal(before)) => before.push_str(text),
        _ => items.push(PatternItem::Literal(text.to_owned())),
    }
}

fn of_jdk(text: &str) -> Result<Vec<PatternItem>, String> {
    let characters: Vec<char> = text.chars().collect();
    // The items of each open bracket, the outermost first.
    let mut open: Vec<Vec<PatternItem>> = vec![Vec::new()];
    let mut at = 0;
    while let Some(character) = characters.get(at).copied() {
        let Some(items) = open.last_mut() else { return Err("a `]` has no `[` before it".to_owned()) };
        match character {
            '[' => open.push(Vec::new()),
            ']' => {
                let inner = open.pop().unwrap_or_default();
                let Some(outer) = open.last_mut() else {
                    return Err("a `]` has no `[` before it".to_owned());
                };
                outer.push(PatternItem::Optional(inner));
            }
            '\'' if characters.get(at + 1) == Some(&'\'') => {
                push_literal(items, "'");
                at += 1;
            }
            '\'' => {
                let length = characters[at + 1..].iter().position(|character| *character == '\'');
                let length = length.ok_or_else(|| "a quote (') is not closed".to_owned())?;
                let quoted: String = characters[at + 1..at + 1 + length].iter().collect();
                at += length + 1;
                // A Z in quotes at the end says by custom that the time is in UTC.
                if quoted == "Z" && at + 1 == characters.len() {
                    items.push(PatternItem::Offset);
                } else {
                    push_literal(items, &quoted);
                }
            }
            'a'..='z' | 'A'..='Z' => {
                let count = characters[at..].iter().take_while(|other| **other == character).count();
                items.push(jdk_item(character, count)?);
                at += count - 1;
            }
            '{' | '}' | '#' => return Err(format!("`{character}` is reserved; write it in quotes")),
            other => push_literal(items, other.encode_utf8(&mut [0; 4])),
        }
        at += 1;
    }
    match open.pop() {
        Some(items) if open.is_empty() => Ok(items),
        _ => Err("a `[` is not closed".to_owned()),
    }
}

fn jdk_item(letter: char, count: usize) -> Result<PatternItem, String> {
    let digits = |field| number(field, count.min(2), 2);
    Ok(match (letter, count) {
        ('y' | 'u', 1 | 4) => number(Field::Year, 4, 4),
        ('y' | 'u', 2) => number(Field::YearOfCentury, 2, 2),
        ('M' | 'L', 1 | 2) => digits(Field::Month),
        ('M' | 'L', 3) => PatternItem::MonthName { full: false },
        ('M' | 'L', 4) => PatternItem::MonthName { full: true },
        ('d', 1 | 2) => digits(Field::Day),
        ('D', 1) => number(Field::DayOfYear, 1, 3),
        ('D', 3) => number(Field::DayOfYear, 3, 3),
        ('D', 2) => {
            return Err("`DD` is the day of the year in two digits; the day of the month is `dd`".to_owned());
        }
        ('H', 1 | 2) => digits(Field::Hour),
        ('h', 1 | 2) => digits(Field::HourOfHalf),
        ('m', 1 | 2) => digits(Field::Minute),
        ('s', 1 | 2) => digits(Field::Second),
        ('S', 1..=9) => number(Field::Fraction, count, count),
        ('a', 1) => PatternItem::HalfOfDay,
        ('E', 1..=3) => PatternItem::Weekday { full: false },
        ('E', 4) => PatternItem::Weekday { full: true },
        ('X' | 'x', 1..=3) | ('Z', 1..=3 | 5) => PatternItem::Offset,
        ('Y', _) => {
            return Err(
                "`Y` is the year of a week, which differs around New Year; the year is `yyyy`".to_owned()
            );
        }
        _ => {
            let letters: String = std::iter::repeat_n(letter, count).collect();
            return Err(format!(
                "`{letters}` is not read here; text that is not a field is written in quotes: '{letters}'"
            ));
        }
    })
}

fn of_strptime(text: &str) -> Result<Vec<PatternItem>, String> {
    let mut items = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            push_literal(&mut items, character.encode_utf8(&mut [0; 4]));
            continue;
        }
        let mut code = characters.next();
        // `%-d` differs from `%d` only in what is written.
        if code == Some('-') {
            code = characters.next();
        }
        match code {
            Some('Y') => items.push(number(Field::Year, 4, 4)),
            Some('y') => items.push(number(Field::YearOfCentury, 2, 2)),
            Some('m') => items.push(number(Field::Month, 1, 2)),
            Some('d' | 'e') => items.push(number(Field::Day, 1, 2)),
            Some('j') => items.push(number(Field::DayOfYear, 1, 3)),
            Some('H') => items.push(number(Field::Hour, 1, 2)),
            Some('I') => items.push(number(Field::HourOfHalf, 1, 2)),
            Some('M') => items.push(number(Field::Minute, 1, 2)),
            Some('S') => items.push(number(Field::Second, 1, 2)),
            Some('f') => items.push(number(Field::Fraction, 1, 6)),
            Some('p') => items.push(PatternItem::HalfOfDay),
            Some('b' | 'h') => items.push(PatternItem::MonthName { full: false }),
            Some('B') => items.push(PatternItem::MonthName { full: true }),
            Some('a') => items.push(PatternItem::Weekday { full: false }),
            Some('A') => items.push(PatternItem::Weekday { full: true }),
            Some('z') => items.push(PatternItem::Offset),
            Some('F') => items.extend(of_strptime("%Y-%m-%d")?),
            Some('T') => items.extend(of_strptime("%H:%M:%S")?),
            Some('%') => push_literal(&mut items, "%"),
            Some(code) => return Err(format!("`%{code}` is not read here")),
            None => return Err("the pattern ends with a single percent sign; write `%%` for one".to_owned()),
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        DatePattern::parse(text, None).unwrap_err()
    }

    #[test]
    fn both_notations_say_the_same() {
        let items = |text: &str| DatePattern::parse(text, Some(1950)).unwrap().items;
        assert_eq!(items("d/M/yyyy"), items("%d/%m/%Y"));
        assert_eq!(items("d-MMM-yy h:m a"), items("%d-%b-%y %I:%M %p"));
        assert!(DatePattern::parse("yyyy-MM-dd", None).unwrap().is_iso_date());
        assert!(DatePattern::parse("yyyy-MM-dd'T'HH:mm:ss[.SSS]'Z'", None).unwrap().has_offset());
        assert!(DatePattern::parse("yyyy/dd/MM", None).unwrap().contradicts_iso());
    }

    #[test]
    fn a_pattern_that_would_not_give_a_date_is_refused_with_the_reason() {
        assert!(fault("dd/MM").contains("a year"));
        assert!(fault("dd/MM/yy").contains("twoDigitYears"));
        assert!(fault("YYYY-MM-dd").contains("yyyy"));
        assert!(fault("yyyy-MM-DD").contains("dd"));
        assert!(fault("yyyy-MM-dd hh:mm").contains("HH"));
        assert!(fault("yyyy-MM-ddTHH:mm").contains("'T'"));
        assert!(fault("yyyy-MM-dd[ HH:mm").contains('['));
        assert!(fault("yyyy-MM-dd]").contains(']'));
        assert!(fault("yyyy-MM-dd 'x").contains("not closed"));
        assert!(fault("%Y-%m-%d %Q").contains("%Q"));
        assert!(fault("%Y-%m-%d%").contains("single"));
    }
}

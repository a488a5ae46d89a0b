//! Columns that are computed from other columns of their row: `quantity * unit_price`, `first || '.' || last`.
//!
//! Numbers with `+ - * /`, texts with `||`, parentheses, and `round(x, places)`, `lower(x)`, `upper(x)`,
//! `days(x)` (a date so many days after another: `ordered_on + days(3)`).

use super::value::Value;
use crate::calendar::DAY_SECONDS;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Column(String),
    Number(f64),
    Text(String),
    Binary(Box<Expression>, char, Box<Expression>),
    Call(String, Vec<Expression>),
}

const FUNCTIONS: [(&str, usize); 4] = [("round", 2), ("lower", 1), ("upper", 1), ("days", 1)];

impl Expression {
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { letters: text.chars().collect(), at: 0 };
        let expression = parser.sum()?;
        match parser.peek() {
            None => Ok(expression),
            Some(letter) => Err(format!("'{letter}' is not expected there")),
        }
    }

    /// The columns that it needs.
    pub(crate) fn columns(&self) -> Vec<&str> {
        match self {
            Self::Column(name) => vec![name],
            Self::Number(_) | Self::Text(_) => Vec::new(),
            Self::Binary(one, _, other) => [one.columns(), other.columns()].concat(),
            Self::Call(_, arguments) => arguments.iter().flat_map(Self::columns).collect(),
        }
    }

    /// Its value for a row. Null if any part of it is null, or does not fit.
    pub(crate) fn value(&self, column: &dyn Fn(&str) -> Value) -> Value {
        match self {
            Self::Column(name) => column(name),
            Self::Number(number) => Value::Float(*number),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Binary(one, sign, other) => binary(one.value(column), *sign, other.value(column)),
            Self::Call(name, arguments) => {
                let values: Vec<Value> = arguments.iter().map(|argument| argument.value(column)).collect();
                call(name, &values)
            }
        }
    }
}

/// Marks a number of days, for [`binary`].
fn days(number: f64) -> Value {
    Value::Struct(vec![Value::Float(number)])
}

fn binary(one: Value, sign: char, other: Value) -> Value {
    if one.is_null() || other.is_null() {
        return Value::Null;
    }
    if sign == '|' {
        return Value::Text(one.text() + &other.text());
    }
    let sign_of = if sign == '-' { -1.0 } else { 1.0 };
    match (&one, &other) {
        (Value::Date(day), Value::Struct(parts)) => match parts.first() {
            Some(Value::Float(number)) => Value::Date(day + (number * sign_of) as i32),
            _ => Value::Null,
        },
        (Value::Timestamp(micros), Value::Struct(parts)) => match parts.first() {
            Some(Value::Float(number)) => {
                Value::Timestamp(micros + (number * sign_of * DAY_SECONDS as f64) as i64 * 1_000_000)
            }
            _ => Value::Null,
        },
        _ => match (number_of(&one), number_of(&other)) {
            (Some(one), Some(other)) => Value::Float(match sign {
                '+' => one + other,
                '-' => one - other,
                '*' => one * other,
                _ if other == 0.0 => return Value::Null,
                _ => one / other,
            }),
            _ => Value::Null,
        },
    }
}

fn call(name: &str, values: &[Value]) -> Value {
    match (name, values) {
        ("round", [number, places]) => match (number_of(number), number_of(places)) {
            (Some(number), Some(places)) => {
                let unit = 10f64.powi(places as i32);
                Value::Float((number * unit).round() / unit)
            }
            _ => Value::Null,
        },
        ("days", [number]) => number_of(number).map_or(Value::Null, days),
        (_, [Value::Null]) => Value::Null,
        ("lower", [value]) => Value::Text(value.text().to_lowercase()),
        ("upper", [value]) => Value::Text(value.text().to_uppercase()),
        _ => Value::Null,
    }
}

pub(crate) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Decimal { units, scale } => Some(*units as f64 / 10f64.powi(*scale as i32)),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

struct Parser {
    letters: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&mut self) -> Option<char> {
        while self.letters.get(self.at).is_some_and(|letter| letter.is_whitespace()) {
            self.at += 1;
        }
        self.letters.get(self.at).copied()
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.peek();
        let wanted: Vec<char> = wanted.chars().collect();
        let found = self.letters[self.at.min(self.letters.len())..].starts_with(&wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            let sign = match () {
                () if self.take("||") => '|',
                () if self.take("+") => '+',
                () if self.take("-") => '-',
                () => return Ok(left),
            };
            left = Expression::Binary(Box::new(left), sign, Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.operand()?;
        loop {
            let sign = match () {
                () if self.take("*") => '*',
                () if self.take("/") => '/',
                () => return Ok(left),
            };
            left = Expression::Binary(Box::new(left), sign, Box::new(self.operand()?));
        }
    }

    fn operand(&mut self) -> Result<Expression, String> {
        match self.peek() {
            None => Err("something is missing at its end".to_owned()),
            Some('(') => {
                self.at += 1;
                let inner = self.sum()?;
                if self.take(")") { Ok(inner) } else { Err("a `(` is not closed".to_owned()) }
            }
            Some('-') => {
                self.at += 1;
                let operand = self.operand()?;
                Ok(Expression::Binary(Box::new(Expression::Number(0.0)), '-', Box::new(operand)))
            }
            Some('\'') => {
                let rest = &self.letters[self.at + 1..];
                let end = rest.iter().position(|letter| *letter == '\'').ok_or("a quote is not closed")?;
                let text = rest[..end].iter().collect();
                self.at += end + 2;
                Ok(Expression::Text(text))
            }
            Some(letter) if letter.is_ascii_digit() => {
                let text = self.word(|letter| letter.is_ascii_digit() || letter == '.');
                text.parse().map(Expression::Number).map_err(|_| format!("'{text}' is not a number"))
            }
            Some(letter) if letter.is_alphabetic() || letter == '_' => {
                let name = self.word(|letter| letter.is_alphanumeric() || letter == '_');
                if !self.take("(") {
                    return Ok(Expression::Column(name));
                }
                let mut arguments = vec![self.sum()?];
                while self.take(",") {
                    arguments.push(self.sum()?);
                }
                if !self.take(")") {
                    return Err("a `(` is not closed".to_owned());
                }
                match FUNCTIONS.iter().find(|(known, _)| *known == name) {
                    Some((_, count)) if *count == arguments.len() => Ok(Expression::Call(name, arguments)),
                    Some((_, count)) => Err(format!("{name} takes {count} arguments")),
                    None => {
                        let known: Vec<&str> = FUNCTIONS.iter().map(|(known, _)| *known).collect();
                        Err(format!("there is no function '{name}', only {}", known.join(", ")))
                    }
                }
            }
            Some(letter) => Err(format!("'{letter}' is not expected there")),
        }
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let word: String = self.letters[self.at..].iter().take_while(|letter| belongs(**letter)).collect();
        self.at += word.chars().count();
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_computed() {
        let row = |name: &str| match name {
            "quantity" => Value::Int(3),
            "price" => Value::Decimal { units: 250, scale: 2 },
            "name" => Value::Text("Ada".to_owned()),
            "day" => Value::Date(10),
            _ => Value::Null,
        };
        for (text, value) in [
            ("quantity * price", Value::Float(7.5)),
            ("round((quantity + 1) / 3, 2)", Value::Float(1.33)),
            ("lower(name) || '@x.de'", Value::Text("ada@x.de".to_owned())),
            ("day + days(5)", Value::Date(15)),
            ("-quantity - 1", Value::Float(-4.0)),
            ("quantity / 0", Value::Null),
            ("missing * 2", Value::Null),
        ] {
            assert_eq!(Expression::parse(text).unwrap().value(&row), value, "{text}");
        }
        for text in ["", "1 +", "(1", "nothing(1)", "round(1)", "'a", "1 ; 2"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
        assert_eq!(Expression::parse("a * round(b, 2)").unwrap().columns(), ["a", "b"]);
    }
}

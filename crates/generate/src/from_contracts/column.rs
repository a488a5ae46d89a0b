//! How the values of one column come about.

use super::chance::Chance;
use super::constraints::Constraints;
use super::expression::{Expression, number_of};
use super::kinds::{Kind, Locale};
use super::pattern::Language;
use super::value::Value;
use crate::calendar::{DAY_SECONDS, Day};
use ingot_contract::DataType;

/// How often a value is drawn again that a rule does not allow.
const ATTEMPTS: usize = 24;

/// What makes the values of one column.
#[derive(Debug, Clone)]
pub(crate) struct Maker {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    /// Tells its random numbers from those of other columns.
    pub(crate) label: u64,
    pub(crate) constraints: Constraints,
    /// Share of nulls, 0 to 1.
    pub(crate) nulls: f64,
    pub(crate) locale: Locale,
    pub(crate) source: Source,
    /// Texts that its files cannot have: delimiters of a CSV without quotes.
    pub(crate) forbidden: Vec<String>,
    /// Whether its files can hold only the characters of Latin-1.
    pub(crate) latin_only: bool,
    /// The part of a row's number that counts for it, if it is part of a key of several columns.
    pub(crate) key_part: Option<KeyPart>,
}

/// Of a row's number: divided, then the remainder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KeyPart {
    pub(crate) divide: u64,
    pub(crate) modulus: Option<u64>,
    /// The number within its day counts, because the day is part of the key too.
    pub(crate) within_day: bool,
}

/// Where values come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A number that counts up: units of a number or decimal, days, microseconds.
    Counter {
        first: i128,
        step: i128,
    },
    /// A text that no other row has.
    Unique(UniqueText),
    /// One of these by weight; a unique column takes them in turn.
    Values {
        values: Vec<Value>,
        weights: Vec<f64>,
        in_turn: bool,
    },
    /// A number, in the column's natural unit.
    Number(Spread),
    /// A day, or a moment, between these (days since 1970), inclusive.
    Between {
        first: i128,
        last: i128,
    },
    /// So many days after the day of the row.
    AfterRow {
        days: i128,
    },
    /// The day or moment of the row.
    Row,
    /// A value of another feed's column.
    Reference {
        feed: usize,
        column: usize,
        exponent: Option<f64>,
    },
    Computed(Expression),
    /// What the path of the row's file says.
    Path(usize),
    Text(Kind),
    Pattern(Language),
    /// A list or an object in JSON, as rules on the text demand.
    Json,
    Boolean,
    TimeOfDay,
    Bytes,
    Items(Box<Maker>),
    Members(Vec<Maker>),
    Entries(Box<Maker>, Box<Maker>),
}

/// How numbers are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spread {
    Uniform { low: f64, high: f64 },
    Normal { mean: f64, deviation: f64 },
    LogNormal { median: f64, sigma: f64 },
    Zipf { low: f64, count: u64, exponent: f64 },
}

#[derive(Debug, Clone)]
pub(crate) enum UniqueText {
    Kind(Kind),
    Pattern(Language),
    /// `CUS-000123`.
    Numbered {
        prefix: String,
        digits: usize,
    },
    /// Base 36 with so many digits, for short columns.
    Short(usize),
    /// The number in base64.
    Base64,
}

/// What a value may depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowAt {
    pub(crate) row: u64,
    /// The number that counts for the column: see [`KeyPart`].
    pub(crate) number: u64,
    pub(crate) day: Day,
    pub(crate) micros: i64,
}

impl Maker {
    /// The value for a row, for all sources but those that other columns or feeds decide.
    pub(crate) fn make(&self, seed: u64, at: RowAt) -> Value {
        let mut chance = Chance::of_cell(seed, self.label, at.row);
        if self.nulls > 0.0 && chance.unit() < self.nulls {
            return Value::Null;
        }
        let mut value = Value::Null;
        for _ in 0..ATTEMPTS {
            value = self.fit(self.draw(at, &mut chance), &mut chance);
            if self.constraints.allows(&value) {
                break;
            }
        }
        value
    }

    fn draw(&self, at: RowAt, chance: &mut Chance) -> Value {
        match &self.source {
            Source::Counter { first, step } => self.whole(first + step * i128::from(at.number)),
            Source::Unique(text) => Value::Text(match text {
                UniqueText::Kind(kind) => kind.unique_text(at.number + 1, self.locale, chance),
                UniqueText::Pattern(language) => language.nth(at.number),
                UniqueText::Numbered { prefix, digits } => format!("{prefix}{:0digits$}", at.number + 1),
                UniqueText::Short(digits) => base_36(at.number, *digits),
                UniqueText::Base64 => Value::Binary(at.number.to_be_bytes().to_vec()).text(),
            }),
            Source::Values { values, in_turn: true, .. } => {
                values[(at.number % values.len().max(1) as u64) as usize].clone()
            }
            Source::Values { values, weights, .. } => by_weight(values, weights, chance.unit()),
            Source::Number(spread) => self.number(spread.draw(chance)),
            Source::Between { first, last } => self.moment(chance.between(*first, *last), chance),
            Source::AfterRow { days } => match self.data_type {
                DataType::Timestamp => {
                    let later = chance.between(0, days * i128::from(DAY_SECONDS)) as i64;
                    Value::Timestamp(at.micros + later * 1_000_000)
                }
                _ => Value::Date(at.day + chance.between(0, *days) as Day),
            },
            Source::Row => match self.data_type {
                DataType::Date => Value::Date(at.day),
                _ => Value::Timestamp(at.micros),
            },
            Source::Text(kind) => Value::Text(kind.text(self.locale, chance)),
            Source::Pattern(language) => Value::Text(language.any(chance)),
            Source::Json => Value::Text(self.json(chance)),
            Source::Boolean => Value::Bool(chance.unit() < 0.7),
            Source::TimeOfDay => Value::Time(chance.below(DAY_SECONDS as u64) as u32 / 60 * 60),
            Source::Bytes => Value::Binary((0..16).map(|_| chance.bits() as u8).collect()),
            Source::Items(item) => {
                let count = chance.below(4);
                Value::List((0..count).map(|_| item.make(chance.bits(), at)).collect())
            }
            Source::Members(members) => {
                let seed = chance.bits();
                Value::Struct(members.iter().map(|member| member.make(seed, at)).collect())
            }
            Source::Entries(key, value) => {
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for _ in 0..=chance.below(3) {
                    let name = key.make(chance.bits(), at);
                    if !name.is_null() && entries.iter().all(|(other, _)| *other != name) {
                        entries.push((name, value.make(chance.bits(), at)));
                    }
                }
                Value::Map(entries)
            }
            // Decided by whoever knows the other columns and feeds.
            Source::Reference { .. } | Source::Computed(_) | Source::Path(_) => Value::Null,
        }
    }

    /// A whole number in the column's own unit.
    fn whole(&self, number: i128) -> Value {
        match &self.data_type {
            DataType::Decimal { scale, .. } => {
                Value::Decimal { units: number, scale: u32::try_from(*scale).unwrap_or(0) }
            }
            DataType::F64 => Value::Float(number as f64),
            DataType::Date => Value::Date(Day::try_from(number).unwrap_or(Day::MAX)),
            DataType::Timestamp => Value::Timestamp(i64::try_from(number).unwrap_or(i64::MAX)),
            DataType::Str => Value::Text(number.to_string()),
            _ => Value::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        }
    }

    /// The nearest value of the column's type and rules to a number.
    pub(crate) fn number(&self, number: f64) -> Value {
        let rules = &self.constraints;
        match &self.data_type {
            DataType::F64 => {
                let rounded = (number * 1e4).round() / 1e4;
                let inside = rounded.clamp(rules.least_float, rules.most_float);
                Value::Float(match rules.multiple_float {
                    None => inside,
                    Some(of) => ((inside / of).round() * of).clamp(rules.least_float, rules.most_float),
                })
            }
            DataType::Str => Value::Text((number.round() as i64).to_string()),
            data_type => {
                let scale = match data_type {
                    DataType::Decimal { scale, .. } => i32::from(*scale),
                    _ => 0,
                };
                let step = rules.multiple;
                let units = (number * 10f64.powi(scale)).round() as i128;
                let inside = units.clamp(rules.least, rules.most);
                // Down to a multiple, unless that is below the least.
                let down = inside.div_euclid(step) * step;
                self.whole(if down < rules.least { down + step } else { down })
            }
        }
    }

    /// A day as it is, or a moment of it.
    fn moment(&self, day: i128, chance: &mut Chance) -> Value {
        let rules = &self.constraints;
        if self.data_type == DataType::Date {
            return self.whole(day.clamp(rules.least, rules.most));
        }
        let second = day * i128::from(DAY_SECONDS) + i128::from(chance.below(DAY_SECONDS as u64));
        self.whole((second * 1_000_000).clamp(rules.least, rules.most))
    }

    /// What an expression or a reference gave, as a value of this column.
    pub(crate) fn converted(&self, value: Value) -> Value {
        match (&self.data_type, &value) {
            (_, Value::Null)
            | (DataType::Date, Value::Date(_))
            | (DataType::Timestamp, Value::Timestamp(_))
            | (DataType::Bool, Value::Bool(_))
            | (DataType::Str, Value::Text(_)) => value,
            (DataType::Str, other) => Value::Text(other.text()),
            (DataType::Date, Value::Timestamp(micros)) => {
                Value::Date(micros.div_euclid(DAY_SECONDS * 1_000_000) as Day)
            }
            (DataType::Timestamp, Value::Date(day)) => {
                Value::Timestamp(i64::from(*day) * DAY_SECONDS * 1_000_000)
            }
            (data_type, other) => Value::parse(data_type, &other.text())
                .or_else(|| number_of(other).map(|number| self.number(number)))
                .unwrap_or(Value::Null),
        }
    }

    /// Texts are made to fit the column's length and the file's characters.
    fn fit(&self, value: Value, chance: &mut Chance) -> Value {
        let Value::Text(mut text) = value else { return value };
        if matches!(self.source, Source::Values { .. } | Source::Pattern(_) | Source::Json) {
            return Value::Text(text);
        }
        if self.latin_only && text.chars().any(|letter| letter > 'ÿ') {
            text = text.chars().map(|letter| if letter > 'ÿ' { '?' } else { letter }).collect();
        }
        for forbidden in &self.forbidden {
            if text.contains(forbidden.as_str()) {
                text = text.replace(forbidden.as_str(), " ");
            }
        }
        if text.contains(['\n', '\r']) {
            text = text.replace(['\n', '\r'], " ");
        }
        let length = text.chars().count();
        if length > self.constraints.longest && !matches!(self.source, Source::Unique(_)) {
            text = text.chars().take(self.constraints.longest).collect::<String>().trim_end().to_owned();
        }
        while text.chars().count() < self.constraints.shortest {
            text.push(char::from(b'a' + chance.below(26) as u8));
        }
        Value::Text(text)
    }

    fn json(&self, chance: &mut Chance) -> String {
        let word = |chance: &mut Chance| Kind::Word.text(self.locale, chance);
        if let Some(items) = &self.constraints.items {
            let most = items.most.unwrap_or(items.least + 3);
            let count = items.least + chance.below(most.saturating_sub(items.least).min(3) + 1);
            let words: Vec<String> = (0..count).map(|place| format!("\"{}{place}\"", word(chance))).collect();
            return format!("[{}]", words.join(","));
        }
        let Some(members) = &self.constraints.members else { return "{}".to_owned() };
        let mut names = members.names.clone();
        names.dedup();
        let mut more = 0;
        while (names.len() as u64) < members.least {
            more += 1;
            names.push(format!("member_{more}"));
        }
        let written: Vec<String> = names
            .iter()
            .map(|name| format!("{}:\"{}\"", serde_json::Value::String(name.clone()), word(chance)))
            .collect();
        format!("{{{}}}", written.join(","))
    }
}

impl Source {
    /// Whether each number of a row gives another value.
    pub(crate) fn counts_up(&self) -> bool {
        matches!(self, Self::Counter { .. } | Self::Unique(_))
    }
}

impl Spread {
    fn draw(&self, chance: &mut Chance) -> f64 {
        match *self {
            Self::Uniform { low, high } => low + (high - low) * chance.unit(),
            Self::Normal { mean, deviation } => mean + deviation * chance.normal(),
            Self::LogNormal { median, sigma } => median * libm::exp(sigma * chance.normal()),
            Self::Zipf { low, count, exponent } => low + chance.zipf(count, exponent) as f64,
        }
    }
}

fn by_weight(values: &[Value], weights: &[f64], unit: f64) -> Value {
    let mut left = unit * weights.iter().sum::<f64>();
    for (value, weight) in values.iter().zip(weights) {
        if left < *weight {
            return value.clone();
        }
        left -= weight;
    }
    values.last().cloned().unwrap_or(Value::Null)
}

fn base_36(mut number: u64, digits: usize) -> String {
    let mut text = vec![b'0'; digits];
    for place in text.iter_mut().rev() {
        *place = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
        number /= 36;
    }
    String::from_utf8_lossy(&text).into_owned()
}

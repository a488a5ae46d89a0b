//! A contract compiled for checking rows: what is required and which rules reject. A row gets every reason against it,
//! not only the first.

use super::fixed_value::FixedValue;
use super::parse::{self, Value};
use crate::row::Reason;
use ingot_contract::{Check, Contract, DataType, Severity};
use ingot_core::error::{Error, Result};
use regex::bytes::Regex;
use std::borrow::Cow;

/// One column's checks.
pub(crate) struct ColumnCheck {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) required: bool,
    rules: Vec<CompiledRule>,
}

/// A number to compare with bounds; exact up to 2^53 units of a decimal, and the nearest beyond.
#[inline]
fn number(value: &Value<'_>, unit: f64) -> Option<f64> {
    match value {
        Value::I32(value) => Some(f64::from(*value)),
        Value::I64(value) => Some(*value as f64),
        Value::F64(value) => Some(*value),
        Value::Decimal(value) => Some(*value as f64 / unit),
        _ => None,
    }
}

struct CompiledRule {
    code: String,
    test: Test,
    description: String,
}

enum Test {
    Range {
        min: f64,
        max: f64,
        /// What decimals are divided by.
        unit: f64,
    },
    OneOf(Vec<String>),
    Matches(Regex),
}

/// All columns of a contract.
pub(crate) struct Checks {
    pub(crate) columns: Vec<ColumnCheck>,
}

impl Checks {
    /// # Errors
    /// A pattern in the contract that is not a valid regular expression.
    pub(crate) fn compile(contract: &Contract) -> Result<Self> {
        let mut columns = Vec::with_capacity(contract.columns.len());
        for column in &contract.columns {
            let mut rules = Vec::new();
            for rule in column.rules.iter().filter(|rule| rule.severity == Severity::Error) {
                let test = match &rule.check {
                    Check::JsonMembers(_) => continue,
                    Check::Range { min, max } => Test::Range {
                        min: min.unwrap_or(f64::NEG_INFINITY),
                        max: max.unwrap_or(f64::INFINITY),
                        unit: match &column.data_type {
                            DataType::Decimal { scale, .. } => 10_f64.powi(i32::from(*scale)),
                            _ => 1.0,
                        },
                    },
                    Check::AcceptedValues(values) => Test::OneOf(values.clone()),
                    Check::Pattern(pattern) => {
                        Test::Matches(Regex::new(&format!(r"\A(?:{pattern})\z")).map_err(|error| {
                            Error::new(format!(
                                "rule {} of column '{}': the pattern is not a valid regular expression",
                                rule.code, column.name
                            ))
                            .at(&contract.file)
                            .caused_by(error)
                        })?)
                    }
                };
                rules.push(CompiledRule {
                    code: rule.code.clone(),
                    test,
                    description: rule.description.clone(),
                });
            }
            columns.push(ColumnCheck {
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                required: column.required,
                rules,
            });
        }
        Ok(Self { columns })
    }
}

impl ColumnCheck {
    /// The cell's value; `None` after adding the reasons against it.
    #[inline]
    pub(crate) fn check<'a>(
        &self,
        cell: Option<&'a [u8]>,
        fixed: Option<&FixedValue>,
        reasons: &mut Vec<Reason>,
    ) -> Option<Value<'a>> {
        let Some(text) = cell else {
            if self.required {
                reasons.push(self.missing());
                return None;
            }
            return Some(Value::Null);
        };
        match parse::parse(&self.data_type, text) {
            Ok(value) => {
                let before = reasons.len();
                if fixed.is_some() || !self.rules.is_empty() {
                    self.check_rules(&value, || Cow::Borrowed(text), fixed, reasons);
                }
                (reasons.len() == before).then_some(value)
            }
            Err(fault) => {
                reasons.push(self.reason(fault.code, text, fault.expected));
                None
            }
        }
    }

    /// Applies the rules, and compares with the partition's value, for a value that has the right type. `text` gives the
    /// value as text. `fixed` is the column's value according to the file's path.
    #[inline]
    pub(crate) fn check_rules<'t>(
        &self,
        value: &Value<'_>,
        text: impl Fn() -> Cow<'t, [u8]>,
        fixed: Option<&FixedValue>,
        reasons: &mut Vec<Reason>,
    ) {
        if let Some(fixed) = fixed
            && !fixed.equals(value)
        {
            let expected = format!("{}, as in the file's path", fixed.text().unwrap_or("null"));
            reasons.push(self.reason("PARTITION_MISMATCH", &text(), &expected));
        }
        for rule in &self.rules {
            let holds = match &rule.test {
                Test::Range { min, max, unit } => {
                    number(value, *unit).is_some_and(|number| number >= *min && number <= *max)
                }
                Test::OneOf(values) => {
                    let text = text();
                    values.iter().any(|accepted| accepted.as_bytes() == &*text)
                }
                Test::Matches(pattern) => pattern.is_match(&text()),
            };
            if !holds {
                reasons.push(self.reason(&rule.code, &text(), &rule.description));
            }
        }
    }

    /// Whether [`Self::check_rules`] would look at values at all.
    pub(crate) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    pub(crate) fn missing(&self) -> Reason {
        Reason {
            code: "REQUIRED_MISSING".to_owned(),
            column: Some(self.name.clone()),
            value: None,
            expected: "a value; the contract requires one".to_owned(),
        }
    }

    pub(crate) fn reason(&self, code: &str, value: &[u8], expected: &str) -> Reason {
        Reason {
            code: code.to_owned(),
            column: Some(self.name.clone()),
            value: Some(String::from_utf8_lossy(value).into_owned()),
            expected: expected.to_owned(),
        }
    }
}

//! A contract compiled for checking rows: what is required and which rules reject. A row gets every reason against it,
//! not only the first.

use super::fixed_value::FixedValue;
use super::form::{CompiledForm, shown};
use super::parse::{self, CellText, Value};
use super::rules::CompiledRule;
use super::suggest::suggestion;
use crate::erase::Erased;
use crate::row::Reason;
use ingot_contract::{Check, Column, Contract, DataType, Severity};
use ingot_core::error::Result;
use std::borrow::Cow;
use std::path::Path;

/// One column's checks.
pub(crate) struct ColumnCheck {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) required: bool,
    /// How its values are written, if the contract says so.
    pub(crate) form: Option<CompiledForm>,
    rules: Vec<CompiledRule>,
    /// Codes and descriptions of the rules that a null breaks.
    null_rules: Vec<(String, String)>,
    /// For what a value consists of, in the order of [`DataType::inner`].
    pub(crate) inner: Vec<ColumnCheck>,
}

/// All columns of a contract.
pub(crate) struct Checks {
    pub(crate) columns: Vec<ColumnCheck>,
    /// Who of the feed's people was erased; `None` if nobody.
    pub(crate) erased: Option<Erased>,
}

impl Checks {
    /// # Errors
    /// A rule of the contract that does not fit its column.
    pub(crate) fn compile(contract: &Contract) -> Result<Self> {
        let columns = contract.columns.iter().map(|column| ColumnCheck::compile(column, contract));
        Ok(Self { columns: columns.collect::<Result<_>>()?, erased: None })
    }

    /// The same, for rows that go into this lake: those of people who were erased from it are kept out.
    ///
    /// # Errors
    /// As [`Self::compile`], or the list of these people cannot be read.
    pub(crate) fn for_lake(contract: &Contract, lake: &Path) -> Result<Self> {
        Ok(Self { erased: Erased::of(lake, contract)?, ..Self::compile(contract)? })
    }
}

impl ColumnCheck {
    fn compile(column: &Column, contract: &Contract) -> Result<Self> {
        let (mut rules, mut null_rules) = (Vec::new(), Vec::new());
        for rule in column.rules.iter().filter(|rule| rule.severity == Severity::Error) {
            if matches!(rule.check, Check::NotMissing { null: true, .. }) {
                null_rules.push((rule.code.clone(), rule.description.clone()));
            }
            rules.extend(CompiledRule::compile(rule, column, contract)?);
        }
        let form = column.form.as_ref().map(|form| CompiledForm::new(form, contract.raw.format));
        let inner = column.data_type.inner().into_iter().map(|one| Self::compile(one, contract));
        Ok(Self {
            name: column.name.clone(),
            data_type: column.data_type.clone(),
            required: column.required,
            form: form.transpose()?,
            rules,
            null_rules,
            inner: inner.collect::<Result<_>>()?,
        })
    }

    /// The cell's value; `None` after adding the reasons against it. `is_typed` says that the cell was not text in the
    /// file, but a number or truth value.
    #[inline]
    pub(crate) fn check<'a>(
        &self,
        cell: Option<impl CellText<'a>>,
        is_typed: bool,
        fixed: Option<&FixedValue>,
        reasons: &mut Vec<Reason>,
    ) -> Option<Value<'a>> {
        let Some(text) = cell else {
            if self.refuses_null() {
                reasons.extend(self.missing());
                return None;
            }
            return Some(Value::Null);
        };
        match &self.form {
            Some(form) => self.check_in_form(form, text.bytes(), is_typed, fixed, reasons),
            None => self.check_in_default_form(text, fixed, reasons),
        }
    }

    /// As [`Self::check`], for a text in the default form of the type: of a column without a form of its own, and of what
    /// a file's path says.
    #[inline]
    pub(crate) fn check_in_default_form<'a>(
        &self,
        cell: impl CellText<'a>,
        fixed: Option<&FixedValue>,
        reasons: &mut Vec<Reason>,
    ) -> Option<Value<'a>> {
        let text = cell.bytes();
        match parse::parse(&self.data_type, cell) {
            Ok(value) => {
                let before = reasons.len();
                if fixed.is_some() || !self.rules.is_empty() {
                    self.check_rules(&value, || Cow::Borrowed(text), fixed, reasons);
                }
                (reasons.len() == before).then_some(value)
            }
            Err(fault) => {
                let expected = match suggestion(&self.data_type, text) {
                    Some(suggestion) => Cow::Owned(format!("{}; {suggestion}", fault.expected)),
                    None => Cow::Borrowed(fault.expected),
                };
                reasons.push(self.reason(fault.code, text, &expected));
                None
            }
        }
    }

    /// As [`Self::check`], for a column whose values are written as the contract says. Rules see a value in the default
    /// form of its type.
    fn check_in_form<'a>(
        &self,
        form: &CompiledForm,
        text: &'a [u8],
        is_typed: bool,
        fixed: Option<&FixedValue>,
        reasons: &mut Vec<Reason>,
    ) -> Option<Value<'a>> {
        match form.parse(&self.data_type, text, is_typed) {
            Ok(Value::Null) if self.refuses_null() => {
                reasons.extend(self.missing());
                None
            }
            Ok(Value::Null) => Some(Value::Null),
            Ok(value) => {
                let before = reasons.len();
                if fixed.is_some() || !self.rules.is_empty() {
                    self.check_rules(&value, || shown(&value, &self.data_type), fixed, reasons);
                }
                (reasons.len() == before).then_some(value)
            }
            Err(fault) => {
                reasons.push(self.reason(fault.code, text, form.expected(&fault)));
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
            if !rule.holds(value, &text) {
                reasons.push(self.reason(&rule.code, &text(), &rule.description));
            }
        }
    }

    /// Whether [`Self::check_rules`] would look at values at all.
    pub(crate) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether a null rejects its row.
    #[inline]
    pub(crate) fn refuses_null(&self) -> bool {
        self.required || !self.null_rules.is_empty()
    }

    /// The reasons against a row without a value here.
    pub(crate) fn missing(&self) -> Vec<Reason> {
        let reason = |code: &str, expected: &str| Reason {
            code: code.to_owned(),
            column: Some(self.name.clone()),
            value: None,
            expected: expected.to_owned(),
        };
        let required = self
            .required
            .then(|| reason("REQUIRED_MISSING", "a value; the contract requires one (`required`)"));
        let rules = self.null_rules.iter().map(|(code, description)| reason(code, description));
        required.into_iter().chain(rules).collect()
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

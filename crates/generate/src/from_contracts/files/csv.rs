//! CSV in the dialect of the contract, with the rows in front of and behind the table that it states.

use super::super::value::Value;
use super::json::JsonValue;
use super::value_text::ValueText;
use ingot_contract::{Column, Contract};

/// The dialect, with marks of any length.
pub(super) struct Dialect {
    delimiter: String,
    quote: Option<String>,
    escape: Option<String>,
    escapes_everywhere: bool,
    /// Texts that are null where they are not quoted.
    null_texts: Vec<String>,
    comment: Option<String>,
}

/// How one column's values become fields.
pub(super) struct CsvColumn {
    text: ValueText,
    nested: Option<JsonValue>,
}

impl CsvColumn {
    pub(super) fn new(column: &Column) -> Self {
        let nested = column.data_type.is_nested().then(|| JsonValue::new(column));
        Self { text: ValueText::new(column), nested }
    }
}

impl Dialect {
    pub(super) fn of(contract: &Contract) -> Self {
        let form = &contract.raw.csv;
        let letter = |byte: u8| char::from(byte).to_string();
        let common = (form.null_texts.clone(), contract.raw.place.comment.clone());
        match &contract.raw.wide_csv {
            Some(wide) => Self {
                delimiter: wide.delimiter.clone(),
                quote: wide.quote.clone(),
                escape: wide.escape.clone(),
                escapes_everywhere: wide.escapes_everywhere,
                null_texts: common.0,
                comment: common.1,
            },
            None => Self {
                delimiter: letter(form.delimiter),
                quote: form.quote.map(letter),
                escape: form.escape.map(letter),
                escapes_everywhere: false,
                null_texts: common.0,
                comment: common.1,
            },
        }
    }

    /// A line of values, with its end.
    pub(super) fn row(&self, columns: &[CsvColumn], values: &[Value], line: &mut String) {
        let begin = line.len();
        for (place, (column, value)) in columns.iter().zip(values).enumerate() {
            if place > 0 {
                line.push_str(&self.delimiter);
            }
            match (value, &column.nested) {
                (Value::Null, _) => {}
                (Value::Broken(text), _) => self.field(text, line, begin),
                (value, Some(nested)) => {
                    let mut json = String::new();
                    nested.write(value, &mut json);
                    self.field(&json, line, begin);
                }
                (value, None) => self.field(&column.text.text(value), line, begin),
            }
        }
        // An empty line is not a row.
        if line.len() == begin
            && let Some(quote) = &self.quote
        {
            line.push_str(quote);
            line.push_str(quote);
        }
        line.push('\n');
    }

    /// A line of names.
    pub(super) fn names(&self, names: &[String], line: &mut String) {
        let begin = line.len();
        for (place, name) in names.iter().enumerate() {
            if place > 0 {
                line.push_str(&self.delimiter);
            }
            self.field(name, line, begin);
        }
        line.push('\n');
    }

    /// A further, unnamed field at the end of a line that is written.
    pub(super) fn one_more(&self, line: &mut String) {
        if line.ends_with('\n') {
            line.pop();
        }
        line.push_str(&self.delimiter);
        line.push_str("surplus\n");
    }

    fn field(&self, text: &str, line: &mut String, begin: usize) {
        let has_mark = |mark: &Option<String>| mark.as_ref().is_some_and(|mark| text.contains(mark.as_str()));
        let has_delimiter = text.contains(self.delimiter.as_str());
        let is_special = has_delimiter
            || has_mark(&self.quote)
            || has_mark(&self.escape)
            || text.contains(['\n', '\r'])
            || self.null_texts.iter().any(|null| null == text)
            || (line.len() == begin
                && self.comment.as_ref().is_some_and(|comment| text.starts_with(comment.as_str())));
        match (&self.quote, &self.escape) {
            _ if !is_special => line.push_str(text),
            (Some(quote), escape) => {
                line.push_str(quote);
                match escape {
                    Some(escape) => {
                        let escaped = text.replace(escape.as_str(), &escape.repeat(2));
                        line.push_str(&escaped.replace(quote.as_str(), &format!("{escape}{quote}")));
                    }
                    None => line.push_str(&text.replace(quote.as_str(), &quote.repeat(2))),
                }
                line.push_str(quote);
            }
            (None, Some(escape)) if self.escapes_everywhere => {
                let escaped = text.replace(escape.as_str(), &escape.repeat(2));
                let escaped =
                    escaped.replace(self.delimiter.as_str(), &format!("{escape}{}", self.delimiter));
                line.push_str(&escaped.replace('\n', &format!("{escape}\n")));
            }
            // Values with these are not generated for such files.
            (None, _) => line.push_str(text),
        }
    }
}

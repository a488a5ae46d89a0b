//! `as_bool`, `as_number`, `as_native` and `as_text` where a value of a YAML file is rendered. As under dbt they mark a text,
//! which stays that text for the rest of the expression, and mean something only if it is what the template gives:
//! `{{ target.name == 'prod' | as_bool }}` compares with 'prod'
//! (<https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/clients/jinja.py>, `quoted_native_concat`).

use crate::values;
use ingot_jinja::{Error, Result, Value};
use std::cell::RefCell;

/// What a marked text is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Text,
    Native,
    Bool,
    Number,
}

thread_local! {
    /// The texts that were marked while the template at hand was rendered.
    static MARKED: RefCell<Vec<(String, Marker)>> = const { RefCell::new(Vec::new()) };
}

/// Forgets what earlier templates marked.
pub(crate) fn begin() {
    MARKED.with_borrow_mut(Vec::clear);
}

/// Whether the template at hand has marked anything.
pub(crate) fn has_marked() -> bool {
    MARKED.with_borrow(|marked| !marked.is_empty())
}

/// Marks a value, which is text from here on.
pub(crate) fn mark(value: &Value, marker: Marker) -> Value {
    let text = values::text(value);
    MARKED.with_borrow_mut(|marked| marked.push((text.clone(), marker)));
    text.into()
}

/// What a template gave, turned into what its marker asks for if it gave a marked text.
///
/// # Errors
/// The text is not a boolean, or not a number.
pub(crate) fn end(value: Value) -> Result<Value> {
    let marker = value.as_str().and_then(|text| {
        let last = |marked: &Vec<(String, Marker)>| {
            marked.iter().rev().find(|(other, _)| other == text).map(|(_, marker)| *marker)
        };
        MARKED.with_borrow(last)
    });
    marker.map_or(Ok(value.clone()), |marker| convert(&value, marker))
}

/// The value that a marker makes of another one.
///
/// # Errors
/// It is not a boolean, or not a number.
pub(crate) fn convert(value: &Value, marker: Marker) -> Result<Value> {
    let native = || {
        value.as_str().and_then(ingot_jinja::python::literal::literal_eval).unwrap_or_else(|| value.clone())
    };
    match (marker, native()) {
        (Marker::Text, _) => Ok(values::text(value).into()),
        (Marker::Native, found)
        | (Marker::Bool, found @ Value::Bool(_))
        | (Marker::Number, found @ (Value::Int(_) | Value::Float(_))) => Ok(found),
        (Marker::Bool, _) => Err(Error::value(format!(
            "'{}' is neither True nor False, which as_bool needs",
            values::text(value)
        ))),
        (Marker::Number, _) => {
            Err(Error::value(format!("'{}' is not a number, which as_number needs", values::text(value))))
        }
    }
}

//! JSON: one object a line, or a document in which the records are at the contract's path.

use super::super::value::Value;
use super::value_text::ValueText;
use ingot_contract::{Check, Column, Contract, DataType, PathStep};

/// How one value is written.
pub(super) struct JsonValue {
    name: String,
    text: ValueText,
    inner: Vec<JsonValue>,
    data_type: DataType,
}

impl JsonValue {
    pub(super) fn new(column: &Column) -> Self {
        Self {
            name: serde_json::Value::from(column.name_in_files()).to_string(),
            text: ValueText::new(column),
            inner: column.data_type.inner().into_iter().map(Self::new).collect(),
            data_type: column.data_type.clone(),
        }
    }

    pub(super) fn write(&self, value: &Value, json: &mut String) {
        match value {
            Value::Null => json.push_str("null"),
            Value::List(items) => {
                json.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        json.push(',');
                    }
                    self.inner[0].write(item, json);
                }
                json.push(']');
            }
            Value::Struct(members) => object(&self.inner, members, json),
            Value::Map(entries) => {
                json.push('{');
                for (place, (key, member)) in entries.iter().enumerate() {
                    if place > 0 {
                        json.push(',');
                    }
                    push_text(&self.inner[0].text.text(key), json);
                    json.push(':');
                    self.inner[1].write(member, json);
                }
                json.push('}');
            }
            Value::Int(_) | Value::Decimal { .. } | Value::Float(_) | Value::Bool(_)
                if self.text.is_default() =>
            {
                json.push_str(&value.text());
            }
            Value::Text(text) if self.data_type != DataType::Str => push_text(text, json),
            other => push_text(&self.text.text(other), json),
        }
    }
}

fn push_text(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::String(text.to_owned()).to_string());
}

/// An object of these columns; nulls are left out. Of an envelope, the text itself.
pub(super) fn record(columns: &[JsonValue], values: &[Value], is_envelope: bool, json: &mut String) {
    if let (true, [Value::Text(text) | Value::Broken(text)]) = (is_envelope, values) {
        json.push_str(text);
        return;
    }
    object(columns, values, json);
}

/// An object of these members; nulls are left out.
fn object(members: &[JsonValue], values: &[Value], json: &mut String) {
    json.push('{');
    let mut is_first = true;
    for (member, value) in members.iter().zip(values).filter(|(_, value)| !value.is_null()) {
        if !is_first {
            json.push(',');
        }
        is_first = false;
        json.push_str(&member.name);
        json.push(':');
        member.write(value, json);
    }
    json.push('}');
}

/// Whether the records are the texts of the contract's only column, which names members that they must have.
pub fn is_envelope(contract: &Contract) -> bool {
    let [column] = contract.columns.as_slice() else { return false };
    column.data_type == DataType::Str
        && column.rules.iter().any(|rule| matches!(rule.check, Check::JsonMembers(_)))
}

/// What is before and after the records of a document.
pub(super) fn frame(contract: &Contract) -> (String, String) {
    let (mut before, mut after) = (String::new(), String::new());
    for step in &contract.raw.record_path.steps {
        match step {
            PathStep::Member(name) => {
                before.push_str(&format!("{{{}:", serde_json::Value::String(name.clone())));
                after.insert(0, '}');
            }
            PathStep::Each | PathStep::EachOrSelf => {
                before.push('[');
                after.insert(0, ']');
            }
        }
    }
    before.push('\n');
    (before, format!("\n{after}\n"))
}

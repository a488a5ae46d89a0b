//! Lists, structs and maps as the JSON that dbt's `ForgivingJSONEncoder` writes for them.
//! <https://github.com/dbt-labs/dbt-common/blob/main/dbt_common/utils/encoding.py>

use super::scalar::{day, scalar};
use crate::json_values::json_string;
use ingot_engine::{Cell, NestedValue};
use ingot_jinja::Value;
use std::fmt::Write;

/// `json.dumps(value)`: `{"a": [1, 2]}`, with everything outside ASCII escaped.
pub(super) fn json_text(cell: &Cell) -> String {
    let mut out = String::new();
    write_cell(cell, &mut out);
    out
}

fn write_cell(cell: &Cell, out: &mut String) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Cell::Int(int) => {
            write!(out, "{int}").ok();
        }
        Cell::Float(float) => write_float(*float, out),
        // A Decimal becomes a float in it.
        Cell::Decimal(text) => write_float(text.parse().unwrap_or(f64::NAN), out),
        Cell::Date(text) => out.push_str(&json_string(day(text))),
        Cell::Timestamp(_) => out.push_str(&json_string(&scalar(cell).to_string().replacen(' ', "T", 1))),
        Cell::Nested(nested) => write_nested(&nested.value, out),
        other => out.push_str(&json_string(&scalar(other).to_string())),
    }
}

fn write_float(float: f64, out: &mut String) {
    match float {
        float if float.is_nan() => out.push_str("NaN"),
        f64::INFINITY => out.push_str("Infinity"),
        f64::NEG_INFINITY => out.push_str("-Infinity"),
        float => out.push_str(&Value::Float(float).repr()),
    }
}

fn write_nested(value: &NestedValue, out: &mut String) {
    match value {
        NestedValue::List(items) => write_items(items.iter(), out),
        // A struct without names is a tuple of Python's.
        NestedValue::Struct(fields) if fields.iter().all(|(name, _)| name.is_empty()) => {
            write_items(fields.iter().map(|(_, item)| item), out);
        }
        NestedValue::Struct(fields) => {
            write_members(fields.iter().map(|(name, item)| (name.clone(), item)), out);
        }
        // Python cannot have lists and dicts as keys, so DuckDB's client gives keys and values apart.
        NestedValue::Map(entries) if entries.iter().any(|(key, _)| matches!(key, Cell::Nested(_))) => {
            out.push_str("{\"key\": ");
            write_items(entries.iter().map(|(key, _)| key), out);
            out.push_str(", \"value\": ");
            write_items(entries.iter().map(|(_, item)| item), out);
            out.push('}');
        }
        NestedValue::Map(entries) => {
            write_members(entries.iter().map(|(key, item)| (key_text(key), item)), out);
        }
    }
}

fn key_text(key: &Cell) -> String {
    match key {
        Cell::Bool(flag) => flag.to_string(),
        Cell::Float(float) => Value::Float(*float).repr(),
        other => scalar(other).to_string(),
    }
}

fn write_items<'a>(items: impl Iterator<Item = &'a Cell>, out: &mut String) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_cell(item, out);
    }
    out.push(']');
}

fn write_members<'a>(members: impl Iterator<Item = (String, &'a Cell)>, out: &mut String) {
    out.push('{');
    for (index, (name, item)) in members.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(&json_string(&name));
        out.push_str(": ");
        write_cell(item, out);
    }
    out.push('}');
}

//! JSON schema, draft 2019-09, as far as the schemas of the standard use it
//! (<https://json-schema.org/draft/2019-09/json-schema-validation>).

use ingot_core::yaml::{Node, Value as Yaml};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;

/// Something that the schema does not allow, and where it is; both numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) what: String,
}

pub(super) struct Validator<'s> {
    root: &'s Value,
}

/// What was found of one value: its faults, and which of its members some schema spoke of.
#[derive(Default)]
struct Found {
    faults: Vec<Fault>,
    members: BTreeSet<String>,
    /// Whether the value is of a type that is not meant.
    is_of_other_type: bool,
}

impl<'s> Validator<'s> {
    pub(super) fn new(root: &'s Value) -> Self {
        Self { root }
    }

    /// All faults of a document, in the order of their places.
    pub(super) fn faults(&self, document: &Node) -> Vec<Fault> {
        let mut faults = self.check(self.root, document).faults;
        faults.sort();
        faults.dedup();
        faults
    }

    fn check(&self, schema: &Value, node: &Node) -> Found {
        let mut found = Found::default();
        let Some(keywords) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                found.add(node, "this is not allowed here".to_owned());
            }
            return found;
        };
        if let Some(target) = keywords.get("$ref").and_then(Value::as_str).and_then(|path| self.target(path))
        {
            found.take(self.check(target, node));
        }
        self.value(schema, node, &mut found);
        self.size(schema, node, &mut found);
        self.combined(schema, node, &mut found);
        if let Some(items) = schema.get("items") {
            for item in node.as_list().unwrap_or_default() {
                found.faults.extend(self.check(items, item).faults);
            }
        }
        self.members(schema, node, &mut found);
        found
    }

    fn target(&self, path: &str) -> Option<&'s Value> {
        self.root.pointer(path.strip_prefix('#')?)
    }

    /// Type, allowed values and patterns.
    fn value(&self, schema: &Value, node: &Node, found: &mut Found) {
        if let Some(types) = schema.get("type") {
            let types: Vec<&str> = match types {
                Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                one => one.as_str().into_iter().collect(),
            };
            if !types.iter().any(|name| is_of_type(node, name)) {
                found.is_of_other_type = true;
                found.add(node, format!("this should be {}, and is {}", types.join(" or "), node.kind()));
                return;
            }
        }
        if let Some(allowed) = schema.get("const")
            && node.to_json() != *allowed
        {
            found.add(node, format!("this should be {allowed}"));
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(&node.to_json())
        {
            let words: Vec<String> =
                allowed.iter().map(|one| one.as_str().map_or(one.to_string(), str::to_owned)).collect();
            let shown = node.scalar_text().unwrap_or_else(|| node.kind().to_owned());
            found.add(node, format!("'{shown}' is not one of {}", words.join(", ")));
        }
        if let (Some(pattern), Some(text)) = (schema.get("pattern").and_then(Value::as_str), node.as_str())
            && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(text))
        {
            found.add(node, format!("'{text}' does not match {pattern}"));
        }
    }

    fn size(&self, schema: &Value, node: &Node, found: &mut Found) {
        let count = |key: &str| schema.get(key).and_then(Value::as_u64);
        if let Some(items) = node.as_list() {
            if count("minItems").is_some_and(|least| (items.len() as u64) < least) {
                found
                    .add(node, format!("this should have at least {} items", count("minItems").unwrap_or(0)));
            }
            if count("maxItems").is_some_and(|most| items.len() as u64 > most) {
                found.add(node, format!("this should have at most {} items", count("maxItems").unwrap_or(0)));
            }
            let values: Vec<Value> = items.iter().map(Node::to_json).collect();
            let is_unique = schema.get("uniqueItems").and_then(Value::as_bool) == Some(true);
            if let Some(at) = (0..values.len()).find(|at| is_unique && values[..*at].contains(&values[*at])) {
                found.add(&items[at], "this item is there twice".to_owned());
            }
        }
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        if let Some(number) = node.as_float() {
            if bound("minimum").is_some_and(|least| number < least) {
                found.add(node, format!("this should be at least {}", schema["minimum"]));
            }
            if bound("maximum").is_some_and(|most| number > most) {
                found.add(node, format!("this should be at most {}", schema["maximum"]));
            }
            if bound("exclusiveMinimum").is_some_and(|below| number <= below) {
                found.add(node, format!("this should be more than {}", schema["exclusiveMinimum"]));
            }
        }
    }

    /// Schemas that are made of others.
    fn combined(&self, schema: &Value, node: &Node, found: &mut Found) {
        let all = |key: &str| schema.get(key).and_then(Value::as_array);
        for one in all("allOf").into_iter().flatten() {
            found.take(self.check(one, node));
        }
        for key in ["anyOf", "oneOf"] {
            let Some(choices) = all(key) else { continue };
            let mut results: Vec<Found> = choices.iter().map(|one| self.check(one, node)).collect();
            let fitting = results.iter().filter(|result| result.faults.is_empty()).count();
            if fitting == 0 {
                // The faults of the choice that was most likely meant.
                results.sort_by_key(|result| {
                    (result.is_of_other_type, result.faults.len(), std::cmp::Reverse(result.members.len()))
                });
                found.faults.extend(results.into_iter().next().into_iter().flat_map(|result| result.faults));
            } else if key == "oneOf" && fitting > 1 {
                found.add(node, "this fits several of the forms of which it should have one".to_owned());
            } else {
                results.retain(|result| result.faults.is_empty());
                results.into_iter().for_each(|result| found.take(result));
            }
        }
        if let Some(not) = schema.get("not")
            && self.check(not, node).faults.is_empty()
        {
            let members = not.get("required").and_then(Value::as_array).into_iter().flatten();
            let names: Vec<&str> = members.filter_map(Value::as_str).collect();
            found.add(
                node,
                match names.as_slice() {
                    [] => "this has a form that is not allowed here".to_owned(),
                    names => format!("'{}' is not allowed here", names.join("', '")),
                },
            );
        }
        if let Some(condition) = schema.get("if") {
            let result = self.check(condition, node);
            let is_met = result.faults.is_empty();
            if is_met {
                found.members.extend(result.members);
            }
            if let Some(branch) = schema.get(if is_met { "then" } else { "else" }) {
                found.take(self.check(branch, node));
            }
        }
    }

    fn members(&self, schema: &Value, node: &Node, found: &mut Found) {
        let Some(members) = node.as_map() else { return };
        for name in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !members.contains_key(name) {
                found.add(node, format!("'{name}' is missing"));
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, member) in members {
            if let Some(schema) = known.and_then(|known| known.get(name)) {
                found.faults.extend(self.check(schema, member).faults);
                found.members.insert(name.clone());
            }
        }
        for (key, others) in
            ["additionalProperties", "unevaluatedProperties"].map(|key| (key, schema.get(key)))
        {
            let Some(others) = others else { continue };
            for (name, member) in members {
                let is_known = match key {
                    "additionalProperties" => known.is_some_and(|known| known.contains_key(name)),
                    _ => found.members.contains(name),
                };
                if is_known {
                    continue;
                }
                if others == &Value::Bool(false) {
                    found.add(member, format!("the standard has no '{name}' here"));
                } else {
                    found.faults.extend(self.check(others, member).faults);
                }
                found.members.insert(name.clone());
            }
        }
    }
}

impl Found {
    fn add(&mut self, node: &Node, what: String) {
        self.faults.push(Fault { line: node.line, column: node.column, what });
    }

    fn take(&mut self, other: Self) {
        self.faults.extend(other.faults);
        self.members.extend(other.members);
        self.is_of_other_type |= other.is_of_other_type;
    }
}

fn is_of_type(node: &Node, name: &str) -> bool {
    match (&node.value, name) {
        (Yaml::Null, "null")
        | (Yaml::Bool(_), "boolean")
        | (Yaml::Int(_), "integer" | "number")
        | (Yaml::Float(_), "number")
        | (Yaml::Str(_), "string")
        | (Yaml::List(_), "array")
        | (Yaml::Map(_), "object") => true,
        (Yaml::Float(number), "integer") => number.fract() == 0.0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn faults(schema: &str, text: &str) -> Vec<String> {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let node = ingot_core::yaml::parse(text, Path::new("t.yaml")).unwrap();
        let found = Validator::new(&schema).faults(&node);
        found.into_iter().map(|fault| format!("{}: {}", fault.line, fault.what)).collect()
    }

    #[test]
    fn keywords_mean_what_they_mean_in_json_schema() {
        let schema = r##"{"type": "object", "required": ["a"], "unevaluatedProperties": false,
            "properties": {"a": {"type": "integer", "minimum": 1}, "k": {"enum": ["x", "y"]}},
            "allOf": [{"if": {"properties": {"k": {"const": "x"}}, "required": ["k"]},
                       "then": {"properties": {"only_x": {"$ref": "#/$defs/t"}}}}],
            "$defs": {"t": {"type": "string", "pattern": "^[a-z]+$"}}}"##;
        assert_eq!(faults(schema, "a: 1\nk: x\nonly_x: abc\n"), Vec::<String>::new());
        assert_eq!(faults(schema, "k: z\n"), ["1: 'a' is missing", "1: 'z' is not one of x, y"]);
        assert_eq!(
            faults(schema, "a: 0\nk: y\nonly_x: abc\n"),
            ["1: this should be at least 1", "3: the standard has no 'only_x' here"]
        );
        assert_eq!(faults(schema, "a: b\nk: x\nonly_x: ABC\n").len(), 2);
    }

    #[test]
    fn one_of_several_forms_is_asked_for() {
        let schema = r#"{"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": true}]}"#;
        assert!(faults(schema, "x").is_empty() && faults(schema, "[x, y]").is_empty());
        assert_eq!(faults(schema, "[x, x]"), ["1: this item is there twice"]);
        assert_eq!(faults(schema, "[]").len(), 1);
        assert_eq!(faults(r#"{"not": {"required": ["b"]}}"#, "b: 1"), ["1: 'b' is not allowed here"]);
        assert_eq!(faults(r#"{"oneOf": [{"type": "string"}, {"enum": ["x"]}]}"#, "x").len(), 1);
    }
}

//! dbt's own objects, which Python code would see with attributes: results of nodes, the project's variables.

use crate::values;
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;

/// An object of dbt's as templates see it: its members by attribute or by key, and as a dict by `to_dict()`.
pub(crate) struct Record(pub Value);

impl Object for Record {
    fn type_name(&self) -> &str {
        "result"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        self.0.as_dict()?.get_str(name)
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| self.get_attr(name)))
    }
    fn method_names(&self) -> &[&'static str] {
        &["to_dict", "get"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        match name {
            "to_dict" => Some(Ok(self.plain())),
            "get" => Some(args.clone().bind("get", &["name", "default?"]).and_then(|mut bound| {
                let found = self.get_attr(&bound.text("name")?);
                Ok(found.unwrap_or_else(|| bound.value("default")))
            })),
            _ => None,
        }
    }
    fn repr(&self) -> String {
        self.plain().repr()
    }
    fn to_plain(&self) -> Option<Value> {
        Some(self.plain())
    }
}

impl Record {
    /// A dict, with records in it as dicts too.
    fn plain(&self) -> Value {
        let entries = self.0.as_dict().map(|dict| dict.entries()).unwrap_or_default();
        Value::dict(entries.iter().map(|(key, value)| (values::text(key), plain(value))))
    }
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => object.to_plain().unwrap_or_else(|| value.clone()),
        Value::List(list) => Value::list(list.items().iter().map(plain)),
        other => other.clone(),
    }
}

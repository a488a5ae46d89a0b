//! Where output goes.

use crate::value::Value;
use std::sync::Arc;

/// Where output goes: text; or, in a native render, the one value that it may be.
pub(crate) struct Sink {
    text: String,
    native: bool,
    only: Option<Value>,
    count: usize,
}

impl Sink {
    pub(crate) fn text() -> Self {
        Self { text: String::new(), native: false, only: None, count: 0 }
    }
    pub(crate) fn native() -> Self {
        Self { native: true, ..Self::text() }
    }
    pub(crate) fn write(&mut self, value: &Value) {
        if self.native {
            self.count += 1;
            match self.count {
                1 => {
                    self.only = Some(value.clone());
                    return;
                }
                2 => {
                    if let Some(first) = self.only.take() {
                        first.write_to(&mut self.text);
                    }
                }
                _ => {}
            }
        }
        value.write_to(&mut self.text);
    }
    pub(crate) fn write_text(&mut self, text: &Arc<str>) {
        if self.native {
            self.write(&Value::Str(text.clone()));
        } else {
            self.text.push_str(text);
        }
    }
    /// The text, or the one value of a native render.
    pub(crate) fn into_value(self) -> Value {
        self.only.unwrap_or_else(|| Value::from(self.text))
    }
    pub(crate) fn into_string(self) -> String {
        self.text
    }
}

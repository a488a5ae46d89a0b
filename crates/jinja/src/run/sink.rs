//! Where output goes.

use crate::run::source_map::SourceMap;
use crate::source::{Source, Span};
use crate::value::Value;
use std::sync::Arc;

/// Where output goes: text; or, in a native render, the one value that it may be.
pub(crate) struct Sink {
    text: String,
    native: bool,
    only: Option<Value>,
    count: usize,
    /// Filled only for those who ask which place of the template wrote what.
    map: Option<SourceMap>,
}

impl Sink {
    pub(crate) fn text() -> Self {
        Self { text: String::new(), native: false, only: None, count: 0, map: None }
    }
    /// Text, with a note of what wrote which part.
    pub(crate) fn mapped() -> Self {
        Self { map: Some(SourceMap::default()), ..Self::text() }
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
    /// What is written next comes from this place.
    pub(crate) fn note_place(&mut self, source: &Source, span: Span, is_text: bool) {
        if let Some(map) = &mut self.map {
            map.note(self.text.len(), source.file_line(span), span.column as usize, is_text);
        }
    }
    pub(crate) fn into_mapped(self) -> (String, SourceMap) {
        (self.text, self.map.unwrap_or_default())
    }
    /// The text, or the one value of a native render.
    pub(crate) fn into_value(self) -> Value {
        self.only.unwrap_or_else(|| Value::from(self.text))
    }
    pub(crate) fn into_string(self) -> String {
        self.text
    }
}

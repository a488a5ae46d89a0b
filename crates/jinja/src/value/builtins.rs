//! The built-in filters and tests, found by their names.

use super::types::{BuiltinFilter, BuiltinTest, Builtins};

impl Builtins {
    /// Asked by the parser, once for each use of a filter in a source.
    pub(crate) fn filter(&self, name: &str) -> Option<BuiltinFilter> {
        find(self.filters, name)
    }
    /// Asked by the parser, once for each use of a test in a source.
    pub(crate) fn test(&self, name: &str) -> Option<BuiltinTest> {
        find(self.tests, name)
    }
}

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let index = table.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(table[index].1)
}

//! Members of a YAML document by their names, and errors that show the line.

use ingot_core::error::{Error, Result};
use ingot_core::yaml::Node;
use std::path::Path;

/// Knows where it reads, so that every complaint can show the line.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) file: &'t Path,
}

impl Reader<'_> {
    pub(super) fn error(&self, what: impl std::fmt::Display, node: &Node) -> Error {
        Error::new(what).in_text(self.file, self.text, node.line, Some(node.column))
    }

    pub(super) fn member<'n>(&self, node: &'n Node, key: &str) -> Result<&'n Node> {
        node.get(key)
            .filter(|member| !member.is_null())
            .ok_or_else(|| self.error(format!("the contract lacks '{key}' here"), node))
    }

    pub(super) fn text<'n>(&self, node: &'n Node, key: &str) -> Result<&'n str> {
        let member = self.member(node, key)?;
        member
            .as_str()
            .ok_or_else(|| self.error(format!("'{key}' should be text, and is {}", member.kind()), member))
    }

    pub(super) fn optional_text<'n>(&self, node: &'n Node, key: &str) -> Result<Option<&'n str>> {
        if node.get(key).is_none_or(Node::is_null) { Ok(None) } else { self.text(node, key).map(Some) }
    }

    pub(super) fn flag(&self, node: &Node, key: &str) -> Result<bool> {
        match node.get(key) {
            None => Ok(false),
            Some(member) => {
                member.as_bool().ok_or_else(|| self.error(format!("'{key}' should be true or false"), member))
            }
        }
    }

    /// The items of a list; none where the key is absent.
    pub(super) fn items<'n>(&self, node: &'n Node, key: &str) -> Result<&'n [Node]> {
        match node.get(key) {
            None => Ok(&[]),
            Some(member) => {
                member.as_list().ok_or_else(|| self.error(format!("'{key}' should be a list"), member))
            }
        }
    }

    /// The value of a custom property of this element.
    pub(super) fn custom<'n>(&self, node: &'n Node, name: &str) -> Result<Option<&'n Node>> {
        for property in self.items(node, "customProperties")? {
            if self.text(property, "property")? == name {
                return self.member(property, "value").map(Some);
            }
        }
        Ok(None)
    }

    /// The choice that the node's word names.
    pub(super) fn choice<T: Clone>(&self, node: &Node, choices: &[(&str, T)]) -> Result<T> {
        let word = node.as_str().unwrap_or_default();
        choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| choice.clone()).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.error(format!("'{word}' is not one of {}", names.join(", ")), node)
        })
    }
}

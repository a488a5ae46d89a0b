//! Members of a YAML document by their names, and errors that show the line.

use ingot_core::error::{Error, Result, nearest};
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

    /// The name of a custom property, without the `ingot.` that may tell it from properties of other tools.
    pub(super) fn property_name<'n>(&self, property: &'n Node) -> Result<&'n str> {
        self.text(property, "property").map(|name| name.strip_prefix("ingot.").unwrap_or(name))
    }

    /// The value of a custom property of this element.
    pub(super) fn custom<'n>(&self, node: &'n Node, name: &str) -> Result<Option<&'n Node>> {
        for property in self.items(node, "customProperties")? {
            if self.property_name(property)? == name {
                return self.member(property, "value").map(Some);
            }
        }
        Ok(None)
    }

    /// A custom property that is none of `known`: properties of other tools are allowed, misspelled ones are not.
    ///
    /// # Errors
    /// Its name is nearly one of these, or begins with `ingot.`.
    pub(super) fn check_unknown_property<'k>(
        &self,
        property: &Node,
        known: impl Iterator<Item = &'k str>,
    ) -> Result<()> {
        let (written, name) = (self.text(property, "property")?, self.property_name(property)?);
        // The generator reads it itself.
        if name == "generate" {
            return Ok(());
        }
        let near = nearest(name, known);
        if near.is_none() && written == name {
            return Ok(());
        }
        let error = self.error(format!("the property '{written}' is not known"), property);
        Err(match near {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error,
        })
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

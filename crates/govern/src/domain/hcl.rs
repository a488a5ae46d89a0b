//! Writes HCL (<https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>).

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A value of an attribute.
#[derive(Debug, Clone)]
pub(super) enum Hcl {
    Text(String),
    /// An expression, as it is: `var.environment`.
    Raw(String),
    List(Vec<Hcl>),
}

impl Hcl {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn raw(text: impl Into<String>) -> Self {
        Self::Raw(text.into())
    }

    pub(super) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Raw(text) => text.clone(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::written).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A text without templates in it: `${` and `%{` are those characters.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A block: `resource "databricks_schema" "gold" { … }`.
pub(super) struct Block {
    kind: &'static str,
    labels: Vec<String>,
    attributes: Vec<(&'static str, Hcl)>,
    blocks: Vec<Block>,
}

impl Block {
    pub(super) fn new(kind: &'static str, labels: &[&str]) -> Self {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Self { kind, labels, attributes: Vec::new(), blocks: Vec::new() }
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: Hcl) -> Self {
        self.attributes.push((name, value));
        self
    }

    #[must_use]
    pub(super) fn holding(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Gives the block other labels, if a block before has these: names that differ only in characters that labels cannot have.
    pub(super) fn name_apart(&mut self, known: &mut BTreeSet<Vec<String>>) {
        let given = self.labels.clone();
        let mut number = 2;
        while !known.insert(self.labels.clone()) {
            self.labels.clone_from(&given);
            if let Some(last) = self.labels.last_mut() {
                last.push_str(&format!("_{number}"));
            }
            number += 1;
        }
    }

    /// In the form that `terraform fmt` gives it.
    pub(super) fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        let labels: String = self.labels.iter().map(|label| format!(" {}", quoted(label))).collect();
        let _ = writeln!(out, "{indent}{}{labels} {{", self.kind);
        let width = self.attributes.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.attributes {
            let _ = writeln!(out, "{indent}  {name:width$} = {}", value.written());
        }
        for (number, block) in self.blocks.iter().enumerate() {
            if number > 0 || !self.attributes.is_empty() {
                out.push('\n');
            }
            block.write(out, depth + 1);
        }
        let _ = writeln!(out, "{indent}}}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_only_texts() {
        assert_eq!(quoted(r#"a "b" \ ${c} %{d} 5 % $"#), r#""a \"b\" \\ $${c} %%{d} 5 % $""#);
        assert_eq!(quoted("a\nb\u{1}"), "\"a\\nb\\u0001\"");
    }

    #[test]
    fn blocks_are_written_as_terraform_formats_them() {
        let mut out = String::new();
        Block::new("resource", &["t", "n"])
            .with("name", Hcl::text("x"))
            .with("catalog_name", Hcl::raw("var.c"))
            .holding(Block::new("grant", &[]).with("privileges", Hcl::texts(["A", "B"])))
            .write(&mut out, 0);
        assert_eq!(
            out,
            "resource \"t\" \"n\" {\n  name         = \"x\"\n  catalog_name = var.c\n\n  grant {\n    privileges = [\"A\", \"B\"]\n  }\n}\n"
        );
    }
}

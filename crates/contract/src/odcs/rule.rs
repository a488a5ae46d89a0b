//! One rule on the values of a column.

use super::reader::Reader;
use crate::contract::{Check, Rule, Severity};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

impl Reader<'_> {
    pub(super) fn rule(&self, rule: &Node) -> Result<Rule> {
        let check = match self.text(rule, "type")? {
            "library" => self.library_check(rule)?,
            "custom" if self.text(rule, "engine")? == "ingot" => {
                let members = self.items(self.member(rule, "implementation")?, "jsonMembers")?;
                let names: Vec<String> = members.iter().filter_map(Node::scalar_text).collect();
                if names.is_empty() {
                    return Err(self.error("the engine ingot knows 'jsonMembers: [...]'", rule));
                }
                Check::JsonMembers(names)
            }
            other => {
                return Err(self
                    .error(format!("rules of type '{other}' are not checked here"), rule)
                    .hint("use `type: library` with the metric invalidValues, or `type: custom` with `engine: ingot`"));
            }
        };
        Ok(Rule {
            code: self.text(rule, "name")?.to_owned(),
            check,
            severity: match rule.get("severity") {
                None => Severity::Error,
                Some(node) => {
                    self.choice(node, &[("error", Severity::Error), ("warning", Severity::Warning)])?
                }
            },
            description: self.optional_text(rule, "description")?.unwrap_or_default().to_owned(),
        })
    }

    fn library_check(&self, rule: &Node) -> Result<Check> {
        let metric = self.text(rule, "metric")?;
        if metric != "invalidValues" {
            return Err(
                self.error(format!("the metric '{metric}' is not checked here; invalidValues is"), rule)
            );
        }
        if rule.get("mustBe").and_then(Node::as_int) != Some(0) {
            return Err(self.error("a rule on rows says `mustBe: 0`", rule));
        }
        let arguments = self.member(rule, "arguments")?;
        if let Some(pattern) = self.optional_text(arguments, "pattern")? {
            if let Err(error) = regex::Regex::new(pattern) {
                return Err(self.error(format!("not a regular expression: {error}"), arguments));
            }
            return Ok(Check::Pattern(pattern.to_owned()));
        }
        if arguments.get("validValues").is_some() {
            let values = self.items(arguments, "validValues")?;
            return Ok(Check::AcceptedValues(values.iter().filter_map(Node::scalar_text).collect()));
        }
        let bound = |key: &str| match arguments.get(key) {
            None => Ok(None),
            Some(node) => node
                .as_float()
                .map(Some)
                .ok_or_else(|| self.error(format!("'{key}' should be a number"), node)),
        };
        match (bound("minimum")?, bound("maximum")?) {
            (None, None) => {
                Err(self.error("a rule needs pattern, validValues, minimum or maximum", arguments))
            }
            (min, max) => Ok(Check::Range { min, max }),
        }
    }
}

//! The `logicalTypeOptions` of a property as rules on its values.

use super::data_type::{StatedType, integer_range};
use super::pattern::of_ecma;
use super::reader::Reader;
use crate::contract::DataType;
use crate::rules::{Bound, Check, Rule, Severity, TextFormat};
use ingot_core::error::{Result, nearest};
use ingot_core::yaml::Node;

/// All options that the standard has, for near misses.
const OPTIONS: [&str; 18] = [
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "required",
    "minProperties",
    "maxProperties",
    "timezone",
    "defaultTimezone",
    "enum",
];

/// Options and how the values are written, which are read elsewhere.
const FORMS: [&str; 2] = ["timezone", "defaultTimezone"];

/// What a type can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Moment,
    Other,
}

impl Kind {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Str | DataType::Time => Self::Text,
            DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. } => Self::Number,
            DataType::Date | DataType::Timestamp => Self::Moment,
            DataType::Bool
            | DataType::Binary
            | DataType::List(_)
            | DataType::Struct(_)
            | DataType::Map(..) => Self::Other,
        }
    }
}

impl Reader<'_> {
    /// The rules that the type and its options make; what is not checked goes to `notes`.
    pub(super) fn type_rules(
        &self,
        property: &Node,
        stated: &StatedType,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Rule>> {
        let mut rules = rules_of_type(stated);
        let Some(options) = property.get("logicalTypeOptions").filter(|node| !node.is_null()) else {
            return Ok(rules);
        };
        let Some(members) = options.as_map() else {
            return Err(self.error("'logicalTypeOptions' should be a mapping", options));
        };
        let kind = Kind::of(&stated.data_type);
        for (name, value) in members.iter() {
            if value.is_null() || FORMS.contains(&name.as_str()) {
                continue;
            }
            match self.option(kind, name, value, options)? {
                Some(made) => rules.extend(made),
                None if OPTIONS.contains(&name.as_str()) => {
                    notes.push(format!(
                        "logicalTypeOptions.{name} does not apply to its type, and is not checked"
                    ));
                }
                None => {
                    if let Some(near) = nearest(name, OPTIONS) {
                        return Err(self
                            .error(format!("the standard has no option '{name}'"), value)
                            .hint(format!("did you mean '{near}'?")));
                    }
                    notes.push(format!("logicalTypeOptions.{name} is not known, and is not checked"));
                }
            }
        }
        if kind == Kind::Text
            && let Some(format) = options.get("format").and_then(Node::as_str)
            && text_format(format).is_none()
        {
            notes.push(format!("the format '{format}' is not checked"));
        }
        Ok(rules)
    }

    /// The rules of one option; `None` if it does not apply to such values.
    fn option(&self, kind: Kind, name: &str, value: &Node, options: &Node) -> Result<Option<Vec<Rule>>> {
        let one = |code: &str, check: Check, told: String| Ok(Some(vec![rule(code, check, told)]));
        match (kind, name) {
            (Kind::Text, "minLength") => {
                let min = self.count(name, value)?;
                one(
                    "TOO_SHORT",
                    Check::Length { min: Some(min), max: None },
                    format!("at least {min} characters"),
                )
            }
            (Kind::Text, "maxLength") => {
                let max = self.count(name, value)?;
                one(
                    "TOO_LONG",
                    Check::Length { min: None, max: Some(max) },
                    format!("at most {max} characters"),
                )
            }
            (Kind::Text, "pattern") => {
                let pattern = value.as_str().ok_or_else(|| self.error("'pattern' should be text", value))?;
                one(
                    "PATTERN_MISMATCH",
                    self.pattern(pattern, value)?,
                    format!("a text that matches {pattern}"),
                )
            }
            (Kind::Text, "format") => {
                let word = value.as_str().ok_or_else(|| self.error("'format' should be text", value))?;
                Ok(Some(text_format(word).map_or_else(Vec::new, |format| {
                    vec![rule(
                        "FORMAT_MISMATCH",
                        Check::Format(format),
                        format!("a text in the format {word}"),
                    )]
                })))
            }
            (Kind::Number, "format") => {
                let word = value.as_str().ok_or_else(|| self.error("'format' should be text", value))?;
                match integer_range(word) {
                    Some((smallest, largest)) => Ok(Some(vec![range_rule(smallest, largest)])),
                    None if matches!(word, "i128" | "u128" | "f32" | "f64") => Ok(Some(Vec::new())),
                    None => Err(self
                        .error(format!("'{word}' is not a format of numbers"), value)
                        .hint("the standard has the names of Rust's number types, such as i32 and f64")),
                }
            }
            // How dates are written is read with the forms of values.
            (Kind::Moment, "format") => Ok(Some(Vec::new())),
            (Kind::Number | Kind::Moment, "minimum") => {
                let is_exclusive = options.get("exclusiveMinimum").and_then(Node::as_bool) == Some(true);
                self.bound(kind, value, true, is_exclusive).map(Some)
            }
            (Kind::Number | Kind::Moment, "maximum") => {
                let is_exclusive = options.get("exclusiveMaximum").and_then(Node::as_bool) == Some(true);
                self.bound(kind, value, false, is_exclusive).map(Some)
            }
            // ODCS 3.0 says with true or false whether the other bound is exclusive.
            (Kind::Number | Kind::Moment, "exclusiveMinimum" | "exclusiveMaximum")
                if value.as_bool().is_some() =>
            {
                Ok(Some(Vec::new()))
            }
            (Kind::Number | Kind::Moment, "exclusiveMinimum") => {
                self.bound(kind, value, true, true).map(Some)
            }
            (Kind::Number | Kind::Moment, "exclusiveMaximum") => {
                self.bound(kind, value, false, true).map(Some)
            }
            (Kind::Number, "multipleOf") => {
                if value.as_float().is_none_or(|number| !number.is_finite() || number <= 0.0) {
                    return Err(self.error("'multipleOf' should be a number above 0", value));
                }
                let number = value.scalar_text().unwrap_or_default();
                one("NOT_A_MULTIPLE", Check::MultipleOf(number.clone()), format!("a multiple of {number}"))
            }
            (Kind::Text | Kind::Number | Kind::Moment, "enum") => {
                let values = value.as_list().ok_or_else(|| self.error("'enum' should be a list", value))?;
                Ok(Some(vec![enum_rule(values)]))
            }
            (Kind::Text, "minItems" | "maxItems") => {
                let bound = self.count(name, value)?;
                let (min, max) = if name == "minItems" { (Some(bound), None) } else { (None, Some(bound)) };
                let code = if name == "minItems" { "TOO_FEW_ITEMS" } else { "TOO_MANY_ITEMS" };
                let word = if name == "minItems" { "at least" } else { "at most" };
                let told = format!("a list of {word} {bound} items");
                one(code, Check::Items { min, max, unique: false }, told)
            }
            (Kind::Text, "uniqueItems") => match value.as_bool() {
                Some(true) => {
                    let check = Check::Items { min: None, max: None, unique: true };
                    one("ITEM_TWICE", check, "a list in which no item is there twice".to_owned())
                }
                Some(false) => Ok(Some(Vec::new())),
                None => Err(self.error("'uniqueItems' should be true or false", value)),
            },
            (Kind::Text, "minProperties" | "maxProperties") => {
                let bound = self.count(name, value)?;
                let (min, max) =
                    if name == "minProperties" { (Some(bound), None) } else { (None, Some(bound)) };
                let code = if name == "minProperties" { "TOO_FEW_MEMBERS" } else { "TOO_MANY_MEMBERS" };
                let word = if name == "minProperties" { "at least" } else { "at most" };
                let told = format!("an object of {word} {bound} members");
                one(code, Check::Members { min, max, required: Vec::new() }, told)
            }
            (Kind::Text, "required") => {
                let names =
                    value.as_list().ok_or_else(|| self.error("'required' should be a list", value))?;
                let required: Vec<String> = names.iter().filter_map(Node::scalar_text).collect();
                let told = format!("an object with the members {}", required.join(", "));
                one("MEMBER_MISSING", Check::Members { min: None, max: None, required }, told)
            }
            _ => Ok(None),
        }
    }

    /// The check of a pattern of ECMA-262, which may match anywhere in the text.
    pub(super) fn pattern(&self, pattern: &str, node: &Node) -> Result<Check> {
        of_ecma(pattern)
            .map(Check::Pattern)
            .map_err(|error| self.error(format!("'{pattern}' is not a regular expression: {error}"), node))
    }

    /// A whole number from 0.
    fn count(&self, name: &str, node: &Node) -> Result<u64> {
        node.as_int()
            .and_then(|count| u64::try_from(count).ok())
            .ok_or_else(|| self.error(format!("'{name}' should be a whole number from 0"), node))
    }

    fn bound(&self, kind: Kind, node: &Node, is_lower: bool, is_exclusive: bool) -> Result<Vec<Rule>> {
        if kind == Kind::Number && node.as_float().is_none_or(|number| !number.is_finite()) {
            return Err(self.error("the bound of a number should be a number", node));
        }
        let Some(text) = node.scalar_text() else {
            return Err(self.error("a bound should be a number or a text", node));
        };
        let (code, word) = match (is_lower, is_exclusive, kind) {
            (true, false, _) => ("BELOW_MINIMUM", "at least"),
            (true, true, Kind::Moment) => ("BELOW_MINIMUM", "after"),
            (true, true, _) => ("BELOW_MINIMUM", "more than"),
            (false, false, _) => ("ABOVE_MAXIMUM", "at most"),
            (false, true, Kind::Moment) => ("ABOVE_MAXIMUM", "before"),
            (false, true, _) => ("ABOVE_MAXIMUM", "less than"),
        };
        let told = format!("{word} {text}");
        let bound = Some(Bound { text, is_exclusive });
        let (min, max) = if is_lower { (bound, None) } else { (None, bound) };
        Ok(vec![rule(code, Check::Range { min, max }, told)])
    }
}

/// The rule that a list of values makes: of texts and numbers, or of objects with a `value` (ODCS 3.2).
pub(super) fn enum_rule(values: &[Node]) -> Rule {
    let texts: Vec<String> =
        values.iter().filter_map(|node| node.get("value").unwrap_or(node).scalar_text()).collect();
    let told = format!("one of {}", texts.join(", "));
    rule("NOT_IN_ENUM", Check::AcceptedValues(texts), told)
}

/// The rules that the type itself makes: how long a text and how large a number may be.
pub(super) fn rules_of_type(stated: &StatedType) -> Vec<Rule> {
    let length = stated.most_characters.map(|most| {
        let told = format!("at most {most} characters, as the contract's type says");
        rule("TOO_LONG", Check::Length { min: None, max: Some(most) }, told)
    });
    let range = stated.range.map(|(smallest, largest)| range_rule(smallest, largest));
    length.into_iter().chain(range).collect()
}

fn range_rule(smallest: &str, largest: &str) -> Rule {
    let bound = |text: &str| Some(Bound { text: text.to_owned(), is_exclusive: false });
    let told = format!("a number from {smallest} to {largest}, which fits the contract's type");
    rule("OUT_OF_RANGE", Check::Range { min: bound(smallest), max: bound(largest) }, told)
}

fn rule(code: &str, check: Check, description: String) -> Rule {
    Rule { code: code.to_owned(), check, severity: Severity::Error, description, dimension: None }
}

/// The formats that are checked, by their names in the standard and in JSON Schema.
fn text_format(word: &str) -> Option<TextFormat> {
    Some(match word {
        "byte" | "base64" => TextFormat::Byte,
        "email" => TextFormat::Email,
        "hostname" => TextFormat::Hostname,
        "ipv4" => TextFormat::Ipv4,
        "ipv6" => TextFormat::Ipv6,
        "uri" | "url" => TextFormat::Uri,
        "uuid" => TextFormat::Uuid,
        _ => return None,
    })
}

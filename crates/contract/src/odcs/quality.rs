//! `quality` entries: rules on each row where no row may break them, rules on the table otherwise.

use super::reader::Reader;
use crate::contract::DataType;
use crate::rules::{Bound, Check, Condition, Measure, Rule, Severity, TableRule};
use ingot_core::error::Result;
use ingot_core::yaml::Node;

/// What the entries of one `quality` list are.
#[derive(Default)]
pub(super) struct Quality {
    pub(super) rows: Vec<Rule>,
    pub(super) table: Vec<TableRule>,
    /// What is not checked.
    pub(super) notes: Vec<String>,
}

/// The column that a `quality` list belongs to.
#[derive(Clone, Copy)]
pub(super) struct QualityOf<'a> {
    pub(super) column: &'a str,
    pub(super) data_type: &'a DataType,
}

/// A condition on a number, from the number in the contract.
type OfNumber = fn(f64) -> Condition;
/// A condition on a number, from a range in the contract.
type OfRange = fn(f64, f64) -> Condition;

/// The operators that take a number; those of ODCS 3.0 beside those of 3.1.
const OPERATORS: [(&str, OfNumber); 6] = [
    ("mustBeGreaterThan", Condition::Above),
    ("mustBeGreaterOrEqualTo", Condition::AtLeast),
    ("mustBeGreaterThanOrEqualTo", Condition::AtLeast),
    ("mustBeLessThan", Condition::Below),
    ("mustBeLessOrEqualTo", Condition::AtMost),
    ("mustBeLessThanOrEqualTo", Condition::AtMost),
];

impl Reader<'_> {
    /// Reads the `quality` of a property, or of the table if `of` is `None`.
    pub(super) fn quality(&self, element: &Node, of: Option<QualityOf<'_>>) -> Result<Quality> {
        let mut quality = Quality::default();
        for entry in self.items(element, "quality")? {
            self.entry(entry, of, &mut quality)?;
        }
        Ok(quality)
    }

    fn entry(&self, entry: &Node, of: Option<QualityOf<'_>>, quality: &mut Quality) -> Result<()> {
        let stated = self.optional_text(entry, "type")?;
        let default = if entry.get("query").is_some() { "sql" } else { "library" };
        let called = self.optional_text(entry, "name")?.or(self.optional_text(entry, "id")?);
        if let Some(word) = self.optional_text(entry, "severity")?
            && severity_of(word).is_none()
        {
            quality.notes.push(format!("the severity '{word}' is not known, and counts as error"));
        }
        match stated.unwrap_or(default) {
            "library" => self.library(entry, of, quality),
            "sql" => {
                let measure = Measure::Sql {
                    query: self.text(entry, "query")?.to_owned(),
                    column: of.map(|of| of.column.to_owned()),
                };
                quality.table.push(self.table_rule(entry, "sql", of, measure)?);
                Ok(())
            }
            "custom" if self.text(entry, "engine")? == "ingot" => {
                quality.rows.push(self.json_members(entry)?);
                Ok(())
            }
            "custom" => {
                let engine = self.text(entry, "engine")?;
                quality.notes.push(format!("a rule of the engine '{engine}' is not run"));
                Ok(())
            }
            "text" => {
                let what = called.or(self.optional_text(entry, "description")?).unwrap_or_default();
                quality.notes.push(format!("a rule of type text is not checked: {what}"));
                Ok(())
            }
            other => Err(self
                .error(format!("'{other}' is not a type of rules"), self.member(entry, "type")?)
                .hint("the standard has library, sql, custom and text")),
        }
    }

    fn json_members(&self, entry: &Node) -> Result<Rule> {
        let members = self.items(self.member(entry, "implementation")?, "jsonMembers")?;
        let names: Vec<String> = members.iter().filter_map(Node::scalar_text).collect();
        if names.is_empty() {
            return Err(self.error("the engine ingot knows 'jsonMembers: [...]'", entry));
        }
        self.row_rule(entry, self.text(entry, "name")?, Check::JsonMembers(names))
    }

    fn library(&self, entry: &Node, of: Option<QualityOf<'_>>, quality: &mut Quality) -> Result<()> {
        let key = if entry.get("metric").is_some() { "metric" } else { "rule" };
        let metric = self.text(entry, key)?;
        match (metric, of) {
            ("rowCount" | "countCheck", _) => {
                quality.table.push(self.table_rule(entry, "rowCount", None, Measure::Rows)?);
            }
            ("duplicateValues" | "duplicateCount", _) => {
                let columns = match of {
                    Some(of) => vec![of.column.to_owned()],
                    None => self.properties_argument(entry)?,
                };
                let measure = Measure::Duplicates { columns };
                quality.table.push(self.table_rule(entry, "duplicateValues", of, measure)?);
            }
            ("nullValues" | "nullCheck", Some(of)) => {
                let missing = Missing { texts: Vec::new(), null: true };
                self.missing(entry, "nullValues", of, missing, quality)?;
            }
            ("missingValues", Some(of)) => {
                let missing = self.missing_values(entry)?;
                self.missing(entry, metric, of, missing, quality)?;
            }
            ("invalidValues" | "validValues", Some(of)) => {
                for check in self.validity(entry, of)? {
                    if self.asks_each_row(entry)? {
                        let code = self.called(entry, "INVALID_VALUES")?;
                        quality.rows.push(self.row_rule(entry, &code, check)?);
                    } else {
                        let measure = Measure::Invalid { column: of.column.to_owned(), check };
                        quality.table.push(self.table_rule(entry, "invalidValues", Some(of), measure)?);
                    }
                }
            }
            ("nullValues" | "nullCheck" | "missingValues" | "invalidValues" | "validValues", None) => {
                return Err(self
                    .error(format!("the metric '{metric}' is one of a property, not of a table"), entry)
                    .hint("move the rule into the property that it is about"));
            }
            _ => {
                return Err(self
                    .error(format!("'{metric}' is not a metric of the standard"), self.member(entry, key)?)
                    .hint(
                        "the metrics are nullValues, missingValues, invalidValues, duplicateValues and rowCount",
                    ));
            }
        }
        Ok(())
    }

    fn missing(
        &self,
        entry: &Node,
        metric: &str,
        of: QualityOf<'_>,
        Missing { texts, null }: Missing,
        quality: &mut Quality,
    ) -> Result<()> {
        if self.asks_each_row(entry)? && self.severity(entry)? == Severity::Error {
            let code =
                self.called(entry, if metric == "nullValues" { "NULL_VALUES" } else { "MISSING_VALUES" })?;
            quality.rows.push(self.row_rule(entry, &code, Check::NotMissing { texts, null })?);
        } else {
            let measure = Measure::Missing { column: of.column.to_owned(), texts, null };
            quality.table.push(self.table_rule(entry, metric, Some(of), measure)?);
        }
        Ok(())
    }

    fn missing_values(&self, entry: &Node) -> Result<Missing> {
        let values = self.items(self.member(entry, "arguments")?, "missingValues")?;
        let texts: Vec<String> = values.iter().filter_map(Node::scalar_text).collect();
        // An empty field of a text file is null.
        let null = values.iter().any(Node::is_null) || texts.iter().any(String::is_empty);
        if values.is_empty() {
            return Err(self.error("missingValues needs the argument missingValues: [null, ...]", entry));
        }
        Ok(Missing { texts, null })
    }

    /// What valid values are: each check must hold.
    fn validity(&self, entry: &Node, of: QualityOf<'_>) -> Result<Vec<Check>> {
        // ODCS 3.0 has them beside the rule.
        let arguments = entry.get("arguments").filter(|node| !node.is_null()).unwrap_or(entry);
        let mut checks = Vec::new();
        if let Some(pattern) = self.optional_text(arguments, "pattern")? {
            checks.push(self.pattern(&format!("^(?:{pattern})$"), arguments)?);
        }
        if arguments.get("validValues").is_some() {
            let values = self.items(arguments, "validValues")?;
            checks.push(Check::AcceptedValues(values.iter().filter_map(Node::scalar_text).collect()));
        }
        let bound = |key: &str| match arguments.get(key) {
            None => Ok(None),
            Some(node) if node.as_float().is_some_and(f64::is_finite) => {
                Ok(node.scalar_text().map(|text| Bound { text, is_exclusive: false }))
            }
            Some(node) => Err(self.error(format!("'{key}' should be a number"), node)),
        };
        let (min, max) = (bound("minimum")?, bound("maximum")?);
        if min.is_some() || max.is_some() {
            use DataType as T;
            if !matches!(of.data_type, T::I32 | T::I64 | T::F64 | T::Decimal { .. }) {
                return Err(self.error("minimum and maximum are for numbers", entry));
            }
            checks.push(Check::Range { min, max });
        }
        if checks.is_empty() {
            return Err(self.error("a rule needs pattern, validValues, minimum or maximum", arguments));
        }
        Ok(checks)
    }

    fn properties_argument(&self, entry: &Node) -> Result<Vec<String>> {
        let names = self.items(self.member(entry, "arguments")?, "properties")?;
        let columns: Vec<String> = names.iter().filter_map(Node::scalar_text).collect();
        if columns.is_empty() {
            return Err(self.error("duplicateValues of a table needs the argument properties: [...]", entry));
        }
        Ok(columns)
    }

    fn row_rule(&self, entry: &Node, code: &str, check: Check) -> Result<Rule> {
        Ok(Rule {
            code: code.to_owned(),
            check,
            severity: self.severity(entry)?,
            description: self.optional_text(entry, "description")?.unwrap_or_default().to_owned(),
            dimension: self.optional_text(entry, "dimension")?.map(str::to_owned),
        })
    }

    fn table_rule(
        &self,
        entry: &Node,
        metric: &str,
        of: Option<QualityOf<'_>>,
        measure: Measure,
    ) -> Result<TableRule> {
        let name = match of {
            Some(of) => format!("{metric} of {}", of.column),
            None => metric.to_owned(),
        };
        Ok(TableRule {
            name: self.called(entry, &name)?,
            measure,
            conditions: self.conditions(entry)?,
            in_percent: self.in_percent(entry)?,
            severity: self.severity(entry)?,
            description: self.optional_text(entry, "description")?.unwrap_or_default().to_owned(),
            dimension: self.optional_text(entry, "dimension")?.map(str::to_owned),
        })
    }

    fn severity(&self, entry: &Node) -> Result<Severity> {
        let word = self.optional_text(entry, "severity")?;
        Ok(word.and_then(severity_of).unwrap_or(Severity::Error))
    }

    /// The rule's name or id.
    fn called(&self, entry: &Node, otherwise: &str) -> Result<String> {
        let called = self.optional_text(entry, "name")?.or(self.optional_text(entry, "id")?);
        Ok(called.unwrap_or(otherwise).to_owned())
    }

    /// Whether the operators demand that no row breaks the rule, so that each row can be held to it.
    fn asks_each_row(&self, entry: &Node) -> Result<bool> {
        let in_percent = self.in_percent(entry)?;
        Ok(self.conditions(entry)?.iter().any(|condition| condition.allows_none(in_percent)))
    }

    fn in_percent(&self, entry: &Node) -> Result<bool> {
        Ok(matches!(self.optional_text(entry, "unit")?, Some("percent" | "percentage" | "%")))
    }

    fn conditions(&self, entry: &Node) -> Result<Vec<Condition>> {
        let mut conditions = Vec::new();
        for (name, condition) in
            [("mustBe", Condition::Is as fn(String) -> _), ("mustNotBe", Condition::IsNot)]
        {
            if let Some(node) = entry.get(name) {
                let text = node.scalar_text();
                let text = text.ok_or_else(|| self.error(format!("'{name}' should be a value"), node))?;
                conditions.push(condition(text));
            }
        }
        for (name, condition) in OPERATORS {
            if let Some(node) = entry.get(name) {
                conditions.push(condition(self.number(name, node)?));
            }
        }
        let between: [(&str, OfRange); 2] =
            [("mustBeBetween", Condition::Between), ("mustNotBeBetween", Condition::NotBetween)];
        for (name, condition) in between {
            if let Some(node) = entry.get(name) {
                let Some([low, high]) = node.as_list() else {
                    return Err(self.error(format!("'{name}' should be a list of two numbers"), node));
                };
                let (low, high) = (self.number(name, low)?, self.number(name, high)?);
                if low > high {
                    return Err(self.error(format!("'{name}' should have the smaller number first"), node));
                }
                conditions.push(condition(low, high));
            }
        }
        if conditions.is_empty() {
            if entry.get("rule").and_then(Node::as_str) == Some("nullCheck") {
                return Ok(vec![Condition::Is("0".to_owned())]);
            }
            return Err(self
                .error("a rule needs an operator such as mustBe or mustBeLessThan", entry)
                .hint("the standard has mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween and mustNotBeBetween"));
        }
        Ok(conditions)
    }

    fn number(&self, name: &str, node: &Node) -> Result<f64> {
        node.as_float()
            .filter(|number| number.is_finite())
            .ok_or_else(|| self.error(format!("'{name}' should be a number"), node))
    }
}

/// The standard leaves the words open, and has info, warning and error as examples. `None`: not a word that is known.
fn severity_of(word: &str) -> Option<Severity> {
    match word.to_lowercase().as_str() {
        "error" | "critical" | "fatal" | "blocker" | "high" | "major" | "medium" => Some(Severity::Error),
        "warning" | "warn" | "info" | "low" | "minor" | "trivial" => Some(Severity::Warning),
        _ => None,
    }
}

/// What counts as missing.
struct Missing {
    texts: Vec<String>,
    null: bool,
}

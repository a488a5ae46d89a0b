//! Reads ODCS v3.1 YAML into a [`Contract`].
//!
//! What the standard leaves to the reader, and what is read here:
//! - the type is `physicalType` (`i32 i64 f64 str bool date ts dec(p,s)`), which must fit `logicalType`;
//! - the raw form is the server named `raw`: `path`, `format`, and custom properties of it (`raw_form`);
//! - the table's custom properties `evolution` and `partitions`;
//! - a natural key is a property that is `unique` without being in the primary key;
//! - rules are `quality` entries of type `library` with the metric `invalidValues`, and of type
//!   `custom` with the engine `ingot`;
//! - `slaProperties` named `freshness` and `freshness_warning`, in hours (`h`) or days (`d`).

mod raw_form;

use super::{Check, Column, Contract, DataType, Evolution, Freshness, Partition, Rule, Severity};
use ingot_core::error::{Error, Result};
use ingot_core::yaml::{self, Node};
use std::path::Path;

/// Every contract (`*.odcs.yaml`) in the folder, in the order of their names.
///
/// # Errors
/// When the folder is not there or empty, a file is not such a contract, or two describe one feed.
pub fn load_all(schemas: &Path) -> Result<Vec<Contract>> {
    let entries = std::fs::read_dir(schemas).map_err(|error| {
        Error::new("cannot read the folder of the contracts").at(schemas).caused_by(error).hint(
            "run this inside a project (`ingot init DIR` makes one), or name the project with --project-dir",
        )
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| {
                Error::new("cannot read the folder of the contracts").at(schemas).caused_by(error)
            })?
            .path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(".odcs.yaml")) {
            files.push(path);
        }
    }
    files.sort();
    let mut contracts: Vec<Contract> = Vec::with_capacity(files.len());
    for file in &files {
        let contract = load(file)?;
        if let Some(other) = contracts.iter().find(|other| other.name == contract.name) {
            return Err(Error::new(format!("two contracts describe the feed '{}'", contract.name))
                .at(file)
                .hint(format!("the other is {}", other.file.display())));
        }
        contracts.push(contract);
    }
    if contracts.is_empty() {
        return Err(Error::new("no contract (*.odcs.yaml) in the folder").at(schemas));
    }
    Ok(contracts)
}

/// One contract.
pub fn load(file: &Path) -> Result<Contract> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::new("cannot read the contract").at(file).caused_by(error))?;
    parse(&text, file)
}

fn parse(text: &str, file: &Path) -> Result<Contract> {
    let document = yaml::parse(text, file)?;
    Reader { text, file }.contract(&document)
}

/// Knows where it reads, so that every complaint can show the line.
struct Reader<'t> {
    text: &'t str,
    file: &'t Path,
}

impl Reader<'_> {
    fn error(&self, what: impl std::fmt::Display, node: &Node) -> Error {
        Error::new(what).in_text(self.file, self.text, node.line, Some(node.column))
    }

    fn member<'n>(&self, node: &'n Node, key: &str) -> Result<&'n Node> {
        node.get(key)
            .filter(|member| !member.is_null())
            .ok_or_else(|| self.error(format!("the contract lacks '{key}' here"), node))
    }

    fn text<'n>(&self, node: &'n Node, key: &str) -> Result<&'n str> {
        let member = self.member(node, key)?;
        member
            .as_str()
            .ok_or_else(|| self.error(format!("'{key}' should be text, and is {}", member.kind()), member))
    }

    fn optional_text<'n>(&self, node: &'n Node, key: &str) -> Result<Option<&'n str>> {
        if node.get(key).is_none_or(Node::is_null) { Ok(None) } else { self.text(node, key).map(Some) }
    }

    fn flag(&self, node: &Node, key: &str) -> Result<bool> {
        match node.get(key) {
            None => Ok(false),
            Some(member) => {
                member.as_bool().ok_or_else(|| self.error(format!("'{key}' should be true or false"), member))
            }
        }
    }

    /// The items of a list; none where the key is absent.
    fn items<'n>(&self, node: &'n Node, key: &str) -> Result<&'n [Node]> {
        match node.get(key) {
            None => Ok(&[]),
            Some(member) => {
                member.as_list().ok_or_else(|| self.error(format!("'{key}' should be a list"), member))
            }
        }
    }

    /// The value of a custom property of this element.
    fn custom<'n>(&self, node: &'n Node, name: &str) -> Result<Option<&'n Node>> {
        for property in self.items(node, "customProperties")? {
            if self.text(property, "property")? == name {
                return self.member(property, "value").map(Some);
            }
        }
        Ok(None)
    }

    /// One of a few words.
    fn choice<T: Copy>(&self, node: &Node, choices: &[(&str, T)]) -> Result<T> {
        let word = node.as_str().unwrap_or_default();
        choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.error(format!("'{word}' is not one of {}", names.join(", ")), node)
        })
    }

    fn contract(&self, document: &Node) -> Result<Contract> {
        let version = self.text(document, "apiVersion")?;
        if !version.starts_with("v3.") {
            return Err(self
                .error(
                    format!("this is ODCS {version}; version 3 is read here"),
                    self.member(document, "apiVersion")?,
                )
                .hint("write `apiVersion: v3.1.0` and follow that version of the standard"));
        }
        let tables = self.member(document, "schema")?;
        let [table] = tables.as_list().unwrap_or_default() else {
            return Err(
                self.error("a contract describes one table: 'schema' should be a list of one", tables)
            );
        };
        let columns = self
            .items(table, "properties")?
            .iter()
            .map(|property| self.column(property))
            .collect::<Result<Vec<_>>>()?;
        if columns.is_empty() {
            return Err(self.error("the table has no 'properties'", table));
        }
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].iter().any(|other| other.name == column.name) {
                return Err(self.error(format!("the column '{}' stands twice", column.name), table));
            }
            if super::AUDIT_COLUMNS.iter().any(|(name, _)| *name == column.name) {
                return Err(self.error(
                    format!("'{}' is a column that bronze adds; name it otherwise", column.name),
                    table,
                ));
            }
        }
        let evolution = match self.custom(table, "evolution")? {
            None => Evolution::Evolve,
            Some(node) => self.choice(
                node,
                &[
                    ("evolve", Evolution::Evolve),
                    ("freeze", Evolution::Freeze),
                    ("discard", Evolution::Discard),
                ],
            )?,
        };
        let raw = self.raw_form(document)?;
        let partitions = self.partitions(table)?;
        for partition in &partitions {
            if !raw.path.contains(&format!("{{{}}}", partition.name)) {
                return Err(self.error(
                    format!(
                        "the partition '{}' has no {{{}}} in the raw path",
                        partition.name, partition.name
                    ),
                    table,
                ));
            }
        }
        Ok(Contract {
            name: self.text(table, "name")?.to_owned(),
            version: self.text(document, "version")?.to_owned(),
            description: match document.get("description") {
                Some(description) => {
                    self.optional_text(description, "purpose")?.unwrap_or_default().to_owned()
                }
                None => String::new(),
            },
            columns,
            raw,
            partitions,
            evolution,
            freshness: self.freshness(document)?,
            file: self.file.to_path_buf(),
        })
    }

    fn partitions(&self, table: &Node) -> Result<Vec<Partition>> {
        let Some(node) = self.custom(table, "partitions")? else { return Ok(Vec::new()) };
        let items = node.as_list().ok_or_else(|| self.error("'partitions' should be a list", node))?;
        items
            .iter()
            .map(|item| {
                Ok(Partition {
                    name: self.text(item, "name")?.to_owned(),
                    data_type: self.choice(
                        self.member(item, "type")?,
                        &[("date", DataType::Date), ("i64", DataType::I64), ("str", DataType::Str)],
                    )?,
                })
            })
            .collect()
    }

    fn freshness(&self, document: &Node) -> Result<Option<Freshness>> {
        let hours = |name: &str| -> Result<Option<f64>> {
            for property in self.items(document, "slaProperties")? {
                if self.text(property, "property")? == name {
                    let value = self.member(property, "value")?;
                    let number = value.as_float().ok_or_else(|| self.error("should be a number", value))?;
                    let unit = match property.get("unit") {
                        None => 1.0,
                        Some(unit) => {
                            self.choice(unit, &[("h", 1.0), ("hours", 1.0), ("d", 24.0), ("days", 24.0)])?
                        }
                    };
                    return Ok(Some(number * unit));
                }
            }
            Ok(None)
        };
        Ok(match (hours("freshness_warning")?, hours("freshness")?) {
            (None, None) => None,
            (warn, error) => Some(Freshness {
                warn_after_hours: warn.or(error).unwrap_or(f64::INFINITY),
                error_after_hours: error.unwrap_or(f64::INFINITY),
            }),
        })
    }

    fn column(&self, property: &Node) -> Result<Column> {
        let data_type = self.data_type(property)?;
        let primary_key = if self.flag(property, "primaryKey")? {
            let position = match property.get("primaryKeyPosition") {
                None => 1,
                Some(node) => node
                    .as_int()
                    .and_then(|position| usize::try_from(position).ok())
                    .filter(|position| *position > 0)
                    .ok_or_else(|| self.error("'primaryKeyPosition' counts from 1", node))?,
            };
            Some(position)
        } else {
            None
        };
        let references = match self.items(property, "relationships")? {
            [] => None,
            [relationship, ..] => {
                let to = self.text(relationship, "to")?;
                let (feed, column) = to
                    .split_once('.')
                    .ok_or_else(|| self.error(format!("'{to}' should be `feed.column`"), relationship))?;
                Some((feed.to_owned(), column.to_owned()))
            }
        };
        let rules: Vec<Rule> =
            self.items(property, "quality")?.iter().map(|rule| self.rule(rule)).collect::<Result<_>>()?;
        let is_number =
            matches!(data_type, DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. });
        if !is_number && rules.iter().any(|rule| matches!(rule.check, Check::Range { .. })) {
            return Err(self.error("minimum and maximum are for numbers", property));
        }
        Ok(Column {
            name: self.text(property, "name")?.to_owned(),
            data_type,
            description: self.optional_text(property, "description")?.unwrap_or_default().to_owned(),
            required: self.flag(property, "required")?,
            primary_key,
            natural_key: primary_key.is_none() && self.flag(property, "unique")?,
            references,
            personal: self.optional_text(property, "classification")? == Some("personal"),
            rules,
        })
    }

    fn data_type(&self, property: &Node) -> Result<DataType> {
        let node = self.member(property, "physicalType")?;
        let word = node.as_str().unwrap_or_default();
        let (data_type, logical) = match word {
            "i32" => (DataType::I32, "integer"),
            "i64" => (DataType::I64, "integer"),
            "f64" => (DataType::F64, "number"),
            "str" => (DataType::Str, "string"),
            "bool" => (DataType::Bool, "boolean"),
            "date" => (DataType::Date, "date"),
            "ts" => (DataType::Timestamp, "timestamp"),
            _ => (
                decimal(word).ok_or_else(|| {
                    self.error(
                        format!(
                            "'{word}' is not one of i32, i64, f64, str, bool, date, ts, dec(precision,scale)"
                        ),
                        node,
                    )
                })?,
                "number",
            ),
        };
        match self.optional_text(property, "logicalType")? {
            Some(stated) if stated != logical => Err(self
                .error(format!("physicalType {word} is a {logical}, but logicalType says {stated}"), node)),
            _ => Ok(data_type),
        }
    }

    fn rule(&self, rule: &Node) -> Result<Rule> {
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

/// `dec(12,4)`; precision 1 to 38, scale at most the precision.
fn decimal(word: &str) -> Option<DataType> {
    let (precision, scale) = word.strip_prefix("dec(")?.strip_suffix(')')?.split_once(',')?;
    let precision: u8 = precision.trim().parse().ok()?;
    let scale: i8 = scale.trim().parse().ok()?;
    ((1..=38).contains(&precision) && scale >= 0 && scale as u8 <= precision)
        .then_some(DataType::Decimal { precision, scale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn schemas() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
    }

    #[test]
    fn the_eleven_feeds_are_read() {
        let contracts = load_all(&schemas()).unwrap();
        let names: Vec<&str> = contracts.iter().map(|contract| contract.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "customers",
                "events",
                "exchange_rates",
                "orders_header",
                "orders_lines",
                "products",
                "returns",
                "sensors",
                "shipments",
                "stores",
                "suppliers"
            ]
        );
        let lines = &contracts[4];
        assert_eq!(
            lines.primary_key().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
            ["order_id", "line_number"]
        );
        assert_eq!(
            lines.column("unit_price").unwrap().1.data_type,
            DataType::Decimal { precision: 12, scale: 4 }
        );
        assert_eq!(lines.partitions, [Partition { name: "order_dt".into(), data_type: DataType::Date }]);
        assert_eq!(lines.freshness, Some(Freshness { warn_after_hours: 12.0, error_after_hours: 24.0 }));
        let product = lines.column("product_id").unwrap().1;
        assert_eq!(product.references, Some(("products".into(), "product_id".into())));
    }

    #[test]
    fn every_reference_is_to_a_column_that_exists() {
        let contracts = load_all(&schemas()).unwrap();
        for column in contracts.iter().flat_map(|contract| &contract.columns) {
            if let Some((feed, name)) = &column.references {
                let target = contracts.iter().find(|contract| contract.name == *feed).unwrap();
                assert!(target.column(name).is_some(), "{feed}.{name}");
            }
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let text = std::fs::read_to_string(schemas().join("suppliers.odcs.yaml")).unwrap();
        for (from, to, message) in [
            ("physicalType: i32", "physicalType: int32", "'int32' is not one of"),
            ("logicalType: boolean", "logicalType: string", "is a boolean, but logicalType says string"),
            ("apiVersion: v3.1.0", "apiVersion: v2.2.2", "this is ODCS v2.2.2"),
            ("value: evolve", "value: ignore", "'ignore' is not one of evolve, freeze, discard"),
            ("format: csv", "format: cvs", "'cvs' is not one of"),
            ("path: suppliers.csv", "path: ../suppliers.csv", "should be relative"),
        ] {
            assert!(text.contains(from), "{from}");
            let error = parse(&text.replacen(from, to, 1), Path::new("suppliers.odcs.yaml")).unwrap_err();
            assert!(error.message().contains(message), "{error}");
            assert!(error.place().unwrap().excerpt.is_some(), "{error}");
        }
    }
}

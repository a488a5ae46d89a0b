//! What a contract says about generating itself: the custom property `ingot.generate` of objects and columns.
//!
//! Nothing but the generator reads it, so it is read here, from the contract's own file.

use super::expression::Expression;
use super::kinds::{Kind, Locale};
use ingot_contract::Contract;
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml::{self, Node};
use std::collections::BTreeMap;
use std::path::Path;

/// Rows of a table, if nothing else is said; of one with days, in 30 days.
pub(crate) const DEFAULT_ROWS: f64 = 1000.0;

/// What is said of one feed.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeedHints {
    pub(crate) rows: Option<f64>,
    pub(crate) locale: Option<Locale>,
    pub(crate) time: Option<TimeHints>,
    pub(crate) columns: BTreeMap<String, ColumnHints>,
}

/// How time runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TimeHints {
    /// The column that has the moment of the row.
    pub(crate) column: Option<String>,
    /// Rows a day.
    pub(crate) rate: Option<f64>,
    /// How much happens in each hour of the day, from midnight.
    pub(crate) hours: Option<Vec<f64>>,
    /// On each day of the week, from Monday.
    pub(crate) weekdays: Option<Vec<f64>>,
}

/// What is said of one column.
#[derive(Debug, Clone, Default)]
pub(crate) struct ColumnHints {
    pub(crate) kind: Option<Kind>,
    pub(crate) locale: Option<Locale>,
    pub(crate) distribution: Option<Distribution>,
    /// Texts of the values, with their weights.
    pub(crate) values: Option<Vec<(String, f64)>>,
    pub(crate) pattern: Option<String>,
    pub(crate) sequence: Option<(i64, i64)>,
    pub(crate) expression: Option<Expression>,
    /// Share of nulls.
    pub(crate) nulls: Option<f64>,
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
}

/// How numbers are spread. For references, [`Distribution::Zipf`] says that some are referred to far more often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Distribution {
    Uniform,
    Normal { mean: f64, deviation: f64 },
    LogNormal { median: f64, sigma: f64 },
    Zipf { exponent: f64 },
}

impl FeedHints {
    /// Reads what the contract says; all defaults where it says nothing.
    ///
    /// # Errors
    /// A setting that is not known or has no fitting value, with its line.
    pub(crate) fn read(contract: &Contract) -> Result<Self> {
        let file = &contract.file;
        let text = std::fs::read_to_string(file)
            .map_err(|error| Error::new("cannot read the contract").at(file).caused_by(error))?;
        let document = yaml::parse(&text, file)?;
        let reader = Reader { file, text: &text };
        let list = |node: &Node, key: &str| node.get(key).and_then(Node::as_list).map(<[Node]>::to_vec);
        let named = |node: &&Node, name: &str| node.get("name").and_then(Node::as_str) == Some(name);
        let objects = list(&document, "schema").unwrap_or_default();
        let mut hints = Self::default();
        let Some(object) = objects.iter().find(|object| named(object, &contract.name)) else {
            return Ok(hints);
        };
        if let Some(node) = custom(object) {
            reader.feed(node, &mut hints)?;
        }
        for property in list(object, "properties").unwrap_or_default() {
            if let (Some(name), Some(node)) = (property.get("name").and_then(Node::as_str), custom(&property))
            {
                hints.columns.insert(name.to_owned(), reader.column(node)?);
            }
        }
        Ok(hints)
    }
}

/// The value of the custom property `ingot.generate`, or `generate`.
fn custom(node: &Node) -> Option<&Node> {
    node.get("customProperties")?.as_list()?.iter().find_map(|property| {
        let name = property.get("property")?.as_str()?;
        matches!(name, "ingot.generate" | "generate").then(|| property.get("value"))?
    })
}

struct Reader<'t> {
    file: &'t Path,
    text: &'t str,
}

impl Reader<'_> {
    fn feed(&self, node: &Node, hints: &mut FeedHints) -> Result<()> {
        for (name, node) in self.members(node)? {
            match name.as_str() {
                "rows" => hints.rows = Some(self.number_from(node, name, 0.0)?),
                "locale" => hints.locale = Some(self.locale(node)?),
                "time" => hints.time = Some(self.time(node)?),
                _ => return Err(self.unknown(name, node, &["rows", "locale", "time"])),
            }
        }
        Ok(())
    }

    fn time(&self, node: &Node) -> Result<TimeHints> {
        let mut time = TimeHints::default();
        for (name, node) in self.members(node)? {
            match name.as_str() {
                "column" => time.column = Some(self.text_of(node, name)?),
                "rate" => time.rate = Some(self.number_from(node, name, 0.0)?),
                "hours" => time.hours = Some(self.weights(node, name, 24)?),
                "weekdays" => time.weekdays = Some(self.weights(node, name, 7)?),
                _ => return Err(self.unknown(name, node, &["column", "rate", "hours", "weekdays"])),
            }
        }
        Ok(time)
    }

    fn column(&self, node: &Node) -> Result<ColumnHints> {
        let mut hints = ColumnHints::default();
        let (mut numbers, mut distribution) = (BTreeMap::new(), None);
        for (name, node) in self.members(node)? {
            match name.as_str() {
                "kind" => hints.kind = Some(self.kind(node)?),
                "locale" => hints.locale = Some(self.locale(node)?),
                "values" => hints.values = Some(self.values(node)?),
                "pattern" => hints.pattern = Some(self.text_of(node, name)?),
                "sequence" => hints.sequence = Some(self.sequence(node)?),
                "expression" => {
                    let text = self.text_of(node, name)?;
                    hints.expression = Some(
                        Expression::parse(&text)
                            .map_err(|why| self.error(format!("the expression '{text}': {why}"), node))?,
                    );
                }
                "nulls" => {
                    let share = self.number_from(node, name, 0.0)?;
                    if share > 1.0 {
                        return Err(
                            self.error(format!("nulls is {share}, which is not between 0 and 1"), node)
                        );
                    }
                    hints.nulls = Some(share);
                }
                "min" | "max" => {
                    let text = self.text_of(node, name)?;
                    if name == "min" { hints.min = Some(text) } else { hints.max = Some(text) }
                }
                "distribution" => distribution = Some((self.text_of(node, name)?, node)),
                "mean" | "deviation" | "median" | "sigma" | "exponent" => {
                    let least = if name == "mean" { f64::MIN } else { 0.0 };
                    numbers.insert(name.as_str(), self.number_from(node, name, least)?);
                }
                _ => {
                    return Err(self.unknown(
                        name,
                        node,
                        &[
                            "kind",
                            "locale",
                            "values",
                            "pattern",
                            "sequence",
                            "expression",
                            "nulls",
                            "min",
                            "max",
                            "distribution",
                            "mean",
                            "deviation",
                            "median",
                            "sigma",
                            "exponent",
                        ],
                    ));
                }
            }
        }
        if let Some((word, node)) = distribution {
            let number = |name: &str, otherwise: f64| numbers.get(name).copied().unwrap_or(otherwise);
            hints.distribution = Some(match word.as_str() {
                "uniform" => Distribution::Uniform,
                "normal" => {
                    Distribution::Normal { mean: number("mean", 0.0), deviation: number("deviation", 1.0) }
                }
                "log-normal" => {
                    Distribution::LogNormal { median: number("median", 1.0), sigma: number("sigma", 0.8) }
                }
                "zipf" => Distribution::Zipf { exponent: number("exponent", 1.0) },
                _ => {
                    return Err(self.unknown(&word, node, &["uniform", "normal", "log-normal", "zipf"]));
                }
            });
        } else if let Some(name) = numbers.keys().next() {
            return Err(
                self.error(format!("'{name}' is without effect, because no distribution is named"), node)
            );
        }
        Ok(hints)
    }

    fn kind(&self, node: &Node) -> Result<Kind> {
        let word = self.text_of(node, "kind")?;
        let names: Vec<&str> = Kind::ALL.iter().map(|(name, _)| *name).collect();
        Kind::ALL
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| self.unknown(&word, node, &names))
    }

    fn locale(&self, node: &Node) -> Result<Locale> {
        let word = self.text_of(node, "locale")?;
        Locale::of_name(&word).ok_or_else(|| self.unknown(&word, node, &Locale::ALL.map(|(name, _)| name)))
    }

    /// A list of values, or a mapping of values to weights.
    fn values(&self, node: &Node) -> Result<Vec<(String, f64)>> {
        let values: Vec<(String, f64)> = if let Some(items) = node.as_list() {
            items.iter().map(|item| Ok((self.text_of(item, "values")?, 1.0))).collect::<Result<_>>()?
        } else {
            self.members(node)?
                .map(|(name, weight)| Ok((name.clone(), self.number_from(weight, name, 0.0)?)))
                .collect::<Result<_>>()?
        };
        if values.iter().map(|(_, weight)| weight).sum::<f64>() <= 0.0 {
            return Err(self.error("'values' has no value with a weight above 0", node));
        }
        Ok(values)
    }

    /// `true`, or `{start: 1000, step: 5}`.
    fn sequence(&self, node: &Node) -> Result<(i64, i64)> {
        if node.as_bool() == Some(true) {
            return Ok((1, 1));
        }
        let (mut start, mut step) = (1, 1);
        for (name, node) in self.members(node)? {
            let number = node
                .as_int()
                .ok_or_else(|| self.error(format!("'{name}' should be a whole number"), node))?;
            match name.as_str() {
                "start" => start = number,
                "step" if number != 0 => step = number,
                "step" => return Err(self.error("'step' should not be 0", node)),
                _ => return Err(self.unknown(name, node, &["start", "step"])),
            }
        }
        Ok((start, step))
    }

    fn weights(&self, node: &Node, name: &str, count: usize) -> Result<Vec<f64>> {
        let numbers: Option<Vec<f64>> = node
            .as_list()
            .map(|items| items.iter().filter_map(Node::as_float).filter(|weight| *weight >= 0.0).collect());
        numbers.filter(|numbers| numbers.len() == count && numbers.iter().sum::<f64>() > 0.0).ok_or_else(
            || {
                self.error(
                    format!("'{name}' should be a list of {count} weights, at least one above 0"),
                    node,
                )
            },
        )
    }

    fn members<'n>(&self, node: &'n Node) -> Result<impl Iterator<Item = (&'n String, &'n Node)>> {
        let map = node.as_map().ok_or_else(|| {
            self.error(format!("'ingot.generate' is {} here, and should be a mapping", node.kind()), node)
        })?;
        Ok(map.iter())
    }

    fn text_of(&self, node: &Node, name: &str) -> Result<String> {
        node.scalar_text().ok_or_else(|| self.error(format!("'{name}' should be one value"), node))
    }

    fn number_from(&self, node: &Node, name: &str, least: f64) -> Result<f64> {
        node.as_float()
            .filter(|number| number.is_finite() && *number >= least)
            .ok_or_else(|| self.error(format!("'{name}' should be a number, and not negative"), node))
    }

    fn unknown(&self, name: &str, node: &Node, known: &[&str]) -> Error {
        let error = self.error(format!("the generator does not know '{name}'"), node);
        match nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint(format!("choose one of {}", known.join(", "))),
        }
    }

    fn error(&self, what: impl std::fmt::Display, node: &Node) -> Error {
        Error::new(what).in_text(self.file, self.text, node.line, Some(node.column))
    }
}

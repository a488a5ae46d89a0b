//! `analytics/measures.yaml`, read: what only a person can say about the report. docs/guide/powerbi.md lists its keys.

use ingot_core::error::{Error, Result};
use ingot_core::yaml::{self, Node};
use std::path::{Path, PathBuf};

/// A column, as `table.column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub table: String,
    pub column: String,
}

/// How a measure is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Formula {
    /// `sum`, `average`, `minimum`, `maximum` or `distinct` of a column, `count` of a table's rows; of the rows where columns
    /// of that table have these values.
    Aggregate { function: Function, table: String, column: Option<String>, only: Vec<(String, Literal)> },
    /// One measure divided by another; blank where that is zero.
    Ratio(String, String),
    /// A measure over another period than the one that is shown.
    /// Over days of the date dimension, whose column of dates is `dates`.
    Period { of: String, dates: Field, period: Period },
    /// Written out by hand.
    Written(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Sum,
    Average,
    Minimum,
    Maximum,
    Distinct,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    YearToDate,
    MonthToDate,
    PriorYear,
    /// Change against the prior year, as a share of it.
    YearOverYear,
    /// The same change for the year so far.
    YearToDateOverYear,
    /// A thirtieth of the last 30 days.
    Rolling30DayAverage,
    /// What the 90 days after the last day with facts will bring.
    Forecast90Days,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Number(i64),
}

#[derive(Debug, Clone)]
pub(super) struct Measure {
    pub name: String,
    pub line: usize,
    /// The table that it is listed under.
    pub table: Option<String>,
    pub formula: Formula,
    pub format: String,
    pub folder: String,
    pub description: String,
}

/// A parameter that people move, and measures read as `[<name> value]`.
#[derive(Debug, Clone)]
pub(super) struct WhatIf {
    pub name: String,
    pub from: String,
    pub to: String,
    pub step: String,
    pub default: String,
    pub format: String,
    pub description: String,
}

/// Row-level security: which rows of a table the members of a role see.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub name: String,
    pub table: String,
    pub filter: String,
}

#[derive(Debug, Clone)]
pub(super) struct Hierarchy {
    pub name: String,
    pub table: String,
    pub columns: Vec<String>,
}

/// What a visual shows: a measure, or a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Measure(String),
    Column(Field),
}

#[derive(Debug, Clone)]
pub(super) struct Visual {
    pub kind: String,
    pub line: usize,
    pub title: String,
    pub alt: String,
    /// Column, row, width and height on a grid of 12 by 8.
    pub at: [u32; 4],
    pub category: Vec<Shown>,
    pub series: Vec<Shown>,
    pub values: Vec<Shown>,
    /// Only the first so many by the first measure.
    pub top: Option<u32>,
    /// Only members for which this measure has a value.
    pub only_with: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Page {
    pub name: String,
    /// Reached by drill-through from this column.
    pub drill_through: Option<Field>,
    /// Also laid out for phones.
    pub mobile: bool,
    pub visuals: Vec<Visual>,
}

#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// Of the project's files: `retail.pbip`.
    pub name: String,
    pub schema: String,
    /// What the parameter WarehousePath holds until somebody sets it.
    pub warehouse: String,
    pub culture: String,
    /// The date dimension and its column of dates. Measures over periods need it.
    pub date: Option<Field>,
    /// A column of dates of the facts: periods end on its last day at the latest.
    pub last_day: Option<Field>,
    /// Further tables and views of the schema, beside facts and dimensions.
    pub tables: Vec<String>,
    pub hidden: Vec<Field>,
    pub sort_by: Vec<(Field, String)>,
    pub hierarchies: Vec<Hierarchy>,
    pub measures: Vec<Measure>,
    pub what_if: Vec<WhatIf>,
    pub roles: Vec<Role>,
    /// Hexadecimal, of series in their order.
    pub colors: Vec<String>,
    pub pages: Vec<Page>,
}

impl Definition {
    /// The date dimension.
    pub(super) fn calendar(&self) -> Option<&str> {
        self.date.as_ref().map(|dates| dates.table.as_str())
    }
}

/// Reads the file.
///
/// # Errors
/// It is not there, is not YAML, has a key that does not exist or lacks one.
pub(super) fn read(file: &Path) -> Result<Definition> {
    if !file.is_file() {
        return Err(Error::new("the definition of the report is not there")
            .at(file)
            .hint("run `ingot powerbi init`, which proposes one"));
    }
    let node = yaml::read(file)?;
    Reader { file: file.to_path_buf() }.definition(&node)
}

struct Reader {
    file: PathBuf,
}

impl Reader {
    fn error(&self, node: &Node, what: impl std::fmt::Display) -> Error {
        Error::new(what).at_line(&self.file, node.line)
    }

    /// A mapping with only these keys.
    fn known_keys(&self, node: &Node, keys: &[&str]) -> Result<()> {
        let Some(map) = node.as_map() else {
            return Err(self.error(node, format!("must be a mapping, is {}", node.kind())));
        };
        match map.iter().find(|(key, _)| !keys.contains(&key.as_str())) {
            Some((key, value)) => Err(self
                .error(value, format!("there is no key '{key}' here"))
                .did_you_mean(key, keys.iter().copied())),
            None => Ok(()),
        }
    }

    fn optional(&self, node: &Node, key: &str) -> Result<Option<String>> {
        match node.get(key) {
            None => Ok(None),
            Some(value) => match value.scalar_text() {
                Some(text) => Ok(Some(text)),
                None => Err(self.error(value, format!("'{key}' must be a text, is {}", value.kind()))),
            },
        }
    }

    fn text(&self, node: &Node, key: &str) -> Result<String> {
        self.optional(node, key)?.ok_or_else(|| self.error(node, format!("the key '{key}' is missing")))
    }

    fn list<'a>(&self, node: &'a Node, key: &str) -> Result<&'a [Node]> {
        match node.get(key) {
            None => Ok(&[]),
            Some(value) => value
                .as_list()
                .ok_or_else(|| self.error(value, format!("'{key}' must be a list, is {}", value.kind()))),
        }
    }

    fn texts(&self, node: &Node, key: &str) -> Result<Vec<String>> {
        let list = self.list(node, key)?.iter();
        list.map(|one| {
            one.scalar_text().ok_or_else(|| self.error(one, format!("'{key}' must be a list of texts")))
        })
        .collect()
    }

    fn field(&self, node: &Node, text: &str) -> Result<Field> {
        match text.split_once('.') {
            Some((table, column)) => Ok(Field { table: table.to_owned(), column: column.to_owned() }),
            None => Err(self.error(node, format!("'{text}' must be a column, written table.column"))),
        }
    }

    fn definition(&self, node: &Node) -> Result<Definition> {
        self.known_keys(
            node,
            &[
                "name",
                "schema",
                "warehouse",
                "culture",
                "date",
                "last_day",
                "tables",
                "hidden",
                "sort_by",
                "hierarchies",
                "measures",
                "what_if",
                "roles",
                "colors",
                "pages",
            ],
        )?;
        let mut sort_by = Vec::new();
        for (column, by) in node.get("sort_by").and_then(Node::as_map).into_iter().flatten() {
            sort_by.push((self.field(by, column)?, by.scalar_text().unwrap_or_default()));
        }
        let fields = |key: &str| -> Result<Vec<Field>> {
            self.texts(node, key)?.iter().map(|text| self.field(node, text)).collect()
        };
        let date = self.optional(node, "date")?.map(|text| self.field(node, &text)).transpose()?;
        Ok(Definition {
            name: self.text(node, "name")?,
            schema: self.optional(node, "schema")?.unwrap_or_else(|| "gold".to_owned()),
            warehouse: self.text(node, "warehouse")?,
            culture: self.optional(node, "culture")?.unwrap_or_else(|| "en-US".to_owned()),
            last_day: self.optional(node, "last_day")?.map(|text| self.field(node, &text)).transpose()?,
            tables: self.texts(node, "tables")?,
            hidden: fields("hidden")?,
            sort_by,
            hierarchies: self
                .list(node, "hierarchies")?
                .iter()
                .map(|one| self.hierarchy(one))
                .collect::<Result<_>>()?,
            measures: self
                .list(node, "measures")?
                .iter()
                .map(|one| self.measure(one, date.as_ref()))
                .collect::<Result<_>>()?,
            what_if: self
                .list(node, "what_if")?
                .iter()
                .map(|one| self.what_if(one))
                .collect::<Result<_>>()?,
            roles: self.list(node, "roles")?.iter().map(|one| self.role(one)).collect::<Result<_>>()?,
            colors: self.texts(node, "colors")?,
            date,
            pages: self.list(node, "pages")?.iter().map(|one| self.page(one)).collect::<Result<_>>()?,
        })
    }

    fn hierarchy(&self, node: &Node) -> Result<Hierarchy> {
        self.known_keys(node, &["name", "table", "columns"])?;
        Ok(Hierarchy {
            name: self.text(node, "name")?,
            table: self.text(node, "table")?,
            columns: self.texts(node, "columns")?,
        })
    }

    fn what_if(&self, node: &Node) -> Result<WhatIf> {
        self.known_keys(node, &["name", "from", "to", "step", "default", "format", "description"])?;
        Ok(WhatIf {
            name: self.text(node, "name")?,
            from: self.text(node, "from")?,
            to: self.text(node, "to")?,
            step: self.text(node, "step")?,
            default: self.text(node, "default")?,
            format: self.text(node, "format")?,
            description: self.text(node, "description")?,
        })
    }

    fn role(&self, node: &Node) -> Result<Role> {
        self.known_keys(node, &["name", "table", "filter"])?;
        Ok(Role {
            name: self.text(node, "name")?,
            table: self.text(node, "table")?,
            filter: self.text(node, "filter")?,
        })
    }

    fn measure(&self, node: &Node, date: Option<&Field>) -> Result<Measure> {
        const KEYS: [&str; 15] = [
            "name",
            "table",
            "format",
            "folder",
            "description",
            "only",
            "sum",
            "average",
            "minimum",
            "maximum",
            "distinct",
            "count",
            "ratio",
            "of",
            "period",
        ];
        let keys: Vec<&str> = KEYS.into_iter().chain(["dax"]).collect();
        self.known_keys(node, &keys)?;
        Ok(Measure {
            name: self.text(node, "name")?,
            line: node.line,
            table: self.optional(node, "table")?,
            formula: self.formula(node, date)?,
            format: self.text(node, "format")?,
            folder: self.text(node, "folder")?,
            description: self.text(node, "description")?,
        })
    }

    fn formula(&self, node: &Node, date: Option<&Field>) -> Result<Formula> {
        const FUNCTIONS: [(&str, Function); 6] = [
            ("sum", Function::Sum),
            ("average", Function::Average),
            ("minimum", Function::Minimum),
            ("maximum", Function::Maximum),
            ("distinct", Function::Distinct),
            ("count", Function::Count),
        ];
        const PERIODS: [(&str, Period); 7] = [
            ("year_to_date", Period::YearToDate),
            ("month_to_date", Period::MonthToDate),
            ("prior_year", Period::PriorYear),
            ("year_over_year", Period::YearOverYear),
            ("year_to_date_over_year", Period::YearToDateOverYear),
            ("rolling_30_day_average", Period::Rolling30DayAverage),
            ("forecast_90_days", Period::Forecast90Days),
        ];
        let mut found = Vec::new();
        for (key, function) in FUNCTIONS {
            let Some(text) = self.optional(node, key)? else { continue };
            let (table, column) = if function == Function::Count {
                (text, None)
            } else {
                let field = self.field(node, &text)?;
                (field.table, Some(field.column))
            };
            let mut only = Vec::new();
            for (column, value) in node.get("only").and_then(Node::as_map).into_iter().flatten() {
                let literal = match value.as_int() {
                    Some(number) => Literal::Number(number),
                    None => Literal::Text(value.scalar_text().unwrap_or_default()),
                };
                only.push((column.clone(), literal));
            }
            found.push(Formula::Aggregate { function, table, column, only });
        }
        if node.get("ratio").is_some() {
            match self.texts(node, "ratio")?.as_slice() {
                [one, other] => found.push(Formula::Ratio(one.clone(), other.clone())),
                _ => return Err(self.error(node, "'ratio' must list two measures")),
            }
        }
        if let Some(of) = self.optional(node, "of")? {
            let name = self.text(node, "period")?;
            let Some((_, period)) = PERIODS.into_iter().find(|(known, _)| *known == name) else {
                return Err(self
                    .error(node, format!("there is no period '{name}'"))
                    .did_you_mean(&name, PERIODS.iter().map(|(known, _)| *known)));
            };
            let dates = date.cloned().ok_or_else(|| {
                self.error(node, "a period needs a date dimension")
                    .hint("name its column of dates, as in `date: dim_date.full_date`")
            })?;
            found.push(Formula::Period { of, dates, period });
        }
        if let Some(dax) = self.optional(node, "dax")? {
            found.push(Formula::Written(dax.trim().to_owned()));
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(self.error(node, "the measure has no formula: one of sum, average, minimum, maximum, distinct, count, ratio, of, dax")),
            _ => Err(self.error(node, "the measure has several formulas; leave one")),
        }
    }

    fn page(&self, node: &Node) -> Result<Page> {
        self.known_keys(node, &["name", "drill_through", "mobile", "visuals"])?;
        Ok(Page {
            name: self.text(node, "name")?,
            drill_through: self
                .optional(node, "drill_through")?
                .map(|text| self.field(node, &text))
                .transpose()?,
            mobile: node.get("mobile").and_then(Node::as_bool).unwrap_or(false),
            visuals: self.list(node, "visuals")?.iter().map(|one| self.visual(one)).collect::<Result<_>>()?,
        })
    }

    fn visual(&self, node: &Node) -> Result<Visual> {
        self.known_keys(
            node,
            &["kind", "title", "alt", "at", "category", "series", "values", "top", "only_with"],
        )?;
        let numbers = self.texts(node, "at")?;
        let numbers: Vec<u32> = numbers.iter().filter_map(|text| text.parse().ok()).collect();
        let at = <[u32; 4]>::try_from(numbers)
            .ok()
            .filter(|[x, y, w, h]| *w > 0 && *h > 0 && x + w <= 12 && y + h <= 8)
            .ok_or_else(|| {
                self.error(node, "'at' must be column, row, width and height on the grid of 12 by 8")
            })?;
        let shown = |key: &str| -> Result<Vec<Shown>> {
            Ok(self
                .texts(node, key)?
                .into_iter()
                .map(|text| match text.split_once('.') {
                    // `Avg. price` is a measure.
                    Some((table, column)) if !column.starts_with(' ') => {
                        Shown::Column(Field { table: table.to_owned(), column: column.to_owned() })
                    }
                    _ => Shown::Measure(text),
                })
                .collect())
        };
        Ok(Visual {
            kind: self.text(node, "kind")?,
            line: node.line,
            title: self.text(node, "title")?,
            alt: self.text(node, "alt")?,
            at,
            category: shown("category")?,
            series: shown("series")?,
            values: shown("values")?,
            top: node.get("top").and_then(Node::as_int).and_then(|top| u32::try_from(top).ok()),
            only_with: self.optional(node, "only_with")?,
        })
    }
}

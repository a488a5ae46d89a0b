//! Relations and columns as templates see them, with dbt's methods.

use ingot_jinja::{Args, Error, Object, Result, State, Value};
use std::any::Any;

/// A table, view, CTE or external file, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub identifier: Option<String>,
    /// `table`, `view`, `cte`, `external`.
    pub kind: Option<String>,
    /// Whether database, schema and identifier are written.
    pub include: [bool; 3],
    /// Whether they are quoted.
    pub quote: [bool; 3],
    /// What stands in its place, if it lies outside the database.
    pub external: Option<String>,
    /// Of its rows, no more than so many are read (`--empty`: none).
    pub limit: Option<u64>,
    /// Of its rows, only those of this stretch of time are read (microbatch).
    pub event_time: Option<EventTimeFilter>,
}

/// From `start` (included) to `end` (not included), as they stand in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTimeFilter {
    pub field: String,
    pub start: Option<String>,
    pub end: Option<String>,
}

impl EventTimeFilter {
    fn condition(&self) -> Option<String> {
        let start = self.start.as_ref().map(|start| format!("{} >= '{start}'", self.field));
        let end = self.end.as_ref().map(|end| format!("{} < '{end}'", self.field));
        let parts: Vec<String> = start.into_iter().chain(end).collect();
        (!parts.is_empty()).then(|| parts.join(" and "))
    }
}

impl Relation {
    pub fn new(database: Option<&str>, schema: Option<&str>, identifier: Option<&str>) -> Self {
        Self {
            database: database.map(str::to_owned),
            schema: schema.map(str::to_owned),
            identifier: identifier.map(str::to_owned),
            kind: None,
            include: [true; 3],
            quote: [true; 3],
            external: None,
            limit: None,
            event_time: None,
        }
    }
    #[must_use]
    pub fn of_kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }
    /// The name under which an ephemeral model is injected.
    pub fn ephemeral(identifier: &str) -> Self {
        let mut relation = Self::new(None, None, Some(&format!("__dbt__cte__{identifier}"))).of_kind("cte");
        relation.quote[2] = false;
        relation
    }

    fn parts(&self) -> [Option<&str>; 3] {
        [self.database.as_deref(), self.schema.as_deref(), self.identifier.as_deref()]
    }

    /// As it stands in SQL.
    pub fn render(&self) -> String {
        if let Some(external) = &self.external {
            return external.clone();
        }
        let written: Vec<String> = self
            .parts()
            .into_iter()
            .zip(self.include)
            .zip(self.quote)
            .filter_map(|((part, include), quote)| {
                let part = part.filter(|_| include)?;
                Some(if quote { quoted(part) } else { part.to_owned() })
            })
            .collect();
        written.join(".")
    }

    /// What a query that reads from it says: the name, or a subquery with the rows that may be read.
    pub fn rendered_to_read(&self) -> String {
        let mut out = self.render();
        match self.limit {
            Some(0) => out = format!("(select * from {out} where false limit 0)"),
            Some(limit) => out = format!("(select * from {out} limit {limit})"),
            None => {}
        }
        match self.event_time.as_ref().and_then(EventTimeFilter::condition) {
            Some(condition) => format!("(select * from {out} where {condition})"),
            None => out,
        }
    }

    fn with(&self, change: impl FnOnce(&mut Self)) -> Value {
        let mut other = self.clone();
        change(&mut other);
        other.into_value()
    }
    pub fn into_value(self) -> Value {
        Value::object(self)
    }
    pub fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// The relation made by `Relation.create(database=…, schema=…, identifier=…, type=…)`.
    pub fn create(args: Args) -> Result<Value> {
        let mut bound = args.bind(
            "Relation.create",
            &[
                "database?",
                "schema?",
                "identifier?",
                "type?",
                "quote_policy?",
                "include_policy?",
                "path?",
                "dbt_created?",
                "limit?",
                "external?",
                "renameable_relations?",
                "replaceable_relations?",
            ],
        )?;
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let mut relation = Self::new(None, None, None);
        relation.database = text(bound.take("database"));
        relation.schema = text(bound.take("schema"));
        relation.identifier = text(bound.take("identifier"));
        relation.kind = text(bound.take("type"));
        relation.external = text(bound.take("external"));
        if let Some(path) = bound.take("path") {
            relation.apply_path(&path);
        }
        if let Some(policy) = bound.take("quote_policy") {
            apply_policy(&mut relation.quote, &policy);
        }
        if let Some(policy) = bound.take("include_policy") {
            apply_policy(&mut relation.include, &policy);
        }
        Ok(relation.into_value())
    }

    fn apply_path(&mut self, path: &Value) {
        let Some(path) = path.as_dict() else { return };
        let text = |value: Value| value.as_str().map(str::to_owned);
        if let Some(value) = path.get_str("database") {
            self.database = text(value);
        }
        if let Some(value) = path.get_str("schema") {
            self.schema = text(value);
        }
        if let Some(value) = path.get_str("identifier") {
            self.identifier = text(value);
        }
    }
}

fn apply_policy(policy: &mut [bool; 3], given: &Value) {
    let Some(given) = given.as_dict() else { return };
    for (place, key) in policy.iter_mut().zip(PARTS) {
        if let Some(value) = given.get_str(key).and_then(|value| value.as_bool()) {
            *place = value;
        }
    }
}

/// What packages look for at the end of `relation.get('metadata').type`.
const TYPE_NAME: &str = "DuckDBRelation";
const PARTS: [&str; 3] = ["database", "schema", "identifier"];

/// A name in double quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// Sets those of the three parts that are named.
fn parts_from(args: &Args, function: &str, mut into: [bool; 3]) -> Result<[bool; 3]> {
    let mut bound = args.clone().bind(function, &["database?", "schema?", "identifier?"])?;
    for (place, key) in into.iter_mut().zip(PARTS) {
        if let Some(value) = bound.take(key).filter(|value| !value.is_none()) {
            *place = value.is_true();
        }
    }
    Ok(into)
}

impl Object for Relation {
    fn type_name(&self) -> &str {
        TYPE_NAME
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_str(&self) -> String {
        self.rendered_to_read()
    }
    fn repr(&self) -> String {
        format!("<{TYPE_NAME} {}>", self.render())
    }
    // Packages tell a relation from a name by this.
    fn is_mapping(&self) -> bool {
        true
    }
    fn get_item(&self, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| self.get_attr(name)))
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<Self>().is_some_and(|other| {
            self.parts() == other.parts() && self.kind == other.kind && self.external == other.external
        }))
    }
    fn hash_key(&self) -> Option<Value> {
        Some(self.render().into())
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        Some(match name {
            "database" => self.database.clone().into(),
            "schema" => self.schema.clone().into(),
            "identifier" | "name" | "table" => self.identifier.clone().into(),
            "type" => self.kind.clone().into(),
            "external" => self.external.clone().into(),
            "is_table" => self.is("table").into(),
            "is_view" => self.is("view").into(),
            "is_cte" => self.is("cte").into(),
            "is_materialized_view" | "is_pointer" | "is_dynamic_table" | "is_iceberg_format" | "is_delta" => {
                false.into()
            }
            "is_function" => self.is("function").into(),
            "limit" => self.limit.map_or(Value::None, |limit| Value::from(i128::from(limit))),
            "dbt_created" => false.into(),
            "require_alias" => false.into(),
            "can_be_renamed" | "can_be_replaced" => false.into(),
            "quote_character" => "\"".into(),
            "path" => Value::dict([
                ("database", Value::from(self.database.clone())),
                ("schema", self.schema.clone().into()),
                ("identifier", self.identifier.clone().into()),
            ]),
            "quote_policy" => Value::dict(PARTS.into_iter().zip(self.quote.map(Value::from))),
            "include_policy" => Value::dict(PARTS.into_iter().zip(self.include.map(Value::from))),
            "View" => "view".into(),
            "Table" => "table".into(),
            "CTE" => "cte".into(),
            "External" => "external".into(),
            "MaterializedView" => "materialized_view".into(),
            _ => return None,
        })
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "render",
            "render_limited",
            "include",
            "quote",
            "incorporate",
            "replace_path",
            "without_identifier",
            "quoted",
            "information_schema",
            "matches",
            "get",
            "create",
        ]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "render" => Ok(self.render().into()),
            "render_limited" => Ok(Self { event_time: None, ..self.clone() }.rendered_to_read().into()),
            "include" => parts_from(args, "include", self.include)
                .map(|include| self.with(|relation| relation.include = include)),
            "quote" => parts_from(args, "quote", self.quote)
                .map(|quote| self.with(|relation| relation.quote = quote)),
            "without_identifier" => Ok(self.with(|relation| {
                relation.include[2] = false;
                relation.identifier = None;
            })),
            "incorporate" => self.incorporate(args),
            "replace_path" => {
                let path = Value::dict(args.named.iter().map(|(key, value)| (key.as_str(), value.clone())));
                Ok(self.with(|relation| relation.apply_path(&path)))
            }
            "quoted" => args
                .clone()
                .bind("quoted", &["identifier"])
                .and_then(|mut bound| Ok(quoted(&bound.text("identifier")?).into())),
            "information_schema" => {
                args.clone().bind("information_schema", &["view_name?"]).and_then(|mut bound| {
                    let view = bound.optional_text("view_name")?;
                    let mut relation =
                        Self::new(self.database.as_deref(), Some("INFORMATION_SCHEMA"), view.as_deref());
                    relation.quote = [true, false, false];
                    Ok(relation.into_value())
                })
            }
            "matches" => self.matches(args),
            "get" => args.clone().bind("get", &["key", "default?"]).and_then(|mut bound| {
                let key = bound.text("key")?;
                if key == "metadata" {
                    return Ok(Value::dict([("type", Value::from(TYPE_NAME))]));
                }
                Ok(self.get_attr(&key).unwrap_or_else(|| bound.value("default")))
            }),
            "create" => Self::create(args.clone()),
            _ => return None,
        })
    }
}

impl Relation {
    fn incorporate(&self, args: &Args) -> Result<Value> {
        let mut bound = args
            .clone()
            .bind("incorporate", &["path?", "type?", "quote_policy?", "include_policy?", "external?"])?;
        let mut relation = self.clone();
        if let Some(path) = bound.take("path") {
            relation.apply_path(&path);
        }
        if let Some(kind) = bound.take("type") {
            relation.kind = kind.as_str().map(str::to_owned);
        }
        if let Some(policy) = bound.take("quote_policy") {
            apply_policy(&mut relation.quote, &policy);
        }
        if let Some(policy) = bound.take("include_policy") {
            apply_policy(&mut relation.include, &policy);
        }
        if let Some(external) = bound.take("external") {
            relation.external = external.as_str().map(str::to_owned);
        }
        Ok(relation.into_value())
    }

    fn matches(&self, args: &Args) -> Result<Value> {
        let mut bound = args.clone().bind("matches", &["database?", "schema?", "identifier?"])?;
        for (part, key) in self.parts().into_iter().zip(PARTS) {
            if let Some(wanted) = bound.optional_text(key)?
                && !part.is_some_and(|part| part.eq_ignore_ascii_case(&wanted))
            {
                return Ok(false.into());
            }
        }
        Ok(true.into())
    }
}

/// `api.Relation`.
pub struct RelationClass;

impl Object for RelationClass {
    fn type_name(&self) -> &str {
        "type"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "View" | "Table" | "CTE" | "External" | "MaterializedView" => {
                Relation::new(None, None, None).get_attr(name)
            }
            _ => None,
        }
    }
    fn method_names(&self) -> &[&'static str] {
        &["create"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        (name == "create").then(|| Relation::create(args.clone()))
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, _state: &mut State<'_>, args: Args) -> Result<Value> {
        Relation::create(args)
    }
}

/// A column of a relation, with DuckDB's name for its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub data_type: String,
}

const INTEGERS: &[&str] = &[
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "hugeint",
    "utinyint",
    "usmallint",
    "uinteger",
    "ubigint",
    "int1",
    "int2",
    "int4",
    "int8",
    "short",
    "int",
    "signed",
    "long",
];
const FLOATS: &[&str] = &["real", "float", "float4", "float8", "double"];
const STRINGS: &[&str] = &["text", "character varying", "character", "varchar"];

impl Column {
    fn lower(&self) -> String {
        self.data_type.to_ascii_lowercase()
    }
    pub fn is_string(&self) -> bool {
        STRINGS.contains(&self.lower().as_str())
    }
    /// As in dbt, which compares the whole name: a DECIMAL(18,3) is not.
    fn is_numeric(&self) -> bool {
        matches!(self.lower().as_str(), "decimal" | "numeric")
    }
    /// The type as dbt writes it for a new column.
    fn type_to_write(&self) -> String {
        if self.is_string() { "character varying(256)".to_owned() } else { self.data_type.clone() }
    }
    /// A struct's fields as columns named `a.b`; itself for anything else.
    fn flatten(&self) -> Vec<Column> {
        let lower = self.lower();
        let Some(inner) = lower
            .starts_with("struct(")
            .then(|| self.data_type.get("struct(".len()..self.data_type.len().saturating_sub(1)))
            .flatten()
            .filter(|_| self.data_type.ends_with(')'))
        else {
            return vec![self.clone()];
        };
        split_fields(inner)
            .into_iter()
            .filter_map(|field| {
                let (name, data_type) = field.trim().split_once(' ')?;
                Some(Column {
                    name: format!("{}.{}", self.name, name.trim_matches('"')),
                    data_type: data_type.to_owned(),
                })
            })
            .flat_map(|field| field.flatten())
            .collect()
    }
}

/// Splits at commas that stand in no brackets.
fn split_fields(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0i32, 0);
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

impl Object for Column {
    fn type_name(&self) -> &str {
        "Column"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn repr(&self) -> String {
        format!("<Column {} ({})>", self.name, self.data_type)
    }
    fn equals(&self, other: &Value) -> Option<bool> {
        Some(other.downcast::<Self>() == Some(self))
    }
    fn hash_key(&self) -> Option<Value> {
        Some(self.name.clone().into())
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" | "column" => self.name.clone().into(),
            "quoted" => quoted(&self.name).into(),
            "dtype" => self.data_type.clone().into(),
            "data_type" | "expanded_data_type" => self.type_to_write().into(),
            "char_size" | "numeric_precision" | "numeric_scale" => Value::None,
            _ => return None,
        })
    }
    fn method_names(&self) -> &[&'static str] {
        &[
            "is_string",
            "is_number",
            "is_numeric",
            "is_integer",
            "is_float",
            "is_struct",
            "string_size",
            "can_expand_to",
            "literal",
            "flatten",
        ]
    }
    fn call_method(&self, state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        let integer = INTEGERS.contains(&self.lower().as_str());
        let float = FLOATS.contains(&self.lower().as_str());
        Some(match name {
            "is_string" => Ok(self.is_string().into()),
            "is_integer" => Ok(integer.into()),
            "is_float" => Ok(float.into()),
            "is_numeric" => Ok(self.is_numeric().into()),
            "is_number" => Ok((integer || float || self.is_numeric()).into()),
            "is_struct" => Ok(self.lower().starts_with("struct").into()),
            "string_size" if self.is_string() => Ok(256.into()),
            "string_size" => Err(Error::value("string_size() of a column that is no text")),
            // Text has no length in DuckDB, so nothing needs to be made wider.
            "can_expand_to" => Ok(false.into()),
            "literal" => args.clone().bind("literal", &["value"]).map(|mut bound| {
                let value = bound.value("value");
                format!("{}::{}", display(state, &value), self.type_to_write()).into()
            }),
            "flatten" => Ok(Value::list(self.flatten().into_iter().map(Value::object))),
            _ => return None,
        })
    }
}

fn display(_state: &mut State<'_>, value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Object(object) => object.to_str(),
        _ => "None".to_owned(),
    }
}

/// `api.Column`.
pub struct ColumnClass;

impl ColumnClass {
    fn create(args: Args) -> Result<Value> {
        let mut bound =
            args.bind("Column", &["column", "dtype", "char_size?", "numeric_precision?", "numeric_scale?"])?;
        let (name, mut data_type) = (bound.text("column")?, bound.text("dtype")?);
        let (precision, scale) =
            (bound.optional_int("numeric_precision")?, bound.optional_int("numeric_scale")?);
        let is_bare = matches!(data_type.to_ascii_lowercase().as_str(), "numeric" | "decimal");
        if let (true, Some(precision), Some(scale)) = (is_bare, precision, scale) {
            data_type = format!("{data_type}({precision},{scale})");
        }
        Ok(Value::object(Column { name, data_type }))
    }
}

impl Object for ColumnClass {
    fn type_name(&self) -> &str {
        "type"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, _state: &mut State<'_>, args: Args) -> Result<Value> {
        Self::create(args)
    }
    fn method_names(&self) -> &[&'static str] {
        &["create", "translate_type", "string_type", "numeric_type"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        Some(match name {
            "create" => args.clone().bind("create", &["name", "label_or_dtype"]).and_then(|mut bound| {
                Ok(Value::object(Column {
                    name: bound.text("name")?,
                    data_type: bound.text("label_or_dtype")?,
                }))
            }),
            "translate_type" => args.clone().bind("translate_type", &["dtype"]).and_then(|mut bound| {
                let given = bound.text("dtype")?;
                Ok(match given.to_ascii_uppercase().as_str() {
                    "STRING" => "TEXT".into(),
                    _ => given.into(),
                })
            }),
            "string_type" => args.clone().bind("string_type", &["size"]).and_then(|mut bound| {
                Ok(format!("character varying({})", bound.optional_int("size")?.unwrap_or(256)).into())
            }),
            "numeric_type" => {
                args.clone().bind("numeric_type", &["dtype", "precision", "scale"]).and_then(|mut bound| {
                    let name = bound.text("dtype")?;
                    match (bound.optional_int("precision")?, bound.optional_int("scale")?) {
                        (Some(precision), Some(scale)) => Ok(format!("{name}({precision},{scale})").into()),
                        _ => Ok(name.into()),
                    }
                })
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_is_included() {
        let mut relation = Relation::new(Some("db"), Some("s"), Some("t"));
        assert_eq!(relation.render(), "\"db\".\"s\".\"t\"");
        relation.include[2] = false;
        relation.quote[1] = false;
        assert_eq!(relation.render(), "\"db\".s");
        assert_eq!(Relation::ephemeral("a").render(), "__dbt__cte__a");
    }

    #[test]
    fn structs_flatten() {
        let column =
            Column { name: "a".into(), data_type: "STRUCT(b INTEGER, c STRUCT(d DECIMAL(10, 2)))".into() };
        let names: Vec<String> =
            column.flatten().into_iter().map(|c| format!("{} {}", c.name, c.data_type)).collect();
        assert_eq!(names, ["a.b INTEGER", "a.c.d DECIMAL(10, 2)"]);
    }
}

//! A relation (a table, a view, a CTE or an external file) as templates see it, with dbt's methods.

use crate::dialect::relation_type_name;
use crate::relations::methods::{Method, call, names};
use crate::relations::name_parts::{NameParts, PARTS};
use ingot_engine::Dialect;
use ingot_jinja::{Args, Bound, Error, Object, Result, State, Value};
use std::any::Any;

/// A table, view, CTE or external file, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    pub dialect: Dialect,
    pub database: Option<String>,
    pub schema: Option<String>,
    pub identifier: Option<String>,
    /// `table`, `view`, `cte`, `external`.
    pub kind: Option<String>,
    /// Whether database, schema and identifier are written.
    pub include: NameParts,
    /// Whether they are quoted.
    pub quote: NameParts,
    /// What SQL reads in its place, if it is outside the database.
    pub external: Option<String>,
    /// The number of its rows that are read at most (`--empty`: none).
    pub limit: Option<u64>,
    /// Of its rows, only those of this period are read (microbatch).
    pub event_time: Option<EventTimeFilter>,
    /// The format of its files, where the engine has several: `delta`, `parquet`.
    pub provider: Option<String>,
}

/// From `start` (included) to `end` (not included), as written in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventTimeFilter {
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
    /// Database, schema and name in lower case, by which the warehouse tells relations apart.
    pub(crate) fn folded_parts(&self) -> [String; 3] {
        let part = |part: &Option<String>| part.as_deref().unwrap_or_default().to_lowercase();
        [part(&self.database), part(&self.schema), part(&self.identifier)]
    }

    /// With the parts written and quoted as the engine has it by default. A database without a name is none.
    pub(crate) fn new(
        dialect: Dialect,
        database: Option<&str>,
        schema: Option<&str>,
        identifier: Option<&str>,
    ) -> Self {
        Self {
            dialect,
            database: database.filter(|name| !name.is_empty()).map(str::to_owned),
            schema: schema.map(str::to_owned),
            identifier: identifier.map(str::to_owned),
            kind: None,
            include: NameParts { database: dialect.has_databases(), ..NameParts::ALL },
            quote: NameParts::all(dialect.quotes_by_default()),
            external: None,
            limit: None,
            event_time: None,
            provider: None,
        }
    }
    #[must_use]
    pub(crate) fn of_kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }
    /// The name under which an ephemeral model is injected.
    pub(crate) fn ephemeral(dialect: Dialect, identifier: &str) -> Self {
        let mut relation =
            Self::new(dialect, None, None, Some(&format!("__dbt__cte__{identifier}"))).of_kind("cte");
        relation.quote.identifier = false;
        relation
    }

    /// The relation behind a value.
    ///
    /// # Errors
    /// Another kind of value.
    pub(crate) fn of_value(value: &Value) -> Result<Self> {
        value.downcast::<Self>().cloned().ok_or_else(|| match value {
            Value::Str(text) => Error::type_error(format!("'{text}' is text; a relation is needed here"))
                .hint("pass what ref(), source() or api.Relation.create() returned"),
            other => Error::type_error(format!("a relation is needed here, not '{}'", other.type_name())),
        })
    }

    fn parts_mut(&mut self) -> [&mut Option<String>; 3] {
        [&mut self.database, &mut self.schema, &mut self.identifier]
    }

    fn parts(&self) -> [Option<&str>; 3] {
        [self.database.as_deref(), self.schema.as_deref(), self.identifier.as_deref()]
    }

    /// As written in SQL.
    pub(crate) fn render(&self) -> String {
        if let Some(external) = &self.external {
            return external.clone();
        }
        let written: Vec<String> = self
            .parts()
            .into_iter()
            .zip(self.include.flags())
            .zip(self.quote.flags())
            .filter_map(|((part, include), quote)| {
                let part = part.filter(|_| include)?;
                Some(if quote { self.dialect.quoted(part) } else { part.to_owned() })
            })
            .collect();
        written.join(".")
    }

    /// What a query that reads from it says: the name, or a subquery with the rows that may be read.
    pub(crate) fn rendered_to_read(&self) -> String {
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
    pub(crate) fn into_value(self) -> Value {
        Value::object(self)
    }
    /// Whether its files have this format.
    fn is_provided_by(&self, format: &str) -> bool {
        self.provider.as_deref() == Some(format)
    }
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// The relation made by `Relation.create(database=…, schema=…, identifier=…, type=…)`.
    pub(crate) fn create(dialect: Dialect, mut bound: Bound<'_>) -> Result<Value> {
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let mut relation = Self::new(dialect, None, None, None);
        relation.database = text(bound.take("database")).filter(|name| !name.is_empty());
        relation.schema = text(bound.take("schema"));
        relation.identifier = text(bound.take("identifier"));
        relation.kind = text(bound.take("type"));
        relation.external = text(bound.take("external"));
        if let Some(path) = bound.take("path") {
            relation.apply_path(&path);
        }
        if let Some(policy) = bound.take("quote_policy") {
            relation.quote.apply_policy(&policy);
        }
        if let Some(policy) = bound.take("include_policy") {
            relation.include.apply_policy(&policy);
        }
        Ok(relation.into_value())
    }

    fn apply_path(&mut self, path: &Value) {
        let Some(path) = path.as_dict() else { return };
        for (part, key) in self.parts_mut().into_iter().zip(PARTS) {
            if let Some(value) = path.get_str(key) {
                *part = value.as_str().map(str::to_owned);
            }
        }
    }
}

/// A name in the quotes of DuckDB, for SQL that is made for it alone.
pub(crate) fn quoted(name: &str) -> String {
    Dialect::DuckDb.quoted(name)
}

/// dbt's methods of a relation.
const METHODS: [Method<Relation>; 12] = [
    Method { name: "render", parameters: &[], call: |relation, _| Ok(relation.render().into()) },
    Method {
        name: "render_limited",
        parameters: &[],
        call: |relation, _| Ok(Relation { event_time: None, ..relation.clone() }.rendered_to_read().into()),
    },
    Method {
        name: "include",
        parameters: &PARTS_OR_NOTHING,
        call: |relation, mut args| {
            let include = relation.include.with(&mut args);
            Ok(relation.with(|relation| relation.include = include))
        },
    },
    Method {
        name: "quote",
        parameters: &PARTS_OR_NOTHING,
        call: |relation, mut args| {
            let quote = relation.quote.with(&mut args);
            Ok(relation.with(|relation| relation.quote = quote))
        },
    },
    Method {
        name: "incorporate",
        parameters: &["path?", "type?", "quote_policy?", "include_policy?", "external?"],
        call: Relation::incorporate,
    },
    Method {
        name: "replace_path",
        parameters: &PARTS_OR_NOTHING,
        call: |relation, mut args| {
            Ok(relation.with(|relation| {
                for (part, key) in relation.parts_mut().into_iter().zip(PARTS) {
                    if let Some(value) = args.take(key) {
                        *part = value.as_str().map(str::to_owned);
                    }
                }
            }))
        },
    },
    Method {
        name: "without_identifier",
        parameters: &[],
        call: |relation, _| {
            Ok(relation.with(|relation| {
                relation.include.identifier = false;
                relation.identifier = None;
            }))
        },
    },
    Method {
        name: "quoted",
        parameters: &["identifier"],
        call: |relation, mut args| Ok(relation.dialect.quoted(&args.text("identifier")?).into()),
    },
    Method {
        name: "information_schema",
        parameters: &["view_name?"],
        call: |relation, mut args| {
            let view = args.optional_text("view_name")?;
            let mut schema = Relation::new(
                relation.dialect,
                relation.database.as_deref(),
                Some("INFORMATION_SCHEMA"),
                view.as_deref(),
            );
            schema.quote = NameParts { database: true, schema: false, identifier: false };
            Ok(schema.into_value())
        },
    },
    Method { name: "matches", parameters: &PARTS_OR_NOTHING, call: Relation::matches },
    Method {
        name: "get",
        parameters: &["key", "default?"],
        call: |relation, mut args| {
            let key = args.text("key")?;
            if key == "metadata" {
                return Ok(Value::dict([("type", Value::from(relation_type_name(relation.dialect)))]));
            }
            Ok(relation.get_attr(&key).unwrap_or_else(|| args.value("default")))
        },
    },
    Method {
        name: "create",
        parameters: CREATE,
        call: |relation, args| Relation::create(relation.dialect, args),
    },
];

const PARTS_OR_NOTHING: [&str; 3] = ["database?", "schema?", "identifier?"];

/// The parameters of `Relation.create`; some of them are taken and not used.
pub(crate) const CREATE: &[&str] = &[
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
];

impl Object for Relation {
    fn type_name(&self) -> &str {
        relation_type_name(self.dialect)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_str(&self) -> String {
        self.rendered_to_read()
    }
    fn repr(&self) -> String {
        format!("<{} {}>", relation_type_name(self.dialect), self.render())
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
            "is_materialized_view" | "is_pointer" | "is_dynamic_table" | "is_iceberg_format" => false.into(),
            "is_delta" => self.is_provided_by("delta").into(),
            "is_iceberg" => self.is_provided_by("iceberg").into(),
            "is_hudi" => self.is_provided_by("hudi").into(),
            "is_function" => self.is("function").into(),
            "limit" => self.limit.map_or(Value::None, |limit| Value::from(i128::from(limit))),
            "dbt_created" => false.into(),
            "require_alias" => false.into(),
            "can_be_renamed" | "can_be_replaced" => false.into(),
            "quote_character" => self.dialect.quote().into(),
            "path" => Value::dict([
                ("database", Value::from(self.database.clone())),
                ("schema", self.schema.clone().into()),
                ("identifier", self.identifier.clone().into()),
            ]),
            "quote_policy" => Value::dict(PARTS.into_iter().zip(self.quote.flags().map(Value::from))),
            "include_policy" => Value::dict(PARTS.into_iter().zip(self.include.flags().map(Value::from))),
            "View" => "view".into(),
            "Table" => "table".into(),
            "CTE" => "cte".into(),
            "External" => "external".into(),
            "MaterializedView" => "materialized_view".into(),
            _ => return None,
        })
    }
    fn method_names(&self) -> &[&'static str] {
        const NAMES: [&str; METHODS.len()] = names(&METHODS);
        &NAMES
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        call(&METHODS, self, name, args)
    }
}

impl Relation {
    fn incorporate(&self, mut bound: Bound<'_>) -> Result<Value> {
        let mut relation = self.clone();
        if let Some(path) = bound.take("path") {
            relation.apply_path(&path);
        }
        if let Some(kind) = bound.take("type") {
            relation.kind = kind.as_str().map(str::to_owned);
        }
        if let Some(policy) = bound.take("quote_policy") {
            relation.quote.apply_policy(&policy);
        }
        if let Some(policy) = bound.take("include_policy") {
            relation.include.apply_policy(&policy);
        }
        if let Some(external) = bound.take("external") {
            relation.external = external.as_str().map(str::to_owned);
        }
        Ok(relation.into_value())
    }

    fn matches(&self, mut bound: Bound<'_>) -> Result<Value> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_is_included() {
        let mut relation = Relation::new(Dialect::DuckDb, Some("db"), Some("s"), Some("t"));
        assert_eq!(relation.render(), "\"db\".\"s\".\"t\"");
        relation.include.identifier = false;
        relation.quote.schema = false;
        assert_eq!(relation.render(), "\"db\".s");
        assert_eq!(Relation::ephemeral(Dialect::DuckDb, "a").render(), "__dbt__cte__a");
    }

    #[test]
    fn a_relation_of_spark_has_no_database_and_no_quotes() {
        let mut relation = Relation::new(Dialect::Spark, Some(""), Some("s"), Some("t"));
        assert_eq!((relation.render().as_str(), relation.database.as_deref()), ("s.t", None));
        relation.quote = NameParts::ALL;
        assert_eq!(relation.render(), "`s`.`t`");
    }
}

//! A column of a relation as templates see it, with dbt's methods.

use crate::relations::methods::{Method, call, names};
use ingot_engine::Dialect;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use std::any::Any;

/// A column of a relation, with the engine's name for its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub dialect: Dialect,
    pub name: String,
    pub data_type: String,
    /// What was said of its size beside the type; columns of relations have it in the name of their type.
    pub sizes: Sizes,
}

/// The length of text; precision and scale of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub text: Option<i128>,
    pub precision: Option<i128>,
    pub scale: Option<i128>,
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
    pub(crate) fn new(dialect: Dialect, name: String, data_type: String) -> Self {
        Self { dialect, name, data_type, sizes: Sizes::default() }
    }
    fn lower(&self) -> String {
        self.data_type.to_ascii_lowercase()
    }
    pub(crate) fn is_string(&self) -> bool {
        STRINGS.contains(&self.lower().as_str())
    }
    /// As in dbt, which compares the whole name: a DECIMAL(18,3) is not.
    fn is_numeric(&self) -> bool {
        matches!(self.lower().as_str(), "decimal" | "numeric")
    }
    fn is_integer(&self) -> bool {
        INTEGERS.contains(&self.lower().as_str())
    }
    fn is_float(&self) -> bool {
        FLOATS.contains(&self.lower().as_str())
    }
    fn is_number(&self) -> bool {
        self.is_integer() || self.is_float() || self.is_numeric()
    }
    fn string_size(&self) -> Result<i128> {
        const USUAL: i128 = 256;
        if self.is_string() {
            return Ok(self.sizes.text.filter(|_| self.data_type != "text").unwrap_or(USUAL));
        }
        Err(Error::value(format!("string_size() needs a text column; '{}' is {}", self.name, self.data_type)))
    }
    /// The type as dbt writes it for a new column.
    fn type_to_write(&self) -> String {
        if self.dialect == Dialect::DuckDb
            && let Ok(size) = self.string_size()
        {
            return format!("character varying({size})");
        }
        match (self.sizes.precision, self.sizes.scale) {
            (Some(precision), Some(scale)) if self.is_numeric() => {
                format!("{}({precision},{scale})", self.data_type)
            }
            _ => self.data_type.clone(),
        }
    }
    fn is_struct(&self) -> bool {
        self.lower().starts_with("struct")
    }
    /// A struct's fields, by their own names.
    fn fields(&self) -> Vec<Column> {
        let inner = self
            .lower()
            .starts_with("struct(")
            .then(|| self.data_type.get("struct(".len()..self.data_type.len().saturating_sub(1)))
            .flatten()
            .filter(|_| self.data_type.ends_with(')'));
        let fields = split_fields(inner.unwrap_or_default()).into_iter();
        fields
            .filter_map(|field| {
                let (name, data_type) = field.trim().split_once(' ')?;
                Some(Self::new(self.dialect, name.trim_matches('"').to_owned(), data_type.to_owned()))
            })
            .collect()
    }
    /// A struct's fields as columns named `a.b`, and theirs; itself for anything else.
    fn flatten(&self) -> Vec<Column> {
        let fields = self.fields();
        if fields.is_empty() {
            return vec![self.clone()];
        }
        let below = fields.iter().flat_map(Self::flatten);
        below.map(|field| Self { name: format!("{}.{}", self.name, field.name), ..field }).collect()
    }
}

/// Splits at commas outside brackets.
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
            "quoted" => self.dialect.quoted(&self.name).into(),
            "dtype" => self.data_type.clone().into(),
            "data_type" | "expanded_data_type" => self.type_to_write().into(),
            "char_size" => Value::from(self.sizes.text),
            "numeric_precision" => Value::from(self.sizes.precision),
            "numeric_scale" => Value::from(self.sizes.scale),
            "fields" if self.dialect == Dialect::DuckDb => {
                Value::list(self.fields().into_iter().map(Value::object))
            }
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

/// dbt's methods of a column.
const METHODS: [Method<Column>; 10] = [
    Method { name: "is_string", parameters: &[], call: |column, _| Ok(column.is_string().into()) },
    Method { name: "is_number", parameters: &[], call: |column, _| Ok(column.is_number().into()) },
    Method { name: "is_numeric", parameters: &[], call: |column, _| Ok(column.is_numeric().into()) },
    Method { name: "is_integer", parameters: &[], call: |column, _| Ok(column.is_integer().into()) },
    Method { name: "is_float", parameters: &[], call: |column, _| Ok(column.is_float().into()) },
    Method { name: "is_struct", parameters: &[], call: |column, _| Ok(column.is_struct().into()) },
    Method { name: "string_size", parameters: &[], call: |column, _| Ok(column.string_size()?.into()) },
    Method {
        name: "can_expand_to",
        parameters: &["other_column"],
        call: |column, mut args| {
            let given = args.value("other_column");
            let other = given.downcast::<Column>().and_then(|other| other.string_size().ok());
            Ok(column.string_size().is_ok_and(|own| other.is_some_and(|other| other > own)).into())
        },
    },
    Method {
        name: "literal",
        parameters: &["value"],
        call: |column, mut args| {
            let (value, kind) = (display(&args.value("value")), column.type_to_write());
            Ok(match column.dialect {
                Dialect::DuckDb => format!("{value}::{kind}"),
                Dialect::Spark => format!("cast({value} as {kind})"),
            }
            .into())
        },
    },
    Method {
        name: "flatten",
        parameters: &[],
        call: |column, _| Ok(Value::list(column.flatten().into_iter().map(Value::object))),
    },
];

fn display(value: &Value) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_flatten() {
        let kind = "STRUCT(b INTEGER, c STRUCT(d DECIMAL(10, 2)))";
        let column = Column::new(Dialect::DuckDb, "a".into(), kind.into());
        assert_eq!(column.fields().iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        let names: Vec<String> =
            column.flatten().into_iter().map(|c| format!("{} {}", c.name, c.data_type)).collect();
        assert_eq!(names, ["a.b INTEGER", "a.c.d DECIMAL(10, 2)"]);
    }
}

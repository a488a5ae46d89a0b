//! `api.Column`: makes columns, and names types.

use crate::relations::column::{Column, Sizes};
use crate::relations::methods::{Method, call, names};
use ingot_engine::Dialect;
use ingot_jinja::{Args, Error, Object, Result, State, Value};
use std::any::Any;

pub(crate) struct ColumnClass(pub(crate) Dialect);

impl ColumnClass {
    fn create(&self, args: Args) -> Result<Value> {
        let mut bound =
            args.bind("Column", &["column", "dtype", "char_size?", "numeric_precision?", "numeric_scale?"])?;
        let sizes = Sizes {
            text: bound.optional_int("char_size")?,
            precision: bound.optional_int("numeric_precision")?,
            scale: bound.optional_int("numeric_scale")?,
        };
        let column = Column::new(self.0, bound.text("column")?, bound.text("dtype")?);
        Ok(Value::object(Column { sizes, ..column }))
    }

    /// `varchar(10)` or `decimal(9,2)` as type and size.
    fn of_description(&self, name: String, described: &str) -> Result<Value> {
        let (kind, size) = described.split_once('(').unwrap_or((described, ""));
        let inner = size.split_once(')').map_or("", |(inner, _)| inner);
        let number = |text: &str| {
            text.trim().parse().map_err(|_| {
                Error::value(format!("Could not interpret data_type \"{described}\": could not convert \"{text}\" to an integer"))
            })
        };
        let parts: Vec<&str> = inner.split(',').filter(|part| !part.is_empty()).collect();
        let sizes = match parts[..] {
            [text] => Sizes { text: Some(number(text)?), ..Sizes::default() },
            [precision, scale] => {
                Sizes { text: None, precision: Some(number(precision)?), scale: Some(number(scale)?) }
            }
            _ => Sizes::default(),
        };
        Ok(Value::object(Column { sizes, ..Column::new(self.0, name, kind.to_owned()) }))
    }

    /// dbt's other name for a type.
    fn translated(&self, given: String) -> String {
        let is_renamed = self.0 == Dialect::DuckDb && given.eq_ignore_ascii_case("string");
        if is_renamed { "TEXT".to_owned() } else { given }
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
        self.create(args)
    }
    fn method_names(&self) -> &[&'static str] {
        const NAMES: [&str; METHODS.len()] = names(&METHODS);
        &NAMES
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        call(&METHODS, self, name, args)
    }
}

const METHODS: [Method<ColumnClass>; 5] = [
    Method {
        name: "from_description",
        parameters: &["name", "raw_data_type"],
        call: |class, mut args| class.of_description(args.text("name")?, &args.text("raw_data_type")?),
    },
    Method {
        name: "create",
        parameters: &["name", "label_or_dtype"],
        call: |class, mut args| {
            let kind = class.translated(args.text("label_or_dtype")?);
            let column = Column::new(class.0, args.text("name")?, kind);
            Ok(Value::object(column))
        },
    },
    Method {
        name: "translate_type",
        parameters: &["dtype"],
        call: |class, mut args| Ok(class.translated(args.text("dtype")?).into()),
    },
    Method {
        name: "string_type",
        parameters: &["size"],
        call: |_, mut args| {
            Ok(format!("character varying({})", args.optional_int("size")?.unwrap_or(256)).into())
        },
    },
    Method {
        name: "numeric_type",
        parameters: &["dtype", "precision", "scale"],
        call: |class, mut args| {
            let given = args.text("dtype")?;
            // Spark knows neither `numeric` nor `number`.
            let name = if class.0 == Dialect::Spark { "decimal".to_owned() } else { given };
            match (args.optional_int("precision")?, args.optional_int("scale")?) {
                (Some(precision), Some(scale)) => Ok(format!("{name}({precision},{scale})").into()),
                _ => Ok(name.into()),
            }
        },
    },
];

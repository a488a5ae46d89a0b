//! `api.Column`: makes columns, and names types.

use crate::relations::column::Column;
use crate::relations::methods::{Method, call, names};
use ingot_engine::Dialect;
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;

pub(crate) struct ColumnClass(pub(crate) Dialect);

impl ColumnClass {
    fn create(&self, args: Args) -> Result<Value> {
        let mut bound =
            args.bind("Column", &["column", "dtype", "char_size?", "numeric_precision?", "numeric_scale?"])?;
        let (name, mut data_type) = (bound.text("column")?, bound.text("dtype")?);
        let (precision, scale) =
            (bound.optional_int("numeric_precision")?, bound.optional_int("numeric_scale")?);
        let is_bare = matches!(data_type.to_ascii_lowercase().as_str(), "numeric" | "decimal");
        if let (true, Some(precision), Some(scale)) = (is_bare, precision, scale) {
            data_type = format!("{data_type}({precision},{scale})");
        }
        Ok(Value::object(Column { dialect: self.0, name, data_type }))
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

const METHODS: [Method<ColumnClass>; 4] = [
    Method {
        name: "create",
        parameters: &["name", "label_or_dtype"],
        call: |class, mut args| {
            let column = Column {
                dialect: class.0,
                name: args.text("name")?,
                data_type: args.text("label_or_dtype")?,
            };
            Ok(Value::object(column))
        },
    },
    Method {
        name: "translate_type",
        parameters: &["dtype"],
        call: |class, mut args| {
            let given = args.text("dtype")?;
            let is_renamed = class.0 == Dialect::DuckDb && given.eq_ignore_ascii_case("string");
            Ok(if is_renamed { "TEXT".into() } else { given.into() })
        },
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

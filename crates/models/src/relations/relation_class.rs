//! `api.Relation`: makes relations.

use crate::relations::relation::{CREATE, Relation};
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;

pub(crate) struct RelationClass;

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
        (name == "create").then(|| create(args.clone()))
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, _state: &mut State<'_>, args: Args) -> Result<Value> {
        create(args)
    }
}

fn create(args: Args) -> Result<Value> {
    Relation::create(args.bind("Relation.create", CREATE)?)
}

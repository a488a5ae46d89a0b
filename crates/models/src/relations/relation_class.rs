//! `api.Relation`: makes relations.

use crate::relations::relation::{CREATE, Relation};
use ingot_engine::Dialect;
use ingot_jinja::{Args, Object, Result, State, Value};
use std::any::Any;

pub(crate) struct RelationClass(pub(crate) Dialect);

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
                Relation::new(self.0, None, None, None).get_attr(name)
            }
            _ => None,
        }
    }
    fn method_names(&self) -> &[&'static str] {
        &["create"]
    }
    fn call_method(&self, _state: &mut State<'_>, name: &str, args: &Args) -> Option<Result<Value>> {
        (name == "create").then(|| self.create(args.clone()))
    }
    fn is_callable(&self) -> bool {
        true
    }
    fn call(&self, _state: &mut State<'_>, args: Args) -> Result<Value> {
        self.create(args)
    }
}

impl RelationClass {
    fn create(&self, args: Args) -> Result<Value> {
        Relation::create(self.0, args.bind("Relation.create", CREATE)?)
    }
}

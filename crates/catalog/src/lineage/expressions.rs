//! What an expression is made of.

use super::scope::Scope;
use super::sources::{How, Sources};
use super::tracer::Tracer;
use super::tree::{names, parameter_names, text};
use serde_json::Value as Json;

impl Tracer<'_> {
    /// What `tree` is made of.
    pub(super) fn expression(&mut self, tree: &Json, scope: &Scope) -> Sources {
        match text(tree, "class") {
            "COLUMN_REF" => {
                let names = names(tree, "column_names");
                scope.resolve(&names).unwrap_or_else(|| {
                    self.problem(format!("the column {} cannot be resolved", names.join(".")));
                    Sources::unknown()
                })
            }
            "CONSTANT" | "PARAMETER" | "DEFAULT" => Sources::default(),
            "FUNCTION" => {
                let is_aggregate = self.aggregates.contains(&text(tree, "function_name").to_lowercase());
                let how = if is_aggregate { How::Aggregated } else { How::Transformed };
                let mut sources = self.children(tree, scope).used(how);
                if let Some(function) = self.function_of_the_project(tree) {
                    sources.add(&function.used(How::Transformed));
                }
                sources
            }
            "WINDOW" => {
                let mut sources = Sources::default();
                let is_aggregate = self.aggregates.contains(&text(tree, "function_name").to_lowercase());
                for (key, part) in tree.as_object().into_iter().flatten() {
                    let is_value = matches!(key.as_str(), "arguments" | "children" | "filter_expr");
                    let how = if is_value && is_aggregate { How::Aggregated } else { How::Transformed };
                    sources.add(&self.within(part, scope).used(how));
                }
                sources
            }
            "SUBQUERY" => self.subquery(tree, scope),
            "LAMBDA" => self.lambda(tree, scope),
            "STAR" => match &scope.star {
                Some(column) => column.clone(),
                None => self.all_columns(tree, scope),
            },
            _ => self.children(tree, scope).used(How::Transformed),
        }
    }

    /// A function that is an input, which is called with its schema.
    fn function_of_the_project(&self, tree: &Json) -> Option<Sources> {
        let path = ["catalog", "schema", "function_name"].map(|key| text(tree, key).to_owned());
        let path: Vec<String> = path.into_iter().filter(|part| !part.is_empty()).collect();
        if path.len() < 2 {
            return None;
        }
        let index = self.inputs.iter().position(|input| input.is_function && input.is_called(&path))?;
        Some(Sources::column(index, self.inputs[index].name))
    }

    /// Everything below an expression.
    fn children(&mut self, tree: &Json, scope: &Scope) -> Sources {
        let mut sources = Sources::default();
        for (_, part) in tree.as_object().into_iter().flatten() {
            sources.add(&self.within(part, scope));
        }
        sources
    }

    /// The expressions in a part of the tree that may be one itself, or hold several.
    pub(super) fn within(&mut self, part: &Json, scope: &Scope) -> Sources {
        match part {
            Json::Object(members) if members.contains_key("class") => self.expression(part, scope),
            Json::Object(_) => self.children(part, scope),
            Json::Array(items) => {
                let mut sources = Sources::default();
                items.iter().for_each(|item| sources.add(&self.within(item, scope)));
                sources
            }
            _ => Sources::default(),
        }
    }

    /// A query as a value: its column, and what decides which of its rows that is.
    fn subquery(&mut self, tree: &Json, scope: &Scope) -> Sources {
        let relation = self.query(&tree["subquery"]["node"], Some(scope));
        let mut sources = self.within(&tree["child"], scope);
        if text(tree, "subquery_type") != "EXISTS" && text(tree, "subquery_type") != "NOT_EXISTS" {
            relation.columns.iter().for_each(|column| sources.add(&column.sources));
            relation.open.iter().for_each(|open| sources.add(open));
        }
        for column in relation.influences.keys() {
            sources.add(&Sources::column(column.input, &column.column));
        }
        sources.used(How::Transformed)
    }

    fn lambda(&mut self, tree: &Json, scope: &Scope) -> Sources {
        let mut inner = Scope::within(scope);
        let mut parameters = Vec::new();
        parameter_names(&tree["lhs"], &mut parameters);
        inner.parameters = parameters.into_iter().collect();
        inner.star.clone_from(&scope.star);
        self.within(&tree["expr"], &inner).used(How::Transformed)
    }

    fn all_columns(&mut self, tree: &Json, scope: &Scope) -> Sources {
        let mut sources = Sources::default();
        for column in self.star(tree, scope).columns {
            sources.add(&column.sources);
        }
        sources
    }
}

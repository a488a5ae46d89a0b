//! What an expression is made of.

use super::aggregates::is_aggregate;
use super::scope::Scope;
use super::sources::{How, Sources};
use super::tracer::Tracer;
use super::tree::{names, parameter_names, text};
use serde_json::Value as Json;

/// Functions whose result may be one of their arguments, or has them in it. A hash, a count, a sum and an answer of yes or no
/// are made of them and do not.
#[rustfmt::skip]
const HOLDERS: &[&str] = &[
    // One of several.
    "coalesce", "ifnull", "nullif", "if", "least", "greatest", "min", "max", "any_value", "arbitrary", "first", "last",
    "first_value", "last_value", "nth_value", "lag", "lead", "fill", "arg_min", "arg_max", "argmin", "argmax", "min_by",
    "max_by", "arg_min_null", "arg_max_null", "mode", "median", "quantile", "quantile_disc", "percentile_disc", "approx_top_k",
    // Many in one.
    "list", "array_agg", "list_value", "list_pack", "array_value", "string_agg", "group_concat", "listagg", "histogram",
    "struct_pack", "row", "struct_insert", "map", "map_from_entries", "union_value", "concat", "concat_ws", "||",
    "list_concat", "list_append", "list_prepend", "array_to_string", "format", "printf", "to_json", "json_object",
    "json_array", "json_group_array", "json_group_object", "row_to_json",
    // A part of one.
    "struct_extract", "list_extract", "array_extract", "element_at", "map_extract", "map_values", "map_keys", "unnest",
    "json_extract", "json_extract_string", "->", "->>", "json_value", "list_distinct", "list_sort", "list_filter",
    "list_transform", "list_slice", "array_slice", "string_split", "split", "split_part", "regexp_extract", "substring",
    "substr", "left", "right",
    // The same, written in another way.
    "trim", "ltrim", "rtrim", "lower", "lcase", "upper", "ucase", "lpad", "rpad", "replace", "regexp_replace", "translate",
    "strip_accents", "nfc_normalize", "abs", "round", "floor", "ceil", "ceiling", "trunc", "date_trunc", "constant_or_null",
];

/// Operators whose result is one of what they stand between, or a part of it.
const PARTS_AND_CHOICES: &[&str] = &[
    "OPERATOR_COALESCE",
    "OPERATOR_NULLIF",
    "OPERATOR_TRY",
    "ARRAY_CONSTRUCTOR",
    "ARRAY_EXTRACT",
    "ARRAY_SLICE",
    "STRUCT_EXTRACT",
];

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
                let name = text(tree, "function_name").to_lowercase();
                let how = if is_aggregate(&name) { How::Aggregated } else { How::Transformed };
                let mut sources = Sources::default();
                for (key, part) in tree.as_object().into_iter().flatten() {
                    let found = self.within(part, scope);
                    let may_hold =
                        matches!(key.as_str(), "arguments" | "children") && HOLDERS.contains(&name.as_str());
                    sources.add(&if may_hold { found.held(how) } else { found.used(how) });
                }
                if let Some(function) = self.function_of_the_project(tree) {
                    sources.add(&function.used(How::Transformed));
                }
                sources
            }
            "WINDOW" => {
                let mut sources = Sources::default();
                let name = text(tree, "function_name").to_lowercase();
                let is_aggregate = is_aggregate(&name);
                for (key, part) in tree.as_object().into_iter().flatten() {
                    let is_value = matches!(key.as_str(), "arguments" | "children" | "filter_expr");
                    let how = if is_value && is_aggregate { How::Aggregated } else { How::Transformed };
                    let may_hold = matches!(key.as_str(), "arguments" | "children" | "default_expr")
                        && HOLDERS.contains(&name.as_str());
                    let found = self.within(part, scope);
                    sources.add(&if may_hold { found.held(how) } else { found.used(how) });
                }
                sources
            }
            "CASE" => self.case(tree, scope),
            "CAST" | "COLLATE" => self.children(tree, scope).held(How::Transformed),
            "OPERATOR" if PARTS_AND_CHOICES.contains(&text(tree, "type")) => {
                self.children(tree, scope).held(How::Transformed)
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
        let mut sources = self.within(&tree["child"], scope).used(How::Transformed);
        let kind = text(tree, "subquery_type");
        let mut values = Sources::default();
        if kind != "EXISTS" && kind != "NOT_EXISTS" {
            relation.columns.iter().for_each(|column| values.add(&column.sources));
            relation.open.iter().for_each(|open| values.add(open));
        }
        let is_value = kind == "SCALAR";
        sources.add(&if is_value { values.held(How::Transformed) } else { values.used(How::Transformed) });
        for column in relation.influences.keys() {
            sources.add(&Sources::column(column.input, &column.column).used(How::Transformed));
        }
        sources
    }

    /// Its results may come out; its conditions say which of them does.
    fn case(&mut self, tree: &Json, scope: &Scope) -> Sources {
        let mut sources = self.within(&tree["else_expr"], scope).held(How::Transformed);
        for check in tree["case_checks"].as_array().into_iter().flatten() {
            sources.add(&self.within(&check["when_expr"], scope).used(How::Transformed));
            sources.add(&self.within(&check["then_expr"], scope).held(How::Transformed));
        }
        sources
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

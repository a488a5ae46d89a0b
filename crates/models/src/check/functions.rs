//! Functions that the project defines: made in the database of the check as a run makes them, so that models that call
//! them can be bound.

use super::plan::relation;
use crate::final_semicolon::without_final_semicolon;
use crate::graph::function::{Argument, Function};
use crate::graph::node::Node;
use serde_json::Value as Json;

/// The statement that makes a function, as `builtin_macros/duckdb/functions.sql` writes it, and the byte at which its
/// body begins.
pub(super) fn statement(node: &Node, function: &Function, body: &str) -> (String, usize) {
    let arguments: Vec<String> = function.arguments.iter().map(argument).collect();
    let mut body = without_final_semicolon(body).trim().to_owned();
    let is_aggregate = node.config.get("type").and_then(Json::as_str) == Some("aggregate");
    if is_aggregate && body.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select")) {
        body.drain(..6);
    }
    let head =
        format!("create or replace macro {}({}) as cast((", relation(node).render(), arguments.join(", "));
    (format!("{head}{body}\n) as {})", function.returns.data_type), head.len())
}

fn argument(argument: &Argument) -> String {
    let default = match &argument.default_value {
        Json::Null => return argument.name.clone(),
        Json::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    };
    format!("{} := cast({default} as {})", argument.name, argument.data_type)
}

/// A call of it with values of the types that it takes.
pub(super) fn call(node: &Node, function: &Function) -> String {
    let values: Vec<String> =
        function.arguments.iter().map(|argument| format!("cast(null as {})", argument.data_type)).collect();
    format!("describe (select {}({}))", relation(node).render(), values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::function::Returns;
    use crate::graph::resource_type::ResourceType;
    use ingot_engine::Dialect;

    #[test]
    fn a_function_is_made_with_defaults_and_called_with_its_types() {
        let mut node = Node::new(Dialect::DuckDb, ResourceType::Function, "shop", "half");
        (node.database, node.schema) = ("shop".to_owned(), "main".to_owned());
        let argument = |name: &str, default_value: Json| Argument {
            name: name.to_owned(),
            data_type: "double".to_owned(),
            description: None,
            default_value,
        };
        let function = Function {
            arguments: vec![argument("value", Json::Null), argument("by", 2.into())],
            returns: Returns { data_type: "double".to_owned(), description: None },
        };
        let (made, body) = statement(&node, &function, "value / by;\n");
        assert_eq!(
            made,
            "create or replace macro \"shop\".\"main\".\"half\"(value, by := cast(2 as double)) as cast((value / by\n) as double)"
        );
        assert!(made[body..].starts_with("value / by"));
        assert_eq!(
            call(&node, &function),
            "describe (select \"shop\".\"main\".\"half\"(cast(null as double), cast(null as double)))"
        );
    }
}

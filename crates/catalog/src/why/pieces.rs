//! Pieces of the parser's tree: what is put into a query so that it says which rows it used.

use crate::lineage::{items, text};
use serde_json::{Value as Json, json};

/// `a.b`
pub(super) fn column(name: &str) -> Json {
    column_of(&[name])
}

/// A column under its full name: `["t", "a.b"]` is `t."a.b"`.
pub(super) fn column_of(names: &[&str]) -> Json {
    json!({"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": names})
}

/// `name(arguments)`
pub(super) fn call(name: &str, arguments: Vec<Json>) -> Json {
    let arguments: Vec<Json> =
        arguments.into_iter().map(|argument| json!({"expression": argument})).collect();
    json!({
        "class": "FUNCTION", "type": "FUNCTION", "alias": "", "function_name": name,
        "arguments": arguments, "order_bys": {"type": "ORDER_MODIFIER"}, "distinct": false,
        "is_operator": false, "export_state": false, "qualified_name": {"path": [name]},
    })
}

/// The expression under a name.
pub(super) fn named(mut expression: Json, name: &str) -> Json {
    expression["alias"] = name.into();
    expression
}

/// A table of this name in FROM, under the alias and the column names of `of`.
pub(super) fn table(name: &str, alias: &str, of: &Json) -> Json {
    json!({
        "type": "BASE_TABLE", "alias": alias, "sample": of["sample"], "schema_name": "", "table_name": name,
        "column_name_alias": aliases(of), "catalog_name": "", "at_clause": null,
        "qualified_name": {"path": [name]},
    })
}

/// The names that a table's columns get.
fn aliases(of: &Json) -> &[Json] {
    items(of, "column_name_alias")
}

/// A query in FROM.
pub(super) fn derived(node: Json, alias: &str, of: &Json) -> Json {
    json!({
        "type": "SUBQUERY", "alias": alias, "sample": null, "column_name_alias": aliases(of),
        "subquery": {"node": node, "named_param_map": []},
    })
}

/// Which rows a window looks at, for the list of what they used.
pub(super) enum Frame {
    /// Those of the window itself.
    Own,
    /// All of its partition.
    Partition,
    /// Those up to this row and its equals in the order.
    Before,
    /// From this row on.
    After,
    /// This row, and as many after it as `end_expr` is set to.
    Next,
}

/// `list(argument) over (…)` with the partition of another window.
pub(super) fn list_over(window: &Json, argument: Json, frame: &Frame) -> Json {
    let mut list = window.clone();
    list["alias"] = "".into();
    list["type"] = "WINDOW_AGGREGATE".into();
    list["function_name"] = "list".into();
    list["qualified_name"] = json!({"path": ["list"]});
    list["arguments"] = json!([{"expression": argument}]);
    list["ignore_nulls"] = false.into();
    list["has_ignore_nulls"] = false.into();
    list["distinct"] = false.into();
    for key in ["filter_expr", "offset_expr", "default_expr"] {
        list[key] = Json::Null;
    }
    list["arg_orders"] = json!([]);
    let (start, end) = match frame {
        Frame::Own => return list,
        Frame::Partition => {
            list["orders"] = json!([]);
            ("UNBOUNDED_PRECEDING", "UNBOUNDED_FOLLOWING")
        }
        Frame::Before => ("UNBOUNDED_PRECEDING", "CURRENT_ROW_RANGE"),
        Frame::After => ("CURRENT_ROW_RANGE", "UNBOUNDED_FOLLOWING"),
        Frame::Next => ("CURRENT_ROW_ROWS", "EXPR_FOLLOWING_ROWS"),
    };
    list["start"] = start.into();
    list["end"] = end.into();
    list["start_expr"] = Json::Null;
    list["end_expr"] = Json::Null;
    list["exclude_clause"] = "NO_OTHER".into();
    list
}

/// Whether it is the `*` of this table, or of all.
pub(super) fn is_star_of(item: &Json, table: &str) -> bool {
    let wanted = text(item, "relation_name");
    text(item, "class") == "STAR" && (wanted.is_empty() || wanted.eq_ignore_ascii_case(table))
}

/// Whether there is a `*` anywhere in it, in subqueries too.
pub(super) fn has_star(tree: &Json) -> bool {
    match tree {
        Json::Object(members) => text(tree, "class") == "STAR" || members.values().any(has_star),
        Json::Array(list) => list.iter().any(has_star),
        _ => false,
    }
}

/// Leaves columns out of every `*` of an expression that means one of these tables; `of` gives the columns by the table's
/// name, empty for all tables.
pub(super) fn without_columns(tree: &mut Json, of: &dyn Fn(&str) -> Vec<String>) {
    match tree {
        Json::Object(members) => {
            if members.get("class").and_then(Json::as_str) == Some("SUBQUERY") {
                return;
            }
            if members.get("class").and_then(Json::as_str) == Some("STAR") {
                if members.get("expr").is_some_and(|pattern| !pattern.is_null()) {
                    return;
                }
                let table = members.get("relation_name").and_then(Json::as_str).unwrap_or_default();
                let more = of(table).into_iter().map(Json::from);
                match members.get_mut("exclude_list").and_then(Json::as_array_mut) {
                    Some(list) => list.extend(more),
                    None => drop(members.insert("exclude_list".to_owned(), more.collect())),
                }
                return;
            }
            members.values_mut().for_each(|part| without_columns(part, of));
        }
        Json::Array(items) => items.iter_mut().for_each(|part| without_columns(part, of)),
        _ => {}
    }
}

/// Whether a part of a tree, outside queries in it, is an expression that `test` looks for. Windows are not entered.
pub(super) fn has(tree: &Json, test: &dyn Fn(&Json) -> bool) -> bool {
    match tree {
        Json::Object(members) => {
            if test(tree) {
                return true;
            }
            let stops = matches!(text(tree, "class"), "SUBQUERY" | "WINDOW");
            !stops && members.values().any(|part| has(part, test))
        }
        Json::Array(items) => items.iter().any(|part| has(part, test)),
        _ => false,
    }
}

/// Whether it numbers rows in no order, or calls chance, so that it is not the same twice.
pub(super) fn is_unstable(tree: &Json) -> bool {
    match tree {
        Json::Object(members) => {
            let chance = ["random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "setseed"];
            let here = match text(tree, "class") {
                "WINDOW" => {
                    matches!(
                        text(tree, "function_name"),
                        "row_number" | "ntile" | "first" | "last" | "first_value" | "last_value"
                    ) && tree["orders"].as_array().is_none_or(Vec::is_empty)
                }
                "FUNCTION" => chance.contains(&text(tree, "function_name")),
                _ => false,
            };
            here || members.values().any(is_unstable)
        }
        Json::Array(items) => items.iter().any(is_unstable),
        _ => false,
    }
}

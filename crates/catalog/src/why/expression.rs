//! Which expression of a model makes a column, through its CTEs.

use super::scope::output_name;
use crate::lineage::{items, names, text};
use serde_json::Value as Json;
use std::collections::HashMap;

/// The expression that makes the column; `None` if it is a column of another table as it is.
pub(super) fn made_by(tree: &Json, column: &str) -> Option<Json> {
    match find(tree, column, &HashMap::new(), 0)? {
        Made::By(expression) => Some(expression),
        Made::Copied => None,
    }
}

enum Made {
    By(Json),
    /// From a table that is not part of the query.
    Copied,
}

fn find<'t>(tree: &'t Json, column: &str, outer: &HashMap<String, &'t Json>, depth: usize) -> Option<Made> {
    // A CTE that reads itself has no end.
    if depth > 64 {
        return None;
    }
    let mut ctes = outer.clone();
    for entry in items(&tree["cte_map"], "map") {
        let body = match &entry["value"]["query_node"] {
            Json::Null => &entry["value"]["query"]["node"],
            node => node,
        };
        ctes.insert(text(entry, "key").to_lowercase(), body);
    }
    match text(tree, "type") {
        "SELECT_NODE" => {
            let list = items(tree, "select_list");
            for item in list {
                if text(item, "class") == "STAR" {
                    let replaced = items(item, "replace_list")
                        .iter()
                        .find(|entry| text(entry, "key").eq_ignore_ascii_case(column));
                    if let Some(entry) = replaced {
                        return Some(Made::By(entry["value"].clone()));
                    }
                    let is_left_out =
                        names(item, "exclude_list").iter().any(|name| name.eq_ignore_ascii_case(column));
                    let found =
                        in_from(&tree["from_table"], text(item, "relation_name"), column, &ctes, depth);
                    if let Some(found) = found.filter(|_| !is_left_out) {
                        return Some(found);
                    }
                } else if output_name(item).eq_ignore_ascii_case(column) {
                    if text(item, "class") != "COLUMN_REF" {
                        return Some(Made::By(item.clone()));
                    }
                    let mut path = names(item, "column_names");
                    let own = path.pop()?;
                    // The name may be that of another expression of the list.
                    let alias = list.iter().find(|other| {
                        text(other, "alias").eq_ignore_ascii_case(&own)
                            && text(other, "class") != "COLUMN_REF"
                    });
                    let table = path.pop().unwrap_or_default();
                    return in_from(&tree["from_table"], &table, &own, &ctes, depth)
                        .or_else(|| alias.map(|other| Made::By(other.clone())))
                        .or(Some(Made::Copied));
                }
            }
            None
        }
        "SET_OPERATION_NODE" => {
            let mut sides: Vec<&Json> = items(tree, "children").iter().collect();
            sides.extend([&tree["left"], &tree["right"]].into_iter().filter(|side| !side.is_null()));
            sides.into_iter().find_map(|side| find(side, column, &ctes, depth + 1))
        }
        _ => None,
    }
}

/// The column in the tables of FROM, of which a name may be given.
fn in_from<'t>(
    tree: &'t Json,
    table: &str,
    column: &str,
    ctes: &HashMap<String, &'t Json>,
    depth: usize,
) -> Option<Made> {
    let alias = text(tree, "alias");
    let is_meant = |name: &str| table.is_empty() || name.eq_ignore_ascii_case(table);
    match text(tree, "type") {
        "JOIN" => in_from(&tree["left"], table, column, ctes, depth)
            .or_else(|| in_from(&tree["right"], table, column, ctes, depth)),
        "BASE_TABLE" => {
            let name = text(tree, "table_name");
            if !is_meant(if alias.is_empty() { name } else { alias }) {
                return None;
            }
            let body = ctes.get(&name.to_lowercase())?;
            find(body, column, ctes, depth + 1)
        }
        "SUBQUERY" if is_meant(alias) => find(&tree["subquery"]["node"], column, ctes, depth + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::made_by;
    use crate::lineage::Parser;

    #[test]
    fn an_expression_is_found_through_ctes() {
        let mut parser = Parser::new().unwrap();
        let sql = "with a as (select x, x + 1 as y from t), b as (select *, y * 2 as z from a) \
                   select b.z as final, x, coalesce(y, 0) as w, z as again from b union all by name select 1 as only_here from t";
        let tree = parser.tree(sql).unwrap();
        let mut made = |column: &str| {
            made_by(&tree, column).map(|expression| parser.expression_sql(expression).unwrap())
        };
        assert_eq!(made("final").as_deref(), Some("(y * 2)"));
        assert_eq!(made("x"), None);
        assert_eq!(made("w").as_deref(), Some("COALESCE(y, 0)"));
        assert_eq!(made("again").as_deref(), Some("(y * 2)"));
        assert_eq!(made("only_here").as_deref(), Some("1"));
    }
}

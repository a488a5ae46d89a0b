//! `relationships` of a property or of a table: which columns refer to which.

use super::reader::Reader;
use crate::contract::Relationship;
use ingot_core::error::Result;
use ingot_core::yaml::Node;

impl Reader<'_> {
    /// The relationships of an element. Those of a property begin at its `column`.
    pub(super) fn relationships(&self, element: &Node, column: Option<&str>) -> Result<Vec<Relationship>> {
        let mut found = Vec::new();
        for item in self.items(element, "relationships")? {
            let to = self.references(self.member(item, "to")?)?;
            let columns = match column {
                Some(column) => vec![column.to_owned()],
                None => {
                    let from = self.references(self.member(item, "from")?)?;
                    from.into_iter().map(|(_, column)| column).collect()
                }
            };
            let Some((table, _)) = to.first().cloned() else {
                return Err(self.error("'to' should name a column", item));
            };
            if to.iter().any(|(other, _)| *other != table) {
                return Err(self.error("the columns of one relationship should be of one table", item));
            }
            if to.len() != columns.len() {
                let what = format!("{} columns refer to {} columns", columns.len(), to.len());
                return Err(self.error(what, item));
            }
            found.push(Relationship {
                columns,
                table,
                to: to.into_iter().map(|(_, column)| column).collect(),
            });
        }
        Ok(found)
    }

    /// One reference or a list of them, each as a table and a column.
    fn references(&self, node: &Node) -> Result<Vec<(String, String)>> {
        let one = |node: &Node| {
            node.as_str().and_then(reference).ok_or_else(|| {
                self.error("a reference should be `table.column` or `schema/table/properties/column`", node)
            })
        };
        match node.as_list() {
            Some(items) => items.iter().map(one).collect(),
            None => Ok(vec![one(node)?]),
        }
    }
}

/// `table.column`, or the standard's full form `file.yaml#/schema/table/properties/column`.
fn reference(text: &str) -> Option<(String, String)> {
    let path = text.rsplit_once('#').map_or(text, |(_, path)| path).trim_start_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let (table, column) = match parts.as_slice() {
        ["schema", table, "properties", column, ..] => (*table, *column),
        [short] => short.split_once('.')?,
        _ => return None,
    };
    (!table.is_empty() && !column.is_empty()).then(|| (table.to_owned(), column.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_two_forms() {
        let orders = Some(("orders".to_owned(), "id".to_owned()));
        assert_eq!(reference("orders.id"), orders);
        assert_eq!(reference("schema/orders/properties/id"), orders);
        assert_eq!(reference("other.yaml#/schema/orders/properties/id"), orders);
        assert_eq!(reference("orders"), None);
        assert_eq!(reference("schema/orders"), None);
    }
}

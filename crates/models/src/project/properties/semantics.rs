//! Which strings of the semantic layer are rendered when their file is read: filters are not, which are rendered for each
//! query. <https://github.com/dbt-labs/dbt-core/blob/main/core/dbt/parser/schema_renderer.py>

use crate::project::properties::entries::rendered_while_reading;

pub(super) fn rendered_of_metric(path: &[&str]) -> bool {
    let is_filter = path.iter().rev().take(2).any(|key| *key == "filter");
    !is_filter && rendered_while_reading(path)
}

pub(super) fn rendered_of_saved_query(path: &[&str]) -> bool {
    !matches!(path, ["query_params", "where", ..]) && rendered_while_reading(path)
}

pub(super) fn rendered_of_semantic_model(path: &[&str]) -> bool {
    let is_later = matches!(path, ["dimensions" | "measures" | "entities", "", "description", ..]);
    !is_later && rendered_while_reading(path)
}

//! A node with what was found of it.

use super::kept::Found;
use super::ownership;
use super::typed_project::{
    ExposureDetails, FunctionDetails, RelationName, SourceOrigin, TestedColumn, TypedColumn, TypedNode,
};
use crate::graph::group::Group;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::{object, strings};
use crate::metrics::SemanticDetails;
use serde_json::Value as Json;

/// The columns that configs name as keys and times.
fn watched(node: &Node) -> Vec<String> {
    let keys = ["unique_key", "updated_at", "check_cols"];
    keys.iter().flat_map(|key| strings(node.config.get(*key))).collect()
}

/// The columns of a semantic node, whether their types are known or not.
fn semantic_columns(details: &SemanticDetails, found: Option<&[TypedColumn]>) -> Vec<TypedColumn> {
    let found = found.filter(|found| found.len() == details.elements.len());
    let columns = details.elements.iter().enumerate().map(|(at, element)| {
        let typed = found.map(|found| &found[at]);
        let name = typed.map_or(&element.name, |typed| &typed.name);
        let data_type = typed.map(|typed| typed.data_type.clone()).unwrap_or_default();
        TypedColumn { description: element.description.clone(), ..TypedColumn::new(name, data_type) }
    });
    columns.collect()
}

pub(super) fn typed(
    node: &Node,
    found: &Found,
    external: Option<&String>,
    groups: &[Group],
    semantics: Option<SemanticDetails>,
) -> TypedNode {
    let has_rows = node.is_relational() || node.source().is_some();
    let relation = has_rows.then(|| RelationName {
        database: node.database.clone(),
        schema: node.schema.clone(),
        identifier: node.source().map_or(&node.alias, |source| &source.identifier).clone(),
    });
    let describe = |column: &TypedColumn| {
        let mut column = column.clone();
        let told = node.columns.iter().find(|told| told.name.eq_ignore_ascii_case(&column.name));
        if let Some(told) = told {
            column.description.clone_from(&told.description);
            column.meta = Json::Object(told.meta.clone());
            column.tags.clone_from(&told.tags);
        }
        column
    };
    let is_model = matches!(node.resource_type(), ResourceType::Model | ResourceType::Snapshot);
    TypedNode {
        unique_id: node.unique_id.clone(),
        name: node.name.clone(),
        alias: node.alias.clone(),
        resource_type: node.resource_type().name(),
        package: node.package_name.clone(),
        file: node.original_file_path.trim_start_matches("./").to_owned(),
        line: node.line,
        description: node.description.clone(),
        materialized: if is_model { node.materialized().to_owned() } else { String::new() },
        tags: node.tags(),
        group: node.group(),
        access: node.access().map(str::to_owned),
        readers: strings(object(&node.config, "grants").get("select")),
        meta: node.config.get("meta").cloned().unwrap_or(Json::Null),
        owner: ownership::owner(node, groups).unwrap_or_default(),
        relation,
        depends_on: node.depends_on.clone(),
        calls: node.depends_on_macros.clone(),
        columns: match &semantics {
            Some(details) => semantic_columns(details, found.columns.as_deref()),
            None => found.columns.iter().flatten().map(describe).collect(),
        },
        outcome: found.outcome.clone(),
        watched: watched(node),
        written: node.raw_code.clone(),
        compiled: found.compiled.clone(),
        test: node.generic_test().map(|test| TestedColumn {
            test: test.name.clone(),
            node: test.attached_node.clone(),
            column: test.column_name.clone(),
            counts_rows: node.config.get("fail_calc").and_then(Json::as_str) == Some("count(*)"),
        }),
        source: node.source().map(|source| SourceOrigin {
            source_name: source.source_name.clone(),
            loader: source.loader.clone(),
            external: external.cloned(),
        }),
        exposure: node.exposure().map(|exposure| ExposureDetails {
            kind: exposure.kind.clone(),
            label: exposure.label.clone(),
            url: exposure.url.clone(),
            owner: exposure.owner.get("name").and_then(Json::as_str).unwrap_or_default().to_owned(),
        }),
        semantics,
        function: node.function().map(|function| FunctionDetails {
            relation: RelationName {
                database: node.database.clone(),
                schema: node.schema.clone(),
                identifier: node.alias.clone(),
            },
            arguments: function
                .arguments
                .iter()
                .map(|one| {
                    (one.name.clone(), one.data_type.clone(), one.description.clone().unwrap_or_default())
                })
                .collect(),
            returns: function.returns.data_type.clone(),
        }),
    }
}

//! Who answers for a model, and who may read it, where the project asks for that.
//!
//! `meta: {require: [owner, group_wall]}` in the config of a model, or of a folder of them in `dbt_project.yml`:
//!
//! - `owner`: the model has an owner, its own (`meta.owner`) or that of its group.
//! - `group_wall`: models of other groups read it only if it is `access: public`. Without this, dbt lets every model of the
//!   project read one that is not private (<https://docs.getdbt.com/docs/mesh/govern/model-access>).

use super::explain::finding;
use super::typed_project::CheckFinding;
use crate::graph::group::Group;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::json_values::strings;
use ingot_core::error::nearest;
use serde_json::Value as Json;

const OWNER: &str = "owner";
const GROUP_WALL: &str = "group_wall";

/// Who answers for a node: `meta.owner`, else the owner of its group.
pub(super) fn owner(node: &Node, groups: &[Group]) -> Option<String> {
    let named = |owner: &Json| {
        let part = |key: &str| owner.get(key).and_then(Json::as_str).map(str::to_owned);
        owner.as_str().map(str::to_owned).or_else(|| part("name")).or_else(|| part("email"))
    };
    let of_meta = node.config.get("meta").and_then(|meta| meta.get("owner")).and_then(named);
    let of_group = || {
        let name = node.group()?;
        let group = groups.iter().find(|group| group.name == name)?;
        named(&Json::Object(group.owner.clone()))
    };
    of_meta.or_else(of_group)
}

/// What models lack of what is asked of them.
pub(super) fn findings(manifest: &Manifest) -> Vec<CheckFinding> {
    let mut found = Vec::new();
    for (index, node) in manifest.nodes.iter().enumerate() {
        let is_table =
            matches!(node.resource_type(), ResourceType::Model | ResourceType::Snapshot | ResourceType::Seed);
        if !is_table {
            continue;
        }
        for asked in strings(node.config.get("meta").and_then(|meta| meta.get("require"))) {
            match asked.as_str() {
                OWNER => found.extend(without_owner(node, &manifest.groups)),
                GROUP_WALL => found.extend(across_the_wall(manifest, index)),
                other => found.push(unknown(node, other)),
            }
        }
    }
    found
}

fn without_owner(node: &Node, groups: &[Group]) -> Option<CheckFinding> {
    if owner(node, groups).is_some() {
        return None;
    }
    let mut out = finding(node, OWNER, format!("nobody owns '{}'", node.name));
    out.hint = Some("give it `meta: {owner: NAME}` or the `group` of a team under its config".to_owned());
    Some(out)
}

fn across_the_wall(manifest: &Manifest, index: usize) -> Vec<CheckFinding> {
    let node = &manifest.nodes[index];
    let Some(group) = node.group() else {
        let mut out = finding(node, GROUP_WALL, format!("'{}' is of no group, so it has no wall", node.name));
        out.hint = Some("give it a `group` under its config".to_owned());
        return vec![out];
    };
    if node.access() == Some("public") {
        return Vec::new();
    }
    let readers = manifest.graph.children[index].iter().map(|child| &manifest.nodes[*child]);
    let is_abroad = |reader: &&Node| {
        let is_table = matches!(reader.resource_type(), ResourceType::Model | ResourceType::Snapshot);
        is_table && reader.group().as_deref() != Some(group.as_str())
    };
    readers
        .filter(is_abroad)
        .map(|reader| {
            let of = match reader.group() {
                Some(group) => format!("of the group '{group}'"),
                None => "of no group".to_owned(),
            };
            let message = format!(
                "'{}' is {of} and reads '{}', which is not public outside of the group '{group}'",
                reader.name, node.name
            );
            let mut out = finding(reader, GROUP_WALL, message);
            out.hint = Some(format!(
                "its owner makes '{}' public (`access: public` under config), or another model",
                node.name
            ));
            out
        })
        .collect()
}

fn unknown(node: &Node, asked: &str) -> CheckFinding {
    let message = format!("'{}' requires '{asked}', which is not known", node.name);
    let mut out = finding(node, "require", message);
    out.hint = Some(match nearest(asked, [OWNER, GROUP_WALL]) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("`meta.require` is a list of {OWNER} and {GROUP_WALL}"),
    });
    out
}

//! Exposures: things outside the project that read models, such as dashboards. They are in the graph, and never run.

use crate::graph::group::Group;
use crate::graph::node::Node;
use crate::graph::node::below_first_folder;
use crate::graph::node_kind::Exposure;
use crate::graph::node_kind::NodeKind;
use crate::graph::property_entry::Entry;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::json_values::{Object, object, strings, text};
use crate::parse::describe;
use crate::parse::describe::Place;
use crate::parse::yaml_references;
use crate::project::config;
use crate::project::config::ConfigKind;
use crate::warnings::{Warning, WarningKind};
use ingot_core::error::{Error, Result};
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(super) fn node(invocation: &Arc<Invocation>, entry: &Entry) -> Result<Node> {
    let place = |error: Error| error.at_line(&entry.original_file_path, entry.line);
    let kind = text(&entry.members, "type").unwrap_or_default();
    let owner = owner(entry, "exposure")?;
    let mut node =
        Node::new(invocation.target.dialect(), ResourceType::Exposure, &entry.package_name, &entry.name);
    node.file = entry.file.clone();
    node.line = entry.line;
    node.original_file_path = entry.original_file_path.clone();
    node.path = below_first_folder(&entry.original_file_path);
    node.fqn = crate::parse::sources::fqn(&entry.package_name, &entry.original_file_path, &[&entry.name]);
    let given = object(&entry.members, "config");
    let own = invocation.project.of(&entry.package_name);
    let empty = Object::new();
    let mut config =
        config::build(ConfigKind::Exposure, &node.fqn, own, &invocation.project.root, &given, &empty);
    // What stands beside `config:` comes before what is configured.
    let at_the_top = own.configs.get("exposures").cloned().unwrap_or_default();
    let mut meta = object(&at_the_top, "meta");
    meta.extend(object(&entry.members, "meta"));
    meta.extend(object(&config, "meta"));
    let mut tags = strings(entry.members.get("tags"));
    tags.extend(strings(config.get("tags")));
    // dbt joins what is at the very top of the project's `exposures:` without a `+`.
    tags.extend(strings(at_the_top.get("tags")));
    tags.sort();
    tags.dedup();
    config.insert("meta".to_owned(), Json::Object(meta));
    config.insert("tags".to_owned(), tags.into());
    node.config = config.into();
    node.unrendered_config =
        config::unrendered(ConfigKind::Exposure, &node.fqn, own, &invocation.project.root, &given, &empty)
            .into();
    let described = text(&entry.members, "description").unwrap_or_default();
    let at = Place { name: &entry.name, file: &entry.file, line: entry.line };
    (node.description, node.doc_blocks) =
        describe::rendered(invocation, &entry.package_name, &described, &at)?;
    node.kind = NodeKind::Exposure(Box::new(Exposure {
        kind,
        label: text(&entry.members, "label"),
        maturity: text(&entry.members, "maturity"),
        url: text(&entry.members, "url"),
        owner,
    }));
    for call in strings(entry.members.get("depends_on")) {
        yaml_references::read(invocation, &mut node, &call, "depends_on").map_err(place)?;
    }
    Ok(node)
}

/// The warning about a name that dbt will refuse one day.
pub(super) fn odd_name(entry: &Entry) -> Option<Warning> {
    let is_odd = !entry.name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_odd.then(|| {
        let text = format!(
            "{}:{}: the name of the exposure '{}' has other characters than letters, digits and _; what people read goes under `label:`",
            entry.original_file_path, entry.line, entry.name
        );
        let data = json!({"exposure": entry.name});
        let words = "Starting in v1.3, the 'name' of an exposure should contain only letters, numbers, and underscores. Exposures support a new property, 'label', which may contain spaces, capital letters, and special characters.";
        Warning::new(WarningKind::ExposureNameDeprecation, text).with(data).in_dbts_words(words)
    })
}

/// Who an entry belongs to: somebody with a name or an address.
fn owner(entry: &Entry, what: &str) -> Result<Object> {
    let owner = object(&entry.members, "owner");
    let says = |key: &str| owner.get(key).is_some_and(|value| !value.is_null());
    if says("name") || says("email") {
        return Ok(owner);
    }
    let mut title = what.to_owned();
    title[..1].make_ascii_uppercase();
    Err(Error::new(format!("the owner of the {what} '{}' has neither a name nor an email", entry.name))
        .in_dbts_words(format!("{title} owner must have at least one of 'name' or 'email'."))
        .at_line(&entry.original_file_path, entry.line)
        .hint("write `owner: {name: ..., email: ...}`; one of the two is enough"))
}

/// One entry under `groups:`.
pub(super) fn group(entry: &Entry) -> Result<Group> {
    let owner = owner(entry, "group")?;
    Ok(Group {
        name: entry.name.clone(),
        package_name: entry.package_name.clone(),
        original_file_path: entry.original_file_path.clone(),
        line: entry.line,
        owner,
        description: text(&entry.members, "description"),
        config: object(&entry.members, "config"),
    })
}

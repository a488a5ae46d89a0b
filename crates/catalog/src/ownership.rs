//! Who owns each table and who may read it: what dbt's groups, access and grants say of models, and what contracts say of
//! feeds (domain, data product, team, roles), as one picture.

use crate::graph::{Lineage, LineageKind};
use crate::source_types::SourceTypes;
use ingot_contract::Contract;
use ingot_models::{TypedNode, TypedProject};
use std::collections::{BTreeSet, HashMap};

/// What is said of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owned {
    /// Empty if nobody is named.
    pub owner: String,
    /// dbt's group of a model.
    pub group: String,
    /// `private`, `protected` or `public`; empty for what is not a model.
    pub access: String,
    /// Roles that may read it, by name.
    pub readers: Vec<String>,
    /// Of the contract; of a model, those of the feeds it is made of, if they are of one.
    pub domain: String,
    pub data_product: String,
}

impl Owned {
    /// For each node of the lineage, in its order.
    pub fn of(project: &TypedProject, lineage: &Lineage, sources: &SourceTypes) -> Vec<Self> {
        let typed: HashMap<&str, &TypedNode> =
            project.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
        let mut found: Vec<Self> = lineage
            .nodes
            .iter()
            .map(|node| {
                let typed = typed.get(node.id.as_str()).copied();
                let contract = match node.kind {
                    LineageKind::RawFiles => sources.contracts().iter().find(|one| one.name == node.name),
                    _ => typed
                        .and_then(|typed| typed.source.as_ref()?.external.as_deref())
                        .and_then(|external| sources.contract_read_by(external)),
                };
                Self::of_node(typed, contract)
            })
            .collect();
        inherit(&mut found, project, lineage);
        found
    }

    fn of_node(typed: Option<&TypedNode>, contract: Option<&Contract>) -> Self {
        let mut owned = Self::default();
        if let Some(contract) = contract {
            let said = &contract.stewardship;
            owned.owner = said.owner().unwrap_or_default().to_owned();
            owned.domain = said.domain.clone().unwrap_or_default();
            owned.data_product = said.data_product.clone().unwrap_or_default();
            let may_read = |access: &Option<String>| access.as_deref().is_none_or(|access| access != "write");
            let readers = said.roles.iter().filter(|role| may_read(&role.access));
            owned.readers = readers.map(|role| role.role.clone()).collect();
        }
        if let Some(typed) = typed {
            let exposed = typed.exposure.as_ref().map(|exposure| &exposure.owner);
            let owner = exposed.unwrap_or(&typed.owner);
            if !owner.is_empty() {
                owned.owner.clone_from(owner);
            }
            owned.group = typed.group.clone().unwrap_or_default();
            owned.access = typed.access.clone().unwrap_or_default();
            owned.readers.extend(typed.readers.iter().cloned());
        }
        owned.readers.sort();
        owned.readers.dedup();
        owned
    }
}

/// A model is of the domain of what it reads, if that is of one: contracts say it once.
fn inherit(found: &mut [Owned], project: &TypedProject, lineage: &Lineage) {
    let index: HashMap<&str, usize> =
        lineage.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    // Nodes come after what they depend on.
    for node in &project.nodes {
        let Some(&at) = index.get(node.unique_id.as_str()) else { continue };
        if !found[at].domain.is_empty() {
            continue;
        }
        let above = node.depends_on.iter().filter_map(|id| index.get(id.as_str()));
        let domains: BTreeSet<String> =
            above.map(|above| found[*above].domain.clone()).filter(|domain| !domain.is_empty()).collect();
        if domains.len() == 1 {
            found[at].domain = domains.into_iter().next().unwrap_or_default();
        }
    }
}

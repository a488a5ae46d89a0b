//! What the columns of models have to do with the people, by lineage from the columns of bronze.
//!
//! A column **names** the people if all that it is made of does: a key, or what is made of keys alone. It **mentions** them if
//! it may hold a key of several rows (`max(customer_id)`), or one among other values. It is **theirs** if anything personal is
//! in it. A count or a comparison of keys does none of it: its 1 is not the person 1.

use super::feeds::Feed;
use ingot_catalog::{ColumnEdge, ColumnId, How, Lineage, LineageKind, SourceTypes};
use ingot_contract::Erasure;
use ingot_models::{TypedNode, TypedProject};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a column has to do with the people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ColumnRule {
    /// Domains of what the column names the people by.
    pub(super) names: BTreeSet<String>,
    /// Domains of values by which it mentions them, be its row somebody else's.
    pub(super) mentions: BTreeSet<String>,
    /// Domains of values by which it mentions them if the row is known to be theirs.
    pub(super) mixes: BTreeSet<String>,
    pub(super) is_theirs: bool,
    /// What stands for nobody, as the project's YAML says (`meta: {erased: -1}`); null if it does not.
    pub(super) nobody: Option<String>,
    /// The domain of the values that it has in rows of the people, if it is made of keys and not a copy of one.
    pub(super) makes: Option<String>,
}

/// A relation of the warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RelationRule {
    pub(super) schema: String,
    pub(super) name: String,
    /// By the name of the column, in lower case.
    pub(super) columns: BTreeMap<String, ColumnRule>,
    /// Whether rows that name the people go; they are masked otherwise.
    pub(super) deletes: bool,
}

/// Columns by which models keep track of rows of bronze.
pub(super) const ROW_COLUMNS: [&str; 3] = ["src_filename", "src_row_number", "ingestion_ts"];

/// The rules of all relations of a project, each after those that it is made of.
pub(super) fn relation_rules(
    project: &TypedProject,
    sources: &SourceTypes,
    lineage: &Lineage,
    feeds: &[Feed],
) -> Vec<RelationRule> {
    let mut walk =
        Walk { project, incoming: HashMap::new(), rules: HashMap::new(), origins: HashMap::new(), feeds };
    for edge in &lineage.edges {
        walk.incoming.entry(edge.to).or_default().push(*edge);
    }
    let typed: HashMap<&str, &TypedNode> =
        project.nodes.iter().map(|node| (node.unique_id.as_str(), node)).collect();
    let mut relations = Vec::new();
    for (at, node) in lineage.nodes.iter().enumerate() {
        let Some(found) = typed.get(node.id.as_str()) else { continue };
        match node.kind {
            LineageKind::Source => {
                let external = found.source.as_ref().and_then(|source| source.external.as_deref());
                if let Some(contract) = external.and_then(|external| sources.contract_read_by(external)) {
                    walk.begin(at, &node.columns, &contract.name);
                }
            }
            LineageKind::Model | LineageKind::Snapshot | LineageKind::Seed => {
                relations.extend(walk.relation(at, &node.columns, found));
            }
            _ => {}
        }
    }
    relations
}

struct Walk<'p> {
    project: &'p TypedProject,
    incoming: HashMap<ColumnId, Vec<ColumnEdge>>,
    rules: HashMap<ColumnId, ColumnRule>,
    /// The feeds that a column is made of.
    origins: HashMap<ColumnId, BTreeSet<String>>,
    feeds: &'p [Feed],
}

impl Walk<'_> {
    /// The columns of a table of bronze.
    fn begin(&mut self, node: usize, columns: &[String], feed_name: &str) {
        let feed = self.feeds.iter().find(|feed| feed.contract.name == feed_name);
        for (column, name) in columns.iter().enumerate() {
            let id = ColumnId { node, column };
            self.origins.insert(id, BTreeSet::from([feed_name.to_owned()]));
            let Some(feed) = feed else { continue };
            let mut rule = ColumnRule::default();
            let own = feed.contract.column(name).map(|(_, column)| column);
            rule.is_theirs = own.is_some_and(|column| column.personal);
            for key in feed.keys.iter().filter(|key| key.column == *name) {
                match key.member {
                    None => drop(rule.names.insert(key.domain.clone())),
                    // What is taken out of a document is known by its name.
                    Some(_) => rule.is_theirs = true,
                }
            }
            // Another column by which the person of this row is known.
            if self.feeds.first().is_some_and(|root| root.contract.name == feed_name)
                && own.is_some_and(|column| column.natural_key || column.primary_key.is_some())
                && rule.names.is_empty()
            {
                rule.names.insert(format!("{feed_name}.{name}"));
            }
            self.rules.insert(id, rule);
        }
    }

    fn relation(&mut self, node: usize, columns: &[String], found: &TypedNode) -> Option<RelationRule> {
        let label = match &found.relation {
            Some(relation) => format!("{}.{}", relation.schema, relation.identifier),
            None => found.name.clone(),
        };
        let mut rules = BTreeMap::new();
        let mut origins: BTreeSet<String> = BTreeSet::new();
        for (column, name) in columns.iter().enumerate() {
            let id = ColumnId { node, column };
            let incoming = self.incoming.get(&id).cloned().unwrap_or_default();
            // What is counted or summed over rows is not what a row is made of.
            let own: BTreeSet<String> = incoming
                .iter()
                .filter(|edge| edge.how != How::Aggregated)
                .filter_map(|edge| self.origins.get(&edge.from))
                .flatten()
                .cloned()
                .collect();
            origins.extend(own.iter().cloned());
            self.origins.insert(id, own);
            let mut rule = self.column(&incoming, name, &label);
            rule.nobody = found.columns.get(column).and_then(|column| nobody(&column.meta));
            rules.insert(name.to_lowercase(), rule.clone());
            self.rules.insert(id, rule);
        }
        let relation = found.relation.as_ref()?;
        let mut made = RelationRule {
            schema: relation.schema.clone(),
            name: relation.identifier.clone(),
            deletes: false,
            columns: rules,
        };
        made.deletes = self.deletes(found, &made, &origins);
        Some(made)
    }

    fn column(&self, incoming: &[ColumnEdge], name: &str, label: &str) -> ColumnRule {
        let mut rule = ColumnRule::default();
        let known: Vec<(&ColumnRule, &ColumnEdge)> =
            incoming.iter().filter_map(|edge| Some((self.rules.get(&edge.from)?, edge))).collect();
        rule.is_theirs = known.iter().any(|(source, edge)| source.is_theirs && edge.how != How::Aggregated);
        let held = known.iter().filter(|(_, edge)| edge.holds).map(|(source, _)| *source);
        let keys: BTreeSet<String> = held.clone().flat_map(|source| source.names.iter().cloned()).collect();
        let has_aggregate = incoming.iter().any(|edge| edge.how == How::Aggregated);
        let all_name = !incoming.is_empty()
            && known.len() == incoming.len()
            && known.iter().all(|(source, _)| !source.names.is_empty());
        match (all_name, has_aggregate) {
            (true, false) => {
                rule.names = keys;
                if incoming.iter().any(|edge| edge.how == How::Transformed) {
                    let domain = format!("{label}.{name}");
                    rule.names.insert(domain.clone());
                    rule.makes = Some(domain);
                }
            }
            (true, true) => rule.mentions = keys,
            (false, _) => rule.mixes = keys,
        }
        for source in held {
            rule.mentions.extend(source.mentions.iter().cloned());
            rule.mixes.extend(source.mixes.iter().cloned());
        }
        // A member of a document, by the name that it has there.
        let is_member = |feed: &&Feed| feed.keys.iter().any(|key| key.member.as_deref() == Some(name));
        let of_document = incoming.iter().any(|edge| self.origins.contains_key(&edge.from) && rule.is_theirs);
        if rule.names.is_empty() && of_document {
            for feed in self.feeds.iter().filter(is_member) {
                let is_of_feed = incoming
                    .iter()
                    .filter_map(|edge| self.origins.get(&edge.from))
                    .any(|origins| origins.contains(&feed.contract.name));
                if is_of_feed {
                    let keys = feed.keys.iter().filter(|key| key.member.as_deref() == Some(name));
                    rule.names.extend(keys.map(|key| key.domain.clone()));
                }
            }
        }
        rule
    }

    /// Whether the rows of a relation are the people's own: one of its unique columns names them, or all of it is made of feeds
    /// whose rows are deleted. Its `meta` may say it (`erasure: delete`, `erasure: mask`).
    fn deletes(&self, found: &TypedNode, made: &RelationRule, origins: &BTreeSet<String>) -> bool {
        match found.meta.get("erasure").and_then(Json::as_str) {
            Some("delete") => return true,
            Some("mask") => return false,
            _ => {}
        }
        let is_unique = |name: &str| {
            self.project.nodes.iter().filter_map(|node| node.test.as_ref()).any(|test| {
                test.test == "unique"
                    && test.node.as_ref() == Some(&found.unique_id)
                    && test.column.as_deref().is_some_and(|column| column.eq_ignore_ascii_case(name))
            })
        };
        if made.columns.iter().any(|(name, rule)| !rule.names.is_empty() && is_unique(name)) {
            return true;
        }
        let is_deleted = |origin: &String| {
            self.feeds.iter().any(|feed| feed.contract.name == *origin && feed.action == Erasure::Delete)
        };
        !origins.is_empty() && origins.iter().all(is_deleted)
    }
}

/// What a column's `meta` says stands for nobody, as SQL.
fn nobody(meta: &Json) -> Option<String> {
    match meta.get("erased")? {
        Json::String(text) => Some(ingot_engine::text_literal(text)),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

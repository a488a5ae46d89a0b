//! Which columns of tables can have to do with some columns of a model: those of which they are computed, and those that
//! decide which rows there are.
//!
//! It names too many rather than too few: a name counts for every table of its SELECT. All columns of a table count where
//! it cannot be told, as under DISTINCT, LIMIT, EXCEPT and `COLUMNS(…)`. The others can be NULL in each row without any
//! difference to the columns that are asked for.

use super::known::Known;
use super::names::{is_view, table_path};
use super::pieces::{has, has_star, is_star_of};
use super::scope::{Need, Scope, Tables, Visible, needs, output_name};
use crate::lineage::{Parser, items, names, text};
use ingot_core::error::Result;
use ingot_models::{RelationName, TypedNode};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Functions of the SELECT list that do more than give a value: they make rows, or stop the query.
const MORE_THAN_VALUES: [&str; 4] = ["unnest", "generate_subscripts", "unlist", "error"];

pub(super) struct Values<'a> {
    parser: &'a mut Parser,
    known: Known<'a, ()>,
    /// What has been looked at: CTEs, by their place, and views.
    seen: Vec<(bool, usize, Need)>,
    found: BTreeMap<usize, Need>,
}

/// Names in expressions, in lower case.
#[derive(Default)]
struct Mentioned {
    /// Every part of every path.
    names: BTreeSet<String>,
    /// Those that are alone: of columns, or of tables for all of their columns.
    alone: BTreeSet<String>,
}

impl Mentioned {
    fn add(&mut self, tree: &Json) {
        match tree {
            Json::Object(members) => {
                let path = names(tree, "column_names");
                if let [name] = path.as_slice() {
                    self.alone.insert(name.to_lowercase());
                }
                self.names.extend(path.iter().map(|name| name.to_lowercase()));
                members.values().for_each(|part| self.add(part));
            }
            Json::Array(list) => list.iter().for_each(|part| self.add(part)),
            _ => {}
        }
    }
}

impl<'a> Values<'a> {
    pub(super) fn new(
        parser: &'a mut Parser,
        nodes: &'a [TypedNode],
        by_relation: &'a HashMap<RelationName, usize>,
    ) -> Self {
        Self { parser, known: Known::new(nodes, by_relation), seen: Vec::new(), found: BTreeMap::new() }
    }

    /// The columns of each table that a model reads, for these columns of its own.
    ///
    /// # Errors
    /// Its SQL cannot be read as a tree.
    pub(super) fn of(mut self, node: usize, need: &Need) -> Result<BTreeMap<usize, Need>> {
        self.model(node, need)?;
        Ok(self.found)
    }

    fn model(&mut self, node: usize, need: &Need) -> Result<()> {
        if let Some(sql) = &self.known.nodes[node].compiled {
            let tree = self.parser.tree(sql)?;
            self.query(&tree, need, &Visible::default())?;
        }
        Ok(())
    }

    fn query(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<()> {
        let entries = items(&tree["cte_map"], "map").iter();
        let visible = &entries.fold(visible.clone(), |visible, entry| self.known.define(entry, &visible, ()));
        let modifiers = &tree["modifiers"];
        self.within(modifiers, visible)?;
        let only_orders = items(tree, "modifiers").iter().all(|one| text(one, "type") == "ORDER_MODIFIER");
        let mut need = if only_orders && !has_position(modifiers) { need.clone() } else { None };
        if let Some(need) = &mut need {
            let mut mentioned = Mentioned::default();
            mentioned.add(modifiers);
            need.extend(mentioned.names);
        }
        match text(tree, "type") {
            "SELECT_NODE" => self.select(tree, &need, visible),
            "SET_OPERATION_NODE" => self.union(tree, &need, visible),
            _ => ["left", "right", "query", "child"]
                .iter()
                .try_for_each(|key| self.within(&tree[*key], visible)),
        }
    }

    /// All columns of whatever is read in a part of a tree.
    fn within(&mut self, tree: &Json, visible: &Visible) -> Result<()> {
        match tree {
            Json::Array(list) => list.iter().try_for_each(|part| self.within(part, visible)),
            Json::Object(members) => match text(tree, "type") {
                kind if kind.ends_with("_NODE") => self.query(tree, &None, visible),
                "BASE_TABLE" => self.table(tree, &None, visible),
                _ => members.values().try_for_each(|part| self.within(part, visible)),
            },
            _ => Ok(()),
        }
    }

    fn union(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<()> {
        let mut sides: Vec<&Json> = items(tree, "children").iter().collect();
        sides.extend([&tree["left"], &tree["right"]].into_iter().filter(|side| !side.is_null()));
        // Without ALL, each column decides which rows are equal.
        let keeps_all = text(tree, "setop_type").starts_with("UNION") && tree["setop_all"] == true;
        let by_name = text(tree, "setop_type").ends_with("BY_NAME");
        let first = sides.first().and_then(|side| self.known.of_query(side, visible));
        for side in sides {
            let own = match (keeps_all, by_name, need) {
                (false, ..) | (_, _, None) => None,
                (true, true, Some(_)) => need.clone(),
                (true, false, Some(_)) => {
                    first.as_ref().zip(self.known.of_query(side, visible)).map(|(first, own)| {
                        let pairs = first.iter().zip(&own).filter(|(first, _)| needs(need, first));
                        pairs.map(|(_, own)| own.to_lowercase()).collect()
                    })
                }
            };
            self.query(side, &own, visible)?;
        }
        Ok(())
    }

    fn select(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<()> {
        let scope = Scope::of(&tree["from_table"], visible, &self.known);
        let list = items(tree, "select_list");
        let is_changed_star = |item: &Json| match text(item, "class") {
            "STAR" => {
                item["columns"] == true
                    || !item["expr"].is_null()
                    || ["rename_list", "replace_list"].iter().any(|key| !is_empty(&item[*key]))
            }
            _ => has_star(item),
        };
        let takes_all =
            scope.is_by_order || is_natural(&tree["from_table"]) || list.iter().any(is_changed_star);
        let groups_by_entries = text(tree, "aggregate_handling") == "FORCE_AGGREGATES"
            || has_position(&tree["group_expressions"]);
        let wanted = need.as_ref().filter(|_| !takes_all && !groups_by_entries);
        let mut mentioned = Mentioned::default();
        mentioned.add(&tree["modifiers"]);
        for key in ["where_clause", "group_expressions", "having", "qualify"] {
            mentioned.add(&tree[key]);
            self.within(&tree[key], visible)?;
        }
        self.within(&tree["select_list"], visible)?;
        mentioned.add(&tree["from_table"]);
        for condition in &scope.conditions {
            mentioned.names.extend(condition.using.iter().map(|name| name.to_lowercase()));
        }
        // An entry may use the name of another one.
        let mut left: Vec<&Json> = list.iter().collect();
        loop {
            let before = left.len();
            left.retain(|item| {
                let name = output_name(item);
                let is_wanted = match wanted {
                    None => true,
                    Some(_) if text(item, "class") == "STAR" => {
                        mentioned.names.extend(wanted.into_iter().flatten().cloned());
                        false
                    }
                    Some(wanted) => {
                        name.is_empty()
                            || wanted.contains(&name.to_lowercase())
                            || mentioned.names.contains(&name.to_lowercase())
                            || does_more(item)
                    }
                };
                if is_wanted {
                    mentioned.add(item);
                }
                !is_wanted
            });
            if left.len() == before {
                break;
            }
        }
        let is_all = |name: &str| wanted.is_none() && list.iter().any(|item| is_star_of(item, name));
        let pass: Vec<Need> = scope
            .items
            .iter()
            .map(|item| {
                let is_whole =
                    takes_all || mentioned.alone.contains(&item.name.to_lowercase()) || is_all(&item.name);
                (!is_whole).then(|| mentioned.names.clone())
            })
            .collect();
        let mut at = 0;
        self.from(&tree["from_table"], &pass, &mut at, visible)
    }

    /// The tables of FROM, in the order of the scope.
    fn from(&mut self, tree: &Json, pass: &[Need], at: &mut usize, visible: &Visible) -> Result<()> {
        match text(tree, "type") {
            "" | "EMPTY" => Ok(()),
            "JOIN" => {
                self.from(&tree["left"], pass, at, visible)?;
                self.from(&tree["right"], pass, at, visible)?;
                self.within(&tree["condition"], visible)
            }
            kind => {
                let is_renamed = !is_empty(&tree["column_name_alias"]);
                let need = if is_renamed { &None } else { pass.get(*at).unwrap_or(&None) };
                *at += 1;
                match kind {
                    "BASE_TABLE" => self.table(tree, need, visible),
                    "SUBQUERY" => self.query(&tree["subquery"]["node"], need, visible),
                    _ => self.within(tree, visible),
                }
            }
        }
    }

    fn table(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<()> {
        let path = table_path(tree);
        if let [name] = &path[..]
            && let Some(cte) = visible.get(&name.to_lowercase())
        {
            return self.cte(*cte, need);
        }
        let Some(node) = self.known.node_of(&path) else { return Ok(()) };
        if !is_view(&self.known.nodes[node]) {
            let found = self.found.entry(node).or_insert_with(|| Some(BTreeSet::new()));
            match (found, need) {
                (Some(found), Some(need)) => found.extend(need.iter().cloned()),
                (found, _) => *found = None,
            }
            return Ok(());
        }
        if self.is_new(true, node, need) { self.model(node, need) } else { Ok(()) }
    }

    fn cte(&mut self, at: usize, need: &Need) -> Result<()> {
        let Some(cte) = self.known.ctes.get(at) else { return Ok(()) };
        let need = if cte.aliases.is_empty() { need } else { &None };
        let (body, visible) = (cte.body.clone(), cte.visible.clone());
        if self.is_new(false, at, need) { self.query(&body, need, &visible) } else { Ok(()) }
    }

    fn is_new(&mut self, is_view: bool, at: usize, need: &Need) -> bool {
        let one = (is_view, at, need.clone());
        let is_new = !self.seen.contains(&one);
        if is_new {
            self.seen.push(one);
        }
        is_new
    }
}

fn is_empty(list: &Json) -> bool {
    match list {
        Json::Array(list) => list.is_empty(),
        Json::Object(members) => members.is_empty(),
        other => other.is_null(),
    }
}

/// Whether a key of groups or of an order may be the number of a column.
fn has_position(tree: &Json) -> bool {
    match tree {
        Json::Object(members) => text(tree, "class") == "CONSTANT" || members.values().any(has_position),
        Json::Array(list) => list.iter().any(has_position),
        _ => false,
    }
}

fn is_natural(tree: &Json) -> bool {
    text(tree, "type") == "JOIN"
        && (text(tree, "ref_type") == "NATURAL" || is_natural(&tree["left"]) || is_natural(&tree["right"]))
}

fn does_more(item: &Json) -> bool {
    has(item, &|part| {
        let name = text(part, "function_name").to_lowercase();
        text(part, "class") == "FUNCTION" && MORE_THAN_VALUES.contains(&name.as_str())
    })
}

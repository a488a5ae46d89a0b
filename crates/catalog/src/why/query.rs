//! Queries with the list of rows: CTEs, UNION, DISTINCT.

use super::annotator::{Annotator, Followed, Query, Version};
use super::known::{Cte, body_of};
use super::names::{is_view, table_path};
use super::pieces::{derived, is_unstable};
use super::row_id::{ANY_OF, ROWS};
use super::scope::{Need, Tables, Visible};
use crate::lineage::{items, text};
use ingot_core::error::Result;
use ingot_engine::name_literal;
use serde_json::{Value as Json, json};

impl Annotator<'_> {
    pub(super) fn query(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<Query> {
        let modifiers: Vec<&str> = items(tree, "modifiers").iter().map(|one| text(one, "type")).collect();
        let is_distinct = modifiers.contains(&"DISTINCT_MODIFIER");
        // Equal rows are one, so that each column decides what a row is.
        let need = if is_distinct { &None } else { need };
        let (first, visible) = self.define(tree, visible);
        let mut query = match text(tree, "type") {
            "SELECT_NODE" => self.select(tree, need, &visible)?,
            "SET_OPERATION_NODE" if text(tree, "setop_type").starts_with("UNION") => {
                self.union(tree, need, &visible)?
            }
            other => {
                let what = match other {
                    "RECURSIVE_CTE_NODE" => "a recursive query".to_owned(),
                    "SET_OPERATION_NODE" => format!("the rows of {}", text(tree, "setop_type")),
                    other => format!("a query of the kind {other}"),
                };
                self.note(format!("{what} cannot be followed to the rows that it read"));
                let mut body = tree.clone();
                self.plain(&mut body);
                let tree = self.opaque(body)?;
                return self.with_ctes(first, Query { tree, keeps_out: false });
            }
        };
        self.modify(tree, &modifiers, &mut query)?;
        self.with_ctes(first, query)
    }

    /// ORDER BY alone changes no row. DISTINCT makes one row of equal ones, each of which would do.
    fn modify(&mut self, tree: &Json, modifiers: &[&str], query: &mut Query) -> Result<()> {
        let cuts = modifiers.iter().any(|kind| kind.contains("LIMIT"));
        let on = items(tree, "modifiers").iter().find(|one| text(one, "type") == "DISTINCT_MODIFIER");
        let is_on = on.is_some_and(|one| !items(one, "distinct_on_targets").is_empty());
        if cuts {
            self.note("LIMIT cuts rows off: those before a row are not named");
        }
        if is_on {
            self.note("DISTINCT ON keeps one row of several: those that it drops are not named");
        }
        let keep = |kind: &str| cuts || is_on || kind != "ORDER_MODIFIER";
        let kept: Vec<Json> = items(tree, "modifiers")
            .iter()
            .filter(|one| keep(text(one, "type")) && (is_on || text(one, "type") != "DISTINCT_MODIFIER"))
            .cloned()
            .collect();
        query.tree["modifiers"] = Json::Array(kept);
        if on.is_some() && !is_on {
            query.tree = self.once(query.tree.take())?;
        }
        Ok(())
    }

    /// Equal rows of a query as one.
    fn once(&mut self, tree: Json) -> Result<Json> {
        self.result.row_by_row = false;
        let any = format!("list_transform(flatten(list({ROWS})), lambda row_id: row_id | {ANY_OF})");
        let sql = format!("select * exclude ({ROWS}), {any} as {ROWS} from one_row as why_rows group by all");
        let mut wrapper = self.parser.tree(&sql)?;
        wrapper["from_table"] = derived(tree, "why_rows", &Json::Null);
        Ok(wrapper)
    }

    /// A query whose rows are not followed.
    fn opaque(&mut self, tree: Json) -> Result<Json> {
        self.result.row_by_row = false;
        let sql = format!("select *, cast([] as hugeint[]) as {ROWS} from one_row as why_rows");
        let mut wrapper = self.parser.tree(&sql)?;
        wrapper["from_table"] = derived(tree, "why_rows", &Json::Null);
        Ok(wrapper)
    }

    /// Takes in the CTEs of a query. Returns the place of the first, and what the query sees.
    fn define(&mut self, tree: &Json, visible: &Visible) -> (usize, Visible) {
        let first = self.known.ctes.len();
        let mut visible = visible.clone();
        for entry in items(&tree["cte_map"], "map") {
            let body = body_of(entry);
            let unstable = is_unstable(body);
            let materialized = match (unstable, self.reads_files(body)) {
                (true, _) => "CTE_MATERIALIZE_ALWAYS",
                // Opening many files costs more than a filter saves.
                (false, true) => "CTE_MATERIALIZE_DEFAULT",
                // So that a filter on what it gives reaches what it reads.
                (false, false) => "CTE_MATERIALIZE_NEVER",
            };
            let own = Followed { materialized: materialized.into(), unstable, versions: Vec::new() };
            visible = self.known.define(entry, &visible, own);
        }
        (first, visible)
    }

    /// Whether a query reads files, itself or through views.
    fn reads_files(&self, tree: &Json) -> bool {
        match tree {
            Json::Object(members) if text(tree, "type") == "BASE_TABLE" => {
                let node = self.known.node_of(&table_path(tree)).map(|node| &self.known.nodes[node]);
                members.contains_key("table_name")
                    && node.is_some_and(|node| {
                        is_view(node) || node.source.as_ref().is_some_and(|source| source.external.is_some())
                    })
            }
            Json::Object(members) => members.values().any(|part| self.reads_files(part)),
            Json::Array(items) => items.iter().any(|part| self.reads_files(part)),
            _ => false,
        }
    }

    /// Puts the CTEs from `first` on before a query: as they are, and with the lists of rows as far as they were asked for.
    fn with_ctes(&mut self, first: usize, mut query: Query) -> Result<Query> {
        let mut map = Vec::new();
        let ctes: Vec<Cte<Followed>> = self.known.ctes.drain(first..).collect();
        for cte in ctes {
            let entry = |name: &str, body: Json, aliases: &[String]| {
                json!({"key": name, "value": {
                    "aliases": aliases, "query_node": body, "materialized": cte.own.materialized, "key_targets": [],
                }})
            };
            // Aliases may be of the first columns only; the list of rows is the last column.
            let is_full = cte.columns.as_ref().is_some_and(|columns| columns.len() == cte.aliases.len());
            let mut aliases = cte.aliases.clone();
            if is_full && !aliases.is_empty() {
                aliases.push(ROWS.to_owned());
            }
            let only =
                cte.own.versions.first().filter(|_| cte.own.unstable).map(|version| version.name.clone());
            // What is recursive is read as it is.
            let is_recursive = text(&cte.body, "type") == "RECURSIVE_CTE_NODE";
            let versions = cte.own.versions.iter();
            let mut versions: Vec<Json> = versions
                .map(|version| {
                    entry(&version.name, version.body.clone(), if is_recursive { &[] } else { &aliases })
                })
                .collect();
            if !is_recursive {
                map.append(&mut versions);
            }
            let body = match only {
                // Both must have the same rows.
                Some(name) => self.parser.tree(&format!("select * exclude ({ROWS}) from {name}"))?,
                None => {
                    let mut body = cte.body.clone();
                    self.plain(&mut body);
                    body
                }
            };
            map.push(entry(&cte.name, body, &cte.aliases));
            map.append(&mut versions);
        }
        query.tree["cte_map"] = json!({ "map": map });
        Ok(query)
    }

    /// The name of a CTE with the list of rows.
    pub(super) fn version(&mut self, at: usize, need: &Need) -> Result<(String, bool)> {
        let need = if self.known.ctes[at].own.unstable { &None } else { need };
        let known = self.known.ctes[at].own.versions.iter().find(|version| version.need == *need);
        if let Some(known) = known {
            return Ok((known.name.clone(), known.keeps_out));
        }
        let (body, visible) = (self.known.ctes[at].body.clone(), self.known.ctes[at].visible.clone());
        if text(&body, "type") == "RECURSIVE_CTE_NODE" {
            return self.version_of_recursive(at);
        }
        let inner = match (need, self.known.ctes[at].aliases.is_empty()) {
            (Some(names), false) => {
                let own = self.known.of_query(&body, &visible).unwrap_or_default();
                let aliases = &self.known.ctes[at].aliases;
                let renamed = |index: usize, name: &String| aliases.get(index).unwrap_or(name).to_lowercase();
                Some(
                    own.iter()
                        .enumerate()
                        .filter(|(index, name)| names.contains(&renamed(*index, name)))
                        .map(|(_, name)| name.to_lowercase())
                        .collect(),
                )
            }
            _ => need.clone(),
        };
        let query = self.query(&body, &inner, &visible)?;
        let name = format!(
            "__why_{}_{}",
            self.next(),
            self.known.ctes[at]
                .name
                .replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
                .to_lowercase()
        );
        self.known.ctes[at].own.versions.push(Version {
            need: need.clone(),
            name: name.clone(),
            body: query.tree,
            keeps_out: query.keeps_out,
        });
        Ok((name, query.keeps_out))
    }

    /// A recursive CTE as it is, with empty lists.
    fn version_of_recursive(&mut self, at: usize) -> Result<(String, bool)> {
        self.note("a recursive query cannot be followed to the rows that it read");
        self.result.row_by_row = false;
        let name = format!("__why_{}", self.next());
        let own = name_literal(&self.known.ctes[at].name);
        let body = self.parser.tree(&format!("select *, cast([] as hugeint[]) as {ROWS} from {own}"))?;
        self.known.ctes[at].own.versions.push(Version {
            need: None,
            name: name.clone(),
            body,
            keeps_out: false,
        });
        Ok((name, false))
    }

    fn union(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<Query> {
        let by_name = text(tree, "setop_type").ends_with("BY_NAME");
        let is_distinct = tree["setop_all"] != true;
        let need = if is_distinct { &None } else { need };
        let key = if tree["children"].is_array() { "children" } else { "left" };
        let sides: Vec<Json> = match key {
            "children" => items(tree, "children").to_vec(),
            _ => vec![tree["left"].clone(), tree["right"].clone()],
        };
        let first = sides.first().and_then(|side| self.known.of_query(side, visible));
        let mut keeps_out = false;
        let mut done = Vec::new();
        for side in sides {
            let own = match (need, by_name, &first, self.known.of_query(&side, visible)) {
                (Some(names), false, Some(first), Some(own)) => Some(
                    first
                        .iter()
                        .zip(own)
                        .filter(|(name, _)| names.contains(&name.to_lowercase()))
                        .map(|(_, own)| own.to_lowercase())
                        .collect(),
                ),
                (Some(_), false, _, _) => None,
                _ => need.clone(),
            };
            let query = self.query(&side, &own, visible)?;
            keeps_out |= query.keeps_out;
            done.push(query.tree);
        }
        let mut out = tree.clone();
        match key {
            "children" => out["children"] = Json::Array(done),
            _ => {
                out["right"] = done.pop().unwrap_or_default();
                out["left"] = done.pop().unwrap_or_default();
            }
        }
        out["setop_all"] = true.into();
        out["modifiers"] = json!([]);
        if is_distinct {
            out["cte_map"] = json!({"map": []});
            out = self.once(out)?;
        }
        Ok(Query { tree: out, keeps_out })
    }
}

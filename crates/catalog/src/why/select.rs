//! One SELECT with the list of rows: its tables, groups, windows and queries as values.

use super::annotator::{Annotator, Query};
use super::filter::{equalities, is_numbering, same};
use super::from::FromPlan;
use super::pieces::{Frame, call, column_of, derived, has, list_over, named, without_columns};
use super::row_id::{ANY_OF, BESIDE, ROWS, extreme, joined, of_group, replace_column};
use super::scope::{Item, Kind, Need, Reader, Role, Scope, Used, Visible, needs, output_name};
use crate::lineage::{is_aggregate, items, names, text};
use ingot_core::error::Result;
use serde_json::{Value as Json, json};

/// How many rows that would take the place of another one are looked at, each with the same values as the one before.
const SUCCESSORS: u32 = 100;

/// What of a SELECT's columns is asked for, without numbers of rows; `None` if that cannot be said for one row alone.
fn looks(reader: &Reader<'_>, need: &Need) -> Option<Vec<Json>> {
    let of_many = |part: &Json| matches!(text(part, "class"), "WINDOW" | "SUBQUERY" | "STAR");
    let mut values = Vec::new();
    for item in reader.list {
        if text(item, "class") == "STAR" {
            let is_plain = item["columns"] != true
                && item["expr"].is_null()
                && ["rename_list", "replace_list"].iter().all(|key| items(item, key).is_empty());
            let is_known = reader.scope.items.iter().all(|one| one.columns.is_some());
            if !is_plain || !is_known {
                return None;
            }
            for (at, column) in reader.expanded(item) {
                if needs(need, &column) {
                    values.push(column_of(&[&reader.scope.items[at].name, &column]));
                }
            }
        } else if needs(need, &output_name(item)) && !is_row_number(item) {
            if of_many(item) || has(item, &of_many) {
                return None;
            }
            values.push(named(item.clone(), ""));
        }
    }
    Some(values)
}

fn is_row_number(expression: &Json) -> bool {
    text(expression, "type") == "WINDOW_ROW_NUMBER"
}

impl Annotator<'_> {
    pub(super) fn select(&mut self, tree: &Json, need: &Need, visible: &Visible) -> Result<Query> {
        let scope = Scope::of(&tree["from_table"], visible, &self.known);
        if let Some(problem) = &scope.problem {
            self.note(problem.clone());
        }
        let list = items(tree, "select_list");
        let calls_aggregate = |part: &Json| {
            has(part, &|one| {
                text(one, "class") == "FUNCTION" && is_aggregate(&text(one, "function_name").to_lowercase())
            })
        };
        let is_grouped = !items(tree, "group_expressions").is_empty()
            || text(tree, "aggregate_handling") == "FORCE_AGGREGATES"
            || calls_aggregate(&tree["select_list"])
            || calls_aggregate(&tree["having"]);
        let reader = Reader { scope: &scope, list, is_aggregate: &is_aggregate };
        let mut used = reader.start();
        for item in list {
            // What it is grouped by decides what a row is.
            let is_key = text(tree, "aggregate_handling") == "FORCE_AGGREGATES" && !calls_aggregate(item);
            reader.read_item(item, if is_key { &None } else { need }, &mut used);
        }
        for key in items(tree, "group_expressions") {
            let position = text(&key["literal"], "text").parse::<usize>().ok();
            reader
                .read(position.and_then(|number| list.get(number.checked_sub(1)?)).unwrap_or(key), &mut used);
        }
        for key in ["where_clause", "having", "qualify"] {
            reader.read(&tree[key], &mut used);
        }
        for item in &scope.items {
            if let Role::Semi { condition, .. } = &item.role {
                reader.read(condition, &mut used);
            }
        }
        let mut matters = reader.close(&mut used);
        // The row of the other table says already that there is one in the group.
        (0..matters.len()).for_each(|at| matters[at] &= !self.is_witnessed(&scope, &reader, at));

        let mut keeps_out = false;
        let mut lists: Vec<Json> = Vec::new();
        let mut hidden: Vec<(String, String)> = Vec::new();
        let mut leaf = 0;
        let mut plan = FromPlan {
            scope: &scope,
            used: &used,
            matters: &matters,
            lists: &mut lists,
            hidden: &mut hidden,
            keeps_out: &mut keeps_out,
            visible,
        };
        let from = self.from(&tree["from_table"], &mut leaf, &mut plan)?;
        for (subquery, negated) in &used.subqueries {
            match negated {
                true => keeps_out = true,
                false => lists.extend(self.subquery(subquery, visible, &mut keeps_out)?),
            }
        }
        let row = match lists.is_empty() {
            true => self.expression("cast([] as hugeint[])")?,
            false => joined(lists),
        };
        if keeps_out && (is_grouped || !used.windows.is_empty()) {
            self.note(
                "rows that NOT IN, NOT EXISTS or an anti join keeps out of a group or window are not named",
            );
        }
        self.result.row_by_row &= !is_grouped && used.windows.is_empty() && used.subqueries.is_empty();
        let mut whole = row.clone();
        if is_grouped {
            whole = self.group(tree, row.clone(), &used)?;
        }
        let mut all = vec![whole.clone()];
        for window in &used.windows {
            // Windows of the same rows name them once.
            if let Some(rows) = self.window(window, &whole)?
                && !all.iter().any(|known| same(known, &rows))
            {
                all.push(rows);
            }
        }
        if !is_grouped && let Some(rows) = self.successors(&reader, need, &used, &row)? {
            all.push(rows);
        }
        let whole = joined(all);

        let mut out = tree.clone();
        self.plain(&mut out["where_clause"]);
        for key in ["having", "qualify", "select_list"] {
            self.plain(&mut out[key]);
        }
        out["from_table"] = from;
        out["modifiers"] = json!([]);
        let of = |name: &str| -> Vec<String> {
            hidden
                .iter()
                .filter(|(item, _)| name.is_empty() || item.eq_ignore_ascii_case(name))
                .map(|(_, column)| column.clone())
                .collect()
        };
        without_columns(&mut out["select_list"], &of);
        if let Some(list) = out["select_list"].as_array_mut() {
            list.push(named(whole, ROWS));
        }
        out["cte_map"] = json!({"map": []});
        Ok(Query { tree: out, keeps_out })
    }

    /// Whether a table of FROM has a row for each key of another table there, and is joined to it by just these keys: then the
    /// row of the other table is one of those of which any would do.
    fn is_witnessed(&self, scope: &Scope, reader: &Reader, at: usize) -> bool {
        let is_inner = |item: &Item| item.outer.is_empty() && matches!(item.role, Role::Joined);
        let Kind::Cte(cte) = scope.items[at].kind else { return false };
        let Some(cte) = self.known.ctes.get(cte) else { return false };
        let body = &cte.body;
        let only_groups = text(body, "type") == "SELECT_NODE"
            && ["where_clause", "having", "qualify", "sample"].iter().all(|key| body[*key].is_null())
            && items(body, "modifiers").is_empty()
            && items(&body["cte_map"], "map").is_empty()
            && items(body, "group_sets").len() <= 1
            && text(&body["from_table"], "type") == "BASE_TABLE"
            && cte.aliases.is_empty();
        if !only_groups || !is_inner(&scope.items[at]) {
            return false;
        }
        let inner = Scope::of(&body["from_table"], &cte.visible, &self.known);
        let [source] = inner.items.as_slice() else { return false };
        let keys: Option<Vec<String>> = items(body, "group_expressions")
            .iter()
            .map(|key| names(key, "column_names").pop().filter(|_| text(key, "class") == "COLUMN_REF"))
            .collect();
        let Some(keys) = keys.filter(|keys| !keys.is_empty()) else { return false };
        // The name under which the group gives a key.
        let given = |key: &String| {
            let list = items(body, "select_list").iter();
            let mut same = list.filter(|item| {
                text(item, "class") == "COLUMN_REF"
                    && names(item, "column_names").pop().is_some_and(|name| name.eq_ignore_ascii_case(key))
            });
            same.next().map(output_name)
        };
        let others = items(body, "select_list")
            .iter()
            .all(|item| text(item, "class") == "COLUMN_REF" || is_numbering(item));
        let is_same = |item: &Item| match (&item.kind, &source.kind) {
            (Kind::Node(one), Kind::Node(other)) => one == other,
            (Kind::Cte(one), Kind::Cte(other)) => one == other,
            _ => false,
        };
        let mut equal = equalities(reader, &Json::Null);
        equal.retain(|one| one.join == "INNER" && one.outer.is_empty());
        let is_joined = |other: usize| {
            keys.iter().all(|key| {
                given(key).is_some_and(|given| {
                    let (own, its) = ((at, given.to_lowercase()), (other, key.to_lowercase()));
                    equal
                        .iter()
                        .any(|one| one.left == own && one.right == its || one.left == its && one.right == own)
                })
            })
        };
        others
            && (0..scope.items.len()).any(|other| {
                other != at
                    && is_inner(&scope.items[other])
                    && is_same(&scope.items[other])
                    && is_joined(other)
            })
    }

    /// The rows of a group. Where only its keys are asked for, each of them would do; where only a smallest or largest value
    /// is, only those that have it count.
    fn group(&mut self, tree: &Json, row: Json, used: &Used) -> Result<Json> {
        let has_keys = !items(tree, "group_expressions").is_empty()
            || text(tree, "aggregate_handling") == "FORCE_AGGREGATES";
        if used.aggregates.is_empty() && !has_keys {
            // There is one row in any case, whatever it is made of.
            return self.expression("cast([] as hugeint[])");
        }
        if used.aggregates.is_empty() {
            return self.flagged(&of_group(row), ANY_OF);
        }
        let extremes: Option<Vec<&Json>> = used.aggregates.iter().map(extreme).collect();
        let Some(extremes) = extremes.filter(|list| !list.is_empty() && tree["having"].is_null()) else {
            return Ok(of_group(row));
        };
        let mut parts = Vec::new();
        for (aggregate, value) in used.aggregates.iter().zip(extremes) {
            let mut rows = self.expression(
                "flatten(list_transform(list_filter(list(struct_pack(v := why_value, r := why_row)), \
                 lambda why_one: why_one.v is not distinct from why_extreme), lambda why_one: why_one.r))",
            )?;
            replace_column(&mut rows, "why_value", value);
            replace_column(&mut rows, "why_row", &row);
            replace_column(&mut rows, "why_extreme", &named(aggregate.clone(), ""));
            parts.push(self.flagged(&rows, BESIDE)?);
        }
        Ok(joined(parts))
    }

    /// A list of rows with a bit set in each.
    fn flagged(&mut self, rows: &Json, bit: i128) -> Result<Json> {
        let sql = format!("list_transform(why_rows, lambda row_id: row_id | {bit})");
        let mut flagged = self.expression(&sql)?;
        replace_column(&mut flagged, "why_rows", rows);
        Ok(flagged)
    }

    /// The rows that a window looks at. What it computes of them is made of them; a number or a neighbour of a row is not.
    fn window(&mut self, window: &Json, row: &Json) -> Result<Option<Json>> {
        let function = text(window, "function_name").to_lowercase();
        let has_partition = !items(window, "partitions").is_empty();
        let has_order = !items(window, "orders").is_empty();
        let is_own = is_aggregate(&function)
            || matches!(function.as_str(), "first_value" | "last_value" | "nth_value");
        let bounded =
            text(window, "start") != "UNBOUNDED_PRECEDING" && text(window, "end") != "UNBOUNDED_FOLLOWING";
        let frame_is_known = is_own && bounded;
        if !has_partition && !frame_is_known {
            self.note(format!("{function}() looks at all rows: only the row itself is followed"));
            return Ok(None);
        }
        let frame = match function.as_str() {
            _ if is_own => Frame::Own,
            "row_number" | "rank" | "dense_rank" | "lag" if has_order => Frame::Before,
            "lead" if has_order => Frame::After,
            _ => Frame::Partition,
        };
        let rows = call("flatten", vec![list_over(window, row.clone(), &frame)]);
        match frame {
            Frame::Own => Ok(Some(rows)),
            _ => self.flagged(&rows, BESIDE).map(Some),
        }
    }

    /// The rows that would one after the other take the place of a row that has a number in its partition, and look as it does: without
    /// all of them what is asked for is another one, without some of them it is not.
    fn successors(
        &mut self,
        reader: &Reader<'_>,
        need: &Need,
        used: &Used,
        row: &Json,
    ) -> Result<Option<Json>> {
        let numbers = |window: &&Json| {
            is_row_number(window)
                && !items(window, "partitions").is_empty()
                && !items(window, "orders").is_empty()
        };
        let Some(window) = used.windows.iter().find(numbers) else { return Ok(None) };
        let Some(mut values) = looks(reader, need) else { return Ok(None) };
        values.iter_mut().for_each(|value| self.plain(value));
        if values.is_empty() {
            // That there is a row is all that is asked for.
            values.push(self.expression("true")?);
        }
        let mut entry = self.expression("struct_pack(v := why_value, r := why_row)")?;
        replace_column(&mut entry, "why_value", &call("row", values));
        replace_column(&mut entry, "why_row", row);
        let mut list = list_over(window, entry, &Frame::Next);
        list["end_expr"] = self.expression(&SUCCESSORS.to_string())?;
        let mut rows = self.expression(
            "list_transform([why_list], lambda why_all: flatten(list_transform( \
             why_all[1:coalesce(list_position(list_transform(why_all, lambda why_one: why_one.v is distinct from why_all[1].v), true) - 1, len(why_all))], \
             lambda why_one: why_one.r)))[1]",
        )?;
        replace_column(&mut rows, "why_list", &list);
        self.flagged(&rows, BESIDE).map(Some)
    }

    /// The rows of a query as a value that this row has to do with.
    fn subquery(&mut self, tree: &Json, visible: &Visible, keeps_out: &mut bool) -> Result<Option<Json>> {
        let kind = text(tree, "subquery_type");
        let query = self.query(&tree["subquery"]["node"], &None, visible)?;
        *keeps_out |= query.keeps_out;
        let is_in = kind == "ANY";
        if is_in
            && (text(&tree["child"], "class") == "FUNCTION" && text(&tree["child"], "function_name") == "row")
        {
            self.note("IN with several columns is not followed to the rows of its query");
            return Ok(None);
        }
        let sql = match is_in {
            true => format!(
                "(select flatten(list(why_q.{ROWS})) from one_row as why_q where why_child = why_q.why_value)"
            ),
            false => format!("(select flatten(list(why_q.{ROWS})) from one_row as why_q)"),
        };
        let mut expression = self.expression(&sql)?;
        let inner = &mut expression["subquery"]["node"];
        let renamed = match is_in {
            true => json!({"column_name_alias": ["why_value", ROWS]}),
            false => json!({"column_name_alias": []}),
        };
        inner["from_table"] = derived(query.tree, "why_q", &renamed);
        if is_in {
            let comparison = text(tree, "comparison_type");
            if !comparison.is_empty() && comparison != "INVALID" {
                inner["where_clause"]["type"] = comparison.into();
            }
            let mut child = tree["child"].clone();
            self.plain(&mut child);
            replace_column(&mut inner["where_clause"], "why_child", &child);
        }
        Ok(Some(expression))
    }
}

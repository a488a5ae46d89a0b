//! What a visual asks the warehouse: one query for its groups and measures.

use super::filters::Filters;
use super::query_parts::{MeasureSql, ScalarKind};
use crate::project::definition::{Definition, Field, Shown, Visual};
use crate::project::model::Model;
use crate::project::report::caption;
use crate::project::sorting::{Sorting, sorting};
use ingot_core::error::Result;
use ingot_engine::{Cell, Session, name_literal};

/// The answer: first the columns that the visual groups by, then its values.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub columns: Vec<AnswerColumn>,
    pub rows: Vec<Vec<Cell>>,
    /// How many groups there are; more than `rows` if only the first were asked for.
    pub groups: usize,
}

#[derive(Debug, Clone)]
pub(super) struct AnswerColumn {
    pub name: String,
    /// As Power BI writes it, such as `0.0%`; none for texts.
    pub format: Option<String>,
    pub is_number: bool,
}

/// The first rows are enough for a picture.
const MOST_ROWS: u32 = 500;
/// Of the members of a slicer only the first and the last are shown, and how many there are.
const MOST_MEMBERS: u32 = 100_000;

/// Runs the query of a visual over `groups`, which are all its columns or, for totals, fewer.
///
/// # Errors
/// A measure is written in DAX that is not known here, or the warehouse refuses the query.
pub(super) fn ask(
    session: &mut dyn Session,
    definition: &Definition,
    model: &Model,
    visual: &Visual,
    groups: &[Field],
) -> Result<Answer> {
    let sql = query(definition, model, visual, groups)?;
    let found = session.query(&sql)?;
    let measures = measures(visual);
    let groups_and_values = groups.len() + measures.len();
    let total = found.rows.first().and_then(|row| row.last()).and_then(Cell::as_i64).unwrap_or(0);
    let column_of = |field: &Field| {
        let column = model.column(field);
        AnswerColumn {
            name: caption(&field.column),
            format: column.and_then(|one| one.format).map(str::to_owned),
            is_number: column.is_some_and(|one| matches!(one.data_type, "int64" | "decimal" | "double")),
        }
    };
    let measure_of = |name: &&str| AnswerColumn {
        name: (*name).to_owned(),
        format: model
            .tables
            .iter()
            .flat_map(|table| &table.measures)
            .find(|one| one.name == **name)
            .map(|one| one.format.clone()),
        is_number: true,
    };
    Ok(Answer {
        columns: groups.iter().map(column_of).chain(measures.iter().map(measure_of)).collect(),
        rows: found
            .rows
            .into_iter()
            .map(|mut row| {
                row.truncate(groups_and_values);
                row
            })
            .collect(),
        groups: usize::try_from(total).unwrap_or(0),
    })
}

/// The columns that a visual groups by, in their order.
pub(super) fn groups(visual: &Visual) -> Vec<Field> {
    let mut found: Vec<Field> = Vec::new();
    for shown in visual.category.iter().chain(&visual.series).chain(&visual.values) {
        if let Shown::Column(field) = shown
            && !found.contains(field)
        {
            found.push(field.clone());
        }
    }
    found
}

pub(super) fn measures(visual: &Visual) -> Vec<&str> {
    let names = visual.values.iter().filter_map(|shown| match shown {
        Shown::Measure(name) => Some(name.as_str()),
        Shown::Column(_) => None,
    });
    names.collect()
}

/// The SQL of a visual.
pub(super) fn query(
    definition: &Definition,
    model: &Model,
    visual: &Visual,
    groups: &[Field],
) -> Result<String> {
    // A column may be shown in the order of another, which is then grouped by too.
    let mut all = groups.to_vec();
    for group in groups {
        if let Some(by) = model.column(group).and_then(|one| one.sort_by.clone()) {
            all.push(Field { table: group.table.clone(), column: by });
        }
    }
    let mut builder = MeasureSql::new(definition, model, all.clone());
    let mut values = Vec::new();
    for name in measures(visual) {
        values.push(builder.measure(name, &Filters::default())?);
    }
    let condition =
        visual.only_with.as_ref().map(|name| builder.measure(name, &Filters::default())).transpose()?;
    let mut inner = vec!["g.*".to_owned()];
    for (position, value) in values.iter().enumerate() {
        let cast = if value.kind == ScalarKind::Number { "::double" } else { "" };
        inner.push(format!("({}){cast} as m{position}", value.sql));
    }
    let shown = (0..groups.len()).map(|position| format!("k{position}"));
    let shown: Vec<String> = shown.chain((0..values.len()).map(|position| format!("m{position}"))).collect();
    let joins: String = (0..builder.leaves.len())
        .filter(|leaf| values.iter().chain(&condition).any(|value| value.leaves.contains(leaf)))
        .map(|leaf| format!(" left join l{leaf} on l{leaf}.i = g.i"))
        .collect();
    let mut present: Vec<String> =
        (0..values.len()).map(|position| format!("m{position} is not null")).collect();
    if let Some(condition) = condition {
        inner.push(format!("{} as only_with", condition.sql));
        present = vec!["only_with is not null".to_owned()];
    }
    let keep = if present.is_empty() || all.is_empty() { "true".to_owned() } else { present.join(" or ") };
    let order = order(visual, model, &all, groups);
    let most = if visual.kind == "slicer" { MOST_MEMBERS } else { MOST_ROWS };
    let limit = visual.top.filter(|_| !groups.is_empty()).unwrap_or(most);
    let expressions: String = builder.expressions.iter().map(|one| format!(",\n{one}")).collect();
    let by_keys = builder.by_keys.iter().enumerate();
    let by_keys: String =
        by_keys.map(|(number, body)| format!("r{number} as materialized ({body}),\n")).collect();
    let (shown, inner) = (shown.join(", "), inner.join(", "));
    Ok(format!(
        "with {by_keys}g as materialized ({}){expressions}\nselect {shown}, count(*) over () from (select {inner} from g{joins}) where {keep} \
         order by {order} limit {limit}",
        groups_sql(&builder, &all),
    ))
}

/// Each group once, with a number: every combination of the members of the tables, and what facts have without a member.
fn groups_sql(builder: &MeasureSql<'_>, groups: &[Field]) -> String {
    if groups.is_empty() {
        return "select 0 as i".to_owned();
    }
    let mut tables: Vec<&str> = Vec::new();
    for group in groups {
        if !tables.contains(&group.table.as_str()) {
            tables.push(&group.table);
        }
    }
    let distinct: Vec<String> = tables
        .iter()
        .map(|table| {
            let of_table = groups.iter().enumerate().filter(|(_, group)| group.table == *table);
            let columns: Vec<String> =
                of_table.map(|(n, group)| format!("{} as k{n}", name_literal(&group.column))).collect();
            format!("(select distinct {} from {})", columns.join(", "), builder.relation(table))
        })
        .collect();
    let keys: Vec<String> = (0..groups.len()).map(|n| format!("k{n}")).collect();
    let keys = keys.join(", ");
    let mut sql = format!("select {keys} from {}", distinct.join(" cross join "));
    for unknown in builder.unknown_members() {
        sql.push_str(&format!(" union select {keys} from ({unknown})"));
    }
    format!("select row_number() over () as i, {keys} from ({sql})")
}

/// `all` are the groups and the columns that they are sorted by.
fn order(visual: &Visual, model: &Model, all: &[Field], groups: &[Field]) -> String {
    let by_groups = || {
        let mut keys: Vec<String> = Vec::new();
        for (position, group) in groups.iter().enumerate() {
            let by = model.column(group).and_then(|one| one.sort_by.as_ref());
            let sorted =
                by.and_then(|by| all.iter().position(|one| one.table == group.table && one.column == *by));
            keys.push(format!("k{} nulls first", sorted.unwrap_or(position)));
        }
        if keys.is_empty() { "1".to_owned() } else { keys.join(", ") }
    };
    match sorting(visual, model) {
        Some(Sorting { shown: Shown::Measure(name), descending: true }) if !groups.is_empty() => {
            let position = measures(visual).iter().position(|one| *one == name).unwrap_or(0);
            format!("m{position} desc nulls last, {}", by_groups())
        }
        Some(Sorting { shown: Shown::Column(field), descending }) => {
            let position = groups.iter().position(|one| *one == field).unwrap_or(0);
            let direction = if descending { "desc nulls last" } else { "nulls first" };
            if descending { format!("k{position} {direction}, {}", by_groups()) } else { by_groups() }
        }
        _ => by_groups(),
    }
}

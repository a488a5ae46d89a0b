//! One visual of a page: what it asks, and what that looks like.

use super::bars::{bars, columns};
use super::chart::{Chart, member};
use super::lines::{lines, scatter};
use super::numbers;
use super::round::{donut, gauge};
use super::svg::escaped;
use super::tables::{matrix, table};
use super::visual_query::{Answer, ask, groups};
use crate::project::definition::{Definition, Shown, Visual, WhatIf};
use crate::project::model::Model;
use crate::project::report::pixels;
use crate::project::sorting::is_of_calendar;
use ingot_core::error::{Error, Result};
use ingot_engine::Session;

/// Of a page where drawings stand below each other, as on a phone.
const NARROW: (f64, f64) = (340.0, 240.0);
/// What frame and title take of a visual's place.
const FRAME: (f64, f64) = (26.0, 47.0);

/// HTML for a visual.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawing {
    /// `card`, `slicer`, `chart` or `table`.
    pub class: &'static str,
    pub html: String,
    /// The numbers behind a chart, as a table.
    pub numbers: Option<String>,
    /// How Power BI would draw it otherwise.
    pub note: Option<String>,
}

/// # Errors
/// The preview does not know this kind of visual, or one of its measures.
pub(super) fn draw(
    session: &mut dyn Session,
    definition: &Definition,
    model: &Model,
    visual: &Visual,
) -> Result<Drawing> {
    let what_if = definition
        .what_if
        .iter()
        .find(|one| matches!(visual.values.first(), Some(Shown::Column(field)) if field.table == one.name));
    if let (Some(one), "slicer") = (what_if, visual.kind.as_str()) {
        return Ok(Drawing { class: "slicer", html: what_if_slicer(one), ..Drawing::default() });
    }
    if what_if.is_some() {
        return Err(Error::new("the preview draws a parameter only as a slicer"));
    }
    let all = groups(visual);
    let answer = ask(session, definition, model, visual, &all)?;
    if visual.kind == "slicer" {
        return Ok(Drawing { class: "slicer", html: slicer(&answer), ..Drawing::default() });
    }
    if visual.kind == "card" {
        return Ok(Drawing { class: "card", html: card(&answer), ..Drawing::default() });
    }
    if answer.rows.is_empty() {
        return Ok(Drawing { class: "chart", html: NOTHING.to_owned(), ..Drawing::default() });
    }
    match visual.kind.as_str() {
        "table" => {
            // The first ten have no total: Power BI's is of them alone.
            let has_total = all.len() < answer.columns.len() && visual.top.is_none();
            let total = has_total.then(|| ask(session, definition, model, visual, &[])).transpose()?;
            let html = table(&answer, &visual.alt, total.as_ref());
            Ok(Drawing { class: "table", html, ..Drawing::default() })
        }
        "matrix" if !visual.series.is_empty() => {
            Err(Error::new("the preview does not draw a matrix with columns of a series"))
        }
        "matrix" => {
            let outer = ask(session, definition, model, visual, &all[..all.len().min(1)])?;
            let html = matrix(&answer, &outer, all.len(), &visual.alt);
            Ok(Drawing { class: "table", html, ..Drawing::default() })
        }
        _ => chart(model, visual, &answer),
    }
}

const NOTHING: &str = "<p class=\"nothing\">no data</p>";

fn card(answer: &Answer) -> String {
    let found = answer.rows.first().and_then(|row| Some((row.first()?, answer.columns.first()?)));
    match found
        .and_then(|(cell, column)| Some((cell.as_f64()?, column.format.as_deref().unwrap_or_default())))
    {
        Some((value, format)) => format!(
            "<p class=\"callout\" title=\"{}\">{}</p>",
            escaped(&numbers::full(format, value)),
            escaped(&numbers::short(format, value))
        ),
        None => match found {
            Some((cell, column)) if !cell.is_null() => {
                format!("<p class=\"callout\">{}</p>", escaped(&member(cell, column)))
            }
            _ => "<p class=\"callout blank\">(Blank)</p>".to_owned(),
        },
    }
}

/// A slicer before anybody has chosen: everything. Days are a span.
fn slicer(answer: &Answer) -> String {
    let is_days = answer
        .columns
        .first()
        .is_some_and(|one| one.format.as_deref().is_some_and(|format| format.starts_with("yyyy")));
    let members: Vec<String> =
        answer.rows.iter().filter_map(|row| Some(member(row.first()?, answer.columns.first()?))).collect();
    if is_days && let (Some(first), Some(last)) = (members.first(), members.last()) {
        return format!("<p class=\"choice\">{} – {}</p>", escaped(first), escaped(last));
    }
    let what = match answer.groups {
        0 => "nothing to choose from".to_owned(),
        1 => "1 value".to_owned(),
        many => format!("{many} values"),
    };
    format!("<p class=\"choice\">All <span class=\"note\">of {what}</span></p>")
}

fn what_if_slicer(one: &WhatIf) -> String {
    let shown =
        |text: &str| text.parse().map_or_else(|_| text.to_owned(), |value| numbers::full(&one.format, value));
    format!(
        "<p class=\"choice\">{} <span class=\"note\">between {} and {}</span></p>",
        escaped(&shown(&one.default)),
        escaped(&shown(&one.from)),
        escaped(&shown(&one.to))
    )
}

fn chart(model: &Model, visual: &Visual, answer: &Answer) -> Result<Drawing> {
    let mut chart = Chart::new(answer, visual.category.len(), visual.series.len());
    chart.is_in_time = visual.category.iter().any(|shown| is_of_calendar(model, shown));
    if visual.top.is_some() {
        chart.left_out = 0;
    }
    if chart.is_empty() {
        return Ok(Drawing { class: "chart", html: NOTHING.to_owned(), ..Drawing::default() });
    }
    let [_, _, width, height] = pixels(visual.at);
    let wide = (f64::from(width) - FRAME.0, f64::from(height) - FRAME.1);
    // Bars below each other need their height, not the screen's.
    let bars_height = 24.0 + chart.labels.len().min(12) as f64 * 24.0 * chart.series.len() as f64;
    let mut html = String::new();
    for (class, (width, height)) in [("wide", wide), ("narrow", NARROW)] {
        let drawing = match visual.kind.as_str() {
            "bar" | "map" => {
                let height = if class == "narrow" { bars_height.clamp(100.0, 340.0) } else { height };
                bars(&chart, width, height, &visual.alt)
            }
            "column" => columns(&chart, width, height, &visual.alt, false),
            "stacked_column" => columns(&chart, width, height, &visual.alt, true),
            "line" => lines(&chart, width, height, &visual.alt, false),
            "area" => lines(&chart, width, height, &visual.alt, true),
            "donut" => donut(&chart, width, if class == "narrow" { 170.0 } else { height }, &visual.alt),
            "gauge" => gauge(&chart, width, if class == "narrow" { 190.0 } else { height }, &visual.alt),
            "scatter" => scatter(&chart, width, height, &visual.alt),
            other => return Err(Error::new(format!("the preview does not draw a {other}"))),
        };
        html.push_str(&drawing.replacen("<svg ", &format!("<svg class=\"{class}\" "), 1));
    }
    let note = (visual.kind == "map").then(|| "Power BI draws a map".to_owned());
    Ok(Drawing { class: "chart", html, numbers: Some(table(answer, &visual.alt, None)), note })
}

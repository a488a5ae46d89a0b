//! Tables and matrices as HTML, and the numbers behind each drawing.

use super::chart::member;
use super::numbers;
use super::svg::escaped;
use super::visual_query::{Answer, AnswerColumn};
use ingot_engine::Cell;
use std::fmt::Write;

/// A row for each group. `total` is a row below them.
pub(super) fn table(answer: &Answer, caption: &str, total: Option<&Answer>) -> String {
    let mut html =
        head(caption, answer.columns.iter().map(|column| (column.name.as_str(), column.is_number)));
    for row in &answer.rows {
        let _ = write!(html, "<tr>{}</tr>", cells(row, &answer.columns));
    }
    html.push_str("</tbody>");
    let groups =
        answer.columns.len() - total.map_or(0, |total| total.columns.len()).min(answer.columns.len());
    if let Some((row, total)) = total.and_then(|total| Some((total.rows.first()?, total)))
        && groups > 0
    {
        let _ = write!(
            html,
            "<tfoot><tr><th scope=\"row\" colspan=\"{groups}\">Total</th>{}</tr></tfoot>",
            cells(row, &total.columns)
        );
    }
    html.push_str("</table>");
    let left_out = answer.groups.saturating_sub(answer.rows.len());
    if left_out > 0 {
        let _ = write!(html, "<p class=\"note\">and {left_out} more rows</p>");
    }
    html
}

/// The outer groups with their values, and below each its inner groups. `outer` has a value for each outer group.
pub(super) fn matrix(inner: &Answer, outer: &Answer, levels: usize, caption: &str) -> String {
    let groups = levels.min(inner.columns.len());
    let values = &inner.columns[groups..];
    let names =
        inner.columns[..groups].iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" / ");
    let mut html = head(
        caption,
        [(names.as_str(), false)].into_iter().chain(values.iter().map(|column| (column.name.as_str(), true))),
    );
    for row in &outer.rows {
        let name = member(&row[0], &outer.columns[0]);
        let _ = write!(
            html,
            "<tr class=\"outer\"><th scope=\"row\">{}</th>{}</tr>",
            escaped(&name),
            cells(&row[1..], &outer.columns[1..])
        );
        if groups < 2 {
            continue;
        }
        for row in inner.rows.iter().filter(|inner| inner[0] == row[0]) {
            let names: Vec<String> = (1..groups).map(|at| member(&row[at], &inner.columns[at])).collect();
            let _ = write!(
                html,
                "<tr><th scope=\"row\" class=\"inner\">{}</th>{}</tr>",
                escaped(&names.join(" · ")),
                cells(&row[groups..], values)
            );
        }
    }
    html.push_str("</tbody></table>");
    html
}

fn head<'a>(caption: &str, columns: impl Iterator<Item = (&'a str, bool)>) -> String {
    let mut html = format!("<table><caption>{}</caption><thead><tr>", escaped(caption));
    for (name, is_number) in columns {
        let class = if is_number { " class=\"number\"" } else { "" };
        let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", escaped(name));
    }
    html.push_str("</tr></thead><tbody>");
    html
}

fn cells(row: &[Cell], columns: &[AnswerColumn]) -> String {
    let mut html = String::new();
    for (cell, column) in row.iter().zip(columns) {
        let text = match (cell, cell.as_f64(), &column.format) {
            (Cell::Null, ..) => String::new(),
            (_, Some(value), Some(format)) => numbers::full(format, value),
            _ => member(cell, column),
        };
        let class = if column.is_number { " class=\"number\"" } else { "" };
        let _ = write!(html, "<td{class}>{}</td>", escaped(&text));
    }
    html
}

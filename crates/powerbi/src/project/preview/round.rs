//! Rings: shares of a whole, and a value on its way to a largest one.

use super::chart::{COLORS, Chart, TEXT};
use super::numbers;
use super::scale::{shortened, text_width};
use super::svg::{Anchor, Svg};
use std::f64::consts::TAU;

/// A ring of the first series, with names and shares beside it, or below it where there is little room.
pub(super) fn donut(chart: &Chart, width: f64, height: f64, label: &str) -> String {
    let mut svg = Svg::new(width, height);
    let Some(one) = chart.series.first() else { return svg.finish(label) };
    let parts: Vec<(usize, f64)> = one
        .values
        .iter()
        .enumerate()
        .filter_map(|(category, value)| Some((category, (*value)?)))
        .filter(|(_, value)| *value > 0.0)
        .collect();
    let total: f64 = parts.iter().map(|(_, value)| value).sum();
    let radius = (height / 2.0 - 4.0).min(width * 0.23);
    let (x, y) = (radius + 4.0, height / 2.0);
    let mut from = 0.0;
    for (position, (category, value)) in parts.iter().enumerate() {
        let to = from + value / total;
        svg.path(
            &ring(x, y, radius, radius * 0.6, from, to),
            &format!("f{} slice", position % COLORS),
            &chart.tip(0, *category),
        );
        from = to;
    }
    let left = 2.0 * radius + 24.0;
    let row = (height / parts.len().max(1) as f64).min(22.0);
    let shown = ((height / row).floor() as usize).min(parts.len());
    let first = y - row * shown as f64 / 2.0 + row / 2.0;
    for (position, (category, value)) in parts.iter().take(shown).enumerate() {
        let middle = first + row * position as f64;
        let share = numbers::full("0.0%", value / total);
        let room = width - left - 20.0 - text_width(&share, TEXT) - 10.0;
        svg.rectangle([left, middle - 5.0, 12.0, 10.0], &format!("f{}", position % COLORS), "");
        svg.text(
            left + 18.0,
            middle + 4.0,
            Anchor::Start,
            "label",
            &shortened(&chart.labels[*category], TEXT, room),
        );
        svg.text(width, middle + 4.0, Anchor::End, "value", &share);
    }
    svg.finish(label)
}

/// The part of a ring between two shares of the whole turn, clockwise from the top.
fn ring(x: f64, y: f64, outer: f64, inner: f64, from: f64, to: f64) -> String {
    // A full turn has no two ends to draw between.
    let to = to.min(from + 0.9999);
    let point =
        |share: f64, radius: f64| (x + radius * (share * TAU).sin(), y - radius * (share * TAU).cos());
    let ((ax, ay), (bx, by)) = (point(from, outer), point(to, outer));
    let ((cx, cy), (dx, dy)) = (point(to, inner), point(from, inner));
    let large = u8::from(to - from > 0.5);
    format!(
        "M{ax:.1} {ay:.1}A{outer:.1} {outer:.1} 0 {large} 1 {bx:.1} {by:.1}L{cx:.1} {cy:.1}A{inner:.1} {inner:.1} 0 {large} 0 {dx:.1} {dy:.1}Z"
    )
}

/// Half a ring. A share goes up to 100 %; anything else up to twice its value, as in Power BI.
pub(super) fn gauge(chart: &Chart, width: f64, height: f64, label: &str) -> String {
    let mut svg = Svg::new(width, height);
    let Some((one, value)) = chart.series.first().and_then(|one| Some((one, (*one.values.first()?)?))) else {
        return svg.finish(label);
    };
    let most = if one.format.contains('%') { 1.0 } else { value.abs() * 2.0 };
    let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    let radius = (width / 2.0 - 6.0).min(height - 26.0);
    let (x, y) = (width / 2.0, (height + radius) / 2.0 - 8.0);
    // From a quarter turn left of the top to a quarter turn right of it.
    svg.path(&ring(x, y, radius, radius * 0.66, -0.25, 0.25), "track", "");
    if share > 0.0 {
        svg.path(&ring(x, y, radius, radius * 0.66, -0.25, -0.25 + share / 2.0), "f0", &chart.tip(0, 0));
    }
    svg.text(x, y - 4.0, Anchor::Middle, "callout", &numbers::short(&one.format, value));
    let end = |share: f64| x + (share * 2.0 - 1.0) * radius * 0.83;
    svg.text(end(0.0), y + 16.0, Anchor::Middle, "label", &numbers::label(&one.format, 0.0));
    svg.text(end(1.0), y + 16.0, Anchor::Middle, "label", &numbers::label(&one.format, most));
    svg.finish(label)
}

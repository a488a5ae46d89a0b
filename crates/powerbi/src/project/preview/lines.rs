//! Lines and areas over categories in their order, and points by two measures.

use super::bars::{CategoryNames, axis_width, horizontal_grid};
use super::chart::{COLORS, Chart, TEXT};
use super::numbers;
use super::scale::{Scale, text_width};
use super::svg::{Anchor, Svg};
use std::fmt::Write;

/// Lines; filled down to zero if they are areas. Further series are dashed too, so that they differ without colour.
pub(super) fn lines(chart: &Chart, width: f64, height: f64, label: &str, is_filled: bool) -> String {
    let mut svg = Svg::new(width, height);
    let top = chart.legend(&mut svg) + 8.0;
    let scale = Scale::new(chart.values(), 4.0, is_filled);
    let left = axis_width(&scale, chart.format());
    let count = chart.labels.len().max(1);
    let slot = (width - left) / count as f64;
    let names = CategoryNames::new(chart, slot);
    let bottom = height - names.height();
    horizontal_grid(&mut svg, &scale, chart.format(), left, top, bottom);
    let place = |category: usize, value: f64| {
        (left + slot * (category as f64 + 0.5), bottom - scale.place(value) * (bottom - top))
    };
    for (series, one) in chart.series.iter().enumerate() {
        let color = series % COLORS;
        for run in runs(&one.values) {
            let points: Vec<(f64, f64)> =
                run.iter().map(|(category, value)| place(*category, *value)).collect();
            let mut path = String::new();
            for (position, (x, y)) in points.iter().enumerate() {
                let _ = write!(path, "{}{x:.1} {y:.1}", if position == 0 { "M" } else { "L" });
            }
            if let (true, Some((first, _)), Some((last, _))) = (is_filled, points.first(), points.last()) {
                let zero = bottom - scale.place(0.0) * (bottom - top);
                svg.path(
                    &format!("{path}L{last:.1} {zero:.1}L{first:.1} {zero:.1}Z"),
                    &format!("f{color} wash"),
                    "",
                );
            }
            svg.path(&path, &format!("s{color} line dash{}", series.min(3)), "");
        }
    }
    // Points lie above all lines; where there are many, they are there only for the pointer.
    for (series, one) in chart.series.iter().enumerate() {
        for (category, value) in one.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (x, y) = place(category, *value);
            let class = if count <= 31 { format!("f{} point", series % COLORS) } else { "unseen".to_owned() };
            svg.circle(x, y, if count <= 31 { 3.5 } else { 6.0 }, &class, &chart.tip(series, category));
        }
    }
    svg.line(left, bottom, width, bottom, "axis");
    names.draw(&mut svg, left, slot, bottom);
    svg.finish(label)
}

/// Values that follow each other without a blank.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    for (category, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((category, *value)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// A point for each category: along by the first measure, up by the second, as large as the third says.
pub(super) fn scatter(chart: &Chart, width: f64, height: f64, label: &str) -> String {
    let mut svg = Svg::new(width, height);
    let [along, up, rest @ ..] = chart.series.as_slice() else { return svg.finish(label) };
    let values = |one: &super::chart::Series| one.values.clone().into_iter().flatten();
    let (x_scale, y_scale) = (Scale::new(values(along), 4.0, false), Scale::new(values(up), 4.0, false));
    let largest = rest.first().map(|size| values(size).fold(0.0, f64::max)).unwrap_or(0.0);
    let left = axis_width(&y_scale, &up.format);
    let (top, bottom, right) = (22.0, height - 42.0, width - 12.0);
    svg.text(0.0, 11.0, Anchor::Start, "note", &format!("{} ↑", up.name));
    horizontal_grid(&mut svg, &y_scale, &up.format, left, top, bottom);
    let reach = x_scale.high.abs().max(x_scale.low.abs());
    for tick in x_scale.ticks() {
        let x = left + x_scale.place(tick) * (right - left);
        let text = numbers::tick(&along.format, tick, x_scale.step, reach);
        svg.line(x, top, x, bottom, "grid");
        svg.text(x.min(width - text_width(&text, TEXT) / 2.0), bottom + 18.0, Anchor::Middle, "label", &text);
    }
    svg.text(width, height - 5.0, Anchor::End, "note", &format!("{} →", along.name));
    for (category, name) in chart.labels.iter().enumerate() {
        let (Some(x), Some(y)) = (along.values[category], up.values[category]) else { continue };
        let size = rest.first().and_then(|one| one.values[category]).unwrap_or(0.0);
        let radius = if largest > 0.0 { 4.0 + 10.0 * (size.max(0.0) / largest).sqrt() } else { 6.0 };
        let tip = format!(
            "{name}, {}: {}, {}: {}",
            along.name,
            numbers::full(&along.format, x),
            up.name,
            numbers::full(&up.format, y)
        );
        svg.circle(
            left + x_scale.place(x) * (right - left),
            bottom - y_scale.place(y) * (bottom - top),
            radius,
            "f0 bubble",
            &tip,
        );
    }
    svg.finish(label)
}

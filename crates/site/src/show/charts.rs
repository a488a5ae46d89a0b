//! Line charts as SVG.

use super::escaped;
use std::fmt::Write;

/// Values of days as a line, the oldest first. With a title it has a scale and its first and last day; without one it is a
/// small line that stands beside its number. Nothing for fewer than two days.
pub(crate) fn line_chart(days: &[(String, f64)], width: u32, height: u32, title: Option<&str>) -> String {
    // One day alone is not a line.
    let [(first, _), .., (last, newest)] = days else { return String::new() };
    let values: Vec<f64> = days.iter().map(|(_, value)| *value).collect();
    let (mut low, mut high) =
        values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    if high - low < 1e-9 {
        // A value that does not change is a line in the middle.
        (low, high) = (low - 1.0, high + 1.0);
    }
    let (left, top) = if title.is_some() { (44.0, 8.0) } else { (2.0, 4.0) };
    let bottom = if title.is_some() { 18.0 } else { 4.0 };
    let (w, h) = (f64::from(width), f64::from(height));
    let step = (w - left - 6.0) / (values.len().saturating_sub(1).max(1)) as f64;
    let x = |at: usize| left + step * at as f64;
    let y = |value: f64| top + (h - top - bottom) * (1.0 - (value - low) / (high - low));
    let points: Vec<String> =
        values.iter().enumerate().map(|(at, value)| format!("{:.1},{:.1}", x(at), y(*value))).collect();
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\""
    );
    match title {
        Some(title) => {
            let _ = write!(
                svg,
                " role=\"img\" aria-label=\"{}, from {} to {}: {} at the end\">",
                escaped(title),
                escaped(first),
                escaped(last),
                short(*newest)
            );
            let (least, most) =
                values.iter().fold((f64::MAX, f64::MIN), |(a, b), value| (a.min(*value), b.max(*value)));
            for (value, at) in [(most, y(high)), (least, y(low))] {
                let _ = write!(
                    svg,
                    "<line class=\"grid\" x1=\"{left}\" x2=\"{w}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>"
                );
                if least < most || at < h / 2.0 {
                    let at = if least < most { at } else { y(*newest) };
                    let _ = write!(
                        svg,
                        "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                        left - 6.0,
                        at + 4.0,
                        short(value)
                    );
                }
            }
            let _ = write!(svg, "<text x=\"{left}\" y=\"{:.1}\">{}</text>", h - 3.0, escaped(first));
            let _ = write!(
                svg,
                "<text x=\"{w}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                h - 3.0,
                escaped(last)
            );
        }
        None => svg.push_str(" aria-hidden=\"true\">"),
    }
    let _ = write!(svg, "<polyline points=\"{}\"/>", points.join(" "));
    let _ = write!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/></svg>", x(values.len() - 1), y(*newest));
    svg
}

/// A number of a scale.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_says_what_it_shows() {
        let days = [("2026-11-01".to_owned(), 99.5), ("2026-11-02".to_owned(), 98.0)];
        let svg = line_chart(&days, 300, 72, Some("score of <a>"));
        assert!(svg.contains("score of &lt;a&gt;, from 2026-11-01 to 2026-11-02: 98.0 at the end"), "{svg}");
        assert!(svg.contains("<polyline points=\"44.0,8.0 294.0,54.0\"/>"), "{svg}");
        assert_eq!(line_chart(&[], 300, 72, None), "");
        assert_eq!(line_chart(&days[..1], 120, 28, None), "", "one day alone is not a line");
    }
}

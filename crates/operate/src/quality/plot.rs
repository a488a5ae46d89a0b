//! Small drawings for the terminal, of characters only.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Points of a line of bars, at most: the newest.
const POINTS: usize = 30;
/// Lines of a plot.
const HEIGHT: usize = 8;

/// A line of bars, the oldest first, whose lowest is `low` and whose highest is `high`.
pub(super) fn bars(values: &[f64], low: f64, high: f64) -> String {
    let shown = &values[values.len().saturating_sub(POINTS)..];
    let level = |value: f64| match high > low {
        true => ((value - low) / (high - low) * 7.0).round().clamp(0.0, 7.0),
        false => 7.0,
    };
    // Between 0 and 7, so nothing is cut off.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=7")]
    let bar = |value: &f64| BARS[level(*value) as usize];
    shown.iter().map(bar).collect()
}

/// Scores from 0 to 100 as a plot with a scale on its left: the newest points, a column each.
pub(super) fn scores(days: &[String], values: &[f64]) -> String {
    let from = values.len().saturating_sub(2 * POINTS);
    let (days, values) = (&days[from.min(days.len())..], &values[from..]);
    let least = values.iter().copied().fold(100.0, f64::min);
    let low = if least >= 90.0 { 90.0 } else { (least / 10.0).floor() * 10.0 };
    let step = (100.0 - low) / HEIGHT as f64;
    let mut text = String::new();
    for line in (0..HEIGHT).rev() {
        let floor = low + step * line as f64;
        let cell = |value: &f64| match (value - floor) / step {
            part if part >= 1.0 => '█',
            part if part <= 0.0 => {
                if line == 0 {
                    '▁'
                } else {
                    ' '
                }
            }
            part => bars(&[part], 0.0, 1.0).chars().next().unwrap_or(' '),
        };
        let columns: String = values.iter().map(cell).collect();
        text.push_str(&format!("{:>6.1} │{}\n", floor + step, columns.trim_end()));
    }
    text.push_str(&format!("{low:>6.1} └{}\n", "─".repeat(values.len().max(1))));
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        text.push_str(&format!("        {first} to {last}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_the_height_of_their_values() {
        assert_eq!(bars(&[0.0, 50.0, 100.0], 0.0, 100.0), "▁▅█");
        assert_eq!(bars(&[100.0, 100.0], 100.0, 100.0), "██");
        assert_eq!(bars(&vec![1.0; 99], 0.0, 1.0).chars().count(), POINTS);
    }

    #[test]
    fn a_plot_has_its_scale_and_its_days() {
        let days = ["2026-11-01", "2026-11-02"].map(str::to_owned);
        let plot = scores(&days, &[100.0, 92.0]);
        let lines: Vec<&str> = plot.lines().collect();
        assert_eq!(lines.len(), HEIGHT + 2);
        assert_eq!((lines[0], lines[HEIGHT - 1]), (" 100.0 │█", "  91.2 │██"));
        assert!(
            lines[HEIGHT].starts_with("  90.0 └──") && lines[HEIGHT + 1].ends_with("11-01 to 2026-11-02")
        );
    }
}

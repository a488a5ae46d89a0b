//! Colours of series on a light and on a dark ground: those of the report, moved towards black or white where they would be
//! hard to see (<https://www.w3.org/WAI/WCAG22/Understanding/non-text-contrast>: 3 to 1 for what carries meaning).

use serde::Serialize;

/// Colours of series, each as `#RRGGBB`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Palette {
    pub series: Vec<String>,
}

/// Of the places behind drawings; the style sheet has the same.
const LIGHT: &str = "#FFFFFF";
const DARK: &str = "#1D232B";
/// Used where the report names no colours: Okabe and Ito's, <https://jfly.uni-koeln.de/color/>.
const DEFAULT: [&str; super::chart::COLORS] =
    ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"];

/// For a light and for a dark ground.
pub(super) fn palettes(colors: &[String]) -> (Palette, Palette) {
    let known: Vec<&str> =
        colors.iter().map(String::as_str).filter(|color| channels(color).is_some()).collect();
    let known = if known.is_empty() { DEFAULT.to_vec() } else { known };
    let all = |ground: &str, towards: f64| Palette {
        series: known
            .iter()
            .cycle()
            .take(super::chart::COLORS)
            .map(|color| visible(color, ground, towards))
            .collect(),
    };
    (all(LIGHT, 0.0), all(DARK, 255.0))
}

fn channels(color: &str) -> Option<[f64; 3]> {
    let hex = color.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii())?;
    let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok().map(f64::from);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// Relative luminance, <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>.
fn luminance(channels: [f64; 3]) -> f64 {
    let linear = channels.map(|channel| {
        let share = channel / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn visible(color: &str, ground: &str, towards: f64) -> String {
    let (Some(color), Some(ground)) = (channels(color), channels(ground)) else { return color.to_owned() };
    let mixed = |share: f64| color.map(|channel| (channel + (towards - channel) * share).round());
    let share = (0..=20).map(|n| f64::from(n) / 20.0).find(|share| contrast(mixed(*share), ground) >= 3.0);
    let [red, green, blue] = mixed(share.unwrap_or(1.0)).map(|channel| channel as u8);
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_visible_on_both_grounds() {
        let (light, dark) = palettes(&["#F0E442".to_owned(), "#000000".to_owned(), "nonsense".to_owned()]);
        for (palette, ground) in [(light, LIGHT), (dark, DARK)] {
            assert_eq!(palette.series.len(), super::super::chart::COLORS);
            for color in palette.series {
                assert!(
                    contrast(channels(&color).unwrap(), channels(ground).unwrap()) >= 3.0,
                    "{color} on {ground}"
                );
            }
        }
        assert_eq!(palettes(&[]).0.series[0], "#0072B2");
    }
}

//! Bars and columns.

use super::chart::{COLORS, Chart, TEXT};
use super::numbers;
use super::scale::{Scale, shortened, text_width, wrapped};
use super::svg::{Anchor, Svg};

/// Horizontal bars with their values beside them.
pub(super) fn bars(chart: &Chart, width: f64, height: f64, label: &str) -> String {
    let mut svg = Svg::new(width, height);
    let top = chart.legend(&mut svg);
    let per_bar = 18.0f64.max(14.0 * chart.series.len() as f64);
    let room = height - top;
    let all = chart.labels.len();
    let fits = |with_note: f64| ((room - with_note) / per_bar).floor().max(1.0) as usize;
    let shown = if all <= fits(0.0) && chart.left_out == 0 { all } else { all.min(fits(16.0)) };
    let hidden = all - shown + chart.left_out;
    let room = if hidden > 0 { room - 16.0 } else { room };
    let widest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| text_width(&text, TEXT)).fold(0.0, f64::max)
    };
    let left = (widest(&mut chart.labels.iter().take(shown).cloned()) + 8.0).min(width * 0.42);
    let texts = |series: usize| {
        let one = &chart.series[series];
        one.values
            .iter()
            .take(shown)
            .map(|value| value.map_or(String::new(), |value| numbers::label(&one.format, value)))
    };
    let right = widest(&mut (0..chart.series.len()).flat_map(texts)) + 8.0;
    let scale = Scale::new(chart.values(), 4.0, true);
    // Values below zero grow to the left, with their numbers there.
    let (low, high) = (chart.values().fold(0.0, f64::min), chart.values().fold(0.0, f64::max));
    let span = if high > low { high - low } else { scale.high - scale.low };
    let left_of_axis = if low < 0.0 { right } else { 0.0 };
    let along = (width - left - left_of_axis - if high > 0.0 { right } else { 0.0 }).max(1.0);
    let zero = left + left_of_axis - low / span * along;
    let step = (room / shown.max(1) as f64).min(44.0);
    let thick = (step * 0.7 / chart.series.len() as f64).min(26.0);
    for category in 0..shown {
        let middle = top + step * (category as f64 + 0.5);
        let name = &chart.labels[category];
        svg.text(left - 8.0, middle + 4.0, Anchor::End, "label", &shortened(name, TEXT, left - 8.0));
        for (series, one) in chart.series.iter().enumerate() {
            let Some(value) = one.values[category] else { continue };
            let long = value.abs() / span * along;
            let y = middle + thick * (series as f64 - chart.series.len() as f64 / 2.0);
            let x = if value < 0.0 { zero - long } else { zero };
            svg.rectangle(
                [x, y, long.max(1.0), thick - 1.0],
                &format!("f{}", series % COLORS),
                &chart.tip(series, category),
            );
            let (x, anchor) =
                if value < 0.0 { (x - 5.0, Anchor::End) } else { (x + long + 5.0, Anchor::Start) };
            svg.text(x, y + thick / 2.0 + 4.0, anchor, "value", &numbers::label(&one.format, value));
        }
    }
    svg.line(zero, top, zero, top + step * shown as f64, "axis");
    if hidden > 0 {
        svg.text(width, height - 3.0, Anchor::End, "note", &format!("and {hidden} more"));
    }
    svg.finish(label)
}

/// Columns, beside each other or stacked.
pub(super) fn columns(chart: &Chart, width: f64, height: f64, label: &str, is_stacked: bool) -> String {
    let mut svg = Svg::new(width, height);
    let top = chart.legend(&mut svg) + 8.0;
    let sums = |keep: fn(f64) -> bool| {
        (0..chart.labels.len()).map(move |category| {
            let values = chart.series.iter().filter_map(move |one| one.values[category]);
            values.filter(|value| keep(*value)).sum::<f64>()
        })
    };
    let scale = if is_stacked {
        Scale::new(sums(|value| value > 0.0).chain(sums(|value| value < 0.0)), 4.0, true)
    } else {
        Scale::new(chart.values(), 4.0, true)
    };
    let left = axis_width(&scale, chart.format());
    let slot = (width - left) / chart.labels.len().max(1) as f64;
    let names = CategoryNames::new(chart, slot);
    let bottom = height - names.height();
    let y = |value: f64| bottom - scale.place(value) * (bottom - top);
    horizontal_grid(&mut svg, &scale, chart.format(), left, top, bottom);
    let stacks = if is_stacked { 1 } else { chart.series.len() };
    let thick = (slot * 0.72 / stacks as f64).clamp(1.0, 72.0);
    for category in 0..chart.labels.len() {
        let middle = left + slot * (category as f64 + 0.5);
        let (mut above, mut below) = (0.0, 0.0);
        for (series, one) in chart.series.iter().enumerate() {
            let Some(value) = one.values[category] else { continue };
            let place = if is_stacked { 0.0 } else { series as f64 };
            let x = middle + thick * (place - stacks as f64 / 2.0);
            let base = if !is_stacked {
                0.0
            } else if value < 0.0 {
                below
            } else {
                above
            };
            if value < 0.0 {
                below += value
            } else {
                above += value
            }
            let (from, to) = (y(base).max(y(base + value)), y(base).min(y(base + value)));
            let gap = if thick > 4.0 { 1.0 } else { 0.0 };
            svg.rectangle(
                [x + gap / 2.0, to, thick - gap, (from - to).max(0.5)],
                &format!("f{}", series % COLORS),
                &chart.tip(series, category),
            );
        }
    }
    names.draw(&mut svg, left, slot, bottom);
    svg.line(left, y(0.0), width, y(0.0), "axis");
    svg.finish(label)
}

/// The names below an axis of categories.
pub(super) enum CategoryNames {
    /// Up to two lines for each.
    All(Vec<Vec<String>>),
    /// Every second, third, … by its number.
    Some(Vec<(usize, String)>),
    /// Each, slanted for want of room.
    Slanted(Vec<String>),
}

impl CategoryNames {
    pub(super) fn new(chart: &Chart, slot: f64) -> Self {
        let widest = chart.labels.iter().map(|label| text_width(label, TEXT)).fold(0.0, f64::max);
        let longest_word = |label: &String| {
            label.split([' ', '_', '-', '/']).map(|word| text_width(word, TEXT)).fold(0.0, f64::max)
        };
        let has_room = widest < slot - 6.0
            || !chart.is_in_time && chart.labels.iter().all(|label| longest_word(label) < slot - 4.0);
        if has_room {
            return Self::All(chart.labels.iter().map(|label| wrapped(label, TEXT, slot - 2.0)).collect());
        }
        if !chart.is_in_time && slot > 14.0 {
            return Self::Slanted(chart.labels.iter().map(|label| shortened(label, TEXT, 88.0)).collect());
        }
        let every = ((widest.min(120.0) + 10.0) / slot).ceil().max(1.0) as usize;
        let name = |(at, label): (usize, &String)| (at, shortened(label, TEXT, every as f64 * slot - 6.0));
        Self::Some(chart.labels.iter().enumerate().step_by(every).map(name).collect())
    }

    pub(super) fn height(&self) -> f64 {
        match self {
            Self::All(all) => 9.0 + 14.0 * all.iter().map(Vec::len).max().unwrap_or(1) as f64,
            Self::Some(_) => 23.0,
            Self::Slanted(all) => {
                22.0 + 0.62 * all.iter().map(|label| text_width(label, TEXT)).fold(0.0, f64::max)
            }
        }
    }

    pub(super) fn draw(&self, svg: &mut Svg, left: f64, slot: f64, bottom: f64) {
        let middle = |category: usize| left + slot * (category as f64 + 0.5);
        match self {
            Self::All(all) => {
                for (category, lines) in all.iter().enumerate() {
                    for (number, line) in lines.iter().enumerate() {
                        let y = bottom + 18.0 + 14.0 * number as f64;
                        svg.text(middle(category), y, Anchor::Middle, "label", line);
                    }
                }
            }
            Self::Some(some) => {
                // The last one may have no room to the right.
                for (category, text) in some {
                    if some.len() == 1 || middle(*category) + text_width(text, TEXT) / 2.0 < svg.width + 6.0 {
                        svg.text(middle(*category), bottom + 18.0, Anchor::Middle, "label", text);
                    }
                }
            }
            Self::Slanted(all) => {
                for (category, text) in all.iter().enumerate() {
                    // The first ones would begin outside the drawing.
                    let text = shortened(text, TEXT, (middle(category) - 2.0) / 0.79);
                    svg.slanted_text(middle(category) + 4.0, bottom + 16.0, "label", &text);
                }
            }
        }
    }
}

pub(super) fn axis_width(scale: &Scale, format: &str) -> f64 {
    let largest = scale.high.abs().max(scale.low.abs());
    let texts = scale.ticks().map(|tick| numbers::tick(format, tick, scale.step, largest));
    texts.map(|text| text_width(&text, TEXT)).fold(0.0, f64::max) + 10.0
}

pub(super) fn horizontal_grid(svg: &mut Svg, scale: &Scale, format: &str, left: f64, top: f64, bottom: f64) {
    let largest = scale.high.abs().max(scale.low.abs());
    for tick in scale.ticks() {
        let y = bottom - scale.place(tick) * (bottom - top);
        svg.line(left, y, svg.width, y, "grid");
        svg.text(
            left - 8.0,
            y + 4.0,
            Anchor::End,
            "label",
            &numbers::tick(format, tick, scale.step, largest),
        );
    }
}

//! Axes and the room that texts take.

/// From zero (or below) to above the largest value, in round steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    pub step: f64,
}

impl Scale {
    /// With about `steps` steps. An axis of bars begins at zero; one of lines or points may begin above it, if all values
    /// are close to each other.
    pub(super) fn new(values: impl Iterator<Item = f64>, steps: f64, from_zero: bool) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if from_zero || (high - low) > 0.25 * high.abs().max(low.abs()) || high == low {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high == low {
            high = low + 1.0;
        }
        let rough = (high - low) / steps.max(1.0);
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|one| one * power)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(rough);
        let (low, high) = ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step);
        Self { low, high, step }
    }

    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count)
            .map(|n| self.low + self.step * n as f64)
            .map(|value| if value.abs() < self.step / 1e6 { 0.0 } else { value })
    }

    /// Where a value is, from 0 at the low end to 1 at the high end.
    pub(super) fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// Of a text in a sans-serif face of this size, in pixels; a little too wide rather than too narrow.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let width = |one: char| match one {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.31,
        'f' | 'r' | 't' | '-' | '(' | ')' | '/' => 0.39,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
        one if one.is_uppercase() => 0.7,
        one if one.is_ascii() => 0.58,
        one if one.is_alphabetic() && (one as u32) < 0x2000 => 0.62,
        _ => 1.0,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// The text, or as much of it as has room, with an ellipsis.
pub(super) fn shortened(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for one in text.chars() {
        if text_width(&kept, size) + text_width(&one.to_string(), size) + 0.8 * size > room {
            break;
        }
        kept.push(one);
    }
    format!("{}…", kept.trim_end())
}

/// The text on up to two lines, broken between words.
pub(super) fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    if text_width(text, size) <= room {
        return vec![text.to_owned()];
    }
    let mut breaks = text
        .char_indices()
        .filter(|(_, one)| matches!(one, ' ' | '_' | '-' | '/'))
        .map(|(at, one)| at + one.len_utf8());
    let best = breaks.rfind(|at| text_width(text[..*at].trim_end(), size) <= room);
    match best.filter(|at| *at < text.len()) {
        Some(at) => vec![text[..at].trim_end().to_owned(), shortened(text[at..].trim(), size, room)],
        None => vec![shortened(text, size, room)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_steps_around_all_values() {
        let scale = Scale::new([3.0, 97.0].into_iter(), 5.0, true);
        assert_eq!((scale.low, scale.high, scale.step), (0.0, 100.0, 20.0));
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        let scale = Scale::new([-5.0, 12.0].into_iter(), 4.0, true);
        assert!(scale.low <= -5.0 && scale.high >= 12.0 && scale.ticks().any(|tick| tick == 0.0));
        let scale = Scale::new([0.92, 0.94].into_iter(), 4.0, false);
        assert!(scale.low > 0.9 && scale.high < 0.96);
        for values in [vec![], vec![0.0], vec![7.0], vec![-3.0], vec![f64::NAN], vec![1e300], vec![1e-300]] {
            let scale = Scale::new(values.iter().copied(), 4.0, true);
            assert!(scale.high > scale.low && scale.ticks().count() < 20, "{values:?} {scale:?}");
        }
    }

    #[test]
    fn a_text_is_cut_to_the_room_that_it_has() {
        assert_eq!(shortened("Books", 12.0, 100.0), "Books");
        let cut = shortened("Outdoor furniture and camping", 12.0, 80.0);
        assert!(cut.ends_with('…') && text_width(&cut, 12.0) <= 86.0, "{cut}");
        assert_eq!(wrapped("Home appliances", 12.0, 70.0), ["Home", "appliances"]);
    }
}

//! A drawing while it is made. Colours are classes, so that one drawing suits light and dark: `f0` fills with the first
//! colour of series, `s0` draws lines with it.

use std::fmt::Write;

pub(super) struct Svg {
    body: String,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    /// The whole element, which says `label` to people who cannot see it.
    pub(super) fn finish(self, label: &str) -> String {
        format!(
            "<svg viewBox=\"0 0 {:.0} {:.0}\" preserveAspectRatio=\"xMinYMid\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.width,
            self.height,
            escaped(label),
            self.body
        )
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>",
            escaped(text)
        );
    }

    /// Ends at the point, and rises to it from the lower left.
    pub(super) fn slanted_text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ = write!(
            self.body,
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-38)\" text-anchor=\"end\" class=\"{class}\">{}</text>",
            escaped(text)
        );
    }

    /// With what is said where a pointer rests on it.
    pub(super) fn rectangle(&mut self, [x, y, width, height]: [f64; 4], class: &str, tip: &str) {
        let _ = write!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" class=\"{class}\">{}</rect>",
            width.max(0.0),
            height.max(0.0),
            title(tip)
        );
    }

    pub(super) fn circle(&mut self, x: f64, y: f64, radius: f64, class: &str, tip: &str) {
        let _ = write!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" class=\"{class}\">{}</circle>",
            title(tip)
        );
    }

    pub(super) fn path(&mut self, path: &str, class: &str, tip: &str) {
        let _ = write!(self.body, "<path d=\"{path}\" class=\"{class}\">{}</path>", title(tip));
    }

    pub(super) fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, class: &str) {
        let _ = write!(
            self.body,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" class=\"{class}\"/>"
        );
    }
}

fn title(tip: &str) -> String {
    if tip.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(tip)) }
}

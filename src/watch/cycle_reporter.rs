//! Keeps what loads and runs have to say down to what a person must know: warnings and errors, each once in an hour.

use ingot_core::report::{Event, Level, Reporter};
use ingot_core::sync::lock;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long the same message is not repeated.
const SILENCE: Duration = Duration::from_secs(3600);
/// Messages that are remembered.
const REMEMBERED: usize = 10_000;

/// A reporter behind which only warnings and errors are heard.
pub(super) struct CycleReporter<'r> {
    shown: &'r dyn Reporter,
    /// When a message was shown, by its hash.
    heard: Mutex<HashMap<u64, Instant>>,
}

impl<'r> CycleReporter<'r> {
    pub(super) fn new(shown: &'r dyn Reporter) -> Self {
        Self { shown, heard: Mutex::default() }
    }

    /// Whether a text was not shown for a while.
    fn is_news(&self, text: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let (key, now) = (hasher.finish(), Instant::now());
        let mut heard = lock(&self.heard);
        if heard.get(&key).is_some_and(|then| now.duration_since(*then) < SILENCE) {
            return false;
        }
        if heard.len() >= REMEMBERED {
            heard.clear();
        }
        heard.insert(key, now);
        true
    }
}

impl Reporter for CycleReporter<'_> {
    fn report(&self, event: Event) {
        let text = match &event {
            Event::Message { level: Level::Warning | Level::Error, text }
            | Event::Named { level: Level::Warning | Level::Error, text, .. }
            | Event::Error { text, .. } => text,
            _ => return,
        };
        if self.is_news(text) {
            self.shown.report(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Reporter for Heard {
        fn report(&self, event: Event) {
            if let Event::Message { text, .. } = event {
                lock(&self.0).push(text);
            }
        }
    }

    #[test]
    fn a_message_is_shown_once() {
        let shown = Heard::default();
        let reporter = CycleReporter::new(&shown);
        for text in ["a", "b", "a"] {
            reporter.warn(text.to_owned());
            reporter.info("progress".to_owned());
        }
        assert_eq!(*lock(&shown.0), ["a", "b"]);
    }
}

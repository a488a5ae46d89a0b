//! Hands on errors and what was asked for, and keeps warnings and progress to itself: `--quiet` of dbt.

use super::{Event, Level, Reporter, Status};

/// A reporter behind which only errors, failures and results are heard.
pub struct ErrorsOnly(pub Box<dyn Reporter>);

impl Reporter for ErrorsOnly {
    fn report(&self, event: Event) {
        let heard = match &event {
            Event::Message { level, .. } | Event::Named { level, .. } => *level == Level::Error,
            Event::NodeFinished { status, .. } => matches!(status, Status::Failed | Status::Error),
            Event::Error { .. } | Event::Result { .. } => true,
            _ => false,
        };
        if heard {
            self.0.report(event);
        }
    }
}

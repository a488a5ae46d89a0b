//! Stops a running statement from another thread.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// A handle on whatever a thread of statements is running; clones stop the same one.
#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<Option<Arc<Notify>>>>);

impl Stop {
    /// Stops the statement that runs now. It does nothing if none does.
    pub fn stop(&self) {
        if let Some(running) = self.running().as_ref() {
            // It is kept for one who does not wait yet.
            running.notify_one();
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A statement begins; it ends when the value is dropped.
    pub(crate) fn begin(&self) -> Running<'_> {
        let signal = Arc::new(Notify::new());
        *self.running() = Some(signal.clone());
        Running { stop: self, signal }
    }
}

/// A statement that can be stopped.
pub(crate) struct Running<'a> {
    stop: &'a Stop,
    signal: Arc<Notify>,
}

impl Running<'_> {
    /// Waits until the statement is to stop.
    pub(crate) async fn stopped(&self) {
        self.signal.notified().await;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.stop.running() = None;
    }
}

//! The private tokio runtime that `deltalake`'s futures run on.

use ingot_core::error::{Error, Result};
use std::future::Future;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();

/// Runs a future to its end on the calling thread. Nothing else in this program uses tokio, so the
/// calling thread is never one of the runtime's own.
pub(crate) fn wait_for<F: Future>(future: F) -> Result<F::Output> {
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("lake")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())
    });
    match runtime {
        Ok(runtime) => Ok(runtime.block_on(future)),
        Err(error) => Err(Error::new("cannot start the lake's threads").caused_by(error.clone())),
    }
}

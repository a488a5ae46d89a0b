//! The private tokio runtime that `deltalake`'s futures run on.

use ingot_core::error::{Error, Result};
use std::future::Future;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();

/// Runs a future to its end on the calling thread, which is never one of the runtime's own: tokio is used elsewhere only
/// for downloads, by a runtime that is done with them before anything else begins.
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

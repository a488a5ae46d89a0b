//! What makes the files of a plan: the retail world, or the contracts of any other project.

use crate::output::Outcome;
use crate::plan::Task;
use ingot_core::error::Result;
use std::path::Path;

/// Makes one piece of work. Called from many threads at once.
pub(crate) trait Producer: Sync {
    /// Makes the files of one task, below the folder `out`.
    ///
    /// # Errors
    /// A file cannot be written.
    fn produce(&self, task: &Task, out: &Path) -> Result<Outcome>;

    /// The feeds in the order in which people think of them.
    fn feeds(&self) -> Vec<&'static str>;
}

//! How a command ends. The numbers are dbt's: 0 all went well, 1 something failed, 2 could not run.

use ingot_core::error::{Error, Kind};
use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// The work ran, and something in it failed; all that went wrong has been reported.
    Failed,
    /// The work could not start: wrong arguments, a broken project, nothing to read.
    CouldNotRun,
}

impl Exit {
    pub fn failed_if(failed: bool) -> Self {
        if failed { Self::Failed } else { Self::Success }
    }
}

/// An error that a command lets through ended it before its work, unless its kind says that the work had begun.
impl From<&Error> for Exit {
    fn from(error: &Error) -> Self {
        match error.kind() {
            Kind::Sql | Kind::Data | Kind::Interrupted | Kind::Defect => Self::Failed,
            Kind::Invalid | Kind::NotFound { .. } | Kind::InUse | Kind::Io(_) => Self::CouldNotRun,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::CouldNotRun => Self::from(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_a_failure() {
        assert_eq!(Exit::from(&Error::new("no such feed")), Exit::CouldNotRun);
        assert_eq!(Exit::from(&Error::new("no such column").of_kind(Kind::Sql)), Exit::Failed);
        assert_eq!(Exit::from(&Error::defect("rows are missing")), Exit::Failed);
    }
}

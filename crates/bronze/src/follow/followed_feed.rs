//! A feed that is followed, and where it goes.

use crate::commit::{Run, TablePaths};
use ingot_contract::{Contract, RawFile};

/// A feed that is a Delta table, in one run.
#[derive(Clone, Copy)]
pub(super) struct FollowedFeed<'a> {
    pub(super) run: &'a Run<'a>,
    /// As it is written.
    pub(super) contract: &'a Contract,
    pub(super) paths: &'a TablePaths,
    /// The folder of the source table.
    pub(super) source: &'a RawFile,
}

//! What each verb does with a project that has been read.

pub(crate) mod build;
pub(crate) mod clean;
pub(crate) mod clone;
pub(crate) mod debug;
pub(crate) mod deps;
pub(crate) mod docs;
pub(crate) mod freshness;
pub(crate) mod init;
pub(crate) mod job;
pub(crate) mod list;
pub(crate) mod metrics;
pub(crate) mod operation;
pub(crate) mod recover;
pub(crate) mod retry;
pub(crate) mod show;

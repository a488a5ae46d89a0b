//! Packages from elsewhere: what `packages.yml` asks for is resolved to exact versions, and fetched. The verb `deps` is
//! what uses it; a run reads what is installed (`project::packages`).

pub(crate) mod add_package;
pub(crate) mod archive;
pub(crate) mod download;
pub(crate) mod events;
pub(crate) mod fetcher;
pub(crate) mod git;
pub(crate) mod hub;
pub(crate) mod lock_file;
pub(crate) mod pinned;
pub(crate) mod resolve;
pub(crate) mod spec;
pub(crate) mod version;

//! `ingot publish`: tested tables of the warehouse, to a file of their own, in one step that readers either see or
//! do not see.
//!
//! ```text
//! DIR/retail.duckdb          what BI tools open: a second name of the newest version
//! DIR/retail.json            its manifest
//! DIR/versions/ID.duckdb     each version that is kept, and ID.json, its manifest
//! ```
//!
//! A version is built as `ID.duckdb.inprogress`, closed and flushed. It exists once its manifest does. Then it takes
//! the place of the file that BI tools open, by a rename. A killed run leaves at most a version that nobody opens,
//! which the next run removes.
//!
//! With a role, the tables are not copied whole but by queries that give only what the role's grants allow (`role`). Since
//! the file is a new one, nothing else has ever been in it.

mod copy_tables;
mod manifest;
mod options;
mod publication;
mod replace;
mod role;
mod rollback;
mod run;
mod sha256;
mod versions;

pub(crate) use manifest::read as read_manifest;
pub use options::{PublishOptions, RoleOptions, RollbackOptions};
pub use publication::{KeptBack, Publication, PublishedTable};
pub use rollback::rollback;
pub use run::publish;
pub use sha256::sha256;

//! One SELECT over the tables of a project: as they are in the warehouse, or as they all were at a moment.

mod ask;
mod output;

pub use ask::{Query, QueryOptions};
pub use output::FileForm;

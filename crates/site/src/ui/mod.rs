//! `ingot ui`: the pages on this machine, for who runs the project.
//!
//! ```text
//! server ─► guard (may this request be answered?) ─► routes
//!             ├─ current      the pages, made again when runs have left something new
//!             ├─ live_runs    what runs do now, in this process or another
//!             ├─ query        SQL that only reads, for a limited time
//!             └─ corrections  rejects, and `ingot replay` of corrected ones
//! static_files  a folder over HTTP, for `ingot dbt docs serve`
//! ```
//!
//! `tiny_http` serves it: a page for one person needs a few threads, which may block in DuckDB, and no second async runtime
//! beside that of the lake.

mod answer;
mod corrections;
mod current;
mod guard;
mod live_runs;
mod query;
mod routes;
mod server;
mod static_files;

pub use query::SqlBox;
pub use server::{Ui, UiOptions};
pub use static_files::StaticFiles;

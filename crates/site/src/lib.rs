//! Pages about a project, for people who use it and who run it.
//!
//! ```text
//! checked project, lineage, contracts, runs, quality, rejects ──facts──► Facts (plain values)
//!                                          show (SQL, Markdown, charts) ──┤
//!                          templates/*.html, assets/ ──pages──► a folder, or one file
//!                                                       └─► ui: the same pages on this machine, live
//! ```
//!
//! Everything is read from disk once and shown many times. The pages ask no network and no server for anything, so that
//! they open from a folder. docs/guide/docs.md tells users about them.

mod facts;
mod pages;
mod show;
mod ui;

pub use facts::{Facts, Origin};
pub use pages::{Site, SiteForm, Written, forward, write_site};
pub use ui::{SqlBox, StaticFiles, Ui, UiOptions};

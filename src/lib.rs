//! Raw ore in; bronze, silver and gold out.
//!
//! ```text
//! generate ──► data_raw/ ──► bronze ──► lake/bronze/ ──► models ──► duckdb/warehouse.duckdb
//!                  ▲            ▲                          ▲
//!                  └─ schemas/ (contracts) ──┘        models/ (SQL + YAML)
//! ```
//!
//! Each stage is a crate under `crates/`; stages meet on disk only. This package is the command line and
//! the use cases that need several stages.

pub mod agent;
pub mod alert;
mod audited;
pub mod cli;
mod contract_places;
pub mod demo;
pub mod editor_schemas;
mod environments;
pub mod init;
pub mod listen;
pub mod recover;
pub mod revisions;
mod run_notes;
pub mod status;
pub mod upkeep;
pub mod verify;
pub mod watch;

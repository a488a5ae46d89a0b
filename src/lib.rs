//! Raw ore in; bronze, silver and gold out.
//!
//! ```text
//! generate ──► data_raw/ ──► load_bronze ──► lake/bronze/ ──► run_models ──► duckdb/warehouse.duckdb
//!                  ▲               ▲                              ▲
//!                  └── schemas/ (contracts) ──┘           models/ (SQL + YAML)
//! ```
//!
//! Stages meet on disk only. What they share stands below them in this list.

pub mod cli;

pub mod demo;
pub mod init;

pub mod generate;
pub mod load_bronze;
pub mod run_models;
pub mod verify;

pub mod engine;
pub mod jinja;
pub mod lake;

pub mod contract;
pub mod error;
pub mod project;
pub mod report;
pub mod yaml;

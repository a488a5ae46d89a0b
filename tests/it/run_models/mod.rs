//! The commands `run-models` and `dbt`.

mod cache;
mod flags;
mod gallery;
mod killed;
mod readers;

//! The one integration binary: it links DuckDB once. A new part's tests go into a file beside this one.

mod engine;
mod engine_time_zone;

//! duckdb

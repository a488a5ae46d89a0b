//! What is tested of the command itself: each file runs the real `ingot`. The tests of a crate's own work are in
//! `crates/*/tests/it`, one binary for each crate (it links DuckDB once). A new test goes into the file named after
//! the part it tests; a case with files of its own is a folder beside it.

// A test may panic; that is how it fails.
// In a test binary `pub` means what other modules of the test use.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod architecture;
mod check;
mod cli_reference;
mod contract_diff;
mod docs;
mod examples;
mod first_steps;
mod generate;
mod govern;
#[cfg(unix)]
mod landing;
mod lineage;
mod load_bronze;
mod operations;
mod own_data;
mod powerbi;
mod publish;
mod rehearse;
mod run_models;
mod sample;
mod site;
mod support;
mod ui;
mod verify;
mod warehouse;

// What the tests of the crates have made to write projects and to look at results. Not all of it is needed here.
#[path = "../../crates/bronze/tests/it/ask.rs"]
mod ask;
#[path = "../../crates/models/tests/it/case.rs"]
#[allow(dead_code)]
mod case;
#[path = "../../crates/generate/tests/it/database.rs"]
#[allow(dead_code)]
mod database;
#[path = "../../crates/bronze/tests/it/deliveries.rs"]
mod deliveries;
#[path = "../../crates/bronze/tests/it/folders.rs"]
#[allow(dead_code)]
mod folders;
#[path = "../../crates/models/tests/it/kept_parse.rs"]
mod kept_parse;
#[path = "../../crates/models/tests/it/lake_sides.rs"]
#[allow(dead_code)]
mod lake_sides;
#[path = "../../crates/generate/tests/it/ledger_checks.rs"]
#[allow(dead_code)]
mod ledger_checks;
#[path = "../../crates/generate/tests/it/raw_folder.rs"]
#[allow(dead_code)]
mod raw_folder;
#[path = "../../crates/bronze/tests/it/things.rs"]
#[allow(dead_code)]
mod things;

//! Bronze as other crates use it: real files into a real lake and a real manifest.

// A test may panic; that is how it fails.
// In a test binary `pub` means what other modules of the test use.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod ask;
mod columnar_files;
mod compressed_files;
mod conservation;
mod contract_diff;
mod contract_rules;
mod csv_files;
mod deliveries;
mod delta_sources;
mod empty_tables;
mod evolution;
mod expire;
mod feed;
mod folders;
mod header_names;
mod histories;
mod hopeless_files;
mod interrupted;
mod json_files;
mod jsonl_files;
mod killed;
mod load;
mod nested_columns;
mod old_versions;
mod parted_files;
mod path_values;
mod polluted_csv;
mod raw;
mod readers;
mod recovery;
mod reject_codes;
mod replay;
mod retyped;
mod row_hash;
mod same_content;
mod shop;
mod sizes;
mod small;
mod table_place;
mod things;
mod trouble;
mod value_forms;
mod versions;
mod xlsx_files;

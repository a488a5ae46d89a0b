//! Reads contracts: YAML files of the Open Data Contract Standard v3.1
//! (<https://bitol-io.github.io/open-data-contract-standard/>).
//!
//! What the standard leaves to the reader, and what is read here:
//! - the type is `physicalType` (`i32 i64 f64 str bool date ts dec(p,s)`), which must fit `logicalType`; what is inside
//!   lists, objects and maps is in `nested_type.rs`;
//! - the form of the raw files is the server named `raw`: `path`, `format`, and custom properties of it (`raw_form.rs`);
//! - the table's custom properties `evolution` and `partitions`;
//! - a natural key is a property that is `unique` without being in the primary key;
//! - rules are `quality` entries of type `library` with the metric `invalidValues`, and of type
//!   `custom` with the engine `ingot`;
//! - `slaProperties` named `freshness` and `freshness_warning`, in hours (`h`) or days (`d`).

mod column;
mod load;
mod nested_type;
mod raw_form;
mod reader;
mod rule;
mod table;

pub use load::load_all;

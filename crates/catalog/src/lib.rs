//! One picture of a project, made of what is on disk: raw files and their contracts, bronze, models with the types of
//! their columns, tests, exposures. Every view of a project reads it.
//!
//! ```text
//! schemas/, lake/ ─source_types─► ingot_models::check ─► TypedProject ─► findings (text, JSON, SARIF, GitHub)
//! ```

mod findings;
mod source_types;

pub use findings::{FindingFormat, findings_text};
pub use source_types::SourceTypes;

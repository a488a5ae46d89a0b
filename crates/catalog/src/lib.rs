//! One picture of a project, made of what is on disk: raw files and their contracts, bronze, models with the types of
//! their columns, tests, exposures. Every view of a project reads it.
//!
//! ```text
//! schemas/, lake/ ─source_types─► ingot_models::check ─► TypedProject ─► findings (text, JSON, SARIF, GitHub)
//!                                                             │
//!        lineage (one query) ─► project_lineage, semantic_edges, report_edges ─► graph ─► trail (what is above or below)
//!                                                                  └─► impact (what a change reaches)
//!                             personal (which columns hold personal data), ownership (who owns and who may read)
//! TypedProject, warehouse, lake ─why─► the rows that a value was made of, back to raw files
//! ```

mod findings;
mod graph;
mod impact;
mod lineage;
mod open_lineage;
mod ownership;
mod personal;
mod project_lineage;
mod report_edges;
mod semantic_edges;
mod source_types;
mod trail;
mod why;

pub use findings::{FindingFormat, findings_text};
pub use graph::{ColumnEdge, ColumnId, Lineage, LineageKind, LineageNode, RowEdge, TestReads, Unresolved};
pub use impact::{ColumnChange, Impact, Revision, impact};
pub use lineage::{How, Influence};
pub use open_lineage::{ColumnLineageFacet, NAMESPACE, PRODUCER, column_lineage_facet};
pub use ownership::Owned;
pub use personal::Personal;
pub use source_types::SourceTypes;
pub use trail::{Direction, TrailFormat, named_columns, trail};
pub use why::{RawRow, RejectedRow, Why, WhyExpression, WhyPlaces, WhyQuestion, WhyTable, why, why_text};

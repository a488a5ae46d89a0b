//! `ingot powerbi`: a Power BI project (PBIP) of text files, from the warehouse's metadata and `analytics/measures.yaml`.
//!
//! ```text
//! definition   measures.yaml: measures, pages, roles; read and checked word by word
//! model        the semantic model: tables, columns, relationships, measures
//! tmdl         the model as TMDL
//! report       pages and visuals as PBIR
//! files        all files, written where nobody else has written; own_objects: what somebody marked in them
//! uses         the columns that each measure and page uses, for lineage
//! sorting      in which order visuals show what they show
//! preview      the pages as HTML, for people without Power BI
//! proposal     a first measures.yaml for a star that has none
//! ```
//!
//! Formats: <https://learn.microsoft.com/power-bi/developer/projects/projects-overview>,
//! <https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview>.

mod dax;
mod definition;
mod files;
mod model;
mod own_objects;
mod preview;
mod proposal;
mod report;
mod run;
mod sorting;
mod tmdl;
mod uses;

pub use files::Written;
pub use preview::{Previewed, PreviewedPage, preview};
pub use run::{ProjectOptions, init, write};
pub use uses::{ReportObject, uses};

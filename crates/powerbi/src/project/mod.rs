//! `ingot powerbi`: a Power BI project (PBIP) of text files, from the warehouse's metadata and `analytics/measures.yaml`.
//!
//! ```text
//! definition   measures.yaml: measures, pages, roles; read and checked word by word
//! metadata     descriptions and references, as the last run of the models left them
//! model        the semantic model: tables, columns, relationships, measures
//! tmdl         the model as TMDL
//! report       pages and visuals as PBIR
//! files        all files, written where nobody else has written
//! proposal     a first measures.yaml for a star that has none
//! ```
//!
//! Formats: <https://learn.microsoft.com/power-bi/developer/projects/projects-overview>,
//! <https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview>.

mod dax;
mod definition;
mod files;
mod metadata;
mod model;
mod proposal;
mod report;
mod run;
mod tmdl;

pub use files::Written;
pub use run::{ProjectOptions, init, write};

//! SQL model files through the engine: a dbt project, run without Python.
//!
//! ```text
//! dbt_project.yml, profiles.yml ─setup─► Invocation (project, settings, target, templates)
//! models, YAML, seeds, tests ─parse─► Manifest (nodes, graph) ─select─► Plan ─build─► outcomes, artifacts
//!                                       templates rendered              one node: compile, materialize
//!                                       without a database              (macros in builtin_macros/)
//! ```
//!
//! [`run`] is the whole of it. What dbt documents is what happens here; what differs is in
//! `docs/reference/dbt-compatibility.md`.

mod artifacts;
mod build;
mod check;
mod connection;
mod context;
mod dbt;
mod dbt_log;
mod dialect;
mod editor_schemas;
mod engine_variables;
mod final_semicolon;
mod graph;
mod hashing;
mod invocation;
mod json_values;
mod lake;
mod metrics;
mod options;
mod outcomes;
mod packages;
mod parse;
mod project;
mod python;
mod quality;
mod relations;
mod run;
mod secrets;
mod seeds;
mod select;
mod setup;
mod tell_warnings;
mod unchanged;
mod values;
mod verbs;
mod warnings;

pub use check::check;
pub use check::plan::KnownSources;
pub use check::typed_project::{
    CheckFinding, CheckOutcome, CheckSeverity, ExposureDetails, FunctionDetails, ProjectMacro, RelationName,
    SourceOrigin, TestedColumn, TypedColumn, TypedNode, TypedProject,
};
pub use dbt_log::{LogForm, LogOptions};
pub use editor_schemas::{project_schema, properties_schema};
pub use engine_variables::under_both_names;
pub use graph::batch::BatchResults;
pub use graph::batches::parse_time;
pub use ingot_lake::Verify;
pub use lake::content::as_of_the_model;
pub use metrics::{MetricQuery, SemanticColumn, SemanticDetails, SemanticElement};
pub use options::{ListOutput, RunOptions, Verb};
pub use outcomes::{NodeResult, RunSummary, Status, TestMeasure};
pub use packages::add_package::{NewPackage, PackageSource};
pub use project::profiles::Target;
pub use run::{profiles_folder, raw_template, retry_options, run, run_with, version_lines};
pub use select::indirect::IndirectSelection;
pub use setup::{Places, places};
pub use verbs::clean::run as clean;
pub use verbs::deps::{DepsRequest, run as deps};
pub use verbs::init::{run as init, set_up_profile};
pub use verbs::job::OpenEngine;
pub use warnings::WarningRules;

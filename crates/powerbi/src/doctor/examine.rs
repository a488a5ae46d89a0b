//! The whole examination.

use super::finding::Finding;
use super::{disk, lake, open_files, project, published, warehouse};
use std::path::PathBuf;

/// Where everything lies.
#[derive(Debug, Clone)]
pub struct Patient {
    /// The root of the dbt project.
    pub project: PathBuf,
    /// The folder with the artifacts of the last run.
    pub artifacts: PathBuf,
    pub lake: PathBuf,
    pub warehouse: PathBuf,
    /// The folder of the published file.
    pub published: PathBuf,
    /// The schema that BI tools read.
    pub schema: String,
}

/// Looks at everything and changes nothing. What cannot be looked at is a finding as well.
pub fn examine(patient: &Patient) -> Vec<Finding> {
    let mut findings = project::examine(&patient.project, &patient.artifacts);
    findings.extend(open_files::examine(&[&patient.warehouse, &patient.published, &patient.lake]));
    findings.extend(warehouse::examine(&patient.warehouse, &patient.schema));
    findings.extend(published::examine(&patient.published, &patient.project, &patient.artifacts));
    findings.extend(lake::examine(&patient.lake));
    findings.extend(disk::examine(&patient.project, &patient.warehouse));
    findings
}

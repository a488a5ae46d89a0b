//! The root project and its packages, with what belongs to them as a whole.

use crate::project::dbt_project_yml::DbtProject;
use crate::project::docs_blocks::DocsBlocks;
use crate::project::file_listing::FileListing;
use crate::select::selectors_yml::Selectors;

pub(crate) struct Project {
    pub(crate) root: DbtProject,
    pub(crate) packages: Vec<DbtProject>,
    pub(crate) docs: DocsBlocks,
    pub(crate) selectors: Selectors,
    pub(crate) files: FileListing,
}

impl Project {
    /// The project of a package; the root project for a name that no package has.
    pub(crate) fn of(&self, package: &str) -> &DbtProject {
        self.packages.iter().find(|project| project.name == package).unwrap_or(&self.root)
    }

    /// The root project first, then the packages.
    pub(crate) fn all(&self) -> impl Iterator<Item = &DbtProject> {
        std::iter::once(&self.root).chain(&self.packages)
    }
}

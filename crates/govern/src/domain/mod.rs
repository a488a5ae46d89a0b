//! A domain of a project: a team that owns a folder of models, the group of that name, and the contracts of its feeds.
//!
//! ```text
//! add           everything that a new domain needs, as edits of files, made together
//! project_file  the folder's config in dbt_project.yml
//! contract_file domain, team and roles in a contract
//! unity         the same picture as Databricks Unity Catalog resources
//! hcl           how HCL is written
//! ```

mod add;
mod contract_file;
mod hcl;
mod project_file;
mod unity;

pub use add::{Domain, DomainEdit, DomainOptions, add_domain, group_owner};
pub use unity::{UnityTable, unity_catalog};

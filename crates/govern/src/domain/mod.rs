//! A domain of a project: a team that owns a folder of models, the group of that name, and the contracts of its feeds.
//!
//! ```text
//! add           everything that a new domain needs, as edits of files, made together
//! described     its name, owner and roles
//! project_file  the folder's config in dbt_project.yml
//! contract_file domain, team and roles in a contract
//! unity         the same picture as Databricks Unity Catalog resources
//! hcl           how HCL is written
//! ```

mod add;
mod contract_file;
mod described;
mod hcl;
mod project_file;
mod unity;

pub use add::{DomainEdit, DomainOptions, add_domain, group_owner};
pub use described::Domain;
pub use unity::{UnityTable, unity_catalog};

//! What a project's files say, one kind of file at a time: `dbt_project.yml`, `profiles.yml`, packages, property
//! files, macros and seeds.

pub(crate) mod catalogs;
pub(crate) mod config;
pub(crate) mod config_cache;
pub(crate) mod dbt_generic_tests;
pub(crate) mod dbt_project_yml;
pub(crate) mod dbt_schemas;
pub(crate) mod docs_blocks;
pub(crate) mod file_listing;
pub(crate) mod ignored;
pub(crate) mod macros;
pub(crate) mod packages;
pub(crate) mod profiles;
pub(crate) mod project_contract;
pub(crate) mod properties;
pub(crate) mod required_version;
mod spark_profile;
pub(crate) mod yaml_files;

//! What a project's files say, one kind of file at a time: `dbt_project.yml`, `profiles.yml`, packages, property
//! files, macros and seeds.

pub mod config;
pub mod config_cache;
pub mod dbt_generic_tests;
pub mod dbt_project_yml;
pub mod file_listing;
pub mod macros;
pub mod profiles;
pub mod properties;
pub mod seeds;

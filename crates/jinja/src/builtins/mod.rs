//! What every template knows without its host: jinja's filters, tests and functions, and the methods of
//! Python's own types. The interpreter finds all of it through one table, [`BUILTINS`].

mod filters;
mod functions;
mod is_tests;
mod methods;
mod table;
mod text;

pub(crate) use table::BUILTINS;

//! What templates know of a table or view: its name, its columns, and what is in the database.

pub(crate) mod cache;
pub(crate) mod column;
pub(crate) mod column_class;
mod methods;
pub(crate) mod name_parts;
pub(crate) mod relation;
pub(crate) mod relation_class;
pub(crate) mod spark_listing;

//! dbt's selection syntax: `--select "+tag:daily,path:models/gold my_model+2 @x"`.
//!
//! Words (and several `--select`) are united, commas intersect, `+` takes neighbours along. Selectors of
//! `selectors.yml` are the same operations in YAML. Tests come along with what they test: at once, or
//! later, when all of their parents have been found (the second set that every step hands on).

pub(crate) mod contract_breaks;
mod criterion;
pub(crate) mod indirect;
pub(crate) mod known_words;
mod methods;
pub(crate) mod selector;
pub(crate) mod selectors_yml;
pub(crate) mod spec;
pub(crate) mod state;

//! The modules by name.

use super::{datetime, itertools, pytz, re};
use crate::value::Value;
use std::sync::OnceLock;

/// A module's value, by Python's name of it.
pub fn module(name: &str) -> Option<Value> {
    static MODULES: OnceLock<Vec<Value>> = OnceLock::new();
    let index = NAMES.iter().position(|known| *known == name)?;
    let modules =
        MODULES.get_or_init(|| vec![datetime::module(), pytz::module(), re::module(), itertools::module()]);
    modules.get(index).cloned()
}

/// The modules that [`module`] knows.
pub const NAMES: [&str; 4] = ["datetime", "pytz", "re", "itertools"];

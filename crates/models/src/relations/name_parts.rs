//! The three parts of a relation's name, and a choice of them.

use ingot_jinja::{Bound, Value};
use serde::{Deserialize, Serialize};

pub(crate) const PARTS: [&str; 3] = ["database", "schema", "identifier"];

/// A yes or no for each part of a name: whether it is written, whether it is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NameParts {
    pub database: bool,
    pub schema: bool,
    pub identifier: bool,
}

impl NameParts {
    pub(crate) const ALL: Self = Self { database: true, schema: true, identifier: true };

    /// The same for each part.
    pub(crate) const fn all(flag: bool) -> Self {
        Self { database: flag, schema: flag, identifier: flag }
    }

    /// In the order of [`PARTS`].
    pub(crate) fn flags(self) -> [bool; 3] {
        [self.database, self.schema, self.identifier]
    }

    pub(crate) fn flags_mut(&mut self) -> [&mut bool; 3] {
        [&mut self.database, &mut self.schema, &mut self.identifier]
    }

    /// The same with those parts set that the arguments of a call name.
    pub(crate) fn with(mut self, args: &mut Bound<'_>) -> Self {
        for (flag, key) in self.flags_mut().into_iter().zip(PARTS) {
            if let Some(value) = args.take(key).filter(|value| !value.is_none()) {
                *flag = value.is_true();
            }
        }
        self
    }

    /// Sets those parts that a dict names.
    pub(crate) fn apply_policy(&mut self, given: &Value) {
        let Some(given) = given.as_dict() else { return };
        for (flag, key) in self.flags_mut().into_iter().zip(PARTS) {
            if let Some(value) = given.get_str(key).and_then(|value| value.as_bool()) {
                *flag = value;
            }
        }
    }
}

//! `adapter.behavior`: what the project's `flags:` say of changes in adapters' behaviour, as templates ask for it.
//! <https://github.com/dbt-labs/dbt-adapters/blob/main/dbt-adapters/src/dbt/adapters/base/impl.py>

use crate::context::trace;
use crate::project::dbt_project_yml::DbtProject;
use ingot_jinja::{Object, Value};
use std::any::Any;

/// The flags that adapters know. All are off unless the project sets them.
const FLAGS: [&str; 2] =
    ["require_batched_execution_for_custom_microbatch_strategy", "enable_truthy_nulls_equals_macro"];

/// The flags with what the project says of each.
pub(super) struct Behavior([(&'static str, bool); FLAGS.len()]);

impl Behavior {
    pub(super) fn of(project: &DbtProject) -> Self {
        Self(FLAGS.map(|name| (name, project.flag(name, false))))
    }
}

impl Object for Behavior {
    fn type_name(&self) -> &str {
        "behavior"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        trace::note_project();
        let (name, setting) = self.0.iter().find(|(flag, _)| *flag == name)?;
        Some(Value::object(Flag { name, setting: *setting }))
    }
}

/// One flag: true where it is on. dbt warns of one that is off when it is asked for by `setting` or by its truth, and not
/// by `no_warn`; here nothing warns.
struct Flag {
    name: &'static str,
    setting: bool,
}

impl Object for Flag {
    fn type_name(&self) -> &str {
        "flag"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn get_attr(&self, name: &str) -> Option<Value> {
        match name {
            "no_warn" | "setting" => Some(self.setting.into()),
            "name" => Some(self.name.into()),
            _ => None,
        }
    }
    fn is_true(&self) -> bool {
        self.setting
    }
}

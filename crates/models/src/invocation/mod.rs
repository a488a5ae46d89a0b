//! What stays the same through one invocation, and is shared by all its threads: the project as read, the settings
//! of the command line, the target, the templates, and caches.

pub(crate) mod arguments;
pub(crate) mod outbox;
pub(crate) mod project;
pub(crate) mod settings;

use crate::invocation::outbox::Outbox;
use crate::invocation::project::Project;
use crate::invocation::settings::RunSettings;
use crate::json_values::Object;
use crate::project::config_cache::ConfigCache;
use crate::project::macros::MacroRegistry;
use crate::project::profiles::Target;
use ingot_jinja::{Environment, Value};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

/// One run of the program over one project.
pub(crate) struct Invocation {
    /// A UUID, as artifacts and templates have it.
    pub(crate) id: String,
    pub(crate) started: jiff::Timestamp,
    pub(crate) project: Project,
    pub(crate) settings: RunSettings,
    /// dbt's flags, as artifacts have them.
    pub(crate) arguments: Object,
    pub(crate) target: Target,
    pub(crate) templates: Templates,
    pub(crate) caches: Caches,
    pub(crate) outbox: Outbox,
}

/// dbt's flag that has a project's own microbatch strategy run batch by batch too.
pub(crate) const CUSTOM_IN_BATCHES: &str = "require_batched_execution_for_custom_microbatch_strategy";

impl Invocation {
    /// Whether microbatch models are computed batch by batch. A project or package that brings the macro of the strategy
    /// cuts time itself, in one run of the model, unless the project asks for batches by dbt's flag.
    /// <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/contracts/graph/manifest.py#L1881-L1898>
    pub(crate) fn uses_batches(&self) -> bool {
        self.project.root.flag(CUSTOM_IN_BATCHES, false)
            || !self.templates.macros.is_replaced("get_incremental_microbatch_sql")
    }
}

/// What templates are rendered with.
pub(crate) struct Templates {
    pub(crate) environment: Environment,
    pub(crate) macros: MacroRegistry,
    /// `target`, `flags`, `modules`, `api`, … made once.
    pub(crate) constants: HashMap<&'static str, Value>,
}

/// What parsing found out once, and need not find out again.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) configs: ConfigCache,
    /// By package and name: whether `generate_schema_name` and the like are dbt's own for it.
    pub(crate) built_in_generators: Mutex<HashMap<(String, &'static str), bool>>,
    /// How often nodes asked for the time while they were parsed.
    pub(crate) clock_reads_in_nodes: AtomicU64,
}

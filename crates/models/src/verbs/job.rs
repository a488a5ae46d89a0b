//! What every verb is given, and how it opens the database and selects nodes.

use crate::connection::Connection;
use crate::context::execution::Execution;
use crate::context::node_context::NodeContext;
use crate::graph::manifest::Manifest;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::invocation::Invocation;
use crate::lake::file_guard::FileGuard;
use crate::options::{RunOptions, Verb};
use crate::relations::cache::RelationCache;
use crate::select;
use crate::tell_warnings::tell_warnings;
use crate::warnings::{Treatment, Warning, WarningKind};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Level, Reporter};
use ingot_engine::{Engine, EngineOptions, EngineTimes};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Opens the engine that a profile asks for.
pub type OpenEngine<'a> = &'a (dyn Fn(&EngineOptions) -> Result<Box<dyn Engine>> + Sync);

/// What every verb is given.
pub(crate) struct Job<'a> {
    pub options: &'a RunOptions,
    pub invocation: &'a Arc<Invocation>,
    pub manifest: &'a Arc<Manifest>,
    pub reporter: &'a dyn Reporter,
    pub open: OpenEngine<'a>,
    pub times: &'a Arc<EngineTimes>,
}

impl Job<'_> {
    /// Opens the database, and notes what is in it.
    pub(crate) fn open(&self, selected: &BTreeSet<usize>) -> Result<(Box<dyn Engine>, Arc<Execution>)> {
        let options = &self.invocation.target.options;
        let open = |options: &EngineOptions| self.times.open(|| (self.open)(options));
        let engine = match self.options.verb {
            Verb::Show | Verb::Metrics => open(&options.only_reading()),
            // Their templates may write, as under dbt; but where others read, reading is most likely enough.
            Verb::Compile | Verb::Docs => open(options).or_else(|error| match error.kind() {
                Kind::InUse => open(&options.only_reading()).map_err(|_| error),
                _ => Err(error),
            }),
            _ => open(options),
        }?;
        let mut session = engine.session()?;
        let cache = RelationCache::load(session.as_mut(), &self.schemas())?;
        let root = &self.invocation.project.root.root;
        let guard = Arc::new(FileGuard::new(root, self.options.verify, session.as_mut())?);
        let run = Arc::new(Execution {
            manifest: self.manifest.clone(),
            cache,
            guard,
            rebuilt: Default::default(),
            also_rebuilt: Default::default(),
            selected: selected.iter().map(|index| self.manifest.nodes[*index].unique_id.clone()).collect(),
            graph_value: Default::default(),
            selected_ephemerals: Default::default(),
            broken_ephemerals: Default::default(),
            injected: Default::default(),
            deferred: Default::default(),
        });
        self.try_query_comment(&run, engine.as_ref())?;
        Ok((engine, run))
    }

    /// The schemas of all relations of the project.
    fn schemas(&self) -> BTreeSet<&str> {
        let nodes = self.manifest.nodes.iter();
        let has_relation =
            |node: &&Node| node.is_relational() || node.source().is_some() || node.stores_failures;
        nodes.filter(has_relation).map(|node| node.schema.as_str()).collect()
    }

    /// As under dbt, nothing runs if the comment that every statement is to have cannot be made.
    fn try_query_comment(&self, run: &Arc<Execution>, engine: &dyn Engine) -> Result<()> {
        let root = &self.invocation.project.root;
        if root.query_comment.is_null() {
            return Ok(());
        }
        let mut node =
            Node::new(self.invocation.target.dialect(), ResourceType::Operation, &root.name, "query_comment");
        node.original_file_path = "dbt_project.yml".to_owned();
        let connection = Connection::new(engine.session()?);
        let context =
            NodeContext::new(self.invocation.clone(), Arc::new(node), Some(run.clone()), connection);
        let place = |error: Error| match error.place() {
            Some(_) => error,
            None => error.at(root.root.join("dbt_project.yml")),
        };
        context.prepare_comment().map_err(|error| place(Error::from(error)).context("`query-comment`"))
    }

    /// Warns where `--state` names the folder into which this run writes: what is compared is then overwritten.
    fn warn_of_own_state(&self, state: &Path) -> Result<()> {
        let target = &self.invocation.settings.target_folder;
        let is_target = match (state.canonicalize(), target.canonicalize()) {
            (Ok(state), Ok(target)) => state == target,
            _ => false,
        };
        if !is_target {
            return Ok(());
        }
        let text = format!(
            "--state names the target folder '{}', so this run overwrites what it compares with; keep a copy elsewhere",
            state.display()
        );
        let shown = state.strip_prefix(&self.invocation.project.root.root).unwrap_or(state);
        let words = format!(
            "Warning: The state and target directories are the same: '{}'. This could lead to missing changes due to \
             overwritten state including non-idempotent retries.",
            shown.display()
        );
        let warning = Warning::new(WarningKind::WarnStateTargetEqual, text);
        let warning = warning.with(json!({"state_path": state.display().to_string()})).in_dbts_words(words);
        tell_warnings(self.options, &self.invocation.settings.warning_rules, vec![warning], self.reporter)
    }

    /// The state that `--state` names.
    pub(crate) fn state(&self) -> Result<Option<select::state::State>> {
        let Some(folder) = &self.options.state else { return Ok(None) };
        self.warn_of_own_state(folder)?;
        let mut macros = Vec::new();
        for entry in self.invocation.templates.macros.all() {
            macros.push(select::state::MacroNow {
                unique_id: &entry.unique_id,
                text: (!entry.is_built_in()).then_some(&entry.text),
                calls: entry.calls(&self.invocation.templates.macros),
            });
        }
        let mut state = select::state::State::read(folder, &self.invocation.settings.target_folder, macros)?;
        let flag = "state_modified_compare_more_unrendered_values";
        state.compares_unrendered = self.invocation.project.root.flag(flag, false);
        Ok(Some(state))
    }

    /// The nodes that the options choose, of the kinds that the verb takes.
    ///
    /// # Errors
    /// A word that is not a selection.
    pub(crate) fn select(&self) -> Result<BTreeSet<usize>> {
        let (options, manifest) = (self.options, self.manifest);
        for kind in options.resource_types.iter().chain(&options.exclude_resource_types) {
            if !matches!(kind.as_str(), "all" | "default") {
                select::known_words::one_of("resource type", kind, select::known_words::RESOURCE_TYPES)?;
            }
        }
        let state = self.state()?;
        let mut selector = select::selector::Selector::new(
            &manifest.nodes,
            &manifest.graph,
            &self.invocation.project.root.name,
        );
        selector.indirect = options.indirect_selection;
        selector.scope.state = state.as_ref();
        let nothing_said = options.select.is_empty() && options.exclude.is_empty();
        let spec = match &options.selector {
            Some(_) if !nothing_said => {
                return Err(Error::new("--selector cannot be combined with --select or --exclude")
                    .hint("put what you select into the selector, or leave it out"));
            }
            Some(name) => self.invocation.project.selectors.get(name)?,
            None => match self.invocation.project.selectors.default_one().filter(|_| nothing_said) {
                Some(spec) => spec,
                None => selector.spec(&options.select, &options.exclude)?,
            },
        };
        let mut chosen = selector.choose(&spec)?;
        if let Some(state) = state.as_ref().filter(|state| state.compared_contracts()) {
            let breaks = select::contract_breaks::check(state, &manifest.nodes, &manifest.disabled)?;
            tell_warnings(self.options, &self.invocation.settings.warning_rules, breaks, self.reporter)?;
        }
        for (word, near) in selector.unmatched() {
            let near = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            let text = format!("'{word}' selects nothing{near}");
            let words = format!("The selection criterion '{word}' does not match any enabled nodes");
            match self.invocation.settings.warning_rules.of(WarningKind::NoNodesForSelectionCriteria) {
                Treatment::Tell => {
                    let warning = Warning::new(WarningKind::NoNodesForSelectionCriteria, text);
                    let warning = warning.with(json!({"spec_raw": word})).in_dbts_words(words);
                    self.reporter.report(warning.event(Level::Warning));
                }
                Treatment::Silence => {}
                Treatment::Error => {
                    return Err(Error::new(text).in_dbts_words(words).hint(
                        "--warn-error or --warn-error-options makes NoNodesForSelectionCriteria an error",
                    ));
                }
            }
        }
        chosen.retain(|index| {
            let kind = manifest.nodes[*index].resource_type();
            let named = |list: &[String]| list.iter().any(|name| name == kind.name());
            let all = options.resource_types.is_empty()
                || options.resource_types.iter().any(|kind| matches!(kind.as_str(), "all" | "default"));
            let is_empty = kind == ResourceType::Model && manifest.nodes[*index].raw_code.trim().is_empty();
            // As under dbt, analyses are listed only where they are asked for.
            let asked_for = options.verb != Verb::List
                || kind != ResourceType::Analysis
                || options.resource_types.iter().any(|kind| matches!(kind.as_str(), "all" | "analysis"));
            // dbt lists only models for those who say so with --models.
            let by_flag = options.verb != Verb::List || !options.says_models || kind == ResourceType::Model;
            options.verb.takes(kind)
                && by_flag
                && asked_for
                && !(is_empty && options.verb != Verb::List)
                && (all || named(&options.resource_types))
                && !named(&options.exclude_resource_types)
        });
        Ok(chosen)
    }
}

//! What each verb does with a project that has been read.

pub mod build;
pub mod clean;
pub mod clone;
pub mod debug;
pub mod deps;
pub mod docs;
pub mod freshness;
pub mod init;
pub mod list;
pub mod operation;
pub mod retry;
pub mod show;

use crate::context::{RunShared, Shared};
use crate::graph::manifest::Manifest;
use crate::graph::node::ResourceType;
use crate::options::{RunOptions, Verb};
use crate::relations::cache::RelationCache;
use crate::warnings::{Treatment, WarningKind};
use crate::{OpenEngine, select};
use ingot_core::error::{Error, Result};
use ingot_core::report::Reporter;
use ingot_engine::{Engine, EngineTimes};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What every verb is given.
pub struct Job<'a> {
    pub options: &'a RunOptions,
    pub shared: &'a Arc<Shared>,
    pub manifest: &'a Arc<Manifest>,
    pub reporter: &'a dyn Reporter,
    pub open: OpenEngine<'a>,
    pub times: &'a Arc<EngineTimes>,
}

impl Job<'_> {
    /// Opens the database, and notes what is in it.
    pub fn open(&self, selected: &BTreeSet<usize>) -> Result<(Box<dyn Engine>, Arc<RunShared>)> {
        let engine = self.times.open(|| (self.open)(&self.shared.target.options))?;
        let cache = RelationCache::load(engine.session()?.as_mut())?;
        let run = Arc::new(RunShared {
            manifest: self.manifest.clone(),
            cache,
            selected: selected.iter().map(|index| self.manifest.nodes[*index].unique_id.clone()).collect(),
            graph_value: Default::default(),
            deferred: Default::default(),
        });
        Ok((engine, run))
    }

    /// The state that `--state` names.
    pub fn state(&self) -> Result<Option<select::state::State>> {
        let Some(folder) = &self.options.state else { return Ok(None) };
        let mut macros = Vec::new();
        for entry in self.shared.macros.all() {
            macros.push(select::state::MacroNow {
                unique_id: &entry.unique_id,
                text: &entry.text,
                calls: entry.calls(&self.shared.macros),
            });
        }
        select::state::State::read(folder, &self.shared.target_folder, macros).map(Some)
    }

    /// The nodes that the options choose, of the kinds that the verb takes.
    ///
    /// # Errors
    /// A word that is no selection.
    pub fn select(&self) -> Result<BTreeSet<usize>> {
        let (options, manifest) = (self.options, self.manifest);
        for kind in options.resource_types.iter().chain(&options.exclude_resource_types) {
            if !matches!(kind.as_str(), "all" | "default") {
                select::one_of("resource type", kind, select::RESOURCE_TYPES)?;
            }
        }
        let state = self.state()?;
        let mut selector = select::Selector::new(&manifest.nodes, &manifest.graph, &self.shared.root.name);
        selector.indirect = options.indirect_selection;
        selector.state = state.as_ref();
        let nothing_said = options.select.is_empty() && options.exclude.is_empty();
        let spec = match &options.selector {
            Some(_) if !nothing_said => {
                return Err(Error::new("--selector stands alone: not with --select or --exclude")
                    .hint("put what you select into the selector, or leave it out"));
            }
            Some(name) => self.shared.selectors.get(name)?,
            None => match self.shared.selectors.default_one().filter(|_| nothing_said) {
                Some(spec) => spec,
                None => selector.spec(&options.select, &options.exclude)?,
            },
        };
        let mut chosen = selector.choose(&spec)?;
        for (word, near) in selector.unmatched() {
            let near = near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            let text = format!("'{word}' selects nothing{near}");
            match self.shared.warning_rules.of(WarningKind::NoNodesForSelectionCriteria) {
                Treatment::Tell => self.reporter.warn(text),
                Treatment::Silence => {}
                Treatment::Error => {
                    return Err(Error::new(text).hint(
                        "--warn-error or --warn-error-options makes NoNodesForSelectionCriteria an error",
                    ));
                }
            }
        }
        chosen.retain(|index| {
            let kind = manifest.nodes[*index].resource_type;
            let named = |list: &[String]| list.iter().any(|name| name == kind.name());
            let all = options.resource_types.is_empty()
                || options.resource_types.iter().any(|kind| matches!(kind.as_str(), "all" | "default"));
            let is_empty = kind == ResourceType::Model && manifest.nodes[*index].raw_code.trim().is_empty();
            // As under dbt, analyses are listed only where they are asked for.
            let asked_for = options.verb != Verb::List
                || kind != ResourceType::Analysis
                || options.resource_types.iter().any(|kind| matches!(kind.as_str(), "all" | "analysis"));
            options.verb.takes(kind)
                && asked_for
                && !(is_empty && options.verb != Verb::List)
                && (all || named(&options.resource_types))
                && !named(&options.exclude_resource_types)
        });
        Ok(chosen)
    }
}

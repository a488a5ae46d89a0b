//! Which models run, when, and what came of it.

use super::options::WatchOptions;
use super::patience::wait_after;
use ingot_contract::Contract;
use ingot_core::error::Result;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::{Reporter, Silent};
use ingot_models::{ListOutput, RunOptions, RunSummary, Verb};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// The models of the project, and what they have not seen yet.
pub(super) struct Models {
    /// As they are run, with what was selected; `None`: they are not.
    options: Option<RunOptions>,
    /// Tables of bronze that are sources of the project.
    sources: BTreeSet<String>,
    /// Tables of bronze that are watched and have not had a row yet. What depends on them cannot run.
    missing: BTreeSet<String>,
    /// All of them are to run, whatever has changed.
    all: bool,
    /// Tables with rows that the models have not seen, and their versions.
    changed: BTreeMap<String, u64>,
    not_before: Option<Instant>,
    attempts: u32,
    copies: Copies,
}

/// When models that have copies in the lake are copied: a copy looks at all rows of its table, which is too much for each
/// round.
struct Copies {
    /// Whether any model has a copy.
    are_wanted: bool,
    every: Duration,
    newest: Instant,
    /// Tables of bronze with rows that are in models and not in their copies.
    lacking: BTreeSet<String>,
}

impl Copies {
    fn are_due(&self) -> bool {
        self.are_wanted && !self.lacking.is_empty() && self.may_be_made()
    }

    fn may_be_made(&self) -> bool {
        self.newest.elapsed() >= self.every
    }
}

/// What a run came to.
pub(super) struct Ran {
    pub(super) summary: RunSummary,
    /// Tables that the models have seen now, and in which version; none if something failed.
    pub(super) seen: BTreeMap<String, u64>,
}

impl Models {
    /// Reads which sources the project has. All of it runs with the first run.
    ///
    /// # Errors
    /// The project cannot be read.
    pub(super) fn read(options: &WatchOptions, contracts: &[Contract]) -> Result<Self> {
        let (mut sources, mut has_copies) = (BTreeSet::new(), false);
        if let Some(run) = &options.models {
            let list = RunOptions {
                verb: Verb::List,
                select: Vec::new(),
                exclude: Vec::new(),
                resource_types: vec!["source".to_owned()],
                write_json: false,
                ..run.clone()
            };
            let of_models = RunOptions {
                resource_types: Vec::new(),
                list_output: ListOutput::Json,
                output_keys: vec!["config".to_owned()],
                ..list.clone()
            };
            let configs = ingot_models::run(&of_models, &Silent)?.output;
            has_copies = configs.iter().any(|config| config.contains("\"lake_folder\""));
            let found = ingot_models::run(&list, &Silent)?.output;
            // `source:shop.bronze.orders`
            sources.extend(found.iter().filter_map(|line| line.rsplit('.').next()).map(str::to_owned));
        }
        let watched = contracts.iter().map(|contract| contract.name.clone());
        Ok(Self {
            options: options.models.clone(),
            missing: watched.filter(|name| sources.contains(name)).collect(),
            sources,
            all: options.models.is_some(),
            changed: BTreeMap::new(),
            not_before: None,
            attempts: 0,
            copies: Copies {
                are_wanted: has_copies,
                every: if options.until_idle { Duration::ZERO } else { options.copies_every },
                newest: Instant::now(),
                lacking: BTreeSet::new(),
            },
        })
    }

    /// All that depends on sources runs only where a table changed after all: an earlier watch has run the rest.
    pub(super) fn spare_what_was_run(&mut self) {
        self.all = false;
    }

    /// Tables of bronze whose newest rows are not in the copies of models in the lake.
    pub(super) fn not_copied(&self) -> &BTreeSet<String> {
        &self.copies.lacking
    }

    /// An earlier watch has left these without copies.
    pub(super) fn note_not_copied(&mut self, tables: impl IntoIterator<Item = String>) {
        self.copies.lacking.extend(tables);
    }

    /// A table of bronze is there.
    pub(super) fn note_table(&mut self, table: &str) {
        self.missing.remove(table);
    }

    /// A table has rows that the models have not seen.
    pub(super) fn note_changed(&mut self, table: &str, version: u64) {
        if self.options.is_some() {
            self.changed.insert(table.to_owned(), version);
        }
    }

    /// Whether there is something to run now.
    pub(super) fn are_due(&self) -> bool {
        self.has_work() && self.not_before.is_none_or(|moment| Instant::now() >= moment)
    }

    /// Whether nothing is left to run, or what is could not be begun so often.
    pub(super) fn wait_for_nothing(&self, patience: u32) -> bool {
        !self.has_work() || self.attempts >= patience
    }

    /// Before the first table is there, nothing that reads bronze can run.
    fn has_work(&self) -> bool {
        let is_empty =
            !self.sources.is_empty() && self.sources.iter().all(|name| self.missing.contains(name));
        !self.changed.is_empty() || (self.all && !is_empty) || self.copies.are_due()
    }

    /// Runs what depends on the tables that changed; `None` if nothing does.
    ///
    /// # Errors
    /// The run could not begin. It is tried again later, later each time.
    pub(super) fn run(&mut self, stop: &Interrupt, reporter: &dyn Reporter) -> Result<Option<Ran>> {
        let Some(options) = &self.options else { return Ok(None) };
        let makes_copies = self.all || self.copies.may_be_made();
        let select =
            if self.all { options.select.clone() } else { self.selection(&options.select, makes_copies) };
        if !self.all && select.is_empty() {
            let seen = std::mem::take(&mut self.changed);
            return Ok(Some(Ran { summary: RunSummary::default(), seen }));
        }
        // A run of a part would replace the artifacts of all.
        let mut exclude = options.exclude.clone();
        exclude.extend(self.missing.iter().map(|table| below(table)));
        let run = RunOptions {
            select,
            exclude,
            write_json: self.all,
            // What is below a table that changed runs in any case; of all the rest only what is not known to be as it was.
            skip_unchanged: self.all,
            lake_copies: makes_copies,
            interrupt: stop.clone(),
            ..options.clone()
        };
        match ingot_models::run(&run, reporter) {
            Err(error) => {
                self.not_before = Some(Instant::now() + wait_after(self.attempts));
                self.attempts += 1;
                Err(error)
            }
            Ok(summary) if summary.interrupted => Ok(Some(Ran { summary, seen: BTreeMap::new() })),
            Ok(summary) => {
                (self.all, self.attempts, self.not_before) = (false, 0, None);
                let changed = std::mem::take(&mut self.changed);
                if makes_copies {
                    self.copies.lacking.clear();
                    self.copies.newest = Instant::now();
                } else if self.copies.are_wanted {
                    self.copies.lacking.extend(changed.keys().cloned());
                }
                let seen = if summary.exit_code() == 0 { changed } else { BTreeMap::new() };
                Ok(Some(Ran { summary, seen }))
            }
        }
    }

    /// What depends on the tables that changed, and of that what the user selects.
    fn selection(&self, chosen: &[String], with_copies: bool) -> Vec<String> {
        let mut selection = Vec::new();
        let mut tables: BTreeSet<&String> = self.changed.keys().collect();
        if with_copies {
            tables.extend(&self.copies.lacking);
        }
        for table in tables.into_iter().filter(|table| self.sources.contains(*table)) {
            let below = below(table);
            // Words are united: each is cut with what depends on the table.
            let words = chosen.iter().flat_map(|chosen| chosen.split_whitespace());
            let cut: Vec<String> = words.map(|word| format!("{below},{word}")).collect();
            if cut.is_empty() { selection.push(below) } else { selection.extend(cut) }
        }
        selection
    }
}

/// What selects a table and all that depends on it, whatever its source is called.
fn below(table: &str) -> String {
    format!("source:*.{table}+")
}

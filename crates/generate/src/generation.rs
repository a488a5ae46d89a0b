//! From options to raw data, in two steps: [`prepare`] finds out what is to be done and whether it can be,
//! [`Generation::run`] does it.

use crate::calendar;
use crate::ledger::Delivery;
use crate::lock::lock_raw_folder;
use crate::options::GenerateOptions;
use crate::plan::{Plan, Window};
use crate::retail::Retail;
use crate::run;
use crate::settings::Settings;
use crate::state::{self, Situation, World};
use crate::summary::{FeedSummary, GenerateSummary};
use ingot_contract::load_all;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::fs::FolderLock;
use ingot_core::report::{Event, Reporter, bytes, thousands};
use std::time::Instant;

/// Generates the raw data. A later window with the same seed, scale and settings, which begins where the one in
/// the folder ends, is added to it; other data there is an error unless `force` says to replace it.
///
/// # Errors
/// Those of [`prepare`] and [`Generation::run`].
pub fn generate(options: &GenerateOptions, reporter: &dyn Reporter) -> Result<GenerateSummary> {
    prepare(options)?.run(reporter)
}

/// A run that is planned and may begin. The raw folder is locked while this lives, unless only the plan is asked
/// for.
pub struct Generation {
    options: GenerateOptions,
    settings: Settings,
    /// The first name under the raw folder of each feed.
    roots: Vec<String>,
    situation: Situation,
    retail: Retail,
    plan: Plan,
    begun: Instant,
    _lock: Option<FolderLock>,
}

/// Plans a run, checks that it can begin, and locks the raw folder. Nothing else is written.
///
/// # Errors
/// The options, contracts or settings are wrong, the folder holds data that this run may not join, another run is
/// generating into it, or it cannot be written.
pub fn prepare(options: &GenerateOptions) -> Result<Generation> {
    let begun = Instant::now();
    let window = options.window()?;
    let contracts = load_all(&options.schemas)?;
    ingot_lake::DeltaTable::check_place(&options.out)?;
    let settings = options.read_settings()?;
    let roots = Retail::roots(&contracts);
    let look = || state::look(&options.out, &roots, &world(options, &settings), window, options.force);
    let situation = look()?;
    let retail = Retail::new(
        options.seed,
        options.scale,
        situation.windows.clone(),
        situation.delivery(),
        settings.clone(),
        contracts,
    )?;
    let plan = Plan {
        seed: options.seed,
        scale: options.scale,
        window,
        out: options.out.clone(),
        tasks: retail.plan(),
    };
    let lock = if options.dry_run { None } else { Some(lock_raw_folder(&options.out)?) };
    if lock.is_some() && look()? != situation {
        return Err(Error::new("the folder has changed while the plan was made")
            .of_kind(Kind::InUse)
            .at(&options.out)
            .hint("run this again; another run has just ended there"));
    }
    Ok(Generation { options: options.clone(), settings, roots, situation, retail, plan, begun, _lock: lock })
}

fn world<'a>(options: &GenerateOptions, settings: &'a Settings) -> World<'a> {
    World { seed: options.seed, scale: options.scale, settings }
}

impl Generation {
    /// Writes the files, or reports the plan if only that is asked for.
    ///
    /// # Errors
    /// A file cannot be written, or the run was interrupted. What is complete by then stays, and the same run can be
    /// done again.
    pub fn run(self, reporter: &dyn Reporter) -> Result<GenerateSummary> {
        if self.options.dry_run {
            reporter.info(self.plan.to_string());
            let feeds = self.plan.feeds().into_iter().map(FeedSummary::planned).collect();
            return Ok(GenerateSummary { feeds, seconds: self.begun.elapsed().as_secs_f64(), dry_run: true });
        }
        let Window { start, .. } = self.plan.window;
        reporter.report(Event::StageStarted {
            stage: "generate",
            detail: format!(
                "{} to {}, seed {}, scale {}",
                calendar::iso(start),
                calendar::iso(self.plan.window.end() - 1),
                self.options.seed,
                self.options.scale
            ),
        });
        let world = world(&self.options, &self.settings);
        let delivery: Delivery = self.situation.delivery();
        let out = &self.options.out;
        state::begin(out, &self.roots, &self.situation, &world)?;
        let feeds = run::run(&self.retail, &self.plan, &delivery, &self.options, reporter)?;
        state::finish(out, &self.situation, &world)?;
        let summary = GenerateSummary { feeds, seconds: self.begun.elapsed().as_secs_f64(), dry_run: false };
        reporter.report(Event::Table(summary.table()));
        reporter.report(Event::StageFinished {
            stage: "generate",
            seconds: summary.seconds,
            detail: format!("{} rows, {}", thousands(summary.rows()), bytes(summary.bytes())),
        });
        Ok(summary)
    }
}

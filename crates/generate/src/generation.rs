//! From options to raw data, in two steps: [`prepare`] finds out what is to be done and whether it can be,
//! [`Generation::run`] does it.

use crate::anomalies::Anomaly;
use crate::calendar;
use crate::from_contracts::{Catalogue, FromContracts};
use crate::ledger::Delivery;
use crate::lock::lock_raw_folder;
use crate::options::GenerateOptions;
use crate::plan::{Plan, Window};
use crate::producer::Producer;
use crate::retail::{self, Retail};
use crate::run;
use crate::settings::{self, Settings};
use crate::state::{self, Situation, World};
use crate::subject::Subject;
use crate::summary::{FeedSummary, GenerateSummary};
use ingot_contract::{Contract, Measure, Severity, TableRule, load_all};
use ingot_core::error::{Error, Kind, Result};
use ingot_core::fs::FolderLock;
use ingot_core::report::{Event, Reporter, bytes, counted};
use std::path::Path;
use std::time::Instant;

/// Generates the raw data. A later window with the same seed, scale and settings, which begins where the one in
/// the folder ends, is added to it; other data there is an error unless `force` says to replace it.
///
/// # Errors
/// Those of [`prepare`] and [`Generation::run`].
pub fn generate(options: &GenerateOptions, reporter: &dyn Reporter) -> Result<GenerateSummary> {
    prepare(options)?.run(reporter)
}

/// What the data of a project is about, by its settings (`world: …` in `generate.yaml`). Without them, a project that has
/// the contracts of all feeds of the retail world is about it.
///
/// # Errors
/// The contracts or the settings cannot be read.
pub fn subject_of_project(schemas: &Path, settings: Option<&Path>) -> Result<Subject> {
    if let Some(subject) = settings.map(settings::stated_subject).transpose()?.flatten() {
        return Ok(subject);
    }
    let contracts = load_all(schemas)?;
    let has = |feed: &str| contracts.iter().any(|contract| contract.name == feed);
    Ok(if retail::feeds().all(has) { Subject::Retail } else { Subject::Contracts })
}

/// The JSON Schema of `generate.yaml` for a project with these contracts and settings.
///
/// # Errors
/// The contracts or settings are wrong.
pub fn settings_schema(schemas: &Path, settings: Option<&Path>) -> Result<serde_json::Value> {
    let subject = subject_of_project(schemas, settings)?;
    let table: &'static [Anomaly] = match subject {
        Subject::Retail => &retail::DEFECTS,
        Subject::Contracts => {
            let options = GenerateOptions::new(".", schemas);
            let window = options.window(subject)?;
            Catalogue::of(options.seed, window, &load_all(schemas)?)?.table
        }
    };
    Ok(settings::json_schema(table))
}

/// A run that is planned and may begin. The raw folder is locked while this lives, unless only the plan is asked
/// for.
pub struct Generation {
    options: GenerateOptions,
    settings: Settings,
    /// The first name under the raw folder of each feed.
    roots: Vec<String>,
    situation: Situation,
    producer: Box<dyn Producer>,
    /// Rules that the data may break, because the generator does not understand them.
    not_followed: Vec<String>,
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
    let subject = subject_of_project(&options.schemas, options.settings.as_deref())?;
    let window = options.window(subject)?;
    let contracts = load_all(&options.schemas)?;
    ingot_lake::DeltaTable::check_place(&options.out)?;
    let catalogue = match subject {
        Subject::Retail => None,
        Subject::Contracts => Some(Catalogue::of(options.seed, window, &contracts)?),
    };
    let table: &'static [Anomaly] = catalogue.as_ref().map_or(&retail::DEFECTS, |catalogue| catalogue.table);
    let settings = options.read_settings(table)?;
    let roots = match subject {
        Subject::Retail => Retail::roots(&contracts),
        Subject::Contracts => FromContracts::roots(&contracts),
    };
    let not_followed = if subject == Subject::Contracts { sql_rules(&contracts) } else { Vec::new() };
    let look = || state::look(&options.out, &roots, &world(options, &settings), window, options.force);
    let situation = look()?;
    let (producer, tasks) = producer(options, &situation, &settings, catalogue.as_ref(), contracts)?;
    let plan = Plan { seed: options.seed, scale: options.scale, window, out: options.out.clone(), tasks };
    let lock = if options.dry_run { None } else { Some(lock_raw_folder(&options.out)?) };
    if lock.is_some() && look()? != situation {
        return Err(Error::new("the folder has changed while the plan was made")
            .of_kind(Kind::InUse)
            .at(&options.out)
            .hint("run this again; another run has just ended there"));
    }
    Ok(Generation {
        options: options.clone(),
        settings,
        roots,
        situation,
        producer,
        not_followed,
        plan,
        begun,
        _lock: lock,
    })
}

/// The rules in SQL, which keep a load from being committed.
fn sql_rules(contracts: &[Contract]) -> Vec<String> {
    let of_contract = |contract: &Contract| {
        let is_sql = |rule: &&TableRule| {
            matches!(rule.measure, Measure::Sql { .. }) && rule.severity == Severity::Error
        };
        let named = |rule: &TableRule| format!("'{}' of {}", rule.name, contract.name);
        contract.table_rules.iter().filter(is_sql).map(named).collect::<Vec<_>>()
    };
    contracts.iter().flat_map(of_contract).collect()
}

/// What makes the files, and what there is to make. `catalogue`: the defects of contracts; without it, it is the retail
/// world.
fn producer(
    options: &GenerateOptions,
    situation: &Situation,
    settings: &Settings,
    catalogue: Option<&Catalogue>,
    contracts: Vec<Contract>,
) -> Result<(Box<dyn Producer>, Vec<crate::plan::Task>)> {
    let (windows, delivery) = (situation.windows.clone(), situation.delivery());
    Ok(match catalogue {
        None => {
            let retail =
                Retail::new(options.seed, options.scale, windows, delivery, settings.clone(), contracts)?;
            let tasks = retail.plan();
            (Box::new(retail), tasks)
        }
        Some(catalogue) => {
            let generator = FromContracts::new(
                options.seed,
                options.scale,
                &windows,
                delivery,
                &settings.rates,
                catalogue,
                contracts,
            )?;
            let tasks = generator.plan();
            (Box::new(generator), tasks)
        }
    })
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
        for rule in &self.not_followed {
            reporter.warn(format!(
                "the rule {rule} is in SQL, which the generator does not follow; `min`, `max` or `values` under \
                 `ingot.generate` of its columns can keep it"
            ));
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
        let feeds = run::run(self.producer.as_ref(), &self.plan, &delivery, &self.options, reporter)?;
        state::finish(out, &self.situation, &world)?;
        let summary = GenerateSummary { feeds, seconds: self.begun.elapsed().as_secs_f64(), dry_run: false };
        reporter.report(Event::Table(summary.table()));
        reporter.report(Event::StageFinished {
            stage: "generate",
            seconds: summary.seconds,
            detail: format!("{}, {}", counted(summary.rows(), "row"), bytes(summary.bytes())),
        });
        Ok(summary)
    }
}

//! Makes the raw data of the retail project: eleven feeds in their real form, with defects put in on
//! purpose and a ledger that names each of them. How often, a person says in `generate.yaml`.
//!
//! The same seed, scale and window give the same bytes with any number of threads. The plan
//! ([`plan::Plan`]) is made first, as pure data; its tasks then run in parallel, and each writes whole files.

pub mod anomalies;
pub mod calendar;
mod cell;
pub mod ledger;
mod lock;
mod output;
pub mod plan;
mod random;
mod retail;
mod run;
pub mod settings;
mod state;
mod write;

use ingot_contract::load_all;
use ingot_core::error::{Error, Kind, Result};
use ingot_core::report::{Event, Reporter, bytes, thousands};
use plan::{Plan, Window};
use settings::Settings;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// What to generate, and where.
#[derive(Debug, Clone)]
pub struct GenerateOptions {
    pub seed: u64,
    /// 1 is some 14 million rows and a gigabyte in the default window.
    pub scale: f64,
    /// The raw folder.
    pub out: PathBuf,
    /// The folder of the contracts.
    pub schemas: PathBuf,
    /// `2023-01-01`.
    pub start_date: String,
    pub days: u32,
    /// Some orders are delivered up to so many days late, into files of their own; 0 to [`LATE_DAYS_MOST`].
    pub late_days: u32,
    /// The file that says how often each defect comes; one that is not there, or `None`, gives the defaults.
    pub settings: Option<PathBuf>,
    /// Plant no defects, whatever the settings say.
    pub no_defects: bool,
    /// Threads; 0 takes one for each core.
    pub jobs: usize,
    /// Print the plan only.
    pub dry_run: bool,
    /// Replace raw data that other arguments made.
    pub force: bool,
}

/// An order comes so many days late at most.
pub const LATE_DAYS_MOST: u32 = 60;
/// A smaller shop would not have an order a week.
pub const SCALE_LEAST: f64 = 0.0001;
const SCALE_MOST: f64 = 500.0;

impl GenerateOptions {
    /// Seed 42, scale 0.01, two years from 2023-01-01.
    pub fn new(out: impl Into<PathBuf>, schemas: impl Into<PathBuf>) -> Self {
        let window = retail::default_window();
        Self {
            seed: 42,
            scale: 0.01,
            out: out.into(),
            schemas: schemas.into(),
            start_date: calendar::iso(window.start),
            days: window.days.unsigned_abs(),
            late_days: 0,
            settings: None,
            no_defects: false,
            jobs: 0,
            dry_run: false,
            force: false,
        }
    }

    fn window(&self) -> Result<Window> {
        let start = calendar::parse(&self.start_date)?;
        let (earliest, latest) = (calendar::from_civil(2015, 1, 1), calendar::from_civil(2050, 1, 1));
        let days = i32::try_from(self.days).unwrap_or(i32::MAX);
        if days < 1 {
            return Err(Error::new("a window of no days").hint("take --days 1 or more"));
        }
        if start < earliest || start.saturating_add(days) > latest {
            return Err(Error::new(format!(
                "the window {} and {} days is not within {} to {}",
                self.start_date,
                self.days,
                calendar::iso(earliest),
                calendar::iso(latest)
            ))
            .hint("the retailer opened its web shop in 2015, and its clocks are known until 2050"));
        }
        if !(SCALE_LEAST..=SCALE_MOST).contains(&self.scale) {
            return Err(Error::new(format!(
                "scale {} is not between {SCALE_LEAST} and {SCALE_MOST}",
                self.scale
            ))
            .hint("scale 1 is some 15 million rows and a gigabyte; 0.01 is enough to look around"));
        }
        if self.late_days > LATE_DAYS_MOST {
            return Err(Error::new(format!("--late-days {} is more than {LATE_DAYS_MOST}", self.late_days))
                .hint("orders come a few days late, not months"));
        }
        Ok(Window { start, days, late_days: i32::try_from(self.late_days).unwrap_or(i32::MAX) })
    }

    fn read_settings(&self) -> Result<Settings> {
        let table = retail::defects();
        let mut settings = match &self.settings {
            Some(file) => Settings::read(file, table)?,
            None => Settings::defaults(table),
        };
        if self.no_defects {
            settings.rates = anomalies::Rates::none(table);
        }
        Ok(settings)
    }
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GenerateSummary {
    pub feeds: Vec<FeedSummary>,
    pub seconds: f64,
    /// The plan alone was asked for; nothing was written.
    pub dry_run: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedSummary {
    pub feed: String,
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
    /// How many defects of each code.
    pub anomalies: BTreeMap<String, u64>,
}

impl FeedSummary {
    fn planned(plan: plan::FeedPlan) -> Self {
        let plan::FeedPlan { feed, files, rows, bytes } = plan;
        Self { feed: feed.to_owned(), files, rows, bytes, anomalies: BTreeMap::new() }
    }
}

impl GenerateSummary {
    pub fn rows(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.rows).sum()
    }
    pub fn bytes(&self) -> u64 {
        self.feeds.iter().map(|feed| feed.bytes).sum()
    }
    pub fn anomalies(&self) -> u64 {
        self.feeds.iter().flat_map(|feed| feed.anomalies.values()).sum()
    }

    /// For people: a line a feed.
    pub fn table(&self) -> ingot_core::report::Table {
        let row = |name: &str, files: u64, rows: u64, bytes: u64, defects: u64| {
            vec![name.to_owned(), thousands(files), thousands(rows), self::bytes(bytes), thousands(defects)]
        };
        let mut rows: Vec<Vec<String>> = self
            .feeds
            .iter()
            .map(|feed| row(&feed.feed, feed.files, feed.rows, feed.bytes, feed.anomalies.values().sum()))
            .collect();
        let files = self.feeds.iter().map(|feed| feed.files).sum();
        rows.push(row("total", files, self.rows(), self.bytes(), self.anomalies()));
        ingot_core::report::Table {
            title: "Raw data".to_owned(),
            headers: ["feed", "files", "rows", "size", "defects"].map(str::to_owned).to_vec(),
            rows,
        }
    }
}

/// Generates the raw data. A later window with the same seed, scale and settings, which begins where the one in
/// the folder ends, is added to it; other data there is an error unless `force` says to replace it.
pub fn generate(options: &GenerateOptions, reporter: &dyn Reporter) -> Result<GenerateSummary> {
    let started = Instant::now();
    let window = options.window()?;
    let contracts = load_all(&options.schemas)?;
    ingot_lake::DeltaTable::check_place(&options.out)?;
    let settings = options.read_settings()?;
    let roots = retail::Retail::roots(&contracts);
    let world = state::World { seed: options.seed, scale: options.scale, settings: &settings };
    let look = || state::look(&options.out, &roots, &world, window, options.force);
    let situation = look()?;
    let delivery = situation.delivery();
    let windows = situation.windows.clone();
    let retail = retail::Retail::new(
        options.seed,
        options.scale,
        windows,
        delivery.clone(),
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
    if options.dry_run {
        reporter.info(plan.to_string());
        return Ok(GenerateSummary {
            feeds: plan.feeds().into_iter().map(FeedSummary::planned).collect(),
            seconds: started.elapsed().as_secs_f64(),
            dry_run: true,
        });
    }

    let _lock = lock::lock_raw_folder(&options.out)?;
    if look()? != situation {
        return Err(Error::new("the folder has changed while the plan was made")
            .of_kind(Kind::InUse)
            .at(&options.out)
            .hint("another run has just ended there; run again"));
    }
    reporter.report(Event::StageStarted {
        stage: "generate",
        detail: format!(
            "{} to {}, seed {}, scale {}",
            calendar::iso(window.start),
            calendar::iso(window.end() - 1),
            options.seed,
            options.scale
        ),
    });
    state::begin(&options.out, &roots, &situation, &world)?;
    let feeds = run::run(&retail, &plan, &delivery, options.jobs, reporter)?;
    state::finish(&options.out, &situation, &world)?;
    let summary = GenerateSummary { feeds, seconds: started.elapsed().as_secs_f64(), dry_run: false };
    reporter.report(Event::Table(summary.table()));
    reporter.report(Event::StageFinished {
        stage: "generate",
        seconds: summary.seconds,
        detail: format!("{} rows, {}", thousands(summary.rows()), bytes(summary.bytes())),
    });
    Ok(summary)
}

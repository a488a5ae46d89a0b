//! What a person can ask of the generator.

use crate::anomalies::{Anomaly, Rates};
use crate::calendar;
use crate::plan::Window;
use crate::retail;
use crate::settings::Settings;
use crate::subject::Subject;
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use std::path::PathBuf;

/// What to generate, and where.
#[derive(Debug, Clone)]
pub struct GenerateOptions {
    pub seed: u64,
    /// Size of the data. Of the retail world, 1 is about 15 million rows and a gigabyte in the default window; of contracts,
    /// 1 is the rows that they state.
    pub scale: f64,
    /// The raw folder.
    pub out: PathBuf,
    /// The folder of the contracts.
    pub schemas: PathBuf,
    /// `2023-01-01`.
    pub start_date: String,
    pub days: u32,
    /// Some orders are delivered up to this many days late, in files of their own: 0 to 60.
    pub late_days: u32,
    /// The file that says how often each defect is planted; without it, or with `None`, the defaults hold.
    pub settings: Option<PathBuf>,
    /// Plant no defects, whatever the settings say.
    pub no_defects: bool,
    /// Number of threads; 0 is one per core.
    pub jobs: usize,
    /// Report the plan and write nothing.
    pub dry_run: bool,
    /// Replace raw data that was made with other arguments.
    pub force: bool,
    /// Ends the run between two files.
    pub interrupt: Interrupt,
}

/// An order comes this many days late at most.
const MOST_LATE_DAYS: u32 = 60;
/// A smaller shop would not have an order a week.
const LEAST_SCALE: f64 = 0.0001;
const MOST_SCALE: f64 = 500.0;

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
            interrupt: Interrupt::default(),
        }
    }

    /// The days to generate.
    ///
    /// # Errors
    /// The window, scale or delay is out of range.
    pub(crate) fn window(&self, subject: Subject) -> Result<Window> {
        let start = calendar::parse(&self.start_date)?;
        let (earliest, latest) = (calendar::from_civil(2015, 1, 1), calendar::from_civil(2050, 1, 1));
        let days = i32::try_from(self.days).unwrap_or(i32::MAX);
        if days < 1 {
            return Err(Error::new("--days must be at least 1"));
        }
        if start < earliest || start.saturating_add(days) > latest {
            return Err(Error::new(format!(
                "the window of {1} days from {0} is not within {2} to {3}",
                self.start_date,
                self.days,
                calendar::iso(earliest),
                calendar::iso(latest)
            ))
            .hint(match subject {
                Subject::Retail => "choose a window between 2015, when the retailer opened its web shop, and 2050, until when its clocks are known",
                Subject::Contracts => "choose a window between 2015 and 2050",
            }));
        }
        if !(LEAST_SCALE..=MOST_SCALE).contains(&self.scale) {
            return Err(Error::new(format!(
                "scale {} is not between {LEAST_SCALE} and {MOST_SCALE}",
                self.scale
            ))
            .hint(match subject {
                Subject::Retail => {
                    "choose 0.01 to look around; scale 1 is about 15 million rows and a gigabyte"
                }
                Subject::Contracts => "scale 1 is the number of rows that the contracts state",
            }));
        }
        if self.late_days > MOST_LATE_DAYS {
            return Err(Error::new(format!(
                "--late-days must be at most {MOST_LATE_DAYS}, and is {}",
                self.late_days
            )));
        }
        Ok(Window { start, days, late_days: i32::try_from(self.late_days).unwrap_or(i32::MAX) })
    }

    /// # Errors
    /// The file is there and cannot be read, or is wrong.
    pub(crate) fn read_settings(&self, table: &'static [Anomaly]) -> Result<Settings> {
        let mut settings = match &self.settings {
            Some(file) => Settings::read(file, table)?,
            None => Settings::defaults(table),
        };
        if self.no_defects {
            settings.rates = Rates::none(table);
        }
        Ok(settings)
    }
}

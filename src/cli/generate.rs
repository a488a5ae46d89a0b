//! `ingot generate`.

use super::effect::Effect;
use super::exit::Exit;
use super::global::Global;
use ingot_core::error::Result;
use ingot_generate::{GenerateOptions, subject_of_project};
use std::path::PathBuf;

/// Make synthetic data with planted defects, and a ledger that names them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "In the retail project, data of a retailer; in any other project, what the contracts in schemas/ describe: \
    each feed in files of its form, with values that keep its rules, and defects that break them. Their custom property \
    `ingot.generate` says how many rows there are, how values are spread and how time runs.\n\n\
    Scale of the retail project, in its default window of two years:\n  \
    0.01   about 155,000 rows, 10 MB      to look around\n  \
    0.1    about 1,490,000 rows, 100 MB\n  \
    1      about 14,800,000 rows, 1 GB\n\n\
    The same seed, scale and window give the same bytes on any machine, with any number of threads.\n\n\
    To add days to existing data, run again with the same --seed and --scale and a --start-date that is the day \
    after the last one. The dimensions are delivered again as they are then.\n\n\
    Orders that --late-days delivers late come in files of their own, in the folder of their day. An order that is \
    due after the end of the window comes with the window that contains the day on which it is due.\n\n\
    generate.yaml sets how often each defect is planted."
)]
pub(super) struct Arguments {
    /// Random seed; the same seed makes the same data
    #[arg(long, default_value_t = 42, allow_negative_numbers = true)]
    seed: u64,
    /// Size of the data: in the retail project, 1 is a million orders in two years; elsewhere, the rows that the
    /// contracts state [default: 1; in the retail project, 0.01]
    #[arg(long, allow_negative_numbers = true)]
    scale: Option<f64>,
    /// Folder to write to [default: data_raw in the project]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// First day of the window
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2023-01-01")]
    start_date: String,
    /// Number of days in the window [default: 30; in the retail project, 731]
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=12_784))]
    days: Option<u32>,
    /// Deliver some of each day's orders up to N days late
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=60))]
    late_days: u32,
    /// Plant no defects, whatever generate.yaml says
    #[arg(long)]
    no_defects: bool,
    /// Number of threads [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = super::global::threads)]
    jobs: Option<usize>,
    /// Print the plan (files, rows, bytes) without writing anything
    #[arg(long)]
    dry_run: bool,
    /// Replace raw data that was made with other arguments
    #[arg(long)]
    force: bool,
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        Effect::changes("generate").unless(self.dry_run)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let project = global.project()?;
    let settings = project.generate_settings();
    let subject = subject_of_project(&project.schemas(), Some(&settings))?;
    let options = GenerateOptions {
        seed: arguments.seed,
        scale: arguments.scale.unwrap_or_else(|| subject.default_scale()),
        out: arguments.out.clone().unwrap_or_else(|| project.data_raw()),
        schemas: project.schemas(),
        start_date: arguments.start_date.clone(),
        days: arguments.days.unwrap_or_else(|| subject.default_days()),
        late_days: arguments.late_days,
        settings: Some(settings),
        no_defects: arguments.no_defects,
        jobs: arguments.jobs.unwrap_or(0),
        dry_run: arguments.dry_run,
        force: arguments.force,
        interrupt: global.interrupt(),
    };
    let reporter = global.reporter();
    let generation = ingot_generate::prepare(&options)?;
    // Whatever goes wrong from here on is a run that failed, not one that could not begin.
    match generation.run(reporter.as_ref()) {
        Ok(made) => {
            global.note(|audit| audit.detail("generated rows", made.rows()));
            Ok(Exit::Success)
        }
        Err(error) => {
            reporter.error(&error);
            Ok(Exit::Failed)
        }
    }
}

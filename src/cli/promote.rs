//! `ingot promote`.

use super::exit::Exit;
use super::global::{Format, Global};
use crate::environments::{promote_audited, state};
use ingot_core::error::Result;
use ingot_core::report::{Event, Reporter, bytes, counted};
use ingot_govern::{Promotion, StateChecks, promote};
use std::time::Instant;

/// Make the tested state of one environment that of another, without a rebuild
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: ingot promote test prod\n\n\
                  The lake is taken over by reference: files of tables are never changed, so both environments share them, with \
                  the same versions. The warehouse is copied, where the file system can by reference. A state is refused if \
                  a test failed or was not run, or if data, models or tests have changed since.\n\n\
                  Exit codes: 0 promoted, 1 the state was not tested as it is, 2 it could not run.")]
pub(super) struct Arguments {
    /// Environment that was tested; the name of the profile's target means the project itself
    #[arg(value_name = "FROM")]
    from: String,
    /// Environment that gets its state
    #[arg(value_name = "TO")]
    to: String,
    /// Only check, and say what would be promoted
    #[arg(long)]
    dry_run: bool,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let started = Instant::now();
    let project = global.project()?;
    let (from, options) = state(&project, &arguments.from)?;
    let (to, _) = state(&project, &arguments.to)?;
    let checks = StateChecks::Tested(&options);
    let promotion = if arguments.dry_run {
        promote(&from, &to, &checks, true)?
    } else {
        promote_audited(&from, &to, &checks, "promote")?
    };
    let reporter = global.reporter_for(arguments.format);
    if arguments.format == Format::Json {
        let line = format!("{:#}", serde_json::json!(promotion));
        reporter.report(Event::Result { line });
        return Ok(Exit::Success);
    }
    for table in &promotion.without_test {
        reporter.warn(format!("{table} has no test"));
    }
    if arguments.dry_run {
        let tables = counted(promotion.tables.len() as u64, "table");
        reporter.info(format!("{tables} of '{}' would be promoted to '{}'", promotion.from, promotion.to));
    } else {
        tell("promote", &promotion, started, reporter.as_ref());
    }
    Ok(Exit::Success)
}

pub(super) fn tell(stage: &'static str, promotion: &Promotion, started: Instant, reporter: &dyn Reporter) {
    let detail = format!(
        "{} from '{}' to '{}': {} shared, {} copied ({}), warehouse {}",
        counted(promotion.tables.len() as u64, "table"),
        promotion.from,
        promotion.to,
        counted(promotion.linked, "file"),
        counted(promotion.copied, "small one"),
        bytes(promotion.copied_bytes),
        bytes(promotion.warehouse_bytes),
    );
    reporter.report(Event::StageFinished { stage, seconds: started.elapsed().as_secs_f64(), detail });
}

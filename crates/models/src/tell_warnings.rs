//! Hands warnings to the report, as the project's rules have it: told, passed over, or errors.

use crate::options::RunOptions;
use crate::warnings::{Treatment, Warning, WarningKind, WarningRules};
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Level, Reporter, counted};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Reports warnings; of most deprecations only the first of each kind, and how often each was met.
///
/// # Errors
/// The rules make errors of some.
pub(crate) fn tell_warnings(
    options: &RunOptions,
    rules: &WarningRules,
    warnings: Vec<Warning>,
    reporter: &dyn Reporter,
) -> Result<()> {
    let mut errors = 0;
    let mut deprecations: BTreeMap<String, usize> = BTreeMap::new();
    let mut untold = 0;
    let debugs = options.log.as_ref().is_some_and(|log| log.shows_debug);
    for warning in warnings {
        let warning = if debugs { with_all_names(warning) } else { warning };
        // As under dbt, --debug shows all names with spaces.
        let all = options.show_all_deprecations
            || (debugs && warning.kind == WarningKind::SpacesInResourceNameDeprecation);
        if warning.kind.is_deprecation() && rules.of(warning.kind) != Treatment::Silence {
            let count = deprecations.entry(warning.kind.name()).or_default();
            *count += 1;
            if *count > 1 && warning.kind.is_told_once() && !all {
                untold += 1;
                continue;
            }
        }
        match rules.of(warning.kind) {
            Treatment::Silence => {}
            Treatment::Tell => {
                let named = warning.kind.is_deprecation() && rules.names_deprecations();
                let warning = if named { warning.named() } else { warning };
                reporter.report(warning.event(Level::Warning));
            }
            Treatment::Error => {
                errors += 1;
                // As under dbt, what ends the command is no warning of that name.
                let Event::Named { level, text, data, .. } = warning.into_error().event(Level::Error) else {
                    continue;
                };
                reporter.report(Event::Named { name: "Note".to_owned(), level, text, data });
            }
        }
    }
    sum_up(&deprecations, untold, reporter);
    if errors == 0 {
        return Ok(());
    }
    let what = match errors {
        1 => "1 warning is treated as an error".to_owned(),
        _ => format!("{errors} warnings are treated as errors"),
    };
    Err(Error::new(what).hint(
        "each is listed above with its name; --warn-error and --warn-error-options say which are errors",
    ))
}

/// What counts names with spaces, without the advice to have them all shown.
fn with_all_names(mut warning: Warning) -> Warning {
    if warning.kind == WarningKind::ResourceNamesWithSpacesDeprecation
        && let Some(words) = warning.data["msg"].as_str()
    {
        warning.data["msg"] = words.replace(" Run again with `--debug` to see them all.", "").into();
        warning.data["show_debug_hint"] = false.into();
    }
    warning
}

/// How often each deprecation was met: always for the log, and for people if not all were told.
fn sum_up(deprecations: &BTreeMap<String, usize>, untold: usize, reporter: &dyn Reporter) {
    if deprecations.is_empty() {
        return;
    }
    let counted: Vec<String> = deprecations
        .iter()
        .map(|(name, count)| format!("{name} {}", counted(*count as u64, "time")))
        .collect();
    let summaries: Vec<Json> =
        deprecations.iter().map(|(name, count)| json!({"event_name": name, "occurrences": count})).collect();
    reporter.report(Event::Named {
        name: WarningKind::DeprecationsSummary.name(),
        level: if untold > 0 { Level::Warning } else { Level::Debug },
        text: format!("deprecated: {}; --show-all-deprecations shows each", counted.join(", ")),
        data: json!({"summaries": summaries, "show_all_hint": untold > 0}),
    });
}

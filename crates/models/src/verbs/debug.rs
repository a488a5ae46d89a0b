//! `debug`: says which files and which database are used, whether the files can be read, and whether the database can be
//! opened; in the shape that dbt's has, for programs that look for its lines.
//! <https://github.com/dbt-labs/dbt-core/blob/v1.11.14/core/dbt/task/debug.py>

use crate::dbt;
use crate::options::RunOptions;
use crate::outcomes::RunSummary;
use crate::project::profiles::{self, Target};
use crate::setup;
use crate::tell_warnings::tell_warnings;
use crate::verbs::job::OpenEngine;
use ingot_core::error::{Error, Result};
use ingot_core::report::{Event, Reporter};
use ingot_engine::{Cell, Dialect};

/// What was checked and is not as it must be: a line that says what failed, and why.
struct Failed {
    what: &'static str,
    errors: Vec<Error>,
}

/// Looks at profile, project and database. What fails is reported, and makes the exit code 1.
///
/// # Errors
/// Warnings of the project that are to be errors.
pub(crate) fn run(
    options: &RunOptions,
    id: &str,
    reporter: &dyn Reporter,
    open: OpenEngine,
) -> Result<RunSummary> {
    let say = |line: String| reporter.report(Event::Result { line });
    let root = std::path::absolute(&options.project_dir).unwrap_or_else(|_| options.project_dir.clone());
    let profiles_yaml = profiles::expected(options.profiles_dir.as_deref(), &root);
    say(format!("ingot version: {} (follows dbt {})", env!("CARGO_PKG_VERSION"), dbt::VERSION));
    if let Some(folder) = profiles_yaml.parent() {
        say(format!("Using profiles dir at {}", folder.display()));
    }
    say(format!("Using profiles.yml file at {}", profiles_yaml.display()));
    say(format!("Using dbt_project.yml file at {}", root.join("dbt_project.yml").display()));
    let mut failures = Vec::new();
    // A project that does not say which profile it has is at fault, and not the file of profiles.
    let names_profile =
        options.profile.is_some() || setup::profile_name(options).is_ok_and(|name| name.is_some());
    let target = match setup::target(options) {
        Ok(target) => Some(target),
        Err(error) => {
            let what = "Profile loading failed for the following reason:";
            failures.push(Failed { what, errors: vec![error] });
            None
        }
    };
    let profile_status = match &target {
        Some(_) => "OK found and valid",
        None if !names_profile && profiles_yaml.is_file() => "OK found",
        None if profiles_yaml.is_file() => "ERROR invalid",
        None => "ERROR not found",
    };
    if let Some(target) = &target {
        say(format!("adapter type: {}", target.dialect().adapter_type()));
    }
    // Without a target nothing of the project can be rendered.
    let project_status = match target.as_ref().map(|_| setup::load(options, id)) {
        None if names_profile => "SKIPPED",
        None if root.join("dbt_project.yml").is_file() => "ERROR invalid",
        None => "ERROR not found",
        Some(Ok(invocation)) => {
            let warnings = invocation.project.root.warnings.clone();
            tell_warnings(options, &invocation.settings.warning_rules, warnings, reporter)?;
            "OK found and valid"
        }
        Some(Err(errors)) => {
            failures.push(Failed { what: "Project loading failed for the following reason:", errors });
            if root.join("dbt_project.yml").is_file() { "ERROR invalid" } else { "ERROR not found" }
        }
    };
    if options.connection_only {
        say("Skipping steps before connection verification".to_owned());
    } else {
        say("Configuration:".to_owned());
        say(format!("  profiles.yml file [{profile_status}]"));
        say(format!("  dbt_project.yml file [{project_status}]"));
    }
    match &target {
        None => say("Connection test skipped since no profile was found".to_owned()),
        Some(target) => {
            about(target).into_iter().for_each(say);
            match version(target, open) {
                Ok(version) => {
                    let name = match target.dialect() {
                        Dialect::DuckDb => "DuckDB",
                        Dialect::Spark => "Spark",
                    };
                    say(format!("  engine: {name} {version}"));
                    say("  Connection test: [OK connection ok]".to_owned());
                }
                Err(error) => {
                    say("  Connection test: [ERROR]".to_owned());
                    let what = "dbt was unable to connect to the specified database.";
                    failures.push(Failed { what, errors: vec![error] });
                }
            }
        }
    }
    say(match failures.len() {
        0 => "All checks passed!".to_owned(),
        1 => "1 check failed:".to_owned(),
        count => format!("{count} checks failed:"),
    });
    for failed in &failures {
        say(failed.what.to_owned());
        failed.errors.iter().for_each(|error| reporter.error(error));
    }
    Ok(RunSummary { debug_failed: !failures.is_empty(), ..RunSummary::default() })
}

/// Which database is used, and how.
fn about(target: &Target) -> Vec<String> {
    vec![
        "Connection:".to_owned(),
        format!("  profile: {}, target {}", target.profile_name, target.name),
        match target.database.as_str() {
            "" => format!("  server: {}", target.options.place()),
            database => format!("  database: {} ({database})", target.options.place()),
        },
        format!("  schema: {}, threads: {}", target.schema, target.threads),
    ]
}

/// Opens the database, and asks for its version.
fn version(target: &Target, open: OpenEngine) -> Result<String> {
    let rows = open(&target.options)?.session()?.query("select version()")?;
    Ok(match rows.rows.first().and_then(|row| row.first()) {
        Some(Cell::Text(version)) => version.clone(),
        _ => String::new(),
    })
}

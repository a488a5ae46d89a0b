//! `ingot dbt init`: a new project, or the profile of one that is there.

use super::flags::Connection;
use crate::cli::exit::Exit;
use crate::cli::global::{Global, current_dir};
use ingot_core::error::{Context, Error, Kind, Result};
use ingot_core::project::Project;
use ingot_core::report::Reporter;
use ingot_models::{RunOptions, Verb};
use std::io::IsTerminal;

/// Writes the project `name`. Without a name, the project that is there gets its profile; where there is none, the name is
/// asked for.
pub(super) fn run(
    name: Option<&str>,
    skip_profile_setup: bool,
    connection: &Connection,
    global: &Global,
) -> Result<Exit> {
    let reporter = global.reporter();
    let name = match name {
        Some(name) => name.to_owned(),
        None => match global.project() {
            Ok(project) if project.root().join("dbt_project.yml").is_file() => {
                return set_up(skip_profile_setup, connection, &project, reporter.as_ref());
            }
            Err(error) if !matches!(error.kind(), Kind::NotFound { .. }) => return Err(error),
            _ => ask_for_name(reporter.as_ref())?,
        },
    };
    let folder = ingot_models::init(&current_dir()?, &name, connection.profile())?;
    reporter
        .info(format!("Wrote a project to {}.\n\nNext:\n  cd {name}\n  ingot dbt build", folder.display()));
    Ok(Exit::Success)
}

fn set_up(
    skip_profile_setup: bool,
    connection: &Connection,
    project: &Project,
    reporter: &dyn Reporter,
) -> Result<Exit> {
    if connection.profile().is_some() {
        return Err(Error::new("--profile is of a new project, and this folder is one already")
            .in_dbts_words(
                "Can not init existing project with specified profile, edit dbt_project.yml instead",
            )
            .hint("change `profile:` in dbt_project.yml"));
    }
    if skip_profile_setup {
        reporter.info("this folder is a project already: there is nothing to write".to_owned());
        return Ok(Exit::Success);
    }
    let mut options = RunOptions::new(Verb::Parse, project.root());
    connection.apply(&mut options)?;
    reporter.info(match ingot_models::set_up_profile(&options)? {
        Some(file) => format!("Wrote the profile of the project to {}.", file.display()),
        None => "the project has its profile: there is nothing to write".to_owned(),
    });
    Ok(Exit::Success)
}

fn ask_for_name(reporter: &dyn Reporter) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(
            Error::new("the name of the new project is missing").hint("give it: `ingot dbt init NAME`")
        );
    }
    reporter.info("Name of the project (letters, digits and _):".to_owned());
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).or_cannot("read the answer")?;
    Ok(answer.trim().to_owned())
}

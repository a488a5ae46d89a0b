//! What every command understands: the project, how much is said, in which form and colour; and Ctrl-C.

use crate::audited::{AuditNotes, OpenEntry};
use clap::{Args, ValueEnum};
use ingot_core::error::{Error, Result};
use ingot_core::interrupt::Interrupt;
use ingot_core::project::Project;
use ingot_core::report::{Json, Live, LiveFile, Reporter, Terminal, TerminalOptions};
use ingot_core::sync::lock;
use ingot_govern::{complete_promotion, refresh_links};
use ingot_models::{RunOptions, Verb, places};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Project folder [default: the current folder, or the nearest one above it that is a project]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "INGOT_PROJECT_DIR",
        help_heading = "Global options"
    )]
    project_dir: Option<PathBuf>,
    /// Environment to work in: the folder environments/NAME of the project
    #[arg(long, global = true, value_name = "NAME", env = "DBT_TARGET", help_heading = "Global options")]
    target: Option<String>,
    /// Show only warnings and errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Log as text, or as one JSON object per line
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    log_format: LogFormat,
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    color: Color,
    /// The project, once a command has asked for it.
    #[arg(skip)]
    found: OnceLock<Project>,
    /// The file by which others follow the run, once there is one.
    #[arg(skip)]
    live: OnceLock<Arc<LiveFile>>,
    /// The command's entry in the audit trail, while it has one.
    #[arg(skip)]
    entry: Mutex<Option<OpenEntry>>,
    /// What goes into that entry.
    #[arg(skip)]
    audit: Mutex<AuditNotes>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum LogFormat {
    #[default]
    #[value(alias = "default", alias = "debug")]
    Text,
    Json,
}

/// How a command prints its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

/// How a command prints a list of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    #[default]
    Text,
    Json,
    Csv,
}

/// Where messages go beside such a list: JSON and CSV leave standard output to the rows.
impl From<ListFormat> for Format {
    fn from(list: ListFormat) -> Self {
        match list {
            ListFormat::Text => Self::Text,
            ListFormat::Json | ListFormat::Csv => Self::Json,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Global {
    /// The project; with `--target NAME`, its environment of that name, if it has one. It is looked for once, and what is to
    /// be done in an environment first is done once.
    pub(super) fn project(&self) -> Result<Project> {
        if let Some(known) = self.found.get() {
            return Ok(known.clone());
        }
        let project = match &self.project_dir {
            Some(dir) if !dir.is_dir() => return Err(Error::new("the project folder is not there").at(dir)),
            Some(dir) => Project::find(dir)?,
            None => Project::find(&current_dir()?)?,
        };
        let project = match self.target.as_deref() {
            Some(name) => in_environment(project, name)?,
            None => project,
        };
        if project.environment_name().is_some() {
            refresh_links(&project)?;
            complete_promotion(&project)?;
        }
        Ok(self.found.get_or_init(|| project).clone())
    }

    /// What the first Ctrl-C raises, so that the work ends cleanly; the second ends the process at once.
    /// For commands that ask it between their steps; under others Ctrl-C keeps its usual meaning.
    pub(super) fn interrupt(&self) -> Interrupt {
        let interrupt = Interrupt::default();
        let raised = interrupt.clone();
        let listening = ctrlc::set_handler(move || {
            if raised.set() {
                std::process::exit(130);
            }
        });
        if let Err(error) = listening {
            self.reporter().warn(format!("Ctrl-C will stop at once instead of cleanly: {error}"));
        }
        interrupt
    }

    pub(super) fn speaks_json(&self) -> bool {
        matches!(self.log_format, LogFormat::Json)
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn reporter(&self) -> Box<dyn Reporter> {
        self.reporter_for(Format::Text)
    }

    /// If the result is one JSON document, nothing else is written to standard output.
    pub(super) fn reporter_for(&self, format: Format) -> Box<dyn Reporter> {
        let quiet = self.quiet || format == Format::Json;
        let color = match self.color {
            Color::Auto => None,
            Color::Always => Some(true),
            Color::Never => Some(false),
        };
        let shown: Box<dyn Reporter> = match self.log_format {
            LogFormat::Text => Box::new(Terminal::new(TerminalOptions { quiet, color })),
            LogFormat::Json => Box::new(Json),
        };
        match self.live.get() {
            Some(file) => Box::new(Live::new(shown, file.clone())),
            None => shown,
        }
    }

    /// The command has this entry in the audit trail from now on.
    pub(super) fn has_entry(&self, entry: OpenEntry) {
        *lock(&self.entry) = Some(entry);
    }

    /// The command's work is done: decides whether its entry stays, and gives its name then.
    pub(super) fn settle_entry(&self, result: &str) -> Option<String> {
        let notes = self.audit_notes();
        // What goes wrong here goes wrong again when the entry is ended, and is said then.
        lock(&self.entry).as_mut()?.settle(result, &notes).ok()?
    }

    /// The entry, to be ended.
    pub(super) fn take_entry(&self) -> Option<OpenEntry> {
        lock(&self.entry).take()
    }

    /// Notes something for the command's entry.
    pub(super) fn note(&self, note: impl FnOnce(&mut AuditNotes)) {
        note(&mut lock(&self.audit));
    }

    pub(super) fn audit_notes(&self) -> AuditNotes {
        lock(&self.audit).clone()
    }

    /// From now on, what this process reports can be followed in a file as well.
    pub(super) fn be_followed(&self, file: Arc<LiveFile>) {
        // A process runs one command, so that nobody was before.
        let _ = self.live.set(file);
    }
}

/// The environment of a project that `--target` names. If it has no such environment, the name is that of an output in
/// profiles.yml, as under dbt.
fn in_environment(project: Project, name: &str) -> Result<Project> {
    if let Some(environment) = project.environment(name) {
        return Ok(environment);
    }
    let is_of_dbt = project.root().join("dbt_project.yml").is_file();
    let names_a_profile = std::env::args().any(|argument| argument.starts_with("--profile"));
    if project.environments().is_dir() && is_of_dbt && !names_a_profile {
        // A name that nobody knows must not mean the data of the project itself.
        let mut options = RunOptions::new(Verb::Parse, project.root());
        options.target = Some(name.to_owned());
        places(&options).map_err(|error| error.context(format!("there is no environment '{name}'")))?;
    }
    Ok(project)
}

/// A sensible number of threads: thousands of them would only wait for each other.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err("must be 1 to 256".to_owned()),
    }
}

pub(super) fn current_dir() -> Result<PathBuf> {
    std::env::current_dir()
        .map_err(|error| Error::new("the current folder cannot be read; was it removed?").caused_by(error))
}

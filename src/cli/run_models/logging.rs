//! dbt's flags for its log.

use super::flags::absolute;
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use ingot_core::error::Result;
use ingot_core::report::Level;
use ingot_models::{LogForm, LogOptions};
use std::path::PathBuf;

#[derive(Debug, Default, Args)]
pub(super) struct Logging {
    /// Folder of dbt.log [default: logs in the project]
    #[arg(long, global = true, value_name = "DIR", env = "DBT_LOG_PATH")]
    log_path: Option<PathBuf>,
    /// Form of the lines of dbt.log
    #[arg(long, global = true, value_enum, env = "DBT_LOG_FORMAT_FILE")]
    log_format_file: Option<Form>,
    /// Least level that is written to dbt.log [default: debug]
    #[arg(long, global = true, value_enum, value_name = "LEVEL", env = "DBT_LOG_LEVEL_FILE")]
    log_level_file: Option<LogLevel>,
    /// Least level that --log-format json prints [default: info]
    #[arg(long, global = true, value_enum, value_name = "LEVEL", env = "DBT_LOG_LEVEL")]
    log_level: Option<LogLevel>,
    /// Size from which dbt.log is put aside as dbt.log.1 [default: 10 MiB]
    #[arg(long, global = true, value_name = "BYTES", env = "DBT_LOG_FILE_MAX_BYTES")]
    log_file_max_bytes: Option<u64>,
    /// The same as --log-level debug
    #[arg(long, short, global = true, overrides_with = "no_debug", env = "DBT_DEBUG", value_parser = FalseyValueParser::new())]
    debug: bool,
    #[arg(long, hide = true, global = true, overrides_with = "debug")]
    no_debug: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    #[value(alias = "default", alias = "debug")]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogLevel {
    Debug,
    Info,
    #[value(alias = "warning")]
    Warn,
    Error,
    None,
}

impl LogLevel {
    fn level(self) -> Option<Level> {
        match self {
            Self::Debug => Some(Level::Debug),
            Self::Info => Some(Level::Info),
            Self::Warn => Some(Level::Warning),
            Self::Error => Some(Level::Error),
            Self::None => None,
        }
    }
}

impl Logging {
    /// What is logged. `json`: events are also printed, one JSON object a line.
    pub(super) fn options(&self, json: bool, quiet: bool) -> Result<LogOptions> {
        let defaults = LogOptions::default();
        let level = match (self.log_level, self.debug, quiet) {
            (Some(level), _, _) => level.level(),
            (None, true, _) => Some(Level::Debug),
            (None, false, true) => Some(Level::Error),
            (None, false, false) => Some(Level::Info),
        };
        Ok(LogOptions {
            folder: absolute(self.log_path.as_deref())?,
            file_form: match self.log_format_file {
                Some(Form::Json) => LogForm::Json,
                Some(Form::Text) => LogForm::Text,
                // As under dbt, --log-format is that of the file too.
                None if json => LogForm::Json,
                None => LogForm::Text,
            },
            file_level: self.log_level_file.map_or(defaults.file_level, LogLevel::level),
            file_max_bytes: self.log_file_max_bytes.unwrap_or(defaults.file_max_bytes),
            console_json: level.filter(|_| json),
            shows_debug: level == Some(Level::Debug) && !json,
        })
    }
}

//! Where entries go.

use super::entry::{Common, Entry, clock};
use super::options::{LOG_FOLDER, LogForm, LogOptions};
use ingot_core::error::{Context, Result};
use ingot_core::report::Level;
use ingot_core::sync::lock;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

/// The file, and standard output if it is asked for.
pub(super) struct Sink {
    file: Option<(Mutex<File>, LogForm, Level)>,
    console: Option<Level>,
}

impl Sink {
    /// Opens the file, after it was put aside if it is too large.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub(super) fn open(options: &LogOptions, project: &Path, invocation_id: &str) -> Result<Self> {
        let Some(level) = options.file_level else {
            return Ok(Self { file: None, console: options.console_json });
        };
        let folder = project.join(options.folder.as_deref().unwrap_or(Path::new(LOG_FOLDER)));
        let path = folder.join("dbt.log");
        std::fs::create_dir_all(&folder).or_cannot_at("make the folder of the log", &folder)?;
        if std::fs::metadata(&path).is_ok_and(|about| about.len() > options.file_max_bytes) {
            std::fs::rename(&path, folder.join("dbt.log.1")).or_cannot_at("put the log aside", &path)?;
        }
        let file = File::options().append(true).create(true).open(&path);
        let mut file = file.or_cannot_at("open the log", &path)?;
        if options.file_form == LogForm::Text {
            let line = "=".repeat(30);
            // A log that cannot be written is not worth stopping for.
            let _ = writeln!(file, "\n\n{line} {} | {invocation_id} {line}", clock());
        }
        Ok(Self { file: Some((Mutex::new(file), options.file_form, level)), console: options.console_json })
    }

    /// Writes an entry that is an answer: it is printed whatever the console's level is.
    pub(super) fn answer(&self, common: &Common, entry: &Entry) {
        self.write_to(common, [entry], self.console.map(|least| least.min(entry.level)));
    }

    /// Writes entries that are there together in one call, so that a run that is killed has said all that it did.
    pub(super) fn write<'e>(&self, common: &Common, entries: impl IntoIterator<Item = Entry<'e>>) {
        let entries: Vec<Entry> = entries.into_iter().collect();
        self.write_to(common, &entries, self.console);
    }

    fn write_to<'e>(
        &self,
        common: &Common,
        entries: impl IntoIterator<Item = &'e Entry<'e>>,
        console: Option<Level>,
    ) {
        let (mut to_file, mut to_console) = (String::new(), String::new());
        for entry in entries {
            match &self.file {
                Some((_, form, least)) if entry.level >= *least => match form {
                    LogForm::Text => common.add_text(entry, &mut to_file),
                    LogForm::Json => common.add_json(entry, &mut to_file),
                },
                _ => {}
            }
            if console.is_some_and(|least| entry.level >= least) {
                common.add_json(entry, &mut to_console);
            }
        }
        // A log that cannot be written is not worth stopping for.
        if let (Some((file, ..)), false) = (&self.file, to_file.is_empty()) {
            let _ = lock(file).write_all(to_file.as_bytes());
        }
        if !to_console.is_empty() {
            let _ = std::io::stdout().lock().write_all(to_console.as_bytes());
        }
    }
}

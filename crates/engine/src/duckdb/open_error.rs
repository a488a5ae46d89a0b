//! Why a database file cannot be opened, in words: who holds it, what it is, what to do.

use super::error_text::{Failure, RECOVER, tells_of_damage};
use crate::SqlError;
use ingot_core::error::{Error, Kind};
use std::path::Path;

/// The error of an `ATTACH` of `path`, explained.
pub(crate) fn explain_open(failure: Failure, path: &Path) -> Error {
    let text = &failure.0;
    if let Some(holder) = Holder::named_in(text) {
        return Error::new(format!("the database is in use by another process: {}", holder.describe()))
            .of_kind(Kind::InUse)
            .at(path)
            .hint(
                "close it there, or wait until it is done, and run again; DuckDB lets one process write to a file, \
                 or several read it",
            );
    }
    if text.contains("Could not set lock") || text.contains("being used by another process") {
        return Error::new("the database is in use by another process")
            .of_kind(Kind::InUse)
            .at(path)
            .hint("close the other program that has it open and run again")
            .caused_by(failure.into_sql_error());
    }
    if text.contains("already attached") {
        return Error::new("this process has the database open already").at(path);
    }
    if text.contains("not a valid DuckDB database file") {
        return Error::new("the file is not a DuckDB database")
            .at(path)
            .hint(format!("give another path; if this was the database of the project, {RECOVER}"));
    }
    if text.contains("newer") && text.contains("version") {
        return Error::new("the database was written by a newer DuckDB than this program has")
            .at(path)
            .hint("use a newer ingot, or write the file in an older storage version there")
            .caused_by(failure.into_sql_error());
    }
    if text.contains("Permission denied") || text.contains("Read-only file system") {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        return Error::new("no permission to write the database")
            .at(path)
            .hint(match folder {
                Some(folder) => {
                    format!("check who owns {} and its files, or give another path", folder.display())
                }
                None => "check who owns the file, or give another path".to_string(),
            })
            .caused_by(failure.into_sql_error());
    }
    // What DuckDB finds in a file that is none of the above is not what it wrote.
    let is_damaged = tells_of_damage(text) || text.contains("INTERNAL Error") || text.contains("erializ");
    let error = Error::from(failure).context("opening the database").at(path);
    if is_damaged { error.hint(RECOVER) } else { error }
}

/// The error of a statement that attaches the file, explained like that of opening it. Any other error stays as it is.
pub fn explain_attach(error: Error, file: &Path) -> Error {
    match SqlError::of(&error) {
        Some(parts) => explain_open(Failure(parts.text.clone()), file),
        None => error,
    }
}

/// The process that holds the lock, as far as DuckDB and the system say.
struct Holder {
    program: String,
    pid: Option<u32>,
}

impl Holder {
    /// From `Conflicting lock is held in /usr/bin/x (PID 12)`, with ` by user y` behind it at times.
    fn named_in(text: &str) -> Option<Self> {
        let rest = text.split_once("Conflicting lock is held in ")?.1;
        let rest = rest.split('\n').next().unwrap_or(rest);
        match rest.split_once(" (PID ") {
            Some((program, behind)) => {
                let pid = behind.split(')').next().and_then(|digits| digits.trim().parse().ok());
                Some(Self { program: program.trim().to_string(), pid })
            }
            None => {
                let program = rest.split(". See").next().unwrap_or(rest).trim().trim_end_matches('.');
                let pid = program.strip_prefix("PID ").and_then(|digits| digits.parse().ok());
                Some(Self { program: program.to_string(), pid })
            }
        }
    }

    fn describe(&self) -> String {
        let Some(pid) = self.pid else { return self.program.clone() };
        match command_line(pid) {
            Some(command) => format!("process {pid} ({command})"),
            None if self.program.is_empty() => format!("process {pid}"),
            None => format!("process {pid} ({})", self.program),
        }
    }
}

/// What the process was started as, where the system shows it (Linux).
fn command_line(pid: u32) -> Option<String> {
    const LONGEST: usize = 120;
    let raw = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<_> =
        raw.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(String::from_utf8_lossy).collect();
    let line = words.join(" ");
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attaching_a_file_that_is_held_is_explained_like_opening_it() {
        let text = "IO Error: Could not set lock on file \"/x/w.duckdb\": Conflicting lock is held in /usr/bin/x (PID 1).";
        let error = explain_attach(Error::from(Failure(text.to_owned())), Path::new("/x/w.duckdb"));
        assert_eq!(*error.kind(), Kind::InUse);
        assert!(error.message().starts_with("the database is in use by another process"), "{error}");
        let other = explain_attach(Error::new("something else"), Path::new("/x/w.duckdb"));
        assert_eq!(other.message(), "something else");
    }

    #[test]
    fn finds_the_holder_in_the_message() {
        let text = "IO Error: Could not set lock on file \"/x/w.duckdb\": Conflicting lock is held in /usr/bin/python3.11 (PID 4242) by user me. See also https://duckdb.org";
        let holder = Holder::named_in(text).unwrap();
        assert_eq!((holder.program.as_str(), holder.pid), ("/usr/bin/python3.11", Some(4242)));
        assert!(Holder::named_in("IO Error: disk full").is_none());
    }
}

//! Which other processes have files of the project open, and whose they are. Linux shows that in `/proc`, for the
//! processes that one may look at; elsewhere nothing is said here, and an attempt to open a locked file names its
//! holder instead.

use super::finding::Finding;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const AREA: &str = "locks";

/// A process with a file open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Holder {
    process: u32,
    user: String,
    command: String,
    writes: bool,
}

/// `places` are files, and folders of files.
pub(super) fn examine(places: &[&Path]) -> Vec<Finding> {
    let places: Vec<PathBuf> = places.iter().filter_map(|place| place.canonicalize().ok()).collect();
    let mut held: BTreeMap<PathBuf, BTreeSet<Holder>> = BTreeMap::new();
    for process in processes().into_iter().filter(|process| *process != std::process::id()) {
        for (file, writes) in open_files(process) {
            let is_ours = places.iter().any(|place| file.starts_with(place));
            let matters =
                file.extension().is_some_and(|extension| extension == "duckdb" || extension == "lock");
            if is_ours && matters {
                let holder = Holder { process, user: user(process), command: command(process), writes };
                held.entry(file).or_default().insert(holder);
            }
        }
    }
    let mut findings = Vec::new();
    for (file, holders) in held {
        let is_published = file.parent().is_some_and(|folder| folder.join(".publish.lock").is_file());
        for Holder { process, user, command, writes } in holders {
            let verb = if writes { "writes to" } else { "reads" };
            let what = format!("process {process} of {user} ({command}) {verb} {}", file.display());
            findings.push(if is_published && !writes {
                Finding::good(AREA, what)
            } else {
                let consequence = if writes { "nobody else can open it" } else { "no build can write to it" };
                Finding::warning(AREA, what, format!("while it does, {consequence}: close it there, or wait"))
            });
        }
    }
    findings
}

fn processes() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The files that a process has open, and whether for writing.
fn open_files(process: u32) -> Vec<(PathBuf, bool)> {
    let folder = PathBuf::from(format!("/proc/{process}/fd"));
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let file = std::fs::read_link(entry.path()).ok().filter(|file| file.is_absolute())?;
            let information = format!("/proc/{process}/fdinfo/{}", entry.file_name().to_string_lossy());
            let information = std::fs::read_to_string(information).unwrap_or_default();
            Some((file, writes(&information)))
        })
        .collect()
}

/// From `flags: 0100002`, in octal digits whose last two bits are the access mode (`man 5 proc_pid_fdinfo`).
fn writes(information: &str) -> bool {
    let flags = information.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or_default();
    u64::from_str_radix(flags.trim(), 8).is_ok_and(|flags| flags & 3 != 0)
}

/// The login name, or the number where the system has no name for it.
fn user(process: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let number = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next());
    let Some(number) = number else { return "an unknown user".to_owned() };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, found) = (fields.next()?, fields.nth(1)?);
        (found == number).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {number}"))
}

fn command(process: u32) -> String {
    let raw = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let words: Vec<_> =
        raw.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(String::from_utf8_lossy).collect();
    words.join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_access_mode_is_in_the_last_bits_of_the_flags() {
        assert!(writes("pos:\t0\nflags:\t0100002\nmnt_id:\t25\n"));
        assert!(!writes("pos:\t0\nflags:\t0100000\n"));
        assert!(!writes(""));
    }
}

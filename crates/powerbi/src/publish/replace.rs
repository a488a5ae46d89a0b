//! The one step in which readers come to see another version.

use super::publication::Publication;
use ingot_core::error::{Context, Error, Kind, Result};
use ingot_core::fs::{link_or_copy, make_durable};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How a file takes the place of another. Tests put a system in its place that refuses, as Windows does while the
/// file is open.
pub(super) type Rename<'r> = &'r dyn Fn(&Path, &Path) -> io::Result<()>;

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// Lets the file that BI tools open be the version that is in `version`.
///
/// # Errors
/// A reader has prevented it for longer than `patience`, or the folder cannot be written. Readers then still see
/// what they saw before.
pub(super) fn show(
    version: &Path,
    publication: &Publication,
    to: &Path,
    patience: Duration,
    rename: Rename<'_>,
) -> Result<()> {
    let shown = to.join(&publication.file);
    let next = to.join(format!(".{}.next", publication.file));
    // Left by a run that was killed.
    let _ = std::fs::remove_file(&next);
    link_or_copy(version, &next)?;
    let begun = Instant::now();
    while let Err(error) = rename(&next, &shown) {
        let is_open = is_held_by_a_reader(&error);
        if is_open && begun.elapsed() < patience {
            std::thread::sleep(PAUSE.min(patience));
            continue;
        }
        let _ = std::fs::remove_file(&next);
        if !is_open {
            return Err(error).or_cannot_at("replace the published file", &shown);
        }
        return Err(Error::new(format!(
            "the published file is open in another program, and {:.0} seconds of trying did not change that",
            begun.elapsed().as_secs_f64()
        ))
        .of_kind(Kind::InUse)
        .at(&shown)
        .caused_by(error)
        .hint(format!(
            "close what reads it (Power BI Desktop while it refreshes, Excel, a gateway; in a shared folder, the \
             server's list of open files says whose computer it is), then run `ingot publish --rollback {}`, which \
             shows the version that is ready",
            publication.id
        )));
    }
    make_durable(&[shown], to)
}

/// What Windows answers where a file is open without `FILE_SHARE_DELETE`: access denied (5), sharing violation (32),
/// lock violation (33).
fn is_held_by_a_reader(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ResourceBusy)
        || (cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 33)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn publication() -> Publication {
        Publication {
            id: "20260131T101500123Z".into(),
            published_at: String::new(),
            file: "shop.duckdb".into(),
            bytes: 0,
            sha256: String::new(),
            run_id: String::new(),
            run_ended_at: String::new(),
            ingot_version: String::new(),
            role: None,
            tables: Vec::new(),
        }
    }

    /// A folder with an old published file and a new version.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.duckdb"), "old").unwrap();
        std::fs::write(folder.path().join("new"), "new").unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_reader_that_closes_in_time_only_delays_it() {
        let folder = folder();
        let tries = Cell::new(0);
        let refuse_twice = |from: &Path, to: &Path| {
            tries.set(tries.get() + 1);
            if tries.get() < 3 {
                Err(io::ErrorKind::PermissionDenied.into())
            } else {
                std::fs::rename(from, to)
            }
        };
        show(
            &folder.path().join("new"),
            &publication(),
            folder.path(),
            Duration::from_secs(60),
            &refuse_twice,
        )
        .unwrap();
        assert_eq!(tries.get(), 3);
        assert_eq!(std::fs::read_to_string(folder.path().join("shop.duckdb")).unwrap(), "new");
    }

    #[test]
    fn a_reader_that_stays_is_told_of_and_sees_what_it_saw() {
        let folder = folder();
        let refuse = |_: &Path, _: &Path| Err(io::ErrorKind::ResourceBusy.into());
        let error = show(
            &folder.path().join("new"),
            &publication(),
            folder.path(),
            Duration::from_millis(300),
            &refuse,
        )
        .unwrap_err();
        assert_eq!(*error.kind(), Kind::InUse);
        assert!(error.message().contains("open in another program"), "{error}");
        assert!(error.hint_text().unwrap().contains("--rollback 20260131T101500123Z"), "{error}");
        assert_eq!(std::fs::read_to_string(folder.path().join("shop.duckdb")).unwrap(), "old");
        assert_eq!(names(folder.path()), ["new", "shop.duckdb"]);
    }

    #[test]
    fn another_refusal_is_not_waited_for() {
        let folder = folder();
        let refuse = |_: &Path, _: &Path| Err(io::ErrorKind::StorageFull.into());
        let begun = Instant::now();
        show(&folder.path().join("new"), &publication(), folder.path(), Duration::from_secs(60), &refuse)
            .unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}

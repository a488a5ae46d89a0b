//! What the file system says of a folder and all below it. Each path is kept once until somebody asks, however often
//! it was written to.
//!
//! On Linux, inotify tells. Other systems are not asked; there the folder is listed again and again.

use ingot_core::sync::lock;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Of more paths the folder is listed instead.
const MANY: usize = 100_000;

/// What has happened since somebody asked last.
#[derive(Debug, Default)]
pub(super) struct Noticed {
    /// Files that were renamed into their place.
    pub(super) renamed: BTreeSet<PathBuf>,
    /// Files that were made, or closed after they were written to.
    pub(super) touched: BTreeSet<PathBuf>,
    /// The folder is to be listed: there is a new folder in it, or notices were lost.
    pub(super) list: bool,
    /// Why there are no notices of some folders.
    pub(super) problem: Option<String>,
}

/// What is noticed of a folder, or never anything.
pub(super) struct Notices {
    shared: Arc<Shared>,
    /// Watches until it is dropped.
    #[cfg(target_os = "linux")]
    _watcher: Option<linux::Watcher>,
}

#[derive(Default)]
struct Shared {
    noticed: Mutex<Noticed>,
    bell: Condvar,
}

impl Notices {
    /// Begins to watch.
    ///
    /// # Errors
    /// The system does not watch the folder, and says why.
    #[cfg(target_os = "linux")]
    pub(super) fn of(folder: &Path) -> Result<Self, std::io::Error> {
        let shared = Arc::new(Shared::default());
        let watcher = linux::Watcher::start(folder, shared.clone())?;
        Ok(Self { shared, _watcher: Some(watcher) })
    }

    /// # Errors
    /// This system is not asked.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_folder: &Path) -> Result<Self, std::io::Error> {
        Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "only Linux is asked for notices"))
    }

    /// Nothing is ever noticed.
    pub(super) fn none() -> Self {
        Self {
            shared: Arc::default(),
            #[cfg(target_os = "linux")]
            _watcher: None,
        }
    }

    /// Waits until something happens, at most so long.
    pub(super) fn wait(&self, longest: Duration) -> Noticed {
        let noticed = lock(&self.shared.noticed);
        let waited = self.shared.bell.wait_timeout_while(noticed, longest, |noticed| noticed.is_empty());
        let mut noticed = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        std::mem::take(&mut *noticed)
    }
}

impl Shared {
    /// Changes what is noticed, and wakes who waits for it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    fn note(&self, change: impl FnOnce(&mut Noticed)) {
        let mut noticed = lock(&self.noticed);
        change(&mut noticed);
        if noticed.renamed.len() + noticed.touched.len() > MANY {
            *noticed = Noticed { list: true, problem: noticed.problem.take(), ..Noticed::default() };
        }
        self.bell.notify_all();
    }
}

impl Noticed {
    fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.touched.is_empty() && !self.list && self.problem.is_none()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::Shared;
    use inotify::{EventMask, EventOwned, Inotify, WatchDescriptor, WatchMask, Watches};
    use std::collections::HashMap;
    use std::ffi::OsStr;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use walkdir::WalkDir;

    /// A thread that reads what inotify tells of a folder and the folders below it, until it is dropped.
    pub(super) struct Watcher {
        watches: Watches,
        root: WatchDescriptor,
        is_over: Arc<AtomicBool>,
    }

    impl Watcher {
        pub(super) fn start(folder: &Path, shared: Arc<Shared>) -> io::Result<Self> {
            let inotify = Inotify::init()?;
            let mut watches = inotify.watches();
            // The first watch of all, whose end ends the thread.
            let root = watches.add(folder, mask())?;
            let is_over = Arc::new(AtomicBool::new(false));
            let mut folders =
                Folders { watches: watches.clone(), paths: HashMap::new(), shared, is_over: is_over.clone() };
            folders.add(folder)?;
            std::thread::Builder::new().name("notices".to_owned()).spawn(move || folders.read(inotify))?;
            Ok(Self { watches, root, is_over })
        }
    }

    impl Drop for Watcher {
        fn drop(&mut self) {
            self.is_over.store(true, Ordering::SeqCst);
            // This is an event as well, for which the thread waits. A folder that is gone has told its end already.
            let _ = self.watches.remove(self.root.clone());
        }
    }

    /// Not every write: a file that is being written is looked at again before it is taken.
    fn mask() -> WatchMask {
        WatchMask::CREATE | WatchMask::CLOSE_WRITE | WatchMask::MOVED_TO
    }

    struct Folders {
        watches: Watches,
        paths: HashMap<WatchDescriptor, PathBuf>,
        shared: Arc<Shared>,
        is_over: Arc<AtomicBool>,
    }

    impl Folders {
        fn add(&mut self, folder: &Path) -> io::Result<()> {
            let entries = WalkDir::new(folder).follow_links(true).into_iter().filter_entry(|entry| {
                let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                entry.file_type().is_dir() && (entry.depth() == 0 || !is_hidden)
            });
            // A folder that is gone again, or that nobody may read, has nothing to tell.
            for entry in entries.flatten() {
                match self.watches.add(entry.path(), mask()) {
                    Ok(descriptor) => {
                        self.paths.insert(descriptor, entry.into_path());
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }

        fn read(mut self, mut inotify: Inotify) {
            let mut buffer = vec![0; 64 << 10];
            while !self.is_over.load(Ordering::SeqCst) {
                match inotify.read_events_blocking(&mut buffer) {
                    Ok(events) => {
                        let events: Vec<EventOwned> = events.map(|event| event.to_owned()).collect();
                        events.into_iter().for_each(|event| self.take(event));
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.shared.note(|noticed| noticed.problem = Some(error.to_string()));
                        return;
                    }
                }
            }
        }

        fn take(&mut self, event: EventOwned) {
            if event.mask.contains(EventMask::Q_OVERFLOW) {
                self.shared.note(|noticed| noticed.list = true);
                return;
            }
            if event.mask.contains(EventMask::IGNORED) {
                self.paths.remove(&event.wd);
                return;
            }
            let folder = self.paths.get(&event.wd);
            let Some(path) = folder.zip(event.name.as_deref()).map(|(folder, name)| folder.join(name)) else {
                return;
            };
            if path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.')) {
                return;
            }
            if event.mask.contains(EventMask::ISDIR) {
                // It is listed once it is watched, so that nothing falls between.
                let problem = self.add(&path).err().map(|error| error.to_string());
                self.shared.note(|noticed| {
                    noticed.list = true;
                    noticed.problem = problem.or(noticed.problem.take());
                });
            } else if event.mask.contains(EventMask::MOVED_TO) {
                self.shared.note(|noticed| {
                    noticed.renamed.insert(path);
                });
            } else {
                self.shared.note(|noticed| {
                    noticed.touched.insert(path);
                });
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::time::Instant;

    /// What is noticed until `enough`.
    fn until(notices: &Notices, enough: impl Fn(&Noticed) -> bool) -> Noticed {
        let begun = Instant::now();
        let mut all = Noticed::default();
        while begun.elapsed() < Duration::from_secs(10) {
            let noticed = notices.wait(Duration::from_millis(100));
            all.renamed.extend(noticed.renamed);
            all.touched.extend(noticed.touched);
            all.list |= noticed.list;
            if enough(&all) {
                return all;
            }
        }
        panic!("not noticed: {all:?}")
    }

    #[test]
    fn files_that_are_written_and_renamed_are_noticed_below_new_folders_too() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::of(folder.path()).unwrap();
        std::fs::write(folder.path().join("a"), "1").unwrap();
        std::fs::rename(folder.path().join("a"), folder.path().join("b")).unwrap();
        let b = folder.path().join("b");
        assert!(until(&notices, |all| all.renamed.contains(&b)).touched.contains(&folder.path().join("a")));
        std::fs::create_dir_all(folder.path().join("new/inner")).unwrap();
        until(&notices, |all| all.list);
        let inside = folder.path().join("new/inner/c");
        std::fs::write(&inside, "1").unwrap();
        // A folder is listed once it is watched, so its files are noticed or listed.
        until(&notices, |all| all.list || all.touched.contains(&inside));
        let (hidden, seen) = (folder.path().join(".hidden"), folder.path().join("seen"));
        std::fs::write(&hidden, "1").unwrap();
        std::fs::write(&seen, "1").unwrap();
        assert!(!until(&notices, |all| all.touched.contains(&seen)).touched.contains(&hidden));
    }

    #[test]
    fn the_thread_ends_with_the_notices() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::of(folder.path()).unwrap();
        let shared = Arc::downgrade(&notices.shared);
        drop(notices);
        let begun = Instant::now();
        while shared.strong_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the thread goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_flood_of_notices_becomes_a_list() {
        let shared = Shared::default();
        for number in 0..=MANY {
            shared.note(|noticed| {
                noticed.touched.insert(number.to_string().into());
            });
        }
        let noticed = lock(&shared.noticed);
        assert!(noticed.list && noticed.touched.is_empty());
    }
}

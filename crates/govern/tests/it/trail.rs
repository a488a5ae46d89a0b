//! A trail that commands write, at once and killed, and what is found when somebody has changed it.

use ingot_core::project::Project;
use ingot_govern::{AuditQuery, Entry, KnownHead, Opening, Outcome, TableRows, Trail, Verified};
use std::path::{Path, PathBuf};

/// A project with a trail of some entries.
struct Governed {
    folder: tempfile::TempDir,
}

impl Governed {
    fn new(entries: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("schemas")).unwrap();
        let governed = Self { folder };
        for number in 0..entries {
            governed.write(&format!("command {number}"));
        }
        governed
    }

    fn project(&self) -> Project {
        Project::at(self.folder.path())
    }

    fn lake(&self) -> PathBuf {
        self.project().lake()
    }

    fn begin(&self, command: &str) -> Opening {
        let arguments = [command.to_owned(), "--token".to_owned(), "hunter22".to_owned()];
        Opening::begin(&self.project(), &self.lake(), command, &arguments).unwrap()
    }

    fn write(&self, command: &str) {
        let rows = vec![TableRows { table: "bronze.orders".to_owned(), rows: Some(7), rejected: Some(1) }];
        let outcome = Outcome { result: "ok".to_owned(), rows, ..Outcome::default() };
        let entry = self.begin(command);
        let now = entry.versions_now().unwrap();
        entry.end(outcome, &now).unwrap();
    }

    fn trail(&self) -> Trail {
        Trail::of(&self.project())
    }

    /// The only file of the trail.
    fn file(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.folder.path().join("audit")).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|kind| kind == "jsonl")).collect();
        assert_eq!(files.len(), 1);
        files.remove(0)
    }

    fn text(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }

    fn last_line(&self) -> PathBuf {
        self.folder.path().join("audit/.last-line")
    }

    fn head(&self) -> PathBuf {
        self.folder.path().join("target/audit-head.json")
    }

    fn verify(&self) -> Verified {
        self.trail().verify(&self.lake(), None).unwrap()
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = self.trail().entries(&AuditQuery::default()).unwrap().entries;
        entries.reverse();
        entries
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn entries_are_chained_and_intact() {
    let governed = Governed::new(5);
    let entries = governed.entries();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(entries[0].arguments, ["command 0", "--token", "*****"]);
    assert_eq!(entries[0].tables[0].rows, Some(7));
    assert_eq!(entries[0].binary.sha256.as_ref().unwrap().len(), 64);
    assert!(entries[0].ended.as_ref().unwrap() >= &entries[0].started);
    let found = governed.verify();
    assert!(found.is_intact() && found.notes.is_empty(), "{found:?}");
    assert_eq!(found.entries, 5);
    // The head that was noted stays true when more is added.
    let head: KnownHead = found.head().unwrap().parse().unwrap();
    governed.write("more");
    assert!(governed.trail().verify(&governed.lake(), Some(&head)).unwrap().is_intact());
}

#[test]
fn one_bit_changed_anywhere_is_found() {
    let governed = Governed::new(3);
    let file = governed.file();
    let intact = governed.text();
    for at in 0..intact.len() {
        let mut damaged = intact.clone();
        // One bit after the other, so that each is tried somewhere.
        damaged[at] ^= 1 << (at % 8);
        put(&file, &damaged);
        assert!(!governed.verify().is_intact(), "bit {} of byte {at} was not missed", at % 8);
    }
    put(&file, &intact);
    assert!(governed.verify().is_intact());
}

#[test]
fn lines_taken_out_moved_repeated_and_cut_off_are_found() {
    let governed = Governed::new(6);
    let file = governed.file();
    let intact = governed.text();
    let lines: Vec<&[u8]> = intact.split_inclusive(|byte| *byte == b'\n').collect();
    let mut wrong: Vec<(String, Vec<u8>)> = Vec::new();
    for one in 0..6 {
        let rest: Vec<&[u8]> =
            lines.iter().enumerate().filter(|(at, _)| *at != one).map(|(_, line)| *line).collect();
        wrong.push((format!("without line {}", one + 1), rest.concat()));
        for other in one + 1..6 {
            let mut swapped = lines.clone();
            swapped.swap(one, other);
            wrong.push((format!("lines {} and {} swapped", one + 1, other + 1), swapped.concat()));
        }
    }
    wrong.push(("a line twice".to_owned(), [lines[..4].concat(), lines[3..].concat()].concat()));
    for kept in 1..6 {
        wrong.push((format!("cut after {kept}"), lines[..kept].concat()));
    }
    wrong.push(("cut in a line".to_owned(), intact[..intact.len() - 20].to_vec()));
    wrong.push(("a foreign line".to_owned(), [&intact[..], b"{\"number\":7}\n"].concat()));
    for (what, text) in &wrong {
        put(&file, text);
        assert!(!governed.verify().is_intact(), "{what}");
    }
    // The end is known in three places: any one of the first two is enough, and so is a head that somebody noted.
    put(&file, &intact);
    let head: KnownHead = governed.verify().head().unwrap().parse().unwrap();
    let (last, in_target) =
        (std::fs::read(governed.last_line()).unwrap(), std::fs::read(governed.head()).unwrap());
    put(&file, &lines[..4].concat());
    std::fs::remove_file(governed.head()).unwrap();
    assert!(!governed.verify().is_intact(), "the copy of the newest line knows it");
    std::fs::remove_file(governed.last_line()).unwrap();
    assert!(governed.verify().is_intact(), "nothing is left that knows the end, and no history of runs");
    assert!(!governed.trail().verify(&governed.lake(), Some(&head)).unwrap().is_intact());
    put(&governed.head(), &in_target);
    assert!(!governed.verify().is_intact(), "the head in target knows it");
    put(&file, &intact);
    put(&governed.last_line(), &last);
    assert!(governed.verify().is_intact());
}

#[test]
fn what_was_damaged_stays_visible_when_more_is_added() {
    let governed = Governed::new(3);
    let file = governed.file();
    let text = String::from_utf8(governed.text()).unwrap();
    put(&file, text.replace("command 1", "command 7").as_bytes());
    governed.write("later");
    governed.write("and later");
    let found = governed.verify();
    assert_eq!(found.findings.len(), 1, "{found:?}");
    assert!(found.findings[0].what.contains("entry 2"), "{found:?}");
    // So is a newest line of which only a part is left, and that nothing explains.
    let governed = Governed::new(3);
    let text = governed.text();
    put(&governed.file(), &text[..text.len() - 30]);
    std::fs::remove_file(governed.last_line()).unwrap();
    governed.write("later");
    let found = governed.verify();
    assert!(!found.is_intact(), "{found:?}");
    assert_eq!(governed.entries().len(), 3);
}

#[test]
fn a_line_that_a_kill_has_cut_is_completed() {
    let written = Governed::new(4);
    let text = written.text();
    let last = std::fs::read(written.last_line()).unwrap();
    let begins = text.len() - last.len();
    let earlier = text[..begins - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let before = &text[earlier..begins - 1];
    let head = format!("{{\"number\":3,\"sha256\":\"{}\"}}", sha256(before));
    // Killed after so many bytes of the line, none and all included; the head is still that of the line before.
    for cut in [0, 1, 50, last.len() - 1] {
        let governed = Governed::new(0);
        std::fs::create_dir_all(governed.folder.path().join("audit")).unwrap();
        std::fs::create_dir_all(governed.folder.path().join("target")).unwrap();
        let file = governed.folder.path().join("audit").join(written.file().file_name().unwrap());
        put(&file, &text[..begins + cut]);
        put(&governed.last_line(), &last);
        put(&governed.head(), head.as_bytes());
        let found = governed.verify();
        assert!(found.is_intact(), "{cut}: {found:?}");
        assert!(found.notes.iter().any(|note| note.contains("killed")), "{cut}: {found:?}");
        governed.write("the next one");
        assert!(governed.verify().is_intact(), "{cut}");
        assert_eq!(governed.entries().len(), 5, "{cut}");
        assert!(governed.text().starts_with(&text), "{cut}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    put(file.path(), bytes);
    ingot_powerbi::publish::sha256(file.path()).unwrap()
}

#[test]
fn many_at_once_have_an_entry_each() {
    let governed = Governed::new(1);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let governed = &governed;
            scope.spawn(move || {
                for number in 0..10 {
                    governed.write(&format!("command {worker} {number}"));
                }
            });
        }
    });
    let found = governed.verify();
    assert!(found.is_intact() && found.notes.is_empty(), "{found:?}");
    assert_eq!(found.entries, 81);
    let mut commands: Vec<String> = governed.entries().into_iter().map(|entry| entry.command).collect();
    commands.sort();
    commands.dedup();
    assert_eq!(commands.len(), 81);
}

#[test]
fn a_command_that_was_killed_has_an_entry() {
    let governed = Governed::new(1);
    // Its process is gone: the file of its beginning is there, and nobody holds it.
    drop(governed.begin("load-bronze"));
    let running = governed.begin("run-models");
    assert_eq!(governed.entries().len(), 2, "the next command has found it");
    let killed = &governed.entries()[1];
    assert_eq!(
        (killed.command.as_str(), killed.result.as_str(), &killed.ended),
        ("load-bronze", "killed", &None)
    );
    assert_eq!(killed.arguments, ["load-bronze", "--token", "*****"]);
    // One that goes on is not taken for a killed one, and one that changed nothing leaves nothing.
    governed.write("meanwhile");
    running.give_up().unwrap();
    governed.write("last");
    let commands: Vec<String> = governed.entries().into_iter().map(|entry| entry.command).collect();
    assert_eq!(commands, ["command 0", "load-bronze", "meanwhile", "last"]);
    assert!(governed.verify().is_intact());
}

#[test]
fn a_trail_that_cannot_be_written_is_an_error_before_the_work() {
    let governed = Governed::new(0);
    put(&governed.folder.path().join("audit"), b"a file in the place of the folder");
    let refused = Opening::begin(&governed.project(), &governed.lake(), "load-bronze", &[]).unwrap_err();
    assert_eq!(refused.message(), "cannot write to the audit trail");
    assert!(refused.hint_text().is_some());
}

#[test]
fn entries_are_found_by_table_and_time() {
    let governed = Governed::new(3);
    let count = |query: &AuditQuery| governed.trail().entries(query).unwrap().entries.len();
    let of = |table: &str| AuditQuery { table: Some(table.to_owned()), ..AuditQuery::default() };
    assert_eq!((count(&of("bronze.orders")), count(&of("orders")), count(&of("gold.orders"))), (3, 3, 0));
    let since = |text: &str| AuditQuery { since: Some(text.parse().unwrap()), ..AuditQuery::default() };
    assert_eq!((count(&since("2020-01-01T00:00:00Z")), count(&since("2100-01-01T00:00:00Z"))), (3, 0));
    assert_eq!(count(&AuditQuery { limit: Some(2), ..AuditQuery::default() }), 2);
}

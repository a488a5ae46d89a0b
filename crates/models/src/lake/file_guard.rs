//! Keeps statements from reading damaged files of the lake, whichever way they name them.
//!
//! What sources read is known before a run (`verify_inputs`). A model may also name files itself, a macro may, or a view that
//! was made in an earlier run. So each statement of a template is looked at before it runs: where it names files of a table
//! of the lake, or a view that does, these are compared with their hashes, each table once. Of a path that is put together
//! within the statement nothing is known but that it may be any, so all tables of the project's lake are compared.

use crate::lake::files_in_sql::{Named, named_in};
use crate::lake::verify_inputs::Input;
use ingot_core::error::Result;
use ingot_core::sync::lock;
use ingot_engine::{Cell, Dialect, Session};
use ingot_lake::{LakeTable, VerifiedFiles, Verify};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use walkdir::WalkDir;

/// Endings of files that are not Parquet: nothing is known of what is in them.
const OTHER_FILES: [&str; 10] =
    [".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".gz", ".zst", ".xlsx", ".duckdb"];
/// How far below a folder that a pattern begins with tables are looked for: `lake/bronze/parquet/orders`.
const DEPTH: usize = 4;

/// What a run knows of the files that its statements read.
pub(crate) struct FileGuard {
    verify: Verify,
    /// What relative paths are relative to: the project, and the folder in which the process runs.
    bases: Vec<PathBuf>,
    lake: PathBuf,
    views: HashMap<String, Files>,
    state: Mutex<State>,
}

/// Files that a statement or a view names.
#[derive(Debug, Default, Clone)]
struct Files {
    texts: BTreeSet<String>,
    read: BTreeSet<String>,
    is_computed: bool,
}

#[derive(Default)]
struct State {
    /// The tables that a text is about.
    tables: HashMap<String, Vec<Input>>,
    intact: BTreeSet<Input>,
    files: BTreeMap<PathBuf, VerifiedFiles>,
}

impl FileGuard {
    /// For a run on a database, whose views are looked at now if anything is compared.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub(crate) fn new(root: &Path, verify: Verify, session: &mut dyn Session) -> Result<Self> {
        let mut bases = vec![root.to_path_buf()];
        bases.extend(std::env::current_dir().ok().filter(|folder| folder != root));
        let lake = root.join("lake");
        // A server's files are not those of this machine.
        let verify = if session.dialect() == Dialect::Spark { Verify::None } else { verify };
        let mut views = HashMap::new();
        if verify != Verify::None {
            let found =
                session.query("select lower(view_name), sql from duckdb_views() where not internal")?;
            let named = found.rows.iter().filter_map(|row| match row.as_slice() {
                [Cell::Text(name), Cell::Text(sql)] => Some((name.clone(), named_in(sql))),
                _ => None,
            });
            views = files_of_views(named.collect());
        }
        Ok(Self { verify, bases, lake, views, state: Mutex::default() })
    }

    /// Compares the files of the lake that a statement reads.
    ///
    /// # Errors
    /// One of them is damaged or gone. The error has the command that repairs its table.
    pub(crate) fn check(&self, sql: &str) -> Result<()> {
        let names_no_file = !sql.contains('/') && self.views.is_empty() && !sql.contains("parquet");
        if self.verify == Verify::None || names_no_file {
            return Ok(());
        }
        let named = named_in(sql);
        let mut files = Files::of(&named);
        for view in named.words.iter().filter_map(|word| self.views.get(word)) {
            files.add(view);
        }
        let mut state = lock(&self.state);
        let mut inputs: BTreeSet<Input> = BTreeSet::new();
        for text in files.texts.iter().chain(&files.read) {
            let is_read = files.read.contains(text) || text.to_ascii_lowercase().ends_with(".parquet");
            let found = state.tables.entry(text.clone()).or_insert_with(|| self.tables(text, is_read));
            inputs.extend(found.iter().cloned());
        }
        if files.is_computed {
            inputs.extend(tables_below(&self.lake));
        }
        let State { intact, files, .. } = &mut *state;
        for input in inputs {
            if intact.contains(&input) {
                continue;
            }
            let lake = input.table.lake.clone();
            let known = files.entry(lake).or_insert_with_key(|lake| VerifiedFiles::of(lake));
            let outcome = input.check(known, self.verify);
            known.save();
            outcome?;
            intact.insert(input);
        }
        Ok(())
    }

    /// The tables of a lake that a text is about, if it is a path or a pattern of paths. `is_read` says that it is one.
    fn tables(&self, text: &str, is_read: bool) -> Vec<Input> {
        let text = text.strip_prefix("file://").or_else(|| text.strip_prefix("file:")).unwrap_or(text);
        let lower = text.to_ascii_lowercase();
        let is_other = OTHER_FILES.iter().any(|ending| lower.ends_with(ending));
        if is_other || text.contains("://") || text.contains('\n') || !(is_read || text.contains('/')) {
            return Vec::new();
        }
        let wildcard = text.find(['*', '?', '[']);
        let beginning = &text[..wildcard.unwrap_or(text.len())];
        let mut found = Vec::new();
        for base in &self.bases {
            let path = base.join(beginning);
            if let Some(input) = Input::at(&path) {
                found.push(input);
            } else if is_read && wildcard.is_some() {
                // The wildcard is in the name of a folder or file, or it stands for all that is in a folder.
                let is_whole = beginning.is_empty() || beginning.ends_with('/');
                let folder = if is_whole { Some(path.as_path()) } else { path.parent() };
                found.extend(
                    folder.filter(|folder| folder.parent().is_some()).map(tables_below).into_iter().flatten(),
                );
            }
        }
        found
    }
}

impl Files {
    fn of(named: &Named) -> Self {
        Self {
            texts: named.texts.iter().cloned().collect(),
            read: named.read.iter().cloned().collect(),
            is_computed: named.is_computed,
        }
    }

    fn add(&mut self, other: &Self) {
        self.texts.extend(other.texts.iter().cloned());
        self.read.extend(other.read.iter().cloned());
        self.is_computed |= other.is_computed;
    }

    fn is_nothing(&self) -> bool {
        let may_be_path =
            |text: &String| text.contains('/') || text.to_ascii_lowercase().ends_with(".parquet");
        !self.is_computed && self.read.is_empty() && !self.texts.iter().any(may_be_path)
    }
}

/// The files of each view that names any, or a view that does.
fn files_of_views(named: Vec<(String, Named)>) -> HashMap<String, Files> {
    let mut views: HashMap<String, Files> = HashMap::new();
    for (name, named) in &named {
        let files = Files::of(named);
        if !files.is_nothing() {
            views.entry(name.clone()).or_default().add(&files);
        }
    }
    // Views that are made of views: as many rounds as the longest chain of them is long.
    let mut newest: HashSet<String> = views.keys().cloned().collect();
    while !newest.is_empty() {
        let before = std::mem::take(&mut newest);
        for (name, named) in &named {
            for inner in named.words.iter().filter(|word| before.contains(*word) && *word != name) {
                let inner = views[inner].clone();
                let files = views.entry(name.clone()).or_default();
                let size = files.texts.len() + files.read.len() + usize::from(files.is_computed);
                files.add(&inner);
                if files.texts.len() + files.read.len() + usize::from(files.is_computed) > size {
                    newest.insert(name.clone());
                }
            }
        }
    }
    views
}

/// The tables of lakes in a folder, by the side that is there.
fn tables_below(folder: &Path) -> Vec<Input> {
    let mut found = Vec::new();
    let mut walk = WalkDir::new(folder).max_depth(DEPTH).into_iter();
    while let Some(entry) = walk.next() {
        let Ok(entry) = entry else { continue };
        if !entry.file_type().is_dir() {
            continue;
        }
        let table = LakeTable::at(entry.path())
            .filter(|table| table.delta() == entry.path() || table.parquet() == entry.path());
        if let Some(input) = table.and_then(|_| Input::at(entry.path())) {
            found.push(input);
            walk.skip_current_dir();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(root: &Path) -> FileGuard {
        FileGuard {
            verify: Verify::Changed,
            bases: vec![root.to_path_buf()],
            lake: root.join("lake"),
            views: HashMap::new(),
            state: Mutex::default(),
        }
    }

    #[test]
    fn paths_of_a_lake_are_known_in_every_form() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("lake/bronze/delta/orders/_delta_log");
        std::fs::create_dir_all(&log).unwrap();
        std::fs::write(log.join("00000000000000000000.json"), "").unwrap();
        std::fs::create_dir_all(root.path().join("lake/bronze/parquet/orders/day=1")).unwrap();
        let guard = guard(root.path());
        let absolute = format!("{}/lake/bronze/parquet/orders/a.parquet", root.path().display());
        for (text, sides) in [
            ("lake/bronze/parquet/orders/**/*.parquet", 1),
            ("./lake/bronze/parquet/orders/day=1/a.parquet", 1),
            ("lake/bronze/delta/orders", 1),
            (absolute.as_str(), 1),
            (&format!("file://{absolute}"), 1),
            ("lake/bronze/par*/orders/*.parquet", 2),
            ("lake/*/parquet/*/*.parquet", 2),
            ("lake/bronze/parquet/others/*.parquet", 0),
            ("lake/bronze/parquet/orders.csv", 0),
            ("a / b", 0),
            ("/*.parquet", 0),
        ] {
            assert_eq!(guard.tables(text, text.ends_with(".parquet")).len(), sides, "{text}");
        }
    }

    #[test]
    fn views_of_views_name_the_files_of_both() {
        let named = |name: &str, sql: &str| (name.to_owned(), named_in(sql));
        let views = files_of_views(vec![
            named("c", "create view c as select * from b"),
            named("b", "create view b as select * from a"),
            named("a", "create view a as select * from 'lake/x.parquet'"),
            named("other", "create view other as select 1"),
        ]);
        let mut names: Vec<&str> = views.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(views["c"].texts.contains("lake/x.parquet"));
    }
}

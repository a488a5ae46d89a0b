//! All files of a project, written where nobody else has written. A record beside them (`.ingot-powerbi.json`) has the hash of
//! each file as ingot wrote it, so that a file that somebody has changed since is known, and so is one that somebody added:
//! a table, a role or a page of one's own stays.

use super::own_objects;
use ingot_core::error::{Context, Error, Kind, Result};
use ingot_core::report::{counted, verb};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const RECORD: &str = ".ingot-powerbi.json";

/// What a run did to the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    pub files: usize,
    /// Of these, written because their content is new.
    pub changed: usize,
    /// Written by an earlier run and not needed any more.
    pub removed: usize,
    /// Files that somebody had changed, and that were overwritten all the same.
    pub overwritten: Vec<String>,
}

/// Hash of each file that an earlier run wrote, by its path below the folder.
fn record(folder: &Path) -> Result<BTreeMap<String, String>> {
    let path = folder.join(RECORD);
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let bytes = std::fs::read(&path).or_cannot_at("read the record", &path)?;
    let value: Map<String, Value> = serde_json::from_slice(&bytes)
        .map_err(|error| Error::new("the record of written files is not JSON").at(&path).caused_by(error))?;
    Ok(value.into_iter().map(|(file, hash)| (file, hash.as_str().unwrap_or_default().to_owned())).collect())
}

/// Names of what somebody added to a folder of the project: entries that no earlier run wrote.
pub(super) fn own_entries(folder: &Path, below: &str, ending: &str) -> Result<Vec<String>> {
    let place = folder.join(below);
    if !place.is_dir() {
        return Ok(Vec::new());
    }
    let record = record(folder)?;
    let mut own = Vec::new();
    for entry in std::fs::read_dir(&place).or_cannot_at("list the folder", &place)? {
        let name = entry.or_cannot_at("list the folder", &place)?.file_name().to_string_lossy().into_owned();
        let path = format!("{below}/{name}");
        let is_written = record.keys().any(|file| *file == path || file.starts_with(&format!("{path}/")));
        let is_entry = if ending.is_empty() { place.join(&name).is_dir() } else { name.ends_with(ending) };
        if is_entry && !is_written {
            own.push(name.trim_end_matches(ending).to_owned());
        }
    }
    own.sort();
    Ok(own)
}

/// Writes the files. Files of an earlier run that are not among them are removed.
///
/// # Errors
/// Somebody has changed or made a file that would be written or removed, unless `overwrite` is set; or the disk refuses.
pub(super) fn write(folder: &Path, files: &[(String, String)], overwrite: bool) -> Result<Written> {
    let before = record(folder)?;
    // The hash of a file without what somebody marked as their own, and that.
    let on_disk = |file: &str| -> Result<(Option<String>, Vec<String>)> {
        let path = folder.join(file);
        if !path.is_file() {
            return Ok((None, Vec::new()));
        }
        let bytes = std::fs::read(&path).or_cannot_at("read the file", &path)?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if file.ends_with(".tmdl") => {
                let (rest, own) = own_objects::split(text);
                Ok((Some(hash(rest.as_bytes())), own))
            }
            _ => Ok((Some(hash(&bytes)), Vec::new())),
        }
    };
    let mut written = Written { files: files.len(), ..Written::default() };
    let gone: Vec<&String> =
        before.keys().filter(|file| !files.iter().any(|(other, _)| other == *file)).collect();
    let mut changes = Vec::new();
    for (file, text) in files {
        let ((found, own), new) = (on_disk(file)?, hash(text.as_bytes()));
        if found.as_ref() == Some(&new) {
            continue;
        }
        if found.is_some() && found.as_ref() != before.get(file) {
            written.overwritten.push(file.clone());
        }
        changes.push((file, own_objects::merge(text, &own)));
    }
    for file in &gone {
        let (found, own) = on_disk(file)?;
        if found.is_some() && (found.as_ref() != before.get(*file) || !own.is_empty()) {
            written.overwritten.push((*file).clone());
        }
    }
    if !written.overwritten.is_empty() && !overwrite {
        return Err(Error::new(format!(
            "{} {} changed by hand and would be overwritten\n  {}",
            counted(written.overwritten.len() as u64, "file"),
            verb(written.overwritten.len() as u64, "was", "were"),
            written.overwritten.join("\n  ")
        ))
        .of_kind(Kind::Data)
        .at(folder)
        .hint(
            "state the change in measures.yaml, mark an object as yours with `annotation own = yes`, or put it into a \
               table or page of your own; `--overwrite` replaces the files",
        ));
    }
    write_files(changes.iter().map(|(file, text)| (folder.join(file), text.as_str())))?;
    for file in gone {
        let path = folder.join(file);
        if path.is_file() {
            std::fs::remove_file(&path).or_cannot_at("remove the file", &path)?;
            written.removed += 1;
        }
    }
    written.changed = changes.len();
    let record: BTreeMap<&str, String> =
        files.iter().map(|(file, text)| (file.as_str(), hash(text.as_bytes()))).collect();
    let text = serde_json::to_string_pretty(&record)
        .map_err(|error| Error::defect("the record cannot be written").caused_by(error))?;
    write_file(&folder.join(RECORD), &format!("{text}\n"))?;
    Ok(written)
}

pub(super) fn write_file(path: &Path, text: &str) -> Result<()> {
    write_files([(path.to_path_buf(), text)])
}

/// All beside their places first, and then renamed there: where one cannot be written, none is. Two processes do not get
/// into each other's way.
fn write_files<'t>(files: impl IntoIterator<Item = (PathBuf, &'t str)>) -> Result<()> {
    let mut staged = Staged(Vec::new());
    for (path, text) in files {
        let folder: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
        std::fs::create_dir_all(&folder).or_cannot_at("make the folder", &folder)?;
        if path.is_dir() {
            return Err(Error::new("cannot write the file, because a folder has its name").at(&path));
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.inprogress", std::process::id()));
        let beside = PathBuf::from(beside);
        staged.0.push((beside.clone(), path.clone()));
        std::fs::write(&beside, text).or_cannot_at("write the file", &path)?;
    }
    for (beside, path) in &staged.0 {
        std::fs::rename(beside, path).or_cannot_at("write the file", path)?;
    }
    staged.0.clear();
    Ok(())
}

/// Files beside their places, removed unless they have been renamed.
struct Staged(Vec<(PathBuf, PathBuf)>);

impl Drop for Staged {
    fn drop(&mut self) {
        for (beside, _) in &self.0 {
            let _ = std::fs::remove_file(beside);
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), format!("content of {name}"))).collect()
    }

    #[test]
    fn a_second_run_changes_nothing_and_removes_what_is_not_needed() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(write(root.path(), &files(&["a/x.tmdl", "y.json"]), false).unwrap().changed, 2);
        assert_eq!(write(root.path(), &files(&["a/x.tmdl", "y.json"]), false).unwrap().changed, 0);
        let written = write(root.path(), &files(&["y.json"]), false).unwrap();
        assert_eq!((written.changed, written.removed), (0, 1));
        assert!(!root.path().join("a/x.tmdl").exists());
    }

    #[test]
    fn what_somebody_changed_is_named_and_kept() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &files(&["a.tmdl", "b.tmdl"]), false).unwrap();
        std::fs::write(root.path().join("a.tmdl"), "mine").unwrap();
        let changed = vec![("a.tmdl".to_owned(), "new".to_owned()), ("b.tmdl".to_owned(), "new".to_owned())];
        let error = write(root.path(), &changed, false).unwrap_err();
        assert!(error.message().contains("a.tmdl") && !error.message().contains("b.tmdl"), "{error}");
        assert_eq!(std::fs::read_to_string(root.path().join("a.tmdl")).unwrap(), "mine");
        assert_eq!(std::fs::read_to_string(root.path().join("b.tmdl")).unwrap(), "content of b.tmdl");
        assert_eq!(write(root.path(), &changed, true).unwrap().overwritten, ["a.tmdl"]);
    }

    #[test]
    fn what_somebody_marked_stays_when_the_rest_changes() {
        let root = tempfile::tempdir().unwrap();
        let table = |what: &str| vec![("a.tmdl".to_owned(), format!("table {what}\n\n\tpartition a = m\n"))];
        write(root.path(), &table("a"), false).unwrap();
        let own = "\tmeasure mine = 1\n\t\tannotation own = yes\n\n";
        let file = root.path().join("a.tmdl");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("\tpartition", &format!("{own}\tpartition"))).unwrap();
        assert_eq!(write(root.path(), &table("a"), false).unwrap().changed, 0);
        assert_eq!(write(root.path(), &table("b"), false).unwrap().changed, 1);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("table b\n\n{own}\tpartition a = m\n"));
        // A table that is not needed any more does not take it along.
        let error = write(root.path(), &files(&["b.tmdl"]), false).unwrap_err();
        assert!(error.message().contains("a.tmdl"), "{error}");
        assert!(file.exists());
    }

    #[test]
    fn what_somebody_added_is_found_and_stays() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &files(&["tables/x.tmdl", "pages/p/page.json"]), false).unwrap();
        std::fs::write(root.path().join("tables/Mine.tmdl"), "table Mine").unwrap();
        std::fs::create_dir(root.path().join("pages/own")).unwrap();
        assert_eq!(own_entries(root.path(), "tables", ".tmdl").unwrap(), ["Mine"]);
        assert_eq!(own_entries(root.path(), "pages", "").unwrap(), ["own"]);
        write(root.path(), &files(&["tables/x.tmdl"]), false).unwrap();
        assert!(root.path().join("tables/Mine.tmdl").exists());
    }
}

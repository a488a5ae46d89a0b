//! Files with the content of another file of their table: delivered twice under two names, so that their rows would be in
//! the table twice.
//!
//! Files without rows do not count, and neither do files whose paths give columns other values: their rows differ. By
//! default such a file is loaded with a warning ([`warn_of_copies`]); if the contract says so, it is set aside before the
//! load ([`set_aside`]), and after it is skipped or refused.

use crate::commit::{LoadedFiles, Processed};
use crate::read::content_hash;
use crate::read_error::FileFailure;
use ingot_contract::{Contract, PathValues, RawFile, SameContent};
use ingot_core::report::Reporter;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A file that is not read, because another one has its content.
#[derive(Debug, Clone)]
pub(crate) struct Copy {
    pub(crate) file: RawFile,
    pub(crate) bytes: u64,
    hash: String,
    /// The first file with this content.
    pub(crate) original: String,
    /// Whether that is loaded with the same load.
    is_new: bool,
}

/// What a file's rows depend on: its content and the values in its path.
type Content = (String, Option<PathValues>);

/// Takes out of `files` (each with its size) those with the content of an earlier one, or of one that is loaded. Only files of
/// equal size are read for that.
pub(super) fn set_aside(
    contract: &Contract,
    files: Vec<(RawFile, u64)>,
    loaded: &LoadedFiles,
) -> (Vec<(RawFile, u64)>, Vec<Copy>) {
    if !matches!(contract.same_content, SameContent::Skip | SameContent::Refuse) {
        return (files, Vec::new());
    }
    let mut of_size: HashMap<u64, usize> = HashMap::new();
    for bytes in files.iter().map(|(_, bytes)| *bytes).chain(deliveries(loaded).map(|file| file.bytes)) {
        *of_size.entry(bytes).or_default() += 1;
    }
    let sizes: HashSet<u64> = files.iter().map(|(_, bytes)| *bytes).collect();
    let before = contents(contract, deliveries(loaded).filter(|file| sizes.contains(&file.bytes)));
    let mut new: BTreeMap<Content, String> = BTreeMap::new();
    let (mut kept, mut copies) = (Vec::new(), Vec::new());
    for (file, bytes) in files {
        // A file that cannot be read fails when it is loaded.
        let hash = (of_size[&bytes] > 1).then(|| content_hash(&file.path, &|_| ()).ok()).flatten();
        let Some((hash, _)) = hash else {
            kept.push((file, bytes));
            continue;
        };
        let content = (hash.clone(), Some(file.path_values.clone()));
        // A file that comes again itself is a new delivery of it.
        let others = before.get(&content).into_iter().flatten();
        if let Some(original) = others.filter(|path| **path != file.relative).min() {
            copies.push(Copy { original: (*original).to_owned(), is_new: false, file, bytes, hash });
        } else if let Some(original) = new.get(&content) {
            copies.push(Copy { original: original.clone(), is_new: true, file, bytes, hash });
        } else {
            new.insert(content, file.relative.clone());
            kept.push((file, bytes));
        }
    }
    (kept, copies)
}

/// What became of the files that were set aside.
#[derive(Default)]
pub(super) struct Decided {
    /// Their content is in the table.
    pub(super) skipped: Vec<Copy>,
    /// They have no rows, like their originals.
    pub(super) empty: Vec<Processed>,
    pub(super) failed: Vec<(RawFile, FileFailure)>,
}

/// Decides what becomes of the files that were set aside, now that their originals are read.
pub(super) fn decide(contract: &Contract, copies: &[Copy], done: &[Processed]) -> Decided {
    let done: HashMap<&str, &Processed> = done.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut decided = Decided::default();
    for copy in copies {
        let original = done.get(copy.original.as_str()).filter(|_| copy.is_new);
        let failure = |what: &str| {
            let text = format!("it has the same content as {}, which {what}", copy.original);
            (copy.file.clone(), FileFailure::new("SAME_CONTENT", text))
        };
        if original.is_some_and(|original| original.read == 0) {
            decided.empty.push(Processed {
                path: copy.file.relative.clone(),
                hash: copy.hash.clone(),
                bytes: copy.bytes,
                read: 0,
                accepted: 0,
                rejected: 0,
                seconds: 0.0,
                tag: None,
            });
        } else if copy.is_new && original.is_none() {
            decided.failed.push(failure("was not loaded"));
        } else if contract.same_content == SameContent::Refuse {
            decided.failed.push(failure("is loaded; the contract refuses that (sameContent)"));
        } else {
            decided.skipped.push(copy.clone());
        }
    }
    decided
}

/// Says which files were skipped.
pub(super) fn tell_skipped(reporter: &dyn Reporter, table: &str, skipped: &[Copy]) {
    for copy in skipped {
        reporter.info(format!(
            "{table}: {} is skipped, because it has the same content as {}",
            copy.file.relative, copy.original
        ));
    }
}

/// Copies that are named in a warning; of the others it gives the number.
const NAMED: usize = 3;

/// Warns of files among `done` that have the content of another one: their rows are in the table twice now.
pub(super) fn warn_of_copies(
    reporter: &dyn Reporter,
    contract: &Contract,
    done: &[Processed],
    loaded: &LoadedFiles,
) {
    if contract.same_content != SameContent::Warn {
        return;
    }
    let mut copies: Vec<String> = Vec::new();
    let mut done: Vec<&Processed> = done.iter().filter(|file| file.read > 0).collect();
    let hashes: HashSet<&str> = done.iter().map(|file| file.hash.as_str()).collect();
    let before = deliveries(loaded).filter(|file| hashes.contains(file.hash.as_str()));
    let mut known = contents(contract, before);
    done.sort_by(|one, other| one.path.cmp(&other.path));
    for file in done {
        let others = known.entry(content(contract, file)).or_default();
        if let Some(original) = others.iter().find(|path| **path != file.path) {
            copies.push(format!("{} has the same content as {original}", file.path));
        }
        others.push(&file.path);
    }
    if copies.is_empty() {
        return;
    }
    let more = match copies.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    copies.truncate(NAMED);
    reporter.warn(format!(
        "{}: {}{more}: the rows are in the table twice; state sameContent in the contract: load, skip or refuse",
        contract.name,
        copies.join(", ")
    ));
}

fn deliveries(loaded: &LoadedFiles) -> impl Iterator<Item = &Processed> {
    loaded.files.values().chain(&loaded.earlier).map(|delivery| &delivery.file).filter(|file| file.read > 0)
}

/// The contents of deliveries, with the paths that they had.
fn contents<'l>(
    contract: &Contract,
    deliveries: impl Iterator<Item = &'l Processed>,
) -> BTreeMap<Content, Vec<&'l str>> {
    let mut contents: BTreeMap<Content, Vec<&str>> = BTreeMap::new();
    for file in deliveries {
        contents.entry(content(contract, file)).or_default().push(&file.path);
    }
    contents
}

fn content(contract: &Contract, file: &Processed) -> Content {
    (file.hash.clone(), contract.path_values_in(&file.path))
}

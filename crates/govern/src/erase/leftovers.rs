//! All other files of a project: databases beside the warehouse, histories, ledgers, pages, logs, caches, seeds.
//!
//! Nothing is known of them, so they are looked through for texts that only these people have. A Parquet file and a CSV file lose
//! the rows with such a text; in files that runs have made, asterisks take its place, so that nothing moves; what a person has
//! written is listed and stays.

use super::files::{Scan, path_literal};
use super::ground::{Ground, inside, unknown_work};
use super::options::ErasedPlaces;
use super::outcome::{ErasedPlace, LeftPlace};
use super::values::{TEXTS, Values};
use aho_corasick::AhoCorasick;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{is_same_file, link_or_copy, put_in_place, replace_content};
use ingot_core::project::Project;
use ingot_powerbi::publish::sha256;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Folders in which runs write: what is in them can be made again.
const MADE: [&str; 8] = ["target", "logs", "lake", "duckdb", "site", "analytics", "data_raw", ".ingot"];

/// Every file of a project, without what cargo and git keep, and without the audit trail, which has no value of a row.
pub(super) fn project_files(root: &Path) -> Result<Vec<PathBuf>> {
    files_below(root, &|_| true)
}

/// The same without the environments of a project, each of which has data of its own, and without what other steps know.
fn own_files(places: &ErasedPlaces) -> Result<Vec<PathBuf>> {
    let root = places.root.as_path();
    let environments = Project::at(root).environments();
    let is_of_another = |file: &Path| file.starts_with(&environments) && !root.starts_with(&environments);
    files_below(root, &|file| !is_of_another(file) && !is_known(file, places))
}

/// `is_wanted` is asked about files and folders.
fn files_below(root: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let is_ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_kept_by_others = entry.depth() == 1 && (name == ".git" || name == "audit");
        !is_kept_by_others
            && is_wanted(entry.path())
            && !(entry.file_type().is_dir() && entry.path().join("CACHEDIR.TAG").is_file())
    };
    for entry in WalkDir::new(root).into_iter().filter_entry(is_ours) {
        let entry = entry.or_cannot_at("list the folder", root)?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// DuckDB files of a project beside its warehouse.
pub(super) fn databases(places: &ErasedPlaces) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in own_files(places)? {
        let is_being_written = file.to_string_lossy().ends_with(".inprogress");
        if !is_being_written && super::database::is_database(&first_bytes(&file)?) {
            found.push(file);
        }
    }
    Ok(found)
}

fn first_bytes(file: &Path) -> Result<Vec<u8>> {
    let mut first = Vec::new();
    let opened = std::fs::File::open(file).or_cannot_at("open the file", file)?;
    opened.take(16).read_to_end(&mut first).or_cannot_at("read the file", file)?;
    Ok(first)
}

/// Databases, each with all names that it has among these.
pub(super) fn names_of_databases<'f>(files: impl IntoIterator<Item = &'f PathBuf>) -> Vec<Vec<PathBuf>> {
    let mut databases: Vec<Vec<PathBuf>> = Vec::new();
    for file in files.into_iter().filter(|file| file.is_file()) {
        match databases.iter_mut().find(|names| is_same_file(&names[0], file)) {
            Some(names) => names.push(file.clone()),
            None => databases.push(vec![file.clone()]),
        }
    }
    databases
}

/// Writes a database again with `write`, and has what describes it follow: its other names, and the manifest beside each, which
/// has its length and hash. `names` are all of one file.
///
/// # Errors
/// A file cannot be written.
pub(super) fn erase_database(names: &[PathBuf], write: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    let Some((file, others)) = names.split_first() else { return Ok(()) };
    write(file)?;
    for other in others {
        let beside = other.with_extension("erased.inprogress");
        let _ = std::fs::remove_file(&beside);
        link_or_copy(file, &beside)?;
        std::fs::rename(&beside, other).or_cannot_at("replace the file", other)?;
    }
    let manifests: Vec<(PathBuf, Value)> = names.iter().filter_map(|name| manifest_of(name)).collect();
    if manifests.is_empty() {
        return Ok(());
    }
    let (hash, bytes) = (sha256(file)?, std::fs::metadata(file).or_cannot_at("read the file", file)?.len());
    for (path, mut manifest) in manifests {
        manifest["sha256"] = hash.clone().into();
        manifest["bytes"] = bytes.into();
        let text = serde_json::to_string_pretty(&manifest).or_cannot_at("write the manifest", &path)?;
        replace_content(&path, format!("{text}\n").as_bytes())?;
    }
    Ok(())
}

/// What was written beside a published file to describe it, if it was.
fn manifest_of(database: &Path) -> Option<(PathBuf, Value)> {
    let path = database.with_extension("json");
    let manifest: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
    let describes = manifest.get("sha256").is_some() && manifest.get("bytes").is_some();
    describes.then_some((path, manifest))
}

/// Looks through all files that no other step knows, and takes the people out unless this is a `dry_run`.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn sweep(
    places: &ErasedPlaces,
    ground: &Ground,
    values: &mut Values,
    dry_run: bool,
) -> Result<(Vec<ErasedPlace>, Vec<LeftPlace>)> {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    let Some(texts) = values.of(TEXTS) else { return Ok((found, left)) };
    let texts: BTreeSet<String> = texts.iter().flat_map(|text| spellings(text)).collect();
    let finder = AhoCorasick::new(texts)
        .map_err(|error| Error::new("there are too many texts to look for").caused_by(error))?;
    let swept: Vec<Swept> = own_files(places)?
        .into_par_iter()
        .map(|file| sweep_file(file, places, ground, &finder, dry_run))
        .collect::<Result<_>>()?;
    for one in swept {
        match one {
            Swept::Nothing => {}
            Swept::Found(place) => found.push(place),
            Swept::Left(place) => left.push(place),
            Swept::Parquet(file) => {
                let rows = parquet(&file, values, dry_run)?;
                found.extend((rows > 0).then(|| place_of(&inside(&places.root, &file), rows, "deleted")));
            }
        }
    }
    Ok((found, left))
}

/// What became of a file.
enum Swept {
    Nothing,
    Found(ErasedPlace),
    Left(LeftPlace),
    /// It has to be read by the engine.
    Parquet(PathBuf),
}

fn place_of(name: &str, rows: u64, action: &str) -> ErasedPlace {
    ErasedPlace {
        kind: "file".to_owned(),
        place: name.to_owned(),
        rows,
        files: 1,
        action: action.to_owned(),
        ..ErasedPlace::default()
    }
}

fn sweep_file(
    file: PathBuf,
    places: &ErasedPlaces,
    ground: &Ground,
    finder: &AhoCorasick,
    dry_run: bool,
) -> Result<Swept> {
    let name = inside(&places.root, &file);
    if let Some(feed) = ground.feed_of_raw(&file) {
        // The others have been looked at row by row.
        if ground.feeds.iter().any(|one| one.contract.name == feed) {
            return Ok(Swept::Nothing);
        }
        let bytes = std::fs::read(&file).or_cannot_at("read the file", &file)?;
        let rows = finder.find_iter(&bytes).count() as u64;
        let why = format!("no contract says that rows of '{feed}' are of these people");
        return Ok(match rows {
            0 => Swept::Nothing,
            rows => Swept::Left(LeftPlace { place: name, rows, why }),
        });
    }
    let first = first_bytes(&file)?;
    if super::database::is_database(&first) || name.ends_with(".inprogress") {
        return Ok(Swept::Nothing);
    }
    if first.starts_with(b"PAR1") {
        return Ok(Swept::Parquet(file));
    }
    let bytes = std::fs::read(&file).or_cannot_at("read the file", &file)?;
    let count = finder.find_iter(&bytes).count() as u64;
    if count == 0 {
        return Ok(Swept::Nothing);
    }
    let is_made = name.split('/').next().is_some_and(|folder| MADE.contains(&folder));
    if name.ends_with(".csv") && (is_made || !name.contains('/') || is_seed(&name)) {
        let rows = csv_rows(&file, &bytes, finder, dry_run)?;
        return Ok(Swept::Found(place_of(&name, rows, "deleted")));
    }
    if !is_made {
        let why = "a person has written it: take the texts out of it yourself".to_owned();
        return Ok(Swept::Left(LeftPlace { place: name, rows: count, why }));
    }
    if !dry_run {
        let mut new = bytes.clone();
        for found in finder.find_iter(&bytes) {
            new[found.start()..found.end()].fill(b'*');
        }
        replace_content(&file, &new)?;
    }
    Ok(Swept::Found(place_of(&name, count, "masked")))
}

/// A text as it is, and as pages and JSON write it.
fn spellings(text: &str) -> BTreeSet<String> {
    let in_html = |quote: &str| {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        escaped.replace('"', "&quot;").replace('\'', quote)
    };
    let in_json = Value::from(text).to_string();
    let in_json = in_json[1..in_json.len() - 1].to_owned();
    BTreeSet::from([text.to_owned(), in_html("&#x27;"), in_html("&#39;"), in_html("'"), in_json])
}

fn is_seed(name: &str) -> bool {
    name.starts_with("seeds/") || name.starts_with("data/")
}

/// Whether another step has the file: tables of the lake, the journal and the list of those who are kept out.
fn is_known(file: &Path, places: &ErasedPlaces) -> bool {
    if places.warehouse.as_deref() == Some(file) {
        return true;
    }
    let Ok(in_lake) = file.strip_prefix(&places.lake) else { return false };
    let mut parts = in_lake.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let (layer, side) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    layer == ingot_bronze::ERASURE
        || side == ".erased.json"
        || matches!(side.as_str(), "delta" | "parquet" | ".delta-log" | ".parquet-aside")
        || layer == "_rejects"
}

/// Takes rows with a text of the people out of a Parquet file of which nothing is known. Gives how many.
fn parquet(file: &Path, values: &mut Values, dry_run: bool) -> Result<u64> {
    // A file that cannot be read is none that ingot can say anything about; the search for bytes still sees it.
    let Ok(scan) = Scan::of_files(vec![file.to_path_buf()], values) else { return Ok(0) };
    let work = unknown_work(scan.columns(), values);
    let Some(touches) = work.touches() else { return Ok(0) };
    let count = format!("select count(*) from {} where coalesce({touches}, false)", scan.relation());
    let rows = values.number(&count)?.unsigned_abs();
    if rows > 0 && !dry_run {
        let beside = file.with_extension("parquet.erased.inprogress");
        values.execute(&format!(
            "copy ({}) to {} (format parquet, compression zstd)",
            work.query(&scan.relation(), super::files::FILE),
            path_literal(&beside)
        ))?;
        put_in_place(&beside, file, file.parent().unwrap_or(file))?;
    }
    Ok(rows)
}

/// Takes records with a text of the people out of a CSV file; the others stay byte for byte. Gives how many.
fn csv_rows(file: &Path, bytes: &[u8], finder: &AhoCorasick, dry_run: bool) -> Result<u64> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let (mut out, mut begin, mut rows) = (Vec::with_capacity(bytes.len()), 0, 0);
    while reader.read_byte_record(&mut record).or_cannot_at("read the file", file)? {
        let end = usize::try_from(reader.position().byte()).unwrap_or(bytes.len()).min(bytes.len());
        if finder.is_match(&bytes[begin..end]) {
            rows += 1;
        } else {
            out.extend_from_slice(&bytes[begin..end]);
        }
        begin = end;
    }
    if !dry_run {
        replace_content(file, &out)?;
    }
    Ok(rows)
}

//! All other files of a project: databases beside the warehouse, histories, ledgers, pages, logs, caches, seeds.
//!
//! Nothing is known of them, so they are looked through for texts that only these people have. A Parquet file and a CSV file lose
//! the rows with such a text; in files that runs have made, asterisks take its place, so that nothing moves; what a person has
//! written is listed and stays.

use super::files::{Scan, path_literal};
use super::ground::{Ground, inside, unknown_work};
use super::options::EraseOptions;
use super::outcome::{ErasedPlace, LeftPlace};
use super::values::{TEXTS, Values};
use aho_corasick::AhoCorasick;
use ingot_core::error::{Context as _, Error, Result};
use ingot_core::fs::{link_or_copy, put_in_place, replace_content};
use ingot_powerbi::publish::sha256;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Folders in which runs write: what is in them can be made again.
const MADE: [&str; 8] = ["target", "logs", "lake", "duckdb", "site", "analytics", "data_raw", ".ingot"];

/// Every file of a project, without what cargo and git keep, and without the audit trail, which has no value of a row.
pub(super) fn project_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let is_wanted = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_ours = !(entry.depth() == 1 && (name == ".git" || name == "audit"));
        is_ours && !(entry.file_type().is_dir() && entry.path().join("CACHEDIR.TAG").is_file())
    };
    for entry in WalkDir::new(root).into_iter().filter_entry(is_wanted) {
        let entry = entry.or_cannot_at("list the folder", root)?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// DuckDB files of a project beside its warehouse.
pub(super) fn databases(root: &Path, warehouse: Option<&Path>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in project_files(root)? {
        let is_warehouse = warehouse.is_some_and(|warehouse| warehouse == file);
        let is_being_written = file.to_string_lossy().ends_with(".inprogress");
        if !is_warehouse && !is_being_written && super::database::is_database(&first_bytes(&file)?) {
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

/// Writes a database again with `write`, and has what describes it follow: files that were the same file before, and
/// manifests with its length and hash. `renewed` keeps what was written again, by its hash before.
///
/// # Errors
/// A file cannot be written.
pub(super) fn erase_database(
    file: &Path,
    renewed: &mut BTreeMap<String, PathBuf>,
    write: &mut dyn FnMut(&Path) -> Result<()>,
) -> Result<()> {
    let before = sha256(file)?;
    match renewed.get(&before) {
        Some(same) => {
            let beside = file.with_extension("erased.inprogress");
            let _ = std::fs::remove_file(&beside);
            link_or_copy(same, &beside)?;
            std::fs::rename(&beside, file).or_cannot_at("replace the file", file)?;
        }
        None => {
            write(file)?;
            renewed.insert(before.clone(), file.to_path_buf());
        }
    }
    let (after, bytes) = (sha256(file)?, std::fs::metadata(file).or_cannot_at("read the file", file)?.len());
    let folder = file.parent().unwrap_or(file);
    for entry in std::fs::read_dir(folder).or_cannot_at("list the folder", folder)?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|kind| kind != "json") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Ok(mut manifest) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        if manifest.get("sha256").and_then(serde_json::Value::as_str) == Some(before.as_str()) {
            manifest["sha256"] = after.clone().into();
            manifest["bytes"] = bytes.into();
            let text = serde_json::to_string_pretty(&manifest).or_cannot_at("write the manifest", &path)?;
            replace_content(&path, format!("{text}\n").as_bytes())?;
        }
    }
    Ok(())
}

/// Looks through all files that no other step knows, and takes the people out unless this is a `dry_run`.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn sweep(
    options: &EraseOptions,
    ground: &Ground,
    values: &mut Values,
    dry_run: bool,
) -> Result<(Vec<ErasedPlace>, Vec<LeftPlace>)> {
    let (mut places, mut left) = (Vec::new(), Vec::new());
    let Some(texts) = values.of(TEXTS) else { return Ok((places, left)) };
    let texts: Vec<String> = texts.iter().cloned().collect();
    let finder = AhoCorasick::new(&texts)
        .map_err(|error| Error::new("there are too many texts to look for").caused_by(error))?;
    for file in project_files(&options.root)? {
        if is_known(&file, options) {
            continue;
        }
        let first = first_bytes(&file)?;
        let name = inside(&options.root, &file);
        if let Some(feed) = ground.feed_of_raw(&file) {
            // The others have been looked at row by row.
            if !ground.feeds.iter().any(|one| one.contract.name == feed) {
                let bytes = std::fs::read(&file).or_cannot_at("read the file", &file)?;
                let rows = finder.find_iter(&bytes).count() as u64;
                let why = format!("no contract says that rows of '{feed}' are of these people");
                left.extend((rows > 0).then_some(LeftPlace { place: name, rows, why }));
            }
            continue;
        }
        let place = |rows: u64, action: &str| ErasedPlace {
            kind: "file".to_owned(),
            place: name.clone(),
            rows,
            files: 1,
            action: action.to_owned(),
            ..ErasedPlace::default()
        };
        if super::database::is_database(&first) || name.ends_with(".inprogress") {
            continue;
        }
        if first.starts_with(b"PAR1") {
            let rows = parquet(&file, values, dry_run)?;
            places.extend((rows > 0).then(|| place(rows, "deleted")));
            continue;
        }
        let bytes = std::fs::read(&file).or_cannot_at("read the file", &file)?;
        let count = finder.find_iter(&bytes).count() as u64;
        if count == 0 {
            continue;
        }
        let is_made = name.split('/').next().is_some_and(|folder| MADE.contains(&folder));
        if name.ends_with(".csv") && (is_made || !name.contains('/') || is_seed(&name)) {
            let rows = csv_rows(&file, &bytes, &finder, dry_run)?;
            places.push(place(rows, "deleted"));
        } else if is_made {
            if !dry_run {
                let mut new = bytes.clone();
                for found in finder.find_iter(&bytes) {
                    new[found.start()..found.end()].fill(b'*');
                }
                replace_content(&file, &new)?;
            }
            places.push(place(count, "masked"));
        } else {
            left.push(LeftPlace {
                place: name,
                rows: count,
                why: "a person has written it: take the texts out of it yourself".to_owned(),
            });
        }
    }
    Ok((places, left))
}

fn is_seed(name: &str) -> bool {
    name.starts_with("seeds/") || name.starts_with("data/")
}

/// Whether another step has the file: tables of the lake, the journal and the list of those who are kept out.
fn is_known(file: &Path, options: &EraseOptions) -> bool {
    if options.warehouse.as_deref() == Some(file) {
        return true;
    }
    let Ok(in_lake) = file.strip_prefix(&options.lake) else { return false };
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
    let count = values
        .query(&format!("select count(*) from {} where coalesce({touches}, false)", scan.relation()))?;
    let rows = count.first().and_then(ingot_engine::Cell::as_i64).unwrap_or_default().unsigned_abs();
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

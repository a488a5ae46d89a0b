//! The data files below the paths that were named, and what format each has.

use ingot_bronze::inspect::{first_bytes, sheet_names};
use ingot_contract::Format;
use ingot_core::error::{Context, Error, Result};
use ingot_lake::DeltaTable;
use std::path::{Path, PathBuf};

/// A file, a Delta table, or a sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) relative: String,
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    /// Of a workbook: the sheet, and whether it is one of several.
    pub(crate) sheet: Option<(String, bool)>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) sources: Vec<Source>,
    /// Files that were passed over, and why.
    pub(crate) passed_over: Vec<(PathBuf, String)>,
    /// The names of all files, also of those that were passed over.
    pub(crate) all: Vec<String>,
}

/// Bytes that tell a format by themselves.
const FIRST: usize = 8;

/// The folder that paths of contracts are relative to: the one that was named, or the nearest around all that were.
///
/// # Errors
/// A path does not exist.
pub fn root_of(paths: &[PathBuf]) -> Result<PathBuf> {
    let mut root: Option<PathBuf> = None;
    for path in paths {
        let path = std::path::absolute(path).or_cannot_at("find the path", path)?;
        if !path.exists() {
            return Err(Error::new("there is no such file or folder").at(&path).hint("check the path"));
        }
        let is_table = path.join("_delta_log").is_dir();
        let folder = match path.parent() {
            Some(parent) if path.is_file() || is_table => parent.to_path_buf(),
            _ => path.clone(),
        };
        root = Some(match root {
            None => folder,
            Some(root) => root
                .ancestors()
                .find(|ancestor| folder.starts_with(ancestor))
                .unwrap_or(Path::new("/"))
                .to_path_buf(),
        });
    }
    root.ok_or_else(|| Error::new("no path is named").hint("name a folder or files"))
}

/// Finds all data below the paths.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn discover(paths: &[PathBuf], root: &Path) -> Result<Found> {
    let mut found = Found::default();
    for path in paths {
        let path = std::path::absolute(path).or_cannot_at("find the path", path)?;
        visit(&path, root, &mut found)?;
    }
    found.sources.sort_by(|one, other| one.relative.cmp(&other.relative));
    found.sources.dedup_by(|one, other| one.path == other.path && one.sheet == other.sheet);
    Ok(found)
}

fn visit(path: &Path, root: &Path, found: &mut Found) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let relative = || {
        let inner = path.strip_prefix(root).unwrap_or(path);
        inner.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    };
    if path.is_dir() {
        if DeltaTable::exists(path) {
            let (relative, path) = (relative(), path.to_path_buf());
            found.all.push(relative.clone());
            found.sources.push(Source { relative, path, format: Format::Delta, sheet: None });
            return Ok(());
        }
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path).or_cannot_at("read the folder", path)? {
            entries.push(entry.or_cannot_at("read the folder", path)?.path());
        }
        entries.sort();
        for entry in entries {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(['.', '_']) {
                visit(&entry, root, found)?;
            }
        }
        return Ok(());
    }
    let is_unicode = path.strip_prefix(root).unwrap_or(path).to_str().is_some();
    if !is_unicode {
        // A contract is text, and cannot name it.
        found.passed_over.push((path.to_path_buf(), "its name is not UTF-8".to_owned()));
        return Ok(());
    }
    found.all.push(relative());
    match format_of(path, &name) {
        Ok(Some(Format::Xlsx)) => match sheet_names(path) {
            Ok(sheets) => {
                let many = sheets.len() > 1;
                for sheet in sheets {
                    found.sources.push(Source {
                        relative: relative(),
                        path: path.to_path_buf(),
                        format: Format::Xlsx,
                        sheet: Some((sheet, many)),
                    });
                }
            }
            Err(failure) => found.passed_over.push((path.to_path_buf(), failure.to_string())),
        },
        Ok(Some(format)) => {
            found.sources.push(Source {
                relative: relative(),
                path: path.to_path_buf(),
                format,
                sheet: None,
            });
        }
        Ok(None) => {
            found.passed_over.push((path.to_path_buf(), "its name is not that of a data file".to_owned()))
        }
        Err(error) => found.passed_over.push((path.to_path_buf(), error.message().to_owned())),
    }
    Ok(())
}

/// The format by the name, or by the first bytes if the name says nothing; `None` for files that are not data.
fn format_of(path: &Path, name: &str) -> Result<Option<Format>> {
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".zst")).unwrap_or(&lower);
    let by_name = match plain.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv" | "tsv" | "tab" | "psv" | "txt" | "dat" | "data") => Some(Format::Csv),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("json") => Some(Format::Json),
        Some("parquet" | "pq" | "parq") => Some(Format::Parquet),
        Some("xlsx" | "xlsm") => Some(Format::Xlsx),
        Some("crc" | "md" | "yml" | "yaml" | "sql" | "py" | "pdf" | "html" | "duckdb") => return Ok(None),
        _ => None,
    };
    if by_name.is_some() && by_name != Some(Format::Csv) {
        return Ok(by_name);
    }
    let first = first_bytes(path, FIRST)?;
    Ok(match first.as_slice() {
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        [b'P', b'K', 3, 4, ..] => Some(Format::Xlsx),
        _ => by_name,
    })
}

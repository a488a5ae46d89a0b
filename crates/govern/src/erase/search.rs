//! The proof: every byte of every file of a project is searched for texts. Compressed files are expanded, pages of Parquet files
//! decompressed, entries of workbooks and archives opened, and text columns of DuckDB files read as tables too, because DuckDB
//! may keep them compressed.

use super::database::is_database;
use super::files::path_literal;
use super::ground::inside;
use super::leftovers::project_files;
use aho_corasick::AhoCorasick;
use ingot_core::error::{Context as _, Error, Result};
use ingot_engine::duckdb::explain_attach;
use ingot_engine::{name_literal, text_literal};
use ingot_lake::parquet::column::page::Page;
use ingot_lake::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ingot_operate::Reader;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

/// What is searched.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    pub root: PathBuf,
    pub lake: PathBuf,
    pub raw: PathBuf,
    /// Texts of people. Nothing is kept of them.
    pub texts: Vec<String>,
}

/// A file with texts of the people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedFile {
    /// Relative to the project.
    pub file: String,
    /// How often a text was found, by its place in the list.
    pub found: BTreeMap<usize, u64>,
}

/// Searches a project, its audit trail and git's files included. Gives how many files and bytes were searched, and the files
/// in which something was found.
///
/// # Errors
/// There is nothing to search for, or a file cannot be read.
pub fn search(options: &SearchOptions) -> Result<(u64, u64, Vec<SearchedFile>)> {
    let texts: Vec<&str> = options.texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    if texts.is_empty() {
        return Err(Error::new("there is nothing to search for")
            .hint("give the values of the person on standard input, each on a line of its own"));
    }
    let finder = AhoCorasick::new(&texts)
        .map_err(|error| Error::new("there are too many texts to look for").caused_by(error))?;
    let mut files = project_files(&options.root)?;
    for other in [options.root.join("audit"), options.lake.clone(), options.raw.clone()] {
        if other.is_dir() {
            files.extend(
                walkdir::WalkDir::new(&other)
                    .into_iter()
                    .flatten()
                    .filter(|entry| entry.file_type().is_file())
                    .map(walkdir::DirEntry::into_path),
            );
        }
    }
    files.sort();
    files.dedup();
    let (mut count, mut bytes, mut found) = (0, 0, Vec::new());
    for file in files {
        let content = std::fs::read(&file).or_cannot_at("read the file", &file)?;
        count += 1;
        bytes += content.len() as u64;
        let mut hits: BTreeMap<usize, u64> = BTreeMap::new();
        let mut look = |content: &[u8]| {
            for one in finder.find_overlapping_iter(content) {
                *hits.entry(one.pattern().as_usize()).or_default() += 1;
            }
        };
        look(&content);
        for inner in opened(&file, &content, &texts)? {
            look(&inner);
        }
        if !hits.is_empty() {
            found.push(SearchedFile { file: inside(&options.root, &file), found: hits });
        }
    }
    Ok((count, bytes, found))
}

/// What is inside of a file that is packed in some way.
fn opened(path: &Path, content: &[u8], texts: &[&str]) -> Result<Vec<Vec<u8>>> {
    let mut inner = Vec::new();
    if content.starts_with(b"PAR1") {
        return Ok(pages(path).unwrap_or_default());
    }
    if is_database(content) {
        inner.push(texts_of_database(path, texts)?);
    } else if content.starts_with(&[0x1f, 0x8b]) {
        let mut out = Vec::new();
        if flate2::read::MultiGzDecoder::new(content).read_to_end(&mut out).is_ok() {
            inner.push(out);
        }
    } else if content.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        inner.extend(zstd::decode_all(content).ok());
    } else if content.starts_with(b"PK\x03\x04")
        && let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(content))
    {
        for at in 0..archive.len() {
            let mut out = Vec::new();
            if archive.by_index(at).is_ok_and(|mut entry| entry.read_to_end(&mut out).is_ok()) {
                inner.push(out);
            }
        }
    }
    Ok(inner)
}

/// The pages of a Parquet file, decompressed.
fn pages(path: &Path) -> Option<Vec<Vec<u8>>> {
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    let mut pages = Vec::new();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).ok()?;
        for column in 0..group.num_columns() {
            let mut of_column = group.get_column_page_reader(column).ok()?;
            while let Some(page) = of_column.get_next_page().ok()? {
                let buffer = match &page {
                    Page::DataPage { buf, .. }
                    | Page::DataPageV2 { buf, .. }
                    | Page::DictionaryPage { buf, .. } => buf,
                };
                pages.push(buffer.to_vec());
            }
        }
    }
    Some(pages)
}

/// The values of text columns of a DuckDB file that have one of the texts in them.
fn texts_of_database(path: &Path, texts: &[&str]) -> Result<Vec<u8>> {
    let mut reader = Reader::new()?;
    let session = &mut reader.session;
    session
        .execute(&format!("attach {} as searched (read_only)", path_literal(path)))
        .map_err(|error| explain_attach(error, path))?;
    let columns = session.query(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'searched' \
         and (data_type = 'VARCHAR' or data_type like '%[]' or data_type like 'STRUCT%' or data_type like 'MAP%') \
         and (schema_name, table_name) in \
         (select (schema_name, table_name) from duckdb_tables() where database_name = 'searched')",
    )?;
    session.execute("create temp table wanted (v varchar)")?;
    for part in texts.chunks(1_000) {
        let rows: Vec<String> = part.iter().map(|text| format!("({})", text_literal(text))).collect();
        session.execute(&format!("insert into wanted values {}", rows.join(", ")))?;
    }
    // Few texts are looked for inside of longer ones; of many, that would take too long.
    let is_hit = match texts.len() {
        0..=200 => "exists (select 1 from wanted where contains(v, wanted.v))",
        _ => "v in (select v from wanted)",
    };
    let mut found = Vec::new();
    for row in &columns.rows {
        let [schema, table, column] = row.as_slice() else { continue };
        let [schema, table, column] = [schema, table, column].map(|name| name_literal(&name.to_string()));
        let hits = session.query(&format!(
            "select v from (select distinct cast({column} as varchar) as v from searched.{schema}.{table}) where {is_hit}"
        ))?;
        for cell in hits.rows.iter().flatten() {
            found.extend_from_slice(cell.to_string().as_bytes());
            found.push(b'\n');
        }
    }
    Ok(found)
}

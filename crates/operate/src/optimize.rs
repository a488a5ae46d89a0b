//! Many small data files of a partition as few large ones, optionally sorted, in one commit.
//!
//! The table has the same rows before and after. The files it had stay on disk for earlier versions, until a vacuum.

use crate::relation::{Reader, path_literal, refuse_foreign};
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::make_durable;
use ingot_core::report::{bytes, counted, thousands, verb};
use ingot_engine::name_literal;
use ingot_lake::arrow::datatypes::{Schema, SchemaRef};
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::parquet::basic::{Compression, Encoding};
use ingot_lake::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use ingot_lake::{
    CommitDetails, DataFileWriter, DeltaTable, LakeTable, LiveFile, NewFile, TableView, Values,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::WalkDir;

/// The size of a data file that readers like.
const TARGET_BYTES: u64 = 128 << 20;
/// So many small files make reading slow. Delta's own automatic compaction begins at 50
/// (<https://docs.delta.io/latest/optimizations-oss.html#auto-compaction>).
const MANY: usize = 32;
/// The beginning of the names of files that an optimize writes; the version that it makes follows.
const PREFIX: &str = "optimize-v";
/// The key of a commit's metadata that a copy of a model keeps its content under; the content stays the same.
const CONTENT: &str = "content";
const SORTED_BY: &str = "sorted_by";

/// How to optimize.
#[derive(Debug, Clone)]
pub struct OptimizeOptions {
    /// Bytes of a file.
    pub target: u64,
    /// Sort the rows of each partition by these columns. All its files are written again then.
    pub sort: Vec<String>,
    /// Small files of one partition are joined if there are so many.
    pub at_least: usize,
    /// A larger file waits until the smaller ones are together as large. A table that is loaded each second would otherwise be
    /// written again whole each minute.
    pub larger_wait: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

impl OptimizeOptions {
    /// For a table that grows with each load: few small files are left alone, so that most loads need not wait.
    pub fn after_a_load() -> Self {
        Self { at_least: MANY, larger_wait: true, ..Self::default() }
    }
}

impl Default for OptimizeOptions {
    fn default() -> Self {
        Self { target: TARGET_BYTES, sort: Vec::new(), at_least: 2, larger_wait: false, dry_run: false }
    }
}

/// What an optimize did to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optimized {
    pub table: String,
    /// The version that it made; `None` if there was nothing to do, or in a dry run.
    pub version: Option<u64>,
    /// Files that were read, and that took their place.
    pub files_before: usize,
    pub files_after: usize,
    pub bytes_before: u64,
    pub bytes_after: u64,
    pub rows: u64,
}

impl Optimized {
    pub fn is_nothing(&self) -> bool {
        self.files_before == 0
    }

    pub fn line(&self) -> String {
        match self.version {
            Some(version) => format!(
                "{}: {} ({}) {} now {} ({}), {}, version {version}",
                self.table,
                counted(self.files_before as u64, "file"),
                bytes(self.bytes_before),
                verb(self.files_before as u64, "is", "are"),
                thousands(self.files_after as u64),
                bytes(self.bytes_after),
                counted(self.rows, "row")
            ),
            None if self.files_before > 0 => format!(
                "{}: {} ({}) would be written again",
                self.table,
                counted(self.files_before as u64, "file"),
                bytes(self.bytes_before)
            ),
            None => format!("{}: nothing to do", self.table),
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "table": self.table, "version": self.version, "files_before": self.files_before,
            "files_after": self.files_after, "bytes_before": self.bytes_before, "bytes_after": self.bytes_after,
            "rows": self.rows,
        })
    }
}

/// # Errors
/// Another process writes to the table, a file cannot be read or written, or the commit fails. The table is then as it was.
pub fn optimize(table: &LakeTable, options: &OptimizeOptions) -> Result<Optimized> {
    let _lock = table.lock()?;
    let mut delta = table.open()?;
    let files = delta.files()?;
    refuse_foreign(&delta, &files)?;
    check_sort(&delta, &options.sort)?;
    let next = delta.version() + 1;
    let bins = match options.sort.as_slice() {
        [] => small_files(&files, options),
        sort if is_sorted(&delta, sort)? => Vec::new(),
        _ => by_partition(&files),
    };
    let read: Vec<&LiveFile> = bins.iter().flatten().collect();
    let mut done = Optimized {
        table: table.label(),
        version: None,
        files_before: read.len(),
        files_after: 0,
        bytes_before: read.iter().map(|file| file.bytes).sum(),
        bytes_after: 0,
        rows: 0,
    };
    if options.dry_run || bins.is_empty() {
        return Ok(done);
    }
    remove_uncommitted(delta.root(), delta.version())?;
    delta.refuse_damaged(bins.iter().flatten())?;
    let mut writer =
        Compaction { table: &delta, view: delta.view()?, target: options.target, next, written: Vec::new() };
    let outcome = bins.iter().try_for_each(|bin| writer.write(bin, &options.sort));
    let added = writer.written;
    let removed: Vec<LiveFile> = bins.into_iter().flatten().collect();
    let paths: Vec<PathBuf> = added.iter().map(|file| delta.root().join(&file.relative)).collect();
    let outcome = outcome.and_then(|()| make_durable(&paths, delta.root())).and_then(|()| {
        done.files_after = added.len();
        done.bytes_after = added.iter().map(|file| file.bytes).sum();
        done.rows = added.iter().map(|file| file.rows).sum();
        let details = details(&delta, &options.sort)?;
        delta.rearrange(added, &removed, &details)
    });
    match outcome {
        Ok(version) => done.version = Some(version),
        Err(error) => {
            // What cannot be removed now is removed by the next optimize or vacuum.
            paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
            return Err(error);
        }
    }
    make_durable(&[delta.log_file()], delta.root())?;
    table.show_newest(&delta)?;
    Ok(done)
}

/// Removes files that a killed optimize wrote: their names say a version that never came about.
pub(crate) fn remove_uncommitted(root: &Path, newest: u64) -> Result<()> {
    for entry in WalkDir::new(root) {
        let entry = entry.or_cannot_at("list the folder", root)?;
        let name = entry.file_name().to_string_lossy();
        let version = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.get(..8))
            .and_then(|digits| digits.parse::<u64>().ok());
        if version.is_some_and(|version| version > newest) {
            std::fs::remove_file(entry.path()).or_cannot_at("remove the file", entry.path())?;
        }
    }
    Ok(())
}

fn check_sort(table: &DeltaTable, sort: &[String]) -> Result<()> {
    let (schema, partitions) = (table.schema()?, table.partition_columns()?);
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    for name in sort {
        if !names.contains(&name.as_str()) {
            return Err(Error::new(format!("the table has no column '{name}' to sort by"))
                .at(table.root())
                .of_kind(Kind::NotFound { what: "column", name: name.clone() })
                .did_you_mean(name, names));
        }
        if partitions.contains(name) {
            return Err(Error::new(format!(
                "the table is partitioned by '{name}', so each file has one value of it"
            ))
            .at(table.root())
            .hint("sort by other columns"));
        }
    }
    Ok(())
}

/// Whether the newest commit is an optimize with the same order.
fn is_sorted(table: &DeltaTable, sort: &[String]) -> Result<bool> {
    let last = table.last_commit()?;
    Ok(last.is_some_and(|commit| commit.metadata.get(SORTED_BY) == Some(&json!(sort))))
}

fn by_partition(files: &[LiveFile]) -> Vec<Vec<LiveFile>> {
    let mut groups: BTreeMap<Vec<(&String, &Option<String>)>, Vec<LiveFile>> = BTreeMap::new();
    for file in files {
        groups.entry(file.partition_values.iter().collect()).or_default().push(file.clone());
    }
    groups.into_values().collect()
}

/// Files of one partition each that together are about as large as one should be. A file that is large already, or has no
/// other to be joined with, is left alone.
fn small_files(files: &[LiveFile], options: &OptimizeOptions) -> Vec<Vec<LiveFile>> {
    let target = options.target;
    let mut bins = Vec::new();
    for group in by_partition(files) {
        let mut bin: Vec<LiveFile> = Vec::new();
        let mut size = 0;
        let mut small: Vec<LiveFile> = group.into_iter().filter(|file| file.bytes < target / 4 * 3).collect();
        if options.larger_wait {
            let largest = largest_to_join(small.iter().map(|file| file.bytes).collect());
            small.retain(|file| file.bytes <= largest);
        }
        for file in small {
            if size + file.bytes > target && !bin.is_empty() {
                bins.push(std::mem::take(&mut bin));
                size = 0;
            }
            size += file.bytes;
            bin.push(file);
        }
        bins.push(bin);
    }
    bins.retain(|bin| bin.len() >= options.at_least.max(2));
    bins
}

/// The size of the largest file that is no larger than all smaller ones together; 0 if there is none. So a row is written again
/// only when as much has come since it was written last, which is as often as its table doubles.
fn largest_to_join(mut sizes: Vec<u64>) -> u64 {
    sizes.sort_unstable();
    let (mut smaller, mut largest) = (0, 0);
    for size in sizes {
        if size <= smaller {
            largest = size;
        }
        smaller += size;
    }
    largest
}

fn details(table: &DeltaTable, sort: &[String]) -> Result<CommitDetails> {
    let mut metadata = Map::new();
    // A copy of a model remembers what its rows are. They are the same, so it stays true.
    if let Some(content) = table.last_commit()?.and_then(|mut last| last.metadata.remove(CONTENT)) {
        metadata.insert(CONTENT.to_owned(), content);
    }
    if !sort.is_empty() {
        metadata.insert(SORTED_BY.to_owned(), json!(sort));
    }
    Ok(CommitDetails { operation: "OPTIMIZE", metadata, timestamp: None })
}

/// Writes rows of the table's files into new files.
struct Compaction<'t> {
    table: &'t DeltaTable,
    view: TableView,
    target: u64,
    next: u64,
    written: Vec<NewFile>,
}

impl Compaction<'_> {
    /// Files of one partition.
    fn write(&mut self, files: &[LiveFile], sort: &[String]) -> Result<()> {
        let Some(first) = files.first() else { return Ok(()) };
        let already: u64 = self.written.iter().map(|file| file.rows).sum();
        let (metadata, expected) = metadata_of(files)?;
        let values = values(&metadata);
        let mut output = None;
        if sort.is_empty() {
            for file in files {
                self.copy(&file.path, file, &values, &mut output)?;
            }
        } else {
            let mut reader = Reader::new()?;
            let query = reader.query(self.table, files)?;
            let sorted = reader.temporary("sorted.parquet");
            // Rows that the sort leaves equal stay as they were delivered: their numbers and names of files need little room then.
            let delivered = ["src_filename", "src_row_number"].map(str::to_owned);
            let delivered =
                delivered.into_iter().filter(|name| self.has_column(name) && !sort.contains(name));
            let order: Vec<String> =
                sort.iter().cloned().chain(delivered).map(|name| name_literal(&name)).collect();
            reader.session.execute(&format!(
                "copy ({query} order by {}) to {} (format parquet, compression zstd, compression_level 1)",
                order.join(", "),
                path_literal(&sorted)
            ))?;
            self.copy(&sorted, first, &values, &mut output)?;
        }
        if let Some(writer) = output.take() {
            self.written.push(writer.finish()?);
        }
        let rows = self.written.iter().map(|file| file.rows).sum::<u64>() - already;
        if rows != expected {
            return Err(Error::defect(format!(
                "{expected} rows were read and {rows} written; nothing was committed"
            ))
            .at(self.table.root()));
        }
        Ok(())
    }

    /// The rows of the Parquet file `path`, which are those of `file` and its like, behind those written so far.
    fn copy(
        &mut self,
        path: &Path,
        file: &LiveFile,
        values: &[(String, Values)],
        output: &mut Option<DataFileWriter>,
    ) -> Result<()> {
        let partitions = self.table.partition_columns()?;
        let schema = self.file_schema(&partitions)?;
        let indices: Vec<usize> = schema
            .fields()
            .iter()
            .filter_map(|field| self.view.schema().index_of(field.name()).ok())
            .collect();
        let source = File::open(path).or_cannot_at("open the data file", path)?;
        let batches = ParquetRecordBatchReaderBuilder::try_new(source)
            .and_then(|builder| builder.build())
            .or_cannot_at("read the data file", path)?;
        for batch in batches {
            let batch = batch.or_cannot_at("read the data file", path)?;
            let rows = self
                .view
                .rows(file, &batch)?
                .project(&indices)
                .and_then(|rows| rows.with_schema(schema.clone()))
                .or_cannot_at("read the columns of the file", path)?;
            let writer = match output {
                Some(writer) => writer,
                None => output.insert(self.next_file(file, &partitions, schema.clone(), values)?),
            };
            writer.write(&rows)?;
            if writer.size() as u64 >= self.target
                && let Some(full) = output.take()
            {
                self.written.push(full.finish()?);
            }
        }
        Ok(())
    }

    fn next_file(
        &self,
        file: &LiveFile,
        partitions: &[String],
        schema: SchemaRef,
        values: &[(String, Values)],
    ) -> Result<DataFileWriter> {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("{PREFIX}{:08}-{}.parquet", self.next, &unique[..12]);
        let of_partition = partitions
            .iter()
            .map(|name| (name.clone(), file.partition_values.get(name).cloned().flatten()))
            .collect();
        let values: Vec<(&str, Values)> =
            values.iter().map(|(name, values)| (name.as_str(), *values)).collect();
        DataFileWriter::create(self.table.root(), &name, of_partition, schema, &values)
    }

    fn has_column(&self, name: &str) -> bool {
        self.view.schema().field_with_name(name).is_ok()
    }

    /// The columns of a data file: those of the table that are not in the names of its folders.
    fn file_schema(&self, partitions: &[String]) -> Result<SchemaRef> {
        let fields: Vec<_> = self
            .view
            .schema()
            .fields()
            .iter()
            .filter(|field| !partitions.contains(field.name()))
            .cloned()
            .collect();
        Ok(Arc::new(Schema::new(fields)))
    }
}

/// The metadata of the first file, and the rows of all.
fn metadata_of(files: &[LiveFile]) -> Result<(Arc<ParquetMetaData>, u64)> {
    let mut first = None;
    let mut rows = 0;
    for file in files {
        let source = File::open(&file.path).or_cannot_at("open the data file", &file.path)?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(source)
            .or_cannot_at("read the data file", &file.path)?;
        rows += u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or_default();
        first.get_or_insert_with(|| reader.metadata().clone());
    }
    first.map(|metadata| (metadata, rows)).ok_or_else(|| Error::defect("a bin of files is empty"))
}

/// How a file keeps its columns: whoever wrote it had looked at their values, and the same values are written again.
fn values(metadata: &ParquetMetaData) -> Vec<(String, Values)> {
    let Some(group) = metadata.row_groups().first() else { return Vec::new() };
    let known =
        group.columns().iter().filter_map(|column| Some((column.column_path().string(), kept(column)?)));
    known.collect()
}

/// What was known of a column's values when they were written; `None` if nothing, or if it was only true of that file.
fn kept(column: &ColumnChunkMetaData) -> Option<Values> {
    let has = |encoding| column.encodings().any(|used| used == encoding);
    let is_compressed = column.compression() != Compression::UNCOMPRESSED;
    if column.dictionary_page_offset().is_some() {
        return None;
    }
    if has(Encoding::DELTA_BINARY_PACKED) {
        // Numbers that count up within a raw file begin again with the next one, and do not count up in another order.
        return Some(Values::Near);
    }
    Some(if is_compressed { Values::Unlike } else { Values::Random })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_file_waits_until_the_smaller_ones_are_as_large() {
        assert_eq!(largest_to_join(vec![]), 0);
        assert_eq!(largest_to_join(vec![7]), 0);
        assert_eq!(largest_to_join(vec![8, 1, 4, 2]), 0, "each is larger than all smaller ones");
        assert_eq!(largest_to_join(vec![1000, 1, 1, 1, 1]), 1);
        assert_eq!(largest_to_join(vec![4, 1, 1, 1, 1]), 4);
        assert_eq!(largest_to_join(vec![10, 11, 12, 90, 13]), 13);
    }

    /// A file a load: how often a row is written again, and how many files there are.
    #[test]
    fn joining_costs_little_however_long_it_goes_on() {
        let (mut files, mut written, mut most) = (Vec::new(), 0, 0);
        let loads = 20_000;
        for _ in 0..loads {
            files.push(1);
            let largest = largest_to_join(files.clone());
            let (joined, rest): (Vec<u64>, Vec<u64>) = files.iter().partition(|size| **size <= largest);
            if joined.len() >= MANY {
                let size: u64 = joined.iter().sum();
                written += size;
                files = rest;
                files.push(size);
            }
            most = most.max(files.len());
        }
        assert!(written <= loads * 10, "each row was written again {} times", written / loads);
        assert!(most <= MANY + 12, "{most} files");
    }
}

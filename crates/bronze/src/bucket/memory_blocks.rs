//! Blocks of a table's memory: the raw files of 32 commits in a row, of 32 such blocks, and so on, as Parquet. Without them a loader
//! would read every commit that was ever made.
//!
//! A block is made from commits, which never change, so whoever makes it makes the same one, and one that is missing is only made
//! again. It is sorted by the hashes of paths, of which a shard is a range, so that a loader reads its part.

use super::loaded_content::{Content, contents, logged, record_of};
use super::shard::{Shard, high_of};
use ingot_core::error::{Context as _, Error, Result};
use ingot_lake::arrow::array::{ArrayRef, AsArray as _, RecordBatch, UInt64Array};
use ingot_lake::arrow::datatypes::{DataType, Field, Schema, UInt64Type};
use ingot_lake::parquet::arrow::ArrowWriter;
use ingot_lake::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ingot_lake::parquet::basic::{Compression, ZstdLevel};
use ingot_lake::parquet::file::metadata::{KeyValue, RowGroupMetaData};
use ingot_lake::parquet::file::properties::WriterProperties;
use ingot_lake::parquet::file::statistics::Statistics;
use ingot_lake::{Bucket, BucketTable, LoggedCommit, ObjectChunks};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::PathBuf;
use std::sync::Arc;

/// Commits of the smallest block, and blocks of the next larger one.
pub(super) const COMMITS_OF_A_BLOCK: u64 = 32;
/// Files that a reader of a block takes into memory at once.
const ROWS_OF_A_ROW_GROUP: usize = 16 * 1024;
/// The halves of the path's hash, those of the content's hash, its bytes, its tag.
const COLUMNS: [&str; 6] = ["path_high", "path_low", "content_high", "content_low", "bytes", "tag"];
/// The newest load of a block, in the file's metadata.
const NEWEST: &str = "ingot.newest";

/// A block that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) from: u64,
    /// The last version that it sums up.
    pub(super) to: u64,
    relative: String,
    bytes: u64,
}

/// The blocks of a table.
pub(super) struct Blocks<'a> {
    lake: &'a Bucket,
    table: &'a BucketTable,
    folder: String,
    found: Vec<Block>,
}

type Row = (u128, Content);
/// Rows in the order of their places.
type Rows<'r> = Box<dyn Iterator<Item = Result<Row>> + 'r>;

impl<'a> Blocks<'a> {
    /// Those that are there; `None` if there is no table.
    ///
    /// # Errors
    /// The store refuses.
    pub(super) fn of(lake: &'a Bucket, name: &str, table: &'a BucketTable) -> Result<Option<Self>> {
        // A table that is made again in the same place has loaded nothing.
        let Some(id) = table.id()? else { return Ok(None) };
        let folder = format!("bronze/.loaded/{name}/{id}");
        let mut found = Vec::new();
        lake.each(&folder, |object| {
            found.extend(block_of(&object.relative, object.bytes));
            Ok(())
        })?;
        Ok(Some(Self { lake, table, folder, found }))
    }

    /// The largest block that begins at a version and does not go beyond another.
    pub(super) fn largest_from(&self, from: u64, to: u64) -> Option<&Block> {
        self.found.iter().filter(|block| block.from == from && block.to <= to).max_by_key(|block| block.to)
    }

    /// Hands over the files of a block that are in the shard. Gives when its newest load was made.
    pub(super) fn read(
        &self,
        block: &Block,
        shard: Shard,
        mut take: impl FnMut(u128, Content),
    ) -> Result<Option<i64>> {
        let (rows, newest) = self.rows(block, shard)?;
        for row in rows {
            let (place, content) = row?;
            if shard.covers(place) {
                take(place, content);
            }
        }
        Ok(newest)
    }

    /// The rows of the parts of a block that the shard touches.
    fn rows(&self, block: &Block, shard: Shard) -> Result<(Rows<'static>, Option<i64>)> {
        let address = PathBuf::from(self.lake.address_of(&block.relative));
        let task = "read the memory of loaded files";
        let chunks = ObjectChunks::new(self.lake, &block.relative, block.bytes)?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(chunks).or_cannot_at(task, &address)?;
        let metadata = reader.metadata();
        let newest = metadata
            .file_metadata()
            .key_value_metadata()
            .and_then(|pairs| pairs.iter().find(|pair| pair.key == NEWEST)?.value.as_ref()?.parse().ok());
        let groups = metadata.row_groups().iter().enumerate();
        let touched = groups.filter(|(_, group)| touches(group, shard)).map(|(index, _)| index).collect();
        let batches = reader.with_row_groups(touched).build().or_cannot_at(task, &address)?;
        let rows = batches.flat_map(move |batch| {
            let rows = batch.or_cannot_at(task, &address).map(|batch| of_batch(&batch));
            match rows {
                Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        });
        Ok((Box::new(rows), newest))
    }

    /// Writes the block of the smallest size that begins at a version, from its commits.
    pub(super) fn write_from_log(&self, from: u64, commits: &[LoggedCommit]) -> Result<()> {
        let (rows, newest) = of_commits(commits);
        self.write(from, from + COMMITS_OF_A_BLOCK - 1, Box::new(rows.into_iter().map(Ok)), newest)
    }

    /// Whether a block ends with the table's version.
    pub(super) fn are_due(table: &BucketTable) -> bool {
        table.version().is_some_and(|version| (version + 1).is_multiple_of(COMMITS_OF_A_BLOCK))
    }

    /// Writes the blocks that end with the table's version, if there are such: the larger ones from the smaller.
    ///
    /// # Errors
    /// The store refuses. Nothing is lost: what is missing is read from the log.
    pub(super) fn write_due(&self) -> Result<()> {
        let Some(end) = self.table.version().map(|version| version + 1) else { return Ok(()) };
        let mut size = COMMITS_OF_A_BLOCK;
        while end.is_multiple_of(size) {
            let from = end - size;
            if size == COMMITS_OF_A_BLOCK {
                self.write_from_log(from, &logged(self.table, from, end - 1)?)?;
            } else {
                let (rows, newest) = self.of_parts(from, size)?;
                self.write(from, end - 1, rows, newest)?;
            }
            size *= COMMITS_OF_A_BLOCK;
        }
        Ok(())
    }

    /// All files of as many commits from a version on: of the block, or of what it would be made from.
    fn merged(&self, from: u64, size: u64) -> Result<(Rows<'static>, Option<i64>)> {
        if let Some(block) =
            self.largest_from(from, from + size - 1).filter(|block| block.to + 1 == from + size)
        {
            return self.rows(block, Shard::WHOLE);
        }
        if size == COMMITS_OF_A_BLOCK {
            let (rows, newest) = of_commits(&logged(self.table, from, from + size - 1)?);
            return Ok((Box::new(rows.into_iter().map(Ok)), newest));
        }
        self.of_parts(from, size)
    }

    /// The same from the next smaller blocks.
    fn of_parts(&self, from: u64, size: u64) -> Result<(Rows<'static>, Option<i64>)> {
        let part = size / COMMITS_OF_A_BLOCK;
        let mut sources = Vec::new();
        let mut newest = None;
        for begin in (from..from + size).step_by(part as usize) {
            let (rows, at) = self.merged(begin, part)?;
            sources.push(rows);
            newest = newest.max(at);
        }
        Ok((merge(sources), newest))
    }

    fn write(&self, from: u64, to: u64, rows: Rows<'_>, newest: Option<i64>) -> Result<()> {
        let task = "write the memory of loaded files";
        let beside = tempfile::NamedTempFile::new().or_cannot(task)?;
        let schema = Arc::new(Schema::new(
            COLUMNS.iter().map(|name| Field::new(*name, DataType::UInt64, false)).collect::<Vec<_>>(),
        ));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
            .set_dictionary_enabled(false)
            .set_max_row_group_row_count(Some(ROWS_OF_A_ROW_GROUP))
            .set_created_by("ingot".to_owned())
            .set_key_value_metadata(newest.map(|at| vec![KeyValue::new(NEWEST.to_owned(), at.to_string())]))
            .build();
        let file = beside.reopen().or_cannot(task)?;
        let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).or_cannot(task)?;
        let mut pending: [Vec<u64>; 6] = Default::default();
        let mut flush = |pending: &mut [Vec<u64>; 6]| -> Result<()> {
            let columns = pending
                .each_mut()
                .map(|values| -> ArrayRef { Arc::new(UInt64Array::from(std::mem::take(values))) });
            let batch = RecordBatch::try_new(schema.clone(), columns.to_vec()).or_cannot(task)?;
            writer.write(&batch).or_cannot(task)
        };
        for row in rows {
            let (place, content) = row?;
            let halves = |value: u128| [high_of(value), value as u64];
            let [path_high, path_low] = halves(place);
            let [content_high, content_low] = halves(content.hash);
            let values = [path_high, path_low, content_high, content_low, content.bytes, content.tag];
            pending.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
            if pending[0].len() >= ROWS_OF_A_ROW_GROUP {
                flush(&mut pending)?;
            }
        }
        flush(&mut pending)?;
        writer.close().or_cannot(task)?;
        self.lake
            .put_all(&[(format!("{}/{from:020}-{to:020}.parquet", self.folder), beside.path().to_owned())])
    }
}

fn block_of(relative: &str, bytes: u64) -> Option<Block> {
    let (from, to) = relative.rsplit('/').next()?.strip_suffix(".parquet")?.split_once('-')?;
    Some(Block { from: from.parse().ok()?, to: to.parse().ok()?, relative: relative.to_owned(), bytes })
}

/// Whether a row group may have files of the shard.
fn touches(group: &RowGroupMetaData, shard: Shard) -> bool {
    let (first, last) = shard.range();
    match group.column(0).statistics() {
        // The column is unsigned, and Parquet keeps its limits in the same bits.
        Some(Statistics::Int64(limits)) => {
            let limit = |limit: Option<&i64>| limit.map(|limit| *limit as u64);
            limit(limits.min_opt()).is_none_or(|min| min <= last)
                && limit(limits.max_opt()).is_none_or(|max| max >= first)
        }
        _ => true,
    }
}

fn of_batch(batch: &RecordBatch) -> Vec<Row> {
    let column = |index: usize| batch.column(index).as_primitive::<UInt64Type>();
    let columns: [&UInt64Array; 6] = std::array::from_fn(column);
    (0..batch.num_rows())
        .map(|row| {
            let [path_high, path_low, content_high, content_low, bytes, tag] =
                columns.map(|column| column.value(row));
            let whole = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
            (whole(path_high, path_low), Content { hash: whole(content_high, content_low), bytes, tag })
        })
        .collect()
}

/// The newest delivery of each file of commits, the oldest first; and when the newest load was made.
fn of_commits(commits: &[LoggedCommit]) -> (BTreeMap<u128, Content>, Option<i64>) {
    let mut rows = BTreeMap::new();
    let mut newest = None;
    for record in commits.iter().filter_map(|commit| record_of(&commit.entry)) {
        if !record.files.is_empty() {
            newest = newest.max(Some(record.ingestion_ts));
        }
        rows.extend(contents(&record));
    }
    (rows, newest)
}

/// Rows of several sources in the order of their places, the oldest source first: of a place that several have, the newest.
fn merge(sources: Vec<Rows<'_>>) -> Rows<'_> {
    let mut sources = sources;
    // The place, then the newest source first.
    let mut heads: BinaryHeap<Reverse<(u128, Reverse<usize>)>> = BinaryHeap::new();
    let mut waiting: Vec<Option<Content>> = vec![None; sources.len()];
    let mut failed: Option<Error> = None;
    let mut advance = move |index: usize,
                            heads: &mut BinaryHeap<Reverse<(u128, Reverse<usize>)>>,
                            waiting: &mut Vec<Option<Content>>|
          -> Result<()> {
        if let Some(row) = sources[index].next() {
            let (place, content) = row?;
            waiting[index] = Some(content);
            heads.push(Reverse((place, Reverse(index))));
        }
        Ok(())
    };
    for index in 0..waiting.len() {
        if let Err(error) = advance(index, &mut heads, &mut waiting) {
            failed = Some(error);
        }
    }
    let mut last = None;
    Box::new(std::iter::from_fn(move || {
        loop {
            if let Some(error) = failed.take() {
                heads.clear();
                return Some(Err(error));
            }
            let Reverse((place, Reverse(index))) = heads.pop()?;
            let content = waiting[index].take();
            if let Err(error) = advance(index, &mut heads, &mut waiting) {
                failed = Some(error);
            }
            if last == Some(place) {
                continue;
            }
            last = Some(place);
            return content.map(|content| Ok((place, content)));
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(bytes: u64) -> Content {
        Content { hash: 7, bytes, tag: 0 }
    }

    fn source(rows: &[(u128, u64)]) -> Rows<'static> {
        let rows: Vec<Result<Row>> =
            rows.iter().map(|(place, bytes)| Ok((*place, content(*bytes)))).collect();
        Box::new(rows.into_iter())
    }

    #[test]
    fn of_a_file_in_several_blocks_the_newest_counts() {
        let merged = merge(vec![
            source(&[(1, 10), (3, 10), (9, 10)]),
            source(&[]),
            source(&[(1, 11), (2, 11), (9, 11)]),
            source(&[(9, 12)]),
        ]);
        let rows: Vec<(u128, u64)> =
            merged.map(|row| row.map(|(place, one)| (place, one.bytes)).unwrap()).collect();
        assert_eq!(rows, [(1, 11), (2, 11), (3, 10), (9, 12)]);
    }

    #[test]
    fn an_error_of_a_source_is_an_error_of_all() {
        let broken: Vec<Result<Row>> = vec![Ok((1, content(1))), Err(Error::new("lost"))];
        let rows: Vec<Result<Row>> = merge(vec![Box::new(broken.into_iter()), source(&[(5, 5)])]).collect();
        assert!(rows.iter().any(Result::is_err) && rows.len() == 2, "{rows:?}");
    }

    #[test]
    fn names_say_which_commits_a_block_has() {
        let block =
            block_of("bronze/.loaded/t/id/00000000000000000032-00000000000000000063.parquet", 9).unwrap();
        assert_eq!((block.from, block.to, block.bytes), (32, 63, 9));
        assert_eq!(block_of("bronze/.loaded/t/id/readme.txt", 9), None);
    }
}

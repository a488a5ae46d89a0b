//! Reads only those files of a feed that can have the rows that are looked for: opening all of them takes longer than reading a
//! few.
//!
//! The files of a feed are listed once for each answer. A file is left out if the Delta log says that none of the values
//! that a column has to have is between its least and its greatest one. A file that the log says nothing of is read.

use super::feed_files::{Bounded, Feed, FeedFiles, Wanted, files_table, list_of, listed_in};
use super::follow::Follower;
use ingot_core::error::Result;
use ingot_engine::{Cell, text_literal};
use ingot_lake::LakeTable;
use std::collections::HashMap;
use std::path::Path;

impl Follower<'_> {
    /// What is read in the place of a source, with only the files of these hashes, a list or a query of SQL.
    pub(super) fn of_hashes(&mut self, node: usize, external: &str, hashes: &str) -> Result<String> {
        let Some(feed) = Feed::of(external) else { return Ok(external.to_owned()) };
        self.list(node, &feed)?;
        let found = self
            .session
            .query(&format!("select file from temp.{} where hash in ({hashes})", files_table(node)))?;
        let names = found.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        self.only(node, &feed, names)
    }

    /// What is read in the place of a source without the files that cannot have a row for any of the places where it is read;
    /// for each place, all that its rows must have.
    pub(super) fn with_values(
        &mut self,
        node: usize,
        external: &str,
        places: &[Vec<Wanted>],
    ) -> Result<String> {
        let Some(feed) = Feed::of(external) else { return Ok(external.to_owned()) };
        let places: Vec<Vec<Bounded>> = places
            .iter()
            .map(|place| place.iter().filter_map(|wanted| self.bounded(node, wanted)).collect())
            .collect();
        self.list(node, &feed)?;
        if places.is_empty() || places.iter().any(Vec::is_empty) {
            let all = list_of(&self.feeds[&node].names);
            return Ok(if self.feeds[&node].names.is_empty() { feed.whole() } else { feed.of_files(&all) });
        }
        self.read_statistics(node, &feed);
        let files = &self.feeds[&node];
        let names = files.names.iter().filter(|name| files.can_have(name, &places)).cloned().collect();
        self.only(node, &feed, names)
    }

    /// The values as they are compared with bounds; `None` for types whose bounds the log does not have as they are.
    fn bounded(&mut self, node: usize, wanted: &Wanted) -> Option<Bounded> {
        let columns = &self.nodes[node].columns;
        let column = columns.iter().find(|column| column.name.eq_ignore_ascii_case(&wanted.column))?;
        let kind = column.data_type.to_uppercase();
        let is_integer = matches!(kind.as_str(), "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "HUGEINT");
        if !is_integer && !matches!(kind.as_str(), "VARCHAR" | "DATE") {
            return None;
        }
        let found = self
            .session
            .query(&format!("select cast(cast(columns(*) as {kind}) as varchar) from ({})", wanted.values))
            .ok()?;
        let values = found.rows.first()?.iter().map(|cell| Some(cell.as_str()?.to_owned()));
        Some(Bounded { column: column.name.clone(), is_integer, values: values.collect::<Option<_>>()? })
    }

    /// Notes the files of a feed and puts them into a table with their hashes.
    fn list(&mut self, node: usize, feed: &Feed) -> Result<()> {
        if self.feeds.contains_key(&node) {
            return Ok(());
        }
        let listed = match LakeTable::at(Path::new(feed.folder())) {
            Some(_) if feed.pattern == format!("{}/**/*.parquet", feed.folder()) => listed_in(feed.folder()),
            _ => None,
        };
        let names = match listed {
            Some(names) => names,
            None => {
                let found =
                    self.session.query(&format!("select file from glob({})", text_literal(feed.pattern)))?;
                found.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect()
            }
        };
        self.session.execute(&format!(
            "create or replace temp table {table} as \
             select file, cast(hash(file) as hugeint) as hash from (select unnest({}) as file)",
            list_of(&names),
            table = files_table(node)
        ))?;
        self.feeds.insert(node, FeedFiles { names, statistics: None, narrow: HashMap::new() });
        Ok(())
    }

    /// Takes in what the Delta log says of the files of a feed. A log that cannot be read says nothing.
    fn read_statistics(&mut self, node: usize, feed: &Feed) {
        let Some(files) = self.feeds.get_mut(&node).filter(|files| files.statistics.is_none()) else {
            return;
        };
        let table = LakeTable::at(Path::new(feed.folder()));
        let known = table.and_then(|table| table.open().and_then(|table| table.statistics()).ok());
        let known = known.into_iter().flatten();
        let of_name = |(relative, statistics)| (format!("{}/{relative}", feed.folder()), statistics);
        files.statistics = Some(known.map(of_name).collect());
    }

    /// What is read in the place of a source, with only these files. If there are none, one of them says so as well as all.
    fn only(&mut self, node: usize, feed: &Feed, mut names: Vec<String>) -> Result<String> {
        let all = &self.feeds[&node].names;
        let Some(one) = all.first() else { return Ok(feed.whole()) };
        if names.is_empty() {
            names.push(one.clone());
        }
        if names.len() * 2 > all.len() {
            return Ok(feed.of_files(&list_of(all)));
        }
        if let Some(known) = self.feeds[&node].narrow.get(&names) {
            return Ok(known.clone());
        }
        let narrow = feed.of_files(&list_of(&names));
        // A column that only other files have would not be there.
        let found = self.session.query(&format!("select * from {narrow} limit 0"));
        let is_same = found.is_ok_and(|found| {
            self.nodes[node].columns.iter().all(|column| found.column(&column.name).is_some())
        });
        let read = if is_same { narrow } else { feed.of_files(&list_of(&self.feeds[&node].names)) };
        if let Some(files) = self.feeds.get_mut(&node) {
            files.narrow.insert(names, read.clone());
        }
        Ok(read)
    }
}

//! What is known of rows of bronze beyond bronze: their text in raw files, and rows of the same keys that were rejected.

use super::answer::{Answer, FeedValues, listed, shown_cell};
use super::follow::rows_table;
use super::found::{RawRow, RejectedRow, WhyTable};
use super::row_id::{files_condition, files_of, of_files};
use ingot_bronze::{delivered_rows, rejected_rows};
use ingot_contract::{Contract, Format};
use ingot_core::error::Result;
use ingot_engine::{Cell, NestedValue, name_literal};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Values of a key that are looked for among rejected rows, at most.
const KEY_VALUES: usize = 20;

impl Answer<'_> {
    /// Rows of files of the lake, with their places in raw files.
    pub(super) fn files(&mut self, node: usize, external: &str, table: &mut WhyTable) -> Result<()> {
        let columns = self.follower.nodes[node].columns.iter();
        let columns: Vec<String> = columns.map(|column| column.name.to_lowercase()).collect();
        let has = |name: &str| columns.iter().any(|column| column == name);
        let period = self.question.loaded.filter(|_| has("ingestion_ts"));
        let ids = if period.is_some() { self.all_ids(node)? } else { self.first_ids(node)? };
        let narrow = self.follower.of_hashes(node, external, &files_of(&ids))?;
        let id = of_files(external, 0);
        let condition = files_condition(external, &id, &ids);
        let contract = self.sources.contract_read_by(external);
        let audit = ["src_filename", "src_row_number", "ingestion_ts", "src_row_hash"];
        let audit: Vec<String> = audit
            .iter()
            .map(|name| if has(name) { format!("cast({name} as varchar)") } else { "null".to_owned() })
            .collect();
        let shown = table.shown.clone();
        let own = if shown.is_empty() { String::new() } else { format!(", {}", listed(&shown)) };
        let period = period.map_or_else(String::new, |(after, until)| {
            let (after, until) = (after.as_microsecond(), until.as_microsecond());
            format!(" and epoch_us(ingestion_ts) > {after} and epoch_us(ingestion_ts) <= {until}")
        });
        // Not as a limit of the query: DuckDB 2.0 then fetches the columns of a few rows late, and fails on those that a file
        // does not have (filename, file_row_number).
        let sql = format!(
            "select {}{own} from {narrow} where ({condition}){period} order by {id}",
            audit.join(", ")
        );
        let rows = self.follower.session.query(&sql)?;
        for row in rows.rows.into_iter().take(self.question.limit) {
            let (audit, values) = row.split_at(4);
            table.sample.push(values.iter().map(shown_cell).collect());
            if let [file, number, at, hash] = audit
                && let (false, Ok(number)) = (file.is_null(), number.to_string().parse())
            {
                table.raw.push(RawRow {
                    file: file.to_string(),
                    row_number: number,
                    line: None,
                    ingestion_ts: at.to_string(),
                    text: Some(hash.to_string()),
                });
            }
        }
        let Some(contract) = contract else {
            table.raw.iter_mut().for_each(|row| row.text = None);
            return Ok(());
        };
        add_texts(contract, &self.places.raw, &mut table.raw);
        self.keys(node, external, contract, &id)
    }

    /// What the rows of a feed have in the columns of keys, where that is the same or little.
    fn keys(&mut self, node: usize, external: &str, contract: &Contract, id: &str) -> Result<()> {
        let referring = contract.relationships.iter().filter_map(|one| match one.columns.as_slice() {
            [column] => Some(column.as_str()),
            _ => None,
        });
        let key: Vec<&str> =
            contract.primary_key().iter().map(|column| column.name.as_str()).chain(referring).collect();
        let all = self.follower.session.query(&format!(
            "select id from {} limit {}",
            rows_table(node),
            KEY_VALUES * 10 + 1
        ))?;
        if key.is_empty() || all.rows.len() > KEY_VALUES * 10 {
            return Ok(());
        }
        let ids: Vec<String> = all.rows.iter().filter_map(|row| row.first()).map(Cell::to_string).collect();
        let ids = ids.join(", ");
        let narrow = self.follower.of_hashes(node, external, &files_of(&ids))?;
        let condition = files_condition(external, id, &ids);
        let listed: Vec<String> = key
            .iter()
            .map(|name| format!("list(distinct cast({} as varchar))", name_literal(name)))
            .collect();
        let rows = self
            .follower
            .session
            .query(&format!("select {} from {narrow} where {condition}", listed.join(", ")))?;
        let Some(row) = rows.rows.first() else { return Ok(()) };
        let values = self.bronze.entry(node).or_default();
        for (name, cell) in key.iter().zip(row) {
            if let Cell::Nested(nested) = cell
                && let NestedValue::List(cells) = &nested.value
            {
                let texts = cells.iter().filter(|cell| !cell.is_null()).map(Cell::to_string).collect();
                values.insert((*name).to_owned(), texts);
            }
        }
        Ok(())
    }

    /// Rejected rows that belong to the rows that were found: those of the same key, and where a table has no row, those to
    /// which found rows refer.
    pub(super) fn rejected(
        &self,
        node: usize,
        table: &WhyTable,
        order: &[usize],
        tables: &[WhyTable],
    ) -> Result<(Vec<RejectedRow>, u64)> {
        let mut out = (Vec::new(), 0);
        if table.rows == 0 {
            for source in self.sources_of(node) {
                let Some(contract) = self.contract(source) else { continue };
                for (name, values) in self.missing(contract, order, tables) {
                    self.add_rejected(contract, &[(name, values)], &mut out)?;
                }
            }
            return Ok(out);
        }
        let (Some(contract), Some(values)) = (self.contract(node), self.bronze.get(&node)) else {
            return Ok(out);
        };
        // Of one row its key, of several what they have in common.
        let key: Vec<&str> = contract.primary_key().iter().map(|column| column.name.as_str()).collect();
        let wanted: Vec<(String, BTreeSet<String>)> = values
            .iter()
            .filter(|(name, values)| values.len() == 1 && (table.rows > 1 || key.contains(&name.as_str())))
            .map(|(name, values)| (name.clone(), values.clone()))
            .collect();
        if !wanted.is_empty() {
            self.add_rejected(contract, &wanted, &mut out)?;
        }
        Ok(out)
    }

    fn add_rejected(
        &self,
        contract: &Contract,
        wanted: &[(String, BTreeSet<String>)],
        out: &mut (Vec<RejectedRow>, u64),
    ) -> Result<()> {
        let in_file = |name: &str| contract.column(name).map(|(_, column)| column.name_in_files().to_owned());
        let wanted: Option<Vec<_>> =
            wanted.iter().map(|(name, values)| Some((in_file(name)?, values.clone()))).collect();
        let Some(wanted) = wanted else { return Ok(()) };
        let (rows, all) = rejected_rows(contract, &self.places.lake, &wanted, self.question.limit)?;
        out.1 += all;
        out.0.extend(rows.into_iter().map(|row| RejectedRow {
            file: row.file,
            row_number: row.position.row,
            line: row.position.line,
            reasons: row.reasons.iter().map(|reason| reason.code.clone()).collect(),
            text: row.text,
        }));
        Ok(())
    }

    /// The contract of a source that is read from bronze.
    fn contract(&self, node: usize) -> Option<&Contract> {
        self.sources.contract_read_by(self.follower.external(node)?.as_str())
    }

    /// The sources that a node is made of; a source is its own.
    fn sources_of(&self, node: usize) -> BTreeSet<usize> {
        let nodes = self.follower.nodes;
        let (mut found, mut left, mut seen) = (BTreeSet::new(), vec![node], BTreeSet::new());
        while let Some(one) = left.pop() {
            if !seen.insert(one) {
                continue;
            }
            if nodes[one].resource_type == "source" {
                found.insert(one);
            }
            let parents = &nodes[one].depends_on;
            left.extend((0..nodes.len()).filter(|at| parents.contains(&nodes[*at].unique_id)));
        }
        found
    }

    /// The keys of a feed to which rows of other feeds refer.
    fn missing(&self, contract: &Contract, order: &[usize], tables: &[WhyTable]) -> FeedValues {
        let mut out = FeedValues::new();
        for (at, node) in order.iter().enumerate() {
            let other = self.contract(*node).filter(|_| tables[at].rows > 0);
            let (Some(other), Some(values)) = (other, self.bronze.get(node)) else { continue };
            for relationship in other.relationships.iter().filter(|one| one.table == contract.name) {
                if let ([column], [target]) = (relationship.columns.as_slice(), relationship.to.as_slice())
                    && let Some(found) = values.get(column)
                {
                    out.entry(target.clone()).or_default().extend(found.iter().cloned());
                }
            }
        }
        out
    }
}

/// Reads the rows' text from the raw files. A row whose file has gone or has other content now stays without.
fn add_texts(contract: &Contract, raw_folder: &Path, rows: &mut [RawRow]) {
    let mut by_file: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for row in rows.iter() {
        by_file.entry(row.file.clone()).or_default().insert(row.row_number);
    }
    let has_text = !matches!(contract.raw.format, Format::Parquet | Format::Delta);
    let mut found = BTreeMap::new();
    for (file, numbers) in by_file.iter().filter(|_| has_text) {
        if let Ok(rows) = delivered_rows(contract, raw_folder, file, numbers) {
            found.insert(file.clone(), rows);
        }
    }
    for row in rows {
        let expected = row.text.take().and_then(|hash| hash.parse::<i64>().ok());
        let delivered = found.get(&row.file).and_then(|rows| rows.get(&row.row_number));
        if let Some(delivered) =
            delivered.filter(|delivered| expected.is_none_or(|hash| hash == delivered.hash))
        {
            row.line = delivered.position.line;
            row.text = Some(delivered.text.clone());
        }
    }
}

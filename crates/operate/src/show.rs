//! Rows of a table as of a version, or what a SELECT makes of them.

use crate::as_of::AsOf;
use crate::relation::Reader;
use crate::rows::Listing;
use ingot_core::error::Result;
use ingot_engine::name_literal;
use ingot_lake::LakeTable;

/// What to show of a table.
#[derive(Debug, Clone, Default)]
pub struct ShowOptions {
    /// The newest version if not given.
    pub as_of: Option<AsOf>,
    /// A SELECT that names the table as `gold.orders` or `orders`; all its rows if not given.
    pub sql: Option<String>,
    /// At most this many rows.
    pub limit: Option<usize>,
}

/// # Errors
/// There is no such version, one of its files is gone, or the SELECT fails.
pub fn show(table: &LakeTable, options: &ShowOptions) -> Result<Listing> {
    let newest = table.open()?;
    let version = match options.as_of {
        Some(as_of) => as_of.open(&newest)?,
        None => newest,
    };
    let mut reader = Reader::new()?;
    reader.show(table, &version, "*")?;
    let (layer, name) = (name_literal(&table.layer), name_literal(&table.name));
    reader.session.execute(&format!("create or replace view main.{name} as from {layer}.{name}"))?;
    let select = options.sql.clone().unwrap_or_else(|| format!("from {layer}.{name}"));
    let select = select.trim().trim_end_matches(';').to_owned();
    let limited = match options.limit {
        Some(limit) => format!("select * from (\n{select}\n) limit {limit}"),
        None => select,
    };
    let rows = reader.session.query(&limited)?;
    Ok(Listing { title: format!("{} as of version {}", table.label(), version.version()), rows })
}

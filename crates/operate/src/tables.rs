//! Which tables a lake has. A folder of the lake with a folder `delta` in it is a layer: `bronze`, `silver`, `gold`.

use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::fs::FolderLock;
use ingot_lake::{LakeTable, lock_bronze, lock_tables};
use std::collections::BTreeSet;
use std::path::Path;

/// The tables of a lake that are named, or all of them, in the order of their layers and names. A name is `gold.orders`,
/// or `orders` where only one layer has such a table.
///
/// # Errors
/// There is no such table, more than one, or no table at all.
pub fn tables(lake: &Path, names: &[String]) -> Result<Vec<LakeTable>> {
    let all = all_tables(lake)?;
    if all.is_empty() {
        return Err(Error::new("there are no tables in the lake yet")
            .at(lake)
            .hint("run `ingot load-bronze` first"));
    }
    if names.is_empty() {
        return Ok(all);
    }
    names.iter().map(|name| find(&all, name).cloned()).collect()
}

fn find<'t>(all: &'t [LakeTable], name: &str) -> Result<&'t LakeTable> {
    let found: Vec<&LakeTable> =
        all.iter().filter(|table| table.name == name || table.label() == name).collect();
    match found.as_slice() {
        [table] => Ok(table),
        [] => {
            let labels: Vec<String> = all.iter().map(LakeTable::label).collect();
            let known = labels.iter().map(String::as_str).chain(all.iter().map(|table| table.name.as_str()));
            Err(Error::new(format!("there is no table '{name}' in the lake"))
                .of_kind(Kind::NotFound { what: "table", name: name.to_owned() })
                .did_you_mean(name, known))
        }
        several => {
            let labels: Vec<String> = several.iter().map(|table| table.label()).collect();
            Err(Error::new(format!("'{name}' is in several layers: {}", labels.join(", ")))
                .hint(format!("name one of them: {}", labels[0])))
        }
    }
}

/// The right to change every table of a lake, as long as what this gives is kept.
///
/// # Errors
/// Another process writes to one of them, or a folder cannot be listed.
pub fn lock_all_tables(lake: &Path) -> Result<Vec<FolderLock>> {
    let mut held = vec![lock_bronze(lake)?];
    let copies = all_tables(lake)?.into_iter().filter(|table| !table.is_bronze());
    let layers: BTreeSet<String> = copies.map(|table| table.layer).collect();
    for layer in layers {
        held.push(lock_tables(&lake.join(layer))?);
    }
    Ok(held)
}

/// All tables of a lake; none if it is not there yet.
///
/// # Errors
/// A folder cannot be listed.
pub fn all_tables(lake: &Path) -> Result<Vec<LakeTable>> {
    let mut found = Vec::new();
    for layer in folders(lake)? {
        // A table that is gone has left copies of its log.
        let mut names = folders(&lake.join(&layer).join("delta"))?;
        names.extend(folders(&lake.join(&layer).join(".delta-log"))?);
        names.sort();
        names.dedup();
        for name in names {
            let table = LakeTable { lake: lake.to_path_buf(), layer: layer.clone(), name };
            if table.has_log() {
                found.push(table);
            }
        }
    }
    // As data flows, then layers of other names.
    let place =
        |layer: &str| ["bronze", "silver", "gold"].iter().position(|known| *known == layer).unwrap_or(3);
    found.sort_by(|a, b| (place(&a.layer), &a.layer, &a.name).cmp(&(place(&b.layer), &b.layer, &b.name)));
    Ok(found)
}

/// The names of the folders in a folder, without hidden ones; none if it is not there.
fn folders(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).or_cannot_at("list the folder", folder)? {
        let entry = entry.or_cannot_at("list the folder", folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.path().is_dir() {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_leave_out_its_layer_where_that_is_clear() {
        let table = |layer: &str, name: &str| LakeTable {
            lake: std::path::PathBuf::new(),
            layer: layer.to_owned(),
            name: name.to_owned(),
        };
        let all = [table("bronze", "orders"), table("silver", "orders"), table("gold", "dim_date")];
        assert_eq!(find(&all, "silver.orders").unwrap(), &all[1]);
        assert_eq!(find(&all, "dim_date").unwrap(), &all[2]);
        assert_eq!(find(&all, "orders").unwrap_err().hint_text(), Some("name one of them: bronze.orders"));
        assert_eq!(find(&all, "dim_dat").unwrap_err().hint_text(), Some("did you mean 'dim_date'?"));
    }
}

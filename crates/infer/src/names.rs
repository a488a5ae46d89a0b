//! Names of columns in a table for the names that files have.

use crate::grouping::slug;
use ingot_contract::AUDIT_COLUMNS;
use std::collections::HashSet;

/// A name for each column, in their order: the file's own where every engine takes it, else one of letters, digits and `_`.
/// Names are different without regard to case, and none is that of an audit column.
pub(crate) fn column_names(in_files: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = AUDIT_COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    // A name that a file has means that column, so another does not get it.
    let reserved: HashSet<String> =
        in_files.iter().filter(|name| is_plain(name)).map(|name| name.to_lowercase()).collect();
    let mut names = Vec::with_capacity(in_files.len());
    for (index, name) in in_files.iter().enumerate() {
        let plain = if is_plain(name) { name.clone() } else { slug(name) };
        let base = if plain.trim_matches('_').is_empty() { format!("column_{}", index + 1) } else { plain };
        let mut chosen = base.clone();
        let mut number = 2;
        while (chosen != *name && reserved.contains(&chosen.to_lowercase()))
            || !taken.insert(chosen.to_lowercase())
        {
            chosen = format!("{base}_{number}");
            number += 1;
        }
        names.push(chosen);
    }
    names
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_gets_a_name_of_its_own() {
        let pair = ["Zip Code", "zip_code"].map(str::to_owned);
        assert_eq!(column_names(&pair), ["zip_code_2", "zip_code"]);
        let names = ["id", "ID", "Zip Code", "src_filename", "", "2024", "größe"].map(str::to_owned);
        assert_eq!(
            column_names(&names),
            ["id", "ID_2", "zip_code", "src_filename_2", "column_5", "_2024", "größe"]
        );
    }
}

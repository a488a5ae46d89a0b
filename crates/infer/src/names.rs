//! Names of tables, columns and models for the names that files have, and what a name says of a column.
//!
//! There is one rule for all of them. A name that every engine takes is kept as it is; of any other, [`slug`] makes one. Feeds
//! have no name of their own but parts of paths, so that they are always slugs. Of names that differ only in case, the
//! later ones get a number. Models are named after their table.

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
        let plain = plain_name(name);
        let base = if plain.trim_matches('_').is_empty() { format!("column_{}", index + 1) } else { plain };
        let is_reserved = |chosen: &str| chosen != name && reserved.contains(&chosen.to_lowercase());
        names.push(unique_name(&base, &mut taken, is_reserved));
    }
    names
}

/// The name, with a number behind it if it is reserved, or taken without regard to case. It is taken from then on.
pub(crate) fn unique_name(
    base: &str,
    taken: &mut HashSet<String>,
    is_reserved: impl Fn(&str) -> bool,
) -> String {
    let mut chosen = base.to_owned();
    let mut number = 2;
    while is_reserved(&chosen) || !taken.insert(chosen.to_lowercase()) {
        chosen = format!("{base}_{number}");
        number += 1;
    }
    chosen
}

/// The name as it is where every engine takes it, else its slug.
pub(crate) fn plain_name(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { slug(name) }
}

/// The name of the staging model of a table.
pub(crate) fn staging_name(table: &str) -> String {
    format!("stg_{}", plain_name(table))
}

/// The name of the dimension that a table is in a star.
pub(crate) fn dimension_name(table: &str) -> String {
    format!("dim_{}", plain_name(table))
}

/// The name of the fact that a table is in a star.
pub(crate) fn fact_name(table: &str) -> String {
    format!("fct_{}", plain_name(table))
}

/// A text as a name of a table or column: letters, digits and single `_`; it does not begin with a digit.
pub(crate) fn slug(text: &str) -> String {
    let mut slug = String::new();
    let mut was_lower = false;
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            if letter.is_uppercase() && was_lower && !slug.ends_with('_') {
                slug.push('_');
            }
            was_lower = letter.is_lowercase() || letter.is_ascii_digit();
            slug.extend(letter.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
            was_lower = false;
        }
    }
    let slug = slug.trim_end_matches('_');
    if slug.starts_with(|letter: char| letter.is_ascii_digit()) {
        format!("_{slug}")
    } else {
        slug.to_owned()
    }
}

/// Last words of names of keys.
pub(crate) const KEY_WORDS: [&str; 11] =
    ["id", "key", "code", "no", "nr", "number", "num", "uuid", "guid", "sku", "ref"];

/// Ends of words that are written as one: `Kundennr`, `Artikelnummer`, `customerid`.
const KEY_ENDS: [&str; 4] = ["nr", "nummer", "id", "key"];

/// Whether the name is one of keys: `id`, `order_id`, `orderNo`, `Kundennr`.
pub(crate) fn is_key_name(name: &str) -> bool {
    let slug = slug(name);
    let is_key = |word: &str| {
        let is_end = |end: &&str| word.strip_suffix(*end).is_some_and(|stem| stem.chars().count() > 2);
        KEY_WORDS.contains(&word) || KEY_ENDS.iter().any(is_end)
    };
    slug.rsplit('_').next().is_some_and(is_key)
}

/// Whether every engine takes the name as it is.
pub(crate) fn is_plain(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_in_one_word_too() {
        for name in ["id", "orderNo", "Kundennr", "ARTIKELNUMMER", "customerid", "Artikel-Nr."] {
            assert!(is_key_name(name), "{name}");
        }
        for name in ["Name", "paid", "amount", "Ort"] {
            assert!(!is_key_name(name), "{name}");
        }
    }

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

    #[test]
    fn models_are_named_after_their_table() {
        assert_eq!(staging_name("orders"), "stg_orders");
        assert_eq!(staging_name("OrderLines"), "stg_OrderLines");
        assert_eq!(staging_name("Order Lines (EU)"), "stg_order_lines_eu");
    }

    #[test]
    fn names_become_names_of_tables() {
        assert_eq!(slug("Order Items (EU)"), "order_items_eu");
        assert_eq!(slug("customerID"), "customer_id");
        assert_eq!(slug("2024 Sales"), "_2024_sales");
        assert_eq!(slug("Straße"), "straße");
    }

    #[test]
    fn names_of_keys_are_known() {
        assert!(is_key_name("id") && is_key_name("orderNo") && is_key_name("customer_id"));
        assert!(!is_key_name("paid") && !is_key_name("amount"));
    }
}

//! Keys of feeds, and columns that refer to keys of other feeds.

use crate::feed::{Feed, Reference};
use crate::names::{KEY_WORDS, is_key_name, slug};
use crate::profiled::{Profiled, raw_file};
use crate::reading::{Rows, unique_pair};
use ingot_bronze::inspect::Crew;
use ingot_contract::{DataType, RawFile};

/// The name of one thing of many: `orders` → `order`.
fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes"] {
        if name.ends_with(ending) {
            return name[..name.len() - 2].to_owned();
        }
    }
    name.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(name).to_owned()
}

/// The index of the column that is most likely the key: unique, named like one, the first such.
pub(crate) fn primary_key(feed: &Feed) -> Option<usize> {
    let own = singular(&feed.name);
    let may_be = |index: &usize| {
        let decision = &feed.columns[*index];
        let fits = matches!(decision.column.data_type, DataType::I64 | DataType::I32 | DataType::Str)
            || matches!(decision.column.data_type, DataType::Decimal { scale: 0, .. });
        decision.is_unique && fits && is_key_name(&decision.column.name)
    };
    let rank = |index: &usize| {
        let name = slug(&feed.columns[*index].column.name);
        (
            name == "id" || name == format!("{own}_id") || name.starts_with(&format!("{own}_")),
            std::cmp::Reverse(*index),
        )
    };
    (0..feed.columns.len()).filter(may_be).max_by_key(rank)
}

/// So few rows are told apart by many a pair of columns.
const FEW_ROWS: u64 = 20;
/// So many pairs are tried.
const MOST_PAIRS: usize = 3;

/// Words of names of what numbers or dates the parts of a thing.
const PART_WORDS: [&str; 21] = [
    "line", "row", "pos", "position", "seq", "sequence", "item", "step", "number", "no", "nr", "num",
    "version", "day", "date", "month", "year", "week", "period", "language", "currency",
];

/// The columns that are the key together, if no column is it alone: what is named like a key or refers to one, and what
/// numbers, dates or names the parts of it. Empty if no two such columns tell all rows apart.
pub(crate) fn composite_key(feed: &Feed, profiled: &Profiled, crew: &Crew) -> Vec<usize> {
    if feed.primary_key.is_some() || feed.rows < FEW_ROWS {
        return Vec::new();
    }
    let candidates = pairs(feed, profiled);
    let name = |index: usize| profiled.profile.columns[index].name.clone();
    let named: Vec<[String; 2]> = candidates.iter().map(|[one, other]| [name(*one), name(*other)]).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let own_names = profiled.look.own_names.as_deref();
    let rows = Rows { form: &profiled.look.form, own_names, most: None, crew };
    let files: Vec<RawFile> = profiled.group.sources.iter().map(raw_file).collect();
    unique_pair(rows, &files, &named).map(|place| candidates[place].to_vec()).unwrap_or_default()
}

/// Pairs of columns that may be a key, the most likely ones first.
fn pairs(feed: &Feed, profiled: &Profiled) -> Vec<[usize; 2]> {
    let may_be = |index: &usize| {
        let evidence = &profiled.profile.columns[*index];
        let data_type = &feed.columns[*index].column.data_type;
        let is_exact = !matches!(data_type, DataType::F64 | DataType::Bool) && !data_type.is_nested();
        is_exact && evidence.empty == 0 && evidence.null_texts.is_empty() && evidence.cells == feed.rows
    };
    let usable: Vec<usize> = (0..profiled.profile.columns.len()).filter(may_be).collect();
    let refers = |index: &usize| feed.references.iter().any(|reference| reference.column == *index);
    let is_key = |index: &usize| refers(index) || is_key_name(&feed.columns[*index].column.name);
    let is_part = |index: &usize| {
        let name = slug(&feed.columns[*index].column.name);
        name.split('_').any(|word| PART_WORDS.contains(&word))
    };
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for one in usable.iter().copied().filter(|index| is_key(index)) {
        for other in usable.iter().copied().filter(|index| *index != one && (is_key(index) || is_part(index)))
        {
            // Of two keys, either may come first.
            if !pairs.contains(&[other, one]) {
                pairs.push([one, other]);
            }
        }
    }
    pairs.sort_by_key(|[one, other]| (!refers(one), refers(other) || !is_part(other), *one, *other));
    pairs.truncate(MOST_PAIRS);
    pairs
}

/// Columns of each feed that refer to the key of another.
pub(crate) fn references(feeds: &[Feed], profiled: &[&Profiled]) -> Vec<Vec<Reference>> {
    let refers = |at: usize, column: usize| {
        let decision = &feeds[at].columns[column];
        if feeds[at].primary_key == Some(column) {
            return None;
        }
        let evidence = profiled[at].profile.columns.get(column)?;
        feeds.iter().enumerate().find_map(|(other, target)| {
            let key = target.primary_key?;
            let of_key = &target.columns[key];
            let is_related = of_key.column.data_type == decision.column.data_type
                && is_named_after(&decision.column.name, target, &of_key.column.name, other == at);
            let keys = &profiled[other].profile.columns.get(key)?.distinct;
            (is_related && evidence.distinct.is_within(keys)).then(|| Reference {
                column,
                feed: target.name.clone(),
                key: of_key.column.name.clone(),
            })
        })
    };
    (0..feeds.len())
        .map(|at| (0..feeds[at].columns.len()).filter_map(|column| refers(at, column)).collect())
        .collect()
}

/// Whether a name says that it is the key of the feed: `customer_id`, `customer` and `billing_customer_id` for `customers`.
fn is_named_after(name: &str, feed: &Feed, key: &str, is_itself: bool) -> bool {
    let (name, key, thing) = (slug(name), slug(key), singular(&feed.name));
    let is_general = KEY_WORDS.contains(&key.as_str());
    let full = if is_general { format!("{thing}_{key}") } else { key.clone() };
    if is_itself {
        return name == format!("parent_{key}") || name == format!("parent_{full}");
    }
    name == full || name == thing || name.ends_with(&format!("_{full}")) || (name == format!("{thing}_id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_things_have_the_name_of_one() {
        assert_eq!(singular("categories"), "category");
        assert_eq!(singular("orders"), "order");
        assert_eq!(singular("addresses"), "address");
        assert_eq!(singular("boxes"), "box");
    }
}

//! Keys of feeds, and columns that refer to keys of other feeds.

use crate::feed::{Feed, Reference};
use crate::names::{KEY_WORDS, is_key_name, slug};
use crate::profiled::Profiled;
use ingot_contract::DataType;

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

//! What contracts say beyond what a load reads, compared as it is written: descriptions, service levels, roles, prices.

use super::change::{Change, Changes, Verdict};
use super::edition::{Edition, named};
use ingot_core::yaml::{Node, Value};

/// Members of documents, objects and properties that are compared as they are understood, elsewhere.
const UNDERSTOOD: [&str; 15] = [
    "name",
    "schema",
    "properties",
    "items",
    "physicalName",
    "physicalType",
    "logicalType",
    "logicalTypeOptions",
    "required",
    "primaryKey",
    "primaryKeyPosition",
    "unique",
    "enum",
    "quality",
    "relationships",
];

/// Custom properties of objects and properties that are read.
const READ_BY_INGOT: [&str; 19] = [
    "evolution",
    "lakeKeepHours",
    "partitions",
    "rowHash",
    "sameContent",
    "server",
    "decimalSign",
    "thousandsSign",
    "currencySigns",
    "percentSign",
    "negatives",
    "trueWords",
    "falseWords",
    "dateFormat",
    "timestampFormat",
    "twoDigitYears",
    "defaultTimezone",
    "unclearTimes",
    "nullText",
];

/// Promises that are harder to keep the smaller they are, and the greater they are.
const SMALLER_IS_STRICTER: [&str; 8] = [
    "latency",
    "freshness",
    "freshness_warning",
    "frequency",
    "errorRate",
    "timeToDetect",
    "timeToNotify",
    "timeToRepair",
];
const GREATER_IS_STRICTER: [&str; 3] = ["retention", "availability", "throughput"];

/// Compares documents of the same name, or the only two.
pub(super) fn compare(old: &Edition, new: &Edition) -> Vec<Change> {
    let mut found = Vec::new();
    for document in &old.documents {
        let other = match (old.documents.as_slice(), new.documents.as_slice()) {
            ([_], [other]) => Some(other),
            _ => new.documents.iter().find(|other| other.name == document.name),
        };
        let Some(other) = other else { continue };
        let mut changes = Changes::of(&other.name);
        members(&document.node, &other.node, "", &mut changes);
        found.extend(changes.found);
    }
    found
}

/// Compares what two editions of an object of the schema say beside its columns and rules.
pub(super) fn compare_objects(old: &Node, new: &Node, changes: &mut Changes<'_>) {
    members(old, new, "table", changes);
    let physical = [old, new].map(|node| node.get("physicalName").and_then(Node::as_str));
    if physical[0] != physical[1] {
        changes.add("table", "its physical name is another one", Verdict::READERS);
    }
    unread_rules("table", old, new, changes);
    properties(old, new, "", changes);
}

fn properties(old: &Node, new: &Node, around: &str, changes: &mut Changes<'_>) {
    for property in old.get("properties").and_then(Node::as_list).unwrap_or_default() {
        let Some(name) = property.get("name").and_then(Node::as_str) else { continue };
        let Some(other) = named(new.get("properties"), "name", name) else { continue };
        let part =
            if around.is_empty() { format!("column '{name}'") } else { format!("{around}, member '{name}'") };
        members(property, other, &part, changes);
        unread_rules(&part, property, other, changes);
        unread_options(&part, property, other, changes);
        properties(property, other, &part, changes);
        if let (Some(items), Some(others)) = (property.get("items"), other.get("items")) {
            let part = format!("{part}, items");
            members(items, others, &part, changes);
            properties(items, others, &part, changes);
        }
    }
}

fn members(old: &Node, new: &Node, part: &str, changes: &mut Changes<'_>) {
    let keys = |node: &Node| -> Vec<String> {
        node.as_map().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    let mut all = keys(old);
    all.extend(keys(new).into_iter().filter(|key| old.get(key).is_none()));
    for key in all.iter().filter(|key| !UNDERSTOOD.contains(&key.as_str())) {
        let pair = [old.get(key), new.get(key)].map(|node| node.filter(|node| !node.is_null()));
        if pair[0].map(plain) == pair[1].map(plain) {
            continue;
        }
        match key.as_str() {
            "slaProperties" => by_key(pair, "property", "service level", level, changes),
            "roles" => by_key(pair, "role", "role", access, changes),
            "servers" => by_key(pair, "server", "server", server, changes),
            "customProperties" => by_key(
                pair,
                "property",
                if part.is_empty() { "custom property" } else { part },
                custom,
                changes,
            ),
            _ => {
                let of = if part.is_empty() { key } else { part };
                changes.add(of, format!("'{key}' {}", happened(pair)), of_member(key, pair[1]));
            }
        }
    }
}

/// A value without its place in the file.
fn plain(node: &Node) -> serde_json::Value {
    node.to_json()
}

fn happened(pair: [Option<&Node>; 2]) -> String {
    let shown = |node: &Node| match &node.value {
        Value::List(_) | Value::Map(_) => None,
        _ => node.scalar_text().filter(|text| text.len() <= 40),
    };
    match pair {
        [None, _] => "is new".to_owned(),
        [_, None] => "is gone".to_owned(),
        [Some(old), Some(new)] => match (shown(old), shown(new)) {
            (Some(old), Some(new)) => format!("is '{new}' instead of '{old}'"),
            _ => "is another one".to_owned(),
        },
    }
}

/// The verdict on a member that is compared as it is written.
fn of_member(key: &str, new: Option<&Node>) -> Verdict {
    match key {
        "id"
        | "encryptedName"
        | "partitioned"
        | "partitionKeyPosition"
        | "dataGranularityDescription"
        | "classification" => Verdict::READERS,
        "status" if matches!(new.and_then(Node::as_str), Some("deprecated" | "retired")) => Verdict::READERS,
        _ => Verdict::SAFE,
    }
}

/// Compares two lists whose items are known by the member `key`.
fn by_key(
    pair: [Option<&Node>; 2],
    key: &str,
    part: &str,
    judge: fn(&str, [Option<&Node>; 2]) -> Option<Verdict>,
    changes: &mut Changes<'_>,
) {
    let items = pair.map(|node| node.and_then(Node::as_list).unwrap_or_default());
    let name = |item: &Node| item.get(key).and_then(Node::scalar_text).unwrap_or_default();
    let mut names: Vec<String> = items[0].iter().map(name).collect();
    names.extend(items[1].iter().map(name).filter(|name| {
        !items[0].iter().any(|item| item.get(key).and_then(Node::scalar_text).as_ref() == Some(name))
    }));
    names.dedup();
    for one in names {
        let found = items.map(|items| items.iter().find(|item| name(item) == one));
        if found[0].map(plain) == found[1].map(plain) {
            continue;
        }
        if let Some(verdict) = judge(&one, found) {
            let values = found.map(|item| item.and_then(|item| item.get("value")));
            let what = if found.iter().all(Option::is_some) && values[0].map(plain) != values[1].map(plain) {
                happened(values)
            } else {
                happened(found)
            };
            changes.add(part, format!("'{one}' {what}"), verdict);
        }
    }
}

fn level(name: &str, pair: [Option<&Node>; 2]) -> Option<Verdict> {
    let [old, new] = match pair {
        [None, _] => return Some(Verdict::WRITERS),
        [_, None] => return Some(Verdict::READERS),
        [Some(old), Some(new)] => [old, new],
    };
    let unit = |node: &Node| node.get("unit").map(plain);
    let numbers = [old, new].map(|node| node.get("value").and_then(Node::as_float));
    let is_comparable = unit(old) == unit(new);
    let [Some(before), Some(after)] = numbers.map(|number| number.filter(|_| is_comparable)) else {
        return Some(Verdict::BOTH);
    };
    let is_stricter = if SMALLER_IS_STRICTER.contains(&name) {
        after < before
    } else if GREATER_IS_STRICTER.contains(&name) {
        after > before
    } else {
        return Some(Verdict::BOTH);
    };
    // What is said beside the number is not a promise.
    if before == after {
        return Some(Verdict::SAFE);
    }
    Some(if is_stricter { Verdict::WRITERS } else { Verdict::READERS })
}

fn access(_name: &str, pair: [Option<&Node>; 2]) -> Option<Verdict> {
    Some(if pair[0].is_none() { Verdict::SAFE } else { Verdict::READERS })
}

/// The server with the raw files is compared as it is understood.
fn server(_name: &str, pair: [Option<&Node>; 2]) -> Option<Verdict> {
    let is_raw = |node: &Node| {
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        text("server") == Some("raw") || text("type") == Some("local")
    };
    if pair.iter().flatten().any(|node| is_raw(node)) {
        return None;
    }
    Some(if pair[0].is_none() { Verdict::SAFE } else { Verdict::READERS })
}

fn custom(name: &str, _pair: [Option<&Node>; 2]) -> Option<Verdict> {
    let plain = name.strip_prefix("ingot.").unwrap_or(name);
    (!READ_BY_INGOT.contains(&plain)).then_some(Verdict::SAFE)
}

/// Rules that are not run here: texts, and those of other engines.
fn unread_rules(part: &str, old: &Node, new: &Node, changes: &mut Changes<'_>) {
    let rules = |node: &Node| -> Vec<serde_json::Value> {
        let is_unread = |rule: &&Node| {
            let text = |key: &str| rule.get(key).and_then(Node::as_str);
            text("type") == Some("text")
                || (text("type") == Some("custom") && text("engine") != Some("ingot"))
        };
        node.get("quality")
            .and_then(Node::as_list)
            .unwrap_or_default()
            .iter()
            .filter(is_unread)
            .map(plain)
            .collect()
    };
    let (old, new) = (rules(old), rules(new));
    if old.iter().any(|rule| !new.contains(rule)) {
        changes.add(part, "a rule that ingot does not check is gone or another one", Verdict::BOTH);
    } else if new.iter().any(|rule| !old.contains(rule)) {
        changes.add(part, "a rule that ingot does not check is new", Verdict::WRITERS);
    }
}

/// Types and options, if they are written differently and nothing was said of that yet.
fn unread_options(part: &str, old: &Node, new: &Node, changes: &mut Changes<'_>) {
    let is_told = changes
        .found
        .iter()
        .any(|change| change.part == part || change.part.starts_with(&format!("{part}, ")));
    if is_told {
        return;
    }
    let differs = |key: &str| old.get(key).map(plain) != new.get(key).map(plain);
    if differs("logicalTypeOptions") {
        changes.add(part, "an option that ingot does not check is another one", Verdict::BOTH);
    } else if ["physicalType", "logicalType", "enum", "quality"].into_iter().any(differs) {
        changes.add(part, "the same is written in another way", Verdict::SAFE);
    }
}

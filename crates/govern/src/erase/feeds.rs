//! Which feeds have rows of the people: the one whose key names them, and those whose relationships lead to it.

use super::files::Scan;
use super::values::Values;
use ingot_bronze::{WantedColumn, WantedRows};
use ingot_contract::{Contract, DataType, Erasure};
use ingot_core::error::{Error, Kind, Result};
use ingot_engine::{name_literal, text_literal};
use std::collections::BTreeSet;
use std::path::Path;

/// The domain of the keys that were given.
pub(super) const KEYS: &str = "keys";
/// So many values are sought in texts of JSON before these are read.
const SOUGHT: usize = 8;

/// A feed with rows of the people.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub(super) contract: Contract,
    pub(super) action: Erasure,
    /// Where its rows name the people.
    pub(super) keys: Vec<KeyColumn>,
    /// Columns that become null if the rows stay.
    pub(super) masked: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyColumn {
    pub(super) column: String,
    pub(super) member: Option<String>,
    pub(super) domain: String,
    /// Whether what it refers to is there no more, so that it becomes null with it.
    pub(super) is_lost: bool,
}

impl Feed {
    /// Which rows of raw files and rejects are theirs.
    pub(super) fn wanted(&self, values: &Values) -> WantedRows {
        let columns = self.keys.iter().filter_map(|key| {
            let keys = values.of(&key.domain)?;
            Some(WantedColumn::new(&key.column, key.member.as_deref(), keys.iter().map(String::as_str)))
        });
        let texts = values.of(super::values::TEXTS).into_iter().flatten().cloned();
        WantedRows { columns: columns.collect(), texts: texts.collect() }
    }

    /// The condition that a row is theirs, over columns of these types. `None` if no row can be.
    pub(super) fn condition(&self, values: &Values, scan: &Scan) -> Option<String> {
        let parts: Vec<String> = self
            .keys
            .iter()
            .filter_map(|key| {
                let data_type = scan.type_of(&key.column)?;
                let column = name_literal(&key.column);
                let domain = BTreeSet::from([key.domain.clone()]);
                match &key.member {
                    None => values.is_in(&column, data_type, &domain),
                    Some(member) => {
                        let path = text_literal(&format!("$.\"{member}\""));
                        let found = values.is_in(
                            &format!("json_extract_string({column}, {path})"),
                            "VARCHAR",
                            &domain,
                        )?;
                        Some(match may_have(&column, values.of(&key.domain)) {
                            Some(may_have) => format!("({may_have} and {found})"),
                            None => found,
                        })
                    }
                }
            })
            .collect();
        (!parts.is_empty()).then(|| format!("coalesce({}, false)", parts.join(" or ")))
    }
}

/// The condition that a text of JSON may have one of these values, which is found sooner than by reading it. `None`: they are
/// too many for that.
fn may_have(column: &str, values: Option<&BTreeSet<String>>) -> Option<String> {
    let values = values.filter(|values| values.len() <= SOUGHT)?;
    // Behind the sign that begins an escape, anything may be hidden.
    let signs = values.iter().map(String::as_str).chain(["\\"]);
    let parts: Vec<String> =
        signs.map(|sign| format!("contains({column}, {})", text_literal(sign))).collect();
    Some(format!("({})", parts.join(" or ")))
}

/// The feed whose column names the people.
///
/// # Errors
/// There is no such feed, or it has no such column.
pub(super) fn root<'c>(contracts: &'c [Contract], name: &str, column: &str) -> Result<&'c Contract> {
    let names = || contracts.iter().map(|contract| contract.name.as_str());
    let contract = contracts.iter().find(|contract| contract.name == name).ok_or_else(|| {
        Error::new(format!("there is no contract '{name}'"))
            .of_kind(Kind::NotFound { what: "contract", name: name.to_owned() })
            .did_you_mean(name, names())
    })?;
    let columns = || contract.columns.iter().map(|column| column.name.as_str());
    let (_, found) = contract.column(column).ok_or_else(|| {
        Error::new(format!("the contract '{name}' has no column '{column}'"))
            .at(&contract.file)
            .of_kind(Kind::NotFound { what: "column", name: column.to_owned() })
            .did_you_mean(column, columns())
    })?;
    if found.primary_key.is_none() && !found.natural_key {
        let keys: Vec<&str> = contract
            .columns
            .iter()
            .filter(|column| column.primary_key.is_some() || column.natural_key)
            .map(|column| column.name.as_str())
            .collect();
        return Err(Error::new(format!("'{column}' does not tell one person from another"))
            .at(&contract.file)
            .hint(match keys.as_slice() {
                [] => format!("give '{name}' a column with `primaryKey: true` or `unique: true`"),
                keys => format!("name the person by one of: {}", keys.join(", ")),
            }));
    }
    Ok(contract)
}

/// Keys must be values that the column can have: otherwise they name nobody, which would look like an erasure.
///
/// # Errors
/// One of them is not.
pub(super) fn check_keys(root: &Contract, column: &str, keys: &[String]) -> Result<()> {
    let Some((_, found)) = root.column(column) else { return Ok(()) };
    let Some(wrong) = keys.iter().find(|key| !is_value(key, &found.data_type)) else { return Ok(()) };
    let what = match found.data_type {
        DataType::Date => "a date such as 2026-11-30",
        DataType::Decimal { .. } => "a number",
        _ => "a whole number",
    };
    Err(Error::new(format!("'{wrong}' is not {what}, so it cannot be a value of '{column}'"))
        .at(&root.file)
        .hint(format!("give a value as it is in bronze.{}", root.name)))
}

fn is_value(text: &str, data_type: &DataType) -> bool {
    match data_type {
        DataType::I32 => text.parse::<i32>().is_ok(),
        DataType::I64 => text.parse::<i64>().is_ok(),
        DataType::Decimal { .. } => text.parse::<f64>().is_ok_and(f64::is_finite),
        DataType::Date => text.parse::<jiff::civil::Date>().is_ok(),
        _ => true,
    }
}

/// All feeds with rows of the people, the one that names them first. Keys of rows that are deleted become domains of their own,
/// so that rows that refer to them are found too.
///
/// # Errors
/// A file of bronze cannot be read, or a feed is under a legal hold.
pub(super) fn feeds(
    contracts: &[Contract],
    root: &Contract,
    column: &str,
    lake: &Path,
    values: &mut Values,
) -> Result<Vec<Feed>> {
    let mut found = vec![Feed {
        contract: root.clone(),
        action: root.privacy.erasure.unwrap_or(Erasure::Delete),
        keys: vec![KeyColumn {
            column: column.to_owned(),
            member: None,
            domain: KEYS.to_owned(),
            is_lost: true,
        }],
        masked: personal(root).chain([column.to_owned()]).collect(),
    }];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next].clone();
        next += 1;
        for contract in contracts.iter().filter(|contract| contract.name != parent.contract.name) {
            let is_lost = parent.action == Erasure::Delete;
            let columns =
                contract.relationships.iter().filter(|one| one.table == parent.contract.name).flat_map(
                    |one| one.columns.iter().zip(&one.to).map(|(from, to)| (from.clone(), None, to.clone())),
                );
            let members = contract
                .privacy
                .person_members
                .iter()
                .filter(|one| one.table == parent.contract.name)
                .map(|one| (one.column.clone(), Some(one.member.clone()), one.to.clone()));
            for (from, member, to) in columns.chain(members).collect::<Vec<_>>() {
                let is_wanted = is_lost
                    || personal(contract).next().is_some()
                    || contract.privacy.erasure == Some(Erasure::Delete);
                let is_there = found.iter().any(|feed| {
                    feed.contract.name == contract.name
                        && feed.keys.iter().any(|key| key.column == from && key.member == member)
                });
                if !is_wanted || is_there {
                    continue;
                }
                let domain = domain_of(&parent, &to, lake, values)?;
                let key = KeyColumn { column: from, member, domain, is_lost };
                add(&mut found, contract, key);
            }
        }
    }
    if let Some(held) = found.iter().find(|feed| feed.contract.privacy.hold) {
        return Err(Error::new(format!(
            "'{}' is under a legal hold, and has rows of the people",
            held.contract.name
        ))
        .at(&held.contract.file)
        .hint("nothing was changed; take `ingot.hold` out of the contract once the hold has ended"));
    }
    Ok(found)
}

fn add(found: &mut Vec<Feed>, contract: &Contract, key: KeyColumn) {
    let place = match found.iter().position(|feed| feed.contract.name == contract.name) {
        Some(place) => place,
        None => {
            let needed = contract
                .column(&key.column)
                .is_some_and(|(_, column)| column.required || column.primary_key.is_some());
            // Without its key, a row that must have it would not be one.
            let usual =
                if needed && key.is_lost && key.member.is_none() { Erasure::Delete } else { Erasure::Mask };
            found.push(Feed {
                contract: contract.clone(),
                action: contract.privacy.erasure.unwrap_or(usual),
                keys: Vec::new(),
                masked: personal(contract).collect(),
            });
            found.len() - 1
        }
    };
    if key.is_lost && key.member.is_none() {
        found[place].masked.insert(key.column.clone());
    }
    found[place].keys.push(key);
}

fn personal(contract: &Contract) -> impl Iterator<Item = String> + '_ {
    contract.columns.iter().filter(|column| column.personal).map(|column| column.name.clone())
}

/// The values of a column in the rows of the people.
fn domain_of(feed: &Feed, column: &str, lake: &Path, values: &mut Values) -> Result<String> {
    if feed.keys.iter().any(|key| key.domain == KEYS && key.column == column) {
        return Ok(KEYS.to_owned());
    }
    let domain = format!("{}.{column}", feed.contract.name);
    if values.domains().contains_key(&domain) {
        return Ok(domain);
    }
    let scan = Scan::of_bronze(lake, &feed.contract.name, values)?;
    let found = match (scan.type_of(column), feed.condition(values, &scan)) {
        (Some(_), Some(condition)) => values.texts(&format!(
            "select distinct cast({} as varchar) from {} where {condition}",
            name_literal(column),
            scan.relation()
        ))?,
        _ => BTreeSet::new(),
    };
    values.add(&domain, found)?;
    Ok(domain)
}

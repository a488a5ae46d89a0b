//! Columns that come, go, and change.

use super::change::{Changes, Verdict};
use super::rules;
use crate::contract::{Column, DataType, Evolution};
use crate::odcs::Described;
use crate::rules::Check;

pub(super) fn compare(old: &Described, new: &Described, changes: &mut Changes<'_>) {
    let names = |one: &Described| one.contract.as_ref().map_or(true, |contract| contract.raw.names_columns());
    // Where files do not name their columns, each is known by its place.
    let is_by_place = !names(old) || !names(new);
    let is_frozen = new.contract.as_ref().is_ok_and(|contract| contract.evolution == Evolution::Freeze);
    // How values are written is known only where it is known how files are.
    let has_forms = old.contract.is_ok() && new.contract.is_ok();
    let read = |one: &Described| -> Vec<Column> {
        let form = |column: &Column| column.form.clone().filter(|_| has_forms);
        one.columns.iter().map(|column| Column { form: form(column), ..column.clone() }).collect()
    };
    let (before, after) = (read(old), read(new));
    let mut renamed: Vec<&str> = Vec::new();
    for column in &before {
        let part = part(column);
        if let Some(other) = after.iter().find(|other| other.name == column.name) {
            one(&part, column, other, changes);
            continue;
        }
        let new_name = after.iter().find(|other| {
            let is_new = before.iter().all(|known| known.name != other.name);
            is_new
                && other.data_type == column.data_type
                && other.physical_name.as_deref() == Some(column.name_in_files())
        });
        match new_name {
            Some(other) => {
                renamed.push(&other.name);
                let what = format!("it is named '{}'; in files it has the name that it had", other.name);
                changes.add(&part, what, Verdict::READERS);
                let before = Column {
                    name: other.name.clone(),
                    physical_name: other.physical_name.clone(),
                    ..column.clone()
                };
                one(&part, &before, other, changes);
            }
            None => {
                // A file without any column that is known is refused.
                changes.add(&part, "it is gone", Verdict::BOTH);
            }
        }
    }
    for column in &after {
        let is_known = before.iter().any(|known| known.name == column.name);
        if is_known || renamed.contains(&column.name.as_str()) {
            continue;
        }
        let (what, verdict) = added(column, old, is_by_place, is_frozen);
        changes.add(&part(column), what, verdict);
    }
    order(old, new, is_by_place, changes);
}

fn part(column: &Column) -> String {
    format!("column '{}'", column.name)
}

fn added(column: &Column, old: &Described, is_by_place: bool, is_frozen: bool) -> (&'static str, Verdict) {
    let folded = |name: &str| name.trim().to_lowercase();
    let names = |one: &Column| [Some(folded(&one.name)), one.physical_name.as_deref().map(folded)];
    let own = names(column);
    let is_rival =
        old.columns.iter().flat_map(names).flatten().any(|name| own.iter().flatten().any(|own| *own == name));
    let takes_lines = |one: &Column| one.rules.iter().any(|rule| matches!(rule.check, Check::JsonMembers(_)));
    if column.required {
        ("it is new, and required", Verdict::WRITERS)
    } else if is_by_place {
        ("it is new, and files do not name their columns", Verdict::WRITERS)
    } else if is_frozen {
        ("it is new, and files must have exactly the contract's columns", Verdict::WRITERS)
    } else if column.primary_key.is_some() || column.natural_key {
        ("it is new, and part of a key", Verdict::WRITERS)
    } else if is_rival {
        ("it is new, and has nearly the name of another", Verdict::WRITERS)
    } else if old.columns.iter().any(takes_lines) {
        ("it is new, and lines are not taken whole any more", Verdict::BOTH)
    } else {
        ("it is new, and not required", Verdict::SAFE)
    }
}

/// Whether columns that stay have another order.
fn order(old: &Described, new: &Described, is_by_place: bool, changes: &mut Changes<'_>) {
    let common = |one: &Described, other: &Described| -> Vec<String> {
        let stays = |column: &&Column| other.columns.iter().any(|known| known.name == column.name);
        one.columns.iter().filter(stays).map(|column| column.name.clone()).collect()
    };
    if common(old, new) != common(new, old) {
        let verdict = if is_by_place { Verdict::BOTH } else { Verdict::SAFE };
        changes.add("columns", "they have another order", verdict);
    }
}

/// A column, or a part of one, that both editions have.
fn one(part: &str, old: &Column, new: &Column, changes: &mut Changes<'_>) {
    // Descriptions and classifications are compared as they are written.
    let Column {
        name: _,
        physical_name,
        data_type,
        description: _,
        required,
        primary_key,
        natural_key,
        personal: _,
        rules,
        form,
    } = old;
    let what =
        || format!("in files its name is '{}' instead of '{}'", new.name_in_files(), old.name_in_files());
    changes.compare(part, [physical_name, &new.physical_name], what, Verdict::WRITERS);
    type_of(part, data_type, &new.data_type, changes);
    match (required, new.required) {
        (false, true) => changes.add(part, "it is required", Verdict::WRITERS),
        (true, false) => {
            changes.add(part, "it is not required any more, so it may be null", Verdict::READERS)
        }
        _ => {}
    }
    match (primary_key, new.primary_key) {
        (None, Some(_)) => changes.add(part, "it is part of the primary key", Verdict::WRITERS),
        (Some(_), None) => changes.add(part, "it is not part of the primary key any more", Verdict::READERS),
        (Some(old), Some(new)) if *old != new => {
            changes.add(
                part,
                format!("its place in the primary key is {new} instead of {old}"),
                Verdict::READERS,
            );
        }
        _ => {}
    }
    match (natural_key, new.natural_key) {
        (false, true) => changes.add(part, "its values must be unique", Verdict::WRITERS),
        (true, false) => changes.add(part, "its values need not be unique any more", Verdict::READERS),
        _ => {}
    }
    rules::compare(part, rules, &new.rules, changes);
    changes.compare(
        part,
        [form, &new.form],
        || "its values are written in another way".to_owned(),
        Verdict::BOTH,
    );
}

fn type_of(part: &str, old: &DataType, new: &DataType, changes: &mut Changes<'_>) {
    if old == new {
        return;
    }
    match (old, new) {
        (DataType::List(old), DataType::List(new)) => one(&format!("{part}, items"), old, new, changes),
        (DataType::Map(old_key, old_value), DataType::Map(new_key, new_value)) => {
            one(&format!("{part}, keys"), old_key, new_key, changes);
            one(&format!("{part}, values"), old_value, new_value, changes);
        }
        (DataType::Struct(old), DataType::Struct(new)) => {
            for member in old.iter() {
                let inner = format!("{part}, member '{}'", member.name);
                match new.iter().find(|other| other.name == member.name) {
                    Some(other) => one(&inner, member, other, changes),
                    None => changes.add(&inner, "it is gone", Verdict::BOTH),
                }
            }
            for member in new.iter().filter(|member| old.iter().all(|other| other.name != member.name)) {
                let inner = format!("{part}, member '{}'", member.name);
                // The type of the column is another one, and members that the contract does not name are not kept apart.
                changes.add(&inner, "it is new", Verdict::BOTH);
            }
        }
        _ => {
            let verdict = if is_wider(old, new) { Verdict::READERS } else { Verdict::BOTH };
            changes.add(part, format!("its type is {} instead of {}", new.word(), old.word()), verdict);
        }
    }
}

/// Whether every text that is a value of the one type is the same value of the other.
fn is_wider(old: &DataType, new: &DataType) -> bool {
    match (old, new) {
        (DataType::I32, DataType::I64) => true,
        (DataType::Decimal { precision, scale }, DataType::Decimal { precision: wider, scale: finer }) => {
            finer >= scale
                && i16::from(*wider) - i16::from(*finer) >= i16::from(*precision) - i16::from(*scale)
        }
        _ => false,
    }
}

//! Rules that come, go, and become looser or tighter.

use super::change::{Changes, Verdict};
use crate::rules::{Bound, Check, Condition, Rule, Severity, TableRule};

/// How one rule compares with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Same,
    /// Whatever kept the old one keeps the new one.
    Looser,
    /// Whatever keeps the new one kept the old one.
    Tighter,
    Other,
}

impl Direction {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Same, one) | (one, Self::Same) => one,
            (one, other) if one == other => one,
            _ => Self::Other,
        }
    }

    fn of(is_looser: bool, is_tighter: bool) -> Self {
        match (is_looser, is_tighter) {
            (false, false) => Self::Same,
            (true, false) => Self::Looser,
            (false, true) => Self::Tighter,
            (true, true) => Self::Other,
        }
    }

    fn verdict(self) -> Verdict {
        match self {
            Self::Same => Verdict::SAFE,
            Self::Looser => Verdict::READERS,
            Self::Tighter => Verdict::WRITERS,
            Self::Other => Verdict::BOTH,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Same => "is the same",
            Self::Looser => "is looser",
            Self::Tighter => "is tighter",
            Self::Other => "is another one",
        }
    }
}

/// The rules of a column.
pub(super) fn compare(part: &str, old: &[Rule], new: &[Rule], changes: &mut Changes<'_>) {
    let is_same = |one: &Rule, other: &Rule| one.check == other.check && one.severity == other.severity;
    let mut rest: Vec<&Rule> = new.iter().collect();
    let mut gone = Vec::new();
    for rule in old {
        match rest.iter().position(|other| is_same(rule, other)) {
            Some(at) => drop(rest.remove(at)),
            None => gone.push(rule),
        }
    }
    for rule in gone {
        let is_kind =
            |other: &&Rule| std::mem::discriminant(&other.check) == std::mem::discriminant(&rule.check);
        let Some(at) = rest.iter().position(|other| is_kind(other) && other.code == rule.code) else {
            let verdict = if_rejecting(rule.severity, Verdict::READERS);
            changes.add(part, format!("the rule {} is gone", rule.code), verdict);
            continue;
        };
        let other = rest.remove(at);
        let direction = of_checks(&rule.check, &other.check);
        let (what, verdict) = changed(direction, rule.severity, other.severity);
        changes.add(part, format!("the rule {} {what}", rule.code), verdict);
    }
    for rule in rest {
        let verdict = if_rejecting(rule.severity, Verdict::WRITERS);
        changes.add(part, format!("the rule {} is new", rule.code), verdict);
    }
}

/// Rules that only warn keep nobody from anything.
fn if_rejecting(severity: Severity, verdict: Verdict) -> Verdict {
    if severity == Severity::Error { verdict } else { Verdict::SAFE }
}

fn changed(direction: Direction, old: Severity, new: Severity) -> (String, Verdict) {
    match (old, new) {
        (Severity::Error, Severity::Warning) => ("only warns".to_owned(), Verdict::READERS),
        (Severity::Warning, Severity::Error) => {
            ("rejects, and does not only warn".to_owned(), Verdict::WRITERS)
        }
        (Severity::Warning, Severity::Warning) => (format!("{}, and warns", direction.word()), Verdict::SAFE),
        (Severity::Error, Severity::Error) => (direction.word().to_owned(), direction.verdict()),
    }
}

fn of_checks(old: &Check, new: &Check) -> Direction {
    match (old, new) {
        (Check::Range { min, max }, Check::Range { min: new_min, max: new_max }) => of_bounds(
            min.as_ref(),
            new_min.as_ref(),
            true,
        )
        .and(of_bounds(max.as_ref(), new_max.as_ref(), false)),
        (Check::Length { min, max }, Check::Length { min: new_min, max: new_max }) => {
            of_counts(*min, *new_min, true).and(of_counts(*max, *new_max, false))
        }
        (
            Check::Items { min, max, unique },
            Check::Items { min: new_min, max: new_max, unique: new_unique },
        ) => of_counts(*min, *new_min, true)
            .and(of_counts(*max, *new_max, false))
            .and(Direction::of(*unique && !new_unique, !unique && *new_unique)),
        (
            Check::Members { min, max, required },
            Check::Members { min: new_min, max: new_max, required: new_required },
        ) => of_counts(*min, *new_min, true)
            .and(of_counts(*max, *new_max, false))
            .and(of_sets(new_required, required)),
        (Check::AcceptedValues(old), Check::AcceptedValues(new)) => of_sets(old, new),
        (Check::JsonMembers(old), Check::JsonMembers(new)) => of_sets(new, old),
        (Check::NotMissing { texts, null }, Check::NotMissing { texts: new_texts, null: new_null }) => {
            of_sets(new_texts, texts).and(Direction::of(*null && !new_null, !null && *new_null))
        }
        (old, new) if old == new => Direction::Same,
        _ => Direction::Other,
    }
}

/// From one set of what is allowed to another.
fn of_sets(old: &[String], new: &[String]) -> Direction {
    Direction::of(new.iter().any(|one| !old.contains(one)), old.iter().any(|one| !new.contains(one)))
}

/// From one end of a range of counts to another.
fn of_counts(old: Option<u64>, new: Option<u64>, is_lower: bool) -> Direction {
    let (looser, tighter) = match (old, new) {
        (None, None) => (false, false),
        (None, Some(_)) => (false, true),
        (Some(_), None) => (true, false),
        (Some(old), Some(new)) if is_lower => (new < old, new > old),
        (Some(old), Some(new)) => (new > old, new < old),
    };
    Direction::of(looser, tighter)
}

fn of_bounds(old: Option<&Bound>, new: Option<&Bound>, is_lower: bool) -> Direction {
    let (old, new) = match (old, new) {
        (None, None) => return Direction::Same,
        (None, Some(_)) => return Direction::Tighter,
        (Some(_), None) => return Direction::Looser,
        (Some(old), Some(new)) => (old, new),
    };
    let order = match (old.text.parse::<f64>(), new.text.parse::<f64>()) {
        (Ok(old), Ok(new)) => old.partial_cmp(&new),
        // Days in ISO 8601 are in the order of their texts.
        _ if old.text.len() == 10 && new.text.len() == 10 => Some(old.text.cmp(&new.text)),
        _ if old.text == new.text => Some(std::cmp::Ordering::Equal),
        _ => None,
    };
    match order {
        None => Direction::Other,
        Some(order) if order.is_eq() => {
            Direction::of(old.is_exclusive && !new.is_exclusive, !old.is_exclusive && new.is_exclusive)
        }
        Some(order) => Direction::of(order.is_lt() != is_lower, order.is_lt() == is_lower),
    }
}

/// Rules of a table, which are known by their names.
pub(super) fn compare_table_rules(old: &[TableRule], new: &[TableRule], changes: &mut Changes<'_>) {
    for rule in old {
        let part = format!("rule '{}'", rule.name);
        let Some(other) = new.iter().find(|other| other.name == rule.name) else {
            let verdict = if_rejecting(rule.severity, Verdict::READERS);
            changes.add(&part, "it is gone", verdict);
            continue;
        };
        let is_same = rule.measure == other.measure
            && rule.conditions == other.conditions
            && rule.in_percent == other.in_percent
            && rule.severity == other.severity;
        if !is_same {
            let (what, verdict) = changed(of_table_rules(rule, other), rule.severity, other.severity);
            changes.add(&part, format!("it {what}"), verdict);
        }
    }
    for rule in new.iter().filter(|rule| old.iter().all(|other| other.name != rule.name)) {
        let verdict = if_rejecting(rule.severity, Verdict::WRITERS);
        changes.add(&format!("rule '{}'", rule.name), "it is new", verdict);
    }
}

fn of_table_rules(old: &TableRule, new: &TableRule) -> Direction {
    use Condition as C;
    if old.measure != new.measure || old.in_percent != new.in_percent {
        return Direction::Other;
    }
    let ([old], [new]) = (old.conditions.as_slice(), new.conditions.as_slice()) else {
        return if old.conditions == new.conditions { Direction::Same } else { Direction::Other };
    };
    match (old, new) {
        (C::Above(old), C::Above(new)) | (C::AtLeast(old), C::AtLeast(new)) => {
            Direction::of(new < old, new > old)
        }
        (C::Below(old), C::Below(new)) | (C::AtMost(old), C::AtMost(new)) => {
            Direction::of(new > old, new < old)
        }
        (C::Between(low, high), C::Between(new_low, new_high)) => {
            Direction::of(new_low < low, new_low > low).and(Direction::of(new_high > high, new_high < high))
        }
        (old, new) if old == new => Direction::Same,
        _ => Direction::Other,
    }
}

//! The types of objects and lists, from what is inside them or as files state them, and what inside them is personal.

use crate::decision::{Decision, Whole};
use crate::evidence::{ColumnEvidence, Inside};
use crate::personal;
use ingot_contract::{Column, DataType};
use std::sync::Arc;

/// Decides what is inside: by its path, its evidence, what it is part of, and whether each of these has it.
pub(crate) type Decide<'d> = dyn FnMut(&str, &ColumnEvidence, Whole, bool) -> Decision + 'd;

/// The type of a column of JSON whose values are objects or lists, with what was decided of what is inside.
///
/// # Errors
/// Why no type describes every value, so that they stay JSON text.
pub(crate) fn within(
    path: &str,
    evidence: &ColumnEvidence,
    decide: &mut Decide<'_>,
) -> Result<(DataType, Vec<Decision>), &'static str> {
    let is_alike =
        evidence.nested == evidence.values && evidence.null_texts.is_empty() && !evidence.has_empty_texts;
    let inside = evidence.inside.as_ref().ok_or("they are nested too deep")?;
    if !is_alike {
        return Err("other values are not");
    }
    match inside.obstacle() {
        Some(obstacle) => Err(obstacle),
        None if inside.lists > 0 => list(path, inside, decide),
        None => object(path, inside, decide),
    }
}

fn list(
    path: &str,
    inside: &Inside,
    decide: &mut Decide<'_>,
) -> Result<(DataType, Vec<Decision>), &'static str> {
    let element =
        inside.element.as_ref().filter(|element| element.values > 0).ok_or("every list is empty")?;
    let mut decision = decide(&format!("{path}[]"), element, Whole::List, true);
    // As a text, a number in a list would look like a text in it.
    if decision.column.data_type == DataType::Str && element.typed > element.nested {
        return Err("the elements of lists are of several types");
    }
    if element.nested > 0 && element.nested < element.values {
        return Err("the elements of lists are of several types");
    }
    decision.column.name = "element".to_owned();
    decision.column.physical_name = None;
    Ok((DataType::List(Arc::new(decision.column.clone())), vec![decision]))
}

fn object(
    path: &str,
    inside: &Inside,
    decide: &mut Decide<'_>,
) -> Result<(DataType, Vec<Decision>), &'static str> {
    if inside.members.is_empty() {
        return Err("every object is empty");
    }
    let decisions: Vec<Decision> = inside
        .members
        .iter()
        .map(|member| {
            let is_everywhere = member.cells == inside.objects;
            let mut decision =
                decide(&format!("{path}.{}", member.name), member, Whole::Object, is_everywhere);
            decision.column.name.clone_from(&member.name);
            decision.column.physical_name = None;
            decision
        })
        .collect();
    let members: Vec<Column> = decisions.iter().map(|decision| decision.column.clone()).collect();
    Ok((DataType::Struct(members.into()), decisions))
}

/// A type that files state, in which what looks personal by its name is marked.
pub(crate) fn is_stated(path: &str, stated: &DataType) -> (DataType, Vec<Decision>) {
    let stated_inside = |column: &Column, path: &str| {
        let (data_type, inside) = is_stated(path, &column.data_type);
        let column = Column { data_type, ..column.clone() };
        let reason = format!("The files state its type: {}.", column.data_type.word());
        let mut decision = Decision::stated(column, inside, reason);
        decision.personal = personal::reason(path, &ColumnEvidence::default(), &decision.column.data_type);
        decision.column.personal = decision.personal.is_some();
        decision
    };
    match stated {
        DataType::List(element) => {
            let decision = stated_inside(element, &format!("{path}[]"));
            (DataType::List(Arc::new(decision.column.clone())), vec![decision])
        }
        DataType::Struct(members) => {
            let decisions: Vec<Decision> = members
                .iter()
                .map(|member| stated_inside(member, &format!("{path}.{}", member.name)))
                .collect();
            let members: Vec<Column> = decisions.iter().map(|decision| decision.column.clone()).collect();
            (DataType::Struct(members.into()), decisions)
        }
        other => (other.clone(), Vec::new()),
    }
}

/// Why something looks personal inside values that have no place of their own for it: JSON text, and maps.
pub(crate) fn personal_inside(path: &str, evidence: &ColumnEvidence, data_type: &DataType) -> Option<String> {
    match (data_type, &evidence.inside) {
        (DataType::Str, Some(inside)) => {
            inside.members.iter().chain(inside.element.as_deref()).find_map(|one| {
                let path = format!("{path}.{}", one.name);
                let why = personal::reason(&path, one, &DataType::Str);
                why.map(|why| format!("of '{path}', {why}"))
                    .or_else(|| personal_inside(&path, one, &DataType::Str))
            })
        }
        (DataType::Map(..), _) => data_type.inner().into_iter().find_map(|one| personal_type(path, one)),
        _ => None,
    }
}

fn personal_type(path: &str, column: &Column) -> Option<String> {
    let path = format!("{path}.{}", column.name);
    personal::reason(&path, &ColumnEvidence::default(), &column.data_type)
        .map(|why| format!("of '{path}', {why}"))
        .or_else(|| column.data_type.inner().into_iter().find_map(|inner| personal_type(&path, inner)))
}

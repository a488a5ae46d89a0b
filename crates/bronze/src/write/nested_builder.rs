//! Builds a column of a nested type, of bytes or of times from texts: JSON for what is nested, base64 for bytes.
//!
//! What is inside is checked like a column of its own: types, what is required, and rules. A reason names the place
//! (`customer.emails[2]`). A value with something wrong leaves nulls behind, and its row is rejected.

use super::column_builder::ColumnBuilder;
use crate::check::{ColumnCheck, Place, Value, bytes, time_of_day};
use crate::read::{JsonProblem, Member, json_cell, json_elements, json_members};
use crate::row::Reason;
use ingot_contract::{DataType, Evolution};
use ingot_lake::arrow::array::{
    Array, ArrayRef, BinaryBuilder, ListArray, MapArray, NullBufferBuilder, StringBuilder, StructArray,
    make_array,
};
use ingot_lake::arrow::buffer::OffsetBuffer;
use ingot_lake::arrow::datatypes::{DataType as ArrowType, FieldRef, Fields};
use ingot_lake::arrow::error::ArrowError;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Unknown members that are noted, at most.
const MOST_NOTED: usize = 100;

/// Builds a column of one of the types that [`NestedBuilder::takes`].
pub(crate) struct NestedBuilder {
    tree: Tree,
    evolution: Evolution,
    /// Members of objects that the contract does not name, and leaves out.
    unknown: BTreeSet<String>,
}

enum Tree {
    Plain(ColumnBuilder),
    Bytes(BinaryBuilder),
    Time(StringBuilder),
    List { field: FieldRef, ends: Vec<i32>, valid: NullBufferBuilder, items: Box<Tree> },
    Struct { fields: Fields, names: Vec<String>, valid: NullBufferBuilder, members: Vec<Tree> },
    Map { field: FieldRef, ends: Vec<i32>, valid: NullBufferBuilder, keys: Box<Tree>, values: Box<Tree> },
}

/// What all appending has in common.
struct Context<'a> {
    evolution: Evolution,
    unknown: &'a mut BTreeSet<String>,
    reasons: &'a mut Vec<Reason>,
}

impl NestedBuilder {
    /// Whether values of the type are built here; the others are for [`ColumnBuilder`].
    pub(crate) fn takes(data_type: &DataType) -> bool {
        data_type.is_nested() || matches!(data_type, DataType::Binary | DataType::Time)
    }

    pub(crate) fn new(data_type: &DataType, evolution: Evolution) -> Self {
        Self { tree: Tree::new(data_type), evolution, unknown: BTreeSet::new() }
    }

    /// Adds a null that nobody has anything against.
    pub(crate) fn skip(&mut self) {
        self.tree.skip();
    }

    /// Adds the value of a cell at a place, and the reasons against it. `is_typed` says that the cell was not text in the
    /// file.
    pub(crate) fn append(
        &mut self,
        check: &ColumnCheck,
        place: &Place<'_>,
        cell: Option<&[u8]>,
        is_typed: bool,
        reasons: &mut Vec<Reason>,
    ) {
        let mut context = Context { evolution: self.evolution, unknown: &mut self.unknown, reasons };
        match cell.map(std::str::from_utf8) {
            None => self.tree.append_null(check, place, &mut context),
            Some(Ok(text)) if check.data_type.is_nested() => {
                self.tree.append_json(check, text, place, &mut context);
            }
            Some(Ok(text)) => self.tree.append_text(check, text, is_typed, place, &mut context),
            Some(Err(_)) => {
                let shown = String::from_utf8_lossy(cell.unwrap_or_default());
                context.reasons.push(reason("NOT_UTF8", place, &shown, "text in UTF-8"));
                self.tree.skip();
            }
        }
    }

    /// # Errors
    /// More than 2^31 items in a batch.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.tree.finish()
    }

    /// The members of objects that were left out, by their places.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &String> {
        self.unknown.iter()
    }
}

fn reason(code: &str, place: &Place<'_>, value: &str, expected: &str) -> Reason {
    Reason {
        code: code.to_owned(),
        column: Some(place.to_string()),
        value: Some(value.to_owned()),
        expected: expected.to_owned(),
    }
}

impl Tree {
    fn new(data_type: &DataType) -> Self {
        let valid = || NullBufferBuilder::new(0);
        match (data_type, data_type.arrow()) {
            (DataType::Binary, _) => Self::Bytes(BinaryBuilder::new()),
            (DataType::Time, _) => Self::Time(StringBuilder::new()),
            (DataType::List(item), ArrowType::List(field)) => Self::List {
                field,
                ends: vec![0],
                valid: valid(),
                items: Box::new(Self::new(&item.data_type)),
            },
            (DataType::Struct(members), ArrowType::Struct(fields)) => Self::Struct {
                fields,
                names: members.iter().map(|member| member.name.clone()).collect(),
                valid: valid(),
                members: members.iter().map(|member| Self::new(&member.data_type)).collect(),
            },
            (DataType::Map(key, value), ArrowType::Map(field, _)) => Self::Map {
                field,
                ends: vec![0],
                valid: valid(),
                keys: Box::new(Self::new(&key.data_type)),
                values: Box::new(Self::new(&value.data_type)),
            },
            _ => Self::Plain(ColumnBuilder::new(data_type)),
        }
    }

    fn skip(&mut self) {
        match self {
            Self::Plain(builder) => builder.append(&Value::Null),
            Self::Bytes(builder) => builder.append_null(),
            Self::Time(builder) => builder.append_null(),
            Self::List { ends, valid, .. } | Self::Map { ends, valid, .. } => {
                ends.push(ends.last().copied().unwrap_or_default());
                valid.append_null();
            }
            Self::Struct { valid, members, .. } => {
                valid.append_null();
                members.iter_mut().for_each(Tree::skip);
            }
        }
    }

    fn append_null(&mut self, check: &ColumnCheck, place: &Place<'_>, context: &mut Context<'_>) {
        let before = context.reasons.len();
        check.check(None::<&str>, false, None, context.reasons);
        name_place(place, &mut context.reasons[before..]);
        self.skip();
    }

    /// A value as JSON has it; `json` may also be something else, which is a reason against it.
    fn append_json(&mut self, check: &ColumnCheck, json: &str, place: &Place<'_>, context: &mut Context<'_>) {
        if json == "null" {
            return self.append_null(check, place, context);
        }
        let before = context.reasons.len();
        let appended = match self {
            Self::List { ends, valid, items, .. } => {
                let item_check = &check.inner[0];
                let mut count = 0;
                let read = json_elements(json, |item| {
                    items.append_json(item_check, item, &Place::Item(place, count), context);
                    count += 1;
                });
                ends.push(ends.last().copied().unwrap_or_default().saturating_add(count as i32));
                valid.append(read.is_ok());
                read.map_err(|problem| (problem, "NOT_A_LIST", "a JSON array"))
            }
            Self::Struct { names, valid, members, .. } => {
                let mut values: Vec<Option<&str>> = vec![None; names.len()];
                let mut twice = Vec::new();
                let read = json_members(json, |Member { name, value, .. }| {
                    match names.iter().position(|known| *known == name) {
                        Some(index) if values[index].is_none() => values[index] = Some(value),
                        Some(_) => twice.push(name),
                        None => context.unknown_member(&Place::Member(place, &name), value),
                    }
                });
                for name in twice {
                    let place = Place::Member(place, &name);
                    context.reasons.push(reason("MEMBER_TWICE", &place, json, "each member only once"));
                }
                for (index, member) in members.iter_mut().enumerate() {
                    let place = Place::Member(place, &names[index]);
                    match values[index] {
                        _ if read.is_err() => member.skip(),
                        Some(value) => member.append_json(&check.inner[index], value, &place, context),
                        None => member.append_null(&check.inner[index], &place, context),
                    }
                }
                valid.append(read.is_ok());
                read.map_err(|problem| (problem, "NOT_AN_OBJECT", "a JSON object"))
            }
            Self::Map { ends, valid, keys, values, .. } => {
                let (mut seen, mut count) = (HashSet::new(), 0);
                let read = json_members(json, |Member { name: key, value, .. }| {
                    let place = Place::Key(place, &key);
                    if seen.contains(&key) {
                        context.reasons.push(reason("MEMBER_TWICE", &place, json, "each key only once"));
                    }
                    keys.append_text(&check.inner[0], &key, false, &place, context);
                    values.append_json(&check.inner[1], value, &place, context);
                    seen.insert(key);
                    count += 1;
                });
                ends.push(ends.last().copied().unwrap_or_default().saturating_add(count));
                valid.append(read.is_ok());
                read.map_err(|problem| (problem, "NOT_AN_OBJECT", "a JSON object"))
            }
            Self::Plain(_) | Self::Bytes(_) | Self::Time(_) => {
                match json_cell(json) {
                    None => self.append_null(check, place, context),
                    Some(text) => {
                        self.append_text(check, &text, !json.starts_with('"'), place, context);
                    }
                }
                return;
            }
        };
        match appended {
            Err((JsonProblem::AnotherValue, code, expected)) => {
                context.reasons.push(reason(code, place, json, expected));
            }
            Err((JsonProblem::NotJson { at, expected }, ..)) => {
                let expected = format!("JSON; at byte {} {expected}", at + 1);
                context.reasons.push(reason("NOT_JSON", place, json, &expected));
            }
            Ok(()) if check.has_rules() && context.reasons.len() == before => {
                let text = || Cow::Borrowed(json.as_bytes());
                check.check_rules(&Value::Str(json), text, None, context.reasons);
                name_place(place, &mut context.reasons[before..]);
            }
            Ok(()) => {}
        }
    }

    /// A value of a plain type, of bytes or of a time, as text.
    fn append_text(
        &mut self,
        check: &ColumnCheck,
        text: &str,
        is_typed: bool,
        place: &Place<'_>,
        context: &mut Context<'_>,
    ) {
        let before = context.reasons.len();
        match self {
            Self::Plain(builder) => {
                let value = check.check(Some(text), is_typed, None, context.reasons);
                builder.append(value.as_ref().unwrap_or(&Value::Null));
            }
            Self::Bytes(builder) => match bytes(text) {
                Some(bytes) => {
                    check.check_rules(
                        &Value::Str(text),
                        || Cow::Borrowed(text.as_bytes()),
                        None,
                        context.reasons,
                    );
                    builder.append_value(bytes);
                }
                None => {
                    context.reasons.push(reason("NOT_BASE64", place, text, "bytes in base64, with padding"));
                    builder.append_null();
                }
            },
            Self::Time(builder) => match time_of_day(text) {
                Some(time) => {
                    check.check_rules(
                        &Value::Str(&time),
                        || Cow::Borrowed(time.as_bytes()),
                        None,
                        context.reasons,
                    );
                    builder.append_value(time);
                }
                None => {
                    let expected = "a time of day, written as hh:mm:ss";
                    context.reasons.push(reason("NOT_A_TIME", place, text, expected));
                    builder.append_null();
                }
            },
            Self::List { .. } | Self::Struct { .. } | Self::Map { .. } => {
                return self.append_json(check, text, place, context);
            }
        }
        name_place(place, &mut context.reasons[before..]);
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let offsets = |ends: &mut Vec<i32>| {
            let ends = std::mem::replace(ends, vec![0]);
            match ends.last() {
                Some(&i32::MAX) => Err(ArrowError::OffsetOverflowError(i32::MAX as usize)),
                _ => Ok(OffsetBuffer::new(ends.into())),
            }
        };
        Ok(match self {
            Self::Plain(builder) => builder
                .finish()
                .ok_or_else(|| ArrowError::SchemaError("a column without values".to_owned()))?,
            Self::Bytes(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::List { field, ends, valid, items } => {
                let items = items.finish()?;
                Arc::new(ListArray::try_new(field.clone(), offsets(ends)?, items, valid.finish())?)
            }
            Self::Struct { fields, valid, members, .. } => {
                let members = members.iter_mut().map(Tree::finish).collect::<Result<_, _>>()?;
                Arc::new(StructArray::try_new(fields.clone(), members, valid.finish())?)
            }
            Self::Map { field, ends, valid, keys, values } => {
                let columns = vec![keys_without_nulls(&keys.finish()?)?, values.finish()?];
                let ArrowType::Struct(entry) = field.data_type() else {
                    return Err(ArrowError::SchemaError("a map without entries".to_owned()));
                };
                let entries = StructArray::try_new(entry.clone(), columns, None)?;
                Arc::new(MapArray::try_new(field.clone(), offsets(ends)?, entries, valid.finish(), false)?)
            }
        })
    }
}

/// Keys are never null; those that did not fit their type are in rows that are rejected, and may be anything.
pub(crate) fn keys_without_nulls(keys: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if keys.null_count() == 0 {
        return Ok(keys.clone());
    }
    Ok(make_array(keys.to_data().into_builder().nulls(None).build()?))
}

fn name_place(place: &Place<'_>, reasons: &mut [Reason]) {
    for reason in reasons {
        reason.column = Some(place.to_string());
    }
}

impl Context<'_> {
    /// A member that the contract does not name: noted if such members are to be left out, else a reason against the row,
    /// because an object of a table does not grow by itself.
    fn unknown_member(&mut self, place: &Place<'_>, value: &str) {
        if self.evolution == Evolution::Discard {
            if self.unknown.len() < MOST_NOTED {
                self.unknown.insert(place.to_string());
            }
            return;
        }
        self.reasons.push(reason(
            "MEMBER_UNKNOWN",
            place,
            value,
            "no member that the contract does not name",
        ));
    }
}

//! How a column of a file that knows types becomes the contract's, down to what is inside lists, structs and maps.
//!
//! Made once for a file, so that a type that does not fit fails it before a row is read. What is inside is converted and
//! checked as a whole, too, and a fault there is a reason against its row that names the place: `.emails[2]`.

use super::cell_values::{cell_text, value_at};
use super::convert::{Conversion, convert, is_string};
use super::json_text::{has_different_keys, text_of};
use crate::check::{ColumnCheck, FixedValue, Place, Value};
use crate::read_error::{FileFailure, ReadError};
use crate::row::Reason;
use crate::write::{NestedBuilder, keys_without_nulls};
use ingot_contract::{DataType, Evolution};
use ingot_lake::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StringBuilder, StructArray, new_null_array,
};
use ingot_lake::arrow::compute::cast;
use ingot_lake::arrow::datatypes::{DataType as ArrowType, Fields};
use ingot_lake::arrow::error::ArrowError;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) enum Plan {
    /// Of plain values.
    Plain(Conversion),
    /// Nothing but nulls.
    Nulls,
    /// As text: JSON for what is nested, the usual form for times and periods.
    Text,
    /// As bytes.
    Bytes,
    /// From text, as in files of text: JSON for what is nested.
    FromText(Evolution),
    List(Box<Plan>),
    /// For each of the contract's members its index in the file's struct.
    Struct(Vec<Option<(usize, Plan)>>),
    Map(Box<Plan>, Box<Plan>),
}

/// Why a file's type does not become the contract's, in words.
pub(super) struct Mismatch(pub(super) String);

/// Is told of what is wrong in which row; the reason's column is the place within the value, empty for the value itself.
type Report<'r> = &'r mut dyn FnMut(usize, Reason);

impl Plan {
    /// How `found` becomes the type of the column that is checked. Members of structs that the contract does not name are added to `left_out` if it says
    /// `discard`.
    pub(super) fn of(
        found: &ArrowType,
        check: &ColumnCheck,
        evolution: Evolution,
        place: &Place<'_>,
        left_out: &mut Vec<String>,
    ) -> Result<Self, Mismatch> {
        use ArrowType as A;
        let wanted = &check.data_type;
        let found = match found {
            A::Dictionary(_, values) if values.is_nested() => values,
            other => other,
        };
        if *found == A::Null {
            return Ok(Self::Nulls);
        }
        if let Some(item) = item_of(found)
            && matches!(wanted, DataType::List(_))
        {
            let place = Place::Member(place, "element");
            let item = Self::of(item, &check.inner[0], evolution, &place, left_out)?;
            return Ok(Self::List(Box::new(item)));
        }
        match (found, wanted) {
            (A::Struct(fields), DataType::Struct(_)) => {
                Self::of_struct(fields, &check.inner, evolution, place, left_out)
            }
            (A::Map(entries, _), DataType::Map(..)) => {
                let A::Struct(entry) = entries.data_type() else {
                    return Err(mismatch(found, check, place));
                };
                let plan = |field: usize, left_out: &mut Vec<String>| {
                    let check = &check.inner[field];
                    let place = Place::Member(place, &check.name);
                    Self::of(entry[field].data_type(), check, evolution, &place, left_out)
                };
                let key = plan(0, left_out)?;
                Ok(Self::Map(Box::new(key), Box::new(plan(1, left_out)?)))
            }
            (found, DataType::Str) if found.is_nested() || is_shown(found) => Ok(Self::Text),
            (A::Time32(_) | A::Time64(_), DataType::Time) => Ok(Self::Text),
            (A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_), DataType::Binary) => {
                Ok(Self::Bytes)
            }
            (found, wanted) if is_string(found) && NestedBuilder::takes(wanted) => {
                Ok(Self::FromText(evolution))
            }
            (A::Date64, DataType::Date) => Ok(Self::Plain(Conversion::Cast)),
            _ => Conversion::of(found, wanted, check.form.as_ref())
                .map(Self::Plain)
                .ok_or_else(|| mismatch(found, check, place)),
        }
    }

    fn of_struct(
        fields: &Fields,
        members: &[ColumnCheck],
        evolution: Evolution,
        place: &Place<'_>,
        left_out: &mut Vec<String>,
    ) -> Result<Self, Mismatch> {
        for field in fields {
            if members.iter().any(|member| member.name == *field.name()) {
                continue;
            }
            let place = Place::Member(place, field.name()).to_string();
            if evolution != Evolution::Discard {
                return Err(Mismatch(format!(
                    "the file has '{place}', which the contract does not name; add it to the properties of its object, \
                     or set the evolution to discard to leave it out"
                )));
            }
            left_out.push(place);
        }
        let mut plans = Vec::with_capacity(members.len());
        for member in members {
            let place = Place::Member(place, &member.name);
            let Some((index, field)) = fields.find(&member.name) else {
                if member.required || evolution == Evolution::Freeze {
                    return Err(Mismatch(format!("the file has no '{place}', which the contract names")));
                }
                plans.push(None);
                continue;
            };
            let plan = Self::of(field.data_type(), member, evolution, &place, left_out)?;
            plans.push(Some((index, plan)));
        }
        Ok(Self::Struct(plans))
    }

    /// The column in the contract's type. What is inside a value is checked; the value itself is not.
    pub(super) fn convert(
        &self,
        original: &ArrayRef,
        check: &ColumnCheck,
        report: Report<'_>,
    ) -> Result<ArrayRef, ReadError> {
        let wanted = check.data_type.arrow();
        match (self, &wanted) {
            (Self::Plain(conversion), _) => convert(
                original,
                *conversion,
                &check.data_type,
                check.form.as_ref(),
                |row, code, expected| {
                    let value = cell_text(original, row);
                    report(row, Reason { column: None, ..check.reason(code, value.as_bytes(), expected) });
                },
            ),
            (Self::Nulls, _) => Ok(new_null_array(&wanted, original.len())),
            (Self::Text, _) => Ok(texts(original, report)),
            (Self::FromText(evolution), _) => from_text(original, check, *evolution, report),
            (Self::Bytes, _) => cast(original, &ArrowType::Binary).map_err(broken),
            (Self::List(item), ArrowType::List(field)) => {
                let found = original.data_type();
                let item_type = item_of(found).unwrap_or(found).clone();
                let plain = ArrowType::List(Arc::new(field.as_ref().clone().with_data_type(item_type)));
                let lists = cast(original, &plain).map_err(broken)?;
                let lists = lists.as_list::<i32>();
                let offsets = lists.offsets();
                let items = item.checked(lists.values(), &check.inner[0], None, &mut |index, reason| {
                    if let Some((row, at)) = owner(offsets, index)
                        && lists.is_valid(row)
                    {
                        report(row, within(&format!("[{at}]"), reason));
                    }
                })?;
                let list = ListArray::try_new(field.clone(), offsets.clone(), items, lists.nulls().cloned());
                Ok(Arc::new(list.map_err(broken)?))
            }
            (Self::Struct(plans), ArrowType::Struct(fields)) => {
                let plain = undictionaried(original)?;
                let structs = plain.as_struct();
                let mut members = Vec::with_capacity(plans.len());
                for (plan, check) in plans.iter().zip(&check.inner) {
                    let Some((index, plan)) = plan else {
                        members.push(new_null_array(&check.data_type.arrow(), structs.len()));
                        continue;
                    };
                    let prefix = format!(".{}", check.name);
                    members.push(plan.checked(structs.column(*index), check, None, &mut |row, reason| {
                        if structs.is_valid(row) {
                            report(row, within(&prefix, reason));
                        }
                    })?);
                }
                let all = StructArray::try_new(fields.clone(), members, structs.nulls().cloned());
                Ok(Arc::new(all.map_err(broken)?))
            }
            (Self::Map(key, value), ArrowType::Map(field, _)) => {
                let plain = undictionaried(original)?;
                let maps = plain.as_map();
                let offsets = maps.offsets();
                let mut inside = |index: usize, reason: Reason| {
                    if let Some((row, _)) = owner(offsets, index)
                        && maps.is_valid(row)
                    {
                        let key = text_of(maps.keys(), index);
                        report(row, within(&format!("['{key}']"), reason));
                    }
                };
                let keys = key.checked(maps.keys(), &check.inner[0], None, &mut inside)?;
                let values = value.checked(maps.values(), &check.inner[1], None, &mut inside)?;
                let ArrowType::Struct(entry) = field.data_type() else {
                    return Err(broken(ArrowError::SchemaError("a map without entries".to_owned())));
                };
                let columns = vec![keys_without_nulls(&keys).map_err(broken)?, values];
                let entries = StructArray::try_new(entry.clone(), columns, None).map_err(broken)?;
                let nulls = maps.nulls().cloned();
                let map = MapArray::try_new(field.clone(), offsets.clone(), entries, nulls, false);
                Ok(Arc::new(map.map_err(broken)?))
            }
            (Self::List(_) | Self::Struct(_) | Self::Map(..), _) => {
                Err(broken(ArrowError::SchemaError("a nested column of another type".to_owned())))
            }
        }
    }

    /// As [`Self::convert`], and the values themselves are checked, too: what is required, the rules, and `fixed`, which is
    /// what the file's path says about the column.
    pub(super) fn checked(
        &self,
        original: &ArrayRef,
        check: &ColumnCheck,
        fixed: Option<&FixedValue>,
        report: Report<'_>,
    ) -> Result<ArrayRef, ReadError> {
        let mut faulty = BTreeSet::new();
        let converted = self.convert(original, check, &mut |row, reason| {
            faulty.insert(row);
            report(row, reason);
        })?;
        let mut tell = |row, reasons: Vec<Reason>| {
            for reason in reasons {
                report(row, Reason { column: None, ..reason });
            }
        };
        // A null text of the contract is null as well, and was not a fault.
        if check.refuses_null() && converted.null_count() > 0 {
            for row in (0..converted.len()).filter(|row| converted.is_null(*row) && !faulty.contains(row)) {
                tell(row, check.missing());
            }
        }
        if check.has_rules() || fixed.is_some() {
            for row in (0..converted.len()).filter(|row| converted.is_valid(*row)) {
                let mut reasons = Vec::new();
                match value_at(&converted, &check.data_type, row) {
                    // What is not plain is for rules what its text is.
                    None => {
                        let text = cell_text(&converted, row);
                        let bytes = || Cow::Borrowed(text.as_bytes());
                        check.check_rules(&Value::Str(&text), bytes, fixed, &mut reasons);
                    }
                    Some(value) => {
                        let text = || Cow::Owned(cell_text(&converted, row).into_bytes());
                        check.check_rules(&value, text, fixed, &mut reasons);
                    }
                }
                tell(row, reasons);
            }
        }
        Ok(converted)
    }
}

/// The type of a list's items.
fn item_of(found: &ArrowType) -> Option<&ArrowType> {
    match found {
        ArrowType::List(item)
        | ArrowType::LargeList(item)
        | ArrowType::ListView(item)
        | ArrowType::LargeListView(item)
        | ArrowType::FixedSizeList(item, _) => Some(item.data_type()),
        _ => None,
    }
}

/// Types that Delta lacks, or that say less than the contract's: kept as text.
fn is_shown(found: &ArrowType) -> bool {
    use ArrowType as A;
    matches!(
        found,
        A::Time32(_)
            | A::Time64(_)
            | A::Duration(_)
            | A::Interval(_)
            | A::Timestamp(_, None)
            | A::Decimal32(..)
            | A::Decimal64(..)
            | A::Decimal128(..)
            | A::Decimal256(..)
    )
}

fn mismatch(found: &ArrowType, check: &ColumnCheck, place: &Place<'_>) -> Mismatch {
    let setting = match check.data_type {
        DataType::Timestamp if matches!(found, ArrowType::Timestamp(_, None)) => {
            "; set `defaultTimezone` in the contract to the zone whose clocks its times show"
        }
        DataType::Date | DataType::Timestamp if found.is_numeric() => {
            "; if it counts time, set `dateFormat` or `timestampFormat` in the contract to epoch-seconds, epoch-millis, \
             epoch-micros, epoch-days or excel"
        }
        _ => "",
    };
    let word = check.data_type.word();
    Mismatch(format!("the column '{place}' is {found} in the file; the contract says {word}{setting}"))
}

fn within(prefix: &str, mut reason: Reason) -> Reason {
    let place = reason.column.take().unwrap_or_default();
    reason.column = Some(format!("{prefix}{place}"));
    reason
}

/// The row of a list's item, and the item's place in it.
fn owner(offsets: &[i32], item: usize) -> Option<(usize, usize)> {
    let item = i32::try_from(item).ok()?;
    let row = offsets.partition_point(|offset| *offset <= item).checked_sub(1)?;
    (row + 1 < offsets.len()).then(|| (row, (item - offsets[row]) as usize))
}

fn undictionaried(column: &ArrayRef) -> Result<ArrayRef, ReadError> {
    match column.data_type() {
        ArrowType::Dictionary(_, values) => cast(column, values).map_err(broken),
        _ => Ok(column.clone()),
    }
}

fn texts(original: &ArrayRef, report: Report<'_>) -> ArrayRef {
    let mut texts = StringBuilder::new();
    for row in 0..original.len() {
        if original.is_null(row) {
            texts.append_null();
            continue;
        }
        if let ArrowType::Map(..) = original.data_type()
            && !has_different_keys(original.as_map().value(row).column(0))
        {
            let expected = "each key only once, because the contract wants the map as a JSON object";
            let reason = Reason { column: None, ..Reason::of_row("MEMBER_TWICE", expected) };
            report(row, reason);
            texts.append_null();
            continue;
        }
        texts.append_value(text_of(original, row));
    }
    Arc::new(texts.finish())
}

fn from_text(
    original: &ArrayRef,
    check: &ColumnCheck,
    evolution: Evolution,
    report: Report<'_>,
) -> Result<ArrayRef, ReadError> {
    let texts = cast(original, &ArrowType::Utf8).map_err(broken)?;
    let texts = texts.as_string::<i32>();
    let mut builder = NestedBuilder::new(&check.data_type, evolution);
    let mut reasons = Vec::new();
    for row in 0..texts.len() {
        let text = (texts.is_valid(row) && !texts.value(row).is_empty()).then(|| texts.value(row).as_bytes());
        match text {
            // That there is no value is for whoever asked for the column to judge.
            None => builder.skip(),
            Some(text) => builder.append(check, &Place::Column(""), Some(text), false, &mut reasons),
        }
        reasons.drain(..).for_each(|reason| report(row, reason));
    }
    builder.finish().map_err(broken)
}

fn broken(error: ArrowError) -> ReadError {
    ReadError::File(FileFailure::new("TYPE_MISMATCH", error.to_string()))
}

//! Which defects a table can have: each rule of its contract broken in some rows, and what no rule of a type says: values
//! that are missing, odd or moved, rows that come twice or not at all.

use crate::defect::{Change, Defect};
use crate::rows::TableRows;
use crate::whole_files::{can_miss_a_day, last_file};
use ingot_contract::{Check, Column, Contract, DataType, Severity};
use ingot_core::error::Result;
use ingot_generate::{Value, broken_values, is_envelope};
use std::collections::BTreeMap;

/// A text column with at most so many different values is a category.
const MOST_CATEGORIES: usize = 30;
/// Where a larger share of the rows have no value anyway, nobody can notice that a few more have none.
const MOST_EMPTY: f64 = 0.1;

/// All defects of a table. `tables` are the contracts that are rehearsed.
///
/// # Errors
/// A rule does not fit its column.
pub(crate) fn of_table(table: usize, rows: &TableRows) -> Result<Vec<Defect>> {
    let contract = &rows.contract;
    let mut found: Vec<Defect> = Vec::new();
    let mut add = |column: Option<usize>, kind: &str, description: String, change: Change| {
        found.push(Defect { table, column, kind: kind.to_owned(), description, change });
    };
    for (place, column) in contract.columns.iter().enumerate() {
        // What the path of a file states is not in it.
        if !rows.is_in_files(place) {
            continue;
        }
        for member in envelope_members(contract, column) {
            let description = format!("no '{member}' in some rows");
            add(Some(place), "member_missing", description, Change::DropMember(member));
        }
        if is_envelope(contract) {
            add(
                Some(place),
                "not_json",
                "'{' in some rows".to_owned(),
                Change::Value(Value::Broken("{".to_owned())),
            );
            continue;
        }
        let broken = broken_values(column, contract, Severity::Warning)?;
        let has = |wanted: &str| broken.iter().any(|(code, _)| *code == wanted);
        let (is_required, has_minimum, has_set) = (has("missing"), has("below_minimum"), has("not_in_set"));
        for (code, value) in broken {
            let shown =
                if value.is_null() { "nothing".to_owned() } else { format!("'{}'", short(&value.text())) };
            add(Some(place), code, format!("{shown} in some rows"), Change::Value(value));
        }
        let with_value = rows.values(place).count();
        if with_value == 0 || column.data_type.is_nested() {
            continue;
        }
        let is_mostly_there = with_value as f64 >= rows.count() as f64 * (1.0 - MOST_EMPTY);
        if !is_required && is_mostly_there && contract.columns.len() > 1 {
            add(Some(place), "value_missing", "nothing in some rows".to_owned(), Change::Value(Value::Null));
        }
        let mut beyond = |column: Option<usize>, kind: &str, description: String, change: Change| {
            // A rule says it already.
            if !(kind == "negative" && has_minimum || kind == "unknown_category" && has_set) {
                add(column, kind, description, change);
            }
        };
        beyond_rules(place, column, rows, &mut beyond);
    }
    let numbers: Vec<usize> = measures(contract);
    if let Some(pair) = numbers.windows(2).find(|pair| {
        contract.columns[pair[0]].data_type == contract.columns[pair[1]].data_type
            && rows.all().any(|row| row.values[pair[0]] != row.values[pair[1]])
    }) {
        let other = &contract.columns[pair[1]].name;
        add(
            Some(pair[0]),
            "columns_swapped",
            format!("exchanged with '{other}' in the newest rows"),
            Change::Swap(pair[1]),
        );
    }
    if !contract.primary_key().is_empty() {
        add(None, "key_twice", "some rows come twice".to_owned(), Change::RowTwice);
    }
    if rows.count() > 20 && can_miss_a_day(rows) {
        add(None, "day_missing", "the rows of one day do not come".to_owned(), Change::DayMissing);
    }
    if last_file(rows).is_some() {
        add(None, "doubled_delivery", "a file comes again under another name".to_owned(), Change::FileTwice);
    }
    Ok(found)
}

/// The members that the JSON of this column must have.
fn envelope_members(contract: &Contract, column: &Column) -> Vec<String> {
    let members = column.rules.iter().filter_map(|rule| match &rule.check {
        Check::JsonMembers(members) => Some(members.clone()),
        _ => None,
    });
    members.flatten().filter(|_| is_envelope(contract)).collect()
}

/// Numbers that are measured, not those that name or number something.
fn measures(contract: &Contract) -> Vec<usize> {
    let is_measure = |column: &Column| {
        let name = column.name.to_ascii_lowercase();
        let names_something = ["id", "key", "code", "number", "no", "year", "month", "zip", "version"]
            .iter()
            .any(|word| name.split('_').any(|part| part == *word));
        matches!(column.data_type, DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. })
            && column.primary_key.is_none()
            && !column.natural_key
            && !names_something
            && !contract.raw.path_names(&column.name)
            && !contract.relationships.iter().any(|one| one.columns.contains(&column.name))
    };
    (0..contract.columns.len()).filter(|place| is_measure(&contract.columns[*place])).collect()
}

fn beyond_rules(
    place: usize,
    column: &Column,
    rows: &TableRows,
    add: &mut impl FnMut(Option<usize>, &str, String, Change),
) {
    let contract = &rows.contract;
    if contract.relationships.iter().any(|one| one.columns.contains(&column.name)) {
        if let Some(value) = orphan(&column.data_type, rows, place) {
            let description = format!("'{}', which does not exist, in some rows", value.text());
            add(Some(place), "reference_to_nothing", description, Change::Value(value));
        }
        return;
    }
    if measures(contract).contains(&place) {
        add(
            Some(place),
            "unit_shifted",
            "multiplied by 1000 in the newest rows".to_owned(),
            Change::Scale(1000.0),
        );
        add(
            Some(place),
            "distribution_moved",
            "half as much again in the newest rows".to_owned(),
            Change::Scale(1.5),
        );
        if let Some(value) = negative(&column.data_type)
            && rows.values(place).all(|value| !value.text().starts_with('-'))
        {
            add(Some(place), "negative", format!("{} in some rows", value.text()), Change::Value(value));
        }
    }
    if column.data_type == DataType::Str && column.primary_key.is_none() && !column.natural_key {
        let counts = categories(rows, place);
        if counts.len() > 1 && counts.len() <= MOST_CATEGORIES && rows.count() > counts.len() * 3 {
            let most = counts.iter().max_by_key(|(_, count)| **count).map(|(value, _)| value.clone());
            add(
                Some(place),
                "unknown_category",
                "'unheard-of' in some rows".to_owned(),
                Change::Value(Value::Text("unheard-of".to_owned())),
            );
            if let Some(from) = most {
                let to = format!("{from} (new)");
                add(
                    Some(place),
                    "category_renamed",
                    format!("'{from}' is '{to}' in the newest rows"),
                    Change::Rename { from, to },
                );
            }
        }
    }
    if matches!(column.data_type, DataType::Date | DataType::Timestamp) && column.primary_key.is_none() {
        let future = if column.data_type == DataType::Date {
            Value::Date(47_481)
        } else {
            Value::Timestamp(47_481 * 86_400_000_000)
        };
        add(Some(place), "far_future", "2099-12-31 in some rows".to_owned(), Change::Value(future));
    }
    if !column.required && column.primary_key.is_none() && contract.columns.len() > 1 {
        add(Some(place), "mostly_missing", "nothing in most of the newest rows".to_owned(), Change::Empty);
    }
}

/// The values of a column, with their numbers of rows.
pub(crate) fn categories(rows: &TableRows, place: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for value in rows.values(place) {
        *counts.entry(value.text()).or_default() += 1;
        if counts.len() > MOST_CATEGORIES {
            break;
        }
    }
    counts
}

/// A value that the column has not, far from those that it has.
fn orphan(data_type: &DataType, rows: &TableRows, place: usize) -> Option<Value> {
    match data_type {
        DataType::I32 => Some(Value::Int(1_999_999_999)),
        DataType::I64 => Some(Value::Int(8_999_999_999_999)),
        DataType::Str => {
            let example = rows.values(place).next()?.text();
            // Of the same length and shape, because a rule may demand it.
            let changed: String =
                example.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
            Some(Value::Text(if changed == example { format!("{example}9") } else { changed }))
        }
        _ => None,
    }
}

fn negative(data_type: &DataType) -> Option<Value> {
    Some(match data_type {
        DataType::I32 | DataType::I64 => Value::Int(-5),
        DataType::F64 => Value::Float(-5.0),
        DataType::Decimal { scale, .. } => {
            let scale = u32::try_from(*scale).unwrap_or(0);
            Value::Decimal { units: -5 * 10i128.pow(scale), scale }
        }
        _ => return None,
    })
}

fn short(text: &str) -> String {
    if text.chars().count() > 24 {
        format!("{}…", text.chars().take(24).collect::<String>())
    } else {
        text.to_owned()
    }
}

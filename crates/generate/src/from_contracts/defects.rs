//! Which defects a contract offers, and how each is planted: every rule of a row is one that can be broken.

use super::column::Source;
use super::constraints::Constraints;
use super::feed::Feed;
use super::file_defects::{self, FileHow};
use super::files::is_envelope;
use super::value::Value;
use super::world::{World, lasting};
use crate::anomalies::{Anomaly, CaughtAt};
use ingot_contract::{Check, Column, Contract, DataType, Format, Severity};
use ingot_core::error::Result;

/// Share of a feed's rows that have a defect of any kind, unless `generate.yaml` says otherwise.
const SHARE_OF_ROWS: f64 = 0.02;
/// Share of the rows that have one kind of defect, at most.
const MOST_OF_A_KIND: f64 = 0.002;

/// A kind of defect of one feed.
pub(crate) struct Breakage {
    pub(crate) anomaly: Anomaly,
    pub(crate) how: How,
}

/// What is done to a row.
#[derive(Debug, Clone)]
pub(crate) enum How {
    /// The column has this instead.
    Value { column: usize, value: Value },
    /// It has the primary key of an earlier row.
    DuplicateKey,
    /// The reference leads to a row that does not exist.
    Orphan { column: usize },
    /// The row is broken as text.
    BrokenRow,
    /// The file has it.
    File(FileHow),
}

/// All kinds that a feed offers, with their usual rates.
///
/// # Errors
/// A rule does not fit its column.
pub(crate) fn of_feed(world: &World, index: usize) -> Result<Vec<Breakage>> {
    let feed = &world.feeds[index];
    let contract = &feed.contract;
    let mut kinds: Vec<(String, &'static str, CaughtAt, How)> = Vec::new();
    for (column, described) in contract.columns.iter().enumerate() {
        // What the path states is not in the file.
        if matches!(feed.makers[column].source, Source::Path(_)) {
            continue;
        }
        let name = lasting(&described.name);
        for (code, value) in broken_values(described, contract, Severity::Error)? {
            kinds.push((format!("{name}_{code}"), name, CaughtAt::Bronze, How::Value { column, value }));
        }
        if matches!(feed.makers[column].source, Source::Reference { .. })
            && orphan(world, index, column, 0).is_some()
        {
            kinds.push((format!("{name}_unknown"), name, CaughtAt::Silver, How::Orphan { column }));
        }
    }
    let key: Vec<String> = contract.primary_key().iter().map(|column| column.name.clone()).collect();
    if !key.is_empty() && contract.raw.format != Format::Delta {
        kinds.push((
            "duplicate_key".to_owned(),
            lasting(&key.join(",")),
            CaughtAt::Silver,
            How::DuplicateKey,
        ));
    }
    let has_text_rows = match contract.raw.format {
        Format::Csv => contract.raw.names_columns() && contract.raw.place.footer_rows == 0,
        Format::Json | Format::Jsonl => true,
        _ => false,
    };
    if has_text_rows {
        // A line that is one column's text is rejected for that column.
        let column = if is_envelope(contract) { lasting(&contract.columns[0].name) } else { "" };
        kinds.push(("broken_row".to_owned(), column, CaughtAt::Bronze, How::BrokenRow));
    }
    let rate = (SHARE_OF_ROWS / kinds.len().max(1) as f64).min(MOST_OF_A_KIND);
    let of_rows = kinds.into_iter().map(|(code, column, caught_at, how)| {
        let code = lasting(&code);
        Breakage {
            anomaly: Anomaly { feed: feed.name, code, column, rate, caught_at, is_of_file: false },
            how,
        }
    });
    // Whoever asks for damaged files sets their rates: a load with such files fails.
    let of_files = file_defects::of_feed(world, index).into_iter().map(|(code, caught_at, how)| {
        let column = match how {
            FileHow::CutRow if is_envelope(contract) => lasting(&contract.columns[0].name),
            _ => "",
        };
        let anomaly = Anomaly { feed: feed.name, code, column, rate: 0.0, caught_at, is_of_file: true };
        Breakage { anomaly, how: How::File(how) }
    });
    Ok(of_rows.chain(of_files).collect())
}

/// The rules of a column for one row: those of its type, which reject it, and its own of at least this severity.
fn rules_of_rows(column: &Column, contract: &Contract, least: Severity) -> Result<Constraints> {
    let mut strict = column.clone();
    strict.primary_key = None;
    strict.rules.retain(|rule| least == Severity::Warning || rule.severity == Severity::Error);
    Constraints::of_type(&strict, contract)
}

/// What can be wrong with a value of the column, with the end of each defect's code: what its type and its rules of at
/// least this severity forbid. Those of severity error are rejected for this column.
///
/// # Errors
/// A rule does not fit its column.
pub fn broken_values(
    column: &Column,
    contract: &Contract,
    least: Severity,
) -> Result<Vec<(&'static str, Value)>> {
    // The members of an envelope are rejected under their own names.
    if is_envelope(contract) {
        return Ok(Vec::new());
    }
    let rules = rules_of_rows(column, contract, least)?;
    let format = contract.raw.format;
    // Parquet and Delta have types of their own: a file with a text for a number is refused as a whole.
    let is_text = !matches!(format, Format::Parquet | Format::Delta);
    let mut found: Vec<(&'static str, Value)> = Vec::new();
    let is_alone = contract.columns.len()
        - contract.columns.iter().filter(|one| contract.raw.path_names(&one.name)).count()
        < 2;
    // An empty line is not a row, nor is an empty row of a sheet.
    if rules.required && !(is_alone && format.has_cells()) {
        found.push(("missing", Value::Null));
    }
    if is_text && let Some((code, text)) = not_of_type(&column.data_type) {
        found.push((code, Value::Broken(text.to_owned())));
    }
    if is_text && let Some(text) = beyond_type(&column.data_type) {
        found.push(("out_of_range", Value::Broken(text)));
    }
    let whole = |number: i128| whole_value(&column.data_type, number);
    let mut candidates: Vec<(&'static str, Option<Value>)> = Vec::new();
    let (type_least, type_most) = super::constraints::type_bounds(&column.data_type);
    if !matches!(column.data_type, DataType::F64 | DataType::Str) {
        let unit = if column.data_type == DataType::Timestamp { 86_400_000_000 } else { 1 };
        if rules.least > type_least {
            candidates.push(("below_minimum", whole((rules.least - rules.multiple * unit).max(type_least))));
        }
        if rules.most < type_most {
            candidates.push(("above_maximum", whole((rules.most + rules.multiple * unit).min(type_most))));
        }
        if rules.multiple > 1 {
            let inside = rules.least.max(0).div_euclid(rules.multiple) * rules.multiple + rules.multiple + 1;
            candidates.push(("not_a_multiple", whole(inside)));
        }
    }
    if column.data_type == DataType::F64 {
        if rules.least_float.is_finite() {
            candidates.push((
                "below_minimum",
                Some(Value::Float(rules.least_float - rules.least_float.abs().max(1.0))),
            ));
        }
        if rules.most_float.is_finite() {
            candidates.push((
                "above_maximum",
                Some(Value::Float(rules.most_float + rules.most_float.abs().max(1.0))),
            ));
        }
        if let Some(of) = rules.multiple_float {
            candidates.push(("not_a_multiple", Some(Value::Float(of * 1.5))));
        }
    }
    if let Some(accepted) = &rules.accepted {
        let other = match &column.data_type {
            DataType::Str => Some(Value::Text("unheard-of".to_owned())),
            _ => (1..1000).filter_map(whole).find(|value| !accepted.contains(value)),
        };
        candidates.push(("not_in_set", other));
    }
    if column.data_type == DataType::Str {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let odd = ["not-as-agreed", "0", "x", "UNHEARD-OF 1", "a b"];
        if !rules.patterns.is_empty() {
            let missed = odd.iter().find(|odd| !rules.patterns.iter().all(|pattern| pattern.matches(odd)));
            candidates.push(("pattern_missed", missed.and_then(|odd| text(odd))));
        }
        if !rules.formats.is_empty() {
            candidates.push(("format_missed", text("not as agreed")));
        }
        if rules.shortest > 1 {
            candidates.push(("too_short", text(&"x".repeat(rules.shortest - 1))));
        }
        if rules.longest < 10_000 {
            candidates.push(("too_long", text(&"x".repeat(rules.longest + 1))));
        }
        if rules.items.is_some() || rules.members.is_some() {
            candidates.push(("not_as_agreed", text("0")));
        }
        // Null texts of the column's form are nulls, and no defects.
        let nulls = column.form.iter().flat_map(|form| &form.null_texts);
        let nulls: Vec<&String> = nulls.chain(&contract.raw.csv.null_texts).collect();
        let missing =
            column.rules.iter().filter(|rule| rule.severity == Severity::Error).find_map(|rule| match &rule
                .check
            {
                Check::NotMissing { texts, .. } => {
                    texts.iter().find(|text| !text.is_empty() && !nulls.contains(text))
                }
                _ => None,
            });
        candidates.push(("missing_text", missing.and_then(|missing| text(missing))));
    }
    found.extend(candidates.into_iter().filter_map(|(code, value)| {
        let value = value.filter(|value| !rules.allows(value))?;
        Some((code, value))
    }));
    Ok(found)
}

fn whole_value(data_type: &DataType, number: i128) -> Option<Value> {
    let small = i64::try_from(number).ok();
    match data_type {
        DataType::I32 => i32::try_from(number).ok().map(|number| Value::Int(number.into())),
        DataType::I64 => small.map(Value::Int),
        DataType::Decimal { scale, .. } => {
            Some(Value::Decimal { units: number, scale: u32::try_from(*scale).unwrap_or(0) })
        }
        DataType::Date => i32::try_from(number).ok().map(Value::Date),
        DataType::Timestamp => small.map(Value::Timestamp),
        _ => None,
    }
}

/// A text that is not a value of the type, in any form of it.
fn not_of_type(data_type: &DataType) -> Option<(&'static str, &'static str)> {
    Some(match data_type {
        DataType::I32 | DataType::I64 | DataType::F64 | DataType::Decimal { .. } => ("not_a_number", "many"),
        DataType::Bool => ("not_a_boolean", "perhaps"),
        DataType::Date => ("not_a_date", "someday"),
        DataType::Timestamp => ("not_a_timestamp", "yesterday"),
        DataType::Time => ("not_a_time", "noon"),
        DataType::Binary => ("not_base64", "%%%"),
        DataType::List(_) => ("not_a_list", "none"),
        DataType::Struct(_) | DataType::Map(..) => ("not_an_object", "none"),
        DataType::Str => return None,
    })
}

/// A number that the type cannot hold.
fn beyond_type(data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::I32 => "3000000000".to_owned(),
        DataType::I64 => "99999999999999999999".to_owned(),
        DataType::Decimal { precision, scale } => {
            let digits = usize::try_from(i16::from(*precision) - i16::from(*scale)).unwrap_or(0);
            "9".repeat(digits + 1)
        }
        _ => return None,
    })
}

/// A value of a reference that no row of its parent has and that the column's own rules allow; `None` if there is none.
pub(crate) fn orphan(world: &World, index: usize, column: usize, row: u64) -> Option<Value> {
    let feed: &Feed = &world.feeds[index];
    let Source::Reference { feed: parent, column: to, .. } = feed.makers[column].source else { return None };
    let maker = &world.feeds[parent].makers[to];
    if !maker.source.counts_up()
        || maker.key_part.is_some_and(|part| part.modulus.is_some() || part.within_day)
    {
        return None;
    }
    // Far beyond what any window will have, or at least beyond what there is.
    [500_000_000, 800_000].iter().find_map(|far| {
        let value = feed.makers[column].converted(world.value(parent, to, far + row % 1000));
        let rules = &feed.makers[column].constraints;
        (rules.allows(&value) && maker.constraints.allows(&value) && !value.is_null()).then_some(value)
    })
}

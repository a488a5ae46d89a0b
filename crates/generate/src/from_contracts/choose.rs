//! Which source a column's values have: what the contract says for the generator, what its rules leave open, and else
//! what the column's name tells.

use super::column::{Maker, Source, Spread, UniqueText};
use super::constraints::{Constraints, type_bounds};
use super::hints::{ColumnHints, Distribution};
use super::kinds::{Kind, Locale, snake_case};
use super::pattern::Language;
use super::value::Value;
use crate::calendar::{Day, from_civil};
use crate::random::label;
use ingot_contract::{Column, Contract, DataType, Encoding, Format, MomentForm, TextFormat};
use ingot_core::error::{Error, Result};

/// Share of nulls in a column that may be null.
const NULLS: f64 = 0.04;

/// What a column's source may depend on besides the column.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) locale: Locale,
    /// The column that has the time of the row, if rows have one.
    pub(crate) time_column: Option<&'a str>,
    pub(crate) is_timed: bool,
    /// The first day of the first window.
    pub(crate) origin: Day,
}

/// The maker of a column. `is_unique`: no two rows have the same value.
///
/// # Errors
/// A hint does not fit the column.
pub(crate) fn maker(
    column: &Column,
    hints: &ColumnHints,
    is_unique: bool,
    around: Surroundings<'_>,
) -> Result<Maker> {
    let contract = around.contract;
    let constraints = Constraints::of_column(column, contract)?;
    let mut maker = plain(column, constraints, around);
    maker.locale = hints.locale.unwrap_or(around.locale);
    let may_be_null = !maker.constraints.required && !is_unique;
    maker.nulls = match hints.nulls {
        Some(share) if share > 0.0 && !may_be_null => {
            return Err(Error::new(format!("column '{}' is required, and can have no nulls", column.name))
                .at(&contract.file)
                .hint("remove `nulls` from its `ingot.generate`"));
        }
        Some(share) => share,
        None if may_be_null => NULLS,
        None => 0.0,
    };
    if cannot_be_written(column, contract) {
        if !may_be_null {
            let what = format!(
                "no text can be a value of column '{}': its form has no offset from UTC",
                column.name
            );
            return Err(Error::new(what)
                .at(&contract.file)
                .hint("set `defaultTimezone` in its logicalTypeOptions to the zone whose clocks it shows"));
        }
        maker.nulls = 1.0;
    }
    narrow(&mut maker, hints, contract)?;
    maker.source = source(&maker, column, hints, is_unique, around)?;
    Ok(maker)
}

/// A timestamp whose form has no offset, in a contract that does not say whose clocks it shows: bronze rejects every text.
fn cannot_be_written(column: &Column, contract: &Contract) -> bool {
    let Some(form) = column.form.as_ref().filter(|_| column.data_type == DataType::Timestamp) else {
        return false;
    };
    let has_no_offset = matches!(&form.moment, Some(MomentForm::Pattern(pattern)) if !pattern.has_offset());
    has_no_offset
        && form.local_time.is_none()
        && !matches!(contract.raw.format, Format::Parquet | Format::Delta)
}

/// A maker whose source is still to be chosen.
fn plain(column: &Column, constraints: Constraints, around: Surroundings<'_>) -> Maker {
    let raw = &around.contract.raw;
    let no_quote = match &raw.wide_csv {
        Some(wide) => wide.quote.is_none() && !wide.escapes_everywhere,
        None => raw.csv.quote.is_none(),
    };
    let delimiter = match &raw.wide_csv {
        Some(wide) => wide.delimiter.clone(),
        None => char::from(raw.csv.delimiter).to_string(),
    };
    let mut forbidden = constraints.missing.clone();
    forbidden.retain(|text| text.chars().count() > 2);
    if no_quote {
        forbidden.push(delimiter);
        forbidden.extend(raw.place.comment.clone());
    }
    Maker {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        label: label(&format!("{}.{}", around.contract.name, column.name)),
        constraints,
        nulls: 0.0,
        locale: around.locale,
        source: Source::Boolean,
        forbidden,
        latin_only: matches!(raw.encoding, Encoding::Latin1 | Encoding::Windows1252) && raw.format.is_text(),
        key_part: None,
    }
}

/// Bounds that the hints add to those of the contract, and those of the way in which dates are written.
fn narrow(maker: &mut Maker, hints: &ColumnHints, contract: &Contract) -> Result<()> {
    let number = |text: &str| match Value::parse(&maker.data_type, text) {
        Some(Value::Int(number)) => Some(i128::from(number)),
        Some(Value::Decimal { units, .. }) => Some(units),
        Some(Value::Date(day)) => Some(i128::from(day)),
        Some(Value::Timestamp(micros)) => Some(i128::from(micros)),
        _ => None,
    };
    let wrong = |text: &str| {
        Error::new(format!("column '{}': the bound '{text}' does not fit its type", maker.name))
            .at(&contract.file)
    };
    let (mut least, mut most) = (maker.constraints.least, maker.constraints.most);
    for (bound, is_least) in [(&hints.min, true), (&hints.max, false)] {
        let Some(text) = bound else { continue };
        if maker.data_type == DataType::F64 {
            let number: f64 = text.parse().map_err(|_| wrong(text))?;
            let rules = &mut maker.constraints;
            if is_least {
                rules.least_float = rules.least_float.max(number);
            } else {
                rules.most_float = rules.most_float.min(number);
            }
            continue;
        }
        let number = number(text).ok_or_else(|| wrong(text))?;
        if is_least { least = least.max(number) } else { most = most.min(number) }
    }
    (maker.constraints.least, maker.constraints.most) = (least, most);
    Ok(())
}

fn source(
    maker: &Maker,
    column: &Column,
    hints: &ColumnHints,
    is_unique: bool,
    around: Surroundings<'_>,
) -> Result<Source> {
    let contract = around.contract;
    if let Some(expression) = &hints.expression {
        return Ok(Source::Computed(expression.clone()));
    }
    if let Some((start, step)) = hints.sequence {
        return Ok(Source::Counter { first: i128::from(start), step: i128::from(step) });
    }
    if let Some(values) = &hints.values {
        let (mut parsed, mut weights) = (Vec::new(), Vec::new());
        for (text, weight) in values {
            let value = Value::parse(&maker.data_type, text).filter(|value| maker.constraints.allows(value));
            parsed.push(value.ok_or_else(|| {
                Error::new(format!("column '{}': '{text}' is not a value that its rules allow", column.name))
                    .at(&contract.file)
                    .hint("correct `values` of its `ingot.generate`")
            })?);
            weights.push(*weight);
        }
        return Ok(Source::Values { values: parsed, weights, in_turn: is_unique });
    }
    if let Some(accepted) = &maker.constraints.accepted {
        // Rules of the same column may leave out some of the list.
        let values: Vec<Value> =
            accepted.iter().filter(|one| maker.constraints.allows(one)).cloned().collect();
        let weights = (0..values.len()).map(|place| 1.0 / (place + 1) as f64).collect();
        return Ok(Source::Values { values, weights, in_turn: is_unique });
    }
    if around.time_column == Some(column.name.as_str()) {
        return Ok(Source::Row);
    }
    if let Some(distribution) = hints.distribution {
        return Ok(Source::Number(spread(maker, distribution)));
    }
    Ok(match &column.data_type {
        DataType::Str => text_source(maker, column, hints, is_unique, contract),
        DataType::I32 | DataType::I64 | DataType::Decimal { .. } if is_unique => {
            let step = maker.constraints.multiple;
            let one = match (has_bound(maker.constraints.least, &maker.data_type), &column.data_type) {
                (true, _) => maker.constraints.least,
                (false, DataType::Decimal { scale, .. }) => 10i128.pow(u32::try_from(*scale).unwrap_or(0)),
                _ => 1,
            };
            let first = (one + step - 1).div_euclid(step) * step;
            let unit = match &column.data_type {
                DataType::Decimal { scale, precision }
                    if i16::from(*precision) - i16::from(*scale) >= 7 && step == 1 =>
                {
                    10i128.pow(u32::try_from(*scale).unwrap_or(0))
                }
                _ => step,
            };
            Source::Counter { first, step: unit }
        }
        DataType::F64 if is_unique => {
            let first = if maker.constraints.least_float.is_finite() {
                maker.constraints.least_float.ceil()
            } else {
                1.0
            };
            Source::Counter { first: first as i128, step: 1 }
        }
        DataType::I32 | DataType::I64 | DataType::Decimal { .. } | DataType::F64 => {
            Source::Number(usual_numbers(maker, &column.name))
        }
        DataType::Bool if is_unique => Source::Values {
            values: vec![Value::Bool(true), Value::Bool(false)],
            weights: vec![1.0, 1.0],
            in_turn: true,
        },
        DataType::Bool => Source::Boolean,
        DataType::Date if is_unique => {
            let first =
                i128::from(around.origin - 3_650).clamp(maker.constraints.least, maker.constraints.most);
            Source::Counter { first, step: 1 }
        }
        DataType::Timestamp if is_unique => {
            Source::Counter { first: i128::from(around.origin - 3_650) * 86_400_000_000, step: 60_000_000 }
        }
        DataType::Date | DataType::Timestamp => usual_days(maker, &column.name, around),
        DataType::Time => Source::TimeOfDay,
        DataType::Binary => Source::Bytes,
        DataType::List(item) => Source::Items(Box::new(inner(item, around)?)),
        DataType::Struct(members) => {
            Source::Members(members.iter().map(|member| inner(member, around)).collect::<Result<_>>()?)
        }
        DataType::Map(key, value) => {
            let mut key = inner(key, around)?;
            key.nulls = 0.0;
            Source::Entries(Box::new(key), Box::new(inner(value, around)?))
        }
    })
}

/// What is inside a list, object or map.
fn inner(column: &Column, around: Surroundings<'_>) -> Result<Maker> {
    let constraints = Constraints::of_type(column, around.contract)?;
    let mut maker = plain(column, constraints, around);
    maker.nulls = if maker.constraints.required { 0.0 } else { NULLS };
    let around = Surroundings { time_column: None, ..around };
    maker.source = source(&maker, column, &ColumnHints::default(), false, around)?;
    Ok(maker)
}

fn text_source(
    maker: &Maker,
    column: &Column,
    hints: &ColumnHints,
    is_unique: bool,
    contract: &Contract,
) -> Source {
    let rules = &maker.constraints;
    let pattern = hints.pattern.as_deref().or(rules.patterns.first().map(|pattern| pattern.text.as_str()));
    if let Some(language) = pattern.and_then(Language::of) {
        return if is_unique {
            Source::Unique(UniqueText::Pattern(language))
        } else {
            Source::Pattern(language)
        };
    }
    if rules.items.is_some() || rules.members.is_some() {
        return Source::Json;
    }
    let format = rules.formats.first().map(|format| match format {
        TextFormat::Byte => None,
        TextFormat::Email => Some(Kind::Email),
        TextFormat::Hostname => Some(Kind::Domain),
        TextFormat::Ipv4 => Some(Kind::Ipv4),
        TextFormat::Ipv6 => Some(Kind::Ipv6),
        TextFormat::Uri => Some(Kind::Url),
        TextFormat::Uuid => Some(Kind::Uuid),
    });
    let kind = match format {
        // Base64 of a number of the row.
        Some(None) => return Source::Unique(UniqueText::Base64),
        Some(Some(kind)) => Some(kind),
        None => hints.kind.or_else(|| Kind::of_column(&column.name)),
    };
    let name = snake_case(&column.name);
    let is_named = |words: &[&str]| name.split('_').any(|part| words.contains(&part));
    if is_unique {
        return Source::Unique(match kind {
            Some(kind) if rules.longest >= 40 || format.is_some() => UniqueText::Kind(kind),
            _ if rules.longest >= 10 => {
                let subject = name.strip_suffix("_id").unwrap_or(&name).replace('_', "");
                let subject =
                    if subject.len() > 2 && subject != "uuid" { subject } else { snake_case(&contract.name) };
                let prefix: String = subject.chars().filter(char::is_ascii_alphabetic).take(3).collect();
                UniqueText::Numbered {
                    prefix: format!("{}-", prefix.to_ascii_uppercase()),
                    digits: 6.min(rules.longest - 4),
                }
            }
            _ => UniqueText::Short(rules.longest.min(6)),
        });
    }
    match kind {
        Some(kind) => Source::Text(kind),
        None if is_named(&[
            "status", "type", "category", "group", "class", "level", "channel", "method", "kind", "segment",
            "tier",
        ]) =>
        {
            let words = ["alpha", "beta", "gamma", "delta", "epsilon"];
            let cut = |word: &str| word.chars().take(rules.longest).collect::<String>();
            let values: Vec<Value> = words.iter().map(|word| Value::Text(cut(word))).collect();
            Source::Values { values, weights: vec![8.0, 5.0, 3.0, 2.0, 1.0], in_turn: false }
        }
        None if name.ends_with("id") && rules.longest >= 8 => Source::Text(Kind::Code),
        None => Source::Text(Kind::Word),
    }
}

/// Whether a bound is one that somebody chose, and not the width of a type, this one or a narrower one.
fn has_bound(bound: i128, data_type: &DataType) -> bool {
    let (least, most) = type_bounds(data_type);
    let widths = [7, 8, 15, 16, 31, 32, 63, 64].map(|bits| 1i128 << bits);
    let is_width = widths.iter().any(|width| bound == *width - 1 || bound == -*width);
    bound != least && bound != most && !is_width
}

/// The range in the column's natural unit that its rules leave, if they state one.
fn stated_range(maker: &Maker) -> (Option<f64>, Option<f64>) {
    let rules = &maker.constraints;
    let finite = |number: f64| number.is_finite().then_some(number);
    match &maker.data_type {
        DataType::F64 => (finite(rules.least_float), finite(rules.most_float)),
        data_type => {
            let unit = match data_type {
                DataType::Decimal { scale, .. } => 10f64.powi(i32::from(*scale)),
                _ => 1.0,
            };
            let stated = |bound: i128| has_bound(bound, data_type).then_some(bound as f64 / unit);
            (stated(rules.least), stated(rules.most))
        }
    }
}

fn spread(maker: &Maker, distribution: Distribution) -> Spread {
    let (low, high) = stated_range(maker);
    match distribution {
        Distribution::Uniform => {
            let low = low.unwrap_or(0.0);
            Spread::Uniform { low, high: high.unwrap_or(low + 1000.0) }
        }
        Distribution::Normal { mean, deviation } => Spread::Normal { mean, deviation },
        Distribution::LogNormal { median, sigma } => Spread::LogNormal { median, sigma },
        Distribution::Zipf { exponent } => {
            let low = low.unwrap_or(1.0);
            let count = (high.unwrap_or(low + 999.0) - low + 1.0).max(1.0) as u64;
            Spread::Zipf { low, count, exponent }
        }
    }
}

/// Numbers that are not absurd for a column of this name.
fn usual_numbers(maker: &Maker, name: &str) -> Spread {
    let name = snake_case(name);
    let has = |words: &[&str]| name.split('_').any(|part| words.contains(&part));
    match stated_range(maker) {
        (Some(low), Some(high)) => return Spread::Uniform { low, high },
        (Some(low), None) if low != 0.0 => {
            return Spread::Uniform { low, high: low + low.abs().max(100.0) };
        }
        (None, Some(high)) => {
            return Spread::Uniform { low: (high - high.abs().max(100.0)).max(0.0).min(high), high };
        }
        _ => {}
    }
    let largest = match &maker.data_type {
        DataType::Decimal { precision, scale } => 10f64.powi(i32::from(*precision) - i32::from(*scale)) - 1.0,
        _ => 1e9,
    };
    let usual = match () {
        () if has(&[
            "price", "amount", "total", "cost", "revenue", "fee", "salary", "value", "sum", "balance", "net",
            "gross",
        ]) =>
        {
            Spread::LogNormal { median: 40.0, sigma: 0.9 }
        }
        () if has(&["quantity", "qty", "count", "units", "pieces"]) => {
            Spread::Zipf { low: 1.0, count: 20, exponent: 1.2 }
        }
        () if has(&["age"]) => Spread::Normal { mean: 42.0, deviation: 12.0 },
        () if has(&["year"]) => Spread::Uniform { low: 2000.0, high: 2024.0 },
        () if has(&["month"]) => Spread::Uniform { low: 1.0, high: 12.0 },
        () if has(&["day"]) => Spread::Uniform { low: 1.0, high: 28.0 },
        () if has(&["percent", "percentage", "pct"]) => Spread::Uniform { low: 0.0, high: 100.0 },
        () if has(&["rate", "ratio", "share", "probability"]) => Spread::Uniform { low: 0.0, high: 1.0 },
        () if has(&["latitude", "lat"]) => Spread::Uniform { low: -60.0, high: 70.0 },
        () if has(&["longitude", "lon", "lng"]) => Spread::Uniform { low: -179.0, high: 179.0 },
        () if has(&["temperature", "temp"]) => Spread::Normal { mean: 18.0, deviation: 6.0 },
        () if has(&["weight", "height", "length", "width", "size"]) => {
            Spread::LogNormal { median: 12.0, sigma: 0.7 }
        }
        () => Spread::Uniform { low: 0.0, high: 1000.0 },
    };
    match usual {
        Spread::Uniform { low, high } if high > largest => {
            Spread::Uniform { low: low.min(largest), high: largest }
        }
        usual => usual,
    }
}

/// Days that are not absurd for a column of this name.
fn usual_days(maker: &Maker, name: &str, around: Surroundings<'_>) -> Source {
    let name = snake_case(name);
    let has = |words: &[&str]| name.split('_').any(|part| words.contains(&part));
    let day_length = if maker.data_type == DataType::Timestamp { 86_400_000_000 } else { 1 };
    let (least, most) = (maker.constraints.least / day_length, maker.constraints.most / day_length);
    let origin = i128::from(around.origin);
    let (first, last) = match () {
        () if has(&["birth", "birthday", "dob", "born"]) => {
            (i128::from(from_civil(1950, 1, 1)), i128::from(from_civil(2005, 12, 31)))
        }
        () if around.is_timed
            && has(&[
                "due",
                "end",
                "expiry",
                "expires",
                "delivery",
                "delivered",
                "shipped",
                "paid",
                "until",
                "updated",
                "closed",
                "loaded",
            ]) =>
        {
            return Source::AfterRow { days: 14 };
        }
        () if has(&["end", "expiry", "expires", "until", "valid"]) => (origin, origin + 730),
        () => (origin - 730, origin - 1),
    };
    // What the rules leave of it, or what they allow at all.
    let (low, high) = (first.max(least), last.min(most));
    if low <= high {
        Source::Between { first: low, last: high }
    } else if first > most {
        Source::Between { first: (most - 365).max(least), last: most }
    } else {
        Source::Between { first: least, last: (least + 365).min(most) }
    }
}

#[cfg(test)]
mod tests {
    use super::has_bound;
    use ingot_contract::DataType;

    #[test]
    fn the_width_of_a_type_is_not_a_bound() {
        let decimal = DataType::Decimal { precision: 5, scale: 2 };
        for width in [127, -128, 255, 32_767, -32_768, 65_535, 2_147_483_647, 4_294_967_295, 99_999] {
            assert!(!has_bound(width, &decimal), "{width}");
        }
        for bound in [0, 1, 5, 100, 1000, -50, 9999] {
            assert!(has_bound(bound, &decimal), "{bound}");
        }
    }
}

//! `+`, `-`, `age`, `date_trunc`, `date_diff`, `date_sub` and series of TIMESTAMPTZ.

use super::calendar::is_finite;
use super::date_part_names::DatePart;
use super::scalar_function::{Call, Type, add};
use super::vectors::{Interval, Physical, Text, output_slice};
use super::zone::{Lookup, Zone};
use super::{current_time, zoned_arithmetic};
use ingot_core::error::Result;
use libduckdb_sys as ffi;

pub(crate) fn register(connection: ffi::duckdb_connection) -> Result<()> {
    use Type::{Bigint, TimestampTz, Varchar};
    let interval = Type::Interval;
    add(
        connection,
        "+",
        &[TimestampTz, interval],
        TimestampTz,
        Box::new(|call| binary(call, |zone, a: &i64, b: &Interval| zoned_arithmetic::add(zone, *a, b))),
    )?;
    add(
        connection,
        "+",
        &[interval, TimestampTz],
        TimestampTz,
        Box::new(|call| binary(call, |zone, a: &Interval, b: &i64| zoned_arithmetic::add(zone, *b, a))),
    )?;
    add(
        connection,
        "-",
        &[TimestampTz, interval],
        TimestampTz,
        Box::new(|call| {
            binary(
                call,
                |zone, a: &i64, b: &Interval| {
                    if is_finite(*a) { zoned_arithmetic::subtract(zone, *a, b) } else { Ok(*a) }
                },
            )
        }),
    )?;
    add(
        connection,
        "-",
        &[TimestampTz, TimestampTz],
        interval,
        Box::new(|call| binary(call, |zone, a: &i64, b: &i64| zoned_arithmetic::difference(zone, *a, *b))),
    )?;
    add(
        connection,
        "age",
        &[TimestampTz, TimestampTz],
        interval,
        Box::new(|call| binary(call, |zone, a: &i64, b: &i64| zoned_arithmetic::age(zone, *a, *b))),
    )?;
    add(
        connection,
        "age",
        &[TimestampTz],
        interval,
        Box::new(|call| {
            let zone = call.zone()?;
            let mut lookup = zone.lookup();
            let today = zoned_arithmetic::truncate(&mut lookup, DatePart::Day, current_time::now())?;
            call.unary(|start: i64| zoned_arithmetic::age(&mut lookup, today, start).map(Some))
        }),
    )?;
    for name in ["date_trunc", "datetrunc"] {
        add(
            connection,
            name,
            &[Varchar, TimestampTz],
            TimestampTz,
            Box::new(|call| {
                binary(call, |zone, part: &Text, instant: &i64| {
                    let part = DatePart::named(part.bytes())?;
                    if is_finite(*instant) {
                        zoned_arithmetic::truncate(zone, part, *instant)
                    } else {
                        part.has_length().map(|()| *instant)
                    }
                })
            }),
        )?;
    }
    for (names, count) in [
        (["date_sub", "datesub"], zoned_arithmetic::count as Counter),
        (["date_diff", "datediff"], zoned_arithmetic::boundaries),
    ] {
        for name in names {
            add(
                connection,
                name,
                &[Varchar, TimestampTz, TimestampTz],
                Bigint,
                Box::new(move |call| {
                    let zone = call.zone()?;
                    let mut lookup = zone.lookup();
                    call.ternary(|part: &Text, start: &i64, end: &i64| {
                        let part = DatePart::named(part.bytes())?;
                        part.has_length()?;
                        if !is_finite(*start) || !is_finite(*end) {
                            return Ok(None);
                        }
                        count(&mut lookup, part, *start, *end).map(Some)
                    })
                }),
            )?;
        }
    }
    for (name, inclusive) in [("generate_series", true), ("range", false)] {
        add(
            connection,
            name,
            &[TimestampTz, TimestampTz, interval],
            Type::TimestampTzList,
            Box::new(move |call| series(call, inclusive)),
        )?;
    }
    Ok(())
}

type Counter = fn(&mut Lookup<'_>, DatePart, i64, i64) -> Result<i64, String>;

/// A function of two arguments in the session's zone.
fn binary<A: Physical, B: Physical, R: Physical>(
    call: &mut Call<'_>,
    each: impl Fn(&mut Lookup<'_>, &A, &B) -> Result<R, String>,
) -> Result<(), String> {
    let zone = call.zone()?;
    let mut lookup = zone.lookup();
    call.binary(|a: &A, b: &B| each(&mut lookup, a, b).map(Some))
}

/// A list of instants from the first to the last, a step apart.
fn series(call: &mut Call<'_>, inclusive: bool) -> Result<(), String> {
    let zone = call.zone()?;
    let (starts, ends) = (call.input::<i64>(0), call.input::<i64>(1));
    let increments = call.input::<Interval>(2);
    let mut all: Vec<i64> = Vec::new();
    let mut entries = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        let offset = all.len();
        match (starts.get(row), ends.get(row), increments.get(row)) {
            (Some(start), Some(end), Some(increment)) => {
                extend(&zone, *start, *end, increment, inclusive, &mut all)?;
            }
            _ => call.set_null(row),
        }
        entries.push((offset, all.len() - offset));
    }
    // SAFETY: the result is a LIST of TIMESTAMPTZ with an entry for each row; the child has room for
    // `all` once reserved, and its pointer is read after that.
    unsafe {
        let size = all.len() as ffi::idx_t;
        ffi::duckdb_list_vector_reserve(call.output, size);
        ffi::duckdb_list_vector_set_size(call.output, size);
        let child = ffi::duckdb_list_vector_get_child(call.output);
        output_slice::<i64>(child, all.len()).copy_from_slice(&all);
        let lists = ffi::duckdb_vector_get_data(call.output).cast::<ffi::duckdb_list_entry>();
        for (row, (offset, length)) in entries.into_iter().enumerate() {
            *lists.add(row) = ffi::duckdb_list_entry { offset: offset as u64, length: length as u64 };
        }
    }
    Ok(())
}

fn extend(
    zone: &Zone,
    start: i64,
    end: i64,
    step: &Interval,
    inclusive: bool,
    out: &mut Vec<i64>,
) -> Result<(), String> {
    /// A list that DuckDB could hold, and a mistake in all likelihood.
    const LONGEST: usize = u32::MAX as usize;
    let forwards = step.months > 0 || step.days > 0 || step.micros > 0;
    let backwards = step.months < 0 || step.days < 0 || step.micros < 0;
    if !forwards && !backwards {
        return Ok(());
    }
    if !is_finite(start) || !is_finite(end) {
        return Err("Interval infinite bounds not supported".to_string());
    }
    if forwards && backwards {
        return Err("Interval with mix of negative/positive entries not supported".to_string());
    }
    let before_end = |time: i64| match (forwards, inclusive) {
        (true, true) => time <= end,
        (true, false) => time < end,
        (false, true) => time >= end,
        (false, false) => time > end,
    };
    let mut lookup = zone.lookup();
    let (first, mut time) = (out.len(), start);
    while before_end(time) {
        out.push(time);
        if out.len() - first > LONGEST {
            return Err("Lists larger than 2^32 elements are not supported".to_string());
        }
        time = zoned_arithmetic::add(&mut lookup, time, step)?;
    }
    Ok(())
}

//! Reads files into a profile: small ones several at a time, big ones in parts.

use super::file_sink::{FileFacts, FileSink, NOT_UTF8};
use super::part_profiles::PartProfiles;
use super::profile::Profile;
use super::tail::{Asked, Tail, Wish};
use ingot_bronze::inspect::{Crew, ReadError, read_rows, read_rows_in_parts};
use ingot_contract::{RawFile, RawForm};
use ingot_core::error::{Error, Result};
use rayon::prelude::*;
use std::collections::HashMap;

/// Files up to this size are read several at a time, bigger ones one after the other, in parts. In bytes.
const SMALL: u64 = 4 << 20;
/// Small files that are read before what they show is put together.
const AT_A_TIME: usize = 16;

/// How files are read.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) form: &'a RawForm,
    /// The names of the columns, where the header cannot name them.
    pub(crate) own_names: Option<&'a [String]>,
    /// Only the first rows of each file.
    pub(crate) most: Option<u64>,
    /// Who may help.
    pub(crate) crew: &'a Crew,
}

/// Reads files one behind the other into a profile. Gives for each what asks for another form.
///
/// # Errors
/// Each has its own, if it cannot be read.
pub(crate) fn read_files(
    rows: Rows<'_>,
    files: &[RawFile],
    profile: &mut Profile,
) -> Vec<Result<Option<Asked>>> {
    let mut wishes = Vec::with_capacity(files.len());
    let mut rest = files;
    while !rest.is_empty() {
        let small = rest.iter().take(AT_A_TIME).take_while(|file| is_small(file)).count();
        if small < 2 {
            wishes.push(read_file(rows, &rest[0], profile));
            rest = &rest[1..];
            continue;
        }
        let (some, behind) = rest.split_at(small);
        rest = behind;
        let moments = profile.moments();
        let read: Vec<Result<(Profile, Option<Asked>)>> =
            some.par_iter().map(|file| read_alone(rows, file, moments.clone())).collect();
        for (read, file) in read.into_iter().zip(some) {
            wishes.push(read.and_then(|(part, wish)| {
                profile.absorb(part, 0).map_err(|failure| failed(failure.into(), file))?;
                Ok(wish)
            }));
        }
    }
    wishes
}

fn is_small(file: &RawFile) -> bool {
    file.path.metadata().is_ok_and(|found| found.len() <= SMALL)
}

/// Reads a file into a profile of its own, which is then put together with others.
fn read_alone(
    rows: Rows<'_>,
    file: &RawFile,
    moments: HashMap<String, Vec<usize>>,
) -> Result<(Profile, Option<Asked>)> {
    let mut profile = Profile::of_part(moments);
    let _at_work = rows.crew.begin();
    let mut sink = FileSink::new(facts(rows, file), &mut profile);
    let read = read_rows(rows.form, file, &mut sink);
    let tail = end_of(sink);
    let wish = wish(read, tail, rows.form, file)?;
    Ok((profile, wish))
}

/// Reads a file into a profile. Gives what asks for another form.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read_file(rows: Rows<'_>, file: &RawFile, profile: &mut Profile) -> Result<Option<Asked>> {
    let facts = facts(rows, file);
    let parts = PartProfiles::new(facts, profile);
    let _at_work = rows.crew.begin();
    let mut sink = FileSink::new(facts, profile);
    let read = match rows.most {
        Some(_) => read_rows(rows.form, file, &mut sink),
        None => read_rows_in_parts(rows.form, file, &mut sink, &parts, rows.crew),
    };
    let tail = end_of(sink);
    wish(read, tail, rows.form, file)
}

/// What the end of the file looks like; `None` if it was not read to its end.
fn end_of(sink: FileSink<'_>) -> Option<Tail> {
    (!sink.has_enough()).then_some(sink.tail)
}

fn facts<'a>(rows: Rows<'a>, file: &'a RawFile) -> FileFacts<'a> {
    FileFacts {
        format: rows.form.format,
        own_names: rows.own_names,
        file: &file.relative,
        most_rows: rows.most,
    }
}

fn wish(
    read: std::result::Result<(), ReadError>,
    tail: Option<Tail>,
    form: &RawForm,
    file: &RawFile,
) -> Result<Option<Asked>> {
    match read {
        Ok(()) => Ok(tail.and_then(|tail| tail.asked(form))),
        Err(ReadError::File(failure)) if failure.code == NOT_UTF8 => Ok(Some(Asked {
            wish: Wish::AnotherEncoding,
            rows: Vec::new(),
            are_rows: false,
            is_apart: false,
        })),
        Err(ReadError::File(failure)) if failure.code == "EMPTY_FILE" => Ok(None),
        Err(error) => Err(failed(error, file)),
    }
}

fn failed(error: ReadError, file: &RawFile) -> Error {
    Error::from(error).at(&file.path)
}

//! A group of files read from beginning to end, in the form that fits them all. What cannot have one form becomes several
//! feeds.

use crate::discover::Source;
use crate::evidence::ColumnEvidence;
use crate::grouping::{Group, literal};
use crate::look::{Look, encoding_of, look_at_csv, look_at_json, look_at_sheet, plain_form};
use crate::reading::{Profile, Rows, Wish, read_file, read_files};
use ingot_bronze::inspect::{Crew, column_type, decoded, first_bytes};
use ingot_contract::{Encoding, Format, RawFile, RawForm, WideCsvForm};
use ingot_core::error::{Error, Result};
use ingot_lake::DeltaTable;
use std::path::PathBuf;

/// Bytes of a file's beginning that decide its form.
const HEAD: usize = 1 << 20;
/// How often the files of a feed are read again in another form.
const MOST_ATTEMPTS: usize = 6;

/// A feed and all evidence of its columns.
pub(crate) struct Profiled {
    pub(crate) group: Group,
    pub(crate) look: Look,
    pub(crate) profile: Profile,
}

/// What became of a group: feeds, and files that cannot be read.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) feeds: Vec<Profiled>,
    pub(crate) failed: Vec<(PathBuf, String)>,
}

/// Reads the files of a group.
pub(crate) fn profile(group: Group, most_rows: Option<u64>, crew: &Crew) -> Outcome {
    let mut outcome = Outcome::default();
    let mut kinds: Vec<(Look, Vec<Source>)> = Vec::new();
    for source in &group.sources {
        match look_at(source) {
            Ok(Some(look)) => match kinds.iter_mut().find(|(known, _)| is_same_kind(known, &look)) {
                Some((_, sources)) => sources.push(source.clone()),
                None => kinds.push((look, vec![source.clone()])),
            },
            Ok(None) => outcome.failed.push((source.path.clone(), "it has no rows".to_owned())),
            Err(error) => outcome.failed.push((source.path.clone(), error.message().to_owned())),
        }
    }
    for (look, part) in split(&group, kinds) {
        read(part, look, most_rows, crew, &mut outcome);
    }
    outcome
}

/// Whether one contract can describe both.
fn is_same_kind(one: &Look, other: &Look) -> bool {
    let known = one.header.iter().filter(|name| other.header.contains(name)).count();
    let has_names = !one.header.is_empty() && !other.header.is_empty();
    let form = |look: &Look| RawForm { path: String::new(), ..look.form.clone() };
    form(one) == form(other)
        && one.own_names.as_ref().map(Vec::len) == other.own_names.as_ref().map(Vec::len)
        && (!has_names || known * 2 > one.header.len().min(other.header.len()))
}

/// One group for each kind of file, each with a path that is only its own.
fn split<T>(group: &Group, kinds: Vec<(T, Vec<Source>)>) -> Vec<(T, Group)>
where
    T: Clone,
{
    if kinds.len() < 2 {
        return kinds.into_iter().map(|(kind, _)| (kind, group.clone())).collect();
    }
    let mut parts = Vec::new();
    let all: Vec<Vec<Source>> = kinds.iter().map(|(_, sources)| sources.clone()).collect();
    for (index, (kind, sources)) in kinds.into_iter().enumerate() {
        let others =
            all.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, sources)| sources);
        let name =
            |number: usize| if number == 1 { group.name.clone() } else { format!("{}_{number}", group.name) };
        match narrowed(&sources) {
            Some(path) if others.into_iter().all(|other| !fits(&path, &literal(other))) => {
                let name = name(parts.len() + 1);
                parts.push((kind, Group { name, path, sources }));
            }
            _ => {
                for source in sources {
                    let name = name(parts.len() + 1);
                    parts.push((kind.clone(), Group { name, path: literal(&source), sources: vec![source] }));
                }
            }
        }
    }
    parts
}

/// What the paths have in common, with one wildcard in the name; `None` if they are in different folders.
fn narrowed(sources: &[Source]) -> Option<String> {
    let paths: Vec<String> = sources.iter().map(literal).collect();
    let (first, rest) = paths.split_first()?;
    if rest.is_empty() {
        return Some(first.clone());
    }
    let (folder, name) = first.rsplit_once('/').map_or(("", first.as_str()), |(folder, name)| (folder, name));
    let mut begins = name.to_owned();
    let mut ends = name.to_owned();
    for path in rest {
        let (other, name) =
            path.rsplit_once('/').map_or(("", path.as_str()), |(folder, name)| (folder, name));
        if other != folder {
            return None;
        }
        while !name.starts_with(&begins) {
            begins.pop();
        }
        while !name.ends_with(&ends) {
            ends.remove(0);
        }
    }
    let name = format!("{begins}*{ends}");
    Some(if folder.is_empty() { name } else { format!("{folder}/{name}") })
}

fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        Some((begins, ends)) => {
            path.len() >= begins.len() + ends.len() && path.starts_with(begins) && path.ends_with(ends)
        }
        None => pattern == path,
    }
}

fn look_at(source: &Source) -> Result<Option<Look>> {
    let file = raw_file(source);
    match source.format {
        Format::Xlsx => {
            let sheet = source.sheet.as_ref().map(|(sheet, _)| sheet.as_str()).unwrap_or_default();
            look_at_sheet(&file, sheet)
        }
        Format::Parquet | Format::Delta => Ok(Some(Look {
            form: plain_form(source.format),
            own_names: None,
            header: Vec::new(),
            reasons: Vec::new(),
        })),
        Format::Csv | Format::Json | Format::Jsonl => {
            let bytes = first_bytes(&source.path, HEAD)?;
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(None);
            }
            look_at_text(&bytes, source.format).map(Some)
        }
    }
}

fn look_at_text(bytes: &[u8], format: Format) -> Result<Look> {
    let is_whole = bytes.len() < HEAD;
    let (encoding, why) = encoding_of(bytes, is_whole);
    let whole = if matches!(encoding, Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be) {
        &bytes[..bytes.len() - bytes.len() % 2]
    } else {
        bytes
    };
    let text = decoded(whole, encoding).map_err(Error::new)?;
    let mut look = if format == Format::Csv {
        look_at_csv(&text, is_whole, encoding, None)
    } else {
        look_at_json(&text, is_whole, encoding)
    };
    look.reasons.splice(0..0, why);
    Ok(look)
}

pub(crate) fn raw_file(source: &Source) -> RawFile {
    RawFile { relative: source.relative.clone(), path: source.path.clone(), path_values: Default::default() }
}

/// Reads the files, again in another form if they ask for one, and adds the feed.
fn read(group: Group, mut look: Look, most_rows: Option<u64>, crew: &Crew, outcome: &mut Outcome) {
    if look.form.format == Format::Delta {
        match of_delta(&group) {
            Ok(profile) => outcome.feeds.push(Profiled { group, look, profile }),
            Err(error) => outcome.failed.push((group.sources[0].path.clone(), error.message().to_owned())),
        }
        return;
    }
    let mut has_tried_quotes = false;
    for _ in 0..MOST_ATTEMPTS {
        let mut profile = Profile::default();
        let mut wishes = Vec::new();
        let mut unreadable = Vec::new();
        let rows = Rows { form: &look.form, own_names: look.own_names.as_deref(), most: most_rows, crew };
        let files: Vec<RawFile> = group.sources.iter().map(raw_file).collect();
        for (read, source) in read_files(rows, &files, &mut profile).into_iter().zip(&group.sources) {
            match read {
                Ok(wish) => wishes.push((wish, source.clone())),
                Err(error) => unreadable.push((source.path.clone(), error.message().to_owned())),
            }
        }
        if wishes.iter().any(|(wish, _)| *wish == Some(Wish::AnotherEncoding))
            && look.form.encoding == Encoding::Utf8
        {
            look.form.encoding = Encoding::Windows1252;
            look.reasons.push(
                "It is not UTF-8, so it is read as windows-1252, in which every byte is a character."
                    .to_owned(),
            );
            continue;
        }
        if !has_tried_quotes
            && let Some((_, source)) = wishes.iter().find(|(wish, _)| *wish == Some(Wish::Damaged))
        {
            has_tried_quotes = true;
            if let Some((form, why)) = better_dialect(&look, source, profile.bad_rows, crew) {
                look.form = form;
                look.reasons.push(why);
                continue;
            }
        }
        let asks = |wish: &Option<Wish>| matches!(wish, Some(Wish::Footer(_) | Wish::EndsAtEmptyLine(_)));
        if wishes.iter().any(|(wish, _)| asks(wish)) {
            let kinds = by_wish(wishes, &look);
            if kinds.len() == 1 {
                look = kinds.into_iter().map(|(look, _)| look).next().unwrap_or(look);
                continue;
            }
            for (look, part) in split(&group, kinds) {
                read(part, look, most_rows, crew, outcome);
            }
            return;
        }
        outcome.failed.extend(unreadable);
        if profile.rows > 0 || !profile.columns.is_empty() {
            outcome.feeds.push(Profiled { group, look, profile });
        }
        return;
    }
    for source in &group.sources {
        let why = "no form of the file was found in which its rows are a table".to_owned();
        outcome.failed.push((source.path.clone(), why));
    }
}

/// The files by the end of their tables.
fn by_wish(wishes: Vec<(Option<Wish>, Source)>, look: &Look) -> Vec<(Look, Vec<Source>)> {
    let mut kinds: Vec<(Look, Vec<Source>)> = Vec::new();
    for (wish, source) in wishes {
        let mut look = look.clone();
        match wish {
            Some(Wish::Footer(rows)) => {
                look.form.place.footer_rows = rows;
                look.reasons.push(match rows {
                    1 => "The last row is not part of the table.".to_owned(),
                    rows => format!("The last {rows} rows are not part of the table."),
                });
            }
            Some(Wish::EndsAtEmptyLine(line)) => {
                look.form.place.until_empty_row = true;
                look.reasons.push(format!(
                    "The table ends at an empty line; what begins on line {line} is not part of it. If it is another table, \
                     describe it in a contract of its own."
                ));
            }
            _ => {}
        }
        match kinds.iter_mut().find(|(known, _)| known.form == look.form) {
            Some((_, sources)) => sources.push(source),
            None => kinds.push((look, vec![source])),
        }
    }
    kinds
}

/// The quotes and escapes in which fewer rows of the file are damaged.
fn better_dialect(look: &Look, source: &Source, damaged: u64, crew: &Crew) -> Option<(RawForm, String)> {
    let mut forms = Vec::new();
    for (quote, escape) in [(Some(b'"'), Some(b'\\')), (None, None), (Some(b'\''), None)] {
        let mut form = look.form.clone();
        (form.csv.quote, form.csv.escape) = (quote, escape);
        forms.push(form);
    }
    let mut escaped = look.form.clone();
    escaped.wide_csv = Some(WideCsvForm {
        delimiter: char::from(escaped.csv.delimiter).to_string(),
        quote: None,
        escape: Some("\\".to_owned()),
        escapes_everywhere: true,
    });
    forms.push(escaped);
    let bytes = first_bytes(&source.path, HEAD).ok()?;
    if bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"#")) {
        let mut commented = look.form.clone();
        commented.place.comment = Some("#".to_owned());
        forms.push(commented);
    }
    let mut best: Option<(u64, RawForm)> = None;
    for form in forms.into_iter().filter(|form| *form != look.form) {
        let mut profile = Profile::default();
        let rows = Rows { form: &form, own_names: look.own_names.as_deref(), most: None, crew };
        if read_file(rows, &raw_file(source), &mut profile).is_ok()
            && profile.rows > 0
            && profile.bad_rows < best.as_ref().map_or(damaged, |(fewest, _)| *fewest)
        {
            best = Some((profile.bad_rows, form));
        }
    }
    let (fewest, form) = best?;
    let why = match (&form.place.comment, &form.wide_csv, form.csv.quote) {
        (Some(_), ..) if look.form.place.comment.is_none() => "Lines that begin with # are comments.",
        (_, Some(_), _) => "A backslash takes the meaning from the next character, also outside quotes.",
        (_, _, None) => "Quotes have no meaning.",
        _ => "Quotes are escaped in another way.",
    };
    Some((form, format!("{why} Otherwise {damaged} rows would be damaged; so it is {fewest}.")))
}

fn of_delta(group: &Group) -> Result<Profile> {
    let table = DeltaTable::open(&group.sources[0].path)?;
    let mut profile = Profile::default();
    for field in table.schema()?.fields() {
        let mut column = ColumnEvidence::named(field.name());
        column.stated = Some(column_type(field.data_type()));
        profile.columns.push(column);
    }
    Ok(profile)
}

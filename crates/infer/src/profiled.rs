//! A group of files read from beginning to end, in the form that fits them all. What cannot have one form becomes several
//! feeds.

use crate::discover::Source;
use crate::evidence::ColumnEvidence;
use crate::footer::{Ends, shown};
use crate::grouping::Group;
use crate::look::{
    GUESSED, Look, encoding_of, is_binary, keeps_quotes, look_at_csv, look_at_json, look_at_sheet,
};
use crate::paths::{AllFiles, exact, literal, narrowed};
use crate::reading::{Asked, Profile, Rows, Wish, read_file, read_files};
use crate::words::counted;
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
pub(crate) fn profile(group: Group, most_rows: Option<u64>, crew: &Crew, all: &AllFiles) -> Outcome {
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
    for (look, part) in split(&group, kinds, all) {
        read(part, look, most_rows, crew, all, &mut outcome);
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
fn split<T>(group: &Group, kinds: Vec<(T, Vec<Source>)>, all: &AllFiles) -> Vec<(T, Group)>
where
    T: Clone,
{
    if kinds.len() < 2 {
        return kinds.into_iter().map(|(kind, _)| (kind, group.clone())).collect();
    }
    let mut parts = Vec::new();
    for (kind, sources) in kinds {
        let name =
            |number: usize| if number == 1 { group.name.clone() } else { format!("{}_{number}", group.name) };
        match all.first_of(narrowed(&sources), &sources) {
            Some(path) => {
                let name = name(parts.len() + 1);
                parts.push((kind, Group { name, path, sources }));
            }
            None => {
                for source in sources {
                    let name = name(parts.len() + 1);
                    let sources = vec![source];
                    let path =
                        all.first_of([literal(&sources[0])], &sources).unwrap_or_else(|| exact(&sources[0]));
                    parts.push((kind.clone(), Group { name, path, sources }));
                }
            }
        }
    }
    parts
}

fn look_at(source: &Source) -> Result<Option<Look>> {
    let file = raw_file(source);
    match source.format {
        Format::Xlsx => {
            let sheet = source.sheet.as_ref().map(|(sheet, _)| sheet.as_str()).unwrap_or_default();
            look_at_sheet(&file, sheet)
        }
        Format::Parquet | Format::Delta => Ok(Some(Look::plain(source.format))),
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
    if encoding == Encoding::Windows1252 && is_binary(bytes) {
        return Err(Error::new("it is not text"));
    }
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
    if encoding == Encoding::Windows1252 {
        look.notes.splice(0..0, why.clone());
    }
    look.reasons.splice(0..0, why);
    Ok(look)
}

pub(crate) fn raw_file(source: &Source) -> RawFile {
    RawFile { relative: source.relative.clone(), path: source.path.clone(), path_values: Default::default() }
}

/// Reads the files, again in another form if they ask for one, and adds the feed.
fn read(
    group: Group,
    mut look: Look,
    most_rows: Option<u64>,
    crew: &Crew,
    all: &AllFiles,
    outcome: &mut Outcome,
) {
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
        let mut asked = Vec::new();
        let mut unreadable = Vec::new();
        let rows = Rows { form: &look.form, own_names: look.own_names.as_deref(), most: most_rows, crew };
        let files: Vec<RawFile> = group.sources.iter().map(raw_file).collect();
        for (read, source) in read_files(rows, &files, &mut profile).into_iter().zip(&group.sources) {
            match read {
                Ok(wish) => asked.push((wish, source.clone())),
                Err(error) => unreadable.push((source.path.clone(), error.message().to_owned())),
            }
        }
        let asks_for = |asked: &[(Option<Asked>, Source)], wish: &Wish| {
            asked.iter().position(|(asked, _)| asked.as_ref().is_some_and(|asked| asked.wish == *wish))
        };
        if asks_for(&asked, &Wish::AnotherEncoding).is_some() && look.form.encoding == Encoding::Utf8 {
            look.form.encoding = Encoding::Windows1252;
            look.note(GUESSED.to_owned());
            continue;
        }
        let doubtful = judge(&look, &profile, &mut asked);
        if !has_tried_quotes && let Some(at) = asks_for(&asked, &Wish::Damaged) {
            has_tried_quotes = true;
            let source = &asked[at].1;
            let damaged = profile.bad_rows_of(&source.relative);
            if let Some((form, why)) = better_dialect(&look, source, damaged, crew) {
                look.form = form;
                look.note(why);
                continue;
            }
        }
        let ends = |asked: &Option<Asked>| {
            asked
                .as_ref()
                .is_some_and(|asked| matches!(asked.wish, Wish::Footer(_) | Wish::EndsAtEmptyLine(_)))
        };
        if asked.iter().any(|(asked, _)| ends(asked)) {
            let kinds = by_end(asked, &look);
            if kinds.len() == 1 {
                look = kinds.into_iter().map(|(look, _)| look).next().unwrap_or(look);
                continue;
            }
            for (look, part) in split(&group, kinds, all) {
                read(part, look, most_rows, crew, all, outcome);
            }
            return;
        }
        let is_unreadable = unreadable.len() == group.sources.len();
        outcome.failed.extend(unreadable);
        look.notes.extend(doubtful);
        if is_unreadable {
            return;
        }
        if profile.rows > 0 || !profile.columns.is_empty() {
            outcome.feeds.push(Profiled { group, look, profile });
        } else if let Some((file, line, code)) = profile.bad.first() {
            let why = format!("every row of it is damaged, such as {file}:{line} {code}");
            outcome.failed.extend(group.sources.into_iter().map(|source| (source.path, why.clone())));
        }
        return;
    }
    for source in &group.sources {
        let why = "no form of the file was found in which its rows are a table".to_owned();
        outcome.failed.push((source.path.clone(), why));
    }
}

/// Takes back what the ends of files ask for without good reason: damaged rows are rejected, and others are rows. Gives a
/// sentence about those that are doubtful.
fn judge(look: &Look, profile: &Profile, asked: &mut [(Option<Asked>, Source)]) -> Option<String> {
    let of_end = |asked: &Asked| matches!(asked.wish, Wish::Footer(_) | Wish::EndsAtEmptyLine(_));
    let ends = Ends {
        form: &look.form,
        profile,
        asked: asked
            .iter()
            .filter_map(|(asked, source)| {
                Some((source.relative.as_str(), asked.as_ref().filter(|one| of_end(one))?))
            })
            .collect(),
    };
    let doubtful = ends.doubtful();
    let judged: Vec<bool> = asked
        .iter()
        .map(|(asked, source)| {
            asked.as_ref().is_none_or(|asked| !of_end(asked) || ends.is_footer(&source.relative, asked))
        })
        .collect();
    for ((asked, _), is_right) in asked.iter_mut().zip(judged) {
        if is_right {
            continue;
        }
        *asked =
            asked.take().filter(|asked| !asked.are_rows).map(|asked| Asked { wish: Wish::Damaged, ..asked });
    }
    doubtful
}

/// Files, and what each asks for.
type Files = Vec<(Option<Asked>, Source)>;

/// The files by the end of their tables.
fn by_end(asked: Files, look: &Look) -> Vec<(Look, Vec<Source>)> {
    let mut kinds: Vec<(RawForm, Files)> = Vec::new();
    for (asked, source) in asked {
        let mut form = look.form.clone();
        match asked.as_ref().map(|asked| &asked.wish) {
            Some(Wish::Footer(rows)) => form.place.footer_rows = *rows,
            Some(Wish::EndsAtEmptyLine(_)) => form.place.until_empty_row = true,
            _ => {}
        }
        match kinds.iter_mut().find(|(known, _)| *known == form) {
            Some((_, files)) => files.push((asked, source)),
            None => kinds.push((form, vec![(asked, source)])),
        }
    }
    kinds
        .into_iter()
        .map(|(form, files)| {
            let mut look = look.clone();
            let ends: Vec<(&str, &Asked)> = files
                .iter()
                .filter_map(|(asked, source)| Some((source.relative.as_str(), asked.as_ref()?)))
                .filter(|(_, asked)| !asked.rows.is_empty())
                .collect();
            if form.place.footer_rows > 0 {
                look.note(match form.place.footer_rows {
                    1 => format!("The last row of each file is not part of the table, and is skipped: {}.", shown(&ends)),
                    rows => format!(
                        "The last {rows} rows of each file are not part of the table, and are skipped: {}.",
                        shown(&ends)
                    ),
                });
            }
            if form.place.until_empty_row
                && let Some(Wish::EndsAtEmptyLine(line)) = ends.first().map(|(_, asked)| &asked.wish)
            {
                look.note(format!(
                    "The table ends at an empty line; what begins on line {line} is not part of it, and is skipped: {}. If it is \
                     another table, describe it in a contract of its own.",
                    shown(&ends)
                ));
            }
            look.form = form;
            (look, files.into_iter().map(|(_, source)| source).collect())
        })
        .collect()
}

/// The quotes and escapes in which fewer rows of the file are damaged.
fn better_dialect(look: &Look, source: &Source, damaged: u64, crew: &Crew) -> Option<(RawForm, String)> {
    let bytes = first_bytes(&source.path, HEAD).ok()?;
    let keeps_quotes = decoded(&bytes, look.form.encoding).is_ok_and(|text| keeps_quotes(&text, &look.form));
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
    // Where most quotes are in order, quotes are quotes, and a row in which they are not is damaged.
    forms.retain(|form| !keeps_quotes || form.wide_csv.is_none() && form.csv.quote == look.form.csv.quote);
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
    let damaged = counted(damaged, "row");
    Some((form, format!("{why} Otherwise {damaged} would be damaged; so it is {fewest}.")))
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

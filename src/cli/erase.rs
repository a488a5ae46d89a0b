//! `ingot erase`.

use super::check::checked;
use super::effect::Effect;
use super::exit::Exit;
use super::global::{Format, Global};
use super::run_models::Connection;
use ingot_catalog::SourceTypes;
use ingot_core::error::{Context as _, Error, Kind, Result};
use ingot_core::project::Project;
use ingot_core::report::{Event, Table, bytes, counted, thousands, verb};
use ingot_govern::{
    EraseOptions, ErasedPlaces, ErasedProject, Erasure, SearchOptions, complete_promotion, environments,
    erase, refresh_links, search,
};
use ingot_models::{RunOptions, TypedProject, Verb, places as models_places};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Erase people from everything that the project holds
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: ingot erase --contract customers --key customer_id=4711 --reason \"request 2026-118\"\n\n\
                  Rows of the people are deleted, or stay without them, as contracts say: in raw files, rejects, bronze, the \
                  warehouse, copies in the lake with all of their versions, published files, logs and pages. A list of hashes \
                  keeps them out when an old file is delivered again. What was done is in the audit trail, without a value of \
                  theirs. An erasure that was killed is completed by the next one; without --key, only that is done.\n\n\
                  --verify searches every byte of every file for the lines of standard input, and changes nothing.\n\n\
                  Exit codes: 0 erased, or nothing found by --verify; 1 something was found; 2 it could not run."
)]
pub(super) struct Arguments {
    /// Contract whose key names the people
    #[arg(long, value_name = "CONTRACT")]
    contract: Option<String>,
    /// Key of a person, as COLUMN=VALUE; may be given several times
    #[arg(long, value_name = "COLUMN=VALUE", requires = "contract")]
    key: Vec<String>,
    /// File with the key of a person on each line, of the column that --column names; - is standard input
    #[arg(long, value_name = "FILE", requires_all = ["contract", "column"], conflicts_with = "key")]
    keys_from: Option<PathBuf>,
    /// Column of the keys in --keys-from
    #[arg(long, value_name = "COLUMN", requires = "keys_from")]
    column: Option<String>,
    /// Why, for the audit trail; name no person in it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// List what would be erased, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Search all files for the texts on standard input, one on each line
    #[arg(long, conflicts_with_all = ["contract", "key", "keys_from", "dry_run", "reason"])]
    verify: bool,
    /// Print text, or one JSON document
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Folder of the raw files [default: data_raw in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    raw: Option<PathBuf>,
    /// Folder of the lake [default: lake in the project]
    #[arg(long, value_name = "DIR", value_parser = super::buckets::folder)]
    lake: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

impl Arguments {
    pub(super) fn effect(&self) -> Effect {
        Effect::changes_lake("erase", self.lake.clone()).unless(self.dry_run || self.verify)
    }
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<Exit> {
    let absolute = super::run_models::absolute;
    let (lake, raw) = (absolute(arguments.lake.as_deref())?, absolute(arguments.raw.as_deref())?);
    let project = global.project()?;
    let lake = lake.unwrap_or_else(|| project.lake());
    let raw = raw.unwrap_or_else(|| project.data_raw());
    let is_whole = arguments.lake.is_none() && arguments.raw.is_none();
    if arguments.verify {
        let whole = if is_whole { project.main() } else { project };
        let texts = lines_of(Path::new("-"))?;
        let options = SearchOptions { root: whole.root().to_path_buf(), lake, raw, texts };
        return verify(arguments, global, &options);
    }
    let (column, keys) = arguments.keys()?;
    let reporter = global.reporter_for(arguments.format);
    let mut parts = Vec::new();
    for (environment, part) in parts_of(&project, is_whole)? {
        let connection = arguments.connection.within(environment.as_deref(), &project);
        let places = ErasedPlaces {
            environment,
            root: part.root().to_path_buf(),
            raw: if is_whole { part.data_raw() } else { raw.clone() },
            lake: if is_whole { part.lake() } else { lake.clone() },
            warehouse: None,
        };
        parts.push(typed(&part, places, &connection)?);
    }
    let projects: Vec<ErasedProject> = parts
        .iter()
        .map(|(places, found, sources)| ErasedProject { places: places.clone(), project: found, sources })
        .collect();
    let options = EraseOptions {
        contract: arguments.contract.clone().unwrap_or_default(),
        column,
        keys,
        reason: arguments.reason.clone(),
        dry_run: arguments.dry_run,
        journal: if is_whole { project.main().lake() } else { lake },
    };
    let done = erase(&options, &projects, reporter.as_ref())?;
    if done.is_empty() {
        return Err(Error::new("no erasure is unfinished").hint("name people with --contract and --key"));
    }
    let nobody = done.iter().all(|one| one.places.is_empty() && one.left.is_empty());
    if arguments.dry_run && nobody {
        return Err(of_nobody(&options));
    }
    if !arguments.dry_run {
        let certificates: Result<Vec<serde_json::Value>> = done.iter().map(json).collect();
        let certificates = certificates?;
        global.note(|audit| audit.detail("erasures", certificates));
    }
    match arguments.format {
        Format::Json => {
            let all: Result<Vec<serde_json::Value>> = done.iter().map(json).collect();
            reporter.report(Event::Result { line: format!("{:#}", serde_json::Value::Array(all?)) });
        }
        Format::Text => done.iter().for_each(|one| show(one, arguments.dry_run, reporter.as_ref())),
    }
    if nobody && !options.keys.is_empty() {
        let text = of_nobody(&options).message().to_owned();
        reporter.warn(format!("{text}; later deliveries of it are kept out"));
    }
    Ok(Exit::Success)
}

/// What is said where the keys name nobody of whom anything is held.
fn of_nobody(options: &EraseOptions) -> Error {
    let (contract, column) = (&options.contract, &options.column);
    let what = match options.keys.as_slice() {
        [key] => format!("nobody in {contract} has {column} = {key}"),
        keys => format!("nobody in {contract} has one of the {} keys", thousands(keys.len() as u64)),
    };
    Error::new(what)
        .of_kind(Kind::NotFound { what: "person", name: column.clone() })
        .hint(format!("see which keys there are: `ingot query \"select {column} from bronze.{contract}\"`"))
}

/// The project and its environments that have data, with their names; without `is_whole` the one that is worked in alone.
fn parts_of(project: &Project, is_whole: bool) -> Result<Vec<(Option<String>, Project)>> {
    let name = project.environment_name().map(str::to_owned);
    if !is_whole {
        return Ok(vec![(name, project.clone())]);
    }
    let main = project.main();
    let mut parts = Vec::new();
    for environment in environments(&main)?.into_iter().filter(|one| one.has_data) {
        let Some(project) = main.environment(&environment.name) else { continue };
        // What a promotion has prepared would come back with it.
        refresh_links(&project)?;
        complete_promotion(&project)?;
        parts.push((Some(environment.name), project));
    }
    // A project that has data in its environments alone has no lake.
    if parts.is_empty() || main.lake().is_dir() {
        parts.insert(0, (None, main));
    }
    Ok(parts)
}

/// The models of a part, and its warehouse.
fn typed(
    project: &Project,
    places: ErasedPlaces,
    connection: &Connection,
) -> Result<(ErasedPlaces, TypedProject, SourceTypes)> {
    let (found, sources) = checked(project, connection)?;
    if found.nodes.is_empty() && project.root().join("dbt_project.yml").is_file() {
        let error = Error::new("the models of the project cannot be read, so it is not known what they hold")
            .at(project.root());
        return Err(error.hint("run `ingot check`, which says what is wrong"));
    }
    let mut run = RunOptions::new(Verb::Parse, project.root());
    connection.apply(&mut run)?;
    let warehouse = models_places(&run)?.warehouse.and_then(|file| std::path::absolute(file).ok());
    Ok((ErasedPlaces { warehouse, ..places }, found, sources))
}

impl Arguments {
    /// The column of the keys, and the keys.
    fn keys(&self) -> Result<(String, Vec<String>)> {
        if let (Some(file), Some(column)) = (&self.keys_from, &self.column) {
            let keys = lines_of(file)?;
            if keys.is_empty() {
                return Err(Error::new("there is no key").at(file).hint("write a key on each line"));
            }
            return Ok((column.clone(), keys));
        }
        let mut columns: Vec<&str> = Vec::new();
        let mut keys = Vec::new();
        for key in &self.key {
            let Some((column, value)) = key.split_once('=').filter(|(_, value)| !value.trim().is_empty())
            else {
                return Err(Error::new("a key must be COLUMN=VALUE").hint("write --key customer_id=4711"));
            };
            columns.push(column.trim());
            keys.push(value.trim().to_owned());
        }
        columns.dedup();
        match columns.as_slice() {
            [] if self.contract.is_none() => Ok((String::new(), Vec::new())),
            [] => Err(Error::new("no person is named")
                .hint("add --key COLUMN=VALUE, or --keys-from FILE --column COLUMN")),
            [column] => Ok(((*column).to_owned(), keys)),
            _ => Err(Error::new("all keys must be of one column").hint("run it once for each column")),
        }
    }
}

fn lines_of(file: &Path) -> Result<Vec<String>> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).or_cannot("read standard input")?;
    } else {
        text = std::fs::read_to_string(file).or_cannot_at("read the file", file)?;
    }
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn json(erasure: &Erasure) -> Result<serde_json::Value> {
    serde_json::to_value(erasure).or_cannot("describe the erasure")
}

/// Characters of a place that a table shows, so that it fits a terminal of 100 columns.
const PLACE: usize = 42;

fn show(erasure: &Erasure, dry_run: bool, reporter: &dyn ingot_core::report::Reporter) {
    let people = if erasure.people == 1 {
        "one person".to_owned()
    } else {
        format!("{} people", thousands(erasure.people as u64))
    };
    let rows = erasure.places.iter().map(|place| {
        vec![
            place.kind.clone(),
            short(&place.place),
            thousands(place.rows),
            thousands(place.files),
            place.action.clone(),
            match (place.before, place.after) {
                (Some(before), Some(after)) => format!("{before} to {after}"),
                _ => String::new(),
            },
        ]
    });
    let headers = ["kind", "place", "rows", "files", "action", "versions"];
    reporter.report(Event::Table(Table {
        title: match (&erasure.environment, dry_run) {
            (None, true) => format!("what {people} would lose"),
            (None, false) => format!("erased: {people}"),
            (Some(name), true) => format!("what {people} would lose in the environment {name}"),
            (Some(name), false) => format!("erased in the environment {name}: {people}"),
        },
        headers: headers.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }));
    for left in &erasure.left {
        reporter.warn(format!(
            "{} is left as it is ({}): {}",
            left.place,
            counted(left.rows, "row"),
            left.why
        ));
    }
    if !dry_run {
        reporter.info("run `ingot run-models`, so that models count what is there now".to_owned());
    }
}

/// The end of a long path tells it; `--format json` has all of it.
fn short(place: &str) -> String {
    let length = place.chars().count();
    if length <= PLACE {
        return place.to_owned();
    }
    let end: String = place.chars().skip(length + 1 - PLACE).collect();
    format!("…{end}")
}

fn verify(arguments: &Arguments, global: &Global, options: &SearchOptions) -> Result<Exit> {
    let reporter = global.reporter_for(arguments.format);
    let (files, read, found) = search(options)?;
    match arguments.format {
        Format::Json => {
            let list: Vec<serde_json::Value> = found
                .iter()
                .map(|file| serde_json::json!({"file": file.file, "texts": file.found.len(), "times": file.found.values().sum::<u64>()}))
                .collect();
            let line = serde_json::json!({"files": files, "bytes": read, "found": list});
            reporter.report(Event::Result { line: format!("{line:#}") });
        }
        Format::Text => {
            if !found.is_empty() {
                let rows = found.iter().map(|file| {
                    vec![
                        file.file.clone(),
                        file.found.len().to_string(),
                        thousands(file.found.values().sum()),
                    ]
                });
                reporter.report(Event::Table(Table {
                    title: "where texts were found".to_owned(),
                    headers: ["file", "texts", "times"].map(str::to_owned).to_vec(),
                    rows: rows.collect(),
                }));
            }
            let line = match found.len() {
                0 => format!("{}, {}: none of the texts was found", counted(files, "file"), bytes(read)),
                some => format!(
                    "{}, {}: {some} of them {} one of the texts",
                    counted(files, "file"),
                    bytes(read),
                    verb(some as u64, "has", "have")
                ),
            };
            reporter.report(Event::Result { line });
        }
    }
    Ok(Exit::failed_if(!found.is_empty()))
}

//! DuckDB behind the [`Engine`] trait: opens the warehouse file, gives sessions, explains failures.
//!
//! The instance itself is in memory and the file is attached to it, because only `ATTACH` can ask for
//! an older storage version, which the drivers people already have can read.

use super::time_zone::{self, SharedZone, Zone};
use super::{Cell, Engine, Rows, Session, name_literal, text_literal};
use connection::{Connection, Database};
use ingot_core::error::{Context, Error, Kind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod cells;
pub(crate) mod connection;
mod failure;
mod lock;
mod statements;

use failure::Failure;
pub use failure::SqlError;

/// Readable by DuckDB 1.2 and every later one.
pub const DEFAULT_STORAGE_VERSION: &str = "v1.2.0";

/// A further database to attach.
#[derive(Debug, Clone, Default)]
pub struct Attach {
    /// A path or an address, as `ATTACH` takes it.
    pub path: String,
    /// The catalog's name; the file's stem where it is `None`.
    pub alias: Option<String>,
    /// `sqlite`, `postgres`, …; DuckDB's own format where it is `None`.
    pub kind: Option<String>,
    pub read_only: bool,
}

/// How to open a database. Everything a dbt profile of type duckdb says has its place here.
#[derive(Debug, Clone)]
pub struct DuckDbOptions {
    /// The file, or `:memory:`.
    pub path: PathBuf,
    pub read_only: bool,
    /// The storage version of a file that is created; an existing file keeps its own.
    pub storage_version: String,
    /// Set once, when the instance is made (`config_options` of a profile).
    pub config_options: Vec<(String, String)>,
    /// `SET name = value` in every session (`settings` of a profile).
    pub settings: Vec<(String, String)>,
    pub attach: Vec<Attach>,
    /// DuckDB's own default (every core) where it is `None`.
    pub threads: Option<usize>,
    /// As DuckDB writes it: `4GB`, `80%`.
    pub memory_limit: Option<String>,
    /// Where DuckDB puts what does not fit into memory; beside the file where it is `None`.
    pub temp_directory: Option<PathBuf>,
    /// Extensions to install (where missing) and to load. Nothing is fetched that is not named here.
    pub extensions: Vec<String>,
}

impl DuckDbOptions {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            read_only: false,
            storage_version: DEFAULT_STORAGE_VERSION.to_string(),
            config_options: Vec::new(),
            settings: Vec::new(),
            attach: Vec::new(),
            threads: None,
            memory_limit: None,
            temp_directory: None,
            extensions: Vec::new(),
        }
    }

    fn in_memory(&self) -> bool {
        self.path.as_os_str() == ":memory:" || self.path.as_os_str().is_empty()
    }
}

/// An open database.
pub struct DuckDb {
    database: Arc<Database>,
    /// Keeps the instance's state (attached files) as it is while no session is open.
    _first: std::sync::Mutex<Connection>,
    name: String,
    preamble: Vec<String>,
    zone: SharedZone,
}

impl DuckDb {
    /// Opens the file (creating it and its folder where they are missing), loads extensions, attaches the rest.
    ///
    /// # Errors
    /// The file is held by another process (which one is said), is no database, is newer than this
    /// DuckDB, or its folder cannot be written; a setting or an extension is unknown.
    pub fn open(options: &DuckDbOptions) -> Result<Self> {
        let database = Database::in_memory(&instance_options(options)).doing_open(options)?;
        let mut first = database.connect()?;
        let zone = SharedZone::new(Zone::of_this_machine());
        time_zone::register(first.raw(), &zone)?;
        let name = match options.in_memory() {
            true => "memory".to_string(),
            false => attach_main(&mut first, options)?,
        };
        for extension in &options.extensions {
            load_extension(&mut first, extension)?;
        }
        for other in &options.attach {
            attach_other(&mut first, other)?;
        }
        let mut preamble = vec![format!("USE {}", name_literal(&name))];
        preamble.extend(
            options
                .settings
                .iter()
                .map(|(name, value)| format!("SET {} = {}", setting_name(name), text_literal(value))),
        );
        let duckdb = Self { database, _first: std::sync::Mutex::new(first), name, preamble, zone };
        // Wrong settings are told now, not by the first of many sessions.
        duckdb.session()?;
        Ok(duckdb)
    }

    /// The catalog's name, which dbt calls `database`: the file's stem, or `memory`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Engine for DuckDb {
    fn session(&self) -> Result<Box<dyn Session>> {
        let mut session = DuckDbSession { connection: self.database.connect()?, zone: self.zone.clone() };
        for statement in &self.preamble {
            session.execute(statement).map_err(|error| error.context(statement))?;
        }
        Ok(Box::new(session))
    }
}

struct DuckDbSession {
    connection: Connection,
    zone: SharedZone,
}

impl DuckDbSession {
    /// Tells the casts of the database when this session may have set its time zone.
    fn follow_time_zone(&mut self, sql: &str) -> Result<()> {
        const SETS: [&str; 2] = ["timezone", "time zone"];
        if !SETS.into_iter().any(|word| contains_ignoring_case(sql, word)) {
            return Ok(());
        }
        let Some(outcome) = self.connection.run("SELECT current_setting('TimeZone')")? else { return Ok(()) };
        let rows = cells::collect(outcome)?;
        let Some(name) = rows.first().and_then(Cell::as_str) else { return Ok(()) };
        if name == self.zone.get().name() {
            return Ok(());
        }
        match Zone::named(name) {
            Ok(zone) => {
                self.zone.set(zone);
                Ok(())
            }
            Err(problem) => {
                let known = text_literal(self.zone.get().name());
                self.connection.run(&format!("SET TimeZone = {known}"))?;
                Err(Error::new(problem)
                    .of_kind(Kind::Sql)
                    .hint("name a zone of the IANA database, such as Europe/London"))
            }
        }
    }
}

impl Session for DuckDbSession {
    fn execute(&mut self, sql: &str) -> Result<u64> {
        let outcome = self.connection.run(sql)?;
        let changed = outcome.map_or(0, |mut outcome| outcome.rows_changed());
        self.follow_time_zone(sql)?;
        Ok(changed)
    }

    fn query(&mut self, sql: &str) -> Result<Rows> {
        let rows = match self.connection.run(sql)? {
            Some(outcome) => cells::collect(outcome)?,
            None => Rows::default(),
        };
        self.follow_time_zone(sql)?;
        Ok(rows)
    }

    fn interrupter(&self) -> Box<dyn Fn() + Send + Sync> {
        let handle = self.connection.handle();
        Box::new(move || handle.interrupt())
    }
}

fn contains_ignoring_case(text: &str, lower_word: &str) -> bool {
    let word = lower_word.as_bytes();
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

fn instance_options(options: &DuckDbOptions) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = vec![
        // Without a network each try would wait for many seconds, and a run must not depend on one.
        ("autoinstall_known_extensions".into(), "false".into()),
        ("autoload_known_extensions".into(), "false".into()),
    ];
    if let Some(threads) = options.threads {
        all.push(("threads".into(), threads.max(1).to_string()));
    }
    if let Some(limit) = &options.memory_limit {
        all.push(("memory_limit".into(), limit.clone()));
    }
    let temporary = options.temp_directory.clone().or_else(|| {
        // DuckDB's default for a file; an instance in memory would use the working directory.
        let mut beside = options.path.clone().into_os_string();
        beside.push(".tmp");
        (!options.in_memory()).then(|| PathBuf::from(beside))
    });
    if let Some(folder) = temporary {
        all.push(("temp_directory".into(), folder.to_string_lossy().into_owned()));
    }
    all.extend(options.config_options.iter().cloned());
    all
}

/// Attaches the file under the name that DuckDB itself would give it.
fn attach_main(connection: &mut Connection, options: &DuckDbOptions) -> Result<String> {
    let path = &options.path;
    let is_new = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err(Error::new("a folder stands where the database file should be").at(path));
        }
        Ok(found) => found.len() == 0,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).doing_to("opening the database", path),
    };
    if is_new && options.read_only {
        return Err(Error::new("there is no database to read")
            .at(path)
            .hint("build it first with `ingot run-models`, or give the path of an existing one"));
    }
    if is_new && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).doing_to("creating the database's folder", folder)?;
    }
    let name = catalog_name(path);
    let mut how = Vec::new();
    if options.read_only {
        how.push("READ_ONLY".to_string());
    }
    if is_new {
        how.push(format!("STORAGE_VERSION {}", text_literal(&options.storage_version)));
    }
    attach(connection, &path_text(path)?, &name, &how).map_err(|error| lock::explain_open(error, path))?;
    Ok(name)
}

fn attach_other(connection: &mut Connection, other: &Attach) -> Result<()> {
    let name = other.alias.clone().unwrap_or_else(|| catalog_name(Path::new(&other.path)));
    let mut how = Vec::new();
    if let Some(kind) = &other.kind {
        how.push(format!("TYPE {}", name_literal(kind)));
    }
    if other.read_only {
        how.push("READ_ONLY".to_string());
    }
    attach(connection, &other.path, &name, &how)
        .map_err(|error| lock::explain_open(error, Path::new(&other.path)))
}

fn attach(connection: &mut Connection, path: &str, name: &str, how: &[String]) -> Result<(), Failure> {
    let how = if how.is_empty() { String::new() } else { format!(" ({})", how.join(", ")) };
    let sql = format!("ATTACH {} AS {}{how}", text_literal(path), name_literal(name));
    connection.run(&sql).map(drop)
}

/// Loads an extension; installs it where DuckDB finds it missing. Needs the network once.
fn load_extension(connection: &mut Connection, name: &str) -> Result<()> {
    // What is compiled in needs no loading, and icu's work is done by functions of ours.
    if ["parquet", "json", "core_functions", "icu"].contains(&name) {
        return Ok(());
    }
    let quoted = name_literal(name);
    if connection.run(&format!("LOAD {quoted}")).is_ok() {
        return Ok(());
    }
    connection.run(&format!("INSTALL {quoted}; LOAD {quoted}")).map(drop).map_err(|error| {
        Error::new(format!("the DuckDB extension {name} could not be loaded"))
            .caused_by(std::io::Error::other(error.0))
            .hint("it is fetched from DuckDB's site once; connect to the network, or take it out of `extensions`")
    })
}

/// DuckDB's rule: the file's name up to its first dot; reserved words get `_db`.
pub fn catalog_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split(['.', '?']).next().unwrap_or_default();
    match stem.to_ascii_lowercase().as_str() {
        "temp" | "system" | "main" => format!("{stem}_db"),
        _ => stem.to_string(),
    }
}

/// A setting's name may be qualified (`GLOBAL threads`) in no profile; anything else is quoted.
fn setting_name(name: &str) -> String {
    name_literal(name)
}

fn path_text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_string).ok_or_else(|| {
        Error::new("the database's path is not valid Unicode").at(path).hint("rename the file or its folder")
    })
}

/// Says that it was the opening that failed.
trait DoingOpen<T> {
    fn doing_open(self, options: &DuckDbOptions) -> Result<T>;
}

impl<T> DoingOpen<T> for Result<T> {
    fn doing_open(self, options: &DuckDbOptions) -> Result<T> {
        self.map_err(|error| error.context(format!("opening {}", options.path.display())))
    }
}

//! How a DuckDB database is opened.

use std::path::{Path, PathBuf};

/// Readable by DuckDB 1.2 and every later one.
pub const DEFAULT_STORAGE_VERSION: &str = "v1.2.0";

/// A further database to attach.
#[derive(Debug, Clone, Default)]
pub struct Attach {
    /// A path or an address, as `ATTACH` takes it.
    pub path: String,
    /// The catalog's name; the file's stem where it is `None`.
    pub alias: Option<String>,
    /// `sqlite`, `postgres` and so on; DuckDB's own format where it is `None`.
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

    /// The same, with every database file that is there opened for reading only, which other processes may do at
    /// the same time. A file that is not there yet is created as before: there is nothing in it to be read.
    pub fn only_reading(&self) -> Self {
        let has_content =
            |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0);
        let mut options = self.clone();
        options.read_only |= has_content(&options.path);
        for other in options.attach.iter_mut().filter(|other| other.kind.is_none()) {
            other.read_only |= has_content(Path::new(&other.path));
        }
        options
    }

    pub(crate) fn in_memory(&self) -> bool {
        self.path.as_os_str() == ":memory:" || self.path.as_os_str().is_empty()
    }

    /// The configuration of the instance, by DuckDB's names.
    pub(crate) fn of_instance(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = vec![
            // Without a network each try would wait for many seconds, and a run must not depend on one.
            ("autoinstall_known_extensions".into(), "false".into()),
            ("autoload_known_extensions".into(), "false".into()),
        ];
        if let Some(threads) = self.threads {
            all.push(("threads".into(), threads.max(1).to_string()));
        }
        if let Some(limit) = &self.memory_limit {
            all.push(("memory_limit".into(), limit.clone()));
        }
        let temporary = self.temp_directory.clone().or_else(|| {
            // DuckDB's default for a file; an instance in memory would use the working directory.
            let mut beside = self.path.clone().into_os_string();
            beside.push(".tmp");
            (!self.in_memory()).then(|| PathBuf::from(beside))
        });
        if let Some(folder) = temporary {
            all.push(("temp_directory".into(), folder.to_string_lossy().into_owned()));
        }
        all.extend(self.config_options.iter().cloned());
        all
    }
}

/// The file beside a database with what was written and is not in the database yet.
pub fn write_ahead_log(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".wal");
    name.into()
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

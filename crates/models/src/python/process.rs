//! The process that runs a model: what it is told, and what came of it.

use crate::connection::Connection;
use crate::json_values::Object;
use crate::python::handover::{Handover, Input};
use crate::python::interpreter;
use crate::relations::relation::Relation;
use ingot_core::error::{Context, Error, Kind, Result};
use ingot_core::interrupt::Interrupt;
use serde_json::{Value as Json, json};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// What Python runs to run a model.
const DRIVER: &str = include_str!("driver.py");
/// How often an interruption is looked for while Python works.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A model to run.
pub(crate) struct Job<'a> {
    pub name: &'a str,
    /// The model as written, and its file in the project for messages.
    pub code: &'a str,
    pub shown_file: &'a str,
    pub refs: Vec<Input>,
    pub sources: Vec<Input>,
    pub this: Relation,
    pub is_incremental: bool,
    pub config: &'a Object,
    pub project_root: &'a Path,
    pub interrupt: &'a Interrupt,
}

impl Job<'_> {
    /// Runs the model; gives a query of the rows that it returned, and what it printed.
    ///
    /// # Errors
    /// There is no Python, it lacks the package `duckdb`, or the model fails: then the error has its traceback.
    pub(crate) fn run(
        &self,
        handover: &mut Handover,
        connection: &mut Connection,
    ) -> Result<(String, String)> {
        let python = interpreter::find()?;
        let mut inputs: Vec<&Relation> =
            self.refs.iter().chain(&self.sources).map(|input| &input.relation).collect();
        // Models look up in their own table what they have got already.
        if self.is_incremental {
            inputs.push(&self.this);
        }
        let databases = handover.put(&inputs, connection)?;
        let (code, told, driver) =
            (handover.path("model.py"), handover.path("job.json"), handover.path("driver.py"));
        let by_key = |inputs: &[Input]| -> Object {
            inputs.iter().map(|input| (input.key.clone(), input.relation.render().into())).collect()
        };
        let databases: Vec<Json> =
            databases.iter().map(|(name, file)| json!([name, file.to_string_lossy()])).collect();
        let job = json!({
            "name": self.name, "code": code.to_string_lossy(), "shown_file": self.shown_file,
            "databases": databases, "refs": by_key(&self.refs), "sources": by_key(&self.sources),
            "this": {
                "database": self.this.database, "schema": self.this.schema, "identifier": self.this.identifier,
                "text": self.this.render(),
            },
            "is_incremental": self.is_incremental, "config": self.config,
            "result": handover.result_file().to_string_lossy(),
        });
        for (file, text) in [(&code, self.code), (&driver, DRIVER), (&told, &job.to_string())] {
            std::fs::write(file, text).or_cannot_at("write the file", file)?;
        }
        let (printed, failed) = (handover.path("stdout"), handover.path("stderr"));
        let open = |file: &Path| File::create(file).or_cannot_at("write the file", file);
        let mut child = Command::new(&python)
            .arg(&driver)
            .arg(&told)
            .current_dir(self.project_root)
            .stdin(Stdio::null())
            .stdout(open(&printed)?)
            .stderr(open(&failed)?)
            .spawn()
            .or_cannot_at("start Python", &python)?;
        let status = wait(&mut child, self.interrupt)?;
        let read =
            |file: &Path| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
        if !status.success() {
            return Err(failure(&python, &read(&failed)).at(self.shown_file));
        }
        Ok((handover.take_back(connection)?, read(&printed)))
    }
}

/// Waits for the process; ends it if the run is interrupted.
fn wait(child: &mut Child, interrupt: &Interrupt) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().or_cannot("wait for Python")? {
            return Ok(status);
        }
        if interrupt.is_set() {
            child.kill().ok();
            child.wait().ok();
            return Err(Error::new("interrupted").of_kind(Kind::Interrupted));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The exit code with which the driver says that a package is missing.
fn failure(python: &Path, said: &str) -> Error {
    let said = said.trim();
    if let Some(missing) = said.strip_prefix("ingot: ") {
        return Error::new(missing).hint(format!("install it: {} -m pip install duckdb", python.display()));
    }
    let said = if said.is_empty() { "it ended without a word" } else { said };
    Error::new(format!("Python model failed:\n{said}")).hint(format!(
        "it was run by {}, which INGOT_PYTHON, VIRTUAL_ENV or the PATH names",
        python.display()
    ))
}

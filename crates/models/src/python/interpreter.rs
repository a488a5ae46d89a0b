//! Which Python runs the models.

use ingot_core::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Names the Python that runs Python models, whatever else there is.
const SETTING: &str = "INGOT_PYTHON";

/// The Python that `INGOT_PYTHON` names; else that of the virtual environment that is active (`VIRTUAL_ENV`); else
/// `python3` or `python` on the PATH.
///
/// # Errors
/// There is none.
pub(super) fn find() -> Result<PathBuf> {
    search(|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from))
}

fn search(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(given) = variable(SETTING) {
        return Ok(given);
    }
    if let Some(environment) = variable("VIRTUAL_ENV") {
        let found = ["bin/python3", "bin/python", "Scripts/python.exe"].map(|file| environment.join(file));
        if let Some(found) = found.into_iter().find(|file| file.is_file()) {
            return Ok(found);
        }
    }
    let path = variable("PATH").unwrap_or_default();
    let names: &[&str] = if cfg!(windows) { &["python3.exe", "python.exe"] } else { &["python3", "python"] };
    for name in names {
        let found =
            std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file));
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(Error::new("a Python model needs Python, and none was found").hint(format!(
        "install Python with the package duckdb, activate its environment, or set {SETTING}=/path/to/python; or leave the model out with --exclude"
    )))
}

fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_goes_before_the_environment_and_that_before_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            file
        };
        let on_path = place(if cfg!(windows) { "path/python3.exe" } else { "path/python3" });
        let of_environment = place("venv/bin/python3");
        let variables = |names: &'static [&'static str]| {
            let folder = folder.path().to_path_buf();
            move |name: &str| {
                let value = match name {
                    SETTING => "own/python".into(),
                    "VIRTUAL_ENV" => folder.join("venv"),
                    _ => folder.join("path"),
                };
                names.contains(&name).then_some(value)
            }
        };
        let all: &[&str] = &[SETTING, "VIRTUAL_ENV", "PATH"];
        assert_eq!(search(variables(all)).unwrap(), PathBuf::from("own/python"));
        assert_eq!(search(variables(&["VIRTUAL_ENV", "PATH"])).unwrap(), of_environment);
        assert_eq!(search(variables(&["PATH"])).unwrap(), on_path);
        assert!(search(variables(&[])).unwrap_err().hint_text().unwrap().contains(SETTING));
    }
}

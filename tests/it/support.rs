//! A folder that goes away, and the real `ingot` run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a run of the command left: exit code and all that it printed.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// An empty folder whose name has a space in it, as people's folders do.
    pub fn empty() -> Self {
        Self { folder: tempfile::Builder::new().prefix("ingot test ").tempdir().unwrap() }
    }

    /// The folder after `ingot init`.
    pub fn project() -> Self {
        let sandbox = Self::empty();
        sandbox.ingot(&["init", "."]).success();
        sandbox
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn write(&self, relative: &str, content: &str) {
        let path = self.join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ingot"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for variable in ["INGOT_PROJECT_DIR", "DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_TARGET", "NO_COLOR"]
        {
            command.env_remove(variable);
        }
        command
    }

    pub fn ingot(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Ended with this code, without a panic, and all the texts stand in what it printed.
    #[track_caller]
    pub fn fails_with(self, code: i32, texts: &[&str]) -> Self {
        let printed = format!("{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(code), "{printed}");
        assert!(!printed.contains("panicked"), "{printed}");
        for text in texts {
            assert!(printed.contains(text), "'{text}' is not in:\n{printed}");
        }
        self
    }
}

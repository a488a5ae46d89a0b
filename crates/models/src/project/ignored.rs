//! `.dbtignore` in a project's root: files that are not read, by patterns as in `.gitignore`.
//! <https://docs.getdbt.com/reference/dbtignore>

use globset::{GlobBuilder, GlobMatcher};
use ingot_core::error::{Context, Error, Result};
use std::path::Path;

/// The name of the file.
pub(crate) const FILE: &str = ".dbtignore";

/// What a project's file says; nothing where there is none.
#[derive(Default)]
pub(crate) struct Ignored(Vec<Rule>);

/// One line. Of those that match a path, the last one decides.
struct Rule {
    globs: Vec<GlobMatcher>,
    ignores: bool,
}

impl Ignored {
    /// Reads the file in `root`.
    ///
    /// # Errors
    /// It cannot be read, or a line of it is not a pattern.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let file = root.join(FILE);
        if !file.is_file() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&file).or_cannot_at("read the file", &file)?;
        let mut rules = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let rule = Rule::of(line).map_err(|error| {
                Error::new(format!("'{}' is not a pattern", line.trim()))
                    .at_line(&file, number + 1)
                    .caused_by(error)
            })?;
            rules.extend(rule);
        }
        Ok(Self(rules))
    }

    /// Whether a file is left out; its path is as seen from the project's root.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let matching = self.0.iter().rev().find(|rule| rule.globs.iter().any(|glob| glob.is_match(path)));
        matching.is_some_and(|rule| rule.ignores)
    }
}

impl Rule {
    /// A line's rule; none of blank lines and comments.
    fn of(line: &str) -> std::result::Result<Option<Self>, globset::Error> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (line, ignores) = line.strip_prefix('!').map_or((line, true), |rest| (rest, false));
        let (line, only_folders) = line.strip_suffix('/').map_or((line, false), |rest| (rest, true));
        // With a slash that is not the last character it counts from the root, else at any depth.
        let pattern = match line.strip_prefix('/') {
            Some(rest) => rest.to_owned(),
            None if line.contains('/') => line.to_owned(),
            None => format!("**/{line}"),
        };
        let of_files = (!only_folders).then(|| pattern.clone());
        let globs = of_files.into_iter().chain([format!("{pattern}/**")]);
        let globs = globs.map(|glob| {
            let glob = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build()?;
            Ok(glob.compile_matcher())
        });
        Ok(Some(Self { globs: globs.collect::<std::result::Result<_, _>>()?, ignores }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_gitignore() {
        let folder = tempfile::tempdir().unwrap();
        let text = "# a comment\n\nmodels/ignore*.sql\nignored\n/top.sql\nbuild/\n*.tmp.sql\n!keep.tmp.sql\n";
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let ignored = Ignored::read(folder.path()).unwrap();
        for path in [
            "models/ignore_this.sql",
            "models/ignored/a.sql",
            "ignored/b/c.sql",
            "top.sql",
            "models/build/a.sql",
            "models/a.tmp.sql",
        ] {
            assert!(ignored.has(Path::new(path)), "{path}");
        }
        for path in [
            "models/a.sql",
            "models/deep/ignore_this.sql",
            "models/top.sql",
            "models/build",
            "models/keep.tmp.sql",
        ] {
            assert!(!ignored.has(Path::new(path)), "{path}");
        }
        assert!(!Ignored::read(&folder.path().join("nothing")).unwrap().has(Path::new("a.sql")));
    }
}

//! `generate.yaml`: how often each defect is planted, and what share of a day's orders comes late. A rate that
//! the file does not name keeps its default.

use crate::anomalies::{Anomaly, Rates};
use crate::subject::Subject;
use ingot_core::error::{Error, Result, nearest};
use ingot_core::yaml::{self, Mapping, Node};
use serde_json::{Value, json};
use std::path::Path;

const DEFECTS: &str = "defects";
const WORLD: &str = "world";
const LATE_SHARE: &str = "late_share";
/// Share of a day's orders that `--late-days` holds back.
const DEFAULT_LATE_SHARE: f64 = 0.05;

/// What the file says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) rates: Rates,
    /// 0 to 1.
    pub(crate) late_share: f64,
}

impl Settings {
    /// The defaults of `table`, which lists every kind of defect.
    pub(crate) fn defaults(table: &'static [Anomaly]) -> Self {
        Self { rates: Rates::defaults(table), late_share: DEFAULT_LATE_SHARE }
    }

    /// Reads the file. If there is none, everything keeps its default.
    ///
    /// # Errors
    /// When it names a feed or code that is not in `table`, or a rate is not a number from 0 to 1: with the line.
    pub(crate) fn read(file: &Path, table: &'static [Anomaly]) -> Result<Self> {
        let Some(text) = read_text(file)? else { return Ok(Self::defaults(table)) };
        let reader = Reader { file, text: &text };
        let root = yaml::parse(&text, file)?;
        let mut settings = Self::defaults(table);
        for (key, node) in reader.members(&root, "the file")? {
            match key.as_str() {
                LATE_SHARE => settings.late_share = reader.share(key, node)?,
                DEFECTS => reader.rates(node, table, &mut settings.rates)?,
                WORLD => drop(reader.subject(node)?),
                _ => return Err(reader.unknown("setting", key, node, [LATE_SHARE, DEFECTS, WORLD])),
            }
        }
        Ok(settings)
    }
}

/// The JSON Schema of the file, for editors, where these kinds of defects are offered.
pub(crate) fn json_schema(table: &'static [Anomaly]) -> Value {
    let share = json!({"type": "number", "minimum": 0, "maximum": 1});
    let mut feeds = serde_json::Map::new();
    for anomaly in table {
        let feed = feeds.entry(anomaly.feed).or_insert_with(
            || json!({"type": ["object", "null"], "properties": {}, "additionalProperties": false}),
        );
        let mut rate = share.clone();
        rate["default"] = json!(anomaly.rate);
        rate["description"] = format!("Share of the rows; caught by: {}", anomaly.caught_at.name()).into();
        feed["properties"][anomaly.code] = rate;
    }
    let subjects = Subject::ALL.map(|(name, _)| name);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "generate.yaml: how often each defect is planted",
        "type": ["object", "null"],
        "properties": {
            LATE_SHARE: share,
            DEFECTS: {"type": ["object", "null"], "properties": feeds, "additionalProperties": false},
            WORLD: {"enum": subjects},
        },
        "additionalProperties": false,
    })
}

/// What the file says the data is about, if it says so.
///
/// # Errors
/// The file cannot be read, or names something else.
pub(crate) fn stated_subject(file: &Path) -> Result<Option<Subject>> {
    let Some(text) = read_text(file)? else { return Ok(None) };
    let reader = Reader { file, text: &text };
    let root = yaml::parse(&text, file)?;
    root.get(WORLD).map(|node| reader.subject(node)).transpose()
}

/// `None` if there is no file.
fn read_text(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::new("cannot read the file").at(file).caused_by(error)),
    }
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn subject(&self, node: &Node) -> Result<Subject> {
        let word = node.as_str().unwrap_or_default();
        let found = Subject::ALL.iter().find(|(name, _)| *name == word).map(|(_, subject)| *subject);
        found.ok_or_else(|| self.unknown("world", word, node, Subject::ALL.map(|(name, _)| name)))
    }

    fn rates(&self, node: &Node, table: &'static [Anomaly], rates: &mut Rates) -> Result<()> {
        for (feed, node) in self.members(node, DEFECTS)? {
            let kinds = || table.iter().filter(|anomaly| anomaly.feed == feed.as_str());
            if kinds().next().is_none() {
                return Err(self.unknown(
                    "feed with defects",
                    feed,
                    node,
                    table.iter().map(|anomaly| anomaly.feed),
                ));
            }
            for (code, rate) in self.members(node, feed)? {
                let Some(anomaly) = kinds().find(|anomaly| anomaly.code == code.as_str()) else {
                    let what = format!("defect of {feed}");
                    return Err(self.unknown(&what, code, rate, kinds().map(|anomaly| anomaly.code)));
                };
                rates.set(anomaly, self.share(code, rate)?);
            }
            for (of_files, one) in [(false, "a row"), (true, "a file")] {
                let total = rates.total(feed, of_files);
                if total > 1.0 {
                    return Err(self
                        .error(
                            format!(
                                "the rates of {feed} add up to {total}, and {one} has at most one defect"
                            ),
                            node,
                        )
                        .hint("choose rates that add up to 1 or less"));
                }
            }
        }
        Ok(())
    }

    fn members<'n>(
        &self,
        node: &'n Node,
        what: &str,
    ) -> Result<impl Iterator<Item = (&'n String, &'n Node)>> {
        let members: Option<&Mapping> = node.as_map();
        if members.is_none() && !node.is_null() {
            let message = format!("{what} is {}, and should be a mapping", node.kind());
            return Err(self.error(message, node).hint("write `name: value` lines below it, indented"));
        }
        Ok(members.into_iter().flatten())
    }

    fn share(&self, name: &str, node: &Node) -> Result<f64> {
        let hint = "write the share of rows or files: 0.01 is one in a hundred, 0 turns the defect off";
        let Some(share) = node.as_float() else {
            let found = node.scalar_text().map_or_else(|| node.kind().to_owned(), |text| format!("'{text}'"));
            return Err(self.error(format!("{name} is {found}, which is not a number"), node).hint(hint));
        };
        if (0.0..=1.0).contains(&share) {
            Ok(share)
        } else {
            Err(self.error(format!("{name} is {share}, which is not between 0 and 1"), node).hint(hint))
        }
    }

    fn unknown<'n>(
        &self,
        what: &str,
        name: &str,
        node: &Node,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Error {
        let mut known: Vec<&str> = known.into_iter().collect();
        known.dedup();
        let error = self.error(format!("there is no {what} '{name}'"), node);
        match nearest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint(format!("choose one of {}", known.join(", "))),
        }
    }

    fn error(&self, what: impl std::fmt::Display, node: &Node) -> Error {
        Error::new(what).in_text(self.file, self.text, node.line, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomalies::CaughtAt::{Bronze, Silver};

    static TABLE: [Anomaly; 3] = [
        Anomaly {
            feed: "people",
            code: "no_name",
            column: "name",
            rate: 0.1,
            caught_at: Silver,
            is_of_file: false,
        },
        Anomaly {
            feed: "people",
            code: "no_age",
            column: "age",
            rate: 0.2,
            caught_at: Bronze,
            is_of_file: false,
        },
        Anomaly {
            feed: "places",
            code: "no_name",
            column: "name",
            rate: 0.3,
            caught_at: Silver,
            is_of_file: false,
        },
    ];

    fn read(text: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("generate.yaml");
        std::fs::write(&file, text).unwrap();
        Settings::read(&file, &TABLE)
    }

    fn rate(settings: &Settings, index: usize) -> f64 {
        let mut rates = settings.rates.iter();
        rates.find(|(anomaly, _)| **anomaly == TABLE[index]).unwrap().1
    }

    #[test]
    fn what_is_not_said_keeps_its_default() {
        assert_eq!(Settings::read(Path::new("nowhere.yaml"), &TABLE).unwrap(), Settings::defaults(&TABLE));
        assert_eq!(read("# nothing\n").unwrap(), Settings::defaults(&TABLE));
        let settings = read("late_share: 1\ndefects:\n  people:\n    no_age: 0\n  places:\n").unwrap();
        assert_eq!(settings.late_share, 1.0);
        assert_eq!(rate(&settings, 0), 0.1);
        assert_eq!(rate(&settings, 1), 0.0);
        assert_eq!(rate(&settings, 2), 0.3);
    }

    #[test]
    fn the_schema_has_the_keys_that_are_read() {
        let schema = json_schema(&TABLE);
        let keys: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, [LATE_SHARE, DEFECTS, WORLD]);
        let defects = schema["properties"][DEFECTS]["properties"].as_object().unwrap();
        let mut named = 0;
        for (feed, kinds) in defects {
            for code in kinds["properties"].as_object().unwrap().keys() {
                read(&format!("defects:\n  {feed}:\n    {code}: 0.01\n")).unwrap();
                named += 1;
            }
        }
        assert_eq!(named, TABLE.len());
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line, what, hint) in [
            ("defects:\n  peple:\n    no_age: 0\n", 2, "no feed with defects 'peple'", "people"),
            ("defects:\n  people:\n    no_ages: 0.1\n", 3, "no defect of people 'no_ages'", "no_age"),
            ("defects:\n  people:\n    no_age: 1.5\n", 3, "not between 0 and 1", "share"),
            ("defects:\n  people:\n    no_age: -0.1\n", 3, "not between 0 and 1", "share"),
            ("defects:\n  people:\n    no_age: 5%\n", 3, "'5%', which is not a number", "share"),
            ("defects:\n  people:\n    no_age:\n", 3, "which is not a number", "share"),
            ("defects:\n  people: 0.5\n", 2, "people is a number, and should be a mapping", "indented"),
            ("defects:\n  people:\n    no_age: 0.95\n", 2, "add up to 1.05", "1 or less"),
            ("late: 0.5\n", 1, "no setting 'late'", "late_share"),
            ("- a\n", 1, "the file is a list", "indented"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.place().unwrap().line, Some(line), "{error}");
            assert!(error.message().contains(what), "{error}");
            assert!(error.hint_text().unwrap().contains(hint), "{error} {:?}", error.hint_text());
        }
    }
}

//! The files of a feed, and what the Delta log says of the values in them.

use ingot_engine::text_literal;
use serde_json::Value as Json;
use std::collections::HashMap;
use walkdir::WalkDir;

/// Values that a column has to have one of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) column: String,
    /// SQL for one row that has each of them as a column.
    pub(super) values: String,
}

/// A source that is read from a pattern of Parquet files, `read_parquet('lake/**/*.parquet', …)`.
pub(super) struct Feed<'e> {
    before: &'e str,
    pub(super) pattern: &'e str,
    after: &'e str,
}

impl<'e> Feed<'e> {
    pub(super) fn of(external: &'e str) -> Option<Self> {
        let (before, rest) = external.split_once('\'')?;
        let (pattern, after) = rest.split_once('\'')?;
        let is_it = external.to_ascii_lowercase().contains("read_parquet(") && pattern.contains('*');
        is_it.then_some(Self { before, pattern, after })
    }

    pub(super) fn of_files(&self, list: &str) -> String {
        format!("{}{list}{}", self.before, self.after)
    }

    pub(super) fn whole(&self) -> String {
        self.of_files(&text_literal(self.pattern))
    }

    /// The folder with all files of the pattern.
    pub(super) fn folder(&self) -> &'e str {
        self.pattern.split('*').next().unwrap_or_default().trim_end_matches('/')
    }
}

/// The files of a feed, as they were when they were first asked for.
pub(super) struct FeedFiles {
    pub(super) names: Vec<String>,
    /// What the Delta log says of them, by name: Delta's statistics as they are written. `None` until that is asked for.
    pub(super) statistics: Option<HashMap<String, String>>,
    /// What is read for some of them, by their names.
    pub(super) narrow: HashMap<Vec<String>, String>,
}

/// Values of which a column has to have one, as texts.
pub(super) struct Bounded {
    pub(super) column: String,
    pub(super) is_integer: bool,
    pub(super) values: Vec<String>,
}

impl FeedFiles {
    /// Whether by the log the file can have a row for one of the places.
    pub(super) fn can_have(&self, name: &str, places: &[Vec<Bounded>]) -> bool {
        let known = self.statistics.as_ref().and_then(|known| known.get(name));
        let Some(statistics) = known else { return true };
        let Ok(statistics) = serde_json::from_str::<Json>(statistics) else { return true };
        places.iter().any(|place| place.iter().all(|wanted| wanted.is_within(&statistics)))
    }
}

impl Bounded {
    /// Whether one of the values is between the bounds; true where there are none.
    fn is_within(&self, statistics: &Json) -> bool {
        let (least, greatest) =
            (&statistics["minValues"][&self.column], &statistics["maxValues"][&self.column]);
        if self.is_integer {
            let number =
                |json: &Json| json.as_number().and_then(|number| number.to_string().parse::<i128>().ok());
            let (Some(least), Some(greatest)) = (number(least), number(greatest)) else { return true };
            let is_within =
                |value: &String| value.parse::<i128>().is_ok_and(|value| (least..=greatest).contains(&value));
            return self.values.iter().any(is_within);
        }
        // Texts are compared by their bytes, as DuckDB and Parquet do; dates are written so that they compare as texts.
        let (Some(least), Some(greatest)) = (least.as_str(), greatest.as_str()) else { return true };
        self.values.iter().any(|value| least <= value.as_str() && value.as_str() <= greatest)
    }
}

/// The Parquet files below a folder of the lake, under the names that DuckDB's `glob` gives them. That takes a tenth of the time.
pub(super) fn listed_in(folder: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.ok()?;
        let name = entry.path().to_str()?;
        if entry.file_type().is_file() && name.ends_with(".parquet") {
            names.push(name.replace('\\', "/"));
        }
    }
    Some(names)
}

/// A list of SQL. One long text is parsed in a fraction of the time that a list of many short ones takes.
pub(super) fn list_of(names: &[String]) -> String {
    if names.len() > 1 && names.iter().all(|name| !name.contains('\n')) {
        return format!("string_split({}, chr(10))", text_literal(&names.join("\n")));
    }
    let names: Vec<String> = names.iter().map(|name| text_literal(name)).collect();
    format!("[{}]", names.join(", "))
}

/// The table with the files of a feed.
pub(super) fn files_table(node: usize) -> String {
    format!("why_files_{node}")
}

#[cfg(test)]
mod tests {
    use super::{Bounded, Feed, FeedFiles, listed_in};
    use std::collections::HashMap;

    #[test]
    fn only_files_that_can_have_a_value_are_kept() {
        let statistics = r#"{"minValues":{"id":5,"name":"b","day":"2024-01-01"},"maxValues":{"id":10,"name":"d","day":"2024-01-31"}}"#;
        let known =
            HashMap::from([("a".to_owned(), statistics.to_owned()), ("broken".to_owned(), "{".to_owned())]);
        let files = FeedFiles { names: Vec::new(), statistics: Some(known), narrow: HashMap::new() };
        let wanted = |column: &str, is_integer, value: &str| Bounded {
            column: column.to_owned(),
            is_integer,
            values: vec![value.to_owned()],
        };
        let can = |wanted: Bounded| files.can_have("a", &[vec![wanted]]);
        for (value, is_there) in [("4", false), ("5", true), ("10", true), ("11", false), ("-6", false)] {
            assert_eq!(can(wanted("id", true, value)), is_there, "{value}");
        }
        for (value, is_there) in
            [("a", false), ("b", true), ("c", true), ("d", true), ("da", false), ("B", false)]
        {
            assert_eq!(can(wanted("name", false, value)), is_there, "{value}");
        }
        assert!(!can(wanted("day", false, "2023-12-31")) && can(wanted("day", false, "2024-01-31")));
        assert!(can(wanted("other", true, "4")), "the log says nothing of this column");
        assert!(files.can_have("unknown", &[vec![wanted("id", true, "4")]]));
        assert!(files.can_have("broken", &[vec![wanted("id", true, "4")]]));
        // All columns of one place, any of the places.
        let both = vec![wanted("id", true, "5"), wanted("name", false, "z")];
        assert!(!files.can_have("a", &[both]));
        assert!(files.can_have("a", &[vec![wanted("id", true, "4")], vec![wanted("name", false, "c")]]));
    }

    #[test]
    fn a_folder_has_the_files_that_duckdb_finds_there() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["day=1/a.parquet", "day=2 3/b'c.parquet", "d.parquet", "day=1/e.txt"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let folder = folder.path().to_str().unwrap();
        let mut session = ingot_engine::EngineOptions::in_memory().open().unwrap().session().unwrap();
        let found =
            session.query(&format!("select file from glob('{folder}/**/*.parquet') order by file")).unwrap();
        let mut theirs: Vec<String> = found.rows.iter().map(|row| row[0].to_string()).collect();
        let mut ours = listed_in(folder).unwrap();
        theirs.sort();
        ours.sort();
        assert_eq!((ours.len(), ours), (3, theirs));
    }

    #[test]
    fn the_files_of_a_feed_are_a_pattern() {
        let external = "read_parquet('lake/bronze/parquet/a/**/*.parquet', hive_partitioning = true)";
        let feed = Feed::of(external).unwrap();
        assert_eq!(
            (feed.before, feed.pattern, feed.after),
            ("read_parquet(", "lake/bronze/parquet/a/**/*.parquet", ", hive_partitioning = true)")
        );
        assert_eq!(feed.folder(), "lake/bronze/parquet/a");
        assert!(Feed::of("read_parquet('one.parquet')").is_none());
        assert!(Feed::of("read_csv('a/*.csv')").is_none());
    }
}

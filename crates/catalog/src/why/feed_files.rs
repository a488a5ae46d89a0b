//! Which files of a feed can have rows that are looked for: opening all of them takes longer than reading a few.

use super::follow::Follower;
use super::reach::Wanted;
use ingot_core::error::Result;
use ingot_engine::text_literal;
use ingot_lake::LakeTable;
use std::path::Path;

/// `read_parquet('lake/**/*.parquet', …)`: what is before the pattern, the pattern, and what is behind it.
fn pattern_of(external: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = external.split_once('\'')?;
    let (pattern, after) = rest.split_once('\'')?;
    let is_it = external.to_ascii_lowercase().contains("read_parquet(") && pattern.contains('*');
    is_it.then_some((before, pattern, after))
}

impl Follower<'_> {
    /// What is read in the place of a source, with only the files that meet a condition on `file` and `hash`.
    pub(super) fn narrowed(&mut self, node: usize, external: &str, condition: &str) -> Result<String> {
        let full = external.to_owned();
        let Some((before, pattern, after)) = pattern_of(external) else { return Ok(full) };
        let listed = format!("why_files_{node}");
        if self.listed.insert(node) {
            self.session.execute(&format!(
                "create or replace temp table {listed} as select file, cast(hash(file) as hugeint) as hash from glob({})",
                text_literal(pattern)
            ))?;
        }
        let files = self.session.query(&format!("select file from temp.{listed} where {condition}"))?;
        let files: Vec<String> = files
            .rows
            .iter()
            .filter_map(|row| row.first())
            .map(|file| text_literal(&file.to_string()))
            .collect();
        if files.is_empty() {
            return Ok(full);
        }
        let narrow = format!("{before}[{}]{after}", files.join(", "));
        // A column that only other files have would not be there.
        let found = self.session.query(&format!("select * from {narrow} limit 0"));
        let is_same = found.is_ok_and(|found| {
            self.nodes[node].columns.iter().all(|column| found.column(&column.name).is_some())
        });
        Ok(if is_same { narrow } else { full })
    }

    /// The same without files of which the Delta log says that none of the values is within what they have. Files that it says
    /// nothing of are read.
    pub(super) fn with_values(&mut self, node: usize, external: &str, wanted: &Wanted) -> Result<String> {
        let full = external.to_owned();
        let Some((_, pattern, _)) = pattern_of(external) else { return Ok(full) };
        let folder = pattern.split('*').next().unwrap_or_default().trim_end_matches('/');
        let Some(table) = LakeTable::at(Path::new(folder)) else { return Ok(full) };
        let log = table.delta().join("_delta_log").join("*.json");
        let is_integer = |name: &str| {
            let column =
                self.nodes[node].columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            column.is_some_and(|column| {
                column.data_type.to_uppercase().ends_with("INT")
                    || column.data_type.eq_ignore_ascii_case("INTEGER")
            })
        };
        let mut either = Vec::new();
        for columns in wanted {
            let all: Vec<String> = columns
                .iter()
                .filter(|(name, _)| is_integer(name))
                .map(|(name, values)| {
                    let of = |which: &str| {
                        let path = text_literal(&format!("$.{which}.\"{name}\""));
                        format!("try_cast(json_extract_string(stats, {path}) as hugeint)")
                    };
                    let values: Vec<String> = values.iter().map(i128::to_string).collect();
                    format!(
                        "coalesce(len(list_filter([{}], lambda one: one between {} and {})) > 0, true)",
                        values.join(", "),
                        of("minValues"),
                        of("maxValues")
                    )
                })
                .collect();
            if all.is_empty() {
                return Ok(full);
            }
            either.push(format!("({})", all.join(" and ")));
        }
        let stats = format!("why_stats_{node}");
        if self.measured.insert(node) {
            let made = self.session.execute(&format!(
                "create or replace temp table {stats} as select {} || '/' || \"add\".path as file, \"add\".stats as stats \
                 from read_json({}, format = 'newline_delimited', columns = {{'add': 'STRUCT(path VARCHAR, stats VARCHAR)'}}) \
                 where \"add\".stats is not null",
                text_literal(folder),
                text_literal(&log.to_string_lossy())
            ));
            // A log that cannot be read says nothing.
            if made.is_err() {
                self.session.execute(&format!(
                    "create or replace temp table {stats} (file varchar, stats varchar)"
                ))?;
            }
        }
        let condition =
            format!("file not in (select file from temp.{stats} where not ({}))", either.join(" or "));
        self.narrowed(node, external, &condition)
    }
}

#[cfg(test)]
mod tests {
    use super::pattern_of;

    #[test]
    fn the_files_of_a_feed_are_a_pattern() {
        let external = "read_parquet('lake/bronze/parquet/a/**/*.parquet', hive_partitioning = true)";
        assert_eq!(
            pattern_of(external),
            Some(("read_parquet(", "lake/bronze/parquet/a/**/*.parquet", ", hive_partitioning = true)"))
        );
        assert_eq!(pattern_of("read_parquet('one.parquet')"), None);
        assert_eq!(pattern_of("read_csv('a/*.csv')"), None);
    }
}

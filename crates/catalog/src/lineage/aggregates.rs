//! The names of DuckDB's aggregate functions. Asking DuckDB for them takes as long as following a row through a model.

use std::collections::HashSet;
use std::sync::LazyLock;

static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("aggregates.txt").lines().collect());

/// Whether a function, by its name in lower case, is one of DuckDB's own aggregates.
pub(crate) fn is_aggregate(name: &str) -> bool {
    NAMES.contains(name)
}

#[cfg(test)]
mod tests {
    use ingot_engine::EngineOptions;

    #[test]
    fn they_are_those_of_the_duckdb_that_is_built_in() {
        let mut session = EngineOptions::in_memory().open().unwrap().session().unwrap();
        let found = session
            .query(
                "select distinct lower(function_name) as name from duckdb_functions() \
                 where function_type = 'aggregate' order by name",
            )
            .unwrap();
        let theirs: Vec<String> = found.rows.iter().map(|row| row[0].to_string()).collect();
        assert_eq!(include_str!("aggregates.txt").lines().collect::<Vec<_>>(), theirs);
    }
}

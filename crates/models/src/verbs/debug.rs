//! `debug`: says which files and which database are used, and whether the database can be opened.

use crate::dbt;
use crate::invocation::Invocation;
use crate::verbs::job::OpenEngine;
use ingot_core::error::Result;
use ingot_engine::{Cell, Dialect};

/// The lines to show, and whether all is well.
pub(crate) fn lines(invocation: &Invocation, open: OpenEngine) -> (Vec<String>, Result<()>) {
    let target = &invocation.target;
    let mut lines = vec![
        format!("ingot version: {} (follows dbt {})", env!("CARGO_PKG_VERSION"), dbt::VERSION),
        format!(
            "project: {} ({})",
            invocation.project.root.name,
            invocation.project.root.root.join("dbt_project.yml").display()
        ),
        format!("profile: {}, target {}", target.profile_name, target.name),
        match target.database.as_str() {
            "" => format!("server: {}", target.options.place()),
            database => format!("database: {} ({database})", target.options.place()),
        },
        format!("schema: {}, threads: {}", target.schema, target.threads),
    ];
    for package in &invocation.project.packages {
        lines.push(format!("package: {} ({})", package.name, package.root.display()));
    }
    let outcome = open(&target.options).and_then(|engine| {
        let rows = engine.session()?.query("select version()")?;
        Ok(match rows.rows.first().and_then(|row| row.first()) {
            Some(Cell::Text(version)) => version.clone(),
            _ => String::new(),
        })
    });
    match outcome {
        Ok(version) => {
            let name = match target.dialect() {
                Dialect::DuckDb => "DuckDB",
                Dialect::Spark => "Spark",
            };
            lines.push(format!("engine: {name} {version}"));
            lines.push("connection test: OK".to_owned());
            (lines, Ok(()))
        }
        Err(error) => {
            lines.push("connection test: ERROR".to_owned());
            (lines, Err(error))
        }
    }
}

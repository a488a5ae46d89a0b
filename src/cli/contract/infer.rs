//! `ingot contract infer`.

use crate::cli::exit::Exit;
use crate::cli::global::Global;
use crate::cli::questions::Questions;
use clap::Args;
use ingot_core::error::{Context, Result};
use ingot_core::report::{Event, Table};
use ingot_infer::{Feed, InferOptions, contract_text, explained, infer};
use std::path::{Path, PathBuf};

/// Write contracts for files: their form, columns, types and keys
#[derive(Debug, Args)]
#[command(
    after_help = "Every row of the files is read, and the contract accepts all of them. Its descriptions say why it is as it is. Contracts that exist already are kept. `ingot init DIR --from PATH` makes a whole project."
)]
pub(super) struct Infer {
    /// Files and folders of CSV, JSON, Parquet, Excel and Delta
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Name of the feed, if the files are one
    #[arg(long, short, value_name = "FEED")]
    table: Option<String>,
    /// Read only the first N rows of each file; rows after them may not fit
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    /// Folder for the contracts, or `-` to print them [default: schemas in the project, else in the current folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show the reason for each column
    #[arg(long)]
    explain: bool,
}

impl Infer {
    /// Whether the contracts are printed, and no file is written.
    pub(super) fn prints(&self) -> bool {
        self.out.as_deref() == Some(Path::new("-"))
    }
}

pub(super) fn run(arguments: &Infer, global: &Global) -> Result<Exit> {
    let reporter = global.reporter();
    let project = global.project().ok();
    let raw = project.as_ref().map(|project| project.data_raw());
    let is_inside = |raw: &Path| {
        arguments.paths.iter().all(|path| std::path::absolute(path).is_ok_and(|path| path.starts_with(raw)))
    };
    let options = InferOptions {
        paths: arguments.paths.clone(),
        root: raw.filter(|raw| is_inside(raw)),
        table: arguments.table.clone(),
        sample: arguments.sample,
    };
    let found = infer(&options, &mut Questions::new(reporter.as_ref()))?;
    for (path, why) in &found.passed_over {
        reporter.warn(format!("{} is not in a contract: {why}", path.display()));
    }
    if arguments.prints() {
        for feed in &found.feeds {
            reporter.report(Event::Result { line: contract_text(feed).trim_end().to_owned() });
        }
        return Ok(Exit::Success);
    }
    let out = match (&arguments.out, &project) {
        (Some(out), _) => out.clone(),
        (None, Some(project)) => project.schemas(),
        (None, None) => PathBuf::from("schemas"),
    };
    std::fs::create_dir_all(&out).or_cannot_at("create the folder", &out)?;
    for feed in &found.feeds {
        let file = out.join(format!("{}.odcs.yaml", feed.name));
        if file.exists() {
            reporter.warn(format!(
                "{} exists and is kept; `--out -` prints the inferred contract",
                file.display()
            ));
            continue;
        }
        std::fs::write(&file, contract_text(feed)).or_cannot_at("write the contract", &file)?;
    }
    for feed in &found.feeds {
        for note in &feed.notes {
            reporter.warn(format!("{}: {note}", feed.name));
        }
    }
    reporter.report(Event::Table(overview(&found.feeds)));
    if arguments.explain {
        for feed in &found.feeds {
            reporter.report(Event::Table(explained(feed)));
        }
    }
    reporter.info(format!("Paths in the contracts are relative to {}.", found.root.display()));
    Ok(Exit::Success)
}

/// One line for each feed.
pub(crate) fn overview(feeds: &[Feed]) -> Table {
    let rows = feeds.iter().map(|feed| {
        let key = feed.key_text();
        let references: Vec<String> =
            feed.references.iter().map(|reference| format!("{}.{}", reference.feed, reference.key)).collect();
        vec![
            feed.name.clone(),
            feed.form.path.clone(),
            feed.files.to_string(),
            feed.rows.to_string(),
            feed.columns.len().to_string(),
            key,
            references.join(", "),
        ]
    });
    Table {
        title: "feeds".to_owned(),
        headers: ["feed", "path", "files", "rows", "columns", "key", "refers to"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

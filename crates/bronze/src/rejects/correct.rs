//! Writes one correction into a reject file, as a person would with an editor. A replay then tries the row again.

use super::reject_files::reject_paths;
use crate::run_stamp::commit_of;
use ingot_core::error::{Context as _, Error, Result};
use std::path::Path;

/// Puts another text in the place of a rejected row's own: in the CSV file of the commit `key`, at the row of `file` with
/// this number.
///
/// # Errors
/// There is no such reject in that file, or the file is not as ingot wrote it.
pub fn correct_reject(
    lake: &Path,
    table: &str,
    key: &str,
    (file, row): (&str, u64),
    text: &str,
) -> Result<()> {
    // Both become names of files.
    let is_name = !table.is_empty() && !table.contains(['/', '\\']) && !table.starts_with('.');
    if !is_name || commit_of(key) != Some(key) {
        return Err(Error::new("there is no such reject file"));
    }
    let [path, _] = reject_paths(lake, table, key);
    let task = "read the reject file";
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(&path).or_cannot_at(task, &path)?;
    let header = reader.headers().or_cannot_at(task, &path)?.clone();
    let column = |name: &str| {
        header.iter().position(|one| one == name).ok_or_else(|| {
            Error::new("the reject file was saved in another form")
                .at(&path)
                .hint("correct the row there, in its column raw_text, then run `ingot replay`")
        })
    };
    let (of_file, of_row, of_text) = (column("file")?, column("row_number")?, column("raw_text")?);
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record(&header).or_cannot_at(task, &path)?;
    let mut is_found = false;
    for record in reader.records() {
        let record = record.or_cannot_at(task, &path)?;
        let is_it = record.get(of_file) == Some(file)
            && record.get(of_row).and_then(|number| number.parse().ok()) == Some(row);
        is_found |= is_it;
        let cell = |(at, cell)| if is_it && at == of_text { text } else { cell };
        lines.write_record(record.iter().enumerate().map(cell)).or_cannot_at(task, &path)?;
    }
    if !is_found {
        return Err(Error::new(format!("row {row} of {file} is not in the reject file"))
            .at(&path)
            .hint("it was replayed, or the file has no room for it: list it with `ingot bronze rejects`"));
    }
    let bytes = lines.into_inner().map_err(|error| error.into_error()).or_cannot_at(task, &path)?;
    let beside = path.with_extension("csv.corrected");
    std::fs::write(&beside, bytes).or_cannot_at("write the file", &beside)?;
    std::fs::rename(&beside, &path).or_cannot_at("replace the file", &path)
}

//! Files in the raw folder that belong to no feed.

use crate::options::LoadOptions;
use ingot_contract::{Contract, Format, RawFile};
use ingot_core::report::Reporter;
use std::collections::HashSet;

/// Warns of files in the raw folder where no contract looks for them: they are not loaded, and that should not go
/// unnoticed. Names that begin with `.` or `_`, a README and `samples/` are not data.
pub(crate) fn warn_of_unknown_files(
    contracts: &[Contract],
    feeds: &[(&Contract, Vec<RawFile>)],
    options: &LoadOptions,
    reporter: &dyn Reporter,
) {
    let known: HashSet<&str> =
        feeds.iter().flat_map(|(_, files)| files).map(|file| file.relative.as_str()).collect();
    let tables: Vec<&str> = contracts
        .iter()
        .filter(|contract| contract.raw.format == Format::Delta)
        .map(|contract| contract.raw.path.as_str())
        .collect();
    let not_data = |name: &str| name.starts_with(['.', '_']) || name == "samples" || name == "README.md";
    let mut unknown: Vec<String> = walkdir::WalkDir::new(&options.raw)
        .min_depth(1)
        .into_iter()
        .filter_entry(|entry| !entry.file_name().to_str().is_some_and(not_data))
        .flatten()
        .filter(|entry| !entry.file_type().is_dir())
        .filter_map(|entry| {
            let inside = entry.path().strip_prefix(&options.raw).ok()?;
            let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            Some(parts.join("/"))
        })
        .filter(|file| !known.contains(file.as_str()))
        .filter(|file| {
            !tables.iter().any(|table| file.strip_prefix(table).is_some_and(|rest| rest.starts_with('/')))
        })
        .collect();
    unknown.sort();
    let Some(first) = unknown.first() else { return };
    let raw = options.raw.display();
    reporter.warn(match unknown.len() {
        1 => format!("a file in {raw} is where no contract looks for data, so it is not loaded: {first}; `ingot contract infer` drafts a contract for it, or says why it cannot"),
        many => {
            format!("{many} files in {raw} are where no contract looks for data, so they are not loaded: {first}, ...; `ingot contract infer` drafts contracts for them, or says why it cannot")
        }
    });
}

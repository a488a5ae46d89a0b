//! Manifests on disk. They are written beside their place and renamed, so that a reader finds a whole one.

use super::publication::Publication;
use ingot_core::error::{Context, Result};
use ingot_core::fs::put_in_place;
use std::path::Path;

pub(crate) fn read(file: &Path) -> Result<Publication> {
    let bytes = std::fs::read(file).or_cannot_at("read the manifest", file)?;
    serde_json::from_slice(&bytes).or_cannot_at("understand the manifest", file)
}

pub(super) fn write(publication: &Publication, file: &Path) -> Result<()> {
    let mut text = serde_json::to_string_pretty(publication).or_cannot_at("write the manifest", file)?;
    text.push('\n');
    let beside = file.with_extension("json.inprogress");
    std::fs::write(&beside, text).or_cannot_at("write the manifest", &beside)?;
    put_in_place(&beside, file, file.parent().unwrap_or(file))
}

//! Packages as archives: `.tar.gz`.

use ingot_core::error::{Context, Error, Result};
use std::path::{Path, PathBuf};

/// Unpacks an archive below `folder`, and gives the one folder that is in it. Nothing is written elsewhere, whatever
/// the archive says.
///
/// # Errors
/// It is damaged, or has not exactly one folder at its top.
pub(crate) fn unpack(content: &[u8], folder: &Path, shown: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(content));
    archive.unpack(folder).map_err(|error| {
        Error::new(format!("the package at {shown} cannot be unpacked"))
            .caused_by(error)
            .hint("it must be an archive in the format .tar.gz; if it is, download it again")
    })?;
    let mut tops = Vec::new();
    for entry in std::fs::read_dir(folder).or_cannot_at("list the folder", folder)? {
        tops.push(entry.or_cannot_at("list the folder", folder)?.path());
    }
    match tops.as_slice() {
        [top] if top.is_dir() && !top.is_symlink() => Ok(top.clone()),
        _ => Err(Error::new(format!("the package at {shown} has not exactly one folder at its top"))
            .in_dbts_words(format!("Incorrect structure for package extracted from {shown}."))
            .hint("pack the folder of the project, and not the files in it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            // A path that leads elsewhere is refused by the safe way to set it.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            archive.append(&header, text.as_bytes()).unwrap();
        }
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(&archive.into_inner().unwrap()).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn an_archive_writes_nothing_beside_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("deep/in");
        let content = packed(&[("tools/dbt_project.yml", "name: tools\n"), ("../../outside.txt", "x")]);
        let top = unpack(&content, &folder, "here").unwrap();
        assert_eq!(std::fs::read_to_string(top.join("dbt_project.yml")).unwrap(), "name: tools\n");
        assert!(!root.path().join("outside.txt").exists());
    }

    #[test]
    fn what_is_not_a_package_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let two = packed(&[("a/x", "1"), ("b/x", "1")]);
        let error = unpack(&two, &root.path().join("two"), "here").unwrap_err();
        assert!(error.message().contains("exactly one folder"), "{error}");
        let error = unpack(b"<html>", &root.path().join("page"), "here").unwrap_err();
        assert!(error.message().contains("cannot be unpacked"), "{error}");
        let mut damaged = packed(&[("a/x", &"text ".repeat(2000))]);
        damaged.truncate(damaged.len() / 2);
        assert!(unpack(&damaged, &root.path().join("damaged"), "here").is_err());
    }
}

//! Writes all pages: into a folder, or into one file.

use super::site::Site;
use crate::show::escaped;
use ingot_core::error::{Context as _, Error, Result};
use rayon::prelude::*;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// As what the pages are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteForm {
    /// A folder, whose first page is `index.html`.
    Folder(PathBuf),
    /// One file with everything in it.
    OneFile(PathBuf),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file to open.
    pub first: PathBuf,
    pub pages: usize,
    pub bytes: u64,
}

/// The file that says that a folder holds pages of ours, and may be written again.
const MARK: &str = "ingot-docs";
/// Files beside the pages.
const ASSETS: [&str; 4] = ["style.css", "script.js", "graph.js", "search.js"];

/// Writes the pages. Pages of before that are no longer there are removed; a folder with anything else in it is refused.
///
/// # Errors
/// The folder holds what ingot has not written, or cannot be written.
pub fn write_site(site: &Site, form: &SiteForm) -> Result<Written> {
    match form {
        SiteForm::Folder(folder) => write_folder(site, folder),
        SiteForm::OneFile(file) => write_one_file(site, file),
    }
}

fn write_folder(site: &Site, folder: &Path) -> Result<Written> {
    let mark = folder.join("assets").join(MARK);
    let is_used = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if is_used && !mark.is_file() {
        return Err(Error::new("the folder holds files that `ingot docs` did not write")
            .at(folder)
            .hint("name an empty folder with --out, or remove this one"));
    }
    let before = written_before(&mark);
    let mut files: Vec<String> = site.paths().map(str::to_owned).collect();
    let pages = files.len();
    files.extend(ASSETS.iter().map(|name| format!("assets/{name}")));
    let folders: HashSet<&str> =
        files.iter().filter_map(|file| file.rsplit_once('/').map(|(folder, _)| folder)).collect();
    for sub in std::iter::once("").chain(folders) {
        let path = folder.join(sub);
        std::fs::create_dir_all(&path).or_cannot_at("create the folder", &path)?;
    }
    // The mark first: a folder of a killed run can be written again.
    let list = |names: &[String]| names.iter().fold(String::new(), |text, name| text + name + "\n");
    let all: Vec<String> = before.iter().chain(&files).cloned().collect::<HashSet<_>>().into_iter().collect();
    std::fs::write(&mark, list(&all)).or_cannot_at("write the file", &mark)?;
    let sizes: Vec<u64> = files
        .par_iter()
        .map(|name| {
            let text = match name.strip_prefix("assets/") {
                Some(asset) => site.asset(asset),
                None => site.page(name)?,
            };
            let text = text.unwrap_or_default();
            let path = folder.join(name);
            std::fs::write(&path, &text).or_cannot_at("write the file", &path)?;
            Ok(text.len() as u64)
        })
        .collect::<Result<_>>()?;
    let now: HashSet<&String> = files.iter().collect();
    for old in before.iter().filter(|old| !now.contains(old)) {
        // Somebody may have removed it already.
        let _ = std::fs::remove_file(folder.join(old));
    }
    files.sort();
    std::fs::write(&mark, list(&files)).or_cannot_at("write the file", &mark)?;
    Ok(Written { first: folder.join("index.html"), pages, bytes: sizes.iter().sum() })
}

/// The files that the last run wrote; only names of pages and assets count.
fn written_before(mark: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(mark).unwrap_or_default();
    let is_ours = |line: &&str| {
        let ends = line.ends_with(".html") || line.ends_with(".js") || line.ends_with(".css");
        ends && !line.contains("..") && !line.starts_with('/') && !line.contains('\\')
    };
    text.lines().filter(is_ours).map(str::to_owned).collect()
}

fn write_one_file(site: &Site, file: &Path) -> Result<Written> {
    let paths: Vec<&str> = site.paths().collect();
    let bodies: Vec<(String, String)> =
        paths.par_iter().map(|path| site.body(path)).collect::<Result<_>>()?;
    let asset = |name: &str| site.asset(name).unwrap_or_default();
    let mut text = site.shell(&bodies[0].0, &asset("style.css"), &asset("script.js"))?;
    for (path, (body, title)) in paths.iter().zip(&bodies) {
        let _ = writeln!(
            text,
            "<template data-page=\"{}\" data-title=\"{}\">{body}</template>",
            escaped(path),
            escaped(title)
        );
    }
    let _ = writeln!(text, "<script>{}{}</script>\n</body>\n</html>", asset("graph.js"), asset("search.js"));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).or_cannot_at("create the folder", folder)?;
    }
    std::fs::write(file, &text).or_cannot_at("write the file", file)?;
    Ok(Written { first: file.to_path_buf(), pages: paths.len(), bytes: text.len() as u64 })
}

/// A page that only leads to another one, for those who look where that is not.
///
/// # Errors
/// The file cannot be written.
pub fn forward(file: &Path, to: &str) -> Result<()> {
    let to = escaped(to);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Pages</title>\
         <meta http-equiv=\"refresh\" content=\"0; url={to}\"></head><body><p><a href=\"{to}\">The pages</a></p></body></html>\n"
    );
    std::fs::write(file, page).or_cannot_at("write the file", file)
}

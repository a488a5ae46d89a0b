//! What the documentation refers to exists: links, headings, and paths of the repository.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown page that people read: at the root, in docs, and beside the data.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [".", "docs", "data_raw", "lake", "duckdb"] {
        let depth = if folder == "docs" { usize::MAX } else { 1 };
        for entry in walkdir::WalkDir::new(root().join(folder)).max_depth(depth) {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 15, "only {} pages were found", found.len());
    found
}

fn text(page: &Path) -> String {
    std::fs::read_to_string(page).unwrap()
}

/// The text without code blocks.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The anchors of a page, as GitHub makes them from its headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for heading in prose(text).lines().filter(|line| line.starts_with('#')) {
        let anchor: String = heading
            .trim_start_matches('#')
            .trim()
            .to_lowercase()
            .chars()
            .filter(|char| char.is_alphanumeric() || [' ', '-', '_'].contains(char))
            .map(|char| if char == ' ' { '-' } else { char })
            .collect();
        let count = seen.entry(anchor.clone()).or_default();
        found.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    found
}

#[test]
fn every_link_leads_to_a_page_and_its_heading() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for page in pages() {
        for found in link.captures_iter(&prose(&text(&page))) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let exists = path.exists() && (anchor.is_empty() || anchors(&text(&path)).contains(anchor));
            if !exists {
                broken.push(format!("{}: {target}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere: {broken:#?}");
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let contents = text(&root().join("docs/README.md"));
    for page in pages() {
        let Ok(relative) = page.strip_prefix(root().join("docs")) else { continue };
        let name = relative.to_string_lossy().replace('\\', "/");
        assert!(name == "README.md" || contents.contains(&format!("({name})")), "{name} is not listed");
    }
}

#[test]
fn every_path_that_the_docs_name_exists() {
    let path = Regex::new(
        r"`((?:\.ci|\.github|analyses|benches|crates|docs|macros|models|schemas|snapshots|src|tests)/[\w./-]+)`",
    )
    .unwrap();
    let mut missing = Vec::new();
    for page in pages() {
        for found in path.captures_iter(&text(&page)) {
            // These are folders of a reader's own project.
            let own = ["tests/fixtures", "models/sales", "models/sales/_sales.yml"].contains(&&found[1]);
            if !own && !root().join(&found[1]).exists() {
                missing.push(format!("{}: {}", page.strip_prefix(root()).unwrap().display(), &found[1]));
            }
        }
    }
    assert!(missing.is_empty(), "the docs name what is not there: {missing:#?}");
}

#[test]
fn every_page_that_the_sources_name_exists() {
    let page = Regex::new(r"docs/[\w/-]+\.md").unwrap();
    let mut missing = Vec::new();
    for folder in ["src", "crates", "tests"] {
        for entry in walkdir::WalkDir::new(root().join(folder)) {
            let file = entry.unwrap().into_path();
            if file
                .extension()
                .is_none_or(|extension| !["rs", "py", "sh", "toml"].iter().any(|one| extension == *one))
            {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            for found in page.find_iter(&text) {
                if !root().join(found.as_str()).exists() {
                    missing.push(format!("{}: {}", file.display(), found.as_str()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "the sources name pages that are not there: {missing:#?}");
}

#[test]
fn lines_are_wrapped() {
    let mut long = Vec::new();
    for page in pages() {
        let generated = page.ends_with("docs/reference/cli.md");
        for (index, line) in text(&page).lines().enumerate() {
            if !generated && !line.starts_with('|') && line.chars().count() > 120 {
                long.push(format!("{}:{}", page.strip_prefix(root()).unwrap().display(), index + 1));
            }
        }
    }
    assert!(long.is_empty(), "these lines are longer than 120 columns: {long:#?}");
}

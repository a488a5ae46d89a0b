//! No file needs itself by way of others: a drawing of all imports has no circle, with the unit tests and without.

use super::graph::Graph;
use super::modules::Crate;
use std::path::{Path, PathBuf};

/// The drawing of a crate, whose files are shown relative to `base`.
fn draw(graph: &mut Graph, root: &Path, base: &Path, tests: bool) -> usize {
    let read = Crate::read(root, tests);
    read.draw(graph, |file| file.strip_prefix(base).unwrap().to_owned());
    read.files().len()
}

/// The drawing of `src/` and `crates/*/src`, and the number of files in it.
fn draw_workspace(tests: bool) -> (Graph, usize) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots = vec![base.join("src/lib.rs")];
    for entry in std::fs::read_dir(base.join("crates")).unwrap() {
        roots.push(entry.unwrap().path().join("src/lib.rs"));
    }
    let mut graph = Graph::default();
    let files = roots.iter().map(|root| draw(&mut graph, root, base, tests)).sum();
    (graph, files)
}

#[test]
fn no_file_needs_itself_by_way_of_others() {
    for tests in [false, true] {
        let (graph, files) = draw_workspace(tests);
        // Were nothing read, nothing would be found.
        assert!(
            files > 250 && graph.arrows() > 600,
            "only {files} files, {} arrows were read",
            graph.arrows()
        );
        let circles: Vec<String> =
            graph.circles().iter().map(|circle| graph.describe(circle).to_string()).collect();
        assert!(circles.is_empty(), "{}", circles.join("\n"));
    }
}

/// A crate of a few files, and the arrows between them as `from>to`.
fn fixture(files: &[(&str, &str)], tests: bool) -> (Graph, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut graph = Graph::default();
    draw(&mut graph, &folder.path().join("lib.rs"), folder.path(), tests);
    let mut arrows = Vec::new();
    for (from, _) in files {
        for (to, _) in files {
            if graph.has(Path::new(from), Path::new(to)) {
                arrows.push(format!("{from}>{to}"));
            }
        }
    }
    (graph, arrows)
}

#[test]
fn a_circle_would_be_seen() {
    // `a` needs `b` through a re-export of `b`'s parent; `b` needs `a` in a macro's call.
    let (graph, arrows) = fixture(
        &[
            ("lib.rs", "mod a; mod deep; pub use a::first;"),
            ("a.rs", "use crate::deep::Inner; pub fn first(_: Inner) {}"),
            ("deep/mod.rs", "mod b; pub use b::Inner;"),
            ("deep/b.rs", "pub struct Inner; fn x() { assert!(crate::first(Inner) == ()); }"),
        ],
        false,
    );
    assert_eq!(arrows, ["a.rs>deep/b.rs", "deep/b.rs>a.rs"]);
    let circles = graph.circles();
    assert_eq!(circles.len(), 1);
    assert_eq!(circles[0].iter().collect::<Vec<&PathBuf>>(), [Path::new("a.rs"), Path::new("deep/b.rs")]);
    let told = graph.describe(&circles[0]);
    assert!(told.contains("a.rs -> deep/b.rs: Inner") && told.contains("deep/b.rs -> a.rs: first"), "{told}");
}

#[test]
fn names_are_followed_to_the_file_that_defines_them() {
    let files = [
        ("lib.rs", "mod a; mod b; mod run; pub use run::run; fn main() { b::helper(); }"),
        // An alias, a group with `self`, a name that is a module and a function, and a module's name alone.
        (
            "a.rs",
            "use crate::b::{self as other, Kind}; use super::run; fn f() { other::helper(); run(); Kind::One; }",
        ),
        (
            "b.rs",
            "pub enum Kind { One } pub fn helper() {} #[cfg(test)] mod tests { use super::*; use crate::a; fn t() { a::f(); helper(); } }",
        ),
        ("run.rs", "use serde::Kind; pub fn run() -> Kind { std::process::exit(0) }"),
    ];
    assert_eq!(fixture(&files, false).1, ["lib.rs>b.rs", "a.rs>b.rs", "a.rs>run.rs"]);
    // Tests count where they are asked for.
    let (graph, arrows) = fixture(&files, true);
    assert_eq!(arrows, ["lib.rs>b.rs", "a.rs>b.rs", "a.rs>run.rs", "b.rs>a.rs"]);
    assert_eq!(graph.circles().len(), 1);
}

#[test]
fn what_a_parent_merely_hands_on_is_no_arrow() {
    let (graph, arrows) = fixture(
        &[
            ("lib.rs", "pub mod parts;"),
            // The parent uses what it hands on, so this is an arrow; the other is none.
            ("parts/mod.rs", "mod one; mod two; pub use one::One; pub use two::Two; pub struct Both(One);"),
            ("parts/one.rs", "pub struct One;"),
            ("parts/two.rs", "use super::{Both, One}; pub struct Two(Both, One);"),
        ],
        false,
    );
    assert_eq!(
        arrows,
        ["parts/mod.rs>parts/one.rs", "parts/two.rs>parts/mod.rs", "parts/two.rs>parts/one.rs"]
    );
    assert!(graph.circles().is_empty());
}

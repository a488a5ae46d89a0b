//! Which pages there are, by their addresses, and how each is made.

use super::graph_data::{KINDS, graph_script};
use super::index_page::index_page;
use super::lists;
use super::owners_page::owners;
use super::search_index::search_script;
use super::templates::Templates;
use crate::facts::{ContractFacts, Facts, NodeFacts, NodeLink, TestFacts};
use ingot_core::error::Result;
use minijinja::{Value, context};
use serde::Serialize;
use std::collections::HashMap;

/// What a page is about. Numbers are indexes into [`Facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Overview,
    Tables,
    Node(usize),
    Lineage,
    Contracts,
    Contract(usize),
    Tests,
    Rejects,
    Runs,
    Run(usize),
    Quality,
    Metrics,
    Reports,
    Owners,
    Macros,
    Macro(usize),
    /// What goes on now; only in `ingot ui`.
    Now,
    /// A box for SQL; only in `ingot ui`.
    Sql,
    /// Where a value came from; only in `ingot ui`.
    Why,
}

/// An entry of the list of pages on the left.
#[derive(Debug, Clone, Serialize)]
struct NavItem {
    label: &'static str,
    page: &'static str,
    count: Option<usize>,
    /// Whether a group of entries begins here.
    begins: bool,
}

/// All pages about a project.
pub struct Site {
    facts: Facts,
    templates: Templates,
    nav: Vec<NavItem>,
    pages: Vec<(String, About)>,
    by_path: HashMap<String, usize>,
    /// The token of `ingot ui`, with which its pages may change something. Empty on disk.
    token: String,
}

/// Tests that are listed on one page: browsers take seconds for tables of many thousand rows.
const TESTS: usize = 1000;

/// How links are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// Relative to the page's own file.
    Files,
    /// Within one file, behind `#/`.
    OneFile,
}

impl Site {
    /// # Errors
    /// A template is broken, which the tests exclude.
    pub fn new(facts: Facts) -> Result<Self> {
        let mut pages: Vec<(String, About)> = [
            ("index.html", About::Overview),
            ("tables.html", About::Tables),
            ("lineage.html", About::Lineage),
            ("contracts.html", About::Contracts),
            ("tests.html", About::Tests),
            ("quality.html", About::Quality),
            ("rejects.html", About::Rejects),
            ("runs.html", About::Runs),
            ("metrics.html", About::Metrics),
            ("reports.html", About::Reports),
            ("owners.html", About::Owners),
            ("macros.html", About::Macros),
        ]
        .map(|(path, about)| (path.to_owned(), about))
        .into();
        let nodes = facts.nodes.iter().enumerate().filter(|(_, one)| !one.is_elsewhere);
        pages.extend(nodes.map(|(at, one)| (one.page.clone(), About::Node(at))));
        pages.extend(
            facts.contracts.iter().enumerate().map(|(at, one)| (one.page.clone(), About::Contract(at))),
        );
        pages.extend(facts.runs.iter().enumerate().map(|(at, one)| (one.page.clone(), About::Run(at))));
        pages.extend(facts.macros.iter().enumerate().map(|(at, one)| (one.page.clone(), About::Macro(at))));
        let nav = nav(&facts);
        let site = Self {
            templates: Templates::new()?,
            nav,
            pages: Vec::new(),
            by_path: HashMap::new(),
            facts,
            token: String::new(),
        };
        Ok(site.with_pages(pages))
    }

    /// The same pages for `ingot ui`, with those that only it has.
    #[must_use]
    pub(crate) fn for_ui(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        let item = |label, page, begins| NavItem { label, page, count: None, begins };
        self.nav.extend([
            item("Now", "now.html", true),
            item("SQL", "sql.html", false),
            item("Why", "why.html", false),
        ]);
        let own = [("now.html", About::Now), ("sql.html", About::Sql), ("why.html", About::Why)];
        self.with_pages(own.map(|(path, about)| (path.to_owned(), about)).into())
    }

    fn with_pages(mut self, pages: Vec<(String, About)>) -> Self {
        self.pages.extend(pages);
        self.by_path = self.pages.iter().enumerate().map(|(at, (path, _))| (path.clone(), at)).collect();
        self
    }

    /// Addresses of all pages, the first page first.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.pages.iter().map(|(path, _)| path.as_str())
    }

    /// The page at an address; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be made, which the tests exclude.
    pub fn page(&self, path: &str) -> Result<Option<String>> {
        match self.by_path.get(path) {
            Some(at) => self.render(&self.pages[*at], Links::Files).map(Some),
            None => Ok(None),
        }
    }

    /// The body of a page of one file, and its title.
    pub(super) fn body(&self, path: &str) -> Result<(String, String)> {
        let page = &self.pages[self.by_path[path]];
        Ok((self.render(page, Links::OneFile)?, self.title(page.1)))
    }

    /// One file with all of these pages, of which the first is shown.
    pub(super) fn shell(&self, body: &str, style: &str, script: &str) -> Result<String> {
        let context = context! { body => body, style => style, script => script };
        self.templates
            .render("single.html", context! { ..context, ..self.frame("index.html", Links::OneFile) })
    }

    /// Files beside the pages, by their names in the folder `assets`.
    pub fn asset(&self, name: &str) -> Option<String> {
        Some(match name {
            "style.css" => include_str!("../../assets/style.css").to_owned(),
            "live.js" if !self.token.is_empty() => include_str!("../../assets/live.js").to_owned(),
            "script.js" => include_str!("../../assets/script.js").to_owned(),
            "graph.js" => graph_script(&self.facts),
            "search.js" => search_script(&self.facts),
            _ => return None,
        })
    }

    fn title(&self, about: About) -> String {
        match about {
            About::Node(at) => self.facts.nodes[at].label.clone(),
            About::Contract(at) => format!("Contract of {}", self.facts.contracts[at].name),
            About::Run(at) => self.facts.runs[at].command.clone(),
            About::Macro(at) => format!("Macro {}", self.facts.macros[at].name),
            About::Overview => "Overview".to_owned(),
            About::Tables => "Tables".to_owned(),
            About::Lineage => "Lineage".to_owned(),
            About::Contracts => "Contracts".to_owned(),
            About::Tests => "Tests".to_owned(),
            About::Rejects => "Rejects".to_owned(),
            About::Runs => "Runs".to_owned(),
            About::Quality => "Quality".to_owned(),
            About::Metrics => "Metrics".to_owned(),
            About::Reports => "Reports".to_owned(),
            About::Owners => "Owners".to_owned(),
            About::Macros => "Macros".to_owned(),
            About::Now => "Now".to_owned(),
            About::Sql => "SQL".to_owned(),
            About::Why => "Where a value came from".to_owned(),
        }
    }

    /// What every page shows around itself.
    fn frame(&self, path: &str, links: Links) -> Value {
        let (root, layout) = match links {
            Links::OneFile => ("#/", "bare.html"),
            Links::Files if path.contains('/') => ("../", "base.html"),
            Links::Files => ("", "base.html"),
        };
        context! {
            root => root, layout => layout, here => path, live => !self.token.is_empty(), token => self.token,
            o => Value::from_serialize(&self.facts.overview), nav => Value::from_serialize(&self.nav),
        }
    }

    fn render(&self, (path, about): &(String, About), links: Links) -> Result<String> {
        let facts = &self.facts;
        let (template, own) = match about {
            About::Overview => ("overview.html", index_page(facts)),
            About::Tables => ("tables.html", context! { groups => lists::tables(facts) }),
            About::Node(at) => {
                let node = &facts.nodes[*at];
                let tests: Vec<&TestFacts> = node.tests.iter().map(|test| &facts.tests[*test]).collect();
                (
                    "node.html",
                    context! { n => Value::from_serialize(node), at => at, tests => Value::from_serialize(&tests) },
                )
            }
            About::Lineage => {
                ("lineage.html", context! { kinds => self.kinds(), unresolved => self.unresolved() })
            }
            About::Contracts => {
                ("contracts.html", context! { contracts => Value::from_serialize(&facts.contracts) })
            }
            About::Contract(at) => {
                ("contract.html", context! { c => Value::from_serialize(&facts.contracts[*at]) })
            }
            About::Tests => {
                let mut tests: Vec<&TestFacts> = facts.tests.iter().collect();
                let order = |tone: &str| ["bad", "warn", "idle", "good"].iter().position(|one| *one == tone);
                tests.sort_by(|a, b| {
                    (order(a.tone), &a.table, &a.column, &a.test).cmp(&(
                        order(b.tone),
                        &b.table,
                        &b.column,
                        &b.test,
                    ))
                });
                let count = tests.len();
                tests.truncate(TESTS);
                ("tests.html", context! { tests => Value::from_serialize(&tests), count => count })
            }
            About::Rejects => (
                "rejects.html",
                context! { r => Value::from_serialize(&facts.rejects), feeds => self.feeds() },
            ),
            About::Runs => ("runs.html", context! { runs => Value::from_serialize(&facts.runs) }),
            About::Run(at) => ("run.html", context! { run => Value::from_serialize(&facts.runs[*at]) }),
            About::Quality => ("quality.html", context! { q => Value::from_serialize(&facts.quality) }),
            About::Metrics => ("metrics.html", context! { groups => lists::metrics(facts) }),
            About::Reports => ("reports.html", context! { groups => lists::reports(facts) }),
            About::Owners => ("owners.html", context! { owners => owners(facts) }),
            About::Macros => (
                "macros.html",
                context! { macros => Value::from_serialize(&facts.macros), functions => lists::functions(facts) },
            ),
            About::Macro(at) => ("macro.html", context! { m => Value::from_serialize(&facts.macros[*at]) }),
            About::Now => ("now.html", context! {}),
            About::Sql => ("sql.html", context! {}),
            About::Why => ("why.html", context! {}),
        };
        self.templates.render(template, context! { ..own, ..self.frame(path, links) })
    }

    fn kinds(&self) -> Vec<&'static str> {
        KINDS.into_iter().filter(|kind| self.facts.nodes.iter().any(|node| node.kind == *kind)).collect()
    }

    /// Feeds with open rejects.
    fn feeds(&self) -> Vec<&str> {
        let open = |one: &&ContractFacts| one.status.as_ref().is_some_and(|status| status.open_rejects > 0);
        self.facts.contracts.iter().filter(open).map(|one| one.name.as_str()).collect()
    }

    fn unresolved(&self) -> Vec<NodeLink> {
        let mut found = Vec::new();
        for node in &self.facts.nodes {
            let columns = node.columns.iter().filter(|column| column.unresolved);
            found.extend(columns.map(|column| NodeLink {
                label: format!("{}.{}", node.label, column.name),
                kind: node.kind,
                page: node.page.clone(),
            }));
        }
        found
    }
}

fn nav(facts: &Facts) -> Vec<NavItem> {
    let count = |belongs: fn(&NodeFacts) -> bool| facts.nodes.iter().filter(|node| belongs(node)).count();
    let macros = facts.macros.len() + count(lists::is_function);
    let item = |label, page, count| NavItem { label, page, count, begins: false };
    let begins = |label, page, count| NavItem { label, page, count, begins: true };
    vec![
        item("Overview", "index.html", None),
        item("Tables", "tables.html", Some(count(lists::is_table))),
        item("Lineage", "lineage.html", None),
        item("Contracts", "contracts.html", Some(facts.contracts.len())),
        begins("Tests", "tests.html", Some(facts.tests.len())),
        item("Quality", "quality.html", None),
        item("Rejects", "rejects.html", usize::try_from(facts.rejects.total).ok()),
        item("Runs", "runs.html", None),
        begins("Metrics", "metrics.html", Some(count(lists::is_metric))),
        item("Reports", "reports.html", Some(count(lists::is_report))),
        item("Owners", "owners.html", None),
        item("Macros", "macros.html", Some(macros)),
    ]
}

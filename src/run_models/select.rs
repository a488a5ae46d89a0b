//! dbt's selection syntax: `--select "+tag:daily,path:models/gold my_model+2 @x"`.
//!
//! Words (and several `--select`) are united, commas intersect, `+` takes neighbours along.

use super::graph::Graph;
use super::nodes::{Node, ResourceType};
use super::yaml_values::{python_str, scalar_text, strings};
use crate::error::{Error, Result, nearest};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// One word without commas: `2+method.with.parts:value+3`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Criterion {
    /// `@`: children, and all that those children need.
    closed: bool,
    /// `Some(None)`: all ancestors; `Some(Some(2))`: two steps.
    parents: Option<Option<usize>>,
    children: Option<Option<usize>>,
    method: String,
    arguments: Vec<String>,
    value: String,
}

const METHODS: &[&str] = &[
    "fqn",
    "tag",
    "group",
    "access",
    "source",
    "path",
    "file",
    "package",
    "config",
    "resource_type",
    "test_name",
    "test_type",
    "version",
];
const LATER_METHODS: &[&str] = &[
    "state",
    "result",
    "exposure",
    "metric",
    "semantic_model",
    "saved_query",
    "source_status",
    "unit_test",
    "selector",
];

/// How tests come along with what they test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndirectSelection {
    /// A test runs if any of the nodes it touches is selected.
    #[default]
    Eager,
    /// … if all of them are.
    Cautious,
    /// … if all of them are selected, or needed by what is selected.
    Buildable,
    /// Only tests that are selected themselves.
    Empty,
}

/// What there is to choose from.
pub struct Selector<'a> {
    pub nodes: &'a [Node],
    pub graph: &'a Graph,
    pub indirect: IndirectSelection,
    pub root_package: &'a str,
}

impl Selector<'_> {
    /// The chosen indexes into `nodes`, in their order. With no `select`, everything.
    pub fn choose(&self, select: &[String], exclude: &[String]) -> Result<BTreeSet<usize>> {
        let words = |texts: &[String]| -> Vec<String> {
            texts.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
        };
        let (select, exclude) = (words(select), words(exclude));
        let mut chosen =
            if select.is_empty() { (0..self.nodes.len()).collect() } else { self.union(&select)? };
        if !exclude.is_empty() {
            let out = self.union(&exclude)?;
            chosen.retain(|node| !out.contains(node));
        }
        Ok(chosen)
    }

    fn union(&self, words: &[String]) -> Result<BTreeSet<usize>> {
        let mut out = BTreeSet::new();
        for word in words {
            let mut both: Option<BTreeSet<usize>> = None;
            for part in word.split(',').filter(|part| !part.is_empty()) {
                let found = self.with_tests(self.one(&parse(part)?)?);
                both = Some(match both {
                    None => found,
                    Some(others) => others.intersection(&found).copied().collect(),
                });
            }
            out.extend(both.unwrap_or_default());
        }
        Ok(out)
    }

    /// What the criterion matches, and the neighbours it asks for.
    fn one(&self, criterion: &Criterion) -> Result<BTreeSet<usize>> {
        let mut out: BTreeSet<usize> = BTreeSet::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if self.matches(criterion, node)? {
                out.insert(index);
            }
        }
        let matched: Vec<usize> = out.iter().copied().collect();
        for &node in &matched {
            if let Some(depth) = criterion.parents {
                out.extend(self.graph.ancestors(node, depth));
            }
            if let Some(depth) = criterion.children {
                out.extend(self.graph.descendants(node, depth));
            }
            if criterion.closed {
                let children = self.graph.descendants(node, None);
                for &child in &children {
                    out.extend(self.graph.ancestors(child, None));
                }
                out.extend(self.graph.ancestors(node, None));
                out.extend(children);
            }
        }
        Ok(out)
    }

    fn with_tests(&self, mut chosen: BTreeSet<usize>) -> BTreeSet<usize> {
        if self.indirect == IndirectSelection::Empty {
            return chosen;
        }
        let allowed: BTreeSet<usize> = match self.indirect {
            IndirectSelection::Buildable => {
                let mut all = chosen.clone();
                for &node in &chosen {
                    all.extend(self.graph.ancestors(node, None));
                }
                all
            }
            _ => chosen.clone(),
        };
        let mut tests = Vec::new();
        for &node in &chosen {
            for &child in &self.graph.children[node] {
                let kind = self.nodes[child].resource_type;
                let comes_along = matches!(kind, ResourceType::Test | ResourceType::UnitTest)
                    && (self.indirect == IndirectSelection::Eager
                        || self.graph.parents[child].iter().all(|parent| allowed.contains(parent)));
                if comes_along {
                    tests.push(child);
                }
            }
        }
        chosen.extend(tests);
        chosen
    }

    fn matches(&self, criterion: &Criterion, node: &Node) -> Result<bool> {
        let value = criterion.value.as_str();
        let is_source = node.resource_type == ResourceType::Source;
        Ok(match criterion.method.as_str() {
            "fqn" => !is_source && fqn_matches(node, value),
            "tag" => node.tags().iter().any(|tag| wildcard(value, tag)),
            "group" => node.group().is_some_and(|group| wildcard(value, &group)),
            "access" => {
                node.resource_type == ResourceType::Model
                    && node.config.get("access").and_then(Json::as_str).is_some_and(|access| access == value)
            }
            "source" => {
                node.source.as_ref().is_some_and(|source| source_matches(node, &source.source_name, value))
            }
            "path" => path_matches(&node.original_file_path, value),
            "file" => {
                let name = node.original_file_path.rsplit('/').next().unwrap_or_default();
                let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                wildcard(value, name) || wildcard(value, stem)
            }
            "package" => {
                let wanted = if value == "this" { self.root_package } else { value };
                wildcard(wanted, &node.package_name)
            }
            "config" => config_matches(node, &criterion.arguments, value),
            "resource_type" => node.resource_type.name() == value,
            "test_name" => node.generic_test.as_ref().is_some_and(|test| wildcard(value, &test.name)),
            "test_type" => {
                let is_unit = node.resource_type == ResourceType::UnitTest;
                (is_unit && value == "unit")
                    || node.resource_type == ResourceType::Test
                        && match value {
                            "generic" | "schema" => node.generic_test.is_some(),
                            "singular" => node.generic_test.is_none(),
                            "data" => true,
                            _ => false,
                        }
            }
            "unit_test" => node.resource_type == ResourceType::UnitTest && wildcard(value, &node.name),
            "version" => match (value, &node.version) {
                ("none", version) => node.resource_type == ResourceType::Model && version.is_none(),
                ("latest", Some(version)) => Some(version) == node.latest_version.as_ref(),
                ("old", Some(version)) => older(version, node.latest_version.as_deref()),
                ("prerelease", Some(version)) => {
                    Some(version) != node.latest_version.as_ref()
                        && !older(version, node.latest_version.as_deref())
                }
                _ => false,
            },
            other => return Err(Error::new(format!("the selection method '{other}:' is not supported"))),
        })
    }
}

fn older(version: &str, latest: Option<&str>) -> bool {
    match (version.parse::<f64>(), latest.map(str::parse::<f64>)) {
        (Ok(version), Some(Ok(latest))) => version < latest,
        _ => latest.is_some_and(|latest| version < latest),
    }
}

fn parse(word: &str) -> Result<Criterion> {
    let mut rest = word;
    let closed = rest.strip_prefix('@').inspect(|after| rest = after).is_some();
    let mut parents = None;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if rest[digits..].starts_with('+') {
        parents = Some(depth(&rest[..digits], word)?);
        rest = &rest[digits + 1..];
    }
    let mut children = None;
    let before = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    if let Some(name) = before.strip_suffix('+') {
        children = Some(depth(&rest[before.len()..], word)?);
        rest = name;
    }
    if closed && children.is_some() {
        return Err(Error::new(format!("'{word}' has both @ at the start and + at the end"))
            .hint("@ includes the children already; leave the + out"));
    }
    let (method, value) = match rest.split_once(':') {
        Some((method, value))
            if !method.is_empty()
                && method.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) =>
        {
            (method.to_owned(), value.to_owned())
        }
        _ => (default_method(rest).to_owned(), rest.to_owned()),
    };
    if value.is_empty() {
        return Err(Error::new(format!("'{word}' selects nothing: a name is missing")));
    }
    let mut parts = method.split('.').map(str::to_owned);
    let method = parts.next().unwrap_or_default();
    if LATER_METHODS.contains(&method.as_str()) {
        return Err(Error::new(format!("the selection method '{method}:' is not supported yet")));
    }
    if !METHODS.contains(&method.as_str()) {
        let error = Error::new(format!("'{method}' is no selection method, in '{word}'"));
        return Err(match nearest(&method, METHODS.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}:'?")),
            None => error.hint(format!("methods: {}", METHODS.join(", "))),
        });
    }
    Ok(Criterion { closed, parents, children, method, arguments: parts.collect(), value })
}

fn depth(digits: &str, word: &str) -> Result<Option<usize>> {
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse().map(Some).map_err(|_| Error::new(format!("'{digits}' in '{word}' is no number of steps")))
}

fn default_method(value: &str) -> &'static str {
    if value.contains('/') || value.contains('\\') {
        "path"
    } else if [".sql", ".csv", ".py"].iter().any(|ending| value.to_ascii_lowercase().ends_with(ending)) {
        "file"
    } else {
        "fqn"
    }
}

fn fqn_matches(node: &Node, value: &str) -> bool {
    is_selected(&node.fqn, value, node.version.is_some())
        || is_selected(node.fqn.get(1..).unwrap_or_default(), value, node.version.is_some())
}

/// Whether the dotted `value` names this node or a folder above it.
fn is_selected(fqn: &[String], value: &str, versioned: bool) -> bool {
    let Some(last) = fqn.last() else { return false };
    let name_matches = if versioned && fqn.len() >= 2 {
        let name = &fqn[fqn.len() - 2];
        wildcard(value, name)
            || wildcard(value, &format!("{name}_{last}"))
            || wildcard(value, &format!("{name}.{last}"))
    } else {
        wildcard(value, last)
    };
    if name_matches {
        return true;
    }
    let flat: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    let wanted: Vec<&str> = value.split('.').collect();
    if flat.len() < wanted.len() {
        return false;
    }
    for (index, part) in wanted.iter().enumerate() {
        // A part with a wildcard answers for all the rest.
        if part.contains(['*', '?', '[']) {
            return wildcard(&wanted[index..].join("."), &flat[index..].join("."));
        }
        if *part != flat[index] {
            return false;
        }
    }
    true
}

fn source_matches(node: &Node, source: &str, value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    match parts.as_slice() {
        [one] => wildcard(one, source),
        [one, table] => wildcard(one, source) && wildcard(table, &node.name),
        [package, one, table] => {
            wildcard(package, &node.package_name) && wildcard(one, source) && wildcard(table, &node.name)
        }
        _ => false,
    }
}

fn path_matches(path: &str, value: &str) -> bool {
    let value = value.trim_start_matches("./").trim_end_matches('/');
    wildcard(value, path)
        || path.strip_prefix(value).is_some_and(|rest| rest.starts_with('/'))
        || path
            .match_indices('/')
            .any(|(at, _)| value.contains(['*', '?', '[']) && wildcard(value, &path[..at]))
}

fn config_matches(node: &Node, keys: &[String], value: &str) -> bool {
    let mut keys = keys.iter();
    let Some(mut found) = keys.next().and_then(|key| node.config.get(key)) else { return false };
    for key in keys {
        match found.get(key) {
            Some(inner) => found = inner,
            None => return false,
        }
    }
    match found {
        Json::Array(_) => strings(Some(found)).iter().any(|item| item == value),
        Json::Object(members) => members.contains_key(value),
        Json::Bool(flag) => value.eq_ignore_ascii_case(&flag.to_string()),
        other => scalar_text(other).unwrap_or_else(|| python_str(other)) == value,
    }
}

/// Shell wildcards: `*`, `?`, `[abc]`; case matters.
fn wildcard(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        return pattern == text;
    }
    let mut builder = globset::GlobBuilder::new(pattern);
    builder.literal_separator(false).backslash_escape(false);
    builder.build().is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

/// The words of `select` that match no node at all, each with a near name if there is one.
pub fn unmatched(selector: &Selector, select: &[String]) -> Result<Vec<(String, Option<String>)>> {
    let mut out = Vec::new();
    for word in select.iter().flat_map(|text| text.split_whitespace()) {
        if selector.union(&[word.to_owned()])?.is_empty() {
            let criterion = parse(word.split(',').next().unwrap_or(word))?;
            let names: HashMap<&str, ()> = selector
                .nodes
                .iter()
                .filter(|node| node.resource_type != ResourceType::Test)
                .map(|node| (node.name.as_str(), ()))
                .collect();
            let near = nearest(&criterion.value, names.into_keys()).map(str::to_owned);
            out.push((word.to_owned(), near));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart() {
        let criterion = parse("2+config.materialized:table+").unwrap();
        assert_eq!(criterion.parents, Some(Some(2)));
        assert_eq!(criterion.children, Some(None));
        assert_eq!((criterion.method.as_str(), criterion.value.as_str()), ("config", "table"));
        assert_eq!(criterion.arguments, ["materialized"]);
        assert_eq!(parse("models/gold").unwrap().method, "path");
        assert_eq!(parse("dim_date.sql").unwrap().method, "file");
        assert_eq!(parse("m2").unwrap().value, "m2");
        assert!(parse("@a").unwrap().closed);
        assert_eq!(parse("tags:a").unwrap_err().hint_text(), Some("did you mean 'tag:'?"));
    }

    #[test]
    fn names_folders_and_wildcards() {
        let fqn: Vec<String> = ["shop", "staging", "erp", "stg_orders"].map(str::to_owned).into();
        for (value, expected) in [
            ("stg_orders", true),
            ("shop.staging", true),
            ("shop", true),
            ("staging", false),
            ("shop.staging.*", true),
            ("stg_*", true),
            ("shop.gold", false),
        ] {
            assert_eq!(is_selected(&fqn, value, false), expected, "{value}");
        }
        assert!(path_matches("models/staging/a.sql", "models/staging/"));
        assert!(path_matches("models/staging/a.sql", "models/*/a.sql"));
        assert!(!path_matches("models/staging2/a.sql", "models/staging"));
    }
}

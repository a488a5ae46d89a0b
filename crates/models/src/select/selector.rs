//! Chooses nodes by a selection.

use crate::graph::dag::Graph;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use crate::select::criterion::{self, Criterion};
use crate::select::indirect::IndirectSelection;
use crate::select::methods::{self, Scope};
use crate::select::spec::Spec;
use ingot_core::error::{Result, nearest};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What a step found: the nodes, and the tests that wait for their other parents.
struct Found {
    direct: BTreeSet<usize>,
    /// `direct` and the waiting tests.
    with_waiting: BTreeSet<usize>,
}

/// What there is to choose from.
pub(crate) struct Selector<'a> {
    pub nodes: &'a [Node],
    pub graph: &'a Graph,
    pub indirect: IndirectSelection,
    pub scope: Scope<'a>,
    unmatched: RefCell<Vec<(String, Option<String>)>>,
}

impl<'a> Selector<'a> {
    pub(crate) fn new(nodes: &'a [Node], graph: &'a Graph, root_package: &'a str) -> Self {
        Self {
            nodes,
            graph,
            indirect: IndirectSelection::default(),
            scope: Scope { root_package, state: None },
            unmatched: RefCell::default(),
        }
    }

    /// What `--select` and `--exclude` say. With no `select`, everything.
    ///
    /// # Errors
    /// A word that is not a selection.
    pub(crate) fn spec(&self, select: &[String], exclude: &[String]) -> Result<Spec> {
        let words = |texts: &[String]| -> Result<Spec> {
            let words: Result<Vec<Spec>> =
                texts.iter().flat_map(|text| text.split_whitespace()).map(|word| self.word(word)).collect();
            Ok(Spec::Union(words?, self.indirect))
        };
        let is_empty = |texts: &[String]| texts.iter().all(|text| text.trim().is_empty());
        let chosen = if is_empty(select) { Spec::Everything } else { words(select)? };
        if is_empty(exclude) {
            return Ok(chosen);
        }
        Ok(Spec::Difference(Box::new(chosen), Box::new(words(exclude)?)))
    }

    fn word(&self, word: &str) -> Result<Spec> {
        let parts: Result<Vec<Spec>> = word
            .split(',')
            .filter(|part| !part.is_empty())
            .map(|part| Ok(Spec::One(criterion::parse(part)?)))
            .collect();
        Ok(Spec::Word(word.to_owned(), Box::new(Spec::Intersection(parts?, self.indirect))))
    }

    /// The chosen indexes into `nodes`, in their order.
    ///
    /// # Errors
    /// A method that cannot be answered, such as `state:` without a state.
    pub(crate) fn choose(&self, spec: &Spec) -> Result<BTreeSet<usize>> {
        Ok(self.find(spec)?.direct)
    }

    /// The words that matched nothing, each with a near name if there is one.
    pub(crate) fn unmatched(&self) -> Vec<(String, Option<String>)> {
        self.unmatched.borrow().clone()
    }

    fn find(&self, spec: &Spec) -> Result<Found> {
        match spec {
            Spec::Everything => {
                let all: BTreeSet<usize> = (0..self.nodes.len()).collect();
                Ok(Found { with_waiting: all.clone(), direct: all })
            }
            Spec::One(criterion) => {
                let found = self.one(criterion)?;
                Ok(self.with_tests(found, criterion.indirect.unwrap_or(self.indirect)))
            }
            Spec::Word(word, inner) => {
                let found = self.find(inner)?;
                if found.direct.is_empty() {
                    self.note_unmatched(word);
                }
                Ok(found)
            }
            Spec::Union(parts, mode) => self.combine(parts, *mode, |all, one| all.extend(one)),
            Spec::Intersection(parts, mode) => {
                self.combine(parts, *mode, |all, one| all.retain(|node| one.contains(node)))
            }
            Spec::Difference(from, what) => {
                let (mut from, what) = (self.find(from)?, self.find(what)?);
                from.direct.retain(|node| !what.direct.contains(node));
                from.with_waiting.retain(|node| !what.with_waiting.contains(node));
                let with_waiting = from.with_waiting;
                let direct = self.take_in(from.direct, &with_waiting, self.indirect);
                Ok(Found { direct, with_waiting })
            }
        }
    }

    fn combine(
        &self,
        parts: &[Spec],
        mode: IndirectSelection,
        join: impl Fn(&mut BTreeSet<usize>, BTreeSet<usize>),
    ) -> Result<Found> {
        let mut all: Option<Found> = None;
        for part in parts {
            let found = self.find(part)?;
            all = Some(match all {
                None => found,
                Some(mut all) => {
                    join(&mut all.direct, found.direct);
                    join(&mut all.with_waiting, found.with_waiting);
                    all
                }
            });
        }
        let all = all.unwrap_or(Found { direct: BTreeSet::new(), with_waiting: BTreeSet::new() });
        let direct = self.take_in(all.direct, &all.with_waiting, mode);
        Ok(Found { direct, with_waiting: all.with_waiting })
    }

    /// What the criterion matches, and the neighbours it asks for.
    fn one(&self, criterion: &Criterion) -> Result<BTreeSet<usize>> {
        let mut out: BTreeSet<usize> = BTreeSet::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if methods::matches(self.scope, criterion, node)? {
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

    fn comes_along(&self, node: usize) -> bool {
        matches!(self.nodes[node].resource_type(), ResourceType::Test | ResourceType::UnitTest)
    }

    /// All nodes above those chosen, and the sources, which need no building.
    fn buildable(&self, chosen: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut all = chosen.clone();
        for &node in chosen {
            all.extend(self.graph.ancestors(node, None));
        }
        all.extend(
            (0..self.nodes.len()).filter(|node| self.nodes[*node].resource_type() == ResourceType::Source),
        );
        all
    }

    fn with_tests(&self, chosen: BTreeSet<usize>, mode: IndirectSelection) -> Found {
        if mode == IndirectSelection::Empty {
            return Found { with_waiting: chosen.clone(), direct: chosen };
        }
        let allowed = match mode {
            IndirectSelection::Buildable => self.buildable(&chosen),
            _ => chosen.clone(),
        };
        let mut direct = chosen.clone();
        let mut with_waiting = chosen.clone();
        for &node in &chosen {
            for &child in self.graph.children[node].iter().filter(|child| self.comes_along(**child)) {
                let now = mode == IndirectSelection::Eager
                    || self.graph.parents[child].iter().all(|parent| allowed.contains(parent));
                if now {
                    direct.insert(child);
                }
                with_waiting.insert(child);
            }
        }
        Found { direct, with_waiting }
    }

    /// Takes in the waiting tests whose parents have all been found by now.
    fn take_in(
        &self,
        mut direct: BTreeSet<usize>,
        with_waiting: &BTreeSet<usize>,
        mode: IndirectSelection,
    ) -> BTreeSet<usize> {
        let allowed = match mode {
            IndirectSelection::Eager | IndirectSelection::Empty => return direct,
            IndirectSelection::Cautious => direct.clone(),
            IndirectSelection::Buildable => self.buildable(&direct),
        };
        let ready = |node: &&usize| {
            !allowed.contains(*node)
                && self.graph.parents[**node].iter().all(|parent| allowed.contains(parent))
        };
        direct.extend(with_waiting.iter().filter(ready));
        direct
    }

    fn note_unmatched(&self, word: &str) {
        let value = criterion::parse(word.split(',').next().unwrap_or(word)).map(|criterion| criterion.value);
        let mut names: Vec<&str> = self
            .nodes
            .iter()
            .filter(|node| node.resource_type() != ResourceType::Test)
            .map(|node| node.name.as_str())
            .collect();
        names.sort_unstable();
        let near = value.ok().and_then(|value| nearest(&value, names).map(str::to_owned));
        self.unmatched.borrow_mut().push((word.to_owned(), near));
    }
}

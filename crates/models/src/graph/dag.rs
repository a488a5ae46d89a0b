//! The graph of nodes: who needs whom, in which order, and whether there is a cycle.

use crate::graph::node::Node;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Nodes by index; edges from a node to those that need it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    pub ids: Vec<String>,
    index: HashMap<String, usize>,
    pub children: Vec<Vec<usize>>,
    pub parents: Vec<Vec<usize>>,
}

impl Graph {
    /// `edges` gives for each node the ids that it depends on; unknown ids are passed over.
    pub(crate) fn new<'a>(edges: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Self {
        let edges: Vec<(&str, Vec<&str>)> = edges.into_iter().collect();
        let mut graph = Self::default();
        for (id, _) in &edges {
            graph.index.insert((*id).to_owned(), graph.ids.len());
            graph.ids.push((*id).to_owned());
        }
        graph.children.resize(graph.ids.len(), Vec::new());
        graph.parents.resize(graph.ids.len(), Vec::new());
        for (child, (_, needs)) in edges.iter().enumerate() {
            for need in needs {
                if let Some(&parent) = graph.index.get(*need) {
                    graph.add_edge(parent, child);
                }
            }
        }
        graph
    }

    /// The graph of nodes by what they depend on.
    pub(crate) fn of_nodes(nodes: &[Node]) -> Self {
        Self::new(
            nodes
                .iter()
                .map(|node| (node.unique_id.as_str(), node.depends_on.iter().map(String::as_str).collect())),
        )
    }

    pub(crate) fn index_of(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub(crate) fn add_edge(&mut self, parent: usize, child: usize) {
        if !self.parents[child].contains(&parent) {
            self.parents[child].push(parent);
            self.children[parent].push(child);
        }
    }

    /// Some cycle, as ids in order with the first repeated at the end.
    pub(crate) fn cycle(&self) -> Option<Vec<String>> {
        // Depth first without recursion: 0 new, 1 on the path, 2 done.
        let mut state = vec![0u8; self.ids.len()];
        for start in 0..self.ids.len() {
            if state[start] != 0 {
                continue;
            }
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            state[start] = 1;
            while let Some((node, next)) = path.last_mut() {
                let Some(&child) = self.children[*node].get(*next) else {
                    state[*node] = 2;
                    path.pop();
                    continue;
                };
                *next += 1;
                match state[child] {
                    0 => {
                        state[child] = 1;
                        path.push((child, 0));
                    }
                    1 => {
                        let from = path.iter().position(|(node, _)| *node == child).unwrap_or(0);
                        let mut ids: Vec<String> =
                            path[from..].iter().map(|(node, _)| self.ids[*node].clone()).collect();
                        ids.push(self.ids[child].clone());
                        return Some(ids);
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// All nodes, every one after those it needs; among equals, the order of entry.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.parents.iter().map(Vec::len).collect();
        let mut ready: VecDeque<usize> = (0..self.ids.len()).filter(|node| waiting[*node] == 0).collect();
        let mut out = Vec::with_capacity(self.ids.len());
        while let Some(node) = ready.pop_front() {
            out.push(node);
            for &child in &self.children[node] {
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push_back(child);
                }
            }
        }
        out
    }

    /// The nodes before `from` (or after it), at most `depth` steps away, without `from` itself.
    pub(crate) fn ancestors(&self, from: usize, depth: Option<usize>) -> BTreeSet<usize> {
        reach(&self.parents, from, depth)
    }
    pub(crate) fn descendants(&self, from: usize, depth: Option<usize>) -> BTreeSet<usize> {
        reach(&self.children, from, depth)
    }
}

fn reach(edges: &[Vec<usize>], from: usize, depth: Option<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut level = vec![from];
    let mut steps = 0;
    while !level.is_empty() && depth.is_none_or(|depth| steps < depth) {
        let mut next = Vec::new();
        for node in level {
            for &other in &edges[node] {
                if found.insert(other) {
                    next.push(other);
                }
            }
        }
        level = next;
        steps += 1;
    }
    found.remove(&from);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_reach() {
        let graph = Graph::new([("c", vec!["a", "b"]), ("a", vec![]), ("b", vec!["a"]), ("d", vec!["c"])]);
        let order: Vec<&str> = graph.order().into_iter().map(|node| graph.ids[node].as_str()).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
        assert!(graph.cycle().is_none());
        let d = graph.index_of("d").unwrap();
        assert_eq!(graph.ancestors(d, Some(2)).len(), 3);
        assert_eq!(graph.ancestors(d, Some(1)).len(), 1);
        assert_eq!(graph.descendants(graph.index_of("a").unwrap(), None).len(), 3);
    }

    #[test]
    fn a_cycle_is_shown_as_a_path() {
        let graph = Graph::new([("x", vec![]), ("a", vec!["x", "c"]), ("b", vec!["a"]), ("c", vec!["b"])]);
        assert_eq!(graph.cycle().unwrap(), ["a", "b", "c", "a"]);
    }
}

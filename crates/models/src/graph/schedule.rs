//! Which selected node waits for which: the graph without the nodes that are not run.

use crate::graph::dag::Graph;
use crate::graph::node::Node;
use crate::graph::resource_type::ResourceType;
use std::collections::{BTreeSet, HashMap};

/// The nodes to run and their edges, by position in `nodes`.
pub(crate) struct Plan {
    /// Indexes into the manifest, in the order in which one worker alone runs them.
    pub nodes: Vec<usize>,
    /// For each of `nodes`, how many of them it waits for, and which wait for it.
    pub waits_for: Vec<usize>,
    pub unblocks: Vec<Vec<usize>>,
}

/// Who waits for whom when `selected` is run: with `tests_block`, what depends on a tested node waits for its tests too.
pub(crate) fn waiting(graph: &Graph, nodes: &[Node], selected: &BTreeSet<usize>, tests_block: bool) -> Graph {
    let mut graph = graph.clone();
    if tests_block {
        move_unit_tests_before(&mut graph, nodes, selected);
        add_test_edges(&mut graph, nodes, selected);
    }
    graph
}

/// Plans the run of `selected`, in the graph that [`waiting`] gives. Of nodes that may start, the first is the one with the
/// fewest selected nodes above it on the longest way, and of several the one whose id comes first: the order of dbt's
/// `GraphQueue` (`dbt/graph/queue.py`).
pub(crate) fn plan(graph: &Graph, selected: &BTreeSet<usize>) -> Plan {
    let mut levels: HashMap<usize, usize> = HashMap::new();
    let mut placed = Vec::with_capacity(selected.len());
    for node in graph.order().into_iter().filter(|node| selected.contains(node)) {
        let parents = nearest_selected(graph, node, selected);
        let level = parents.iter().filter_map(|parent| levels.get(parent)).map(|above| above + 1).max();
        let level = level.unwrap_or_default();
        levels.insert(node, level);
        placed.push((level, &graph.ids[node], node, parents));
    }
    placed.sort_unstable_by_key(|(level, id, ..)| (*level, *id));
    let position: HashMap<usize, usize> =
        placed.iter().enumerate().map(|(at, (_, _, node, _))| (*node, at)).collect();
    let mut waits_for = vec![0; placed.len()];
    let mut unblocks = vec![Vec::new(); placed.len()];
    for (at, (.., parents)) in placed.iter().enumerate() {
        for parent in parents {
            if let Some(&from) = position.get(parent) {
                waits_for[at] += 1;
                unblocks[from].push(at);
            }
        }
    }
    Plan { nodes: placed.into_iter().map(|(_, _, node, _)| node).collect(), waits_for, unblocks }
}

/// The closest selected ancestors, looking through what is not run.
fn nearest_selected(graph: &Graph, node: usize, selected: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = graph.parents[node].clone();
    while let Some(parent) = open.pop() {
        if !seen.insert(parent) {
            continue;
        }
        if selected.contains(&parent) {
            found.insert(parent);
        } else {
            open.extend(&graph.parents[parent]);
        }
    }
    found
}

/// A unit test needs the inputs of its model and not the model, which waits for it.
fn move_unit_tests_before(graph: &mut Graph, nodes: &[Node], selected: &BTreeSet<usize>) {
    let tests =
        selected.iter().copied().filter(|index| nodes[*index].resource_type() == ResourceType::UnitTest);
    for test in tests {
        for model in std::mem::take(&mut graph.parents[test]) {
            graph.children[model].retain(|child| *child != test);
            for input in graph.parents[model].clone() {
                if nodes[input].resource_type() != ResourceType::UnitTest {
                    graph.add_edge(input, test);
                }
            }
            graph.add_edge(test, model);
        }
    }
}

/// Whatever needs all that a test looks at waits for the test.
fn add_test_edges(graph: &mut Graph, nodes: &[Node], selected: &BTreeSet<usize>) {
    let is_test = |index: usize| nodes[index].resource_type() == ResourceType::Test;
    let mut edges = Vec::new();
    for &test in selected.iter().filter(|index| is_test(**index)) {
        let parents = &graph.parents[test];
        match parents.as_slice() {
            [] => {}
            [only] => edges.extend(
                graph.children[*only].iter().filter(|child| !is_test(**child)).map(|child| (test, *child)),
            ),
            [first, others @ ..] => {
                let mut below = graph.descendants(*first, None);
                for other in others {
                    let more = graph.descendants(*other, None);
                    below.retain(|node| more.contains(node));
                }
                edges.extend(below.into_iter().filter(|node| !is_test(*node)).map(|node| (test, node)));
            }
        }
    }
    for (test, node) in edges {
        graph.add_edge(test, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingot_engine::Dialect;

    fn nodes(names: &[(&str, &[&str])]) -> (Vec<Node>, Graph) {
        let nodes: Vec<Node> = names
            .iter()
            .map(|(name, _)| {
                let kind = if name.starts_with("test") { ResourceType::Test } else { ResourceType::Model };
                Node::new(Dialect::DuckDb, kind, "p", name)
            })
            .collect();
        let graph = Graph::new(names.iter().map(|(name, needs)| (*name, needs.to_vec())));
        (nodes, graph)
    }

    #[test]
    fn order_looks_through_what_is_not_run() {
        let (nodes, graph) = nodes(&[("a", &[]), ("b", &["a"]), ("c", &["b"])]);
        let selected = BTreeSet::from([0, 2]);
        let plan = plan(&waiting(&graph, &nodes, &selected, false), &selected);
        assert_eq!(plan.nodes, [0, 2]);
        assert_eq!(plan.waits_for, [0, 1]);
    }

    #[test]
    fn the_order_is_that_of_levels_and_then_of_ids() {
        let (nodes, graph) =
            nodes(&[("z", &[]), ("c", &["z"]), ("a", &["c"]), ("y", &[]), ("d", &["y"]), ("b", &["y", "a"])]);
        let selected = (0..6).collect();
        let plan = plan(&waiting(&graph, &nodes, &selected, false), &selected);
        let order: Vec<&str> = plan.nodes.iter().map(|node| graph.ids[*node].as_str()).collect();
        assert_eq!(order, ["y", "z", "c", "d", "a", "b"]);
    }

    #[test]
    fn tests_block_what_depends_on_all_they_look_at() {
        let (nodes, graph) =
            nodes(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("test_a", &["a"]), ("test_ab", &["a", "b"])]);
        let selected = (0..5).collect();
        let plan = plan(&waiting(&graph, &nodes, &selected, true), &selected);
        let place = |node: usize| plan.nodes.iter().position(|other| *other == node).unwrap();
        assert!(place(3) < place(1));
        assert!(place(4) < place(2) && place(4) > place(1));
    }
}

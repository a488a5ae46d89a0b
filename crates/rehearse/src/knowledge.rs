//! What runs have shown: which defects a test notices, and which it does not.
//!
//! Many defects are planted at once, and a test says only that something is wrong. Nobody is blamed by resemblance. A defect
//! is caught by a test if the failing rows are rows that it has to itself, or if every other defect that was planted with it
//! is known not to make this test fail. It is not noticed by a test if it was there when the test passed.

use std::collections::{BTreeMap, BTreeSet};

/// Nodes are models, tests, loads of tables and tables at the end, by their names; defects are numbers.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// This node says nothing of this defect.
    cleared: BTreeSet<(String, usize)>,
    /// This node says something because of this defect.
    proven: BTreeMap<usize, BTreeSet<String>>,
    /// A node said something, and at least one of these defects is why.
    open: Vec<(String, BTreeSet<usize>)>,
}

impl Knowledge {
    /// The node said nothing while these defects were there.
    pub(crate) fn quiet(&mut self, node: &str, planted: &BTreeSet<usize>) {
        self.cleared.extend(planted.iter().map(|defect| (node.to_owned(), *defect)));
    }

    /// The node said something while these defects were there. `owners` have some of its rows to themselves. `touching`, if
    /// it is known of each row whose it is, are all that touch one: who touches none is not meant.
    pub(crate) fn noticed(
        &mut self,
        node: &str,
        planted: &BTreeSet<usize>,
        owners: &BTreeSet<usize>,
        touching: Option<&BTreeSet<usize>>,
    ) {
        if let Some(touching) = touching {
            self.quiet(node, &planted.difference(touching).copied().collect());
        }
        let owners: BTreeSet<usize> = owners.intersection(planted).copied().collect();
        for owner in &owners {
            self.prove(node, *owner);
        }
        if owners.is_empty() {
            self.open.push((node.to_owned(), planted.clone()));
        }
    }

    pub(crate) fn prove(&mut self, node: &str, defect: usize) {
        self.proven.entry(defect).or_default().insert(node.to_owned());
    }

    /// Draws the conclusions: of the defects of an open question, those that are cleared are out, and one that is left alone
    /// is why. A question to which an answer is known says nothing of the others.
    pub(crate) fn conclude(&mut self) {
        loop {
            let mut questions = std::mem::take(&mut self.open);
            let mut answers = Vec::new();
            questions.retain_mut(|(node, defects)| {
                defects.retain(|defect| !self.is_cleared(node, *defect));
                let is_answered = defects.iter().any(|defect| self.is_proven(node, *defect));
                if let (1, false) = (defects.len(), is_answered) {
                    answers.extend(defects.first().map(|defect| (node.clone(), *defect)));
                }
                defects.len() > 1 && !is_answered
            });
            self.open = questions;
            if answers.is_empty() {
                return;
            }
            for (node, defect) in answers {
                self.prove(&node, defect);
            }
        }
    }

    pub(crate) fn is_cleared(&self, node: &str, defect: usize) -> bool {
        self.cleared.contains(&(node.to_owned(), defect))
    }

    /// Whether it is known what the node says of the defect.
    pub(crate) fn is_decided(&self, node: &str, defect: usize) -> bool {
        self.is_cleared(node, defect) || self.is_proven(node, defect)
    }

    fn is_proven(&self, node: &str, defect: usize) -> bool {
        self.proven.get(&defect).is_some_and(|nodes| nodes.contains(node))
    }

    /// The nodes that say something because of the defect.
    pub(crate) fn proven(&self, defect: usize) -> impl Iterator<Item = &String> {
        self.proven.get(&defect).into_iter().flatten()
    }

    /// Nodes that said something perhaps because of the defect.
    pub(crate) fn perhaps(&self, defect: usize) -> BTreeSet<&String> {
        self.open.iter().filter(|(_, defects)| defects.contains(&defect)).map(|(node, _)| node).collect()
    }

    /// Which of these defects to plant next, so that open questions come nearer to their answers. Of a node's smallest
    /// question at most half of the defects are planted, or all of them if one that is left out may be the answer, and
    /// none that only its other questions are about.
    pub(crate) fn choose(&self, candidates: &[usize]) -> Vec<usize> {
        let among: BTreeSet<usize> = candidates.iter().copied().collect();
        let mut nodes: Vec<Asked> = Vec::new();
        let mut questions: Vec<&(String, BTreeSet<usize>)> = self.open.iter().collect();
        questions.sort_by_key(|(_, defects)| defects.len());
        for (node, defects) in questions {
            if let Some(known) = nodes.iter_mut().find(|asked| asked.node == node) {
                known.others.extend(defects.difference(known.smallest));
                continue;
            }
            let own = defects.intersection(&among).count();
            let room = if own < defects.len() { own } else { own.div_ceil(2) };
            nodes.push(Asked { node, smallest: defects, others: BTreeSet::new(), room, is_begun: false });
        }
        let first: Vec<usize> =
            nodes.iter().flat_map(|asked| asked.smallest.intersection(&among)).copied().collect();
        let mut chosen: BTreeSet<usize> = BTreeSet::new();
        for defect in first.iter().chain(candidates) {
            if !chosen.contains(defect) && nodes.iter().all(|asked| asked.allows(*defect)) {
                chosen.insert(*defect);
                for asked in nodes.iter_mut().filter(|asked| asked.smallest.contains(defect)) {
                    asked.room -= 1;
                    asked.is_begun = true;
                }
            }
        }
        chosen.into_iter().collect()
    }
}

/// The open questions of a node, while it is chosen what to plant.
struct Asked<'k> {
    node: &'k String,
    smallest: &'k BTreeSet<usize>,
    /// Defects of its other questions.
    others: BTreeSet<usize>,
    room: usize,
    /// Whether one of the smallest question is chosen.
    is_begun: bool,
}

impl Asked<'_> {
    fn allows(&self, defect: usize) -> bool {
        if self.smallest.contains(&defect) {
            self.room > 0
        } else {
            !(self.is_begun && self.others.contains(&defect))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(defects: &[usize]) -> BTreeSet<usize> {
        defects.iter().copied().collect()
    }

    #[test]
    fn the_one_who_is_left_is_why() {
        let mut known = Knowledge::default();
        known.noticed("test", &set(&[1, 2, 3]), &set(&[]), None);
        known.conclude();
        assert_eq!(known.proven(1).count() + known.proven(2).count() + known.proven(3).count(), 0);
        known.quiet("test", &set(&[1, 3]));
        known.conclude();
        assert_eq!(known.proven(2).collect::<Vec<_>>(), ["test"]);
        assert!(known.perhaps(2).is_empty());
    }

    #[test]
    fn a_known_answer_blames_nobody_else() {
        let mut known = Knowledge::default();
        known.noticed("test", &set(&[1, 2]), &set(&[1]), None);
        known.noticed("test", &set(&[1, 2]), &set(&[]), None);
        known.conclude();
        assert_eq!(known.proven(2).count(), 0);
        assert!(!known.is_cleared("test", 2));
        known.noticed("test", &set(&[1, 2]), &set(&[1]), Some(&set(&[1])));
        assert!(known.is_cleared("test", 2));
    }

    #[test]
    fn any_number_of_culprits_is_found_by_halves() {
        let (all, guilty) = (set(&(0..40).collect::<Vec<_>>()), set(&[3, 4, 29]));
        let mut known = Knowledge::default();
        let mut runs = 0;
        let mut planted = all.clone();
        loop {
            runs += 1;
            if planted.is_disjoint(&guilty) {
                known.quiet("test", &planted);
            } else {
                known.noticed("test", &planted, &set(&[]), None);
            }
            known.conclude();
            let left: Vec<usize> = all
                .iter()
                .copied()
                .filter(|defect| known.proven(*defect).count() == 0 && !known.is_cleared("test", *defect))
                .collect();
            if left.is_empty() {
                break;
            }
            planted = known.choose(&left).into_iter().collect();
            assert!(!planted.is_empty() && runs < 60);
        }
        let found: BTreeSet<usize> =
            all.iter().copied().filter(|one| known.proven(*one).count() > 0).collect();
        assert_eq!(found, guilty);
        assert!(runs <= 30, "{runs}");
    }
}

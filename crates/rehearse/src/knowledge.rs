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

    /// The node said something while these defects were there. `owners` are those who have some of its rows to
    /// themselves; `is_all`: each row that it named is one of a defect, so that who has none of them is not meant.
    pub(crate) fn noticed(
        &mut self,
        node: &str,
        planted: &BTreeSet<usize>,
        owners: &BTreeSet<usize>,
        is_all: bool,
    ) {
        let owners: BTreeSet<usize> = owners.intersection(planted).copied().collect();
        if owners.is_empty() {
            self.open.push((node.to_owned(), planted.clone()));
            return;
        }
        for owner in &owners {
            self.prove(node, *owner);
        }
        if is_all {
            self.quiet(node, &planted.difference(&owners).copied().collect());
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

    /// Which of these defects to plant next, so that each open question comes nearer to its answer: at most half of those
    /// that it is about, or all of them if one that is left out may be the answer.
    pub(crate) fn choose(&self, candidates: &[usize]) -> Vec<usize> {
        let among: BTreeSet<usize> = candidates.iter().copied().collect();
        let mut room: Vec<(&BTreeSet<usize>, usize)> = self
            .open
            .iter()
            .map(|(_, defects)| {
                let own = defects.intersection(&among).count();
                (defects, if own < defects.len() { own } else { own.div_ceil(2) })
            })
            .collect();
        let mut chosen = Vec::new();
        for defect in candidates {
            if room.iter().all(|(defects, left)| *left > 0 || !defects.contains(defect)) {
                chosen.push(*defect);
                room.iter_mut().filter(|(defects, _)| defects.contains(defect)).for_each(|(_, left)| *left -= 1);
            }
        }
        chosen
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
        known.noticed("test", &set(&[1, 2, 3]), &set(&[]), false);
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
        known.noticed("test", &set(&[1, 2]), &set(&[1]), false);
        known.noticed("test", &set(&[1, 2]), &set(&[]), false);
        known.conclude();
        assert_eq!(known.proven(2).count(), 0);
        assert!(!known.is_cleared("test", 2));
        known.noticed("test", &set(&[1, 2]), &set(&[1]), true);
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
                known.noticed("test", &planted, &set(&[]), false);
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
            assert!(!planted.is_empty() && runs < 40);
        }
        let found: BTreeSet<usize> = all.iter().copied().filter(|one| known.proven(*one).count() > 0).collect();
        assert_eq!(found, guilty);
        assert!(runs <= 20, "{runs}");
    }
}

//! Rounds of planting and running, until it is known of each defect whether it is noticed.

use crate::defect::{Class, Defect};
use crate::ends::{self, End};
use crate::knowledge::Knowledge;
use crate::lineage::Lineage;
use crate::marks::Planting;
use crate::observe::{ByRow, Noticed, Observed, Scope, observe};
use crate::plant::plant;
use crate::rows::TableRows;
use crate::scratch::Scratch;
use crate::verdict::VerdictKind;
use ingot_core::error::Result;
use ingot_core::interrupt::Interrupt;
use ingot_core::report::Reporter;
use std::collections::{BTreeMap, BTreeSet};

/// After so many runs, defects are no longer told apart.
const MOST_RUNS: u64 = 40;
/// So many of them at most are for the question of whether a survivor changes a table at the end.
const RUNS_FOR_EFFECTS: u64 = 4;

pub(crate) struct Rounds<'a> {
    pub(crate) scratch: &'a Scratch,
    pub(crate) tables: &'a [TableRows],
    pub(crate) defects: &'a [Defect],
    pub(crate) lineage: &'a Lineage,
    pub(crate) ends: &'a [End],
    /// What is noticed without defects.
    pub(crate) before: &'a Observed,
    /// Models and tests that fail without defects, and so cannot notice any.
    pub(crate) failing: &'a BTreeSet<String>,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) seed: u64,
    pub(crate) runs: u64,
    pub(crate) known: Knowledge,
    /// Rows that each defect has changed.
    pub(crate) counts: BTreeMap<usize, u64>,
    /// Defects that change no row.
    pub(crate) no_place: BTreeSet<usize>,
    /// Why a table was not loaded in any of the runs.
    pub(crate) load_codes: BTreeMap<String, BTreeSet<String>>,
}

impl Rounds<'_> {
    /// # Errors
    /// A run fails as such, or is interrupted.
    pub(crate) fn run(&mut self) -> Result<()> {
        while self.runs < MOST_RUNS {
            let left: Vec<usize> =
                (0..self.defects.len()).filter(|defect| self.is_undecided(*defect)).collect();
            let next = self.next(&left);
            if next.is_empty() {
                break;
            }
            self.round(&next, left.len(), true)?;
        }
        let most = self.runs + RUNS_FOR_EFFECTS;
        while self.runs < most.min(MOST_RUNS) {
            let left: Vec<usize> =
                (0..self.defects.len()).filter(|defect| self.has_unknown_effect(*defect)).collect();
            let next = self.next(&left);
            if next.is_empty() {
                break;
            }
            self.round(&next, left.len(), false)?;
        }
        Ok(())
    }

    /// How the defect ended, and the tables at the end that it changed; `None` if it changed no row.
    pub(crate) fn verdict(&self, defect: usize) -> Option<(VerdictKind, Vec<String>)> {
        self.counts.get(&defect)?;
        let by = self.caught_by(defect);
        if !by.is_empty() {
            return Some((VerdictKind::Caught(by), Vec::new()));
        }
        if self.is_undecided(defect) {
            let perhaps = self.known.perhaps(defect).into_iter().map(|node| self.shown(node)).collect();
            return Some((VerdictKind::Undecided(perhaps), Vec::new()));
        }
        let reached: Vec<String> = self
            .ends
            .iter()
            .map(End::shown)
            .filter(|end| self.known.proven(defect).any(|node| *node == end_node(end)))
            .collect();
        let is_without = !self.ends.is_empty()
            && self.ends_of(defect).all(|end| self.known.is_cleared(&end_node(&end.shown()), defect));
        Some((if is_without { VerdictKind::WithoutEffect } else { VerdictKind::Survived }, reached))
    }

    fn table_of(&self, defect: usize) -> &str {
        &self.tables[self.defects[defect].table].contract.name
    }

    /// The nodes that could notice the defect.
    fn nodes_of(&self, defect: usize) -> impl Iterator<Item = &String> {
        self.lineage.reached(self.table_of(defect)).filter(|id| !self.failing.contains(*id))
    }

    fn ends_of(&self, defect: usize) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(move |end| self.lineage.is_reached(self.table_of(defect), &end.table.id))
    }

    fn caught_by(&self, defect: usize) -> Vec<String> {
        self.known
            .proven(defect)
            .filter(|node| !node.starts_with("end "))
            .map(|node| self.shown(node))
            .collect()
    }

    fn shown(&self, node: &str) -> String {
        if let Some(table) = node.strip_prefix("load ") {
            let codes: Vec<String> = self.load_codes.get(table).into_iter().flatten().cloned().collect();
            return codes.join(" or ");
        }
        node.strip_prefix("row ").unwrap_or_else(|| self.lineage.name_of(node)).to_owned()
    }

    fn is_undecided(&self, defect: usize) -> bool {
        if self.no_place.contains(&defect) || !self.caught_by(defect).is_empty() {
            return false;
        }
        let load = load_node(self.table_of(defect));
        !self.known.is_cleared(&load, defect)
            || self.nodes_of(defect).any(|node| !self.known.is_cleared(node, defect))
    }

    fn has_unknown_effect(&self, defect: usize) -> bool {
        let is_known = |end: &End| {
            let node = end_node(&end.shown());
            self.known.is_cleared(&node, defect)
        };
        let is_reached = self.known.proven(defect).any(|node| node.starts_with("end "));
        self.counts.contains_key(&defect)
            && !self.is_undecided(defect)
            && self.caught_by(defect).is_empty()
            && !is_reached
            && self.ends_of(defect).any(|end| !is_known(end))
    }

    /// What is planted next of these: defects of one class, not two in one column, whole files not of two tables that refer to
    /// each other, and no more than open questions allow.
    fn next(&self, left: &[usize]) -> Vec<usize> {
        let Some(class) = left.iter().map(|place| self.defects[*place].class()).min() else {
            return Vec::new();
        };
        let mut used: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut candidates = Vec::new();
        for place in left.iter().copied().filter(|place| self.defects[*place].class() == class) {
            let defect = &self.defects[place];
            let columns: Vec<(usize, usize)> =
                defect.columns().into_iter().map(|column| (defect.table, column)).collect();
            let is_free = match class {
                Class::Rows => true,
                Class::Columns => columns.iter().all(|column| !used.contains(column)),
                Class::FileTwice | Class::DayMissing => {
                    let is_apart =
                        |other: &usize| !self.are_related(defect.table, self.defects[*other].table);
                    candidates.iter().all(is_apart)
                }
            };
            if is_free {
                used.extend(columns);
                candidates.push(place);
            }
        }
        self.known.choose(&candidates)
    }

    /// Whether one of the tables refers to the other, directly or by way of others.
    fn are_related(&self, one: usize, other: usize) -> bool {
        let refers = |from: usize, to: usize| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(table) = open.pop() {
                if table == to {
                    return true;
                }
                if seen.insert(table) {
                    let named =
                        self.tables[table].contract.relationships.iter().map(|reference| &reference.table);
                    open.extend(named.filter_map(|name| {
                        self.tables.iter().position(|table| table.contract.name == *name)
                    }));
                }
            }
            false
        };
        refers(one, other) || refers(other, one)
    }

    fn round(&mut self, round: &[usize], left: usize, with_tests: bool) -> Result<()> {
        self.reporter.info(format!("run {}: {} of {left} defects", self.runs + 1, round.len()));
        let planting = plant(self.scratch, self.tables, self.defects, round, self.seed)?;
        let planted: BTreeSet<usize> =
            planting.counts.iter().filter(|(_, count)| **count > 0).map(|(defect, _)| *defect).collect();
        for defect in &planted {
            self.counts.insert(*defect, planting.counts[defect]);
        }
        if planted.is_empty() {
            // Nothing else took the rows that they could have changed.
            self.no_place.extend(round);
            return self.scratch.restore_raw();
        }
        let tables: BTreeSet<&str> = planted.iter().map(|defect| self.table_of(*defect)).collect();
        let (models, tests) = self.lineage.needed(&tables);
        let tests = tests.into_iter().filter(|test| with_tests && !self.failing.contains(test)).collect();
        let scope = Scope::Only { lineage: self.lineage, models, tests };
        let observed = observe(self.scratch, &scope, self.interrupt)?;
        self.runs += 1;
        self.learn(&planted, &planting, &observed)?;
        self.scratch.restore_raw()
    }

    fn learn(&mut self, planted: &BTreeSet<usize>, planting: &Planting, observed: &Observed) -> Result<()> {
        self.learn_from_rows(&observed.rejected, &self.before.rejected, planting, "");
        self.learn_from_rows(&observed.found, &self.before.found, planting, "finding ");
        let of = |rounds: &Self, is_meant: &dyn Fn(&str) -> bool| -> BTreeSet<usize> {
            planted.iter().copied().filter(|defect| is_meant(rounds.table_of(*defect))).collect()
        };
        let none = BTreeSet::new();
        let mut is_hidden: BTreeSet<&str> = BTreeSet::new();
        let tables = self.tables;
        for table in tables.iter().map(|table| table.contract.name.as_str()) {
            let own = of(&*self, &|other| other == table);
            let before = self.before.not_loaded.get(table);
            let new = observed.not_loaded.get(table).filter(|codes| Some(*codes) != before);
            match new {
                // What a rule says of the whole table is named by the rule.
                Some(codes) => {
                    is_hidden.insert(table);
                    let node = load_node(table);
                    self.known.noticed(&node, &own, &none, None);
                    self.load_codes.entry(table.to_owned()).or_default().extend(codes.iter().cloned());
                }
                None => self.known.quiet(&load_node(table), &own),
            }
        }
        let (ends, changes) = (self.ends, ends::changes(self.scratch, self.ends)?);
        // What was not loaded, all that it reaches does not know.
        let lineage = self.lineage;
        let is_seen = |node: &str| !is_hidden.iter().any(|table| lineage.is_reached(table, node));
        for (node, noticed) in &observed.nodes {
            if self.failing.contains(node) || !is_seen(node) {
                continue;
            }
            let own = of(&*self, &|table| self.lineage.is_reached(table, node));
            match noticed {
                Noticed::Nothing => self.known.quiet(node, &own),
                Noticed::Something(rows) => {
                    let found = planting.marks.recognise(rows);
                    let touching = Some(&found.touching).filter(|_| found.is_all);
                    self.known.noticed(node, &own, &found.owners, touching);
                }
            }
        }
        for (end, rows) in ends.iter().zip(&changes) {
            let Some(rows) = rows.as_ref().filter(|_| is_seen(&end.table.id)) else { continue };
            if !matches!(observed.nodes.get(&end.table.id), Some(Noticed::Nothing)) {
                continue;
            }
            let own = of(&*self, &|table| self.lineage.is_reached(table, &end.table.id));
            let node = end_node(&end.shown());
            if rows.rows.is_empty() {
                self.known.quiet(&node, &own);
            } else {
                let found = planting.marks.recognise(rows);
                self.known.noticed(&node, &own, &found.owners, None);
            }
        }
        self.known.conclude();
        Ok(())
    }

    /// What is said of a row is said of the defect that has the row to itself, and what bronze says of a value of the only
    /// defect that has changed this value.
    fn learn_from_rows(&mut self, now: &ByRow, before: &ByRow, planting: &Planting, prefix: &str) {
        for ((file, number), codes) in now {
            let known = before.get(&(file.clone(), *number));
            for (code, column) in codes.iter().filter(|code| known.is_none_or(|known| !known.contains(*code)))
            {
                let owner = planting.marks.owner_of(file, *number);
                let cause = owner.or_else(|| {
                    let mut changed = planting.marks.touching(file, *number).filter(|defect| {
                        let columns = &self.tables[self.defects[*defect].table].contract.columns;
                        let of = self.defects[*defect].columns();
                        prefix.is_empty() && of.iter().any(|place| columns[*place].name == *column)
                    });
                    changed.next().filter(|_| changed.next().is_none())
                });
                if let Some(defect) = cause {
                    self.known.prove(&format!("row {prefix}{code}"), defect);
                }
            }
        }
    }
}

fn load_node(table: &str) -> String {
    format!("load {table}")
}

fn end_node(end: &str) -> String {
    format!("end {end}")
}

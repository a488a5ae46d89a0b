//! Rounds of planting and running, until it is known of each defect whether it is noticed.

use crate::defect::{Change, Defect};
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
use ingot_core::report::{Reporter, counted};
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
    /// The tables of bronze.
    pub(crate) feeds: BTreeSet<String>,
    /// For each defect, what it can reach; `None`: all that is made of its table.
    pub(crate) reach: Vec<Option<BTreeSet<String>>>,
    pub(crate) ends: &'a [End],
    /// What is noticed without defects.
    pub(crate) before: &'a Observed,
    /// Models and tests that fail without defects, and so cannot notice any.
    pub(crate) failing: &'a BTreeSet<String>,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) seed: u64,
    /// Each defect is planted in a run of its own.
    pub(crate) alone: bool,
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
        if self.alone {
            let all = self.defects.len();
            return (0..all).try_for_each(|defect| self.round(&[defect], all - defect, true));
        }
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

    /// Whether the defect can be noticed by this node. Rows that are rejected are missing in all that is made of their table.
    fn reaches(&self, defect: usize, node: &str) -> bool {
        let is_of_table = self.lineage.is_reached(self.table_of(defect), node);
        match &self.reach[defect] {
            Some(reached) if !self.is_rejected(defect) => is_of_table && reached.contains(node),
            _ => is_of_table,
        }
    }

    fn is_rejected(&self, defect: usize) -> bool {
        let is_reject = |node: &String| {
            node.starts_with("load ") || node.starts_with("row ") && !node.starts_with(ROW_FINDING)
        };
        self.known.proven(defect).any(is_reject)
    }

    /// The nodes that could notice the defect.
    fn nodes_of(&self, defect: usize) -> impl Iterator<Item = &String> {
        self.lineage
            .reached(self.table_of(defect))
            .filter(move |id| !self.failing.contains(*id) && self.reaches(defect, id))
    }

    /// The names of the tests that could notice the defect.
    pub(crate) fn tests_of(&self, defect: usize) -> Vec<String> {
        let tests = self.nodes_of(defect).filter(|id| self.lineage.is_test(id));
        tests.map(|id| self.lineage.name_of(id).to_owned()).collect()
    }

    fn ends_of(&self, defect: usize) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(move |end| self.reaches(defect, &end.table.id))
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

    /// What is planted next of these: defects of one class that do not meet, and no more than open questions allow.
    fn next(&self, left: &[usize]) -> Vec<usize> {
        let Some(class) = left.iter().map(|place| self.defects[*place].class()).min() else {
            return Vec::new();
        };
        let mut candidates: Vec<usize> = Vec::new();
        for place in left.iter().copied().filter(|place| self.defects[*place].class() == class) {
            if !candidates.iter().any(|other| self.meet(&self.defects[place], &self.defects[*other])) {
                candidates.push(place);
            }
        }
        self.known.choose(&candidates)
    }

    /// Whether two defects cannot be told apart in one run, or one may hide the other: two in one column, one of whole files
    /// beside another in the same table, and days that are missing in tables of which one refers to the other.
    fn meet(&self, one: &Defect, other: &Defect) -> bool {
        let is_one_table = one.table == other.table;
        if one.is_of_column() && other.is_of_column() {
            return is_one_table && one.columns().iter().any(|column| other.columns().contains(column));
        }
        let both_miss = [one, other].iter().all(|one| matches!(one.change, Change::DayMissing));
        (one.is_of_files() || other.is_of_files()) && is_one_table
            || both_miss && self.are_related(one.table, other.table)
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
        self.reporter.info(format!(
            "run {}: {} of {}",
            self.runs + 1,
            round.len(),
            counted(left as u64, "defect")
        ));
        let planting = plant(self.scratch, self.tables, self.defects, round, self.seed)?;
        let planted: BTreeSet<usize> =
            planting.counts.iter().filter(|(_, count)| **count > 0).map(|(defect, _)| *defect).collect();
        for defect in &planted {
            self.counts.insert(*defect, planting.counts[defect]);
        }
        if planted.is_empty() {
            // Nothing else took the rows that they could have changed.
            self.no_place.extend(round);
            return self.scratch.restore_raw(&planting.files);
        }
        let (models, tests) = self.lineage.needed(&self.open_nodes(&planted, with_tests));
        let tables = self.tables_to_load(&planted, models.iter().chain(&tests));
        let scope = Scope::Only { lineage: self.lineage, models, tests, tables };
        let observed = observe(self.scratch, &scope, self.interrupt)?;
        self.runs += 1;
        self.learn(&planted, &planting, &observed)?;
        self.scratch.restore_raw(&planting.files)
    }

    /// The models and tests that may still say something new of these defects; without tests, only the tables at the end.
    fn open_nodes(&self, planted: &BTreeSet<usize>, with_tests: bool) -> BTreeSet<&String> {
        let mut open = BTreeSet::new();
        for defect in planted.iter().copied() {
            let nodes = self.nodes_of(defect).filter(|node| !self.known.is_decided(node, defect));
            open.extend(nodes.filter(|_| with_tests));
            let ends =
                self.ends_of(defect).filter(|end| !self.known.is_decided(&end_node(&end.shown()), defect));
            open.extend(ends.map(|end| &end.table.id));
        }
        open
    }

    /// The tables with defects, and those that these nodes read; none, which means all, if one reads something else of bronze,
    /// such as the manifest of loads.
    fn tables_to_load<'n>(
        &self,
        planted: &BTreeSet<usize>,
        nodes: impl Iterator<Item = &'n String>,
    ) -> Vec<String> {
        let mut tables: BTreeSet<&str> = planted.iter().map(|defect| self.table_of(*defect)).collect();
        for source in nodes.flat_map(|node| self.lineage.sources_of(node)) {
            match source.filter(|table| self.feeds.contains(*table)) {
                Some(table) => tables.insert(table),
                None => return Vec::new(),
            };
        }
        tables.into_iter().map(str::to_owned).collect()
    }

    fn learn(&mut self, planted: &BTreeSet<usize>, planting: &Planting, observed: &Observed) -> Result<()> {
        self.learn_from_rows(&observed.rejected, &self.before.rejected, planting, "");
        self.learn_from_rows(&observed.found, &self.before.found, planting, FINDING);
        let of = |rounds: &Self, node: &str| -> BTreeSet<usize> {
            planted.iter().copied().filter(|defect| rounds.reaches(*defect, node)).collect()
        };
        let none = BTreeSet::new();
        let mut is_hidden: BTreeSet<&str> = BTreeSet::new();
        let tables = self.tables;
        for table in tables.iter().map(|table| table.contract.name.as_str()) {
            let own: BTreeSet<usize> =
                planted.iter().copied().filter(|defect| self.table_of(*defect) == table).collect();
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
        let is_asked = |end: &End| {
            let node = end_node(&end.shown());
            of(&*self, &end.table.id).iter().any(|defect| !self.known.is_decided(&node, *defect))
        };
        let (ends, changes) = (self.ends, ends::changes(self.scratch, self.ends, is_asked)?);
        // What was not loaded, all that it reaches does not know.
        let lineage = self.lineage;
        let is_seen = |node: &str| !is_hidden.iter().any(|table| lineage.is_reached(table, node));
        for (node, noticed) in &observed.nodes {
            if self.failing.contains(node) || !is_seen(node) {
                continue;
            }
            let own = of(&*self, node);
            match noticed {
                Noticed::Nothing => self.known.quiet(node, &own),
                Noticed::Something(rows) => {
                    let found = planting.marks.recognise(rows);
                    // Beside rows that no defect touches, those of a defect may fail for the same reason as they: a day in the
                    // far future makes everybody old.
                    let (owners, touching) = match found.is_all {
                        true => (&found.owners, Some(&found.touching)),
                        false => (&none, None),
                    };
                    self.known.noticed(node, &own, owners, touching);
                }
            }
        }
        for (end, rows) in ends.iter().zip(&changes) {
            let Some(rows) = rows.as_ref().filter(|_| is_seen(&end.table.id)) else { continue };
            if !matches!(observed.nodes.get(&end.table.id), Some(Noticed::Nothing)) {
                continue;
            }
            let own = of(&*self, &end.table.id);
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

/// What comes before the code of a finding.
const FINDING: &str = "finding ";
const ROW_FINDING: &str = "row finding ";

fn load_node(table: &str) -> String {
    format!("load {table}")
}

fn end_node(end: &str) -> String {
    format!("end {end}")
}

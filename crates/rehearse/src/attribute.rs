//! Which defect made bronze or a test notice something, when many were planted at once.
//!
//! What bronze rejects and what models list by row is exact. A test says only that something is wrong. It is told who is
//! meant if just one defect can reach it, or one has the test's column; else the defects that are left are planted again
//! in two halves.

use crate::ends::{End, changed};
use crate::kinds::{Change, Defect};
use crate::lineage::Lineage;
use crate::observe::{Observed, observe};
use crate::plant::{Planted, plant, restore};
use crate::rows::TableRows;
use crate::scratch::Scratch;
use crate::verdict::VerdictKind;
use ingot_core::error::Result;
use ingot_core::interrupt::Interrupt;
use std::collections::BTreeSet;

/// How one defect ended.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) rows: u64,
    pub(crate) outcome: VerdictKind,
    pub(crate) reached: Vec<(String, u64)>,
}

/// Plants and runs.
pub(crate) struct Attribution<'a> {
    pub(crate) scratch: &'a Scratch,
    pub(crate) tables: &'a [TableRows],
    pub(crate) lineage: &'a Lineage,
    pub(crate) ends: &'a [End],
    /// What is noticed without defects.
    pub(crate) before: &'a Observed,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) seed: u64,
    /// How often bronze and models were run.
    pub(crate) runs: u64,
    /// Halving ends here, and all that may have made a test fail count as caught by it, with `perhaps`.
    pub(crate) most_runs: u64,
}

/// Something that a run noticed besides rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Signal {
    /// A test or model, by unique id.
    Node(String),
    /// Why a table was not loaded: the table, and the rule or code.
    Table(String, String),
}

impl Attribution<'_> {
    /// How each of these defects ended, which can be planted together. `None` of one that changed no row.
    ///
    /// # Errors
    /// A run fails as such, or is interrupted.
    pub(crate) fn settle(&mut self, defects: &[&Defect]) -> Result<Vec<Option<Settled>>> {
        let mut settled: Vec<Option<Settled>> = vec![None; defects.len()];
        if defects.is_empty() {
            return Ok(settled);
        }
        let planted = plant(self.scratch, self.tables, defects, self.seed)?;
        let observed = observe(self.scratch, self.interrupt)?;
        self.runs += 1;
        let changed = changed(self.scratch, self.ends)?;
        restore(self.scratch, self.tables, defects)?;

        let mut left: Vec<usize> = Vec::new();
        for (place, defect) in defects.iter().enumerate() {
            let by = self.noticed_rows(defect, &planted[place], &observed);
            if planted[place].count == 0 {
                continue;
            }
            if by.is_empty() {
                left.push(place);
            } else {
                settled[place] = Some(caught(&planted[place], by));
            }
        }
        let signals = self.signals(&observed);
        let mut suspects: Vec<usize> = Vec::new();
        for signal in &signals {
            let can: Vec<usize> =
                left.iter().copied().filter(|place| self.can_cause(defects[*place], signal)).collect();
            let meant: Vec<usize> = match can.as_slice() {
                [_] => can.clone(),
                _ => can.iter().copied().filter(|place| self.is_meant(defects[*place], signal)).collect(),
            };
            if let [place] = meant.as_slice() {
                let by = vec![self.name(signal)];
                match &mut settled[*place] {
                    Some(Settled { outcome: VerdictKind::Caught(others), .. }) => others.extend(by),
                    other => *other = Some(caught(&planted[*place], by)),
                }
            } else {
                suspects.extend(can);
            }
        }
        left.retain(|place| settled[*place].is_none());
        suspects.retain(|place| settled[*place].is_none());
        suspects.sort_unstable();
        suspects.dedup();
        self.settle_suspects(defects, &planted, &signals, &suspects, &mut settled)?;
        left.retain(|place| settled[*place].is_none());
        // Behind a test that failed nothing was built: where the others went is seen without those that were caught.
        if !signals.is_empty() && left.len() < defects.len() && self.runs < self.most_runs {
            let again: Vec<&Defect> = left.iter().map(|place| defects[*place]).collect();
            for (place, outcome) in left.iter().zip(self.settle(&again)?) {
                settled[*place] = outcome;
            }
            return Ok(settled);
        }
        for place in left {
            settled[place] =
                Some(self.survived(defects[place], &planted[place], &changed, signals.is_empty()));
        }
        Ok(settled)
    }

    /// Plants the defects that one of several tests may mean again, in two halves.
    fn settle_suspects(
        &mut self,
        defects: &[&Defect],
        planted: &[Planted],
        signals: &BTreeSet<Signal>,
        suspects: &[usize],
        settled: &mut [Option<Settled>],
    ) -> Result<()> {
        if suspects.is_empty() {
            return Ok(());
        }
        if self.runs >= self.most_runs {
            for place in suspects {
                let by = signals.iter().filter(|signal| self.can_cause(defects[*place], signal));
                settled[*place] =
                    Some(caught(&planted[*place], by.map(|signal| self.name(signal)).collect()));
            }
            return Ok(());
        }
        // A single one whose test was explained by another may have failed it as well: it is planted alone.
        let (one, other) = suspects.split_at(suspects.len().div_ceil(2));
        for half in [one, other] {
            let again: Vec<&Defect> = half.iter().map(|place| defects[*place]).collect();
            for (place, outcome) in half.iter().zip(self.settle(&again)?) {
                settled[*place] = outcome;
            }
        }
        Ok(())
    }

    /// `is_known`: everything was built, so that a table that did not change was not reached.
    fn survived(
        &self,
        defect: &Defect,
        planted: &Planted,
        changed: &[(String, u64)],
        is_known: bool,
    ) -> Settled {
        let ends = self.lineage.ends_of(&self.tables[defect.table].contract.name);
        let reached: Vec<(String, u64)> =
            changed.iter().filter(|(table, _)| ends.contains(table)).cloned().collect();
        let outcome = if is_known && reached.is_empty() && !self.ends.is_empty() {
            VerdictKind::WithoutEffect
        } else {
            VerdictKind::Survived
        };
        Settled { rows: planted.count, outcome, reached }
    }

    /// Reject codes and findings of the rows that have the defect.
    fn noticed_rows(&self, defect: &Defect, planted: &Planted, observed: &Observed) -> Vec<String> {
        let contract = &self.tables[defect.table].contract;
        let column = defect.column.map(|place| contract.columns[place].name.as_str());
        let is_about = |other: &str| {
            column.is_none_or(|column| other.is_empty() || other.eq_ignore_ascii_case(column))
                || defect.is_of_rows()
        };
        let mut by: BTreeSet<String> = BTreeSet::new();
        for place in &planted.rows {
            let codes = |noticed: &std::collections::BTreeMap<(String, i64), BTreeSet<(String, String)>>| {
                noticed
                    .get(place)
                    .into_iter()
                    .flatten()
                    .filter(|(_, other)| is_about(other))
                    .map(|(code, _)| code.clone())
                    .collect::<Vec<_>>()
            };
            by.extend(codes(&observed.rejected));
            by.extend(codes(&observed.found).into_iter().map(|code| format!("finding {code}")));
        }
        by.into_iter().collect()
    }

    /// What was noticed that was not without defects.
    fn signals(&self, observed: &Observed) -> BTreeSet<Signal> {
        let mut signals: BTreeSet<Signal> = observed
            .failing
            .iter()
            .filter(|(id, rows)| self.before.failing.get(*id).is_none_or(|before| *rows > before))
            .map(|(id, _)| Signal::Node(id.clone()))
            .collect();
        for (table, codes) in &observed.not_loaded {
            let before = self.before.not_loaded.get(table);
            let new = codes.iter().filter(|code| before.is_none_or(|before| !before.contains(*code)));
            signals.extend(new.map(|code| Signal::Table(table.clone(), code.clone())));
        }
        signals
    }

    fn can_cause(&self, defect: &Defect, signal: &Signal) -> bool {
        let table = &self.tables[defect.table].contract.name;
        match signal {
            Signal::Node(id) => self.lineage.reaches(table, id),
            Signal::Table(other, _) => other == table,
        }
    }

    /// Whether a test is about just this: its column is that of the defect, or it finds doubled keys where a row comes
    /// twice.
    fn is_meant(&self, defect: &Defect, signal: &Signal) -> bool {
        let Signal::Node(id) = signal else { return false };
        let contract = &self.tables[defect.table].contract;
        let about = self.lineage.column_of(id);
        match (&defect.change, defect.column, about) {
            (Change::RowTwice, _, Some(_)) => self.lineage.name_of(id).starts_with("unique"),
            (Change::Value(value), Some(place), Some(column)) => {
                let is_column = contract.columns[place].name.eq_ignore_ascii_case(column);
                let name = self.lineage.name_of(id);
                // A test of a null is not about odd values, nor one of doubles.
                let is_null_test = name.contains("not_null");
                is_column && is_null_test == value.is_null() && !name.starts_with("unique")
            }
            _ => false,
        }
    }

    fn name(&self, signal: &Signal) -> String {
        match signal {
            Signal::Node(id) => self.lineage.name_of(id).to_owned(),
            Signal::Table(_, code) => code.clone(),
        }
    }
}

fn caught(planted: &Planted, by: Vec<String>) -> Settled {
    Settled { rows: planted.count, outcome: VerdictKind::Caught(by), reached: Vec::new() }
}

//! How each defect ended.

/// Whether a defect was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictKind {
    /// By these reject codes, findings, rules or tests.
    Caught(Vec<String>),
    /// Nothing noticed it.
    Survived,
    /// Nothing noticed it, and no table at the end of the models has another row because of it. It does not count.
    WithoutEffect,
    /// These tests failed while it was there, and it could not be told whether because of it. It does not count.
    Undecided(Vec<String>),
}

/// One defect, and how it ended.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub table: String,
    /// The column that has the defect; empty if it is about rows or files.
    pub column: String,
    /// `value_missing`, `doubled_delivery`, …
    pub kind: String,
    /// What was done, in words.
    pub description: String,
    /// How many rows have it.
    pub rows: u64,
    pub outcome: VerdictKind,
    /// Tables at the end of the models that have other rows because of it. Only of defects that survived.
    pub reached: Vec<String>,
    /// Why nobody noticed it, in a sentence without its full stop. Empty if somebody did.
    pub why: String,
    /// A rule or a test that would notice it: YAML to paste. Empty if it was caught.
    pub suggestion: String,
}

/// The result of a rehearsal.
#[derive(Debug, Clone, Default)]
pub struct Rehearsal {
    pub verdicts: Vec<Verdict>,
    /// Tables that were not rehearsed, and why.
    pub left_out: Vec<(String, String)>,
    /// Tests that fail without any defect.
    pub failing_before: Vec<String>,
    /// How many rows were rehearsed.
    pub rows: u64,
    /// How often bronze and models were run.
    pub runs: u64,
    pub seconds: f64,
}

impl Rehearsal {
    pub fn caught(&self) -> usize {
        self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, VerdictKind::Caught(_))).count()
    }

    pub fn survived(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.outcome == VerdictKind::Survived)
    }

    /// Per cent of the defects with an effect that were caught; 100 if there were none.
    pub fn score(&self) -> f64 {
        let (caught, survived) = (self.caught(), self.survived().count());
        if caught + survived == 0 { 100.0 } else { 100.0 * caught as f64 / (caught + survived) as f64 }
    }
}

//! Which nodes need not run: those whose inputs are what they were, and whose relation is as they left it.
//!
//! ```text
//! context/trace ─ what templates asked for ─┐
//! reads ───────── what the SQL reads ───────┤
//! relations ───── what is in what it reads ─┴─► knowledge ─► run the node, or not, and why
//!                                                   │
//! record ◄── one row a node, in the warehouse ──────┤
//! Seal of the engine ◄── how the file was left ─────┘
//! ```
//!
//! The method is that of build systems with traces: a node that ran is kept with everything that it asked for and the hash
//! of each answer. If all answers are the same today, running it would give the same again. What cannot be compared
//! (the clock, random numbers, hooks, Python) has the node run each time.
//!
//! What is kept is written after the node, never before, and claims nothing by itself: it says what a relation held, and the
//! relation is looked at before the claim is used. So a run that is killed leaves at worst a claim that is not used.

pub(crate) mod contents;
pub(crate) mod explain;
pub(crate) mod inputs;
pub(crate) mod knowledge;
pub(crate) mod reads;
pub(crate) mod record;
mod relations;

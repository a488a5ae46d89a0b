//! A selection, taken apart.

use crate::select::criterion::Criterion;
use crate::select::indirect::IndirectSelection;

/// A selection, taken apart.
#[derive(Debug, Clone)]
pub(crate) enum Spec {
    One(Criterion),
    /// What was written as one word; a warning is due where it finds nothing.
    Word(String, Box<Spec>),
    Union(Vec<Spec>, IndirectSelection),
    Intersection(Vec<Spec>, IndirectSelection),
    /// The first without the second.
    Difference(Box<Spec>, Box<Spec>),
    Everything,
}

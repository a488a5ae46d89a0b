//! Erasing people from a whole project, so that nothing of them is left in any file.
//!
//! ```text
//! feeds      which feeds have rows of the people, and what the contracts say becomes of them
//! ground     the two of these together, and whose a file is
//! relations  which columns of models, by lineage, name the people or hold what is theirs
//! look       finds all of it, and what it was that they had; nothing is changed yet
//! journal    what was found, kept until all is done: a run that was killed goes on from it
//! steps      in which order they are done, in a project and in its environments
//!   raw, delta, database, leftovers   a file of each kind without the people
//! search     the proof: the bytes of every file, opened as far as files can be opened
//! ```
//!
//! Values of the people are compared as texts. What is looked for is in tables of an engine in memory, one for each domain: the
//! keys, other columns by which they are known, and what models have made of those.

mod changes;
mod checkpoint;
mod database;
mod delta;
mod feeds;
mod files;
mod ground;
mod journal;
mod leftovers;
mod look;
mod options;
mod outcome;
mod raw;
mod relations;
mod rules;
mod search;
mod steps;
mod values;

pub use options::{EraseOptions, ErasedPlaces, ErasedProject};
pub use outcome::{ErasedPlace, Erasure, LeftPlace};
pub use search::{SearchOptions, SearchedFile, search};
pub use steps::erase;

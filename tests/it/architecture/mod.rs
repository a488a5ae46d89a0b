//! How the code hangs together: crates depend downwards, and no file of a crate needs itself by way of others.

mod circles;
mod graph;
mod layers;
mod modules;
mod names;
mod paths;

//! `ingot contract`: a file for each of its commands.

mod check;
mod command;
mod diff;
mod generated;
mod infer;

pub(super) use command::{Arguments, run};
pub(super) use infer::overview;

//! YAML as dbt reads it: PyYAML's safe loader over libyaml (YAML 1.1 scalars, anchors, merge keys), with the line
//! of every value, so that an error can point at it.
//!
//! The parser is libyaml's, ported to Rust, so that what it takes and refuses is what PyYAML does. What
//! differs: keys are kept as text (`1: x` has the key `"1"`), a plain date stays the text it is written as, and a
//! repeated key is an error, or is listed for a warning ([`parse_noting_repeats`]), rather than the last one winning in
//! silence.

mod document;
mod libyaml;
mod merge;
mod node;
mod scalar;

pub use document::{Repeat, parse, parse_noting_repeats, read};
pub use node::{Mapping, Node, Value};

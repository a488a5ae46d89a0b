//! What an agent can ask about a project, and do to it: `ingot mcp`.
//!
//! ```text
//! standard input ─serve (lines)─► protocol (messages) ─toolbox─► answers (tools.rs lists them), commands that write
//! standard output ◄──────────────┘
//! ```
//!
//! The Model Context Protocol is spoken without a crate for it: the official one compiles arrow and deltalake once more
//! (docs/concepts/architecture.md).

mod answers;
mod commands;
mod protocol;
mod serve;
#[cfg(test)]
mod tests;
mod toolbox;
mod tools;

pub use answers::{AgentTools, Loaded};
pub use serve::serve;

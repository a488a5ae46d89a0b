//! Environments of a project, and how a state goes from one to another.
//!
//! An environment is a folder `environments/NAME` of the project, and itself a project: its code is links to that of the
//! project (or a checkout of its own), and `lake/`, `duckdb/`, `target/` and `audit/` are its own. Since every path in a project
//! is relative to its root, all commands work in it, and what one environment has built fits the others.
//!
//! ```text
//! state     where the state of an environment is
//! folder    an environment is made; its links follow the project
//! tested    what keeps a state from being promoted
//! carry     a lake by reference: files that never change are linked, the few others copied
//! promote   the state of one environment becomes that of another
//! pending   a promotion that was killed is completed
//! ```

mod carry;
mod folder;
mod pending;
mod promote;
mod state;
mod tested;

pub use folder::{Environment, add_environment, environments, refresh_links};
pub use pending::complete_promotion;
pub use promote::{Promotion, StateChecks, promote};
pub use state::State;

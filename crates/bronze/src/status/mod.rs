//! Looking at bronze without changing it, and without the loader's lock, so at any time: what is loaded (`bronze_status`),
//! and which rejects are open (`open_rejects`).

mod bronze_status;
mod contract_status;
mod open_rejects;

pub use bronze_status::{BronzeStatus, Fresh, TableStatus, status};
pub use contract_status::{ContractStatus, contracts};
pub use open_rejects::{OpenReject, OpenRejects, RejectQuery, open_rejects};

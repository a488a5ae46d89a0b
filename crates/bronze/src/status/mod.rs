//! Looking at bronze without changing it, and without the loader's lock, so at any time: what is loaded (`bronze_status`),
//! which rejects are open (`open_rejects`), what contracts say (`contract_status`), and whether files and tables fit them
//! (`contract_fit`).

mod bronze_status;
mod contract_fit;
mod contract_status;
mod open_rejects;

pub use bronze_status::{BronzeStatus, Fresh, TableStatus, status};
pub use contract_fit::{Fit, fit_json, fit_table, fits};
pub use contract_status::{ContractStatus, contracts};
pub use open_rejects::{OpenReject, OpenRejects, RejectQuery, open_rejects};

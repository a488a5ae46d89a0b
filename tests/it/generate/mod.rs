//! The command `generate`.

mod from_contracts;
mod hardship;
mod help;
mod settings;

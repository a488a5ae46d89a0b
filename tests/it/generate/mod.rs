//! The command `generate`.

mod hardship;
mod help;
mod settings;

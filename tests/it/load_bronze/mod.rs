//! The commands `load-bronze`, `bronze` and `replay`.

mod commands;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod permission;

//! The project day after day: damage, and the way back from it, by the real command.

mod counts;
mod damage;
mod killed;
mod quality;
mod recovery;
mod status;

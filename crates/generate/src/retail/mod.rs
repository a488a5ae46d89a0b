//! The retail world: eleven feeds of a fictional retailer. The only place in the tool's code that knows them.
//!
//! [`Retail`] says what there is to make ([`Retail::plan`]) and makes one piece of it
//! ([`Retail::produce`]); everything else about generating is the same for any domain.

mod catalogue;
mod choice;
mod customers;
mod defects;
mod events;
mod exchange_rates;
mod feed_names;
mod feeds;
mod generator;
mod growth;
mod history;
mod late;
mod names;
mod order_files;
mod orders;
mod places;
mod planning;
mod prices;
mod products;
mod rejected;
mod returns;
mod sensors;
mod shipments;
mod stores;
mod suppliers;
mod world;

pub(crate) use defects::DEFECTS;
pub(crate) use feed_names::feeds;
pub(crate) use generator::Retail;
pub(crate) use planning::default_window;

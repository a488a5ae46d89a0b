//! The names of the feeds, and how each is delivered.

use ingot_contract::Format;

pub(crate) const CUSTOMERS: &str = "customers";
pub(crate) const PRODUCTS: &str = "products";
pub(crate) const STORES: &str = "stores";
pub(crate) const SUPPLIERS: &str = "suppliers";
pub(crate) const ORDERS_HEADER: &str = "orders_header";
pub(crate) const ORDERS_LINES: &str = "orders_lines";
pub(crate) const EVENTS: &str = "events";
pub(crate) const SENSORS: &str = "sensors";
pub(crate) const EXCHANGE_RATES: &str = "exchange_rates";
pub(crate) const SHIPMENTS: &str = "shipments";
pub(crate) const RETURNS: &str = "returns";

/// A feed, its raw form, and the bytes of one row of it, about.
pub(crate) const FEEDS: [(&str, Format, u64); 11] = [
    (CUSTOMERS, Format::Csv, 196),
    (PRODUCTS, Format::Csv, 112),
    (STORES, Format::Csv, 96),
    (SUPPLIERS, Format::Csv, 46),
    (ORDERS_HEADER, Format::Csv, 82),
    (ORDERS_LINES, Format::Csv, 46),
    (EVENTS, Format::Jsonl, 192),
    (SENSORS, Format::Csv, 52),
    (EXCHANGE_RATES, Format::Xlsx, 20),
    (SHIPMENTS, Format::Parquet, 22),
    (RETURNS, Format::Delta, 20),
];

/// The feeds' names, in the order in which people think of them.
pub(crate) fn feeds() -> impl Iterator<Item = &'static str> {
    FEEDS.iter().map(|(feed, _, _)| *feed)
}

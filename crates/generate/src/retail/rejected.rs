//! Which orders and products bronze will reject, known before their files are written, so that the ledger
//! can name the rows of other feeds that point at them.

use super::feed_names::{ORDERS_HEADER, PRODUCTS};
use super::orders::Order;
use super::world::World;
use crate::anomalies::{Anomalies, Anomaly, CaughtAt};
use crate::calendar::Day;
use crate::ledger::Consequence;
use crate::random::Random;
use std::sync::Arc;

/// The codes of consequences.
const ORDER_REJECTED: &str = "order_rejected";
const PRODUCT_REJECTED: &str = "product_rejected";

/// The defects of a day's orders: ask for each order, in their order.
pub(crate) struct HeaderDefects<'a> {
    anomalies: &'a Anomalies,
    random: Random,
}

impl<'a> HeaderDefects<'a> {
    pub(crate) fn new(world: &World, anomalies: &'a Anomalies, day: Day) -> Self {
        Self { anomalies, random: world.random("orders_header.defects", i64::from(day)) }
    }

    /// The next order's defect, with a number to choose its form by.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<(&'static Anomaly, usize)> {
        let anomaly = self.anomalies.draw(&mut self.random)?;
        Some((anomaly, self.random.below(6_000) as usize))
    }
}

/// By what a row may point at something that bronze rejects.
pub(crate) struct Rejected {
    pub(crate) headers: Anomalies,
    /// By a product's id less one.
    products: Vec<bool>,
}

impl Rejected {
    pub(crate) fn new(world: &World, headers: Anomalies, products: &Anomalies) -> Self {
        let products = (1..=world.products.len() as i64)
            .map(|id| {
                let defect = products.of_numbered(id, &mut world.random("products.defects", id));
                defect.is_some_and(|anomaly| anomaly.caught_at == CaughtAt::Bronze)
            })
            .collect();
        Self { headers, products }
    }

    /// Adds what follows for a row that points at an order and perhaps at a product. `row` is its feed,
    /// file, number and key.
    #[inline]
    pub(crate) fn note(
        &self,
        order: (&Order, Option<&Anomaly>),
        product: Option<i64>,
        row: impl Fn() -> (&'static str, Arc<str>, Option<u64>, String),
        into: &mut Vec<Consequence>,
    ) {
        let (order, defect) = order;
        if defect.is_some_and(|anomaly| anomaly.caught_at == CaughtAt::Bronze) {
            into.push(consequence(row(), "order_id", ORDER_REJECTED, ORDERS_HEADER, order.id));
        }
        // A product that was never given to anybody is a defect of the row's own.
        if let Some(id) = product
            && self.products.get(id as usize - 1) == Some(&true)
        {
            into.push(consequence(row(), "product_id", PRODUCT_REJECTED, PRODUCTS, id));
        }
    }
}

fn consequence(
    (feed, file, row_number, row_key): (&'static str, Arc<str>, Option<u64>, String),
    column: &'static str,
    code: &'static str,
    cause_feed: &'static str,
    cause: i64,
) -> Consequence {
    Consequence { feed, file, row_number, row_key, column, code, cause_feed, cause_key: cause.to_string() }
}

//! Which files a window has, and about how large they will be.

use super::feed_names::{
    CUSTOMERS, EVENTS, EXCHANGE_RATES, FEEDS, ORDERS_HEADER, PRODUCTS, RETURNS, SENSORS, SHIPMENTS, STORES,
    SUPPLIERS,
};
use super::generator::{Retail, find};
use super::{exchange_rates, places, shipments};
use crate::calendar::{Day, first_of_month, first_of_next_month, from_civil, iso, iso_month};
use crate::plan::{PlannedFile, Task, Window};

impl Retail {
    /// Every piece of work of the window. Long ones come first, so that no thread is left with one at the end.
    pub(crate) fn plan(&self) -> Vec<Task> {
        let world = &self.world;
        let window = world.window();
        let orders: f64 = (window.start..window.end()).map(|day| world.expected_orders(day)).sum();
        let rates = window.end() - exchange_rates::first_day(world);
        let mut tasks: Vec<Task> = [
            (RETURNS, orders * 0.1),
            (CUSTOMERS, world.customers.count(world.as_of()) as f64),
            (PRODUCTS, world.products.len() as f64),
            (STORES, world.stores.len() as f64),
            (SUPPLIERS, world.suppliers as f64),
            (EXCHANGE_RATES, f64::from(rates) * places::COUNTRIES.len() as f64),
        ]
        .into_iter()
        .map(|(feed, rows)| Task { feed, part: (0, 0), files: vec![self.file(feed, &[], "", rows)] })
        .collect();

        for (first, end) in months(window) {
            let orders: f64 = (first..end).map(|day| world.expected_orders(day)).sum();
            tasks.push(Task {
                feed: SHIPMENTS,
                part: (i64::from(first), i64::from(end)),
                files: vec![self.file(SHIPMENTS, &[], &shipments::file_number(first), orders)],
            });
        }
        // Days before the window may have orders that come in it.
        for day in world.known_since()..window.end() {
            let files = self.planned_order_files(day);
            if !files.is_empty() {
                tasks.push(Task { feed: ORDERS_HEADER, part: (i64::from(day), 0), files });
            }
        }
        for day in window.start..window.end() {
            let date = iso(day);
            let rows = world.expected_events(day);
            tasks.push(Task {
                feed: EVENTS,
                part: (i64::from(day), 0),
                files: vec![self.file(EVENTS, &[("event_dt", &date)], "00000", rows)],
            });
        }
        // A month's file is delivered whole, from the first day that is known.
        let since = first_of_month(window.start).max(world.known_since());
        let sensed = Window { start: since, days: window.end() - since, ..window };
        for (place, shelves) in world.sensor_stores() {
            let store = world.stores[place].id.to_string();
            for (first, end) in months(sensed) {
                let rows = (i64::from(end - first) * 24 * shelves) as f64;
                let partition = [("store_id", store.as_str()), ("month", &iso_month(first))];
                tasks.push(Task {
                    feed: SENSORS,
                    part: (place as i64, i64::from(first)),
                    files: vec![self.file(SENSORS, &partition, "", rows)],
                });
            }
        }
        tasks
    }

    pub(crate) fn file(
        &self,
        feed: &'static str,
        partition: &[(&str, &str)],
        part: &str,
        rows: f64,
    ) -> PlannedFile {
        let relative = find(&self.contracts, feed)
            .map(|contract| contract.raw_path(partition, part).trim_end_matches('/').to_owned())
            .unwrap_or_default();
        let row_bytes = FEEDS.iter().find(|(name, _, _)| *name == feed).map_or(0, |(_, _, bytes)| *bytes);
        let rows = rows.round().max(0.0) as u64;
        PlannedFile { feed, relative, rows, bytes: rows * row_bytes }
    }
}

/// The months of a window, cut to it: (first day, day after the last).
fn months(window: Window) -> Vec<(Day, Day)> {
    let mut months = Vec::new();
    let mut first = window.start;
    while first < window.end() {
        let end = first_of_next_month(first).min(window.end());
        months.push((first, end));
        first = end;
    }
    months
}

/// The start and length of the window if nothing else is asked for: two calendar years, so that every
/// day of the second has one to be compared with.
pub(crate) fn default_window() -> Window {
    Window { start: from_civil(2023, 1, 1), days: 731, late_days: 0 }
}

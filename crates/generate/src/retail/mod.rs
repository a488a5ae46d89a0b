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
mod feeds;
mod growth;
mod history;
mod late;
mod names;
mod order_files;
mod orders;
mod places;
mod prices;
mod products;
mod rejected;
mod returns;
mod sensors;
mod shipments;
mod stores;
mod suppliers;
mod world;

use super::anomalies::{Anomalies, Anomaly};
use super::calendar::{Day, first_of_month, first_of_next_month, from_civil, iso, iso_month};
use super::cell::bind;
use super::ledger::Delivery;
use super::output::Outcome;
use super::plan::{PlannedFile, Task, Window};
use super::settings::Settings;
use super::write::csv::{CsvCell, CsvTable};
use super::write::parquet::BatchTable;
use history::HistoryTable;
use ingot_contract::{Contract, Format};
use ingot_core::error::{Error, Result};
use rejected::Rejected;
use std::path::Path;
use world::World;

const CUSTOMERS: &str = "customers";
const PRODUCTS: &str = "products";
const STORES: &str = "stores";
const SUPPLIERS: &str = "suppliers";
const ORDERS_HEADER: &str = "orders_header";
const ORDERS_LINES: &str = "orders_lines";
const EVENTS: &str = "events";
const SENSORS: &str = "sensors";
const EXCHANGE_RATES: &str = "exchange_rates";
const SHIPMENTS: &str = "shipments";
const RETURNS: &str = "returns";

/// A feed, its raw form, and the bytes of one row of it, about.
const FEEDS: [(&str, Format, u64); 11] = [
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
pub fn feeds() -> impl Iterator<Item = &'static str> {
    FEEDS.iter().map(|(feed, _, _)| *feed)
}

/// The world and the forms of its feeds.
pub struct Retail {
    world: World,
    settings: Settings,
    delivery: Delivery,
    rejected: Rejected,
    contracts: Vec<Contract>,
    customers: CsvTable<customers::Customer>,
    products: CsvTable<products::ProductRow>,
    stores: CsvTable<stores::StoreRow>,
    suppliers: CsvTable<suppliers::Supplier>,
    headers: CsvTable<orders::Order>,
    lines: CsvTable<orders::Line>,
    sensors: CsvTable<sensors::Reading>,
    shipments: BatchTable<shipments::Shipment>,
    returns: returns::ReturnsTable,
    customer_history: HistoryTable<customers::Customer>,
    product_history: HistoryTable<products::ProductRow>,
}

/// Every kind of defect there is.
pub fn defects() -> &'static [Anomaly] {
    &defects::DEFECTS
}

impl Retail {
    /// `windows` are those delivered so far, which follow on each other; the last one is to be made. Fails if
    /// a feed's contract is missing, has another raw form, or a column that the feed cannot fill.
    pub fn new(
        seed: u64,
        scale: f64,
        windows: Vec<Window>,
        delivery: Delivery,
        settings: Settings,
        contracts: Vec<Contract>,
    ) -> Result<Self> {
        for (feed, format, _) in FEEDS {
            let contract = find(&contracts, feed)?;
            if contract.raw.format != format {
                return Err(Error::new(format!("feed {feed} is generated as {format:?} only"))
                    .at(&contract.file)
                    .hint("give the contract its original format and path"));
            }
        }
        let events = find(&contracts, EVENTS)?;
        if events.columns.len() != 1 {
            return Err(Error::new(
                "the feed events is one column of JSON, and its contract has another number of them",
            )
            .at(&events.file)
            .hint("put new members into the payload; the contract describes the envelope"));
        }
        let rates = find(&contracts, EXCHANGE_RATES)?;
        bind::<exchange_rates::Rate, CsvCell>(rates, &rates.columns)?;
        let world = World::new(seed, scale, windows, settings.late_share)?;
        let anomalies = |feed: &str| Anomalies::of_feed(&settings.rates, feed);
        Ok(Self {
            rejected: Rejected::new(&world, anomalies(ORDERS_HEADER), &anomalies(PRODUCTS)),
            customer_history: HistoryTable::new(find(&contracts, CUSTOMERS)?, &customers::HISTORY)?,
            product_history: HistoryTable::new(find(&contracts, PRODUCTS)?, &products::HISTORY)?,
            customers: CsvTable::new(find(&contracts, CUSTOMERS)?)?,
            products: CsvTable::new(find(&contracts, PRODUCTS)?)?,
            stores: CsvTable::new(find(&contracts, STORES)?)?,
            suppliers: CsvTable::new(find(&contracts, SUPPLIERS)?)?,
            headers: CsvTable::new(find(&contracts, ORDERS_HEADER)?)?,
            lines: CsvTable::new(find(&contracts, ORDERS_LINES)?)?,
            sensors: CsvTable::new(find(&contracts, SENSORS)?)?,
            shipments: BatchTable::new(find(&contracts, SHIPMENTS)?, |_| true)?,
            returns: returns::ReturnsTable::new(find(&contracts, RETURNS)?)?,
            world,
            settings,
            delivery,
            contracts,
        })
    }

    /// Every piece of work of the window. Long ones come first, so that no thread is left with one at the end.
    pub fn plan(&self) -> Vec<Task> {
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

    /// Makes the files of one task.
    pub fn produce(&self, task: &Task, out: &Path) -> Result<Outcome> {
        match task.feed {
            CUSTOMERS => self.make_customers(task, out),
            PRODUCTS => self.make_products(task, out),
            STORES => self.make_stores(task, out),
            SUPPLIERS => self.make_suppliers(task, out),
            ORDERS_HEADER => self.make_orders(task, out),
            EVENTS => self.make_events(task, out),
            SENSORS => self.make_sensors(task, out),
            EXCHANGE_RATES => self.make_exchange_rates(task, out),
            SHIPMENTS => self.make_shipments(task, out),
            RETURNS => self.make_returns(task, out),
            other => Err(Error::new(format!("there is no feed {other}"))),
        }
    }

    /// The first name under the raw folder of each feed: what a run replaces.
    pub fn roots(contracts: &[Contract]) -> Vec<String> {
        contracts
            .iter()
            .filter(|contract| feeds().any(|feed| feed == contract.name))
            .filter_map(|contract| contract.raw.path.split('/').next().map(str::to_owned))
            .collect()
    }

    fn contract(&self, feed: &str) -> Result<&Contract> {
        find(&self.contracts, feed)
    }

    fn anomalies(&self, feed: &str) -> Anomalies {
        Anomalies::of_feed(&self.settings.rates, feed)
    }

    fn file(&self, feed: &'static str, partition: &[(&str, &str)], part: &str, rows: f64) -> PlannedFile {
        let relative = find(&self.contracts, feed)
            .map(|contract| contract.raw_path(partition, part).trim_end_matches('/').to_owned())
            .unwrap_or_default();
        let row_bytes = FEEDS.iter().find(|(name, _, _)| *name == feed).map_or(0, |(_, _, bytes)| *bytes);
        let rows = rows.round().max(0.0) as u64;
        PlannedFile { feed, relative, rows, bytes: rows * row_bytes }
    }
}

fn find<'a>(contracts: &'a [Contract], feed: &str) -> Result<&'a Contract> {
    contracts.iter().find(|contract| contract.name == feed).ok_or_else(|| {
        Error::new(format!("there is no contract for the feed {feed}")).hint(
            "generate makes the retail feeds, each by its contract in schemas/; `ingot init` writes them all",
        )
    })
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
pub fn default_window() -> Window {
    Window { start: from_civil(2023, 1, 1), days: 731, late_days: 0 }
}

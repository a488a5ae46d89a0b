//! The feeds together: [`Retail`] knows their contracts and forms, and makes one piece of work.

use super::feed_names::{
    CUSTOMERS, EVENTS, EXCHANGE_RATES, FEEDS, ORDERS_HEADER, ORDERS_LINES, PRODUCTS, RETURNS, SENSORS,
    SHIPMENTS, STORES, SUPPLIERS, feeds,
};
use super::history::HistoryTable;
use super::rejected::Rejected;
use super::world::World;
use super::{customers, exchange_rates, orders, products, returns, sensors, shipments, stores, suppliers};
use crate::anomalies::Anomalies;
use crate::cell::bind;
use crate::ledger::Delivery;
use crate::output::Outcome;
use crate::plan::{Task, Window};
use crate::producer::Producer;
use crate::settings::Settings;
use crate::write::csv::{CsvCell, CsvTable};
use crate::write::parquet::BatchTable;
use ingot_contract::Contract;
use ingot_core::error::{Error, Result};
use std::path::Path;

/// The world and the forms of its feeds.
pub(crate) struct Retail {
    pub(crate) world: World,
    pub(crate) settings: Settings,
    pub(crate) delivery: Delivery,
    pub(crate) rejected: Rejected,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) customers: CsvTable<customers::Customer>,
    pub(crate) products: CsvTable<products::ProductRow>,
    pub(crate) stores: CsvTable<stores::StoreRow>,
    pub(crate) suppliers: CsvTable<suppliers::Supplier>,
    pub(crate) headers: CsvTable<orders::Order>,
    pub(crate) lines: CsvTable<orders::Line>,
    pub(crate) sensors: CsvTable<sensors::Reading>,
    pub(crate) shipments: BatchTable<shipments::Shipment>,
    pub(crate) returns: returns::ReturnsTable,
    pub(crate) customer_history: HistoryTable<customers::Customer>,
    pub(crate) product_history: HistoryTable<products::ProductRow>,
}

impl Retail {
    /// `windows` are those delivered so far, which follow on each other; the last one is to be made. Fails if
    /// a feed's contract is missing, has another raw form, or a column that the feed cannot fill.
    pub(crate) fn new(
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
                return Err(Error::new(format!("the feed {feed} can only be generated as {format:?}"))
                    .at(&contract.file)
                    .hint("give the contract its original format and path"));
            }
        }
        let events = find(&contracts, EVENTS)?;
        if events.columns.len() != 1 {
            return Err(Error::new("the contract of the feed events must have one column, of JSON")
                .at(&events.file)
                .hint("remove the other columns: what is new in an event is part of its payload"));
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

    /// The first name under the raw folder of each feed: what a run replaces.
    pub(crate) fn roots(contracts: &[Contract]) -> Vec<String> {
        contracts
            .iter()
            .filter(|contract| feeds().any(|feed| feed == contract.name))
            .filter_map(|contract| contract.raw.path.split('/').next().map(str::to_owned))
            .collect()
    }

    pub(crate) fn contract(&self, feed: &str) -> Result<&Contract> {
        find(&self.contracts, feed)
    }

    pub(crate) fn anomalies(&self, feed: &str) -> Anomalies {
        Anomalies::of_feed(&self.settings.rates, feed)
    }
}

impl Producer for Retail {
    fn produce(&self, task: &Task, out: &Path) -> Result<Outcome> {
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
            other => Err(Error::defect(format!("there is no feed {other}"))),
        }
    }

    fn feeds(&self) -> Vec<&'static str> {
        feeds().collect()
    }
}

/// The contract of a feed.
pub(crate) fn find<'a>(contracts: &'a [Contract], feed: &str) -> Result<&'a Contract> {
    contracts.iter().find(|contract| contract.name == feed).ok_or_else(|| {
        Error::new(format!("there is no contract for the feed {feed}"))
            .hint("add it to schemas/: `ingot init DIR` writes the contracts of all feeds that are generated")
    })
}

//! The facts that several feeds share: which stores, products and customers there are, what they
//! cost and where they live on a day, and how much is sold on it. Everything is a function of seed, scale and date.

use super::catalogue::CATEGORIES;
use super::growth::{Growth, Popularity};
use super::places::{CITIES, COUNTRIES, City};
use crate::calendar::{DAY_SECONDS, Day, Zone, civil, from_civil, weekday};
use crate::plan::Window;
use crate::random::{Random, hash, label, unit, weighted};
use ingot_core::error::Result;

/// Rows of the facts at scale 1 over the reference window.
pub(crate) const ORDERS: f64 = 1_000_000.0;
pub(crate) const EVENTS: f64 = 2_000_000.0;
/// Days of the reference window, 2023-01-01 to 2024-12-31.
const REFERENCE_DAYS: i32 = 731;
/// Shelves that carry a sensor at scale 1, each read once an hour.
const SENSOR_SHELVES: f64 = 410.0;
/// Stores that carry sensors, at most.
const SENSOR_STORES: f64 = 124.0;

/// A shop or web shop.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) id: i64,
    pub(crate) city: u8,
    pub(crate) is_web: bool,
    pub(crate) opened: Day,
    pub(crate) closed: Option<Day>,
}

/// What orders need to know of a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Product {
    pub(crate) category: u8,
    pub(crate) introduced: Day,
    pub(crate) discontinued: Option<Day>,
    /// In cents of an AUD, on the day of introduction.
    pub(crate) first_price: u32,
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) scale: f64,
    /// The share of a day's orders that is held back, where some are.
    pub(crate) late_share: f64,
    /// The windows delivered so far, oldest first; the last is the one to be made.
    pub(crate) windows: Vec<Window>,
    pub(crate) customers: Growth,
    pub(crate) suppliers: i64,
    pub(crate) stores: Vec<Store>,
    pub(crate) products: Vec<Product>,
    pub(crate) customer_popularity: Popularity,
    pub(crate) product_popularity: Popularity,
    /// By the index of a city.
    zones: Vec<Zone>,
    /// By the index of a country: places in `stores` in the order of their opening, web shops and shops apart. The
    /// first of each is always open.
    pub(crate) web_stores: Vec<Vec<u32>>,
    pub(crate) shops: Vec<Vec<u32>>,
    /// By a customer's id less one: where the customer buys if nothing speaks against it, as a place in
    /// `stores`, over the web and in a shop.
    pub(crate) homes: Vec<[u32; 2]>,
    /// The number of orders on a day of average weight.
    orders_a_day: f64,
}

/// A dimension's number of rows at this scale.
fn scaled(at_scale_1: f64, scale: f64, least: i64) -> i64 {
    ((at_scale_1 * scale).round() as i64).max(least)
}

impl World {
    /// `windows` must not be empty, and follow on each other.
    pub(crate) fn new(seed: u64, scale: f64, windows: Vec<Window>, late_share: f64) -> Result<Self> {
        let end = windows.last().map_or(0, |window| window.end());
        let customers = Growth {
            reference: scaled(80_000.0, scale, 50),
            first: from_civil(2016, 3, 1),
            early: 0.7,
            yearly: 0.15,
        };
        let product_growth = Growth {
            reference: scaled(25_000.0, scale, 50),
            first: from_civil(2014, 6, 1),
            early: 0.8,
            yearly: 0.1,
        };
        let store_growth = Growth {
            reference: scaled(5_000.0, scale, 20),
            first: from_civil(2009, 5, 1),
            early: 0.9,
            yearly: 0.05,
        };
        let products: Vec<Product> = (1..=product_growth.count(end - 1))
            .map(|id| Product::new(seed, id, product_growth.day_of(id)))
            .collect();
        let stores: Vec<Store> = (1..=store_growth.count(end - 1))
            .map(|id| Store::new(seed, id, store_growth.day_of(id)))
            .collect();
        let in_country = |is_web: bool| -> Vec<Vec<u32>> {
            (0..COUNTRIES.len())
                .map(|country| {
                    (0..stores.len() as u32)
                        .filter(|index| {
                            let store = &stores[*index as usize];
                            store.is_web == is_web && usize::from(store.country()) == country
                        })
                        .collect()
                })
                .collect()
        };
        let (web_stores, shops) = (in_country(true), in_country(false));
        let mut shops_of_city: Vec<Vec<u32>> = vec![Vec::new(); CITIES.len()];
        for place in shops.iter().flatten() {
            shops_of_city[usize::from(stores[*place as usize].city)].push(*place);
        }
        // One of those that a customer knew when joining, so that a new store takes nobody's home away.
        let home = |id: i64, of: &[u32]| {
            let joined = customers.day_of(id);
            let known = of.partition_point(|place| stores[*place as usize].opened <= joined);
            of[..known].get((unit(hash(seed, label("customers.home"), id)) * known as f64) as usize).copied()
        };
        let homes = (1..=customers.count(end - 1))
            .map(|id| {
                let country = usize::from(customer_country(seed, id));
                let city = city_of(country as u8, address(seed, id, 0).unit());
                let shop = home(id, &shops_of_city[usize::from(city)]).or_else(|| home(id, &shops[country]));
                let first = |of: &[Vec<u32>]| of[country][0];
                let web_store = home(id, &web_stores[country]).unwrap_or_else(|| first(&web_stores));
                [web_store, shop.unwrap_or_else(|| first(&shops))]
            })
            .collect();
        let first = from_civil(2023, 1, 1);
        let weights: f64 = (first..first + REFERENCE_DAYS).map(day_weight).sum();
        Ok(Self {
            seed,
            scale,
            late_share,
            customer_popularity: Popularity::new(
                seed,
                label("customers.popularity"),
                customers.count(end - 1),
                0.85,
            ),
            product_popularity: Popularity::new(
                seed,
                label("products.popularity"),
                products.len() as i64,
                0.9,
            ),
            customers,
            suppliers: scaled(8_000.0, scale, 20),
            stores,
            products,
            zones: CITIES.iter().map(|city| Zone::load(city.zone)).collect::<Result<_>>()?,
            web_stores,
            shops,
            homes,
            orders_a_day: ORDERS * scale / weights,
            windows,
        })
    }

    /// The window to be made.
    pub(crate) fn window(&self) -> Window {
        self.windows[self.windows.len() - 1]
    }

    /// The first day from which orders exist.
    pub(crate) fn known_since(&self) -> Day {
        self.windows[0].start
    }

    /// How many days late a day's orders may come, by the window that the day is in.
    pub(crate) fn late_days(&self, day: Day) -> i32 {
        self.windows.iter().find(|window| window.contains(day)).map_or(0, |window| window.late_days)
    }

    /// The dimensions are delivered as of this day, the window's last.
    pub(crate) fn as_of(&self) -> Day {
        self.window().end() - 1
    }

    pub(crate) fn random(&self, purpose: &str, part: i64) -> Random {
        Random::new(self.seed, purpose, part)
    }

    /// How many orders are placed on a day, about.
    pub(crate) fn expected_orders(&self, day: Day) -> f64 {
        self.orders_a_day * day_weight(day)
    }

    /// Events on a day, about; they follow orders.
    pub(crate) fn expected_events(&self, day: Day) -> f64 {
        self.expected_orders(day) * EVENTS / ORDERS
    }

    pub(crate) fn zone(&self, city: u8) -> &Zone {
        &self.zones[usize::from(city)]
    }

    /// Where the customer lives, country only: it never changes.
    #[inline]
    pub(crate) fn customer_country(&self, id: i64) -> u8 {
        customer_country(self.seed, id)
    }

    /// How many products had been introduced by a day.
    pub(crate) fn products_introduced(&self, day: Day) -> i64 {
        self.products.partition_point(|product| product.introduced <= day) as i64
    }

    /// Stores with sensors: (place in `stores`, number of shelves).
    pub(crate) fn sensor_stores(&self) -> Vec<(usize, i64)> {
        let shelves = (SENSOR_SHELVES * self.scale).round().max(2.0);
        let wanted = (shelves / 2.0).ceil().clamp(2.0, SENSOR_STORES).max(shelves.min(4.0));
        // Shops that were open before the first window and stay.
        let places: Vec<usize> = (0..self.stores.len())
            .filter(|place| {
                let store = &self.stores[*place];
                !store.is_web && store.closed.is_none() && store.opened < from_civil(2023, 1, 1)
            })
            .take(wanted as usize)
            .collect();
        let count = places.len() as i64;
        let shelves = shelves as i64;
        places
            .into_iter()
            .enumerate()
            .map(|(index, place)| {
                (place, (shelves / count + i64::from((index as i64) < shelves % count)).max(1))
            })
            .collect()
    }
}

impl Product {
    fn new(seed: u64, id: i64, introduced: Day) -> Self {
        let mut random = Random::new(seed, "products.facts", id);
        let category = random.weighted(&category_weights());
        let kind = &CATEGORIES[usize::from(category)];
        let price = kind.median_price * libm::exp(random.normal() * kind.spread) * 100.0;
        let life = random.exponential(3_000.0) as Day;
        let discontinued = random.chance(0.35).then_some(introduced + 400 + life);
        Self { category, introduced, discontinued, first_price: price.clamp(99.0, 900_000.0) as u32 }
    }
}

fn customer_country(seed: u64, id: i64) -> u8 {
    country(unit(hash(seed, label("customers.country"), id)))
}

fn category_weights() -> [(u8, f64); CATEGORIES.len()] {
    std::array::from_fn(|index| (index as u8, CATEGORIES[index].weight))
}

impl Store {
    fn new(seed: u64, id: i64, opened: Day) -> Self {
        let mut random = Random::new(seed, "stores.facts", id);
        let countries = COUNTRIES.len() as i64;
        // The first two of each country are its web shop and its first shop, and stay.
        let founding = id <= countries * 2;
        let drawn = country(random.unit());
        let country = if founding { ((id - 1) % countries) as u8 } else { drawn };
        let is_web = if founding { id <= countries } else { random.chance(0.08) };
        let city = city_of(country, random.unit());
        let closes = random.chance(0.06);
        let closed = opened + 700 + random.exponential(1_800.0) as Day;
        Self {
            id,
            city,
            is_web,
            opened: if founding {
                from_civil(2009, 5, 1) + id as Day * 40
            } else {
                opened.max(from_civil(2011, 1, 1))
            },
            closed: (closes && !founding).then_some(closed),
        }
    }

    pub(crate) fn city(&self) -> &'static City {
        &CITIES[usize::from(self.city)]
    }
    pub(crate) fn country(&self) -> u8 {
        self.city().country
    }
    pub(crate) fn is_open(&self, day: Day) -> bool {
        self.opened <= day && self.closed.is_none_or(|last| last >= day)
    }
}

/// A country's index, by its share.
pub(crate) fn country(uniform: f64) -> u8 {
    let mut left = uniform;
    for (index, country) in COUNTRIES.iter().enumerate() {
        if left < country.weight {
            return index as u8;
        }
        left -= country.weight;
    }
    0
}

/// The stream that a customer's address comes from, after so many moves of house; it begins with the city.
pub(crate) fn address(seed: u64, customer: i64, moves: i64) -> Random {
    Random::new(seed, "customers.address", customer * 64 + moves)
}

/// The index of a city of the country, by its inhabitants.
pub(crate) fn city_of(country: u8, uniform: f64) -> u8 {
    let cities: Vec<(u8, f64)> = CITIES
        .iter()
        .enumerate()
        .filter(|(_, city)| city.country == country)
        .map(|(index, city)| (index as u8, city.people))
        .collect();
    weighted(&cities, uniform)
}

/// How much is sold on a day, against an average one: growth, season, weekday, and the great days of retail.
pub(crate) fn day_weight(day: Day) -> f64 {
    const MONTHS: [f64; 12] = [0.92, 0.86, 0.93, 0.95, 0.99, 1.0, 0.97, 0.96, 0.97, 1.02, 1.22, 1.35];
    const WEEKDAYS: [f64; 7] = [0.88, 0.87, 0.91, 0.98, 1.12, 1.22, 1.08];
    let (_, month, day_of_month) = civil(day);
    let years = f64::from(day - from_civil(2023, 1, 1)) / 365.25;
    let event = match (month, day_of_month) {
        (11, 22..=30) if weekday(day) >= 3 || weekday(day) == 0 => 1.75,
        (12, 25) => 0.35,
        (12, 26..=28) => 1.6,
        (1, 1) => 0.55,
        (2, 13..=14) | (5, 10..=12) => 1.2,
        (6, 25..=30) => 1.15,
        _ => 1.0,
    };
    (1.0 + 0.12 * years).max(0.2) * MONTHS[month as usize - 1] * WEEKDAYS[weekday(day)] * event
}

/// The UTC second at which a day begins.
pub(crate) fn midnight(day: Day) -> i64 {
    i64::from(day) * DAY_SECONDS
}

/// A key of `digits` characters of A-Z and 0-9 that no other id has: multiplying by a number that shares no
/// factor with the number of keys only reorders them.
pub(crate) fn natural_key(prefix: &str, id: i64, digits: u32) -> String {
    let keys = 36u128.pow(digits);
    let mut left = (id as u128 * 1_151_657_023_787 + 7_777_777) % keys;
    let mut text = vec![b'0'; digits as usize];
    for place in text.iter_mut().rev() {
        *place = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(left % 36) as usize];
        left /= 36;
    }
    format!("{prefix}{}", String::from_utf8_lossy(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn world(scale: f64) -> World {
        World::new(42, scale, vec![Window { start: from_civil(2023, 1, 1), days: 731, late_days: 0 }], 0.0)
            .unwrap()
    }

    #[test]
    fn stores_stand_in_the_order_of_their_opening() {
        assert!(world(0.2).stores.is_sorted_by_key(|store| store.opened));
    }

    #[test]
    fn natural_keys_differ() {
        let keys: HashSet<String> = (1..=200_000).map(|id| natural_key("CUST-", id, 8)).collect();
        assert_eq!(keys.len(), 200_000);
        let keys: HashSet<String> = (1..=100_000).map(|id| natural_key("SKU-", id, 6)).collect();
        assert_eq!(keys.len(), 100_000);
    }

    #[test]
    fn orders_add_up_over_the_reference_window() {
        let world = world(0.1);
        let total: f64 = (0..731).map(|day| world.expected_orders(world.known_since() + day)).sum();
        assert!((total - 100_000.0).abs() < 1.0, "{total}");
    }

    #[test]
    fn every_country_always_has_an_open_shop_and_web_shop() {
        let world = world(0.001);
        assert!(world.stores.len() >= 19);
        for stores in world.web_stores.iter().chain(&world.shops) {
            let first = &world.stores[stores[0] as usize];
            assert!(first.is_open(from_civil(2023, 1, 1)) && first.closed.is_none());
        }
    }

    #[test]
    fn sensors_follow_scale() {
        let shelves = |scale| world(scale).sensor_stores().iter().map(|(_, shelves)| shelves).sum::<i64>();
        assert_eq!(shelves(0.01), 4);
        assert_eq!(shelves(0.1), 41);
        assert_eq!(shelves(1.0), 410);
        assert_eq!(world(1.0).sensor_stores().len(), 124);
    }
}

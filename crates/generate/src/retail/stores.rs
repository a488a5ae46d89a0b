//! stores.csv: shops and web shops as they are on the window's last day.

use super::defects::{
    DUPLICATE_PRIMARY_KEY, DUPLICATE_STORE_CODE, IMPOSSIBLE_LATITUDE, IMPOSSIBLE_LONGITUDE,
};
use super::names;
use super::places::{CITIES, COUNTRIES};
use super::world::World;
use crate::calendar::Day;
use crate::cell::{Cell, Fill, Record};

pub(crate) struct StoreRow {
    pub(crate) id: i64,
    code: String,
    name: String,
    is_web: bool,
    city: u8,
    /// In millionths of a degree.
    latitude: i64,
    longitude: i64,
    opened: Day,
    closed: Option<Day>,
}

impl Record for StoreRow {
    #[rustfmt::skip]
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "store_id" => |row, cell| cell.int(row.id),
            "store_code" => |row, cell| cell.text(&row.code),
            "name" => |row, cell| cell.text(&row.name),
            "channel" => |row, cell| cell.text(channel(row.is_web)),
            "region" => |row, cell| {
                cell.text(COUNTRIES[usize::from(CITIES[usize::from(row.city)].country)].name);
            },
            "state" => |row, cell| cell.text(CITIES[usize::from(row.city)].state),
            "latitude" => |row, cell| cell.decimal(row.latitude, 6),
            "longitude" => |row, cell| cell.decimal(row.longitude, 6),
            "open_dt" => |row, cell| cell.date(row.opened),
            "close_dt" => |row, cell| cell.maybe_date(row.closed),
            _ => return None,
        };
        Some(fill)
    }
}

pub(crate) fn channel(is_web: bool) -> &'static str {
    if is_web { "web" } else { "pos" }
}

impl StoreRow {
    /// The store at a place of the world's list, as of a day.
    pub(crate) fn new(world: &World, place: usize, as_of: Day) -> Self {
        let store = &world.stores[place];
        let city = store.city();
        let country = COUNTRIES[usize::from(city.country)].code;
        let mut random = world.random("stores", store.id);
        let (latitude, longitude) = city.point(&mut random);
        let name = if store.is_web {
            format!("Online {country} {}", city.name)
        } else {
            let number = random.between(1, 320);
            format!("{} {}", city.name, names::street(city.country, random.bits(), number))
        };
        Self {
            id: store.id,
            code: store_code(world, store.id),
            name,
            is_web: store.is_web,
            city: store.city,
            latitude,
            longitude,
            opened: store.opened,
            closed: store.closed.filter(|last| *last < as_of),
        }
    }

    /// `whole` is the number of an earlier row without defects.
    pub(crate) fn spoil(&mut self, world: &World, code: &str, whole: i64) {
        match code {
            // A lost decimal point, and degrees beyond the date line.
            IMPOSSIBLE_LATITUDE => self.latitude = if self.id % 2 == 0 { 999_000_000 } else { -123_456_789 },
            IMPOSSIBLE_LONGITUDE => {
                self.longitude = if self.id % 2 == 0 { 999_000_000 } else { -1_512_093_000 }
            }
            DUPLICATE_STORE_CODE => self.code = store_code(world, whole),
            _ => debug_assert!(code == DUPLICATE_PRIMARY_KEY),
        }
    }
}

/// `AU-NSW-00042`; the number makes it unique.
fn store_code(world: &World, id: i64) -> String {
    let country = world.stores[id as usize - 1].country();
    let kind = if world.stores[id as usize - 1].is_web { "WEB" } else { "POS" };
    format!("{}-{kind}-{id:05}", COUNTRIES[usize::from(country)].code)
}

//! Sensor readings: each shelf once an hour, warmer in the afternoon and in summer, with a battery that
//! runs down and is replaced. One file a store and month.

use super::defects::{HUMIDITY_OUT_OF_RANGE, MISSING_SENSOR_TIME, TEMPERATURE_OUT_OF_RANGE};
use super::world::{World, midnight};
use crate::calendar::{DAY_SECONDS, Day, year_fraction};
use crate::cell::{Cell, Fill, Record};
use crate::random::{Random, hash, label, unit};
use ingot_core::error::Result;

#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Seconds since 1970, UTC.
    pub(crate) at: Option<i64>,
    offset: i32,
    store: i64,
    shelf: i64,
    /// Hundredths.
    temperature: i64,
    humidity: i64,
    battery: i64,
}

impl Record for Reading {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "sensor_ts" => |row, cell| match row.at {
                Some(at) => cell.timestamp(at, row.offset),
                None => cell.null(),
            },
            "store_id" => |row, cell| cell.int(row.store),
            "shelf_id" => {
                |row, cell| cell.text(shelf_name(row.shelf, &mut itoa::Buffer::new(), &mut [0; 24]))
            }
            "temperature_c" => |row, cell| cell.decimal(row.temperature, 2),
            "humidity_pct" => |row, cell| cell.decimal(row.humidity, 2),
            "battery_mv" => |row, cell| cell.int(row.battery),
            _ => return None,
        };
        Some(fill)
    }
}

impl Reading {
    /// Store, shelf and instant, which tell readings apart; `None` while the instant is missing.
    pub(crate) fn key(&self, instant: &str) -> Option<String> {
        self.at.map(|_| format!("{}|S{:02}|{instant}", self.store, self.shelf))
    }

    pub(crate) fn spoil(&mut self, code: &str) {
        match code {
            // A loose contact, and a sensor that reports its error value.
            TEMPERATURE_OUT_OF_RANGE => {
                self.temperature = if self.temperature % 2 == 0 { 12_500 } else { -9_990 }
            }
            HUMIDITY_OUT_OF_RANGE => self.humidity = if self.humidity % 2 == 0 { 15_500 } else { -1_000 },
            _ => {
                debug_assert!(code == MISSING_SENSOR_TIME);
                self.at = None;
            }
        }
    }
}

/// `S07`, without allocating: there are millions of readings.
fn shelf_name<'t>(shelf: i64, number: &mut itoa::Buffer, text: &'t mut [u8; 24]) -> &'t str {
    let digits = number.format(shelf).as_bytes();
    let pad = usize::from(digits.len() < 2);
    text[0] = b'S';
    text[1] = b'0';
    text[1 + pad..][..digits.len()].copy_from_slice(digits);
    std::str::from_utf8(&text[..1 + pad + digits.len()]).unwrap_or_default()
}

/// The readings of a store from a day to before another, in the order of time. Days are the store's own.
pub(crate) fn each_reading(
    world: &World,
    place: usize,
    shelves: i64,
    first: Day,
    end: Day,
    mut take: impl FnMut(Day, &mut Reading) -> Result<()>,
) -> Result<()> {
    let store = &world.stores[place];
    let (zone, city) = (world.zone(store.city), store.city());
    // Warmest in January in the south, in July in the north, and everywhere in the tropics.
    let seasonal = (city.latitude.abs() / 8.0).min(5.0) * 0.4;
    let warmest = if city.latitude < 0.0 { 0.05 } else { 0.55 };
    for day in first..end {
        let mut random = world.random("sensors", store.id * 1_000_000 + i64::from(day));
        let season = libm::cos(std::f64::consts::TAU * (year_fraction(day) - warmest)) * seasonal;
        let weather = random.normal() * 0.6;
        let start = zone.utc_of(midnight(day));
        let hours = (zone.utc_of(midnight(day + 1)) - start) / 3600;
        for hour in 0..hours {
            let at = start + hour * 3600;
            let offset = zone.offset_at(at);
            let clock = ((at + i64::from(offset)).rem_euclid(DAY_SECONDS) / 3600) as usize;
            for shelf in 1..=shelves {
                let mut reading =
                    one(world, store.id, shelf, season + weather + DAILY[clock], day, clock, &mut random);
                reading.at = Some(at + (shelf * 7) % 60);
                reading.offset = offset;
                take(day, &mut reading)?;
            }
        }
    }
    Ok(())
}

/// How much warmer than on average it is at each hour.
const DAILY: [f64; 24] = [
    -1.3, -1.4, -1.5, -1.6, -1.7, -1.7, -1.5, -1.1, -0.6, 0.0, 0.5, 1.0, 1.4, 1.7, 1.9, 1.9, 1.7, 1.4, 0.9,
    0.5, 0.1, -0.3, -0.7, -1.0,
];

fn one(
    world: &World,
    store: i64,
    shelf: i64,
    warmth: f64,
    day: Day,
    clock: usize,
    random: &mut Random,
) -> Reading {
    // One shelf in three is cooled; the others have the temperature of the shop.
    let nature = hash(world.seed, label("sensors.shelf"), store * 1_000 + shelf);
    let is_cooled = nature.is_multiple_of(3);
    let (middle, sway) = if is_cooled { (4.0, 0.25) } else { (21.0, 1.0) };
    let (first, second) = (random.unit(), random.unit());
    let temperature = middle + unit(nature) * 1.5 + warmth * sway + (first + second - 1.0) * 0.8;
    let humidity = if is_cooled { 62.0 } else { 46.0 } + (unit(nature.rotate_left(9)) - 0.5) * 8.0
        - warmth * 1.2
        + (second - first) * 3.0;
    // A battery lasts about 400 days.
    let life = 360 + (nature >> 20) % 90;
    let age = ((i64::from(day) + (nature >> 40) as i64) % life as i64) as f64 + clock as f64 / 24.0;
    Reading {
        at: None,
        offset: 0,
        store,
        shelf,
        temperature: (temperature * 100.0).round() as i64,
        humidity: (humidity * 100.0).round() as i64,
        battery: 3_300 - (age / life as f64 * 750.0) as i64 - (first * 12.0) as i64,
    }
}

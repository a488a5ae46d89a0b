//! exchange_rates.xlsx: what a unit of each currency was worth in AUD, for some three years that end
//! with the window, weekends too (the rate of Friday).

use super::places::COUNTRIES;
use super::world::World;
use crate::calendar::{Day, from_civil, weekday};
use crate::cell::{Cell, Fill, Record};

/// Days in the workbook.
pub(crate) const DAYS: Day = 1_100;

pub(crate) struct Rate {
    day: Day,
    currency: &'static str,
    /// Hundred-millionths of an AUD.
    rate: i64,
}

impl Record for Rate {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "date" => |row, cell| cell.date(row.day),
            "currency" => |row, cell| cell.text(row.currency),
            "rate_to_aud" => |row, cell| cell.decimal(row.rate, 8),
            _ => return None,
        };
        Some(fill)
    }
}

/// The first day in the workbook: early enough for every day of the window.
pub(crate) fn first_day(world: &World) -> Day {
    (world.window().end() - DAYS).min(world.known_since())
}

/// All rates, by currency and day.
pub(crate) fn rates(world: &World) -> impl Iterator<Item = Rate> {
    let (first, end) = (first_day(world), world.window().end());
    COUNTRIES.iter().flat_map(move |country| {
        let mut random = world.random("exchange_rates", i64::from(country.currency.as_bytes()[0]));
        // A walk that is drawn back to the middle, from a day before any workbook's, so that a day's rate does
        // not depend on the window.
        let (mut distance, mut rate) = (0.0f64, country.rate_to_aud);
        (from_civil(2011, 1, 1)..end)
            .map(move |day| {
                let step = random.normal() * 0.0055;
                if weekday(day) < 5 && country.rate_to_aud != 1.0 {
                    distance = distance * 0.995 + step;
                    rate = country.rate_to_aud * (1.0 + distance);
                }
                // Six digits are quoted; the column has eight.
                Rate { day, currency: country.currency, rate: (rate * 1e6).round() as i64 * 100 }
            })
            .filter(move |rate| rate.day >= first)
    })
}

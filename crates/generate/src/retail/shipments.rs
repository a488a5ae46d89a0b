//! Shipments: parcels of orders, with the carrier, when they left and when they came. One Parquet file
//! for the parcels that left in a month; its number is that of its first day since 2000, so that the
//! files of a later window are beside those of an earlier one.

use super::orders::{Order, OrdersOfDay};
use super::places::COUNTRIES;
use super::rejected::HeaderDefects;
use super::world::World;
use crate::anomalies::{Anomalies, Anomaly};
use crate::calendar::{DAY_SECONDS, Day, from_civil, weekday};
use crate::cell::{Cell, Fill, Record};
use crate::random::Random;
use ingot_core::error::Result;

/// An order leaves within so many days.
pub(crate) const LONGEST_WAIT: Day = 6;
/// A parcel that is not lost arrives within so many days.
pub(crate) const LONGEST_WAY: Day = 40;

#[derive(Debug, Clone)]
pub(crate) struct Shipment {
    pub(crate) id: i64,
    pub(crate) order: i64,
    carrier: &'static str,
    /// Seconds since 1970, UTC.
    pub(crate) shipped: i64,
    /// `None` if it gets lost.
    pub(crate) delivered: Option<i64>,
    cost: i64,
}

impl Record for Shipment {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "shipment_id" => |row, cell| cell.int(row.id),
            "order_id" => |row, cell| cell.int(row.order),
            "carrier" => |row, cell| cell.text(row.carrier),
            "shipped_at" => |row, cell| cell.timestamp(row.shipped, 0),
            "delivered_at" => |row, cell| match row.delivered {
                Some(delivered) => cell.timestamp(delivered, 0),
                None => cell.null(),
            },
            "ship_cost" => |row, cell| cell.decimal(row.cost, 2),
            _ => return None,
        };
        Some(fill)
    }
}

/// Parcels of a day's orders: call it for each order, in their order.
pub(crate) struct ShipmentsOfDay(Random);

impl ShipmentsOfDay {
    pub(crate) fn new(world: &World, day: Day) -> Self {
        Self(world.random("shipments", i64::from(day)))
    }

    /// Replaces `shipments` by those of `order`. On average there is one for an order: web orders come in
    /// one to three parcels, many of the shops' customers carry theirs home.
    pub(crate) fn fill(&mut self, order: &Order, shipments: &mut Vec<Shipment>) {
        shipments.clear();
        let random = &mut self.0;
        let draw = random.unit();
        let count = match (order.is_web, draw) {
            (true, ..0.05) => 3,
            (true, 0.05..0.3) => 2,
            (true, _) => 1,
            (false, ..0.57) => 1,
            (false, _) => 0,
        };
        let carriers = COUNTRIES[usize::from(order.country)].carriers;
        for number in 1..=count {
            let total: f64 = carriers.iter().map(|carrier| carrier.weight).sum();
            let mut left = random.unit() * total;
            let carrier = carriers
                .iter()
                .find(|carrier| {
                    left -= carrier.weight;
                    left < 0.0
                })
                .unwrap_or(&carriers[0]);
            let wait = (2.0 + random.exponential(18.0)).min(f64::from(LONGEST_WAIT - 3) * 24.0);
            let shipped =
                working(open_from(order.utc + (wait * 3600.0) as i64, order.offset, 7, 19), order.offset);
            // Most arrive before the promised day, one in ten after it.
            let share = match random.unit() {
                ..0.89 => 0.35 + 0.63 * random.unit(),
                _ => 1.02 + random.exponential(0.5).min(4.0),
            };
            let way = (carrier.days * share).clamp(0.2, f64::from(LONGEST_WAY - 3));
            let arrives = shipped + (way * DAY_SECONDS as f64) as i64;
            // Nobody rings at night: the evening before, or the next morning where that would be too soon.
            let evening = open_until(arrives, order.offset, 8, 20);
            let delivered =
                if evening > shipped + 4 * 3600 { evening } else { open_from(arrives, order.offset, 8, 20) };
            let is_lost = random.chance(0.004);
            let cost = 350 + (random.exponential(420.0)) as i64 + (carrier.days < 2.5) as i64 * 250;
            shipments.push(Shipment {
                id: order.id * 10 + number,
                order: order.id,
                carrier: carrier.name,
                shipped,
                delivered: (!is_lost).then_some(delivered),
                cost,
            });
        }
    }
}

/// The instant itself if clocks `offset` seconds east of UTC then show a time from the hour `opens` to before `closes`; else
/// some minutes after the next opening.
pub(crate) fn open_from(at: i64, offset: i32, opens: i64, closes: i64) -> i64 {
    let second = (at + i64::from(offset)).rem_euclid(DAY_SECONDS);
    // Those that wait for the morning are seen to one after the other.
    let minutes = at % 5_400;
    match second / 3600 {
        hour if hour < opens => at - second + opens * 3600 + minutes,
        hour if hour >= closes => at - second + DAY_SECONDS + opens * 3600 + minutes,
        _ => at,
    }
}

/// The same, but some minutes before the last closing.
fn open_until(at: i64, offset: i32, opens: i64, closes: i64) -> i64 {
    let second = (at + i64::from(offset)).rem_euclid(DAY_SECONDS);
    let minutes = 60 + at % 5_400;
    match second / 3600 {
        hour if hour < opens => at - second - DAY_SECONDS + closes * 3600 - minutes,
        hour if hour >= closes => at - second + closes * 3600 - minutes,
        _ => at,
    }
}

/// The same time of the next Monday if it is a Sunday there, when no parcel leaves.
fn working(at: i64, offset: i32) -> i64 {
    let day = (at + i64::from(offset)).div_euclid(DAY_SECONDS) as Day;
    if weekday(day) == 6 { at + DAY_SECONDS } else { at }
}

/// The number in the name of a file whose first day this is.
pub(crate) fn file_number(first: Day) -> String {
    format!("{:05}", first - from_civil(2000, 1, 1))
}

/// Hands over the parcels that left from `first` to before `end`, as known when the window ends; for
/// the first file of a later window also those that were on their way when it began and have arrived in it.
/// With each its order, and the defect of the order's header.
pub(crate) fn each_shipment(
    world: &World,
    header_anomalies: &Anomalies,
    first: Day,
    end: Day,
    mut take: impl FnMut(&Shipment, &Order, Option<&'static Anomaly>) -> Result<()>,
) -> Result<()> {
    let midnight = super::world::midnight;
    let (window, known_at) = (world.window(), midnight(world.window().end()));
    let opens_later_window = first == window.start && first > world.known_since();
    let reach = LONGEST_WAIT + 2 + if opens_later_window { LONGEST_WAY } else { 0 };
    let mut shipments = Vec::new();
    // An order's own day may be one after the day in UTC.
    for day in (first - reach).max(world.known_since())..(end + 1).min(window.end()) {
        let mut shipments_of_day = ShipmentsOfDay::new(world, day);
        let mut header_defects = HeaderDefects::new(world, header_anomalies, day);
        for order in OrdersOfDay::new(world, day) {
            shipments_of_day.fill(&order, &mut shipments);
            let defect = header_defects.next().map(|(anomaly, _)| anomaly);
            for shipment in &mut shipments {
                // A parcel of the window's first day may have left while it was still the day before in UTC.
                let since = if first == window.start && day >= first { i64::MIN } else { midnight(first) };
                let leaves = (since..midnight(end)).contains(&shipment.shipped);
                let arrives = !leaves
                    && opens_later_window
                    && shipment.shipped < midnight(first)
                    && shipment
                        .delivered
                        .is_some_and(|delivered| (midnight(window.start)..known_at).contains(&delivered));
                if leaves || arrives {
                    shipment.delivered = shipment.delivered.filter(|delivered| *delivered < known_at);
                    take(shipment, &order, defect)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_move_while_people_are_awake() {
        let hour = |at: i64, offset: i32| (at + i64::from(offset)).rem_euclid(DAY_SECONDS) / 3600;
        for offset in [-28_800, 0, 36_000] {
            for at in (1_700_000_000..1_700_200_000).step_by(977) {
                let (later, earlier) = (open_from(at, offset, 8, 20), open_until(at, offset, 8, 20));
                assert!(earlier <= at && at <= later && later - earlier < DAY_SECONDS);
                assert!((8..20).contains(&hour(later, offset)) && (8..20).contains(&hour(earlier, offset)));
            }
        }
    }
}

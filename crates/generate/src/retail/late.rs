//! Orders that come late: a share of a day's orders is held back and delivered some days after the others,
//! into a further file of its own day.

use super::world::World;
use crate::calendar::Day;
use crate::random::{hash, label, unit};

/// Says which orders of a day are held back, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LateOrders {
    seed: u64,
    share: f64,
    /// The longest delay; 0 holds nothing back.
    days: i32,
    /// The place of the one order that is held back whatever the share, so that even a small shop has one.
    chosen: i64,
}

impl LateOrders {
    /// For a day of `orders` orders, which fall under the rule of the window that the day is in.
    pub(crate) fn of_day(world: &World, day: Day, orders: usize) -> Self {
        let days = world.late_days(day);
        let chosen = match orders {
            // The only order of a day comes with its day.
            0 | 1 => 0,
            _ => 1 + (hash(world.seed, label("orders.late.chosen"), i64::from(day)) % orders as u64) as i64,
        };
        let share = world.late_share;
        Self { seed: world.seed, share, days: if share > 0.0 { days } else { 0 }, chosen }
    }

    /// How many days the order comes late; 0 if it comes with its day. `place` is its place in the day, from 1.
    #[inline]
    pub(crate) fn delay(&self, order: i64, place: i64) -> Day {
        if self.days == 0 {
            return 0;
        }
        let bits = hash(self.seed, label("orders.late"), order);
        if place == self.chosen || unit(bits) < self.share {
            1 + (bits % self.days.unsigned_abs() as u64) as Day
        } else {
            0
        }
    }
}

/// The number in the name of a file with the orders that come so many days late.
pub(crate) fn file_number(delay: Day) -> String {
    format!("{:05}", 100 + delay)
}

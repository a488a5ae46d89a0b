//! What a product costs on a day, and since when.

use super::catalogue::CATEGORIES;
use super::world::{Product, World};
use crate::calendar::Day;
use crate::random::{hash, label, unit};

/// A product's price may change once in so many days.
const HALF_YEAR: Day = 182;

impl World {
    /// The list price on a day, in cents of an AUD. It changes about once a year, until the product is discontinued.
    #[inline]
    pub(crate) fn price_cents(&self, id: i64, day: Day) -> i64 {
        let product = &self.products[id as usize - 1];
        let day = product.discontinued.map_or(day, |last| day.min(last));
        let mut price = f64::from(product.first_price);
        let mut number = 0;
        while product.introduced + number * HALF_YEAR < day {
            if let Some((from, factor)) = self.price_change(id, product.introduced, number)
                && from <= day
            {
                price *= factor;
            }
            number += 1;
        }
        charm(price as i64)
    }

    /// Once in each half year since a product's introduction there may be a new price: from when, and by what factor.
    #[inline]
    fn price_change(&self, id: i64, introduced: Day, number: Day) -> Option<(Day, f64)> {
        let bits = hash(self.seed, label("products.price"), id * 256 + i64::from(number));
        let from = introduced + number * HALF_YEAR + HALF_YEAR / 4 + ((bits >> 40) & 127) as Day;
        (bits & 0xff < 110).then(|| (from, 0.93 + 0.17 * unit(bits)))
    }

    /// The days up to `until` from which a product was as it was then: introduced, at another price, discontinued.
    pub(crate) fn product_begins(&self, id: i64, until: Day) -> Vec<Day> {
        let product = &self.products[id as usize - 1];
        let mut begins = vec![product.introduced];
        let last_price_day = product.discontinued.map_or(until, |last| until.min(last));
        let mut exact = f64::from(product.first_price);
        let mut number = 0;
        while product.introduced + number * HALF_YEAR < last_price_day {
            if let Some((from, factor)) = self.price_change(id, product.introduced, number)
                && from <= last_price_day
            {
                let before = charm(exact as i64);
                exact *= factor;
                if charm(exact as i64) != before {
                    begins.push(from);
                }
            }
            number += 1;
        }
        begins.extend(product.discontinued.map(|last| last + 1).filter(|day| *day <= until));
        begins
    }
}

impl Product {
    /// The distance of the first price's logarithm from that of its category's median, in standard deviations.
    pub(crate) fn price_standing(&self) -> f64 {
        let kind = &CATEGORIES[usize::from(self.category)];
        libm::log(f64::from(self.first_price) / 100.0 / kind.median_price) / kind.spread
    }
}

/// A price as shops write it: 4.95, 19.95, 149.00.
pub(crate) fn charm(cents: i64) -> i64 {
    match cents {
        ..500 => (cents / 10 * 10 + 5).max(55),
        500..10_000 => cents / 100 * 100 + 95,
        _ => cents / 500 * 500 + 400,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::from_civil;
    use crate::plan::Window;

    fn world(scale: f64) -> World {
        let window = Window { start: from_civil(2023, 1, 1), days: 731, late_days: 0 };
        World::new(42, scale, vec![window], 0.0).unwrap()
    }

    #[test]
    fn prices_change_but_seldom_and_little() {
        let world = world(0.01);
        let (before, after) = (from_civil(2023, 1, 1), from_civil(2024, 12, 31));
        let changed = (1..=200).filter(|id| world.price_cents(*id, before) != world.price_cents(*id, after));
        assert!((80..195).contains(&changed.count()));
        for id in 1..=200 {
            let (old, new) = (world.price_cents(id, before) as f64, world.price_cents(id, after) as f64);
            assert!((0.5..2.0).contains(&(new / old)), "{old} {new}");
        }
    }

    #[test]
    fn a_product_is_the_same_from_one_beginning_to_the_next() {
        let world = world(0.02);
        let until = from_civil(2024, 12, 31);
        for id in 1..=world.products.len() as i64 {
            let product = &world.products[id as usize - 1];
            let begins = world.product_begins(id, until);
            let told =
                |day: Day| (world.price_cents(id, day), product.discontinued.is_some_and(|last| last < day));
            let changed: Vec<Day> =
                (product.introduced + 1..=until).filter(|day| told(*day) != told(day - 1)).collect();
            assert_eq!(begins[0], product.introduced);
            assert_eq!(begins[1..], changed, "product {id}");
        }
    }
}

//! Orders: what was bought on a day, by whom, where. The files of headers and lines, and everything that follows
//! from an order (shipments, returns, purchase events), start from the same [`Order`].

use super::choice::OpenStores;
use super::places::COUNTRIES;
use super::prices::charm;
use super::stores::channel;
use super::world::{World, midnight};
use crate::calendar::{DAY_SECONDS, Day, civil, weekday};
use crate::cell::{Cell, Fill, Record};
use crate::random::Random;

/// Share of orders that come in over the web.
const WEB_SHARE: f64 = 0.55;
/// How orders spread over the hours of a day.
const WEB_HOURS: [f64; 24] = [
    1.2, 0.7, 0.4, 0.3, 0.3, 0.5, 1.0, 1.8, 2.8, 3.8, 4.5, 4.8, 5.2, 5.0, 4.6, 4.6, 4.9, 5.4, 6.5, 8.0, 9.0,
    8.2, 5.8, 3.0,
];
const SHOP_HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 2.0, 5.0, 7.5, 9.0, 10.5, 9.5, 8.5, 8.5, 9.5, 11.0, 9.0, 5.0,
    2.5, 0.6, 0.0, 0.0,
];
const WEB_PAYMENTS: [(&str, f64); 5] =
    [("card", 0.48), ("paypal", 0.2), ("apple_pay", 0.14), ("pay_later", 0.12), ("gift_card", 0.06)];
const SHOP_PAYMENTS: [(&str, f64); 5] =
    [("card", 0.6), ("cash", 0.17), ("apple_pay", 0.14), ("gift_card", 0.06), ("pay_later", 0.03)];
const COUPONS: [&str; 5] = ["WELCOME10", "VIP15", "FREESHIP", "SEASON20", "THANKS5"];

/// The head of an order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: i64,
    /// Its place in the day, from 1.
    pub(crate) place: i64,
    /// When, in seconds since 1970, UTC; and the store's clock against UTC.
    pub(crate) utc: i64,
    pub(crate) offset: i32,
    /// The store's own day.
    pub(crate) day: Day,
    pub(crate) customer: i64,
    pub(crate) store: i64,
    pub(crate) country: u8,
    /// Sales tax where the store is, in ten-thousandths.
    pub(crate) tax: i64,
    pub(crate) is_web: bool,
    pub(crate) payment: &'static str,
    pub(crate) coupon: Option<&'static str>,
    /// Hundredths of the order's currency; known once the lines are.
    pub(crate) shipping_fee: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) order: i64,
    pub(crate) number: i64,
    pub(crate) product: i64,
    pub(crate) quantity: i64,
    /// Ten-thousandths of the order's currency.
    pub(crate) unit_price: i64,
    /// Ten-thousandths.
    pub(crate) discount: i64,
    pub(crate) tax: i64,
}

impl Record for Order {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "order_id" => |row, cell| cell.int(row.id),
            "order_ts" => |row, cell| cell.timestamp(row.utc, row.offset),
            "order_dt_local" => |row, cell| cell.date(row.day),
            "customer_id" => |row, cell| cell.int(row.customer),
            "store_id" => |row, cell| cell.int(row.store),
            "channel" => |row, cell| cell.text(channel(row.is_web)),
            "payment_method" => |row, cell| cell.text(row.payment),
            "coupon_code" => |row, cell| cell.maybe_text(row.coupon),
            "shipping_fee" => |row, cell| cell.decimal(row.shipping_fee, 2),
            "currency" => |row, cell| cell.text(COUNTRIES[usize::from(row.country)].currency),
            _ => return None,
        };
        Some(fill)
    }
}

impl Record for Line {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "order_id" => |row, cell| cell.int(row.order),
            "line_number" => |row, cell| cell.int(row.number),
            "product_id" => |row, cell| cell.int(row.product),
            "qty" => |row, cell| cell.int(row.quantity),
            "unit_price" => |row, cell| cell.decimal(row.unit_price, 4),
            "line_discount_pct" => |row, cell| cell.decimal(row.discount, 4),
            "tax_pct" => |row, cell| cell.decimal(row.tax, 4),
            _ => return None,
        };
        Some(fill)
    }
}

/// The orders of one day of the stores' clocks, in the order of the time on those clocks.
pub(crate) struct OrdersOfDay<'w> {
    world: &'w World,
    day: Day,
    /// Local second of the day, and whether over the web.
    times: Vec<(u32, bool)>,
    next: usize,
    random: Random,
    customers: i64,
    open_stores: OpenStores,
}

impl<'w> OrdersOfDay<'w> {
    pub(crate) fn new(world: &'w World, day: Day) -> Self {
        let mut random = world.random("orders_header", i64::from(day));
        let expected = world.expected_orders(day) * (1.0 + 0.04 * random.normal()).max(0.5);
        let count = (expected + random.unit()) as usize;
        let (web, shop) = (Hours::new(&WEB_HOURS), Hours::new(&SHOP_HOURS));
        let mut times: Vec<(u32, bool)> = (0..count)
            .map(|_| {
                let is_web = random.chance(WEB_SHARE);
                let hours = if is_web { &web } else { &shop };
                (hours.second(random.unit()), is_web)
            })
            .collect();
        times.sort_unstable();
        // Who registered two days ago or earlier has done so before any order of the day, on any clock.
        let customers = world.customers.count(day - 2).max(1);
        let open_stores = world.open_stores(day);
        Self { world, day, times, next: 0, random, customers, open_stores }
    }

    /// How many orders the day has.
    pub(crate) fn how_many(&self) -> usize {
        self.times.len()
    }
}

impl Iterator for OrdersOfDay<'_> {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        let (second, is_web) = *self.times.get(self.next)?;
        self.next += 1;
        let (world, random) = (self.world, &mut self.random);
        let customer = world.customer_popularity.choose(self.customers, random.unit());
        let store = world.store_of_order(customer, is_web, &self.open_stores, random);
        let zone = world.zone(store.city);
        let utc = zone.utc_of(midnight(self.day) + i64::from(second));
        let payments = if is_web { &WEB_PAYMENTS } else { &SHOP_PAYMENTS };
        Some(Order {
            id: order_id(self.day, self.next as i64),
            place: self.next as i64,
            utc,
            offset: zone.offset_at(utc),
            day: self.day,
            customer,
            store: store.id,
            country: store.country(),
            tax: store.city().tax,
            is_web,
            payment: random.weighted(payments),
            coupon: random.chance(0.11).then(|| random.pick(&COUPONS)),
            shipping_fee: 0,
        })
    }
}

/// The number of a day's order: its date, then its place in the day, so that orders of different
/// days can never have the same number. 2023-01-31's first is 230131 0000001.
pub(crate) fn order_id(day: Day, place: i64) -> i64 {
    let (year, month, day_of_month) = civil(day);
    let date = i64::from(year - 2000) * 10_000 + i64::from(month * 100 + day_of_month);
    date * 10_000_000 + place
}

/// Lines of a day's orders: call it for each order, in their order.
pub(crate) struct LinesOfDay<'w> {
    world: &'w World,
    random: Random,
    on_sale: i64,
    /// The day is one of a sale, when more is discounted.
    is_sale: bool,
}

impl<'w> LinesOfDay<'w> {
    pub(crate) fn new(world: &'w World, day: Day) -> Self {
        let (_, month, day_of_month) = civil(day);
        let is_sale = matches!((month, day_of_month), (11, 22..=30) | (12, 26..=31) | (6, 20..=30))
            || weekday(day) == 2 && day_of_month <= 7;
        Self {
            world,
            random: world.random("orders_lines", i64::from(day)),
            on_sale: world.products_introduced(day),
            is_sale,
        }
    }

    /// Replaces `lines` by those of `order`, and sets the order's shipping fee.
    pub(crate) fn fill(&mut self, order: &mut Order, lines: &mut Vec<Line>) {
        lines.clear();
        let random = &mut self.random;
        let country = &COUNTRIES[usize::from(order.country)];
        let mut count = 1;
        while count < 16 && random.chance(0.715) {
            count += 1;
        }
        let coupon = match order.coupon {
            Some("WELCOME10") => 1000,
            Some("VIP15") => 1500,
            Some("SEASON20") => 2000,
            Some("THANKS5") => 500,
            _ => 0,
        };
        let mut total = 0;
        for number in 1..=count {
            let has_it = |id: i64| lines.iter().any(|line| line.product == id);
            let product = self.world.product_of_line(self.on_sale, order.day, random, has_it);
            let list = self.world.price_cents(product, order.day);
            // Abroad the list price is converted and written as shops write prices there.
            let cents = if country.rate_to_aud == 1.0 {
                list
            } else {
                charm((list as f64 / country.rate_to_aud) as i64)
            };
            let quantity = match random.unit() {
                ..0.74 => 1,
                0.74..0.9 => 2,
                0.9..0.96 => 3,
                _ => random.between(4, 8),
            };
            let promotion = if random.chance(if self.is_sale { 0.55 } else { 0.15 }) {
                random.pick(&[500, 1000, 1000, 1500, 2000, 2500, 3000])
            } else {
                0
            };
            let discount = coupon.max(promotion);
            total += cents * quantity * (10_000 - discount) / 10_000;
            lines.push(Line {
                order: order.id,
                number,
                product,
                quantity,
                unit_price: cents * 100,
                discount,
                tax: order.tax,
            });
        }
        let free = !order.is_web || order.coupon == Some("FREESHIP") || total >= 10_000;
        order.shipping_fee = if free { 0 } else { country.shipping_cents };
    }
}

/// Hours by weight.
struct Hours([f64; 24]);

impl Hours {
    fn new(weights: &[f64; 24]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        Self(weights.map(|weight| {
            sum += weight / total;
            sum
        }))
    }

    /// A second of the day for a uniform number.
    fn second(&self, uniform: f64) -> u32 {
        let hour = self.0.partition_point(|sum| *sum <= uniform).min(23);
        let before = if hour == 0 { 0.0 } else { self.0[hour - 1] };
        let within = (uniform - before) / (self.0[hour] - before).max(f64::MIN_POSITIVE);
        ((hour as f64 + within.clamp(0.0, 0.999_9)) * 3600.0).min(DAY_SECONDS as f64 - 1.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::from_civil;
    use crate::plan::Window;

    #[test]
    fn a_day_of_orders_is_whole() {
        let start = from_civil(2023, 1, 1);
        let world = World::new(42, 0.1, vec![Window { start, days: 731, late_days: 0 }], 0.0).unwrap();
        let day = from_civil(2023, 11, 24);
        let mut lines_of_day = LinesOfDay::new(&world, day);
        let mut lines = Vec::new();
        let mut last = 0;
        let (mut orders, mut all_lines) = (0, 0);
        for mut order in OrdersOfDay::new(&world, day) {
            lines_of_day.fill(&mut order, &mut lines);
            assert!(order.id > last);
            last = order.id;
            // The store's day is the file's day, and the customer was there before.
            assert_eq!((order.utc + i64::from(order.offset)).div_euclid(DAY_SECONDS), i64::from(day));
            assert!(midnight(world.customers.day_of(order.customer) + 1) <= order.utc);
            for line in &lines {
                let product = &world.products[line.product as usize - 1];
                assert!(product.introduced <= day);
                assert!(line.quantity > 0 && line.unit_price > 0);
            }
            orders += 1;
            all_lines += lines.len();
        }
        assert!(orders > 150);
        assert!((3.0..4.0).contains(&(all_lines as f64 / f64::from(orders))));
        assert_eq!(order_id(from_civil(2023, 1, 31), 1), 2_301_310_000_001);
    }
}

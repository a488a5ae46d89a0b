//! Events of the web shop: people look around, and some of them buy. A purchase event names an order
//! that is in the orders, at the order's time. One file a day of UTC, in the order of time.

use super::defects::NOT_JSON;
use super::orders::{Order, OrdersOfDay};
use super::world::{World, midnight};
use crate::anomalies::{Anomalies, Anomaly};
use crate::calendar::{DAY_SECONDS, Day};
use crate::random::Random;
use crate::write::jsonl::JsonLine;

/// Share of web orders whose way through the shop was recorded.
const TRACKED: f64 = 0.28;
/// Events of a visit that ends with nothing, on average.
const EVENTS_OF_A_VISIT: f64 = 4.0;
const PAGES: [&str; 7] = ["/", "/sale", "/new", "/category", "/stores", "/help", "/account"];
const SEARCHES: [&str; 12] = [
    "headphones",
    "frying pan",
    "running shoes",
    "gift",
    "coffee",
    "desk",
    "sunscreen",
    "tent",
    "jeans",
    "board game",
    "quilt cover",
    "notebook",
];
const DEVICES: [(&str, f64); 3] = [("mobile", 0.62), ("desktop", 0.31), ("tablet", 0.07)];
const REFERRERS: [(&str, f64); 5] =
    [("direct", 0.35), ("search", 0.33), ("email", 0.14), ("social", 0.13), ("partner", 0.05)];
const ENVELOPE: [&str; 5] = ["event_id", "event_ts", "event_type", "user_id", "session_id"];

/// A defect in a line of a day's file.
pub(crate) struct SpoiledLine {
    pub(crate) anomaly: &'static Anomaly,
    /// 1-based.
    pub(crate) line: u64,
    /// The event's id, if it can still be read.
    pub(crate) event_id: Option<String>,
    pub(crate) text: String,
}

/// A day's events: lines in the order of time, and where the defects are.
pub(crate) struct EventsOfDay {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: u64,
    pub(crate) spoiled: Vec<SpoiledLine>,
}

/// What happens in an event.
#[derive(Clone, Copy)]
enum Happening<'o> {
    Page { page: &'static str, device: &'static str, referrer: &'static str },
    Search(&'static str, i64),
    Product(i64),
    Cart { product: i64, quantity: i64 },
    Checkout { items: i64 },
    Purchase(&'o Order),
}

struct Composer<'w> {
    world: &'w World,
    /// What the ids of the day's events begin with.
    event_prefix: String,
    day: Day,
    on_sale: i64,
    random: Random,
    line: JsonLine,
    /// (second, number of the event, where its line begins and ends)
    lines: Vec<(i64, u32, usize, usize)>,
    text: Vec<u8>,
}

pub(crate) fn events_of_day(world: &World, day: Day, anomalies: &Anomalies) -> EventsOfDay {
    let mut composer = Composer {
        world,
        event_prefix: event_prefix(day),
        day,
        on_sale: world.products_introduced(day),
        random: world.random("events", i64::from(day)),
        line: JsonLine::default(),
        lines: Vec::new(),
        text: Vec::with_capacity(1 << 16),
    };
    composer.purchases();
    composer.visits();
    composer.in_order(anomalies)
}

impl Composer<'_> {
    /// Visits that end with one of the orders.
    fn purchases(&mut self) {
        let world = self.world;
        let seconds = midnight(self.day)..midnight(self.day + 1);
        // In the west it is still yesterday on the stores' clocks. Where it is tomorrow already nobody is
        // recorded: tomorrow's orders may not have been delivered yet, and a day's file must not depend on that.
        for day in (self.day - 1).max(world.known_since())..=self.day {
            let mut tracked = world.random("events.tracked", i64::from(day));
            for order in OrdersOfDay::new(world, day) {
                if tracked.chance(TRACKED) && order.is_web && seconds.contains(&order.utc) {
                    self.purchase(&order);
                }
            }
        }
    }

    fn purchase(&mut self, order: &Order) {
        let session = self.random.bits();
        let steps = self.random.between(1, 3);
        let mut at = order.utc - self.random.between(30, 120) * (2 * steps + 2);
        let page = self.page();
        self.event(at, order.customer, session, page);
        for _ in 0..steps {
            let product = self.product();
            at += self.random.between(20, 90);
            self.event(at.min(order.utc), order.customer, session, Happening::Product(product));
            at += self.random.between(5, 40);
            let quantity = self.random.between(1, 2);
            self.event(at.min(order.utc), order.customer, session, Happening::Cart { product, quantity });
        }
        self.event((at + 15).min(order.utc), order.customer, session, Happening::Checkout { items: steps });
        self.event(order.utc, order.customer, session, Happening::Purchase(order));
    }

    /// Visits that end with nothing.
    fn visits(&mut self) {
        let world = self.world;
        let customers = world.customers.count(self.day - 2).max(1);
        // A purchase has nine events on average, and the web has 55 in 100 orders.
        let bought = world.expected_orders(self.day) * 0.55 * TRACKED * 7.0;
        let wanted = (world.expected_events(self.day) - bought) / EVENTS_OF_A_VISIT;
        let count = (wanted + self.random.unit()) as usize;
        for _ in 0..count {
            let user = world.customer_popularity.choose(customers, self.random.unit());
            let session = self.random.bits();
            let mut at = midnight(self.day) + self.random.between(0, DAY_SECONDS - 1);
            let page = self.page();
            self.event(at, user, session, page);
            while self.random.chance(1.0 - 1.0 / EVENTS_OF_A_VISIT) {
                at += self.random.between(5, 150);
                let happening = match self.random.unit() {
                    ..0.25 => self.page(),
                    0.25..0.4 => Happening::Search(self.random.pick(&SEARCHES), self.random.between(0, 240)),
                    0.4..0.87 => Happening::Product(self.product()),
                    _ => Happening::Cart { product: self.product(), quantity: 1 },
                };
                self.event(at, user, session, happening);
            }
        }
    }

    fn page(&mut self) -> Happening<'static> {
        Happening::Page {
            page: self.random.pick(&PAGES),
            device: self.random.weighted(&DEVICES),
            referrer: self.random.weighted(&REFERRERS),
        }
    }

    fn product(&mut self) -> i64 {
        self.world.product_of_line(self.on_sale, self.day, &mut self.random, |_| false)
    }

    /// Composes the line; what falls outside the day belongs to it all the same, at its edge.
    fn event(&mut self, at: i64, user: i64, session: u64, happening: Happening<'_>) {
        let at = at.clamp(midnight(self.day), midnight(self.day + 1) - 1);
        let number = self.lines.len() as u32;
        let line = &mut self.line;
        line.clear();
        line.open();
        line.numbered("event_id", &self.event_prefix, u64::from(number), EVENT_DIGITS);
        line.instant("event_ts", at);
        line.text(
            "event_type",
            match happening {
                Happening::Page { .. } => "page_view",
                Happening::Search(..) => "search",
                Happening::Product(_) => "product_view",
                Happening::Cart { .. } => "add_to_cart",
                Happening::Checkout { .. } => "checkout",
                Happening::Purchase(_) => "purchase",
            },
        );
        line.int("user_id", user);
        line.hexadecimal("session_id", session);
        line.object("payload");
        match happening {
            Happening::Page { page, device, referrer } => {
                line.text("page", page);
                line.text("device", device);
                line.text("referrer", referrer);
            }
            Happening::Search(query, results) => {
                line.text("query", query);
                line.int("results", results);
            }
            Happening::Product(product) => {
                line.int("product_id", product);
                line.cents("price_aud", self.world.price_cents(product, self.day));
            }
            Happening::Cart { product, quantity } => {
                line.int("product_id", product);
                line.int("qty", quantity);
            }
            Happening::Checkout { items } => line.int("items", items),
            Happening::Purchase(order) => {
                line.int("order_id", order.id);
                line.text("payment_method", order.payment);
            }
        }
        line.close();
        line.close();
        let start = self.text.len();
        self.text.extend_from_slice(&line.bytes);
        self.lines.push((at, number, start, self.text.len()));
    }

    /// Lines by time, spoiled where the draw says so.
    fn in_order(mut self, anomalies: &Anomalies) -> EventsOfDay {
        self.lines.sort_unstable();
        let mut draws = self.world.random("events.defects", i64::from(self.day));
        let mut bytes = Vec::with_capacity(self.text.len() + self.lines.len());
        let mut spoiled = Vec::new();
        for (index, (_, number, start, end)) in self.lines.iter().enumerate() {
            let text = &self.text[*start..*end];
            match anomalies.draw(&mut draws) {
                None => bytes.extend_from_slice(text),
                Some(anomaly) => {
                    let whole = String::from_utf8_lossy(text);
                    let (text, event_id) = spoil(
                        anomaly,
                        &whole,
                        format!("{}{number:0EVENT_DIGITS$}", self.event_prefix),
                        &mut draws,
                    );
                    bytes.extend_from_slice(text.as_bytes());
                    spoiled.push(SpoiledLine { anomaly, line: index as u64 + 1, event_id, text });
                }
            }
            bytes.push(b'\n');
        }
        EventsOfDay { bytes, lines: self.lines.len() as u64, spoiled }
    }
}

const EVENT_DIGITS: usize = 7;

fn event_prefix(day: Day) -> String {
    format!("EVT-{day}-")
}

/// The spoiled line, and its event id if one can still read it.
fn spoil(anomaly: &Anomaly, line: &str, event_id: String, random: &mut Random) -> (String, Option<String>) {
    if anomaly.code == NOT_JSON {
        let text = match random.below(3) {
            // The writer died in the middle of the line.
            0 => line[..line.len() * 2 / 3].to_owned(),
            1 => "<html><body>502 Bad Gateway</body></html>".to_owned(),
            // A quote is lost.
            _ => line.replacen("\"event_type\":\"", "\"event_type\":", 1),
        };
        return (text, None);
    }
    let missing = random.pick(&ENVELOPE);
    let begin = line.find(&format!("\"{missing}\":")).unwrap_or_default();
    // No value of the envelope has a comma in it, and the payload always follows.
    let end = line[begin..].find(',').map_or(line.len(), |comma| begin + comma + 1);
    let text = format!("{}{}", &line[..begin], &line[end..]);
    (text, (missing != "event_id").then_some(event_id))
}

//! customers.csv: all customers as they are on the window's last day.

use super::defects::{
    DUPLICATE_NATURAL_KEY, DUPLICATE_PRIMARY_KEY, MALFORMED_EMAIL, MISSING_ADDRESS, MISSING_PHONE,
};
use super::names;
use super::places::{self, CITIES, COUNTRIES};
use super::world::{World, address, city_of, midnight, natural_key};
use crate::calendar::{DAY_SECONDS, Day, civil, from_civil};
use crate::cell::{Cell, Fill, Record};
use crate::random::{hash, label, unit};

pub(crate) struct Customer {
    pub(crate) id: i64,
    natural_key: String,
    first_name: &'static str,
    last_name: &'static str,
    email: String,
    phone: Option<String>,
    address_line1: Option<String>,
    address_line2: Option<String>,
    city: u8,
    postcode: String,
    latitude: i64,
    longitude: i64,
    birth_date: Day,
    join_utc: i64,
    join_offset: i32,
    is_vip: bool,
    gdpr_consent: bool,
}

impl Record for Customer {
    #[rustfmt::skip]
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "customer_id" => |row, cell| cell.int(row.id),
            "natural_key" => |row, cell| cell.text(&row.natural_key),
            "first_name" => |row, cell| cell.text(row.first_name),
            "last_name" => |row, cell| cell.text(row.last_name),
            "email" => |row, cell| cell.text(&row.email),
            "phone" => |row, cell| cell.maybe_text(row.phone.as_deref()),
            "address_line1" => |row, cell| cell.maybe_text(row.address_line1.as_deref()),
            "address_line2" => |row, cell| cell.maybe_text(row.address_line2.as_deref()),
            "city" => |row, cell| cell.text(CITIES[usize::from(row.city)].name),
            "state_region" => |row, cell| cell.text(CITIES[usize::from(row.city)].state),
            "postcode" => |row, cell| cell.text(&row.postcode),
            "country_code" => |row, cell| {
                cell.text(COUNTRIES[usize::from(CITIES[usize::from(row.city)].country)].code);
            },
            "latitude" => |row, cell| cell.decimal(row.latitude, 6),
            "longitude" => |row, cell| cell.decimal(row.longitude, 6),
            "birth_date" => |row, cell| cell.date(row.birth_date),
            "join_ts" => |row, cell| cell.timestamp(row.join_utc, row.join_offset),
            "is_vip" => |row, cell| cell.boolean(row.is_vip),
            "gdpr_consent" => |row, cell| cell.boolean(row.gdpr_consent),
            _ => return None,
        };
        Some(fill)
    }
}

/// The columns of a customer's history: the keys and the address.
pub(crate) const HISTORY: [&str; 10] = [
    "customer_id",
    "natural_key",
    "address_line1",
    "address_line2",
    "city",
    "state_region",
    "postcode",
    "country_code",
    "latitude",
    "longitude",
];

impl Customer {
    /// Customer `id` after so many moves of house.
    pub(crate) fn new(world: &World, id: i64, moves: i64) -> Self {
        let country = world.customer_country(id);
        let mut random = world.random("customers", id);
        let (first_names, last_names) = names::people(country);
        // The lists begin with the names that most people have.
        let first_name = random.pick_early(first_names);
        let last_name = random.pick_early(last_names);
        let mut email = String::with_capacity(40);
        names::ascii(first_name, &mut email);
        email.push('.');
        names::ascii(last_name, &mut email);
        email.push_str(itoa::Buffer::new().format(id));
        email.push_str(random.pick(&["@example.com", "@example.org", "@example.net", "@mail.example.com"]));
        let digits = random.bits();
        let join_day = world.customers.day_of(id);
        let join_utc = midnight(join_day) + random.between(0, DAY_SECONDS - 1);
        let (year, _, _) = civil(join_day);
        let age = 18 + (random.unit() * random.unit().sqrt() * 62.0) as i32;
        let birth_date = from_civil(year - age - 1, 1, 1) + random.below(365) as Day;
        let is_vip = random.chance(0.06);
        let gdpr_consent = random.chance(0.86);

        let mut address = address(world.seed, id, moves);
        let city = city_of(country, address.unit());
        // A customer who moves keeps the phone number, and joined by the clock of the first home.
        let first_city =
            if moves == 0 { city } else { city_of(country, super::world::address(world.seed, id, 0).unit()) };
        let phone = places::phone(first_city, digits);
        let postcode = CITIES[usize::from(city)].postcode(&mut address);
        let (latitude, longitude) = CITIES[usize::from(city)].point(&mut address);
        let number = address.between(1, 240);
        let address_line1 = names::street(country, address.bits(), number);
        let address_line2 = address.chance(0.18).then(|| {
            let unit = address.between(1, 60);
            match country {
                1 => format!("Apt {unit}"),
                2 => format!("Flat {unit}"),
                5 => format!("Whg. {unit}"),
                _ => format!("Unit {unit}"),
            }
        });
        Self {
            id,
            natural_key: natural_key("CUST-", id, 8),
            first_name,
            last_name,
            email,
            phone: Some(phone),
            address_line1: Some(address_line1),
            address_line2,
            city,
            postcode,
            latitude,
            longitude,
            birth_date,
            join_utc,
            join_offset: world.zone(first_city).offset_at(join_utc),
            is_vip,
            gdpr_consent,
        }
    }

    /// Plants a defect in the row. A duplicate is the same row again, which the caller writes.
    /// `whole` is the number of an earlier row without defects.
    pub(crate) fn spoil(&mut self, world: &World, code: &str, whole: i64) {
        let choice = hash(world.seed, label("customers.defect"), self.id);
        match code {
            MALFORMED_EMAIL => {
                self.email = match choice % 4 {
                    0 => self.email.replace('@', ""),
                    1 => self.email.replace('@', "@@"),
                    2 => self.email.split('@').next().map(|local| format!("{local}@")).unwrap_or_default(),
                    _ => self.email.replace('@', " at "),
                };
            }
            // The same person, registered a second time.
            DUPLICATE_NATURAL_KEY => self.natural_key = natural_key("CUST-", whole, 8),
            MISSING_PHONE => self.phone = None,
            MISSING_ADDRESS => self.address_line1 = None,
            DUPLICATE_PRIMARY_KEY => {}
            _ => debug_assert!(false, "customers have no defect {code}"),
        }
    }
}

/// The days up to `until` from which the customer lived somewhere: joined, then moved house, once in about 14 years.
pub(crate) fn homes(world: &World, id: i64, until: Day) -> Vec<Day> {
    let joined = world.customers.day_of(id);
    let mut begins = vec![joined];
    let mut year = 0;
    while joined + year * 365 <= until {
        let bits = hash(world.seed, label("customers.moves"), id * 64 + i64::from(year));
        let day = joined + year * 365 + 1 + ((bits >> 32) % 364) as Day;
        if unit(bits) < 0.07 && day <= until {
            begins.push(day);
        }
        year += 1;
    }
    begins
}

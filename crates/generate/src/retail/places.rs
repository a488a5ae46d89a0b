//! Countries and cities, as they are: state, postcodes, coordinates, clock.

use crate::random::Random;

/// A country that the retailer sells in.
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
    /// What one unit of the currency is worth in AUD, over the years.
    pub(crate) rate_to_aud: f64,
    /// Mobile numbers, `#` for a digit: one form, or one for each of the country's cities in their order.
    pub(crate) phones: &'static [&'static str],
    /// Share of the customers.
    pub(crate) weight: f64,
    /// Shipping fee in hundredths of the currency.
    pub(crate) shipping_cents: i64,
    pub(crate) carriers: &'static [Carrier],
}

/// Who brings parcels: share, and the days that it promises.
pub(crate) struct Carrier {
    pub(crate) name: &'static str,
    pub(crate) weight: f64,
    pub(crate) days: f64,
}

const fn carrier(name: &'static str, weight: f64, days: f64) -> Carrier {
    Carrier { name, weight, days }
}

/// The order is part of the world: a store or customer remembers its country by the index.
pub(crate) static COUNTRIES: [Country; 7] = [
    Country {
        code: "AU",
        name: "Australia",
        currency: "AUD",
        rate_to_aud: 1.0,
        phones: &["+61 4## ### ###"],
        weight: 0.46,
        shipping_cents: 995,
        carriers: &[
            carrier("Australia Post", 0.55, 5.0),
            carrier("StarTrack", 0.25, 3.0),
            carrier("DHL", 0.2, 2.0),
        ],
    },
    Country {
        code: "US",
        name: "United States",
        currency: "USD",
        rate_to_aud: 1.51,
        phones: &[
            "+1 212 555 ####",
            "+1 716 555 ####",
            "+1 213 555 ####",
            "+1 415 555 ####",
            "+1 619 555 ####",
            "+1 312 555 ####",
            "+1 713 555 ####",
            "+1 214 555 ####",
            "+1 602 555 ####",
            "+1 206 555 ####",
            "+1 303 555 ####",
            "+1 503 555 ####",
            "+1 305 555 ####",
            "+1 617 555 ####",
            "+1 404 555 ####",
        ],
        weight: 0.21,
        shipping_cents: 795,
        carriers: &[carrier("UPS", 0.4, 4.0), carrier("USPS", 0.35, 5.0), carrier("FedEx", 0.25, 3.0)],
    },
    Country {
        code: "GB",
        name: "United Kingdom",
        currency: "GBP",
        rate_to_aud: 1.88,
        phones: &["+44 7### ######"],
        weight: 0.13,
        shipping_cents: 495,
        carriers: &[carrier("Royal Mail", 0.6, 3.0), carrier("DPD", 0.3, 2.0), carrier("DHL", 0.1, 2.0)],
    },
    Country {
        code: "NZ",
        name: "New Zealand",
        currency: "NZD",
        rate_to_aud: 0.92,
        phones: &["+64 2# ### ####"],
        weight: 0.07,
        shipping_cents: 895,
        carriers: &[carrier("NZ Post", 0.7, 4.0), carrier("DHL", 0.3, 2.0)],
    },
    Country {
        code: "CA",
        name: "Canada",
        currency: "CAD",
        rate_to_aud: 1.11,
        phones: &[
            "+1 416 555 ####",
            "+1 613 555 ####",
            "+1 604 555 ####",
            "+1 514 555 ####",
            "+1 403 555 ####",
        ],
        weight: 0.05,
        shipping_cents: 1195,
        carriers: &[carrier("Canada Post", 0.6, 6.0), carrier("UPS", 0.4, 4.0)],
    },
    Country {
        code: "DE",
        name: "Germany",
        currency: "EUR",
        rate_to_aud: 1.63,
        phones: &["+49 15# ########"],
        weight: 0.05,
        shipping_cents: 490,
        carriers: &[carrier("DHL", 0.65, 2.0), carrier("DPD", 0.35, 3.0)],
    },
    Country {
        code: "SG",
        name: "Singapore",
        currency: "SGD",
        rate_to_aud: 1.13,
        phones: &["+65 8### ####"],
        weight: 0.03,
        shipping_cents: 600,
        carriers: &[carrier("SingPost", 0.7, 2.0), carrier("DHL", 0.3, 1.0)],
    },
];

/// How a city's postcodes are made.
pub(crate) enum Postcode {
    /// A number from the first to the last, with leading zeros up to the width.
    Number(u32, u32, usize),
    /// `M1 2AB`: the letters, then districts 1 to n.
    British(&'static str, u32),
    /// `M5V 2T6`: the first two characters.
    Canadian(&'static str),
}

pub(crate) struct City {
    pub(crate) country: u8,
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) zone: &'static str,
    pub(crate) postcode: Postcode,
    /// Inhabitants in thousands: how likely somebody lives there.
    pub(crate) people: f64,
    /// Sales tax in ten-thousandths.
    pub(crate) tax: i64,
}

use Postcode::{British, Canadian, Number};

#[allow(clippy::too_many_arguments)] // One line a city reads better than nine.
const fn city(
    country: u8,
    name: &'static str,
    state: &'static str,
    latitude: f64,
    longitude: f64,
    zone: &'static str,
    postcode: Postcode,
    people: f64,
    tax: i64,
) -> City {
    City { country, name, state, latitude, longitude, zone, postcode, people, tax }
}

#[rustfmt::skip]
pub(crate) static CITIES: [City; 52] = [
    city(0, "Sydney", "NSW", -33.8688, 151.2093, "Australia/Sydney", Number(2000, 2050, 4), 5300.0, 1000),
    city(0, "Newcastle", "NSW", -32.9283, 151.7817, "Australia/Sydney", Number(2291, 2305, 4), 510.0, 1000),
    city(0, "Wollongong", "NSW", -34.4278, 150.8931, "Australia/Sydney", Number(2500, 2530, 4), 310.0, 1000),
    city(0, "Melbourne", "VIC", -37.8136, 144.9631, "Australia/Melbourne", Number(3000, 3080, 4), 5100.0, 1000),
    city(0, "Geelong", "VIC", -38.1499, 144.3617, "Australia/Melbourne", Number(3214, 3220, 4), 290.0, 1000),
    city(0, "Ballarat", "VIC", -37.5622, 143.8503, "Australia/Melbourne", Number(3350, 3356, 4), 115.0, 1000),
    city(0, "Brisbane", "QLD", -27.4698, 153.0251, "Australia/Brisbane", Number(4000, 4078, 4), 2600.0, 1000),
    city(0, "Gold Coast", "QLD", -28.0167, 153.4000, "Australia/Brisbane", Number(4210, 4227, 4), 700.0, 1000),
    city(0, "Cairns", "QLD", -16.9186, 145.7781, "Australia/Brisbane", Number(4868, 4879, 4), 155.0, 1000),
    city(0, "Perth", "WA", -31.9523, 115.8613, "Australia/Perth", Number(6000, 6065, 4), 2200.0, 1000),
    city(0, "Adelaide", "SA", -34.9285, 138.6007, "Australia/Adelaide", Number(5000, 5098, 4), 1400.0, 1000),
    city(0, "Hobart", "TAS", -42.8821, 147.3272, "Australia/Hobart", Number(7000, 7018, 4), 250.0, 1000),
    city(0, "Darwin", "NT", -12.4634, 130.8456, "Australia/Darwin", Number(800, 832, 4), 150.0, 1000),
    city(0, "Canberra", "ACT", -35.2809, 149.1300, "Australia/Sydney", Number(2600, 2617, 4), 460.0, 1000),
    city(1, "New York", "NY", 40.7128, -74.0060, "America/New_York", Number(10001, 10040, 5), 8300.0, 888),
    city(1, "Buffalo", "NY", 42.8864, -78.8784, "America/New_York", Number(14201, 14228, 5), 1100.0, 875),
    city(1, "Los Angeles", "CA", 34.0522, -118.2437, "America/Los_Angeles", Number(90001, 90068, 5), 3900.0, 950),
    city(1, "San Francisco", "CA", 37.7749, -122.4194, "America/Los_Angeles", Number(94102, 94134, 5), 870.0, 863),
    city(1, "San Diego", "CA", 32.7157, -117.1611, "America/Los_Angeles", Number(92101, 92131, 5), 1400.0, 775),
    city(1, "Chicago", "IL", 41.8781, -87.6298, "America/Chicago", Number(60601, 60661, 5), 2700.0, 1025),
    city(1, "Houston", "TX", 29.7604, -95.3698, "America/Chicago", Number(77002, 77099, 5), 2300.0, 825),
    city(1, "Dallas", "TX", 32.7767, -96.7970, "America/Chicago", Number(75201, 75254, 5), 1300.0, 825),
    city(1, "Phoenix", "AZ", 33.4484, -112.0740, "America/Phoenix", Number(85003, 85054, 5), 1600.0, 860),
    city(1, "Seattle", "WA", 47.6062, -122.3321, "America/Los_Angeles", Number(98101, 98146, 5), 740.0, 1025),
    city(1, "Denver", "CO", 39.7392, -104.9903, "America/Denver", Number(80202, 80249, 5), 715.0, 881),
    city(1, "Portland", "OR", 45.5152, -122.6784, "America/Los_Angeles", Number(97201, 97239, 5), 650.0, 0),
    city(1, "Miami", "FL", 25.7617, -80.1918, "America/New_York", Number(33125, 33196, 5), 450.0, 700),
    city(1, "Boston", "MA", 42.3601, -71.0589, "America/New_York", Number(2108, 2136, 5), 690.0, 625),
    city(1, "Atlanta", "GA", 33.7490, -84.3880, "America/New_York", Number(30303, 30363, 5), 500.0, 890),
    city(2, "London", "England", 51.5074, -0.1278, "Europe/London", British("SE", 28), 8900.0, 2000),
    city(2, "Manchester", "England", 53.4808, -2.2426, "Europe/London", British("M", 35), 2700.0, 2000),
    city(2, "Birmingham", "England", 52.4862, -1.8904, "Europe/London", British("B", 48), 2600.0, 2000),
    city(2, "Leeds", "England", 53.8008, -1.5491, "Europe/London", British("LS", 29), 800.0, 2000),
    city(2, "Bristol", "England", 51.4545, -2.5879, "Europe/London", British("BS", 16), 470.0, 2000),
    city(2, "Glasgow", "Scotland", 55.8642, -4.2518, "Europe/London", British("G", 53), 630.0, 2000),
    city(2, "Edinburgh", "Scotland", 55.9533, -3.1883, "Europe/London", British("EH", 17), 530.0, 2000),
    city(2, "Cardiff", "Wales", 51.4816, -3.1791, "Europe/London", British("CF", 15), 360.0, 2000),
    city(3, "Auckland", "Auckland", -36.8509, 174.7645, "Pacific/Auckland", Number(1010, 1072, 4), 1650.0, 1500),
    city(3, "Wellington", "Wellington", -41.2866, 174.7756, "Pacific/Auckland", Number(6011, 6037, 4), 420.0, 1500),
    city(3, "Christchurch", "Canterbury", -43.5321, 172.6362, "Pacific/Auckland", Number(8011, 8062, 4), 390.0, 1500),
    city(3, "Hamilton", "Waikato", -37.7870, 175.2793, "Pacific/Auckland", Number(3200, 3216, 4), 180.0, 1500),
    city(4, "Toronto", "ON", 43.6532, -79.3832, "America/Toronto", Canadian("M5"), 2900.0, 1300),
    city(4, "Ottawa", "ON", 45.4215, -75.6972, "America/Toronto", Canadian("K1"), 1000.0, 1300),
    city(4, "Vancouver", "BC", 49.2827, -123.1207, "America/Vancouver", Canadian("V6"), 660.0, 1200),
    city(4, "Montreal", "QC", 45.5017, -73.5673, "America/Toronto", Canadian("H3"), 1760.0, 1498),
    city(4, "Calgary", "AB", 51.0447, -114.0719, "America/Edmonton", Canadian("T2"), 1300.0, 500),
    city(5, "Berlin", "Berlin", 52.5200, 13.4050, "Europe/Berlin", Number(10115, 10999, 5), 3700.0, 1900),
    city(5, "Hamburg", "Hamburg", 53.5511, 9.9937, "Europe/Berlin", Number(20095, 20539, 5), 1850.0, 1900),
    city(5, "München", "Bayern", 48.1351, 11.5820, "Europe/Berlin", Number(80331, 80999, 5), 1500.0, 1900),
    city(5, "Köln", "Nordrhein-Westfalen", 50.9375, 6.9603, "Europe/Berlin", Number(50667, 50997, 5), 1080.0, 1900),
    city(5, "Frankfurt am Main", "Hessen", 50.1109, 8.6821, "Europe/Berlin", Number(60306, 60599, 5), 770.0, 1900),
    city(6, "Singapore", "Singapore", 1.3521, 103.8198, "Asia/Singapore", Number(238801, 238999, 6), 5900.0, 900),
];

/// A phone number of somebody in a city (by its index), from random bits.
pub(crate) fn phone(city: u8, mut bits: u64) -> String {
    let country = CITIES[usize::from(city)].country;
    let forms = COUNTRIES[usize::from(country)].phones;
    let first_city = CITIES.partition_point(|city| city.country < country);
    let form = forms[(usize::from(city) - first_city) % forms.len()];
    let digit = |letter: char| {
        if letter != '#' {
            return letter;
        }
        let digit = b'0' + (bits % 10) as u8;
        bits /= 10;
        char::from(digit)
    };
    form.chars().map(digit).collect()
}

impl City {
    pub(crate) fn postcode(&self, random: &mut Random) -> String {
        let letter = |random: &mut Random| char::from(random.pick(b"ABDEFGHJLNPRSTUWXYZ"));
        match self.postcode {
            Number(first, last, width) => {
                format!("{:0width$}", random.between(i64::from(first), i64::from(last)))
            }
            British(area, districts) => {
                let district = random.between(1, i64::from(districts));
                let sector = random.below(10);
                format!("{area}{district} {sector}{}{}", letter(random), letter(random))
            }
            Canadian(area) => {
                let first = letter(random);
                let digit = random.below(10);
                let second = letter(random);
                format!("{area}{first} {digit}{second}{}", random.below(10))
            }
        }
    }

    /// A point within some kilometres of the centre, in millionths of a degree.
    pub(crate) fn point(&self, random: &mut Random) -> (i64, i64) {
        let mut near = |centre: f64| ((centre + random.normal() * 0.03) * 1e6).round() as i64;
        (near(self.latitude), near(self.longitude))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Zone;

    #[test]
    fn every_country_has_cities_with_known_clocks() {
        for (index, country) in COUNTRIES.iter().enumerate() {
            assert!(CITIES.iter().any(|city| usize::from(city.country) == index), "{}", country.name);
            assert!(!country.carriers.is_empty());
        }
        for city in &CITIES {
            Zone::load(city.zone).unwrap();
            assert!(city.latitude.abs() < 90.0 && city.longitude.abs() < 180.0);
        }
        // Grouped by country, which the world relies on.
        assert!(CITIES.is_sorted_by_key(|city| city.country));
    }

    #[test]
    fn phones_have_their_country_form() {
        for (index, city) in CITIES.iter().enumerate() {
            let country = &COUNTRIES[usize::from(city.country)];
            let cities = CITIES.iter().filter(|other| other.country == city.country).count();
            assert!([1, cities].contains(&country.phones.len()), "{}", country.name);
            let number = phone(index as u8, u64::MAX);
            assert!(!number.contains('#') && number.starts_with('+'), "{number}");
        }
        assert_eq!(phone(0, 98_765_432_100), "+61 400 123 456");
        let seattle = CITIES.iter().position(|city| city.name == "Seattle").unwrap();
        assert!(phone(seattle as u8, 0).starts_with("+1 206 555 "));
    }

    #[test]
    fn postcodes_have_their_country_form() {
        let mut random = Random::new(1, "postcodes", 0);
        for city in &CITIES {
            let postcode = city.postcode(&mut random);
            let form: String = postcode
                .chars()
                .map(|c| {
                    if c.is_ascii_digit() {
                        '9'
                    } else if c == ' ' {
                        ' '
                    } else {
                        'A'
                    }
                })
                .collect();
            let allowed: &[&str] = match city.country {
                0 | 3 => &["9999"],
                1 | 5 => &["99999"],
                2 => &["A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA"],
                4 => &["A9A 9A9"],
                _ => &["999999"],
            };
            assert!(allowed.contains(&form.as_str()), "{} {postcode}", city.name);
        }
    }
}

//! The kinds of defects in the retail feeds, how often each comes if `generate.yaml` does not say otherwise,
//! and who must catch it.

use crate::anomalies::{Anomaly, CaughtAt};
use CaughtAt::{Allowed, Bronze, Silver};

pub(crate) const MALFORMED_EMAIL: &str = "malformed_email";
pub(crate) const DUPLICATE_NATURAL_KEY: &str = "duplicate_natural_key";
pub(crate) const MISSING_PHONE: &str = "missing_phone";
pub(crate) const MISSING_ADDRESS: &str = "missing_address";
pub(crate) const MISSING_PRICE: &str = "missing_price";
pub(crate) const PRICE_NOT_A_NUMBER: &str = "price_not_a_number";
pub(crate) const DISCONTINUED_WITHOUT_DATE: &str = "discontinued_without_date";
pub(crate) const IMPOSSIBLE_LATITUDE: &str = "impossible_latitude";
pub(crate) const IMPOSSIBLE_LONGITUDE: &str = "impossible_longitude";
pub(crate) const DUPLICATE_STORE_CODE: &str = "duplicate_store_code";
pub(crate) const UNKNOWN_CUSTOMER: &str = "unknown_customer_id";
pub(crate) const UNKNOWN_STORE: &str = "unknown_store_id";
pub(crate) const ORDER_IN_TWO_FILES: &str = "order_id_in_two_files";
pub(crate) const UNPARSEABLE_TIMESTAMP: &str = "unparseable_timestamp";
pub(crate) const UNPARSEABLE_DATE: &str = "unparseable_date";
pub(crate) const UNKNOWN_PRODUCT: &str = "unknown_product_id";
pub(crate) const NEGATIVE_QUANTITY: &str = "negative_qty";
pub(crate) const ZERO_PRICE: &str = "zero_price";
pub(crate) const NOT_JSON: &str = "not_json";
pub(crate) const MISSING_ENVELOPE_FIELD: &str = "missing_envelope_field";
pub(crate) const TEMPERATURE_OUT_OF_RANGE: &str = "temperature_out_of_range";
pub(crate) const HUMIDITY_OUT_OF_RANGE: &str = "humidity_out_of_range";
pub(crate) const MISSING_SENSOR_TIME: &str = "missing_sensor_ts";
pub(crate) const DUPLICATE_PRIMARY_KEY: &str = "duplicate_primary_key";

const fn anomaly(
    feed: &'static str,
    code: &'static str,
    column: &'static str,
    rate: f64,
    caught_at: CaughtAt,
) -> Anomaly {
    Anomaly { feed, code, column, rate, caught_at, is_of_file: false }
}

/// At the rates that the description of the sources gives.
#[rustfmt::skip]
pub(crate) static DEFECTS: [Anomaly; 29] = [
    anomaly("customers", MALFORMED_EMAIL, "email", 0.007, Silver),
    anomaly("customers", DUPLICATE_NATURAL_KEY, "natural_key", 0.002, Silver),
    anomaly("customers", MISSING_PHONE, "phone", 0.008, Allowed),
    anomaly("customers", MISSING_ADDRESS, "address_line1", 0.007, Allowed),
    anomaly("customers", DUPLICATE_PRIMARY_KEY, "customer_id", 0.0005, Silver),
    anomaly("products", MISSING_PRICE, "current_price", 0.0015, Silver),
    anomaly("products", PRICE_NOT_A_NUMBER, "current_price", 0.0015, Bronze),
    anomaly("products", DISCONTINUED_WITHOUT_DATE, "discontinued_dt", 0.004, Silver),
    anomaly("products", DUPLICATE_PRIMARY_KEY, "product_id", 0.0005, Silver),
    anomaly("stores", IMPOSSIBLE_LATITUDE, "latitude", 0.003, Silver),
    anomaly("stores", IMPOSSIBLE_LONGITUDE, "longitude", 0.003, Silver),
    anomaly("stores", DUPLICATE_STORE_CODE, "store_code", 0.001, Silver),
    anomaly("stores", DUPLICATE_PRIMARY_KEY, "store_id", 0.0005, Silver),
    anomaly("suppliers", DUPLICATE_PRIMARY_KEY, "supplier_id", 0.0005, Silver),
    anomaly("orders_header", UNKNOWN_CUSTOMER, "customer_id", 0.006, Silver),
    anomaly("orders_header", UNKNOWN_STORE, "store_id", 0.004, Silver),
    anomaly("orders_header", ORDER_IN_TWO_FILES, "order_id", 0.0005, Silver),
    anomaly("orders_header", UNPARSEABLE_TIMESTAMP, "order_ts", 0.0025, Bronze),
    anomaly("orders_header", UNPARSEABLE_DATE, "order_dt_local", 0.0025, Bronze),
    anomaly("orders_header", DUPLICATE_PRIMARY_KEY, "order_id", 0.0005, Silver),
    anomaly("orders_lines", UNKNOWN_PRODUCT, "product_id", 0.01, Silver),
    anomaly("orders_lines", NEGATIVE_QUANTITY, "qty", 0.0003, Silver),
    anomaly("orders_lines", ZERO_PRICE, "unit_price", 0.0003, Silver),
    anomaly("orders_lines", DUPLICATE_PRIMARY_KEY, "line_number", 0.0005, Silver),
    anomaly("events", NOT_JSON, "json", 0.0005, Bronze),
    anomaly("events", MISSING_ENVELOPE_FIELD, "json", 0.001, Bronze),
    anomaly("sensors", TEMPERATURE_OUT_OF_RANGE, "temperature_c", 0.0015, Silver),
    anomaly("sensors", HUMIDITY_OUT_OF_RANGE, "humidity_pct", 0.0015, Silver),
    anomaly("sensors", MISSING_SENSOR_TIME, "sensor_ts", 0.0005, Bronze),
];

/// Dates and instants that no reader can take, as broken systems write them.
pub(crate) const BROKEN_TIMESTAMPS: [&str; 6] = [
    "2023-13-45T25:61:00+10:00",
    "not a timestamp",
    "0000-00-00T00:00:00Z",
    "yesterday 17:30",
    "2023-02-30T10:00:00+11:00",
    "#VALUE!",
];
pub(crate) const BROKEN_DATES: [&str; 6] =
    ["2023-02-30", "00/00/0000", "31.02.2024", "2024-13-01", "tomorrow", "#REF!"];
pub(crate) const BROKEN_PRICES: [&str; 5] = ["N/A", "TBC", "free", "12,5O", "twenty"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use std::path::Path;

    #[test]
    fn the_settings_of_a_new_project_are_the_defaults_and_name_every_defect() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../generate.yaml");
        assert_eq!(Settings::read(&file, &DEFECTS).unwrap(), Settings::defaults(&DEFECTS));
        let text = std::fs::read_to_string(file).unwrap();
        let root = ingot_core::yaml::parse(&text, Path::new("generate.yaml")).unwrap();
        for defect in &DEFECTS {
            let feed = root.get("defects").and_then(|defects| defects.get(defect.feed));
            assert!(feed.and_then(|feed| feed.get(defect.code)).is_some(), "{defect:?}");
        }
    }
}

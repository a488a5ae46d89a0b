//! The shop is believable: what an analyst would look at first, measured in the written files by DuckDB, with a
//! bound for each. The bounds are wide enough for every seed at this size, and far from what a uniform draw gives.

use crate::database::Database;
use crate::raw_folder::schemas;
use ingot_core::report::Silent;
use ingot_generate::{GenerateOptions, generate};
use std::sync::LazyLock;

/// Two years at scale 0.05 (some 50,000 orders, 4,000 customers, 1,250 products), made once for all tests here. INGOT_TEST_SEED takes
/// another seed than 7.
static RAW: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let seed = std::env::var("INGOT_TEST_SEED").map_or(7, |seed| seed.parse().unwrap());
    let options = GenerateOptions { scale: 0.05, seed, ..GenerateOptions::new(folder.path(), schemas()) };
    generate(&options, &Silent).unwrap();
    folder
});

/// The feeds as text, with what cannot be read as null. Tables first: a cast in a view over `read_csv` would be the reader's,
/// and fail on what was made to fail.
fn shop() -> Database {
    let raw = RAW.path().display();
    let database = Database::in_memory();
    database
        .execute(&format!(
            "create table raw_orders as
                select * from read_csv('{raw}/orders_header/*/*.csv', all_varchar = true, hive_partitioning = false);
             create view orders as
                select *, try_cast(order_dt_local as date) as day, epoch_us(try_cast(order_ts as timestamptz)) as instant,
                    try_cast(substr(order_ts, 12, 2) as integer) as local_hour
                from raw_orders;
             create table lines as
                select * from read_csv('{raw}/orders_lines/*/*.csv', hive_partitioning = false);
             create table raw_customers as select * from read_csv('{raw}/customers.csv', all_varchar = true);
             create view customers as
                select *, epoch_us(try_cast(join_ts as timestamptz)) as joined from raw_customers;
             create table raw_products as select * from read_csv('{raw}/products.csv', all_varchar = true);
             create view products as
                select *, try_cast(current_price as double) as price from raw_products;
             create table stores as select * from read_csv('{raw}/stores.csv');
             create view shipments as select * from read_parquet('{raw}/shipments/*.parquet');"
        ));
    database
}

#[track_caller]
fn within(database: &Database, what: &str, sql: &str, low: f64, high: f64) {
    let found = database.float(sql);
    assert!((low..=high).contains(&found), "{what} is {found}, not from {low} to {high}");
}

/// Share of the rows that go to the fifth of the members that has most of them.
fn share_of_top_fifth(rows: &str, key: &str, members: &str) -> String {
    format!(
        "with counted as (select count(*) as n from {rows} where {key} is not null group by {key}),
              ranked as (select n, row_number() over (order by n desc) as place from counted)
         select sum(n) filter (place <= 0.2 * (select count(*) from {members})) / sum(n) from ranked"
    )
}

#[test]
fn few_customers_and_products_carry_most_sales() {
    let shop = shop();
    within(
        &shop,
        "the top fifth of customers' share of orders",
        &share_of_top_fifth("orders", "customer_id", "customers"),
        0.60,
        0.80,
    );
    within(
        &shop,
        "the top fifth of products' share of lines",
        &share_of_top_fifth("lines", "product_id", "products"),
        0.60,
        0.80,
    );
    // No single customer is the shop.
    let busiest = "select max(n) / sum(n) from (select count(*) as n from orders group by customer_id)";
    within(&shop, "the busiest customer's share of orders", busiest, 0.0, 0.02);
}

#[test]
fn orders_follow_the_week_the_day_the_season_and_the_years() {
    let shop = shop();
    let share = |condition: &str| {
        format!(
            "select count(*) filter ({condition}) * 1.0 / count(*) from orders
             where day is not null and local_hour between 0 and 23"
        )
    };
    // Two days of seven are 0.286.
    within(&shop, "the weekend's share", &share("dayofweek(day) in (0, 6)"), 0.31, 0.36);
    // Four hours of 24 are 0.167.
    within(
        &shop,
        "the evening's share of web orders",
        &format!("{} and channel = 'web'", share("local_hour between 18 and 21")),
        0.28,
        0.45,
    );
    within(
        &shop,
        "the night's share of web orders",
        &format!("{} and channel = 'web'", share("local_hour between 1 and 5")),
        0.005,
        0.06,
    );
    within(
        &shop,
        "the night's share of orders in shops",
        &format!("{} and channel = 'pos'", share("local_hour between 1 and 6")),
        0.0,
        0.0005,
    );
    let months = |condition: &str| format!("(select count(*) from orders where {condition})");
    within(
        &shop,
        "December to July",
        &format!("select {} * 1.0 / {}", months("month(day) = 12"), months("month(day) = 7")),
        1.3,
        1.8,
    );
    within(
        &shop,
        "the second year to the first",
        &format!("select {} * 1.0 / {}", months("year(day) = 2024"), months("year(day) = 2023")),
        1.05,
        1.25,
    );
}

#[test]
fn prices_are_log_normal_in_each_category() {
    let shop = shop();
    // Category, and bounds of the median price and of the 95th percentile over the median.
    let expected = [
        ("Grocery", (5.0, 10.0), (1.8, 4.5)),
        ("Beauty", (19.0, 34.0), (1.8, 4.5)),
        ("Clothing", (38.0, 60.0), (1.8, 4.5)),
        ("Home & Kitchen", (38.0, 68.0), (2.2, 5.5)),
        ("Electronics", (110.0, 220.0), (3.0, 9.0)),
        ("Furniture", (210.0, 420.0), (1.7, 4.5)),
    ];
    for (category, median, tail) in expected {
        let quantile = |share: f64| {
            format!(
                "(select quantile_cont(price, {share}) from products where category = '{category}' and price > 0)"
            )
        };
        within(&shop, category, &format!("select {}", quantile(0.5)), median.0, median.1);
        within(&shop, category, &format!("select {} / {}", quantile(0.95), quantile(0.5)), tail.0, tail.1);
    }
    // The logarithm is symmetric where the price itself leans far to the right.
    let skewness = |of: &str| {
        format!(
            "select avg(s) from (select skewness({of}) as s from products where price > 0 group by category)"
        )
    };
    within(&shop, "the skewness of log prices", &skewness("ln(price)"), -0.35, 0.35);
    within(&shop, "the skewness of prices", &skewness("price"), 1.0, 20.0);
}

#[test]
fn a_stated_share_of_shipments_is_late() {
    let shop = shop();
    // The promise of each carrier is in the warehouse's own seed; four days would be generous for any of them.
    let days = "(epoch_us(delivered_at) - epoch_us(shipped_at)) / 86400e6";
    within(
        &shop,
        "the share of deliveries that took twice their carrier's median or longer",
        &format!(
            "with taken as (select carrier, {days} as days from shipments where delivered_at is not null),
                  usual as (select carrier, median(days) as usual from taken group by carrier)
             select count(*) filter (days >= 2 * usual) * 1.0 / count(*) from taken join usual using (carrier)"
        ),
        0.02,
        0.10,
    );
    within(
        &shop,
        "the share in transit",
        "select count(*) filter (delivered_at is null) * 1.0 / count(*) from shipments",
        0.002,
        0.03,
    );
    within(
        &shop,
        "shipments for each order",
        "select count(*) * 1.0 / (select count(*) from orders) from shipments",
        0.9,
        1.05,
    );
}

#[test]
fn cause_precedes_effect() {
    let shop = shop();
    let none = |what: &str, sql: &str| within(&shop, what, sql, 0.0, 0.0);
    none(
        "orders before their customer joined",
        "select count(*) from orders join customers using (customer_id) where instant < joined",
    );
    none(
        "orders before their store opened or after it closed",
        "select count(*) from orders join stores on orders.store_id = cast(stores.store_id as varchar)
         where day < open_dt or day > close_dt",
    );
    none(
        "shipments before their order",
        "select count(*) from shipments join orders on cast(shipments.order_id as varchar) = orders.order_id
         where epoch_us(shipped_at) < instant",
    );
    none(
        "deliveries before their shipment",
        "select count(*) from shipments where delivered_at < shipped_at",
    );
    none(
        "sales of products before their introduction",
        "select count(*)
         from lines join orders on cast(lines.order_id as varchar) = orders.order_id
         join products on cast(lines.product_id as varchar) = products.product_id
         where day < try_cast(introduced_dt as date)",
    );
}

#[test]
fn places_agree_with_themselves() {
    let shop = shop();
    // A state has one country, its coordinates lie together, and its clock is one of few.
    let wide = "select count(*) from (
                    select country_code, state_region from customers
                    where latitude is not null
                    group by all
                    having max(cast(latitude as double)) - min(cast(latitude as double)) > 12)";
    within(&shop, "states that are over 12 degrees tall", wide, 0.0, 0.0);
    within(
        &shop,
        "cities in two countries' postcodes",
        "select count(*) from (
            select country_code, city from customers group by all
            having count(distinct substr(postcode, 1, 1)) > 4)",
        0.0,
        0.0,
    );
    within(
        &shop,
        "orders whose clock is not their store's side of the world",
        "select count(*) from orders join stores on orders.store_id = cast(stores.store_id as varchar)
         where instant is not null and abs(longitude) <= 180
           and abs(try_cast(regexp_extract(order_ts, '([+-][0-9]{2}):[0-9]{2}$', 1) as integer) - longitude / 15) > 4",
        0.0,
        0.0,
    );
}

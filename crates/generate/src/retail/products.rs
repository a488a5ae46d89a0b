//! products.csv: the catalogue as it is on the window's last day.

use super::catalogue::{BRANDS, CATEGORIES};
use super::defects::{BROKEN_PRICES, DISCONTINUED_WITHOUT_DATE, DUPLICATE_PRIMARY_KEY, MISSING_PRICE};
use super::world::{World, natural_key};
use crate::calendar::Day;
use crate::cell::{Cell, Fill, Record};

pub(crate) struct ProductRow {
    pub(crate) id: i64,
    sku: String,
    name: String,
    category: &'static str,
    subcategory: &'static str,
    /// In ten-thousandths of an AUD.
    current_price: Option<i64>,
    is_discontinued: bool,
    introduced: Day,
    discontinued: Option<Day>,
}

impl Record for ProductRow {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "product_id" => |row, cell| cell.int(row.id),
            "sku" => |row, cell| cell.text(&row.sku),
            "name" => |row, cell| cell.text(&row.name),
            "category" => |row, cell| cell.text(row.category),
            "subcategory" => |row, cell| cell.text(row.subcategory),
            "current_price" => |row, cell| match row.current_price {
                Some(price) => cell.decimal(price, 4),
                None => cell.null(),
            },
            "currency" => |_, cell| cell.text("AUD"),
            "is_discontinued" => |row, cell| cell.boolean(row.is_discontinued),
            "introduced_dt" => |row, cell| cell.date(row.introduced),
            "discontinued_dt" => |row, cell| cell.maybe_date(row.discontinued),
            _ => return None,
        };
        Some(fill)
    }
}

/// The columns of a product's history: its key, and all that may change.
pub(crate) const HISTORY: [&str; 10] = [
    "product_id",
    "sku",
    "name",
    "category",
    "subcategory",
    "current_price",
    "currency",
    "is_discontinued",
    "introduced_dt",
    "discontinued_dt",
];

impl ProductRow {
    /// Product `id` as of a day.
    pub(crate) fn new(world: &World, id: i64, as_of: Day) -> Self {
        let product = &world.products[id as usize - 1];
        let mut random = world.random("products", id);
        let category = &CATEGORIES[usize::from(product.category)];
        // Not every maker asks the same for the same thing.
        let (thing, subcategory) = category.thing(product.price_standing() + 0.35 * random.normal());
        let name = format!(
            "{} {} {thing}, {}",
            random.pick(BRANDS),
            random.pick(category.qualities),
            random.pick(category.variants)
        );
        let discontinued = product.discontinued.filter(|last| *last < as_of);
        Self {
            id,
            sku: natural_key("SKU-", id, 6),
            name,
            category: category.name,
            subcategory,
            current_price: Some(world.price_cents(id, as_of) * 100),
            is_discontinued: discontinued.is_some(),
            introduced: product.introduced,
            discontinued,
        }
    }

    pub(crate) fn spoil(&mut self, code: &str) {
        match code {
            MISSING_PRICE => self.current_price = None,
            DISCONTINUED_WITHOUT_DATE => {
                self.is_discontinued = true;
                self.discontinued = None;
            }
            // Another text is written in place of the price, or the row twice: both by the caller.
            _ => debug_assert!(code == DUPLICATE_PRIMARY_KEY),
        }
    }

    /// What a broken system writes in place of this row's price.
    pub(crate) fn broken_price(&self) -> &'static str {
        BROKEN_PRICES[self.id as usize % BROKEN_PRICES.len()]
    }
}

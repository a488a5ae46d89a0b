//! Who buys where and what: the choices that every order, and every look at the web shop, is made of.

use super::world::{Store, World};
use crate::calendar::Day;
use crate::random::Random;

/// How many stores had opened by a day, by country, web shops and shops apart.
pub(crate) struct OpenStores {
    day: Day,
    opened: Vec<[usize; 2]>,
}

impl World {
    /// Where a customer orders: mostly at the shop nearby, sometimes at another.
    #[inline]
    pub(crate) fn store_of_order(
        &self,
        customer: i64,
        is_web: bool,
        open: &OpenStores,
        random: &mut Random,
    ) -> &Store {
        let country = usize::from(self.customer_country(customer));
        let stores = if is_web { &self.web_stores[country] } else { &self.shops[country] };
        let opened = open.opened[country][usize::from(!is_web)];
        for _ in 0..4 {
            let (stays, elsewhere) = (random.unit() < 0.85, random.unit());
            let place = if stays {
                self.homes[customer as usize - 1][usize::from(!is_web)]
            } else {
                stores[(elsewhere * opened as f64) as usize]
            };
            let store = &self.stores[place as usize];
            if store.is_open(open.day) {
                return store;
            }
        }
        &self.stores[stores[0] as usize]
    }

    /// How many stores had opened by a day.
    pub(crate) fn open_stores(&self, day: Day) -> OpenStores {
        let count = |places: &Vec<u32>| {
            places.partition_point(|place| self.stores[*place as usize].opened <= day).max(1)
        };
        let opened = self.web_stores.iter().zip(&self.shops).map(|(web, shops)| [count(web), count(shops)]);
        OpenStores { day, opened: opened.collect() }
    }

    /// What is ordered: popular things more often, and only what is on sale that day and not yet in the basket (`has_it`).
    /// The product's id.
    #[inline]
    pub(crate) fn product_of_line(
        &self,
        on_sale: i64,
        day: Day,
        random: &mut Random,
        has_it: impl Fn(i64) -> bool,
    ) -> i64 {
        let is_sold = |id: i64| {
            self.products[id as usize - 1].discontinued.is_none_or(|last| last >= day) && !has_it(id)
        };
        for _ in 0..16 {
            let id = self.product_popularity.choose(on_sale, random.unit());
            if is_sold(id) {
                return id;
            }
        }
        // Nearly everything is discontinued: the newest thing that is not.
        (1..=on_sale).rev().find(|id| is_sold(*id)).unwrap_or(1)
    }
}

//! What is sold: categories with the things in them, words for names, and how prices are distributed.

/// A category. Prices are log-normal around the median.
pub(crate) struct Category {
    pub(crate) name: &'static str,
    /// Share of the products.
    pub(crate) weight: f64,
    /// In AUD.
    pub(crate) median_price: f64,
    /// Deviation of the price's logarithm.
    pub(crate) spread: f64,
    /// How often a thing of it comes back, against other categories.
    pub(crate) returned: f64,
    /// How often it comes back because it does not fit, against other reasons: 1 where sizes matter.
    pub(crate) misfit: f64,
    pub(crate) qualities: &'static [&'static str],
    pub(crate) variants: &'static [&'static str],
    /// (thing, subcategory), the cheapest first: a price and a name have to go together.
    pub(crate) things: &'static [(&'static str, &'static str)],
}

#[rustfmt::skip]
pub(crate) static CATEGORIES: [Category; 10] = [
    Category {
        name: "Electronics",
        weight: 0.12,
        median_price: 149.0,
        spread: 0.9,
        returned: 1.3,
        misfit: 0.03,
        qualities: &["Compact", "Pro", "Slim", "Ultra", "Studio", "Essential", "Travel", "Wireless"],
        variants: &["Black", "White", "Silver", "Graphite", "Blue"],
        things: &[
            ("Screen Protector", "Phones"), ("Phone Case", "Phones"), ("Charger", "Phones"),
            ("Mouse", "Computing"), ("Laptop Stand", "Computing"), ("Power Bank", "Phones"),
            ("Camera Bag", "Cameras"), ("Earbuds", "Audio"), ("Keyboard", "Computing"),
            ("Tripod", "Cameras"), ("Speaker", "Audio"), ("Headphones", "Audio"), ("Soundbar", "Audio"),
            ("Monitor", "Computing"), ("Action Camera", "Cameras"), ("Laptop", "Computing"),
        ],
    },
    Category {
        name: "Home & Kitchen",
        weight: 0.15,
        median_price: 49.0,
        spread: 0.7,
        returned: 0.9,
        misfit: 0.05,
        qualities: &["Classic", "Everyday", "Essential", "Heritage", "Artisan", "Premium", "Compact", "Deluxe"],
        variants: &["White", "Sage", "Charcoal", "Navy", "Sand"],
        things: &[
            ("Tea Towel", "Storage"), ("Jar Set", "Storage"), ("Basket", "Storage"), ("Pillow", "Bedding"),
            ("Shelf Organiser", "Storage"), ("Throw", "Bedding"), ("Saucepan", "Cookware"),
            ("Frying Pan", "Cookware"), ("Kettle", "Appliances"), ("Toaster", "Appliances"),
            ("Wok", "Cookware"), ("Sheet Set", "Bedding"), ("Quilt Cover", "Bedding"),
            ("Blender", "Appliances"), ("Casserole Pot", "Cookware"), ("Coffee Maker", "Appliances"),
        ],
    },
    Category {
        name: "Clothing",
        weight: 0.17,
        median_price: 45.0,
        spread: 0.55,
        returned: 2.2,
        misfit: 1.0,
        qualities: &["Classic", "Everyday", "Lightweight", "Organic", "Slim", "Soft", "Vintage", "Signature"],
        variants: &["Black", "Navy", "Olive", "Rust", "Cream"],
        things: &[
            ("Socks", "Accessories"), ("Hat", "Accessories"), ("Scarf", "Accessories"),
            ("Belt", "Accessories"), ("T-Shirt", "Men"), ("Wallet", "Accessories"), ("Sandals", "Shoes"),
            ("Shirt", "Men"), ("Blouse", "Women"), ("Chinos", "Men"), ("Jumper", "Men"),
            ("Cardigan", "Women"), ("Jeans", "Women"), ("Dress", "Women"), ("Sneakers", "Shoes"),
            ("Boots", "Shoes"),
        ],
    },
    Category {
        name: "Grocery",
        weight: 0.14,
        median_price: 6.5,
        spread: 0.5,
        returned: 0.15,
        misfit: 0.0,
        qualities: &["Organic", "Everyday", "Premium", "Artisan", "Classic", "Country", "Farmhouse", "Select"],
        variants: &["200 g", "350 g", "500 g", "Twin Pack", "Family Size"],
        things: &[
            ("Sparkling Water", "Drinks"), ("Crackers", "Snacks"), ("Rice", "Pantry"),
            ("Pasta Sauce", "Pantry"), ("Dark Chocolate", "Snacks"), ("Muesli Bars", "Snacks"),
            ("Green Tea", "Drinks"), ("Almonds", "Snacks"), ("Honey", "Pantry"), ("Olive Oil", "Pantry"),
            ("Coffee Beans", "Drinks"),
        ],
    },
    Category {
        name: "Beauty",
        weight: 0.1,
        median_price: 24.0,
        spread: 0.6,
        returned: 0.5,
        misfit: 0.0,
        qualities: &["Daily", "Gentle", "Organic", "Hydrating", "Radiant", "Soothing", "Intense", "Pure"],
        variants: &["50 ml", "100 ml", "200 ml", "Travel Size", "Refill"],
        things: &[
            ("Hand Cream", "Skincare"), ("Shampoo", "Hair"), ("Conditioner", "Hair"),
            ("Cleanser", "Skincare"), ("Body Mist", "Fragrance"), ("Sunscreen", "Skincare"),
            ("Moisturiser", "Skincare"), ("Hair Oil", "Hair"), ("Serum", "Skincare"),
            ("Eau de Parfum", "Fragrance"),
        ],
    },
    Category {
        name: "Sports & Outdoors",
        weight: 0.09,
        median_price: 59.0,
        spread: 0.75,
        returned: 1.0,
        misfit: 0.25,
        qualities: &["Lightweight", "Pro", "Compact", "Trail", "Active", "Ultra", "Essential", "Alpine"],
        variants: &["Black", "Red", "Blue", "Green", "Orange"],
        things: &[
            ("Resistance Band", "Fitness"), ("Water Bottle", "Cycling"), ("Bike Light", "Cycling"),
            ("Yoga Mat", "Fitness"), ("Lantern", "Camping"), ("Camp Chair", "Camping"),
            ("Helmet", "Cycling"), ("Dumbbell Set", "Fitness"), ("Sleeping Bag", "Camping"),
            ("Backpack", "Camping"), ("Tent", "Camping"),
        ],
    },
    Category {
        name: "Toys & Games",
        weight: 0.08,
        median_price: 29.0,
        spread: 0.6,
        returned: 0.6,
        misfit: 0.0,
        qualities: &["Classic", "Junior", "Deluxe", "Mini", "Giant", "Travel", "Wooden", "Collector's"],
        variants: &["Ocean", "Jungle", "Space", "Farm", "City"],
        things: &[
            ("Card Game", "Board Games"), ("Plush Koala", "Plush"), ("Puzzle", "Board Games"),
            ("Teddy Bear", "Plush"), ("Family Game", "Board Games"), ("Marble Run", "Building"),
            ("Strategy Game", "Board Games"), ("Block Set", "Building"), ("Train Set", "Building"),
        ],
    },
    Category {
        name: "Garden",
        weight: 0.06,
        median_price: 35.0,
        spread: 0.7,
        returned: 0.5,
        misfit: 0.0,
        qualities: &["Classic", "Heritage", "Everyday", "Compact", "Weatherproof", "Cottage", "Premium", "Large"],
        variants: &["Green", "Terracotta", "Slate", "Natural", "Charcoal"],
        things: &[
            ("Seed Set", "Plants"), ("Herb Kit", "Plants"), ("Hand Trowel", "Tools"),
            ("Planter Pot", "Plants"), ("Secateurs", "Tools"), ("Outdoor Cushion", "Outdoor Living"),
            ("Garden Hose", "Tools"), ("Raised Bed", "Plants"), ("Fire Pit", "Outdoor Living"),
        ],
    },
    Category {
        name: "Furniture",
        weight: 0.05,
        median_price: 289.0,
        spread: 0.6,
        returned: 0.9,
        misfit: 0.1,
        qualities: &["Classic", "Studio", "Compact", "Heritage", "Nordic", "Loft", "Essential", "Signature"],
        variants: &["Oak", "Walnut", "White", "Black", "Ash"],
        things: &[
            ("Bedside Table", "Bedroom"), ("Office Chair", "Office"), ("Coffee Table", "Living Room"),
            ("Bookcase", "Living Room"), ("Desk", "Office"), ("Armchair", "Living Room"),
            ("Chest of Drawers", "Bedroom"), ("Sofa", "Living Room"),
        ],
    },
    Category {
        name: "Books & Stationery",
        weight: 0.04,
        median_price: 19.0,
        spread: 0.45,
        returned: 0.4,
        misfit: 0.0,
        qualities: &["Pocket", "Illustrated", "Classic", "Everyday", "Signature", "Complete", "Little", "Collector's"],
        variants: &["Blue", "Red", "Black", "Green", "Large Print"],
        things: &[
            ("Notebook", "Stationery"), ("Picture Book", "Books"), ("Crime Novel", "Books"),
            ("Desk Planner", "Stationery"), ("Travel Guide", "Books"), ("Cookbook", "Books"),
            ("Fountain Pen", "Stationery"),
        ],
    },
];

impl Category {
    /// The thing of such a price. `standing` is the distance of the price's logarithm from that of the category's
    /// median, in standard deviations.
    pub(crate) fn thing(&self, standing: f64) -> (&'static str, &'static str) {
        // The share of lower prices, by the logistic approximation of the normal distribution with its usual factor
        // of 1.702 (Camilli 1994, https://doi.org/10.3102/10769986019003293).
        let share = 1.0 / (1.0 + libm::exp(-1.702 * standing));
        self.things[((share * self.things.len() as f64) as usize).min(self.things.len() - 1)]
    }
}

/// Makers of all that.
pub(crate) const BRANDS: &[&str] = &[
    "Alder & Co",
    "Brightwater",
    "Coveline",
    "Dunmore",
    "Eastgate",
    "Fernhill",
    "Greywood",
    "Halden",
    "Inlet",
    "Juniper",
    "Kinfolk Lane",
    "Lumen",
    "Marlow",
    "Northbay",
    "Ochre",
    "Pemberton",
    "Quill",
    "Rowan",
    "Saltbush",
    "Tallow",
    "Umber",
    "Vista",
    "Wexford",
    "Yarra Row",
    "Zephyr",
];

/// What a customer says of something that does not fit.
pub(crate) const MISFIT: &str = "SIZE";
/// Reasons for a return: code, what the customer says, how often.
pub(crate) const RETURN_REASONS: &[(&str, &str, f64)] = &[
    (MISFIT, "does not fit", 0.5),
    ("CHANGED_MIND", "changed my mind", 0.24),
    ("DEFECT", "faulty or damaged", 0.18),
    ("NOT_AS_DESCRIBED", "not as described", 0.13),
    ("LATE", "arrived too late", 0.09),
    ("WRONG_ITEM", "wrong item sent", 0.08),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dearer_things_have_dearer_names() {
        let electronics = &CATEGORIES[0];
        assert_eq!(electronics.thing(-3.0).0, "Screen Protector");
        assert_eq!(electronics.thing(3.0).0, "Laptop");
        for category in &CATEGORIES {
            let subcategories: std::collections::HashSet<_> =
                category.things.iter().map(|(_, sub)| sub).collect();
            assert!(subcategories.len() > 1, "{}", category.name);
        }
    }
}

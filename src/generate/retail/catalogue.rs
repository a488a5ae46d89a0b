//! What is sold: categories with their subcategories, words for names, and how prices lie.

/// A category. Prices are log-normal around the median.
pub struct Category {
    pub name: &'static str,
    /// Share of the products.
    pub weight: f64,
    /// In AUD.
    pub median_price: f64,
    /// Deviation of the price's logarithm.
    pub spread: f64,
    pub subcategories: &'static [(&'static str, &'static [&'static str])],
}

pub static CATEGORIES: [Category; 10] = [
    Category {
        name: "Electronics",
        weight: 0.12,
        median_price: 149.0,
        spread: 0.9,
        subcategories: &[
            ("Audio", &["Headphones", "Earbuds", "Speaker", "Soundbar"]),
            ("Computing", &["Keyboard", "Mouse", "Monitor", "Laptop Stand"]),
            ("Phones", &["Phone Case", "Charger", "Power Bank", "Screen Protector"]),
            ("Cameras", &["Action Camera", "Tripod", "Camera Bag"]),
        ],
    },
    Category {
        name: "Home & Kitchen",
        weight: 0.15,
        median_price: 49.0,
        spread: 0.7,
        subcategories: &[
            ("Cookware", &["Frying Pan", "Saucepan", "Casserole Pot", "Wok"]),
            ("Appliances", &["Kettle", "Toaster", "Blender", "Coffee Maker"]),
            ("Bedding", &["Quilt Cover", "Pillow", "Sheet Set", "Throw"]),
            ("Storage", &["Basket", "Jar Set", "Shelf Organiser"]),
        ],
    },
    Category {
        name: "Clothing",
        weight: 0.17,
        median_price: 45.0,
        spread: 0.55,
        subcategories: &[
            ("Women", &["Dress", "Blouse", "Jeans", "Cardigan"]),
            ("Men", &["Shirt", "Chinos", "Jumper", "T-Shirt"]),
            ("Shoes", &["Sneakers", "Boots", "Sandals"]),
            ("Accessories", &["Belt", "Scarf", "Hat", "Wallet"]),
        ],
    },
    Category {
        name: "Grocery",
        weight: 0.14,
        median_price: 6.5,
        spread: 0.5,
        subcategories: &[
            ("Pantry", &["Pasta Sauce", "Olive Oil", "Rice", "Honey"]),
            ("Snacks", &["Dark Chocolate", "Almonds", "Crackers", "Muesli Bars"]),
            ("Drinks", &["Coffee Beans", "Green Tea", "Sparkling Water"]),
        ],
    },
    Category {
        name: "Beauty",
        weight: 0.1,
        median_price: 24.0,
        spread: 0.6,
        subcategories: &[
            ("Skincare", &["Moisturiser", "Cleanser", "Serum", "Sunscreen"]),
            ("Hair", &["Shampoo", "Conditioner", "Hair Oil"]),
            ("Fragrance", &["Eau de Parfum", "Body Mist"]),
        ],
    },
    Category {
        name: "Sports & Outdoors",
        weight: 0.09,
        median_price: 59.0,
        spread: 0.75,
        subcategories: &[
            ("Fitness", &["Yoga Mat", "Dumbbell Set", "Resistance Band"]),
            ("Camping", &["Tent", "Sleeping Bag", "Camp Chair", "Lantern"]),
            ("Cycling", &["Helmet", "Bike Light", "Water Bottle"]),
        ],
    },
    Category {
        name: "Toys & Games",
        weight: 0.08,
        median_price: 29.0,
        spread: 0.6,
        subcategories: &[
            ("Building", &["Block Set", "Marble Run"]),
            ("Board Games", &["Strategy Game", "Family Game", "Card Game"]),
            ("Plush", &["Teddy Bear", "Plush Koala"]),
        ],
    },
    Category {
        name: "Garden",
        weight: 0.06,
        median_price: 35.0,
        spread: 0.7,
        subcategories: &[
            ("Tools", &["Secateurs", "Hand Trowel", "Garden Hose"]),
            ("Plants", &["Herb Kit", "Planter Pot", "Seed Set"]),
            ("Outdoor Living", &["Outdoor Cushion", "Fire Pit"]),
        ],
    },
    Category {
        name: "Furniture",
        weight: 0.05,
        median_price: 289.0,
        spread: 0.6,
        subcategories: &[
            ("Living Room", &["Coffee Table", "Armchair", "Bookcase"]),
            ("Bedroom", &["Bedside Table", "Chest of Drawers"]),
            ("Office", &["Desk", "Office Chair"]),
        ],
    },
    Category {
        name: "Books & Stationery",
        weight: 0.04,
        median_price: 19.0,
        spread: 0.45,
        subcategories: &[
            ("Stationery", &["Notebook", "Fountain Pen", "Desk Planner"]),
            ("Books", &["Cookbook", "Travel Guide", "Crime Novel", "Picture Book"]),
        ],
    },
];

/// Makers of all that.
pub const BRANDS: &[&str] = &[
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

/// What distinguishes one from the next.
pub const QUALITIES: &[&str] = &[
    "Classic",
    "Compact",
    "Deluxe",
    "Essential",
    "Everyday",
    "Heritage",
    "Lightweight",
    "Organic",
    "Premium",
    "Pro",
    "Signature",
    "Slim",
    "Soft",
    "Studio",
    "Travel",
    "Ultra",
    "Vintage",
    "Artisan",
    "Eco",
    "Large",
];

/// Reasons for a return: code, what the customer says, how often.
pub const RETURN_REASONS: &[(&str, &str, f64)] = &[
    ("SIZE", "does not fit", 0.28),
    ("CHANGED_MIND", "changed my mind", 0.24),
    ("DEFECT", "faulty or damaged", 0.18),
    ("NOT_AS_DESCRIBED", "not as described", 0.13),
    ("LATE", "arrived too late", 0.09),
    ("WRONG_ITEM", "wrong item sent", 0.08),
];

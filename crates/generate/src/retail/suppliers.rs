//! suppliers.csv.

use super::names::{COMPANY_FIRST, COMPANY_LAST};
use super::world::World;
use crate::cell::{Cell, Fill, Record};

/// Where suppliers sit: more of them overseas than customers.
const ORIGINS: &[(&str, f64)] = &[
    ("CN", 0.3),
    ("AU", 0.2),
    ("US", 0.1),
    ("VN", 0.08),
    ("DE", 0.07),
    ("GB", 0.06),
    ("IN", 0.06),
    ("NZ", 0.05),
    ("IT", 0.04),
    ("JP", 0.04),
];

pub(crate) struct Supplier {
    pub(crate) id: i64,
    name: String,
    country: &'static str,
    lead_time_days: i64,
    preferred: bool,
}

impl Record for Supplier {
    fn fill<C: Cell>(column: &str) -> Option<Fill<Self, C>> {
        let fill: Fill<Self, C> = match column {
            "supplier_id" => |row, cell| cell.int(row.id),
            "supplier_code" => |row, cell| cell.text(&format!("SUP-{:06}", row.id)),
            "name" => |row, cell| cell.text(&row.name),
            "country_code" => |row, cell| cell.text(row.country),
            "lead_time_days" => |row, cell| cell.int(row.lead_time_days),
            "preferred" => |row, cell| cell.boolean(row.preferred),
            _ => return None,
        };
        Some(fill)
    }
}

impl Supplier {
    pub(crate) fn new(world: &World, id: i64) -> Self {
        let mut random = world.random("suppliers", id);
        let country = random.weighted(ORIGINS);
        // Near ones deliver within days, far ones by ship.
        let nearest = if matches!(country, "AU" | "NZ") { 2 } else { 12 };
        Self {
            id,
            name: format!("{} {}", random.pick(COMPANY_FIRST), random.pick(COMPANY_LAST)),
            country,
            lead_time_days: nearest + random.exponential(9.0) as i64,
            preferred: random.chance(0.22),
        }
    }
}

//! A partitioned feed, and deliveries that take room.

use crate::things::{Terms, Things};

/// Rows that hardly compress.
pub fn deliver(things: &Things, parts: u64) {
    for part in 0..parts {
        let mut text = "id,name,qty\n".to_owned();
        let mut state = part + 1;
        for row in 0..4000_u64 {
            let mut name = String::new();
            for _ in 0..4 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                name.push_str(&format!("{state:016x}"));
            }
            let qty = if row % 1000 == 3 { "bad".to_owned() } else { row.to_string() };
            text.push_str(&format!("{},{name},{qty}\n", part * 10_000 + row));
        }
        things.write(&format!("raw/things/dt=2023-01-{:02}/part.csv", part + 1), &text);
    }
}

pub fn partitioned() -> Things {
    Things::new(&Terms { partition: Some("dt"), path: "things/dt={dt}/*.csv", ..Terms::default() })
}

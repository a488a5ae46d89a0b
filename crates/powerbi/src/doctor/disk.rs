//! Room for another build, which writes changed tables beside the old ones, and for another published version.

use super::finding::Finding;
use ingot_core::fs::free_space;
use ingot_core::report::bytes;
use std::path::Path;

const AREA: &str = "disk";

/// What a build spills and logs, whatever the size of the warehouse.
const ALWAYS_NEEDED: u64 = 500_000_000;

pub(super) fn examine(project: &Path, warehouse: &Path) -> Vec<Finding> {
    // Where the system does not say, there is nothing to judge.
    let Some(free) = free_space(project) else { return Vec::new() };
    let size = std::fs::metadata(warehouse).map(|found| found.len()).unwrap_or_default();
    vec![judge(free, size)]
}

fn judge(free: u64, warehouse: u64) -> Finding {
    let wanted = ALWAYS_NEEDED + 2 * warehouse;
    let what = format!("{} free, and a build and a publish may need {}", bytes(free), bytes(wanted));
    if free >= wanted {
        return Finding::good(AREA, what);
    }
    let advice = "free some space: `ingot lake vacuum` removes files of old versions, `ingot publish --keep 1` old \
                  publications";
    if free < warehouse { Finding::bad(AREA, what, advice) } else { Finding::warning(AREA, what, advice) }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Health;
    use super::judge;

    #[test]
    fn room_is_judged_by_the_size_of_the_warehouse() {
        assert_eq!(judge(3_000_000_000, 1_000_000_000).health, Health::Good);
        assert_eq!(judge(2_000_000_000, 1_000_000_000).health, Health::Warning);
        assert_eq!(judge(900_000_000, 1_000_000_000).health, Health::Bad);
    }
}

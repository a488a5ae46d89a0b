//! `generate.yaml`, as a person edits it.

use crate::ledger_checks::{assert_true, table};
use crate::support::Sandbox;

const SMALL: [&str; 5] = ["generate", "--scale", "0.01", "--days", "60"];

/// The project's settings with one text in place of another.
fn edit(sandbox: &Sandbox, from: &str, to: &str) {
    let text = std::fs::read_to_string(sandbox.join("generate.yaml")).unwrap();
    assert!(text.contains(from), "{text}");
    sandbox.write("generate.yaml", &text.replace(from, to));
}

#[test]
fn a_rate_of_0_turns_a_defect_off_and_another_rate_is_another_world() {
    let sandbox = Sandbox::project();
    let raw = sandbox.join("data_raw");
    sandbox.ingot(&SMALL).success();
    let counts = assert_true(&raw);
    let of = |counts: &std::collections::BTreeMap<(String, String), usize>, feed: &str, code: &str| {
        counts.get(&(feed.to_owned(), code.to_owned())).copied().unwrap_or(0)
    };
    assert!(of(&counts, "orders_lines", "unknown_product_id") < 50);

    edit(&sandbox, "unknown_product_id: 0.01", "unknown_product_id: 0.2");
    edit(&sandbox, "price_not_a_number: 0.0015", "price_not_a_number: 0");
    sandbox
        .ingot(&SMALL)
        .fails_with(2, &["unknown_product_id in orders_lines was 0.01 and is 0.2 now", "--force"]);
    assert_eq!(assert_true(&raw), counts);

    sandbox.ingot(&[&SMALL[..], &["--force"]].concat()).success();
    let counts = assert_true(&raw);
    assert_eq!(of(&counts, "products", "price_not_a_number"), 0);
    assert!(of(&counts, "products", "missing_price") > 0);
    assert!(of(&counts, "orders_lines", "unknown_product_id") > 250, "{counts:?}");
    // A later window with the same rates joins.
    sandbox.ingot(&["generate", "--scale", "0.01", "--start-date", "2023-03-02", "--days", "2"]).success();
    assert_true(&raw);
    sandbox.ingot(&[&SMALL[..], &["--force", "--no-defects"]].concat()).success();
    assert!(table(&raw, "ledger").is_empty());

    // A project without the file has the defaults.
    std::fs::remove_file(sandbox.join("generate.yaml")).unwrap();
    sandbox.ingot(&[&SMALL[..], &["--force"]].concat()).success();
    assert!(of(&assert_true(&raw), "products", "price_not_a_number") > 0);
}

#[test]
fn a_mistake_is_told_with_its_line_before_anything_is_written() {
    let sandbox = Sandbox::project();
    edit(&sandbox, "malformed_email: 0.007", "malformed_emial: 0.007");
    sandbox.ingot(&SMALL).fails_with(2, &["'malformed_emial'", "generate.yaml:10", "malformed_email?"]);
    assert!(!sandbox.join("data_raw").exists());
}

#[test]
fn a_share_of_late_orders_can_be_set() {
    let sandbox = Sandbox::project();
    edit(&sandbox, "late_share: 0.05", "late_share: 0.5");
    sandbox.ingot(&[&SMALL[..], &["--late-days", "1"]].concat()).success();
    let late = table(&sandbox.join("data_raw"), "late");
    let orders = late.iter().filter(|row| row["feed"] == "orders_header").count();
    assert!((200..450).contains(&orders), "{orders}");
}

//! What `generate --help` promises.

use crate::raw_folder::{options, run};
use crate::support::Sandbox;

/// The table of sizes is right within a tenth.
#[test]
fn help_tells_how_much_a_scale_makes() {
    let sandbox = Sandbox::empty();
    let help = sandbox.ingot(&["generate", "--help"]).success().stdout;
    for scale in [0.01, 0.1] {
        let summary = run(&options(&sandbox.join(&scale.to_string()), scale, 731));
        let line = help.lines().find(|line| line.trim().starts_with(&format!("{scale} "))).unwrap();
        let numbers: Vec<f64> =
            line.split_whitespace().filter_map(|word| word.replace(',', "").parse().ok()).collect();
        let near = |told: f64, found: f64| assert!((0.9..1.1).contains(&(told / found)), "{line}: {found}");
        near(numbers[1], summary.rows() as f64);
        near(numbers[2], summary.bytes() as f64 / 1e6);
    }
}

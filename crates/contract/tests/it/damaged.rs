//! A damaged contract is an error that names its file, or a contract: never a panic, and never an endless wait.
//!
//! `INGOT_FUZZ_SECONDS` makes it go on for so long.

use ingot_contract::load_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

/// One thing done to a text, at a place given as a share of its length.
#[derive(Debug, Clone)]
enum Damage {
    /// Lines taken out.
    Cut(f64, usize),
    /// Lines twice.
    Repeat(f64, usize),
    /// Text put in.
    Put(f64, String),
    /// Letters overwritten.
    Overwrite(f64, String),
    /// The end is missing.
    End(f64),
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "|",
        ">",
        "&a ",
        "*a",
        "!!",
        "#",
        "null",
        "~",
        "-1",
        "1e999",
        "99999999999999999999",
        "true",
        "properties:",
        "name: ",
        "logicalType: ",
        "physicalType: dec(99,98)",
        "physicalType: ",
        "customProperties:",
        "quality:",
        "\u{feff}",
        "\0",
        "é",
        "\u{2028}",
        "---\n",
        "...\n",
        "<<: *a",
    ]);
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0.0..1.0, 1..6_usize).prop_map(|(at, lines)| Damage::Cut(at, lines)),
        (0.0..1.0, 1..6_usize).prop_map(|(at, lines)| Damage::Repeat(at, lines)),
        (0.0..1.0, pieces()).prop_map(|(at, text)| Damage::Put(at, text)),
        (0.0..1.0, pieces()).prop_map(|(at, text)| Damage::Overwrite(at, text)),
        (0.0..1.0).prop_map(Damage::End),
    ]
}

fn place(length: usize, share: f64) -> usize {
    (length as f64 * share) as usize
}

fn apply(text: &str, damage: &Damage) -> String {
    let letters: Vec<char> = text.chars().collect();
    match damage {
        Damage::Cut(at, count) | Damage::Repeat(at, count) => {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let from = place(lines.len(), *at);
            let to = (from + count).min(lines.len());
            if matches!(damage, Damage::Cut(..)) {
                lines.drain(from..to);
            } else {
                let again = lines[from..to].to_vec();
                lines.splice(to..to, again);
            }
            lines.concat()
        }
        Damage::Put(at, piece) => {
            let (before, after) = letters.split_at(place(letters.len(), *at));
            before.iter().chain(&piece.chars().collect::<Vec<_>>()).chain(after).collect()
        }
        Damage::Overwrite(at, piece) => {
            let at = place(letters.len(), *at);
            let piece: Vec<char> = piece.chars().collect();
            let after = (at + piece.len()).min(letters.len());
            letters[..at].iter().chain(&piece).chain(&letters[after..]).collect()
        }
        Damage::End(at) => letters[..place(letters.len(), *at)].iter().collect(),
    }
}

#[test]
fn a_damaged_contract_is_an_error_with_its_file() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let contracts: Vec<String> = std::fs::read_dir(schemas)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.odcs.yaml");
    let seconds = std::env::var("INGOT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(seconds);
    let refused = Cell::new(0_u32);
    let taken = Cell::new(0_u32);
    loop {
        let mut runner =
            TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
        let cases = (0..contracts.len(), prop::collection::vec(damage(), 1..4));
        runner
            .run(&cases, |(which, damages)| {
                let text = damages.iter().fold(contracts[which].clone(), |text, damage| apply(&text, damage));
                std::fs::write(&file, &text).unwrap();
                let begun = Instant::now();
                match load_all(folder.path()) {
                    Ok(contracts) => {
                        taken.set(taken.get() + 1);
                        prop_assert!(contracts.iter().all(|contract| !contract.columns.is_empty()));
                    }
                    Err(error) => {
                        refused.set(refused.get() + 1);
                        let told = error.to_string();
                        prop_assert!(told.contains("damaged.odcs.yaml"), "without the file: {told}");
                    }
                }
                prop_assert!(begun.elapsed() < Duration::from_secs(5));
                Ok(())
            })
            .unwrap();
        if Instant::now() >= until {
            break;
        }
    }
    // The damage is neither always fatal nor always harmless.
    assert!(refused.get() > 50 && taken.get() > 5, "{} refused, {} taken", refused.get(), taken.get());
}

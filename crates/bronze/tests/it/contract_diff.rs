//! What `contract diff` calls safe for writers is safe: a file that the old contract accepts, and whose columns it names,
//! is accepted by the new one.

use ingot_bronze::{LoadOptions, load};
use ingot_contract::diff::{Edition, diff};
use ingot_core::report::Silent;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }
    fn often(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

#[derive(Clone)]
struct Column {
    name: &'static str,
    physical: Option<&'static str>,
    data_type: &'static str,
    members: Vec<&'static str>,
}

#[derive(Clone)]
struct Terms {
    columns: Vec<Column>,
    evolution: &'static str,
    header: bool,
    delimiter: &'static str,
}

const NAMES: [&str; 5] = ["id", "code", "amount", "day", "note"];
const TYPES: [&str; 6] = ["i32", "i64", "\"dec(8,2)\"", "\"dec(12,4)\"", "str", "date"];
const MEMBERS: [&str; 11] = [
    "required: true",
    "unique: true",
    "primaryKey: true",
    "logicalTypeOptions: {minimum: 1}",
    "logicalTypeOptions: {minimum: 3, maximum: 90}",
    "logicalTypeOptions: {minLength: 1}",
    "logicalTypeOptions: {minLength: 2, maxLength: 4}",
    "logicalTypeOptions: {maxLength: 9}",
    "description: other words",
    "quality: [{metric: invalidValues, arguments: {validValues: ['5', ab, abc]}, mustBe: 0}]",
    "quality: [{metric: invalidValues, arguments: {validValues: ['5', ab]}, mustBe: 0, severity: warning}]",
];

fn column(dice: &mut Dice, name: &'static str) -> Column {
    let members: Vec<&str> = (0..dice.below(3)).map(|_| dice.pick(&MEMBERS)).collect();
    let mut one_each: Vec<&str> = Vec::new();
    for member in members {
        if !one_each.iter().any(|known| known.split(':').next() == member.split(':').next()) {
            one_each.push(member);
        }
    }
    let physical = dice.often(6).then(|| dice.pick(&["Number", "Text"]));
    Column { name, physical, data_type: dice.pick(&TYPES), members: one_each }
}

fn terms(dice: &mut Dice) -> Terms {
    let columns = NAMES.into_iter().filter(|_| !dice.often(4)).collect::<Vec<_>>();
    Terms {
        columns: columns.into_iter().map(|name| column(dice, name)).collect(),
        evolution: dice.pick(&["evolve", "evolve", "freeze", "discard"]),
        header: !dice.often(5),
        delimiter: ",",
    }
}

fn changed(dice: &mut Dice, terms: &Terms) -> Terms {
    let mut new = terms.clone();
    for _ in 0..1 + dice.below(2) {
        let at = dice.below(new.columns.len().max(1));
        match dice.below(9) {
            0 if !new.columns.is_empty() => drop(new.columns.remove(at)),
            1 | 2 => {
                let free =
                    NAMES.into_iter().find(|name| new.columns.iter().all(|column| column.name != *name));
                if let Some(name) = free {
                    let mut one = column(dice, name);
                    one.members.retain(|member| !member.contains("true"));
                    new.columns.insert(at, one);
                }
            }
            3 => new.evolution = dice.pick(&["evolve", "freeze", "discard"]),
            4 if dice.often(3) => new.header = !new.header,
            4 if dice.often(3) => new.delimiter = ";",
            5 if new.columns.len() > 1 => new.columns.swap(0, at),
            6 if !new.columns.is_empty() => new.columns[at].data_type = dice.pick(&TYPES),
            _ if !new.columns.is_empty() => new.columns[at].members = column(dice, "id").members,
            _ => {}
        }
    }
    new
}

fn text(terms: &Terms) -> String {
    let mut text = format!(
        "apiVersion: v3.1.0\nkind: DataContract\nid: t\nname: t\nversion: 1.0.0\nstatus: active\nservers:\n  - server: raw\n    type: local\n    \
         path: t.csv\n    format: csv\n    customProperties:\n      - {{property: header, value: {}}}\n      \
         - {{property: delimiter, value: \"{}\"}}\nschema:\n  - name: t\n    customProperties: [{{property: evolution, value: {}}}]\n    properties:\n",
        terms.header, terms.delimiter, terms.evolution
    );
    for column in &terms.columns {
        text.push_str(&format!(
            "      - name: {}\n        physicalType: {}\n",
            column.name, column.data_type
        ));
        if let Some(physical) = column.physical {
            text.push_str(&format!("        physicalName: {physical}\n"));
        }
        // Numbers have bounds, and texts have lengths.
        let is_text = column.data_type == "str";
        let is_number = !is_text && column.data_type != "date";
        let fits = |member: &&&str| {
            (is_number || !member.contains("imum")) && (is_text || !member.contains("Length"))
        };
        for member in column.members.iter().filter(fits) {
            text.push_str(&format!("        {member}\n"));
        }
    }
    text
}

/// A file that mostly fits, with just the columns of the contract.
fn file(dice: &mut Dice, terms: &Terms) -> String {
    let is_kept = |dice: &mut Dice, column: &Column| {
        !(dice.often(8)
            && terms.header
            && terms.evolution != "freeze"
            && !column.members.contains(&"required: true"))
    };
    let columns: Vec<&Column> = terms.columns.iter().filter(|column| is_kept(dice, column)).collect();
    let mut text = String::new();
    if terms.header {
        let names: Vec<&str> = columns.iter().map(|column| column.physical.unwrap_or(column.name)).collect();
        text.push_str(&format!("{}\n", names.join(terms.delimiter)));
    }
    for row in 0..4 {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| match column.data_type {
                _ if dice.often(12) => String::new(),
                "i32" | "i64" => {
                    ["5", "50", "7", "5000000000"][dice.below(if row == 3 { 4 } else { 3 })].to_owned()
                }
                "str" => dice.pick(&["ab", "abc", "5", "a longer text"]).to_owned(),
                "date" => format!("2025-01-0{}", row + 1),
                _ => dice.pick(&["5", "12.50", "99.9"]).to_owned(),
            })
            .collect();
        text.push_str(&format!("{}\n", cells.join(terms.delimiter)));
    }
    text
}

/// Whether every row of the file is accepted; `None` if the contract is not valid.
fn accepts(folder: &Path, contract: &str) -> Option<bool> {
    std::fs::write(folder.join("schemas/t.odcs.yaml"), contract).unwrap();
    let place = |name: &str| -> PathBuf { folder.join(name) };
    let mut options = LoadOptions::new(place("raw"), place("lake"), place("m.duckdb"), place("schemas"));
    (options.dry_run, options.jobs) = (true, 1);
    let summary = load(&options, &Silent).ok()?;
    let table = &summary.tables[0];
    let is_whole = table.error.is_none() && table.files.iter().all(|file| file.error.is_none());
    Some(is_whole && table.rejected() == 0 && table.accepted() == 4)
}

#[test]
fn what_is_safe_for_writers_keeps_every_file_accepted() {
    let folder = TempDir::new().unwrap();
    for name in ["schemas", "raw"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let mut dice = Dice(20_251_128);
    let (mut safe, mut broken) = (0, 0);
    for _ in 0..1200 {
        let old = terms(&mut dice);
        let new = changed(&mut dice, &old);
        let delivered = file(&mut dice, &old);
        let (old, new) = (text(&old), text(&new));
        if old == new {
            continue;
        }
        std::fs::write(folder.path().join("raw/t.csv"), &delivered).unwrap();
        if accepts(folder.path(), &old) != Some(true) {
            continue;
        }
        let edition = |text: &str| Edition::read(&[(PathBuf::from("t.odcs.yaml"), text.to_owned())]);
        let (Ok(before), Ok(after)) = (edition(&old), edition(&new)) else { continue };
        let changes = diff(&before, &after);
        let accepted = accepts(folder.path(), &new) == Some(true);
        if changes.iter().any(|change| change.verdict.writers) {
            broken += usize::from(!accepted);
        } else {
            safe += 1;
            assert!(accepted, "{changes:#?}\n{delivered}\n{old}\n{new}");
        }
    }
    // Enough of both, so that the test could fail.
    assert!(safe > 60 && broken > 60, "{safe} safe, {broken} broken");
}

//! Two lists of rows, whose order means nothing, as a table of what differs.

/// Rows that only one side has, those alike joined into one line with both values. `None` if all are equal.
pub(super) fn of(
    names: &[String],
    mut expected: Vec<Vec<String>>,
    mut actual: Vec<Vec<String>>,
) -> Option<String> {
    expected.sort();
    actual.sort();
    let mut equal = 0;
    expected.retain(|row| match actual.iter().position(|other| other == row) {
        Some(at) => {
            actual.remove(at);
            equal += 1;
            false
        }
        None => true,
    });
    if expected.is_empty() && actual.is_empty() {
        return None;
    }
    let mut lines: Vec<Vec<String>> = vec![std::iter::once("@@".to_owned()).chain(names.to_vec()).collect()];
    for row in &expected {
        match nearest(row, &actual) {
            Some(at) => {
                let other = actual.remove(at);
                let cells = row.iter().zip(&other).map(|(expected, actual)| {
                    if expected == actual { expected.clone() } else { format!("{expected} → {actual}") }
                });
                lines.push(std::iter::once("→".to_owned()).chain(cells).collect());
            }
            None => lines.push(std::iter::once("---".to_owned()).chain(row.iter().cloned()).collect()),
        }
    }
    for row in actual {
        lines.push(std::iter::once("+++".to_owned()).chain(row).collect());
    }
    let mut out = String::from("actual differs from expected\n\n");
    for line in aligned(&lines) {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str("\n→ expected and actual value, --- only expected, +++ only actual");
    if equal > 0 {
        out.push_str(&format!("; {equal} {} equal", if equal == 1 { "row is" } else { "rows are" }));
    }
    Some(out)
}

/// The row that agrees in the most columns, if that is half of them.
fn nearest(row: &[String], others: &[Vec<String>]) -> Option<usize> {
    let agreeing = |other: &Vec<String>| row.iter().zip(other).filter(|(a, b)| a == b).count();
    let best = others.iter().enumerate().max_by_key(|(at, other)| (agreeing(other), usize::MAX - at))?;
    (agreeing(best.1) * 2 >= row.len() && agreeing(best.1) > 0).then_some(best.0)
}

fn aligned(lines: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    lines
        .iter()
        .map(|line| {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())))
                .collect();
            cells.join(" | ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn order_means_nothing_and_number_does() {
        let names = vec!["a".to_owned()];
        assert_eq!(of(&names, rows(&[&["1"], &["2"]]), rows(&[&["2"], &["1"]])), None);
        assert!(of(&names, rows(&[&["1"], &["1"]]), rows(&[&["1"]])).is_some());
    }

    #[test]
    fn alike_rows_stand_in_one_line() {
        let names = vec!["id".to_owned(), "v".to_owned()];
        let text = of(
            &names,
            rows(&[&["1", "10"], &["2", "20"], &["3", "x"]]),
            rows(&[&["1", "10"], &["2", "21"], &["4", "y"]]),
        )
        .unwrap();
        let lines: Vec<&str> = text.lines().skip(2).take(4).collect();
        assert_eq!(lines, ["@@  | id | v", "→   | 2  | 20 → 21", "--- | 3  | x", "+++ | 4  | y"]);
        assert!(text.ends_with("; 1 row is equal"));
    }
}

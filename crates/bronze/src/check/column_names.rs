//! When a name in a file means a column of the contract.
//!
//! The exact name counts first. A column that has no exact name in the file takes the one name that is equal without
//! regard to surrounding white space, case and Unicode form. If there are several, nothing is guessed: the file is refused.

use crate::read_error::FileFailure;
use unicode_normalization::UnicodeNormalization as _;

/// A name without what people and programs vary: surrounding white space, case, and the Unicode form (NFC).
pub(super) fn folded(name: &str) -> String {
    bare(name).nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// A name without white space and byte order marks around it.
pub(super) fn bare(name: &str) -> &str {
    name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// For each wanted column the index of its name in the file.
///
/// # Errors
/// `COLUMN_AMBIGUOUS`: two names of the file fit one column, or one name fits two. Other spellings beside the exact name
/// count as such only if `strict`; else they are further columns.
pub(super) fn assign(
    wanted: &[&str],
    names: &[String],
    strict: bool,
) -> Result<Vec<Option<usize>>, FileFailure> {
    let mut source: Vec<Option<usize>> =
        wanted.iter().map(|wanted| names.iter().position(|name| name == wanted)).collect();
    let free: Vec<usize> = (0..names.len()).filter(|index| !source.contains(&Some(*index))).collect();
    if free.is_empty() {
        return Ok(source);
    }
    let folded_free: Vec<(usize, String)> =
        free.into_iter().map(|index| (index, folded(&names[index]))).collect();
    let folded_wanted: Vec<String> = wanted.iter().map(|name| folded(name)).collect();
    for (at, name) in wanted.iter().enumerate() {
        let fitting: Vec<usize> = folded_free
            .iter()
            .filter(|(_, folded)| !folded.is_empty() && *folded == folded_wanted[at])
            .map(|(index, _)| *index)
            .collect();
        let ambiguous = |one: &str, other: &str| {
            FileFailure::new(
                "COLUMN_AMBIGUOUS",
                format!(
                    "the file's columns '{one}' and '{other}' both fit the contract's column '{name}'; rename one of them"
                ),
            )
            .of_column(name)
        };
        match (source[at], fitting.as_slice()) {
            (_, []) => {}
            (Some(exact), [other, ..]) if strict => return Err(ambiguous(&names[exact], &names[*other])),
            (Some(_), _) => {}
            (None, [one, other, ..]) => return Err(ambiguous(&names[*one], &names[*other])),
            (None, [index]) => {
                let rival = (0..wanted.len())
                    .find(|rival| *rival != at && folded_wanted[*rival] == folded_wanted[at]);
                if let Some(rival) = rival {
                    return Err(FileFailure::new(
                        "COLUMN_AMBIGUOUS",
                        format!(
                            "the file's column '{}' fits both '{name}' and '{}' of the contract",
                            names[*index], wanted[rival]
                        ),
                    )
                    .of_column(name));
                }
                source[at] = Some(*index);
            }
        }
    }
    Ok(source)
}

/// Whether one name is most likely the other, misspelled. Names that differ in digits only (`address`, `address2`) are not.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let letters = |name: &str| folded(name).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let (one, other) = (letters(one), letters(other));
    if one == other {
        return true;
    }
    let without_digits = |name: &str| name.chars().filter(|c| !c.is_numeric()).collect::<String>();
    if without_digits(&one) == without_digits(&other) {
        return false;
    }
    let length = one.chars().count().max(other.chars().count());
    length >= 3 && strsim::damerau_levenshtein(&one, &other) <= (length / 4).max(1)
}

/// The file was refused because `column` is missing, and `found`, which nobody asked for, is nearly its name.
pub(super) fn misspelled(column: &str, found: &str) -> FileFailure {
    FileFailure::new(
        "COLUMN_MISSING",
        format!(
            "the file has no column '{column}', but one named '{found}'; rename one of them, or, if they are different columns, name '{found}' in the contract as well"
        ),
    )
    .of_column(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(wanted: &[&str], names: &[&str]) -> Result<Vec<Option<usize>>, &'static str> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assign(wanted, &names, true).map_err(|failure| failure.code)
    }

    #[test]
    fn exact_names_count_before_similar_ones() {
        assert_eq!(assigned(&["id", "Zip"], &[" ZIP ", "Id"]), Ok(vec![Some(1), Some(0)]));
        assert_eq!(assigned(&["caf\u{e9}"], &["CAFE\u{301}"]), Ok(vec![Some(0)]));
        assert_eq!(assigned(&["a", "A"], &["A", "a"]), Ok(vec![Some(1), Some(0)]));
        assert_eq!(assigned(&["a", "b"], &["c"]), Ok(vec![None, None]));
    }

    #[test]
    fn what_fits_twice_is_not_guessed() {
        assert_eq!(assigned(&["zip"], &["ZIP", "Zip"]), Err("COLUMN_AMBIGUOUS"));
        assert_eq!(assigned(&["zip"], &["zip", "Zip"]), Err("COLUMN_AMBIGUOUS"));
        assert_eq!(assigned(&["zip", "ZIP"], &["Zip"]), Err("COLUMN_AMBIGUOUS"));
        let names = ["zip".to_owned(), "Zip".to_owned()];
        assert_eq!(assign(&["zip"], &names, false).unwrap(), [Some(0)]);
    }

    #[test]
    fn misspellings_are_near_and_numbered_names_are_not() {
        for (one, other) in [("customer_id", "Customer ID"), ("amount", "ammount"), ("quantity", "quantty")] {
            assert!(is_near(one, other), "{one} {other}");
        }
        for (one, other) in [("address", "address2"), ("q1", "q2"), ("a", "b"), ("name", "note")] {
            assert!(!is_near(one, other), "{one} {other}");
        }
    }
}

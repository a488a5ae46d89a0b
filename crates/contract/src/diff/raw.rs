//! How the files of a feed are written. Whatever changes there, files as they were are not accepted any more, or mean
//! something else.

use super::change::{Changes, Verdict};
use crate::raw_form::RawForm;

pub(super) fn compare(old: &RawForm, new: &RawForm, changes: &mut Changes<'_>) {
    const PART: &str = "raw files";
    let RawForm { format, path, encoding, csv, wide_csv, place, record_path, sheet } = old;
    changes.compare(
        PART,
        [path, &new.path],
        || format!("the path is '{}' instead of '{path}'", new.path),
        Verdict::WRITERS,
    );
    let words = || format!("the format is {} instead of {}", word(new), word(old));
    changes.compare(PART, [format, &new.format], words, Verdict::WRITERS);
    changes.compare(
        PART,
        [encoding, &new.encoding],
        || "the encoding is another one".to_owned(),
        Verdict::WRITERS,
    );
    let dialect = (csv, wide_csv);
    let other = (&new.csv, &new.wide_csv);
    let what = || "delimiter, quotes, escapes or texts for null are others".to_owned();
    changes.compare(PART, [&dialect, &other], what, Verdict::BOTH);
    changes.compare(
        PART,
        [place, &new.place],
        || "the table is at another place in the file".to_owned(),
        Verdict::WRITERS,
    );
    let what = || "the records are at another place in a document".to_owned();
    changes.compare(PART, [record_path, &new.record_path], what, Verdict::WRITERS);
    let shown =
        |sheet: &Option<String>| sheet.as_deref().map_or("the first".to_owned(), |name| format!("'{name}'"));
    let what = || format!("the sheet is {} instead of {}", shown(&new.sheet), shown(sheet));
    changes.compare(PART, [sheet, &new.sheet], what, Verdict::WRITERS);
}

fn word(form: &RawForm) -> String {
    format!("{:?}", form.format).to_lowercase()
}

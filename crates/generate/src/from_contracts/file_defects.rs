//! Defects of whole files: a file that is cut off, empty, in another dialect or of another feed, a header that comes twice, a
//! file that comes twice or late. The intact file is always delivered as well, so that no row is missing because of them.

use super::column::Source;
use super::files::is_envelope;
use super::paths::Period;
use super::world::World;
use crate::anomalies::CaughtAt;
use ingot_contract::{Column, Contract, Format, SameContent, Severity};

/// The most days that a late file is late.
pub(crate) const MOST_DAYS_LATE: i32 = 3;

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileHow {
    /// A further row at its end is cut off.
    CutRow,
    /// The names of the columns come again in the middle.
    RepeatedHeader,
    /// A second file is this one, cut off in the middle.
    CutCopy,
    /// A second file is empty.
    EmptyCopy,
    /// A second file separates its fields in another way.
    OtherDelimiter,
    /// A second file lacks this column.
    WithoutColumn(usize),
    /// A second file is one of this other feed.
    OtherFeed(usize),
    /// A second file is the same.
    Copy,
    /// It is delivered some days later.
    Late,
}

impl FileHow {
    /// What the name of the second file ends in, if there is one.
    pub(crate) fn second_file(self) -> Option<&'static str> {
        match self {
            Self::CutRow | Self::RepeatedHeader | Self::Late => None,
            Self::CutCopy => Some("-cut"),
            Self::EmptyCopy => Some("-empty"),
            Self::OtherDelimiter => Some("-delimiter"),
            Self::WithoutColumn(_) => Some("-column"),
            Self::OtherFeed(_) => Some("-other"),
            Self::Copy => Some("-again"),
        }
    }
}

/// All kinds that the files of a feed can have.
pub(crate) fn of_feed(world: &World, index: usize) -> Vec<(&'static str, CaughtAt, FileHow)> {
    let feed = &world.feeds[index];
    let contract = &feed.contract;
    let (raw, format) = (&contract.raw, contract.raw.format);
    let mut kinds = Vec::new();
    if format == Format::Delta {
        return kinds;
    }
    let is_in_file = |column: usize| !matches!(feed.makers[column].source, Source::Path(_));
    let columns: Vec<usize> = (0..contract.columns.len()).filter(|column| is_in_file(*column)).collect();
    let is_compressed = [".gz", ".zst"].iter().any(|end| raw.path.ends_with(end));
    let has_header = format == Format::Csv && raw.names_columns() && raw.place.footer_rows == 0;
    let has_second = raw.has_wildcard();
    let can_be_cut = match format {
        Format::Csv => has_header && columns.len() > 1,
        Format::Jsonl => true,
        _ => false,
    };
    if can_be_cut && !is_compressed {
        kinds.push(("file_cut_off", CaughtAt::Bronze, FileHow::CutRow));
    } else if has_second && (is_compressed || matches!(format, Format::Json | Format::Parquet | Format::Xlsx))
    {
        kinds.push(("file_cut_off", CaughtAt::Bronze, FileHow::CutCopy));
    }
    if has_header && raw.place.header_rows == 1 && !columns.is_empty() {
        kinds.push(("header_repeated", CaughtAt::Bronze, FileHow::RepeatedHeader));
    }
    let names = has_header || format == Format::Parquet;
    if has_second && (names || format == Format::Xlsx) {
        kinds.push(("file_empty", CaughtAt::Bronze, FileHow::EmptyCopy));
    }
    if has_second && has_header && columns.len() > 1 {
        kinds.push(("delimiter_changed", CaughtAt::Bronze, FileHow::OtherDelimiter));
    }
    let required = |column: &&usize| contract.columns[**column].required;
    if has_second
        && names
        && columns.len() > 1
        && let Some(column) = columns.iter().find(required)
    {
        kinds.push(("column_gone", CaughtAt::Bronze, FileHow::WithoutColumn(*column)));
    }
    if has_second
        && names
        && let Some(other) = other_feed(world, index)
    {
        kinds.push(("file_of_another_feed", CaughtAt::Bronze, FileHow::OtherFeed(other)));
    }
    // A rule on the whole table would refuse all of it.
    let has_table_rules = contract.table_rules.iter().any(|rule| rule.severity == Severity::Error);
    if has_second && !has_table_rules && !is_envelope(contract) {
        let caught_at = match contract.same_content {
            SameContent::Refuse => CaughtAt::Bronze,
            SameContent::Warn | SameContent::Load | SameContent::Skip => CaughtAt::Allowed,
        };
        kinds.push(("file_twice", caught_at, FileHow::Copy));
    }
    if feed.layout.period == Period::Day {
        kinds.push(("file_late", CaughtAt::Allowed, FileHow::Late));
    }
    kinds
}

/// A feed whose files are refused as files of this one: in the same format, and without a column that must be there.
fn other_feed(world: &World, index: usize) -> Option<usize> {
    let contract = &world.feeds[index].contract;
    let names = |contract: &Contract| -> Vec<String> {
        contract.columns.iter().map(|column| column.name_in_files().to_lowercase()).collect()
    };
    let own: Vec<&Column> = contract.columns.iter().filter(|column| column.required).collect();
    (0..world.feeds.len()).find(|other| {
        let of_other = names(&world.feeds[*other].contract);
        let form = &world.feeds[*other].contract.raw;
        let is_lacking = own.iter().any(|column| {
            !of_other.contains(&column.name_in_files().to_lowercase())
                && !of_other.contains(&column.name.to_lowercase())
        });
        *other != index
            && form.format == contract.raw.format
            && form.names_columns()
            && (is_lacking || names(contract).iter().all(|name| !of_other.contains(name)))
    })
}

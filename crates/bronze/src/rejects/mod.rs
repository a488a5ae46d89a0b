//! Rejected rows: collected while files are read (`reject_buffer`), written once per commit as Parquet, all of them, and as
//! CSV with equal columns, as many as people can correct (`write_rejects`, `reject_csv` and `reject_cells`, under the names of
//! `reject_files`), and read again when they are shown or replayed (`read_rejects`, `raw_row`).

mod correct;
mod raw_row;
mod read_rejects;
mod reject;
mod reject_buffer;
mod reject_cells;
mod reject_counts;
mod reject_csv;
mod reject_files;
mod write_rejects;

pub use correct::correct_reject;
pub(crate) use raw_row::{document, form_of_documents, header_line};
pub(crate) use read_rejects::{KeptReject, edited_texts, read_rejects, reject_keys};
pub(crate) use reject::Reject;
pub(crate) use reject_buffer::RejectBuffer;
pub(crate) use reject_counts::once_each;
pub use reject_counts::{ReasonCount, ReasonKey, RejectCounts, Sample};
pub(crate) use reject_files::{
    StagedRejects, archive_path, publish_staged, reject_folder, reject_paths, tell_of_rest,
};
pub(crate) use write_rejects::write_rejects;

//! A feed that is itself a Delta table with versions (`returns`): bronze follows it version by version, one commit for
//! each. Rows are identified by the contract's primary key: new and changed ones are upserted, those that vanish stay as
//! tombstones (`is_deleted`, `deleted_at`), and a column is added in the version in which the source first has it. So a
//! reader can travel in time through bronze as through the source.
//!
//! The raw file of a version is its commit in the source's log. Rows that a version only carries over from one file to
//! another do not count as read: nothing happened to them.
//!
//! Rows are compared as they are counted: a row that is there twice is two rows, and a primary key that comes twice is kept
//! twice and reported. Without a primary key, a row is identified by all its values: a changed row is one that is deleted
//! and another that is new.
//!
//! If the source's log was cleaned so far that the next version cannot be compared with the last one that was taken, the
//! oldest version that can still be read is compared as a whole with bronze instead, in one commit: only the versions between
//! are lost. (Nothing is compared with a version whose columns had other types either.) A source that was never taken begins
//! with the oldest version that can be read.
//!
//! `follower` goes from version to version, of which `source_log` says which can be read; `step` takes one. `source_reader`
//! reads the source's rows, `changes` finds out what a version did to them (`row_keys` and `row_counts` tell them apart),
//! `bronze_rows` finds the rows of bronze that are concerned, and `rewrite` writes bronze's files again without what was
//! replaced.

mod bronze_rows;
mod changes;
mod followed_feed;
mod follower;
mod rewrite;
mod row_counts;
mod row_keys;
mod source_log;
mod source_reader;
mod step;

pub(crate) use follower::follow_table;

//! The pages: which there are, how each is made, and how all of them are written.
//!
//! ```text
//! site (which pages, by their addresses) ─► templates (the language of the templates) ─► HTML
//! index_page, lists, owners_page (what pages of many things need)   search_index, graph_data (scripts of data)
//! write (a folder, or one file)
//! ```

mod graph_data;
mod index_page;
mod lists;
mod owners_page;
mod search_index;
mod site;
mod templates;
mod write;

pub use site::Site;
pub use write::{SiteForm, Written, forward, write_site};

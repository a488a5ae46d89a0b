//! Files and folders beyond what `std::fs` does: what only some operating systems can do, and what is built
//! on it. Everything else in ingot is the same program on Linux, macOS and Windows.

mod durable;
mod folder_lock;
mod folder_swap;
mod free_space;
mod links;
mod replace;
mod shared_file;
mod system;

pub use durable::{Flushing, begin_to_flush, make_durable, make_each_durable, start_writing_out};
pub use folder_lock::{FolderLock, LockPurpose};
pub use folder_swap::FolderSwap;
pub use free_space::free_space;
pub use links::{is_same_file, link_or_copy, link_or_copy_folder, symbolic_link};
pub use replace::{put_all_in_place, put_in_place, replace_content, write_beside};
pub use shared_file::{clone_file, own_file, share_file, shared_note};

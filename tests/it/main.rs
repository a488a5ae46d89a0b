//! The one integration binary: each part of ingot has a module here.

mod jinja;

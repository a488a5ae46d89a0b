//! Parts of Python's library that templates use, for hosts to mount under names of their choice.

pub mod literal;

//! The stack of the running thread, measured, so that neither deep macros nor deep expressions overflow it.

use crate::error::{Error, Kind, Result};
use std::cell::Cell;

thread_local! {
    /// Where on this thread's stack the outermost render began; 0 when none runs.
    static STACK_BASE: Cell<usize> = const { Cell::new(0) };
}

/// Marks where rendering or parsing began on this thread's stack, until it is dropped.
pub(crate) struct StackGuard {
    budget: usize,
    outermost: bool,
}

fn stack_pointer() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(&marker) as usize
}

impl StackGuard {
    /// `budget` is in bytes.
    pub(crate) fn enter(budget: usize) -> Self {
        let outermost = STACK_BASE.get() == 0;
        if outermost {
            STACK_BASE.set(stack_pointer());
        }
        Self { budget, outermost }
    }
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        if STACK_BASE.get().saturating_sub(stack_pointer()) > self.budget {
            return Err(Error::new(Kind::Recursion, "maximum recursion depth exceeded")
                .hint("check whether a macro calls itself without an end"));
        }
        Ok(())
    }
}

impl Drop for StackGuard {
    fn drop(&mut self) {
        if self.outermost {
            STACK_BASE.set(0);
        }
    }
}

//! Work on parts by several threads, whose results are taken in the order of the parts.

use super::crew::{AtWork, Crew};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

/// Parts that may be under way for each thread.
const PARTS_EACH: usize = 8;

/// What the threads share.
struct Desk<U, D> {
    state: Mutex<State<U, D>>,
    changed: Condvar,
}

struct State<U, D> {
    /// Parts that nobody works on yet, with their numbers.
    waiting: VecDeque<(usize, U)>,
    /// Parts that wait for their turn, and what the work on them gave.
    done: BTreeMap<usize, (U, thread::Result<D>)>,
    helpers: usize,
    is_closed: bool,
}

/// Makes parts with `next` until it has no more, lets threads `work` on them, and hands each with its result to `take`, in
/// the order in which they were made. `next` and `take` are called on the caller's thread only, which also works
/// while it has nothing else to do. Few parts are under way at a time.
///
/// Returns the parts that were made and not taken, in order: there are some only if `take` breaks off.
///
/// # Errors
/// Those of `next` and `take`.
///
/// # Panics
/// As `work` does.
pub(crate) fn in_order<U: Send, D: Send, E>(
    crew: &Crew,
    mut next: impl FnMut() -> Result<Option<U>, E>,
    work: impl Fn(&mut U) -> D + Sync,
    mut take: impl FnMut(U, D) -> Result<ControlFlow<()>, E>,
) -> Result<Vec<U>, E> {
    let desk = Desk {
        state: Mutex::new(State {
            waiting: VecDeque::new(),
            done: BTreeMap::new(),
            helpers: 0,
            is_closed: false,
        }),
        changed: Condvar::new(),
    };
    let work = &|unit: &mut U| catch_unwind(AssertUnwindSafe(|| work(unit)));
    thread::scope(|scope| {
        let close = Closing(&desk);
        let (mut made, mut turn, mut is_over) = (0, 0, false);
        loop {
            let mut state = desk.lock();
            if let Some((unit, result)) = state.done.remove(&turn) {
                drop(state);
                turn += 1;
                let result = result.unwrap_or_else(|panic| resume_unwind(panic));
                if take(unit, result)?.is_break() {
                    drop(close);
                    return Ok(desk.rest(turn, made));
                }
            } else if !is_over && made - turn < 1 + PARTS_EACH * state.helpers {
                drop(state);
                match next()? {
                    None => is_over = true,
                    Some(unit) => {
                        desk.lock().waiting.push_back((made, unit));
                        made += 1;
                        desk.changed.notify_one();
                        if let Some(place) = crew.helper() {
                            help(scope, &desk, work, crew, place);
                        }
                    }
                }
            } else if let Some((number, mut unit)) = state.waiting.pop_front() {
                drop(state);
                let result = work(&mut unit);
                desk.lock().done.insert(number, (unit, result));
            } else if is_over && turn == made {
                return Ok(Vec::new());
            } else {
                drop(desk.changed.wait(state).unwrap_or_else(PoisonError::into_inner));
            }
        }
    })
}

/// Starts a thread that works on parts until there are no more, or until its place is needed. If the system has no more
/// threads, the caller's does the work.
fn help<'scope, 'c: 'scope, U: Send, D: Send>(
    scope: &'scope Scope<'scope, '_>,
    desk: &'scope Desk<U, D>,
    work: &'scope (impl Fn(&mut U) -> thread::Result<D> + Sync),
    crew: &'c Crew,
    place: AtWork<'c>,
) {
    let helper = move || {
        let mut place = Some(place);
        let mut state = desk.lock();
        state.helpers += 1;
        while !state.is_closed && !crew.is_overbooked() {
            match state.waiting.pop_front() {
                None => {
                    // Who waits leaves its place to others.
                    place = None;
                    state = desk.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                Some((number, mut unit)) => {
                    place.get_or_insert_with(|| crew.begin());
                    drop(state);
                    let result = work(&mut unit);
                    state = desk.lock();
                    state.done.insert(number, (unit, result));
                    desk.changed.notify_all();
                }
            }
        }
        state.helpers -= 1;
    };
    let _ = thread::Builder::new().name("load-helper".to_owned()).spawn_scoped(scope, helper);
}

impl<U, D> Desk<U, D> {
    fn lock(&self) -> MutexGuard<'_, State<U, D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parts from the number `turn` to before `made`, once nobody works on them any more.
    fn rest(&self, turn: usize, made: usize) -> Vec<U> {
        let mut state = self.lock();
        while state.waiting.len() + state.done.len() < made - turn {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut rest: Vec<(usize, U)> = state.waiting.drain(..).collect();
        rest.extend(std::mem::take(&mut state.done).into_iter().map(|(number, (unit, _))| (number, unit)));
        rest.sort_by_key(|(number, _)| *number);
        rest.into_iter().map(|(_, unit)| unit).collect()
    }
}

/// Lets the helpers go when it is dropped, also when the caller's thread ends with an error or a panic.
struct Closing<'d, U, D>(&'d Desk<U, D>);

impl<U, D> Drop for Closing<'_, U, D> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::time::Duration;

    fn numbers(threads: usize, until: usize) -> (Vec<usize>, Vec<usize>) {
        let crew = Crew::new(threads);
        let _me = crew.begin();
        let mut next = 0..40;
        let mut taken = Vec::new();
        let rest = in_order(
            &crew,
            || Ok::<_, Infallible>(next.next()),
            |number| {
                thread::sleep(Duration::from_micros((*number * 7919 % 13) as u64 * 50));
                *number * 2
            },
            |number, double| {
                assert_eq!(double, number * 2);
                taken.push(number);
                Ok(if number == until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            },
        )
        .unwrap();
        (taken, rest)
    }

    #[test]
    fn results_come_in_the_order_of_the_parts() {
        for threads in [1, 2, 7] {
            assert_eq!(numbers(threads, 100), ((0..40).collect(), Vec::new()));
        }
    }

    #[test]
    fn parts_that_are_not_taken_come_back() {
        for threads in [1, 2, 7] {
            let (taken, rest) = numbers(threads, 20);
            assert_eq!(taken, (0..=20).collect::<Vec<_>>());
            assert_eq!(rest, (21..21 + rest.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "a damaged part")]
    fn a_panic_of_a_helper_is_the_callers() {
        let crew = Crew::new(3);
        let mut next = 0..40;
        let _ = in_order(
            &crew,
            || Ok::<_, Infallible>(next.next()),
            |number| assert_ne!(*number, 17, "a damaged part"),
            |_, ()| Ok(ControlFlow::Continue(())),
        );
    }
}

//! Whole numbers as runs of neighbours: a column that counts from 1 to a billion is one run.

/// More runs than this are kept as hashes instead.
const MOST_RUNS: usize = 64;

/// Different whole numbers, in few runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    /// First and last number of each run, in order, with a gap between any two.
    runs: Vec<(i64, i64)>,
    /// The run that a number was last added to, where the next one most likely belongs.
    last: usize,
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    New,
    Known,
    /// It needs one run too many, and was not added.
    TooMany,
}

impl Runs {
    pub(super) fn add(&mut self, number: i64) -> Added {
        if let Some((_, end)) = self.runs.get_mut(self.last)
            && end.checked_add(1) == Some(number)
            && self.runs.get(self.last + 1).is_none_or(|(start, _)| number < *start)
        {
            self.runs[self.last].1 = number;
            self.join(self.last);
            return Added::New;
        }
        // The first run that ends at the number or behind it.
        let at = self.runs.partition_point(|(_, end)| *end < number);
        if self.runs.get(at).is_some_and(|(start, _)| *start <= number) {
            return Added::Known;
        }
        if at > 0 && self.runs[at - 1].1.checked_add(1) == Some(number) {
            self.runs[at - 1].1 = number;
            self.last = at - 1;
            self.join(at - 1);
        } else if let Some((start, _)) = self.runs.get_mut(at)
            && start.checked_sub(1) == Some(number)
        {
            *start = number;
            self.last = at;
        } else if self.runs.len() < MOST_RUNS {
            self.runs.insert(at, (number, number));
            self.last = at;
        } else {
            return Added::TooMany;
        }
        Added::New
    }

    /// Adds all of another; whether any number was known. `Err` where they are too many runs; nothing was added then.
    pub(super) fn add_all(&mut self, other: &Self) -> Result<bool, ()> {
        let mut all: Vec<(i64, i64)> = self.runs.iter().chain(&other.runs).copied().collect();
        all.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        let mut has_known = false;
        for (start, end) in all {
            match joined.last_mut() {
                Some((_, before)) if start <= *before => {
                    has_known = true;
                    *before = end.max(*before);
                }
                Some((_, before)) if before.checked_add(1) == Some(start) => *before = end,
                _ => joined.push((start, end)),
            }
        }
        if joined.len() > MOST_RUNS {
            return Err(());
        }
        *self = Self { last: joined.len().saturating_sub(1), runs: joined };
        Ok(has_known)
    }

    /// Joins a run with the next one if they touch.
    fn join(&mut self, at: usize) {
        if let Some((start, end)) = self.runs.get(at + 1).copied()
            && self.runs[at].1.checked_add(1) == Some(start)
        {
            self.runs[at].1 = end;
            self.runs.remove(at + 1);
        }
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> u64 {
        self.runs
            .iter()
            .fold(0, |sum, (start, end)| sum.saturating_add(end.abs_diff(*start).saturating_add(1)))
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> + '_ {
        self.runs.iter().flat_map(|(start, end)| *start..=*end)
    }

    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.runs.iter().all(|(start, end)| other.has(*start, *end))
    }

    /// Whether it has all numbers from the first to the last.
    pub(super) fn has(&self, first: i64, last: i64) -> bool {
        let at = self.runs.partition_point(|(_, end)| *end < first);
        self.runs.get(at).is_some_and(|(start, end)| *start <= first && last <= *end)
    }
}

/// The number, if the text is one as programs write it, so that the number gives back the text.
pub(super) fn whole_number(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let is_plain = match digits {
        [b'0'] => !is_negative,
        [b'1'..=b'9', ..] => digits.len() <= 18,
        _ => false,
    };
    if !is_plain {
        return None;
    }
    let mut number = 0_i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(digit - b'0');
    }
    Some(if is_negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: impl IntoIterator<Item = i64>) -> (Runs, Vec<Added>) {
        let mut runs = Runs::default();
        let added = numbers.into_iter().map(|number| runs.add(number)).collect();
        (runs, added)
    }

    #[test]
    fn numbers_in_any_order_become_runs() {
        assert_eq!(of(1..=100_000).0.runs, [(1, 100_000)]);
        assert_eq!(of([5, 3, 4, 1, 2, 9, 7, 8]).0.runs, [(1, 5), (7, 9)]);
        assert_eq!(of([1, 3, 2, 3, 1]).1, [Added::New, Added::New, Added::New, Added::Known, Added::Known]);
        assert_eq!(of([i64::MAX, i64::MIN, i64::MAX]).1[2], Added::Known);
        let (runs, added) = of((0..100).map(|number| number * 2));
        assert_eq!((runs.len(), added[64]), (64, Added::TooMany));
        assert_eq!(of([2, 1]).0.numbers().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn runs_are_put_together() {
        let mut runs = of(1..=10).0;
        assert_eq!(runs.add_all(&of(11..=20).0), Ok(false));
        assert_eq!(runs.runs, [(1, 20)]);
        assert_eq!(runs.add_all(&of(15..=25).0), Ok(true));
        assert_eq!(runs.runs, [(1, 25)]);
        assert!(of(3..=7).0.is_within(&runs) && !of(20..=26).0.is_within(&runs));
        let many = of((0..60).map(|number| 100 + number * 2)).0;
        assert_eq!(runs.add_all(&many), Ok(false));
        assert_eq!(runs.add_all(&of((0..60).map(|number| 1000 + number * 2)).0), Err(()));
        assert_eq!(runs.len(), 85);
    }

    #[test]
    fn only_what_comes_back_is_a_number() {
        for (text, number) in
            [("0", Some(0)), ("-12", Some(-12)), ("123456789012345678", Some(123_456_789_012_345_678))]
        {
            assert_eq!(whole_number(text.as_bytes()), number, "{text}");
        }
        for text in ["", "-", "-0", "00", "01", "+1", "1.0", "1234567890123456789"] {
            assert_eq!(whole_number(text.as_bytes()), None, "{text}");
        }
    }
}

//! A past run once more, slowly: what is shown when.

use super::wire::{Milliseconds, Run};

/// How much slower than it was.
const SLOWER: f64 = 40.0;
/// How long a message is shown at least until the next, in milliseconds.
const SHORTEST: f64 = 160.0;
/// And at most.
const LONGEST: f64 = 900.0;

/// A moment of a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// What happened until then is shown, in milliseconds after the click.
    pub until: Milliseconds,
    /// How long it stays like that, in milliseconds.
    pub stays: u32,
}

/// The moments of a run: one for each message, and one for those that came at once.
#[must_use]
pub fn moments(run: &Run) -> Vec<Moment> {
    let mut times: Vec<Milliseconds> =
        run.reports.iter().map(|report| report.at - run.started).filter(|time| *time >= 0.0).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let nexts = times.iter().skip(1).map(Some).chain([None]);
    times
        .iter()
        .zip(nexts)
        .map(|(until, next)| {
            let stays = next.map_or(LONGEST, |next| ((next - until) * SLOWER).clamp(SHORTEST, LONGEST));
            Moment { until: *until, stays: stays as u32 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sample;
    use crate::lab::wire::{Kind, Place};

    #[test]
    fn every_message_has_its_moment_as_long_as_the_next_was_away() {
        let at = |at| sample::inside(at, Place::Provider, Kind::Ended, &[]);
        let run = sample::run(vec![at(999.0), at(1000.0), at(1010.0), at(1010.0), at(1011.0), at(3000.0)]);
        let moments: Vec<(f64, u32)> = moments(&run).into_iter().map(|moment| (moment.until, moment.stays)).collect();
        assert_eq!(moments, [(0.0, 400), (10.0, 160), (11.0, 900), (2000.0, 900)]);
        assert_eq!(super::moments(&sample::run(Vec::new())), []);
    }
}

//! Plays many rounds at once, and adds up what came of them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{io, panic, thread};

use super::cores::Cores;
use super::target::Place;
use super::{Failure, Outcome, Random, Schedule, Storm, Tally, judge, round, sys};

/// How many failures are kept with all that is known of them.
const KEPT: usize = 20;

impl Storm {
    /// Plays the schedules of so many rounds, several at once.
    pub(super) fn play_all(
        &self,
        rounds: u64,
        schedule: &(dyn Fn(u64) -> Schedule + Sync),
        watch: &(dyn Fn(u64, u64) + Sync),
    ) -> io::Result<Outcome> {
        sys::adopt_orphans();
        let begun = Instant::now();
        let base = base()?;
        let cores = if self.target.cores { Cores::probe(&base.path().join("bare"))? } else { Cores::default() };
        let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let sums = Mutex::new((Tally::default(), Vec::new()));
        let work = |job: usize| -> io::Result<()> {
            sys::wait_exactly();
            let place = Place::new(&base.path().join(job.to_string()), cores)?;
            while !over.load(Ordering::Relaxed) && self.duration.is_none_or(|limit| begun.elapsed() < limit) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= rounds {
                    break;
                }
                let schedule = schedule(index);
                let evidence = round::play(&self.target, &schedule, &place, self.deadline)?;
                let violations = judge(&evidence, &self.target.expected);
                let mut sums = locked(&sums);
                let (tally, failures) = &mut *sums;
                tally.add(&evidence, &violations);
                if !violations.is_empty() && failures.len() < KEPT {
                    failures.push(Failure { seed: schedule.plan.seed, schedule, violations, evidence });
                }
                watch(tally.rounds, tally.failed);
            }
            Ok(())
        };
        thread::scope(|scope| {
            let jobs: Vec<_> = (0..self.jobs)
                .map(|job| {
                    let (work, over) = (&work, &over);
                    scope.spawn(move || work(job).inspect_err(|_| over.store(true, Ordering::Relaxed)))
                })
                .collect();
            jobs.into_iter().try_for_each(|job| job.join().unwrap_or_else(|payload| panic::resume_unwind(payload)))
        })?;
        let (tally, failures) = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Outcome { tally, failures, took: begun.elapsed(), log: self.target.expected.log })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The seed of one round of a storm.
pub(super) fn round_seed(seed: u64, index: u64) -> u64 {
    // Short enough to be typed.
    Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index).draw() >> 24
}

/// In memory, if there is such a place: targets write many small files.
fn base() -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("terminate-storm-");
    builder.tempdir_in(Path::new("/dev/shm")).or_else(|_| builder.tempdir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_have_seeds_of_their_own() {
        let mut seeds: Vec<_> = (0..1_000).flat_map(|index| [round_seed(1, index), round_seed(2, index)]).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 2_000);
    }
}

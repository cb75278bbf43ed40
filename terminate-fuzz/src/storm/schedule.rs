//! What is done to the target in one round, and when: data that is drawn from a seed, printed, read back and shrunk.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::plan::{Exit, Plan};
use super::{Random, Signal};

/// What schedules are drawn from.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The signals, each with how often it comes in proportion to the others.
    pub signals: Vec<(Signal, u32)>,
    /// How many signals come a second, as long as the target is there: bursts count once.
    pub rate: u32,
    /// How many signals come at once, at the most.
    pub burst: u32,
    /// For how long the target is left alone after its start, in microseconds.
    pub after: u32,
    /// For how long signals come then, in microseconds. At the end of it comes the last one.
    pub window: u32,
    /// How many of the target's threads register and unregister meanwhile, if not as the seed says.
    pub threads: Option<u32>,
    /// How the target is to end by itself, if not as the seed says.
    pub exit: Option<Exit>,
    /// Whether to stop and continue it, and to signal single threads and its process group.
    pub all_ways: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        let weights = [("TERM", 4), ("INT", 3), ("HUP", 2), ("QUIT", 1), ("USR1", 2), ("USR2", 1), ("ALRM", 1)];
        let more = [("XCPU", 1), ("RTMIN", 1), ("RTMIN+3", 1)];
        let read = |(name, weight): (&str, u32)| name.parse().ok().map(|signal| (signal, weight));
        Self {
            signals: weights.into_iter().chain(more).filter_map(read).collect(),
            rate: 600,
            burst: 4,
            after: 0,
            window: 6_000,
            threads: None,
            exit: None,
            all_ways: true,
        }
    }
}

/// One thing to do to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `kill(2)`: to the process, whichever thread takes it.
    Kill(Signal),
    /// `tgkill(2)`: to one thread, by its place among those that are there, round and round.
    Thread(Signal, u32),
    /// `sigqueue(3)`, with a value.
    Queue(Signal, u32),
    /// `kill(2)` of its process group.
    Group(Signal),
    /// `SIGSTOP`. After the last action comes a `SIGCONT` in any case.
    Stop,
    /// `SIGCONT`.
    Continue,
}

impl What {
    /// The signal that is to end the target.
    #[must_use]
    pub fn ending(self) -> Option<Signal> {
        match self {
            Self::Kill(signal) | Self::Thread(signal, _) | Self::Queue(signal, _) | Self::Group(signal) => Some(signal),
            Self::Stop | Self::Continue => None,
        }
    }
}

/// When to do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Microseconds after the target's program was started (`execve` has returned).
    pub at: u32,
    /// What to do then.
    pub what: What,
}

/// One round: what the target is asked to do, and what is done to it.
///
/// ```
/// use terminate_fuzz::storm::{Schedule, Wishes};
/// let schedule = Schedule::draw(7, &Wishes::default());
/// assert_eq!(schedule, Schedule::draw(7, &Wishes::default()));
/// assert_eq!(schedule.to_string().parse(), Ok(schedule));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What the target is asked to do.
    pub plan: Plan,
    /// What is done to it, in order of time.
    pub actions: Vec<Action>,
}

impl Schedule {
    /// The schedule of that seed.
    #[must_use]
    pub fn draw(seed: u64, wishes: &Wishes) -> Self {
        let mut random = Random::new(seed);
        let mut actions = Vec::new();
        let mean = 1e6 / f64::from(wishes.rate.max(1));
        // The start of the target is but a part of what there is to hit.
        let mut at = if random.one_in(4) { 0.0 } else { f64::from(random.below(wishes.window / 2)) };
        loop {
            at += random.gap(mean);
            if at >= f64::from(wishes.window) {
                break;
            }
            let mut moment = whole(at);
            for _ in 0..=random.below(wishes.burst) {
                let Some(what) = draw_what(&mut random, wishes) else { break };
                actions.push(Action { at: moment, what });
                if what == What::Stop {
                    let length = random.below(1_500);
                    actions.push(Action { at: moment + length, what: What::Continue });
                }
                moment += if random.one_in(2) { 0 } else { random.below(250) };
            }
        }
        // In case it waits for one.
        if let Some(last) = random.weighted(&wishes.signals) {
            actions.push(Action { at: wishes.window, what: What::Kill(last) });
        }
        actions.sort_by_key(|action| action.at);
        for action in &mut actions {
            action.at = action.at.saturating_add(wishes.after);
        }
        Self { plan: Plan::draw(seed, wishes), actions }
    }

    /// Microseconds until the last action.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.actions.last().map_or(0, |action| action.at)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between zero and the window")]
fn whole(at: f64) -> u32 {
    at as u32
}

fn draw_what(random: &mut Random, wishes: &Wishes) -> Option<What> {
    let signal = random.weighted(&wishes.signals)?;
    let value = random.below(8);
    let ways = [What::Thread(signal, value), What::Queue(signal, value), What::Group(signal), What::Stop];
    let weights = if wishes.all_ways { [6, 3, 2, 1] } else { [0, 2, 0, 0] };
    let mut choices = vec![(What::Kill(signal), 8)];
    choices.extend(ways.into_iter().zip(weights));
    random.weighted(&choices)
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us ", self.at)?;
        match self.what {
            What::Kill(signal) => write!(f, "kill {signal}"),
            What::Thread(signal, index) => write!(f, "thread {signal} {index}"),
            What::Queue(signal, value) => write!(f, "queue {signal} {value}"),
            What::Group(signal) => write!(f, "group {signal}"),
            What::Stop => f.write_str("stop"),
            What::Continue => f.write_str("continue"),
        }
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("no action: {text:?}");
        let words: Vec<_> = text.split_whitespace().collect();
        let number = |word: &str| word.parse::<u32>().map_err(|_| wrong());
        let (at, rest) = words.split_first().ok_or_else(wrong)?;
        let what = match rest {
            ["kill", signal] => What::Kill(signal.parse()?),
            ["thread", signal, index] => What::Thread(signal.parse()?, number(index)?),
            ["queue", signal, value] => What::Queue(signal.parse()?, number(value)?),
            ["group", signal] => What::Group(signal.parse()?),
            ["stop"] => What::Stop,
            ["continue"] => What::Continue,
            _ => return Err(wrong()),
        };
        Ok(Self { at: number(at.strip_suffix("us").ok_or_else(wrong)?)?, what })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} |", self.plan)?;
        for (index, action) in self.actions.iter().enumerate() {
            write!(f, "{} {action}", if index == 0 { "" } else { ";" })?;
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (plan, actions) = text.split_once('|').ok_or("no `|` between the plan and the actions")?;
        let actions = actions.split(';').filter(|action| !action.trim().is_empty());
        Ok(Self { plan: plan.parse()?, actions: actions.map(str::parse).collect::<Result<_, _>>()? })
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Plan {
    /// The plan of that seed.
    #[must_use]
    pub fn draw(seed: u64, wishes: &Wishes) -> Self {
        let mut random = Random::new(seed ^ 0x706c_616e);
        let exits = wishes.exit.map_or_else(|| Exit::ALL.map(|(exit, _)| (exit, 1)).to_vec(), |exit| vec![(exit, 1)]);
        Self {
            seed,
            exit: random.weighted(&exits).unwrap_or(Exit::Wait),
            hooks: 1 + random.below(10),
            threads: wishes.threads.unwrap_or_else(|| random.below(7).saturating_sub(3)),
            nap: if random.one_in(3) { 0 } else { random.below(4_000) },
            work: if random.one_in(3) { 0 } else { random.below(300) },
            safe: random.one_in(6),
            signals: wishes.signals.iter().map(|(signal, _)| *signal).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_written() {
        for seed in 0..500 {
            let schedule = Schedule::draw(seed, &Wishes::default());
            assert_eq!(schedule.to_string().parse().as_ref(), Ok(&schedule));
        }
        for wrong in ["", "seed=1", "seed=1 |", "seed=1 exit=return hooks=1 | 5us kill"] {
            wrong.parse::<Schedule>().unwrap_err();
        }
    }

    #[test]
    fn a_schedule_depends_on_its_seed_alone_and_ends_with_a_signal() {
        let wishes = Wishes::default();
        let drawn: Vec<_> = (0..50).map(|seed| Schedule::draw(seed, &wishes)).collect();
        for (seed, schedule) in (0..).zip(&drawn) {
            assert_eq!(*schedule, Schedule::draw(seed, &wishes));
            assert!(schedule.actions.is_sorted_by_key(|action| action.at));
            assert!(schedule.actions.iter().any(|action| matches!(action.what, What::Kill(_))));
        }
        assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_target_that_is_left_alone_first_gets_the_same_later() {
        let wishes = Wishes { after: 100_000, ..Wishes::default() };
        for seed in 0..50 {
            let (now, later) = (Schedule::draw(seed, &Wishes::default()), Schedule::draw(seed, &wishes));
            let moved = now.actions.iter().map(|action| Action { at: action.at + 100_000, ..*action });
            assert!(later.actions.iter().copied().eq(moved), "{later}");
        }
    }

    #[test]
    fn every_way_to_send_and_to_end_is_drawn_and_what_is_wished_for_alone_is_drawn_alone() {
        let drawn: Vec<_> = (0..400).map(|seed| Schedule::draw(seed, &Wishes::default())).collect();
        let texts: Vec<_> = drawn.iter().flat_map(|schedule| &schedule.actions).map(ToString::to_string).collect();
        for way in ["kill", "thread", "queue", "group", "stop", "continue"] {
            assert!(texts.iter().any(|text| text.contains(way)), "{way}");
        }
        for (exit, word) in Exit::ALL {
            assert!(drawn.iter().any(|schedule| schedule.plan.exit == exit), "{word}");
        }
        let signals = vec![(Signal::TERM, 1)];
        let wishes = Wishes { signals, exit: Some(Exit::Wait), threads: Some(2), all_ways: false, ..Wishes::default() };
        for schedule in (0..100).map(|seed| Schedule::draw(seed, &wishes)) {
            assert!(schedule.actions.iter().all(|action| action.what.ending() == Some(Signal::TERM)));
            assert_eq!((schedule.plan.exit, schedule.plan.threads), (Exit::Wait, 2));
        }
    }
}

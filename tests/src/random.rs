//! Numbers for delays, from a seed that a failing test prints.

use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, iter};

/// xorshift64*.
pub struct Random(u64);

impl Random {
    /// From the environment variable `TERMINATE_SEED`, or else from the clock. Printed, so that a failure can be had
    /// again, as far as the scheduler plays along.
    #[must_use]
    pub fn seeded() -> Self {
        let given = env::var("TERMINATE_SEED").ok().and_then(|seed| seed.parse().ok());
        let clock =
            || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| u64::from(time.subsec_nanos()) | 1);
        let seed = given.unwrap_or_else(clock).max(1);
        println!("TERMINATE_SEED={seed}");
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = u32::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32).unwrap_or(0);
        high % limit
    }

    /// Passes a little time, up to `limit` turns of a loop.
    pub fn dawdle(&mut self, limit: u32) {
        dawdle(self.below(limit));
    }
}

/// Passes the time that `turns` turns of a loop take.
pub fn dawdle(turns: u32) {
    iter::repeat_n((), turns as usize).for_each(std::hint::black_box);
}

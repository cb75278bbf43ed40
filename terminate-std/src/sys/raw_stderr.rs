//! A line for standard error, built without allocating or formatting: a signal handler may write one.

use std::time::Duration;

const LONGEST: usize = 512;

/// Text that does not fit is left out; the end of the line is not.
pub(crate) struct Line {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Line {
    pub(crate) fn new(text: &str) -> Self {
        let mut line = Self { bytes: [0; LONGEST], length: 0 };
        line.and(text);
        line
    }

    // In place: a line that moved from call to call would fill a small alternate stack. Not inlined: messages are many and rare.
    #[inline(never)]
    pub(crate) fn and(&mut self, text: &str) -> &mut Self {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.length = (self.length + text.len()).min(LONGEST);
        self
    }

    pub(crate) fn and_number(&mut self, number: u32) -> &mut Self {
        if number >= 10 {
            self.and_number(number / 10);
        }
        let digit = (number % 10) as usize;
        self.and("0123456789".get(digit..=digit).unwrap_or_default())
    }

    /// In seconds if they are whole ones, or else in milliseconds.
    pub(crate) fn and_duration(&mut self, duration: Duration) -> &mut Self {
        let (number, unit) = match duration.subsec_nanos() {
            0 => (u128::from(duration.as_secs()), "s"),
            _ => (duration.as_millis(), "ms"),
        };
        self.and_number(u32::try_from(number).unwrap_or(u32::MAX)).and(unit)
    }

    /// Writes it to standard error, with its end.
    pub(crate) fn write(&mut self) {
        self.length = self.length.min(LONGEST - 1);
        self.and("\n");
        super::write_stderr(self.bytes.get(..self.length).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Line};

    fn text(line: &Line) -> &str {
        std::str::from_utf8(&line.bytes[..line.length]).unwrap()
    }

    #[test]
    fn words_and_numbers_stand_one_behind_the_other() {
        let mut line = Line::new("at ");
        line.and_number(0).and(":").and_number(u32::MAX).and(", ").and_number(1200);
        assert_eq!(text(&line), format!("at 0:{}, 1200", u32::MAX));
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut line = Line::new(&"x".repeat(LONGEST - 2));
        line.and("abc").and("d").and_number(7);
        assert_eq!(text(&line), "x".repeat(LONGEST - 2) + "ab");
    }
}

//! A line for standard error, built without allocating or formatting: a signal handler may write one.

use std::time::Duration;

const LONGEST: usize = 1024;

/// Text that does not fit is left out; the end of the line is not.
pub(crate) struct Line {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Line {
    pub(crate) fn new(text: &str) -> Self {
        Self { bytes: [0; LONGEST], length: 0 }.and(text)
    }

    pub(crate) fn and(mut self, text: &str) -> Self {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.length = (self.length + text.len()).min(LONGEST);
        self
    }

    pub(crate) fn and_number(self, mut number: u32) -> Self {
        // The digits from the last to the first.
        let mut digits = [b'0'; 10];
        let mut length = 0;
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            length += 1;
            if number == 0 {
                break;
            }
        }
        let digits = digits.get(digits.len() - length..).unwrap_or_default();
        self.and(std::str::from_utf8(digits).unwrap_or_default())
    }

    /// In seconds if they are whole ones, or else in milliseconds.
    pub(crate) fn and_duration(self, duration: Duration) -> Self {
        let (number, unit) = match duration.subsec_nanos() {
            0 => (u128::from(duration.as_secs()), "s"),
            _ => (duration.as_millis(), "ms"),
        };
        self.and_number(u32::try_from(number).unwrap_or(u32::MAX)).and(unit)
    }

    /// Writes it to standard error, with its end.
    pub(crate) fn write(mut self) {
        self.length = self.length.min(LONGEST - 1);
        let line = self.and("\n");
        super::write_stderr(line.bytes.get(..line.length).unwrap_or_default());
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
        let line = Line::new("at ").and_number(0).and(":").and_number(u32::MAX).and(", ").and_number(1200);
        assert_eq!(text(&line), format!("at 0:{}, 1200", u32::MAX));
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let line = Line::new(&"x".repeat(LONGEST - 2)).and("abc").and("d").and_number(7);
        assert_eq!(text(&line), "x".repeat(LONGEST - 2) + "ab");
    }
}

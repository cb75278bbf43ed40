//! From an address to what a person can read.

use super::Instruction;

/// The longest instruction that there is.
const LONGEST: usize = 15;

/// The instruction at an address of this process.
pub(super) fn instruction(address: usize) -> Instruction {
    // SAFETY: the processor was about to execute it, so it is mapped and never changes; the code around it, of which at
    // most this many bytes are read too, is in the same or the next page of the same mapping, which is never the last:
    // the read-only data follows.
    let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, LONGEST) }.to_vec();
    let mut symbols = Vec::new();
    // It looks one byte before what it is given, which it takes for a return address.
    backtrace::resolve((address + 1) as *mut _, |symbol| {
        let name = symbol.name().map_or_else(|| "?".to_owned(), |name| format!("{name:#}"));
        let place = symbol.filename().zip(symbol.lineno());
        symbols.push(match place {
            Some((file, line)) => format!("{name} ({}:{line})", file.display()),
            None => name,
        });
    });
    Instruction { address, bytes, symbols }
}

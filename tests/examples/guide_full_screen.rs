//! A full-screen program that leaves the terminal as it was. Keys: q returns, p panics, s faults.

use std::{error::Error, io::Read, panic, ptr, sync::Mutex};

use rustix::termios::{OptionalActions::Now, tcgetattr, tcsetattr};
use rustix::{io::write, stdio::stdin, stdio::stdout};
use terminate_std::{Hook, Signal};

fn main() -> Result<(), Box<dyn Error>> {
    let (before, mut raw) = (tcgetattr(stdin())?, tcgetattr(stdin())?);
    raw.make_raw();
    let leave = move |_| write(stdout(), b"\x1b[?1049l").and(tcsetattr(stdin(), Now, &before)).unwrap_or_default();
    // SAFETY: these are two system calls, and what `leave` owns is no memory.
    let hook = unsafe { Hook::handler_safe(leave) }.signals(Signal::TERMINATION.with(Signal::SEGV).with(Signal::BUS));
    let (guard, report) = (Mutex::new(Some(hook.guard()?)), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        drop(guard.lock().map(|mut guard| guard.take())); // Leaves the screen, so that the message can be read.
        report(panic);
    }));
    tcsetattr(stdin(), Now, &raw)?;
    write(stdout(), b"\x1b[?1049h\x1b[Hpress q, p or s")?;
    for key in std::io::stdin().lock().bytes() {
        match key? {
            b'q' => break,
            b'p' => panic!("p was pressed"),
            // SAFETY: there is none; it is to fault.
            b's' => unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(0) },
            _ => {}
        }
    }
    Ok(())
}

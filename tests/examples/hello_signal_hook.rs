//! The size that signal-hook adds to a program.

fn main() {
    let mut signals = signal_hook::iterator::Signals::new([
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGHUP,
    ])
    .expect("they can be handled");
    std::thread::spawn(move || {
        for signal in signals.forever() {
            println!("bye");
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    println!("hello");
}

//! A program with hooks that are declared: `declared install`, or without the argument, which is forgetting it.

#[cfg(windows)]
#[terminate_std::hook]
fn older(cause: terminate_std::Cause) {
    terminate_std::println!("hook older {cause}");
}

#[cfg(windows)]
#[terminate_std::hook(phase = First)]
fn first(cause: terminate_std::Cause) {
    terminate_std::println!("hook first {cause}");
}

#[cfg(windows)]
fn main() {
    if std::env::args().nth(1).as_deref() == Some("install") {
        terminate_std::install().expect("once");
    }
}

#[cfg(not(windows))]
fn main() {}

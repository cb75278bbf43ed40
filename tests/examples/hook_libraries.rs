//! A hook that uses what programs use: an async runtime, an HTTP client, tracing, random numbers, a thread-local with a destructor.
//! The argument says how the program ends.

use std::cell::Cell;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use std::{env, thread};

use rand::RngExt;
use terminate_std::{ExitStatus, Signal};

/// Its destructor never runs: the process ends before the runner's thread does.
struct Noted(Cell<u32>);

impl Drop for Noted {
    fn drop(&mut self) {
        terminate_std::println!("dropped {}", self.0.get());
    }
}

thread_local! {
    static NOTED: Noted = const { Noted(Cell::new(0)) };
}

/// Answers each request with `hello`, on a thread of its own.
fn serve() -> Result<SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let head = BufReader::new(&stream).lines().map_while(Result::ok);
            let _ = head.take_while(|line| !line.is_empty()).count();
            let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        }
    });
    Ok(address)
}

fn clean_up(server: SocketAddr) -> Result<(), Box<dyn Error>> {
    NOTED.with(|noted| noted.0.set(1));
    let span = tracing::info_span!("cleanup").entered();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let slept = runtime.block_on(async {
        let sleep = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
        tokio::time::timeout(Duration::from_secs(60), sleep).await
    });
    slept??;
    terminate_std::println!("tokio");
    let answer =
        reqwest::blocking::Client::builder().no_proxy().build()?.get(format!("http://{server}/")).send()?.text()?;
    terminate_std::println!("reqwest {answer}");
    terminate_std::println!("rand {}", rand::rng().random_range(7..8));
    tracing::info!("tracing");
    drop(span);
    terminate_std::println!("done");
    Ok(())
}

/// A panic that leaves it aborts.
extern "C" fn must_not_unwind() {
    panic!("a panic that aborts");
}

fn main() -> Result<(), Box<dyn Error>> {
    let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time().with_target(false).finish();
    tracing::subscriber::set_global_default(subscriber)?;
    let server = serve()?;
    terminate_std::register(move |cause| {
        terminate_std::println!("{cause}");
        if let Err(error) = clean_up(server) {
            terminate_std::println!("{error}");
        }
    })?;
    println!("ready");
    match env::args().nth(1).as_deref() {
        Some("exit") => std::process::exit(3),
        Some("terminate") => terminate_std::terminate(ExitStatus::Code(4)),
        Some("panic") => panic!("a panic that leaves main"),
        Some("abort") => must_not_unwind(),
        Some("request") => terminate_std::exit_with_signal(Signal::TERM, || ()),
        Some("wait") => drop(terminate_std::wait()),
        Some("park") => loop {
            thread::park();
        },
        _ => {}
    }
    Ok(())
}

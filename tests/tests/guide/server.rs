//! A server under load: each request that it has begun to answer is answered, and it ends by the signal.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use terminate_tests::{Ended, Fixture, Random, Signal, kernel};

const CONNECTIONS: u32 = 64;
const BODY: &str = "done\n";

/// Sends requests, one after the other, until the server closes the connection. `None` if an answer was cut.
fn ask(mut stream: TcpStream, answered: &AtomicU32) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    loop {
        if stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").is_err() {
            return Some(());
        }
        let mut answer = Vec::new();
        while !answer.ends_with(BODY.as_bytes()) {
            let mut bytes = [0; 1024];
            match stream.read(&mut bytes) {
                Ok(n @ 1..) => answer.extend(&bytes[..n]),
                _ => return answer.is_empty().then_some(()),
            }
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
        answered.fetch_add(1, Relaxed);
    }
}

/// Returns how many requests were answered after the signal.
fn end_one_under_load(random: &mut Random) -> u32 {
    let mut server = Fixture::of_example("guide_server", "").start();
    let address = server.expect_value("listening on ");
    let answered = AtomicU32::new(0);
    thread::scope(|scope| {
        // All before the signal, after which the server takes no connection.
        let connections = [(); CONNECTIONS as usize].map(|()| TcpStream::connect(&address).expect("it is listening"));
        let clients = connections.map(|stream| scope.spawn(|| ask(stream, &answered)));
        kernel::until("the connections are in use", || answered.load(Relaxed) >= 2 * CONNECTIONS);
        random.dawdle(10_000_000);
        let before = answered.load(Relaxed);
        server.signal(Signal::TERM);
        assert!(clients.map(|client| client.join().unwrap()).iter().all(Option::is_some), "an answer was cut");
        let outcome = server.finish();
        let all = answered.load(Relaxed);
        outcome.must_end(Ended::by(Signal::TERM));
        outcome.must_say_once(&format!("SIGTERM, after {all} requests"));
        all - before
    })
}

#[test]
fn the_server_loses_no_request_in_flight_at_sigterm() {
    let mut random = Random::seeded();
    let rounds = crate::rounds(10);
    let late: u32 = (0..rounds).map(|_| end_one_under_load(&mut random)).sum();
    println!("{rounds} processes, {CONNECTIONS} connections each: 0 requests lost, {late} answered after the signal");
    // Else nothing was in flight.
    assert!(late >= rounds, "{late} answers after {rounds} signals");
}

//! A small server that is told first, and then has five seconds to answer what is under way.
//!
//! Each line that a client sends is answered with the same line.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{error::Error, process};

use terminate_std::{Config, register, requested, wait};

type Connections = Arc<Mutex<Vec<JoinHandle<io::Result<()>>>>>;

fn main() -> Result<(), Box<dyn Error>> {
    Config::new().grace(Duration::from_secs(5)).install()?;
    register(|cause| terminate_std::println!("the end, by {cause}"))?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {} as process {}", listener.local_addr()?, process::id());
    let connections = Connections::default();
    let accepted = Arc::clone(&connections);
    thread::spawn(move || accept(&listener, &accepted));

    let termination = wait();
    println!("{}: answering what is under way", termination.cause());
    let under_way = std::mem::take(&mut *connections.lock().unwrap_or_else(PoisonError::into_inner));
    for connection in under_way {
        // One that failed is over too.
        let _ = connection.join();
    }
    // The hooks run now, still because of the signal; and that is what the parent sees.
    Ok(())
}

fn accept(listener: &TcpListener, connections: &Connections) {
    for stream in listener.incoming().map_while(Result::ok) {
        if requested() {
            return;
        }
        // Locked before it answers, so that main does not miss one that has been answered.
        let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.push(thread::spawn(move || answer(&stream)));
    }
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    for line in BufReader::new(stream).lines() {
        writeln!(stream, "{}", line?)?;
    }
    Ok(())
}

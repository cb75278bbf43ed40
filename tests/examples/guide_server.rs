//! An HTTP server that answers what is under way when it is to end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::{error::Error, time::Duration};

use axum::{Router, routing::get};
use terminate_std::{register, shutdown};

static BEGUN: AtomicU32 = AtomicU32::new(0);

async fn answer() -> &'static str {
    BEGUN.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(5)).await;
    "done\n"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    register(|cause| terminate_std::println!("{cause}, after {} requests", BEGUN.load(Ordering::Relaxed)))?;
    let stop = shutdown();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let serve = axum::serve(listener, Router::new().route("/", get(answer)));
    serve.with_graceful_shutdown(async { drop(stop.await) }).await?;
    Ok(())
}

//! The size that tokio's signals add to a program.

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let terminate = tokio::signal::unix::SignalKind::terminate();
        let mut signals = tokio::signal::unix::signal(terminate).expect("it can be handled");
        println!("hello");
        tokio::select! {
            _ = signals.recv() => println!("bye"),
            () = async {} => {}
        }
    });
}

//! Links with nothing but our own script: no start-up code.

fn main() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rustc-link-arg=-T{directory}/size.x");
    println!("cargo::rustc-link-arg=--entry=0");
    println!("cargo::rerun-if-env-changed=TERMINATE_PICOLIBC");
    if let Ok(library) = std::env::var("TERMINATE_PICOLIBC") {
        println!("cargo::rustc-link-arg-bin=atexit={library}");
    }
    println!("cargo::rerun-if-changed=size.x");
}

//! Puts the memory map of the target where the linker looks, and says which linker scripts to use.

use std::path::Path;
use std::{env, fs};

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let (map, scripts): (_, &[&str]) = match variable("CARGO_CFG_TARGET_ARCH").as_str() {
        "arm" => ("memory/cortex-m.x", &["link.x"]),
        "riscv32" => ("memory/riscv.x", &["memory.x", "link.x"]),
        _ => return,
    };
    let out = variable("OUT_DIR");
    fs::copy(map, Path::new(&out).join("memory.x")).unwrap_or_else(|error| panic!("{map}: {error}"));
    println!("cargo::rustc-link-search={out}");
    for script in scripts {
        println!("cargo::rustc-link-arg=-T{script}");
    }
    println!("cargo::rerun-if-changed={map}");
}

//! Static programs with musl by Debian's compiler, which has no C library of its own for it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::workspace::Workspace;

/// Debian's `libgcc_eh` does not unwind with musl; this does. Its package is unpacked, and not installed.
const PACKAGE: &str = "libunwind-19-dev";
const LIBRARY: &str = "usr/lib/llvm-19/lib/libunwind.a";
/// It was built with glibc, and calls this where it reports that it is broken.
const FORTIFIED: &str = "#include <stdarg.h>
#include <stdio.h>
int __fprintf_chk(FILE *file, int flag, const char *format, ...) {
    va_list list;
    va_start(list, format);
    return vfprintf(file, format, list);
}
";

fn directory(ws: &Workspace) -> PathBuf {
    ws.target("platforms/musl")
}

/// Fetches the library.
pub(super) fn set_up(ws: &Workspace) -> Result<()> {
    let directory = directory(ws);
    let ready = directory.join("libunwind.a");
    if ready.exists() {
        return Ok(());
    }
    fs::create_dir_all(&directory)?;
    let inside = ws.sh.push_dir(&directory);
    cmd!(ws.sh, "apt-get download -q -o APT::Sandbox::User=root {PACKAGE}").run()?;
    let files = fs::read_dir(&directory)?.flatten().map(|file| file.path());
    let package = files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let package = package.context("apt-get has left no package")?;
    cmd!(ws.sh, "dpkg-deb -x {package} root").run()?;
    let (source, object) = (directory.join("fortified.c"), directory.join("fortified.o"));
    fs::write(&source, FORTIFIED)?;
    cmd!(ws.sh, "musl-gcc -O2 -c -o {object} {source}").run()?;
    let unfinished = directory.join("root/libunwind.a");
    fs::copy(directory.join("root").join(LIBRARY), &unfinished)?;
    cmd!(ws.sh, "ar rs {unfinished} {object}").run()?;
    drop(inside);
    Ok(fs::rename(unfinished, ready)?)
}

/// How to link with it.
///
/// # Errors
///
/// If it, or the compiler, is not there.
pub(super) fn flags(ws: &Workspace) -> Result<String> {
    cmd!(ws.sh, "which musl-gcc").quiet().ignore_stdout().run().context("no musl-gcc")?;
    let directory = directory(ws);
    ensure!(directory.join("libunwind.a").exists(), "no libunwind.a in {}", directory.display());
    let search = directory.display();
    Ok(format!("-Clink-self-contained=no -Ctarget-feature=+crt-static -Crelocation-model=static -Lnative={search}"))
}

//! qemu's user mode, and how the kernel is told to start other processors' programs by it, also where they start each other.
//!
//! That is done in a user namespace of its own (`binfmt_misc`, Linux 6.7), so nothing of the machine outside is changed. A machine
//! whose kernel starts them already is not changed.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use crate::workspace::Workspace;

/// What tells a processor's programs from others: see `elf(5)`.
pub(super) struct Emulator {
    pub(super) program: &'static str,
    pub(super) bits: u8,
    pub(super) big_endian: bool,
    pub(super) machine: u8,
}

const REGISTER: &str = r#"
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && printf %s "$1" >/proc/sys/fs/binfmt_misc/register && shift && exec "$@""#;

impl Emulator {
    /// The words before a command in which the kernel is to start such programs.
    ///
    /// # Errors
    ///
    /// If the kernel cannot be told.
    pub(super) fn words(&self, ws: &Workspace) -> Result<Vec<OsString>> {
        let program = self.program;
        let which = cmd!(ws.sh, "which {program}").quiet().ignore_stderr().read();
        let path = which.with_context(|| format!("no {program}"))?;
        if Path::new("/proc/sys/fs/binfmt_misc").join(program).exists() {
            return Ok(Vec::new());
        }
        let line = self.line(path.trim());
        let words = ["unshare", "-Urm", "sh", "-ec", REGISTER, "sh", &line].map(OsString::from);
        let [first, rest @ ..] = &words;
        let told = cmd!(ws.sh, "{first} {rest...} true").quiet().ignore_status().output()?;
        let why = String::from_utf8_lossy(&told.stderr).trim().to_owned();
        ensure!(told.status.success(), "the kernel cannot be told to start {program} (Linux 6.7 can): {why}");
        Ok(words.into())
    }

    pub(super) fn version(&self, ws: &Workspace) -> Result<String> {
        let program = self.program;
        let version = cmd!(ws.sh, "{program} --version").quiet().ignore_stderr().read()?;
        Ok(format!("{program} {}", version.split_whitespace().nth(2).unwrap_or_default()))
    }

    /// As `binfmt_misc` takes it: the first twenty bytes of an executable, but for its ABI, and whether it may be moved.
    fn line(&self, path: &str) -> String {
        let class = if self.bits == 64 { 2 } else { 1 };
        let (order, low) = if self.big_endian { (2, 1) } else { (1, 0) };
        let mut magic = [0; 20];
        magic[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, order, 1]);
        (magic[16 + low], magic[18 + low]) = (2, self.machine);
        let mut mask = [0xff; 20];
        (mask[7], mask[16 + low]) = (0, 0xfe);
        let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
        // F: qemu is opened now, so that it is found in other namespaces too.
        format!(":{}:M::{}:{}:{path}:F", self.program, escaped(&magic), escaped(&mask))
    }
}

#[cfg(test)]
mod tests {
    use super::Emulator;

    #[test]
    fn programs_of_either_byte_order_are_told_by_their_type_and_machine() {
        let start = |bits, big_endian, machine| {
            let line = Emulator { program: "q", bits, big_endian, machine }.line("/q");
            line.replace("\\x00", ".").replace("\\xff", "_").replace("\\x", "")
        };
        assert_eq!(start(64, false, 183), ":q:M::7f454c46020101.........02.b7.:_______.________fe___:/q:F");
        assert_eq!(
            start(32, true, 22),
            ":q:M::7f454c46010201..........02.16:_______.________ _fe__:/q:F".replace(' ', "")
        );
    }
}

//! Which source a machine instruction came from: the functions that the compiler put into one another, innermost first.

use std::path::Path;

use anyhow::{Result, anyhow};

use super::names;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Without hashes and without what is generic in it.
    pub(super) function: String,
    /// As the compiler knew it.
    pub(super) file: String,
    pub(super) line: u32,
}

pub(super) struct Source {
    loader: addr2line::Loader,
}

impl Source {
    pub(super) fn load(program: &Path) -> Result<Self> {
        let loader = addr2line::Loader::new(program).map_err(|error| anyhow!("no debug information: {error}"))?;
        Ok(Self { loader })
    }

    pub(super) fn frames(&self, address: u64) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        let mut found = self.loader.find_frames(address).map_err(|error| anyhow!("{error}"))?;
        while let Some(frame) = found.next()? {
            let function = match &frame.function {
                Some(function) => names::plain(&format!("{:#}", rustc_demangle::demangle(&function.raw_name()?))),
                None => continue,
            };
            let place = frame.location.as_ref();
            let file = place.and_then(|place| place.file).unwrap_or("?");
            frames.push(Frame {
                function,
                file: file.to_owned(),
                line: place.and_then(|place| place.line).unwrap_or(0),
            });
        }
        Ok(frames)
    }
}

impl Frame {
    /// Whether the function is of this workspace, and not of Rust's libraries or of a dependency.
    pub(super) fn is_ours(&self) -> bool {
        names::is_ours(&self.function)
    }
}

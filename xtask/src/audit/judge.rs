//! What was reached, held against what may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Result;
use object::elf::Machine;

use super::allowed::{self, Lists};
use super::image::Image;
use super::names::{self, Forbidden};
use super::source::{Frame, Source};
use super::walk::{Event, Reached};

/// What is wrong about something that was reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    Forbidden(Forbidden),
    UnlistedLibrary,
    UnlistedSystemCall,
    UnlistedIndirect,
    Trap,
    NotUnderstood,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(kind) => kind.fmt(f),
            Self::UnlistedLibrary => f.write_str("library function that is on no list"),
            Self::UnlistedSystemCall => f.write_str("system call that is on no list"),
            Self::UnlistedIndirect => f.write_str("call by address at a place that is on no list"),
            Self::Trap => f.write_str("instruction that faults"),
            Self::NotUnderstood => f.write_str("not understood"),
        }
    }
}

pub(super) struct Finding {
    pub(super) wrong: Wrong,
    what: String,
    /// The program that it was found in.
    program: String,
    /// Where it is, innermost first.
    frames: Vec<Frame>,
    /// How it is reached from the root.
    path: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (in the program `{}`)", self.wrong, self.what, self.program)?;
        for frame in &self.frames {
            write!(f, "\n    in {} ({}:{})", frame.function, frame.file, frame.line)?;
        }
        write!(f, "\n    reached by {}", self.path.join("\n            → "))
    }
}

/// All that is reached, by name, and what is wrong with it.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) lists: Lists,
    pub(super) findings: Vec<Finding>,
    /// Those that the compiler put into others too.
    pub(super) ours: BTreeSet<String>,
    /// The functions of the machine code that are not ours.
    pub(super) others: BTreeSet<String>,
    /// With the functions of ours that call them.
    pub(super) libraries: BTreeMap<String, BTreeSet<String>>,
    pub(super) system_calls: BTreeMap<String, BTreeSet<String>>,
    pub(super) indirect: BTreeSet<String>,
    /// The functions whose addresses are taken, with the functions of ours that take them.
    pub(super) by_address: BTreeMap<String, BTreeSet<String>>,
}

impl Verdict {
    /// Adds what was reached from one root.
    pub(super) fn add(&mut self, program: &str, image: &Image, source: &Source, reached: &Reached) -> Result<()> {
        let name = |at: u64| image.function_at(at).map_or_else(|| format!("{at:#x}"), |symbol| symbol.name.clone());
        for (function, step) in &reached.functions {
            let plain = names::plain(&name(*function));
            if !names::is_ours(&plain) && *function != reached.root {
                self.others.insert(plain);
            }
            for at in &step.instructions {
                for frame in source.frames(*at)?.into_iter().filter(Frame::is_ours) {
                    self.ours.insert(frame.function);
                }
            }
            for (at, event) in &step.events {
                let frames = source.frames(*at)?;
                let by = frames.iter().find(|frame| frame.is_ours());
                let by = by.map_or_else(|| names::plain(&name(*function)), |frame| frame.function.clone());
                if let Some((wrong, what)) = self.judge(image.machine, event, by, &name) {
                    let mut path: Vec<_> = reached.path(*function).iter().map(|(caller, _)| name(*caller)).collect();
                    path.push(name(*function));
                    self.findings.push(Finding { wrong, what, program: program.to_owned(), frames, path });
                }
            }
        }
        Ok(())
    }

    /// Notes what happens in the function of ours; says what is wrong about it, if anything is.
    fn judge(
        &mut self,
        machine: Machine,
        event: &Event,
        by: String,
        name: &dyn Fn(u64) -> String,
    ) -> Option<(Wrong, String)> {
        match event {
            Event::Call(callee) | Event::Address(callee) => {
                let callee = name(*callee);
                if matches!(event, Event::Address(_)) {
                    self.by_address.entry(names::plain(&callee)).or_default().insert(by);
                }
                names::forbidden(&callee).map(|kind| (Wrong::Forbidden(kind), callee))
            }
            Event::Library(name, first) => {
                if let Some(kind) = names::forbidden(name) {
                    return Some((Wrong::Forbidden(kind), name.clone()));
                }
                let known = allowed::POSIX.contains(&name.as_str())
                    || allowed::LIBRARY.iter().chain(self.lists.library).any(|allowed| allowed.name == name);
                if !known {
                    return Some((Wrong::UnlistedLibrary, name.clone()));
                }
                self.libraries.entry(name.clone()).or_default().insert(by.clone());
                if name == "syscall" { self.system_call(machine, *first, by) } else { None }
            }
            Event::SystemCall(number) => self.system_call(machine, *number, by),
            Event::Indirect => {
                let listed = self.lists.indirect.iter().any(|allowed| allowed.name == by);
                self.indirect.insert(by.clone());
                (!listed).then(|| (Wrong::UnlistedIndirect, format!("in {by}")))
            }
            Event::ThreadLocal => Some((Wrong::Forbidden(Forbidden::ThreadLocal), "memory of the thread".to_owned())),
            Event::Trap => Some((Wrong::Trap, "a panic without a message, or a bug".to_owned())),
            Event::NotUnderstood(what) => Some((Wrong::NotUnderstood, (*what).to_owned())),
        }
    }

    fn system_call(&mut self, machine: Machine, number: Option<u64>, by: String) -> Option<(Wrong, String)> {
        let Some(allowed) = number.and_then(|number| allowed::system_call(machine, number)) else {
            let number = number.map_or_else(|| "of an unknown number".to_owned(), |number| number.to_string());
            return Some((Wrong::UnlistedSystemCall, number));
        };
        self.system_calls.entry(allowed.name.to_owned()).or_default().insert(by);
        None
    }
}

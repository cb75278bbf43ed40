//! How to start the fixture: which build of it, what it inherits, and what it is to do.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use terminate_std::Signal;

use crate::{Child, loader, os};

/// The fixture with one scenario, before it is started.
pub struct Fixture {
    words: Vec<OsString>,
    scenario: String,
    ignored: Vec<Signal>,
    blocked: Vec<Signal>,
    core: bool,
    group: bool,
    name: Option<OsString>,
    directory: Option<PathBuf>,
    environment: Vec<(&'static str, OsString)>,
}

impl Fixture {
    /// The scenario with its arguments, with spaces between them.
    #[must_use]
    pub fn new(scenario: &str) -> Self {
        Self {
            words: loader::words(&beside_this_program("fixture")),
            scenario: scenario.to_owned(),
            ignored: Vec::new(),
            blocked: Vec::new(),
            core: false,
            group: false,
            name: None,
            directory: None,
            environment: Vec::new(),
        }
    }

    /// Another program of this package, with its arguments.
    #[must_use]
    pub fn of_program(name: &str, arguments: &str) -> Self {
        Self { words: loader::words(&beside_this_program(name)), ..Self::new(arguments) }
    }

    /// A program of another language, by the first words of its command line.
    #[must_use]
    pub fn of_command(words: Vec<OsString>, arguments: &str) -> Self {
        Self { words, ..Self::new(arguments) }
    }

    /// An example of this package, with its arguments.
    #[must_use]
    pub fn of_example(name: &str, arguments: &str) -> Self {
        Self { words: loader::words(&example(name)), ..Self::new(arguments) }
    }

    /// Any program, with its arguments.
    #[must_use]
    pub fn of_path(program: &Path, arguments: &str) -> Self {
        Self { words: loader::words(program), ..Self::new(arguments) }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// The build of it whose panics abort.
    #[must_use]
    pub fn whose_panics_abort(mut self) -> Self {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        self.words = loader::words(BUILT.get_or_init(build_that_aborts));
        self
    }

    /// Has it inherit these signals as ignored.
    #[must_use]
    pub fn ignoring(mut self, signals: &[Signal]) -> Self {
        self.ignored.extend(signals);
        self
    }

    /// Has it inherit these signals as blocked.
    #[must_use]
    pub fn blocking(mut self, signals: &[Signal]) -> Self {
        self.blocked.extend(signals);
        self
    }

    /// Has its first argument be another one than where it is.
    #[must_use]
    pub fn named(mut self, name: &Path) -> Self {
        self.name = Some(name.as_os_str().to_owned());
        self
    }

    /// Gives it a process group of its own. The kernel lets no process stop a group that is orphaned, as a test runner's in
    /// the background may be.
    #[must_use]
    pub fn in_a_group_of_its_own(mut self) -> Self {
        self.group = true;
        self
    }

    /// Lets it leave a core, in that directory if the kernel puts them into the working directory.
    #[must_use]
    pub fn with_core(mut self, directory: &Path) -> Self {
        self.core = true;
        self.directory = Some(directory.to_owned());
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(self) -> Child {
        let mut command = loader::command(&self.words);
        if let Some(name) = &self.name {
            command.arg0(name);
        }
        command.args(self.scenario.split_whitespace());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A backtrace takes long in a debug build, and changes what is on standard error.
        command.env_remove("RUST_BACKTRACE");
        command.current_dir(self.directory.as_deref().unwrap_or(&env::temp_dir()));
        command.envs(self.environment);
        let Self { ignored, blocked, core, group, .. } = self;
        let prepare = move || {
            // Test runners may hand down anything.
            os::clean_signals();
            ignored.iter().copied().for_each(os::ignore);
            os::set_mask(&blocked);
            if group {
                // SAFETY: touches no memory.
                unsafe { libc::setpgid(0, 0) };
            }
            os::limit(libc::RLIMIT_CORE, if core { libc::RLIM_INFINITY } else { 0 });
            Ok(())
        };
        // SAFETY: system calls alone.
        unsafe { command.pre_exec(prepare) };
        let process = command.spawn().unwrap_or_else(|error| panic!("{:?}: {error}", self.words));
        Child::new(process, self.scenario)
    }
}

/// An example of this package. It is built here, since a test that is run by its name alone finds none, or an old one; unless
/// `TERMINATE_EXAMPLES` says where it is.
///
/// # Panics
///
/// If it does not build.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        if let Some(directory) = env::var_os("TERMINATE_EXAMPLES") {
            return directory.into();
        }
        let place = directory_of_the_build();
        let profile = if place.ends_with("debug") { "dev".as_ref() } else { place.file_name().expect("it has a name") };
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
        build.args(["build", "--quiet", "--package", "terminate-tests", "--examples", "--profile"]).arg(profile);
        build.arg("--target-dir").arg(place.with_file_name("")).current_dir(env!("CARGO_MANIFEST_DIR"));
        let status = build.status().expect("cargo can be started");
        assert!(status.success(), "the examples do not build");
        place.join("examples")
    };
    BUILT.get_or_init(build).join(name)
}

/// This package as a C library, which Cargo built with this test.
#[must_use]
pub fn library() -> PathBuf {
    let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    directory_of_the_build().join("deps").join(format!("{prefix}terminate_tests{suffix}"))
}

/// A program that Cargo built with this test: it is one directory up.
fn beside_this_program(name: &str) -> PathBuf {
    directory_of_the_build().join(name)
}

/// Or where the environment says that its programs are: cargo may have left them elsewhere.
fn directory_of_the_build() -> PathBuf {
    if let Some(directory) = env::var_os("TERMINATE_FIXTURES") {
        return directory.into();
    }
    let this = env::current_exe().expect("this program has a path");
    this.ancestors().nth(2).expect("it is in target/<profile>/deps").to_owned()
}

/// One build of a workspace has one panic strategy, so this is another one, below it.
fn build_that_aborts() -> PathBuf {
    if let Some(built) = env::var_os("TERMINATE_FIXTURE_ABORT") {
        return built.into();
    }
    let target = directory_of_the_build().with_file_name("process-tests");
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    build.args(["build", "--quiet", "--package", "terminate-tests", "--bin", "fixture", "--profile", "abort"]);
    build.arg("--target-dir").arg(&target).current_dir(env!("CARGO_MANIFEST_DIR"));
    let status = build.status().expect("cargo can be started");
    assert!(status.success(), "the fixture does not build with panic = \"abort\"");
    target.join("abort").join("fixture")
}

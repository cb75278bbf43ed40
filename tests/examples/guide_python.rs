//! A Python extension with a scratch file, which is gone however the interpreter ends.

use std::{fs, path::PathBuf, sync::Mutex};

use pyo3::{exceptions::PyRuntimeError, prelude::*};
use terminate_std::{Guard, Hook, hold};

static SCRATCH: Mutex<Option<Guard>> = Mutex::new(None);

#[pyfunction]
fn create(path: PathBuf) -> PyResult<()> {
    let guard = hold(|| {
        fs::write(&path, "in progress")?;
        let hook = Hook::new(move |_| drop(fs::remove_file(path))).unless_handled(true);
        hook.guard().map_err(|refused| PyRuntimeError::new_err(refused.call().to_string()))
    })?;
    SCRATCH.lock().expect("no thread panics with it").replace(guard);
    Ok(())
}

#[pyfunction]
fn remove() {
    drop(SCRATCH.lock().expect("no thread panics with it").take());
}

#[pymodule]
fn guide_python(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(create, module)?)?;
    // At an exit and after a Ctrl-C Python calls this. The hook is for what Python does not handle.
    module.py().import("atexit")?.call_method1("register", (wrap_pyfunction!(remove, module)?,))?;
    Ok(())
}

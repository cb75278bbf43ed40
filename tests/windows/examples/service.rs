//! A service: the service control manager asks it to stop, and it ends in an orderly way, with its hooks.
//!
//! A service has no console, so no event comes at a stop. (A shutdown of the system is an event also for a service.) The control handler
//! requests the end instead, and the last hook reports it.

#[cfg(windows)]
use std::{ffi::OsString, sync::mpsc, time::Duration};

#[cfg(windows)]
use terminate_std::{Config, ExitStatus, Hook, Phase, register, request, wait};
#[cfg(windows)]
use windows_service::{
    define_windows_service,
    service::{ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType},
    service_control_handler::{self, ServiceControlHandlerResult},
    service_dispatcher,
};

#[cfg(windows)]
const NAME: &str = "example";

#[cfg(windows)]
define_windows_service!(service, run);

#[cfg(windows)]
fn status(state: ServiceState) -> ServiceStatus {
    ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: ServiceControlAccept::STOP | ServiceControlAccept::PRESHUTDOWN,
        exit_code: ServiceExitCode::Win32(0),
        checkpoint: 0,
        // As long as the grace and the hooks may take.
        wait_hint: Duration::from_secs(20),
        process_id: None,
    }
}

#[cfg(windows)]
fn run(_: Vec<OsString>) {
    let (send, receive) = mpsc::channel::<service_control_handler::ServiceStatusHandle>();
    let control = move |event| match event {
        ServiceControl::Stop | ServiceControl::Preshutdown => {
            if let Ok(handle) = receive.try_recv() {
                let _ = handle.set_service_status(status(ServiceState::StopPending));
            }
            request(ExitStatus::Success);
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let handle = service_control_handler::register(NAME, control).expect("the service control manager is there");
    Config::new().grace(Duration::from_secs(10)).install().expect("it is the first");
    // The system may end the process as soon as it gets this report. So this is the last hook.
    let stopped = move |_| drop(handle.set_service_status(status(ServiceState::Stopped)));
    Hook::new(stopped).phase(Phase::Last).name("service").register().expect("there is room");
    register(|_| std::println!("the work is put away")).expect("there is room");
    let _ = send.send(handle);
    handle.set_service_status(status(ServiceState::Running)).expect("the service control manager is there");
    // The work; `wait` is how this thread hears of the stop.
    wait();
}

#[cfg(windows)]
fn main() -> windows_service::Result<()> {
    service_dispatcher::start(NAME, service)
}

#[cfg(not(windows))]
fn main() {}

#![cfg(terminate_small_counter)]
use terminate_core::*;
#[test]
fn probe() {
    let r: Registry<4> = Registry::new();
    r.register(Hook::new(|_| ())).unwrap();
    for _ in 0..40 {
        let id = r.register(Hook::new(|_| ())).unwrap();
        r.unregister(id).unwrap();
    }
    let _ = r.run(Cause::Exit, Context::Thread);
}

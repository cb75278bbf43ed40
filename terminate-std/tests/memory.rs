//! What a hook was made of is freed again, also where the hook itself must not free it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};

use terminate_std::{Hook, unregister};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

static BLOCKS: AtomicIsize = AtomicIsize::new(0);

// SAFETY: hands everything on to the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn safe_hook() -> Hook {
    // SAFETY: it does nothing.
    unsafe { Hook::handler_safe(|_| ()) }.signals([]).name("a name".to_owned())
}

// One test, since the allocator counts what all threads do.
#[test]
fn hooks_that_ran_or_were_taken_back_leave_no_memory_behind() {
    // What the first registration sets up stays.
    drop(safe_hook().guard().unwrap());
    drop(Hook::new(|_| ()).signals([]).guard().unwrap());
    let before = BLOCKS.load(Ordering::Relaxed);
    for _ in 0..1000 {
        drop(safe_hook().guard().unwrap());
        assert!(safe_hook().guard().unwrap().disarm());
        unregister(safe_hook().register().unwrap()).unwrap();
        drop(Hook::new(|_| ()).signals([]).guard().unwrap());
    }
    // Other threads of the process may have a block or two by now.
    let left = BLOCKS.load(Ordering::Relaxed) - before;
    assert!(left < 100, "{left} blocks are left of 4000 hooks");

    let dropped = std::sync::Arc::new(AtomicBool::new(false));
    let captured = SetOnDrop(dropped.clone());
    // SAFETY: it is never called in a handler, since it asks for no signal.
    let hook = unsafe { Hook::handler_safe(move |_| drop(captured)) };
    let id = hook.signals([]).register().unwrap();
    assert!(!dropped.load(Ordering::Relaxed));
    unregister(id).unwrap();
    assert!(dropped.load(Ordering::Relaxed), "what a hook captured is dropped when it is taken back");
}

struct SetOnDrop(std::sync::Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

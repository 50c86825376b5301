//! For a loaded route nothing is allocated from host and slug to decision.
#![expect(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use lp_core::Device;
use lp_edge::RouteKey;
use lp_personalization::{Decision, Visitor};

use crate::fixture::{Rig, linked};

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local!(static ALLOCATIONS: Cell<u64> = const { Cell::new(0) });

fn count() {
    // A thread that is ending has no counter any more, and nobody looks at it.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: everything is passed on to the system's allocator as it came; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[tokio::test]
async fn deciding_on_a_loaded_route_allocates_nothing() {
    let rig = Rig::new();
    rig.store.put("hello/welcome", linked(1).await);
    rig.visit("welcome").await.expect("loaded");
    rig.visit("nobody").await.expect("loaded");
    let agent = "Mozilla/5.0 (X11; Linux x86_64) Safari/537.36";
    let decide = |handle: &str, slug: &str| {
        let key = RouteKey::of(handle, slug)?;
        let found = rig.table.find(&key)?;
        let (_, route) = found.link()?;
        let visitor = Visitor { device: Device::of(agent), ..Visitor::UNKNOWN };
        Some(matches!(black_box(route.decide(&visitor)), Decision::Redirect(_)))
    };
    for (slug, expected) in
        [("WelCome", Some(true)), ("%77elcome", Some(true)), ("nobody", None), ("%x", None)]
    {
        let mut decided = None;
        let allocated = allocations(|| decided = decide(black_box("Hello"), black_box(slug)));
        assert_eq!((decided, allocated), (expected, 0), "{slug}");
    }
    assert_ne!(allocations(|| drop(black_box(Box::new(1)))), 0, "the counter counts");
}

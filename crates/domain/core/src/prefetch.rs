#![expect(unsafe_code, reason = "the processor is asked through an intrinsic that takes a pointer")]

/// Asks memory for what lies there, one line of the cache, and goes on at once: memory takes as long to answer as hundreds
/// of steps of a program. For what is needed a little later and was not used lately. It is a hint: nothing is read or
/// changed, and on other processors than x86-64 nothing happens.
pub fn prefetch<T: ?Sized>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE belongs to every x86-64. The instruction reads nothing into the program and raises no fault whatever
        // the address (Intel SDM, volume 2, PREFETCHh; AMD APM, volume 3, PREFETCHlevel).
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

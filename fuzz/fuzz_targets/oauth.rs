#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lp_fuzz::oauth::check(data));

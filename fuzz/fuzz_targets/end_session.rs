#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::end_session::end_session(data));

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::front_channel::front_channel(data));

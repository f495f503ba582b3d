//! The server's tests that need more than one file of it: the three parties on free ports, and the binary itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod browser;
mod cli;
mod configuration;
mod curfew;
mod doctor;
mod each_way;
mod five_answers;
mod headers;
mod lab;
mod metrics;
mod open_page;
mod other_provider;
mod possession;
mod races;
mod sign_in;
mod sign_out;
mod three_processes;
mod traces;
mod traps;

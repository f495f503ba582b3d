//! Developer commands: `cargo xtask demo | test | bench | five-answers | latency | fuzz | lint | build | size |
//! screenshots | conformance`.
//!
//! Each does its own set-up on a machine with Rust and a C compiler (and, for the browser tests, Node and Chromium), says
//! what it is doing, and skips what is already done.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command-line tool talks on the terminal

mod bench;
mod browser;
mod bundle;
mod conformance;
mod demo;
mod error;
mod examples;
mod five_answers;
mod fuzz;
mod latency;
mod lint;
mod node;
mod process;
mod screenshots;
mod size;
mod test;
mod trim;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use error::Error;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo [--release] [-- ARGS]   build everything and run `server demo ARGS`
  test [rust|browser] [-- ARGS]  run every test, or one half; ARGS go to Playwright
  build                        build the server, App B and the lab, run nothing
  lint                         formatting and clippy, host and wasm
  conformance                  write docs/conformance.md from the tests
  latency [-- ARGS]            how long sign-outs take, with the release build; ARGS go to Playwright
  screenshots [-- ARGS]        a picture of every page into target/screenshots; ARGS go to Playwright
  size                         App B's and the lab's wasm, js and css: raw, gzip, brotli
  fuzz [TARGET] [-- SECONDS]   every fuzz target, or one, for 60 s or that long each
  bench [-- ARGS]              the benchmarks; ARGS go to criterion
  five-answers                 Curfew beside what else people do; CURFEW_UPDATE=1 writes docs/five-answers.md

Environment: CURFEW_WASM_STD=source builds the wasm target's standard library from source,
CURFEW_CHROMIUM=PATH and CURFEW_FIREFOX=PATH name the browsers of the tests,
CURFEW_LATENCY_RUNS=N says how often `latency` takes each figure (50).";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), Error> {
    let (ours, passed_on) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    match ours.as_slice() {
        ["demo"] => demo::run(workspace::Profile::Dev, passed_on),
        ["demo", "--release"] => demo::run(workspace::Profile::Release, passed_on),
        ["build"] => demo::build(workspace::Profile::Dev).map(drop),
        ["test"] => test::run(test::Which::All, passed_on),
        ["test", "rust"] => test::run(test::Which::Rust, passed_on),
        ["test", "browser"] => test::run(test::Which::Browser, passed_on),
        ["conformance"] => conformance::run(false),
        ["latency"] => latency::run(passed_on),
        ["lint"] => lint::run(),
        ["screenshots"] => screenshots::run(passed_on),
        ["size"] => size::run(),
        ["fuzz"] => fuzz::run(None, passed_on),
        ["fuzz", target] => fuzz::run(Some(target), passed_on),
        ["bench"] => bench::run(passed_on),
        ["five-answers"] => five_answers::run(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Error::Usage(USAGE)),
    }
}

//! `cargo xtask size`: what App B's first load costs.

use std::fs;

use crate::error::Error;
use crate::process::Steps;
use crate::wasm_target::Std;
use crate::{app_b, wasm_target, workspace};

const FILES: [(&str, &[&str]); 3] =
    [("wasm", &["pkg/frontend_bg.wasm"]), ("js", &["pkg/frontend.js", "boot.js"]), ("css", &["assets/main.css"])];
/// First load, brotli, in bytes.
const BUDGET: usize = 100 * 1024;

pub(crate) fn run() -> Result<(), Error> {
    let mut steps = Steps::new(2);
    steps.next("the wasm target");
    let std = wasm_target::ensure()?;
    steps.next("App B");
    app_b::build(&std)?;
    println!("      built with {}", std.describe());

    println!("{:<6} {:>10} {:>10} {:>10}", "", "raw", "gzip", "brotli");
    let mut total = [0; 3];
    for (kind, files) in FILES {
        let mut sizes = [0; 3];
        for file in files {
            let path = workspace::site().join(file);
            let raw = fs::read(&path).map_err(Error::file(&path))?;
            for (size, part) in sizes.iter_mut().zip([raw.len(), app_b::gzip(&raw).len(), app_b::brotli(&raw).len()]) {
                *size += part;
            }
        }
        print_row(kind, sizes);
        for (sum, size) in total.iter_mut().zip(sizes) {
            *sum += size;
        }
    }
    print_row("all", total);
    println!("budget {:>32}  ({} %)", BUDGET, total[2] * 100 / BUDGET);
    match std {
        Std::Own(_) if total[2] > BUDGET => Err(Error::TooLarge { bytes: total[2], budget: BUDGET }),
        _ => Ok(()),
    }
}

fn print_row(kind: &str, [raw, gzip, brotli]: [usize; 3]) {
    println!("{kind:<6} {raw:>10} {gzip:>10} {brotli:>10}");
}

//! `cargo xtask size`: what App B's first load costs; apart from it, the lab's.

use std::fs;

use crate::bundle::Bundle;
use crate::error::Error;
use crate::process::Steps;
use crate::wasm_target::Std;
use crate::{bundle, wasm_target, workspace};

/// First load, brotli, in bytes.
const BUDGET: usize = 100 * 1024;

pub(crate) fn run() -> Result<(), Error> {
    let mut steps = Steps::new(2);
    steps.next("the wasm target");
    let std = wasm_target::ensure()?;
    steps.next("App B and the lab");
    bundle::build_site(&std)?;
    println!("      built with {}", std.describe());

    println!("{:<6} {:>10} {:>10} {:>10}", "", "raw", "gzip", "brotli");
    let [_, _, total] = print_table(&bundle::APP_B)?;
    println!("budget {:>32}  ({} %)", BUDGET, total * 100 / BUDGET);
    println!("\nThe lab, which is no part of App B's first load:");
    print_table(&bundle::LAB)?;
    match std {
        Std::Own(_) if total > BUDGET => Err(Error::TooLarge { bytes: total, budget: BUDGET }),
        _ => Ok(()),
    }
}

/// Returns the sum of all files, in bytes: raw, gzip, brotli.
fn print_table(bundle: &Bundle) -> Result<[usize; 3], Error> {
    let [wasm, glue, boot, stylesheet] = bundle.files();
    let mut total = [0; 3];
    for (kind, files) in [("wasm", vec![wasm]), ("js", vec![glue, boot]), ("css", vec![stylesheet])] {
        let mut sizes = [0; 3];
        for file in files {
            let path = workspace::site().join(file);
            let raw = fs::read(&path).map_err(Error::file(&path))?;
            for (size, part) in sizes.iter_mut().zip([raw.len(), bundle::gzip(&raw).len(), bundle::brotli(&raw).len()])
            {
                *size += part;
            }
        }
        print_row(kind, sizes);
        for (sum, size) in total.iter_mut().zip(sizes) {
            *sum += size;
        }
    }
    print_row("all", total);
    Ok(total)
}

fn print_row(kind: &str, [raw, gzip, brotli]: [usize; 3]) {
    println!("{kind:<6} {raw:>10} {gzip:>10} {brotli:>10}");
}

//! The seeds of the fuzz target, replayed without the fuzzer: what the target asserts holds of each.

use std::path::Path;

#[allow(unreachable_pub, reason = "the fuzz target uses it from outside")]
#[path = "../../../fuzz/src/end_session.rs"]
mod target;

/// RPI-12, RPI-13, RPI-32
#[test]
fn end_session() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/end_session");
    let mut replayed = 0;
    for seed in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        println!("{}", seed.display());
        target::end_session(&std::fs::read(seed).unwrap());
        replayed += 1;
    }
    assert!(replayed > 10, "{} holds the seeds", folder.display());
}

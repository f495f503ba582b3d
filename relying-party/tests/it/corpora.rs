//! The seeds of the fuzz targets, replayed without the fuzzer: what the targets assert holds of each.

use std::path::Path;

#[allow(unreachable_pub, reason = "the fuzz targets use it from outside")]
#[path = "../../../fuzz/src/front_channel.rs"]
mod front_channel;
#[allow(unreachable_pub, reason = "the fuzz targets use it from outside")]
#[path = "../../../fuzz/src/logout_token.rs"]
mod logout_token;

#[allow(clippy::print_stdout, reason = "shown with a seed that fails")]
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let seeds = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut replayed = 0;
    for seed in seeds {
        println!("{}", seed.display());
        run(&std::fs::read(seed).unwrap());
        replayed += 1;
    }
    assert!(replayed > 10, "{} holds the seeds", folder.display());
}

/// BCL-30, BCL-31
#[test]
fn compact_jws() {
    replay("compact_jws", logout_token::compact_jws);
}

/// BCL-32..36
#[test]
fn logout_token() {
    replay("logout_token", logout_token::logout_token);
}

/// FCL-11, FCL-20
#[test]
fn front_channel() {
    replay("front_channel", front_channel::front_channel);
}

//! Migrations are part of the binary; cargo does not see a new file by itself.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}

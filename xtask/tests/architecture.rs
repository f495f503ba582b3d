//! The shape of the workspace: which package may know which, and what `logout-event` may depend on.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

/// The names of a package's dependencies, without those of its tests.
fn dependencies(package: &Value) -> BTreeSet<&str> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter().filter(|dependency| dependency["kind"] != "dev").map(name).collect()
}

#[test]
fn packages_know_only_those_they_may_know() {
    let allowed: [(&str, &[&str]); 11] = [
        ("logout-event", &[]),
        ("dpop", &[]),
        ("provider", &["dpop"]),
        ("relying-party", &["dpop", "logout-event"]),
        ("app", &["logout-event"]),
        ("frontend", &["app", "logout-event"]),
        ("lab", &["app"]),
        ("server", &["app", "logout-event", "provider", "relying-party"]),
        ("xtask", &[]),
        // Examples: they show what others take along.
        ("axum-app", &["relying-party"]),
        ("leptos-app", &["logout-event"]),
    ];
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    assert_eq!(ours, allowed.iter().map(|(package, _)| *package).collect(), "a new package needs a decision record");
    for package in &packages {
        let (_, may) = allowed.iter().find(|(allowed, _)| *allowed == name(package)).unwrap();
        // Tests must not couple the packages either.
        let all = package["dependencies"].as_array().unwrap();
        let knows: BTreeSet<&str> = all.iter().map(name).filter(|dependency| ours.contains(dependency)).collect();
        assert_eq!(knows, may.iter().copied().collect(), "what {} knows", name(package));
    }
}

#[test]
fn logout_event_depends_on_serde_alone() {
    let packages = packages();
    let package = packages.iter().find(|package| name(package) == "logout-event").unwrap();
    assert_eq!(dependencies(package), BTreeSet::from(["serde"]));
}

#[test]
fn the_browser_gets_none_of_the_heavy_crates() {
    let packages = packages();
    for package in ["app", "frontend", "lab", "logout-event"] {
        let package = packages.iter().find(|candidate| name(candidate) == package).unwrap();
        let heavy = ["url", "regex", "chrono", "reqwest", "openidconnect", "leptos_router"];
        let found: Vec<_> = dependencies(package).into_iter().filter(|dependency| heavy.contains(dependency)).collect();
        assert!(found.is_empty(), "{} depends on {found:?}", name(package));
    }
}

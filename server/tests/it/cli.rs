//! The binary: what it refuses, and how it stops.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::curfew::site;

pub(crate) fn server(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.current_dir(data).env("RUST_LOG", "warn").stdin(Stdio::null());
    command
}

/// Four neighbouring ports that are free, and that no other test is given. They lie below those that systems give away by
/// themselves, so that they stay free until a server listens there.
pub(crate) fn port_base() -> u16 {
    const FIRST: u32 = 11_004;
    const BLOCKS: u32 = 5_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests of another process begin elsewhere.
    let first = std::process::id().wrapping_mul(97);
    for _ in 0..BLOCKS {
        let block = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % BLOCKS;
        let base = u16::try_from(FIRST + 4 * block).unwrap();
        if (0..4).all(|offset| is_free(base + offset)) {
            return base;
        }
    }
    panic!("no four neighbouring ports are free");
}

/// Also where the machine has no IPv6.
fn is_free(port: u16) -> bool {
    let taken = |address: (&str, u16)| TcpListener::bind(address).is_err_and(|e| e.kind() == ErrorKind::AddrInUse);
    !taken(("127.0.0.1", port)) && !taken(("::1", port))
}

fn refused(output: &Output, words: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    for word in words {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn the_built_in_configuration_passes_its_check() {
    let data = tempfile::tempdir().unwrap();
    let output = server(data.path()).args(["demo", "--check"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("valid"));
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "a check writes nothing");
}

#[test]
fn the_environment_overrides_a_key_and_an_unknown_one_stops_the_start_by_its_name() {
    let data = tempfile::tempdir().unwrap();
    let check =
        |name: &str, value: &str| server(data.path()).args(["demo", "--check"]).env(name, value).output().unwrap();
    refused(&check("CURFEW_APP_A__SHOE_SIZE", "7"), &["shoe_size", "CURFEW_"]);
    refused(&check("CURFEW_APP_C__ORIGIN", "x"), &["app_c"]);
    refused(&check("CURFEW_APP_A__ORIGIN", "http://app.example"), &["http://app.example"]);
    refused(&check("CURFEW_APP_A__ORIGIN", "https://app.example"), &["https://app.example", "--config"]);
    refused(&check("CURFEW_PROVIDER__ACCESS_TOKEN_LIFETIME", "soon"), &["ACCESS_TOKEN_LIFETIME", "CURFEW_"]);
    assert!(check("CURFEW_PROVIDER__ACCESS_TOKEN_LIFETIME", "60").status.success());
    assert!(check("CURFEW_CHROMIUM", "/somewhere").status.success(), "a variable of the tools is none of ours");
}

#[test]
fn a_bad_file_is_refused_by_its_key() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("curfew.toml");
    let with = |text: &str| {
        std::fs::write(&file, text).unwrap();
        server(data.path()).args(["app-b", "--config", "curfew.toml"]).output().unwrap()
    };
    refused(&with("[app_b"), &["configuration"]);
    refused(&with(""), &["[app_b]", "missing"]);
    refused(&with("[app_b]\norigin = 4"), &["origin"]);
    refused(&with("[app_b]\ncolour = 'red'"), &["colour"]);
    std::fs::remove_file(&file).unwrap();
    let missing = server(data.path()).args(["app-b", "--config", "curfew.toml"]).output().unwrap();
    refused(&missing, &["curfew.toml"]);
}

#[test]
fn an_unreachable_issuer_fails_the_check() {
    let data = tempfile::tempdir().unwrap();
    let base = port_base().to_string();
    let output = server(data.path()).args(["app-a", "--check", "--port-base", &base]).output().unwrap();
    refused(&output, &["app-a", "issuer", &format!("http://localhost:{base}"), "Connection refused"]);
}

#[test]
fn a_check_runs_no_command() {
    let data = tempfile::tempdir().unwrap();
    for command in [&["sessions", "end", "--user", "alice"][..], &["keys", "replace"], &["audit", "export"]] {
        let output = server(data.path()).args(["provider", "--check"]).args(command).output().unwrap();
        refused(&output, &["--check", "without"]);
    }
}

#[test]
fn a_data_folder_that_cannot_be_used_is_said_to_be_so() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("file"), "").unwrap();
    let base = port_base().to_string();
    let output = server(data.path()).args(["provider", "--data-dir", "file", "--port-base", &base]).output().unwrap();
    refused(&output, &["provider", "file", "--data-dir"]);
}

#[test]
fn app_b_without_its_files_does_not_start() {
    let data = tempfile::tempdir().unwrap();
    let base = port_base().to_string();
    let output = server(data.path()).args(["app-b", "--site-dir", "nothing", "--port-base", &base]).output().unwrap();
    refused(&output, &["app-b", "nothing", "cargo xtask"]);
}

#[test]
fn a_demo_that_cannot_start_all_parties_starts_none() {
    let data = tempfile::tempdir().unwrap();
    let base = port_base();
    let taken = TcpListener::bind(("127.0.0.1", base + 2)).unwrap();
    let output = server(data.path()).args(["demo", "--port-base", &base.to_string()]).output().unwrap();
    refused(&output, &["app-b", &(base + 2).to_string(), "in use", "--port-base"]);
    assert!(!data.path().join("curfew-data").exists(), "nothing was begun");
    drop(taken);

    // Half of localhost is enough to be in use.
    if let Ok(_taken) = TcpListener::bind(("::1", base)) {
        let output = server(data.path()).args(["demo", "--port-base", &base.to_string()]).output().unwrap();
        refused(&output, &["provider", &base.to_string(), "in use"]);
    }
}

/// Waits for the greeting, which comes when all listeners are open.
fn started(mut child: Child) -> (Child, String) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut greeting = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        greeting.push_str(&line);
        greeting.push('\n');
        if line.contains("App B") || line.contains("Ctrl-C") {
            break;
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    (child, greeting)
}

#[cfg(unix)]
#[test]
fn the_demo_greets_keeps_its_data_private_and_stops_on_a_signal() {
    use std::os::unix::fs::PermissionsExt;
    for signal in ["INT", "TERM"] {
        let data = tempfile::tempdir().unwrap();
        let base = port_base();
        let child = server(data.path())
            .args(["demo", "--port-base", &base.to_string(), "--site-dir"])
            .arg(site(data.path()))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut child, greeting) = started(child);
        assert!(greeting.contains(&format!("http://localhost:{base}")), "{greeting}");

        let mut private = 0;
        for party in ["provider", "app-a", "app-b"] {
            let folder = data.path().join("curfew-data").join(party);
            let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{party}");
            private += 1;
        }
        assert_eq!(private, 3);

        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let status = child.wait().unwrap();
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(status.code(), Some(0), "{signal}: {errors}");
    }
}

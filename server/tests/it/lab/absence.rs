//! Where there is no lab.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::browser::Browser;
use crate::cli::{port_base, server};
use crate::curfew::site;

/// Stops when it is dropped, however the test ends.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it with these arguments, and returns it with its greeting.
fn start(data: &std::path::Path, args: &[&str], base: u16, last_line: &str) -> (Process, String) {
    let mut command = server(data);
    command.args(args).args(["--port-base", &base.to_string(), "--site-dir"]).arg(site(data));
    let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut greeting = String::new();
    let mut lines = BufReader::new(process.0.stdout.take().unwrap());
    while !greeting.contains(last_line) {
        assert!(lines.read_line(&mut greeting).unwrap() > 0, "it has gone: {greeting}");
    }
    (process, greeting)
}

#[tokio::test]
async fn the_lab_is_the_demos_alone_and_can_be_left_out() {
    for (args, last_line, offset) in [
        (&["provider"][..], "provider", 0),
        (&["app-a"], "App A", 1),
        (&["app-b"], "App B", 2),
        (&["demo", "--without-lab"], "Ctrl-C", 1),
    ] {
        let data = tempfile::tempdir().unwrap();
        let base = port_base();
        let (_process, greeting) = start(data.path(), args, base, last_line);
        assert!(!greeting.contains("lab"), "{args:?}: {greeting}");
        assert!(TcpStream::connect(("127.0.0.1", base + 3)).is_err(), "{args:?}");
        let host = if offset == 0 { "localhost" } else { "127.0.0.1" };
        let page = Browser::new().open(&format!("http://{host}:{}/", base + offset)).await;
        assert!(page.body.contains("</head>") && !page.body.contains("/lab/"), "{args:?}: {}", page.body);
        assert!(!data.path().join("curfew-data/lab").exists(), "{args:?}");
    }
}

#[test]
fn the_demo_says_where_its_lab_is() {
    let data = tempfile::tempdir().unwrap();
    let base = port_base();
    let (_process, greeting) = start(data.path(), &["demo"], base, "Ctrl-C");
    assert!(greeting.contains(&format!("the lab    http://localhost:{}", base + 3)), "{greeting}");
}

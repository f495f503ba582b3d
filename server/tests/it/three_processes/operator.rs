//! An operator's commands, as processes of their own beside a provider that runs.

use std::fs::File;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::Value;

use super::{Processes, eventually};
use crate::cli::server;
use crate::curfew::access_token;
use crate::sign_out::{assert_ended, signed_in};

impl Processes {
    /// `server provider` with these arguments, at the data of the running one.
    fn operator(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.command_with(arguments, &self.arguments)
    }

    /// The same with this configuration, which may be another provider's.
    fn command_with(&self, arguments: &[&str], configuration: &[String]) -> Command {
        let mut command = server(self.data.path());
        command.arg("provider").args(arguments).args(configuration).envs(self.environment.iter().cloned());
        command
    }
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    said(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn refused(output: &Output, why: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(why) && output.stdout.is_empty(), "{error}");
}

/// T-18, RPI-26: an operator ends a session beside the running provider, which tells the apps; and reads of it in the log.
#[tokio::test]
async fn an_operator_lists_ends_and_reads_of_it_while_the_provider_runs() {
    let processes = Processes::start().await;
    let alice = signed_in(&processes, "alice").await;
    let bob = signed_in(&processes, "bob").await;
    let notes = async |tokens: &Value| processes.call(Method::GET, "/notes", access_token(tokens), None).await;

    let listed = json_lines(&processes.operator(&["sessions", "list", "--json"]));
    assert_eq!(listed.len(), 2);
    let hers = listed.iter().find(|session| session["user"] == "alice").unwrap();
    assert_eq!(hers["apps"], serde_json::json!(["app-a", "app-b"]));
    let id = hers["session"].as_str().unwrap();
    let table = said(&processes.operator(&["sessions", "list", "--user", "bob"]));
    assert!(table.starts_with("SESSION") && table.contains("bob") && table.contains("app-a, app-b"), "{table}");
    assert!(!table.contains("alice"), "{table}");

    let said_so = said(&processes.operator(&["sessions", "end", "--session", id]));
    assert!(said_so.contains("ended 1 session"), "{said_so}");
    eventually("App B has heard", async || notes(&alice.tokens).await.status == 401).await;
    assert_ended(&notes(&alice.tokens).await);
    assert_eq!(notes(&bob.tokens).await.status, 200);

    let delivered = async || {
        let log = json_lines(&processes.operator(&["audit", "export"]));
        log.iter().filter(|entry| entry["event"] == "app_delivered").count() == 2
    };
    eventually("both apps are on record", delivered).await;
    let log = json_lines(&processes.operator(&["audit", "export", "--since", "1"]));
    assert_eq!(log[0]["event"], "session_ended");
    assert_eq!(
        (&log[0]["actor"], &log[0]["user"], &log[0]["session"]),
        (&"operator".into(), &"alice".into(), &id.into())
    );
    let in_the_future = processes.operator(&["audit", "export", "--since", "4000000000"]);
    assert_eq!(said(&in_the_future), "");

    // What a full disk has taken is not said to be there; whoever has seen enough is told nothing.
    #[cfg(target_os = "linux")]
    {
        let full = processes.command(&["audit", "export"]).stdout(File::create("/dev/full").unwrap()).output().unwrap();
        refused(&full, "cannot write to standard output");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert!(processes.command(&["audit", "export"]).stdout(writer).status().unwrap().success());
    }
    let with_another = processes.command_with(&["sessions", "end", "--user", "bob"], &[]).output().unwrap();
    refused(&with_another, "is that of the provider");
    let with_another = processes.command_with(&["keys", "rotate"], &[]).output().unwrap();
    refused(&with_another, "is that of the provider");

    assert!(said(&processes.operator(&["sessions", "end", "--user", "bob"])).contains("ended 1 session"));
    eventually("App B has heard of this too", async || notes(&bob.tokens).await.status == 401).await;
    assert!(said(&processes.operator(&["sessions", "end", "--user", "bob"])).contains("ended 0 sessions"));
    refused(&processes.operator(&["sessions", "end", "--session", id]), "or it has ended");
    refused(&processes.operator(&["sessions", "end", "--user", "carol"]), "`carol` has never signed in");
    refused(&processes.operator(&["sessions", "list", "--user", "carol"]), "`carol` has never signed in");
    for nonsense in [&["sessions", "end"][..], &["sessions", "end", "--user", "bob", "--session", id], &["audit"]] {
        assert_eq!(processes.operator(nonsense).status.code(), Some(2), "{nonsense:?}");
    }
    processes.stop().await;
}

#[test]
fn where_no_provider_has_run_there_is_nothing_to_look_at() {
    let data = tempfile::tempdir().unwrap();
    let output = server(data.path()).args(["provider", "sessions", "list"]).output().unwrap();
    refused(&output, "the provider has not run there");
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "nothing is made");
}

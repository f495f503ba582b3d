use std::io::ErrorKind;
use std::net::TcpListener;

use reqwest::Method;

use super::Processes;
use crate::curfew::access_token;
use crate::sign_out::{assert_ended, sign_out_at_a, signed_in};

/// BCL-53: keys and logout tokens go between the configured origins and through nobody else, whatever the environment says.
#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let mut environment: Vec<_> =
        ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].map(|name| (name, url.clone())).into();
    environment.extend(["no_proxy", "NO_PROXY"].map(|name| (name, String::new())));
    let processes = Processes::start_in(environment).await;
    let mut alice = signed_in(&processes, "alice").await;
    let back = sign_out_at_a(&processes, &mut alice.browser).await;
    assert_eq!(back.url.path(), "/signed-out", "{}", back.body);
    assert_ended(&processes.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    assert_eq!(proxy.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody has come");
}

//! By which names the numbers can be asked for.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Metrics;
use crate::headers::NO_STORE;

const REFUSED: &str = "The numbers are not to be had by this name: use an address of this machine, or localhost, or add the \
                       name to `hosts` in [metrics].\n";

/// A web page whose name was made to lead to this machine (DNS rebinding) is same-origin with what answers it here. It has a
/// name of its own for that: an address, and `localhost`, are nobody's to lead elsewhere.
pub(super) async fn require_own_host(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    if is_own(&request, metrics.hosts()) {
        next.run(request).await
    } else {
        tracing::warn!("metrics asked for by a name that is not among `hosts` in [metrics]");
        (StatusCode::MISDIRECTED_REQUEST, [NO_STORE], REFUSED).into_response()
    }
}

/// The port may be another's, in front of this one.
fn is_own(request: &Request, hosts: &[String]) -> bool {
    let mut values = request.headers().get_all(HOST).iter();
    let authority = match (values.next(), values.next()) {
        (Some(value), None) => Authority::try_from(value.as_bytes()).ok(),
        // HTTP/2 says it there.
        (None, None) => request.uri().authority().cloned(),
        _ => None,
    };
    authority.is_some_and(|authority| !authority.as_str().contains('@') && is_allowed(authority.host(), hosts))
}

fn is_allowed(host: &str, hosts: &[String]) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    address.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|allowed| host.eq_ignore_ascii_case(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn with(values: &[&str]) -> bool {
        let mut request = Request::get("/metrics");
        for value in values {
            request = request.header(HOST, *value);
        }
        is_own(&request.body(Body::empty()).expect("a request"), &["curfew.internal".to_owned()])
    }

    #[test]
    fn addresses_and_loopback_and_what_is_configured_and_nothing_else() {
        for own in [
            "127.0.0.1:9464",
            "127.0.0.1",
            "[::1]:9464",
            "10.2.3.4:9464",
            "[fd00::7]",
            "localhost:9464",
            "LOCALHOST",
            "curfew.internal:9464",
            "Curfew.Internal",
        ] {
            assert!(with(&[own]), "{own}");
        }
        for other in [
            "evil.example:9464",
            "evil.example",
            "",
            ":9464",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "curfew.internal.evil.example",
            "evil.example@127.0.0.1",
            "127.0.0.1@evil.example",
            "evil.example/127.0.0.1",
            "a.curfew.internal",
        ] {
            assert!(!with(&[other]), "{other}");
        }
        assert!(!with(&[]), "nobody said which");
        assert!(!with(&["127.0.0.1", "evil.example"]), "two are none");
    }

    #[test]
    fn http_2_says_it_in_the_address() {
        let asked = |url: &str| is_own(&Request::get(url).body(Body::empty()).expect("a request"), &[]);
        assert!(asked("http://127.0.0.1:9464/metrics"));
        assert!(!asked("http://evil.example:9464/metrics"));
    }
}

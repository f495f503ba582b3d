//! Traces: one from the click to the refusal, nothing secret in it, and nobody who waits for the collector.

mod collector;

use std::collections::BTreeSet;
use std::ops::Deref;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use relying_party::observation::{Event, RefusalReason, Session, Sid};
use relying_party::{Channel, Observation, Trust};
use reqwest::{Method, StatusCode};
use server::cli::PartyKind;
use server::config::{Config, Topology, TracesConfig};
use server::{Folders, Started, Traces};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use self::collector::{Behaviour, Collector, Span, config};
use crate::browser::{Browser, client};
use crate::cli::port_base;
use crate::curfew::{GRACE, Parties, access_token, claims, patient, site};
use crate::sign_out::{assert_ended, read_stream, sign_out_at_a, signed_in, stream_of_b};

const KINDS: [PartyKind; 3] = [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB];

/// The three parties, started as the binary starts them.
struct Traced {
    parties: Parties,
    stop: CancellationToken,
    started: Started,
    _data: tempfile::TempDir,
}

impl Deref for Traced {
    type Target = Parties;

    fn deref(&self) -> &Parties {
        &self.parties
    }
}

impl Traced {
    async fn start(traces: Option<TracesConfig>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = patient(Config::demo(Topology::CrossSite, port_base()).unwrap());
        (config.lab, config.traces) = (None, traces);
        let folders = Folders { data: data.path().join("data"), site: site(data.path()) };
        let stop = CancellationToken::new();
        let started = server::start(&KINDS, &config, folders, stop.clone()).await.unwrap();
        let parties = Parties {
            provider: config.provider.unwrap().issuer,
            app_a: config.app_a.unwrap().origin.to_string(),
            app_b: config.app_b.unwrap().origin.to_string(),
        };
        parties.until_all_healthy().await;
        Self { parties, stop, started, _data: data }
    }

    /// As a signal would; what was traced has been sent then, or is gone.
    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(GRACE, self.started.ended()).await.expect("stopped by itself").unwrap();
    }
}

fn only<'s>(spans: &'s [Span], party: &str, name: &str) -> &'s Span {
    let mut found = spans.iter().filter(|span| span.party == party && span.name() == name);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        other => panic!("{party} `{name}`: {other:?} of {spans:#?}"),
    }
}

/// BCL-07, T-19: the click at App A, the provider, both apps' back-channels, and the refusal of App B's token.
#[tokio::test]
async fn a_sign_out_is_one_trace_from_the_click_to_the_refusal() {
    let collector = Collector::start(Behaviour::Takes).await;
    let traced = Traced::start(Some(collector.config())).await;
    let mut alice = signed_in(&traced, "alice").await;
    let token = access_token(&alice.tokens);
    assert_eq!(traced.call(Method::GET, "/notes", token, None).await.status, StatusCode::OK);
    let stream = stream_of_b(&traced, &alice.tokens).await;
    sign_out_at_a(&traced, &mut alice.browser).await;
    read_stream(stream).await;
    assert_ended(&traced.call(Method::GET, "/notes", token, None).await);
    traced.stop().await;

    let spans = collector.spans();
    let click = only(&spans, "curfew-app-a", "POST /logout");
    assert!(click.is_root() && click.has_event("signed out"), "{click:?}");
    let asked = only(&spans, "curfew-provider", "GET /end_session");
    assert!(asked.is_child_of(click), "{spans:#?}");
    assert!(asked.has_event("sign-out requested") && asked.has_event("sign-out answered"), "in its task and the next");
    let ended = only(&spans, "curfew-provider", "session ended");
    assert!(ended.is_child_of(asked), "{spans:#?}");
    assert_eq!(ended.attribute("logout.apps").as_deref(), Some("2"));
    assert_eq!(ended.attribute("logout.actor").as_deref(), Some("client"));

    let sid = |token: &str| claims(alice.tokens[token].as_str().unwrap())["sid"].as_str().unwrap().to_owned();
    let fingerprint = Sid::new(&sid("access_token")).fingerprint().to_string();
    for client in ["app-a", "app-b"] {
        let is_to = |span: &&Span| span.name() == "POST logout token" && span.attribute("client.id").unwrap() == client;
        let mut posts = spans.iter().filter(is_to);
        let (post, party) = (posts.next().unwrap(), format!("curfew-{client}"));
        assert!(posts.next().is_none(), "one attempt");
        assert!(post.is_child_of(ended), "{spans:#?}");
        assert_eq!((post.kind(), post.has_failed()), (SpanKind::Client, false));
        assert_eq!(post.attribute("logout.sign_out"), ended.attribute("logout.sign_out"));
        assert_eq!(post.attribute("logout.outcome").as_deref(), Some("delivered"));
        assert_eq!(post.attribute("http.response.status_code").as_deref(), Some("200"));
        let received = only(&spans, &party, "POST /logout/back-channel");
        assert!(received.is_child_of(post) && received.has_event("logout token received"), "{spans:#?}");
        assert_eq!(received.kind(), SpanKind::Server);
        let recorded = only(&spans, &party, "end recorded");
        assert!(recorded.is_child_of(received), "{spans:#?}");
        assert_eq!(recorded.attribute("logout.channel").as_deref(), Some("back-channel"));
        assert!(recorded.took() > 0 && recorded.took() < received.took() * 2, "about as long as it says");
        assert!(only(&spans, &party, "tabs told").is_child_of(recorded), "{spans:#?}");
    }
    assert_eq!(only(&spans, "curfew-app-b", "tabs told").attribute("logout.tabs").as_deref(), Some("1"));

    let recorded = only(&spans, "curfew-app-b", "end recorded");
    assert_eq!(recorded.attribute("logout.sid"), Some(fingerprint), "the same name at the provider and at the app");
    let refused = only(&spans, "curfew-app-b", "request refused");
    assert!(refused.is_child_of(recorded), "{spans:#?}");
    assert_eq!(refused.attribute("logout.reason").as_deref(), Some("session-ended"));
    let call = spans.iter().find(|span| refused.links_to(span)).expect("the request, in a trace of its own");
    assert_eq!((call.name(), call.party.as_str()), ("GET /api/notes", "curfew-app-b"));
    assert_eq!(call.attribute("http.response.status_code").as_deref(), Some("401"));
    assert!(call.links_to(recorded) && call.trace() != click.trace() && call.is_root(), "{spans:#?}");

    for span in &spans {
        let parent = spans.iter().find(|parent| span.is_child_of(parent));
        assert_eq!(span.is_root(), parent.is_none(), "no parent is missing: {span:?}");
    }
    let names = spans.iter().filter(|span| span.trace() == click.trace()).map(Span::name);
    let expected = [
        // App A asks whether the provider is there, before it sends the browser.
        "GET /.well-known/openid-configuration",
        "GET /end_session",
        "POST /logout",
        "POST /logout/back-channel",
        "POST logout token",
        "end recorded",
        "request refused",
        "session ended",
        "tabs told",
    ];
    assert_eq!(names.collect::<BTreeSet<_>>(), BTreeSet::from(expected), "and nothing else is part of it");
}

/// The names of everything that is exported, and every secret of a run looked for in the bytes.
#[tokio::test]
async fn no_exported_byte_holds_a_secret_or_says_who_it_was() {
    let collector = Collector::start(Behaviour::Takes).await;
    let traced = Traced::start(Some(collector.config())).await;
    let mut alice = signed_in(&traced, "alice").await;
    let mut secrets = vec![("App A's secret", "app-a-demo-secret-known-to-everybody".to_owned())];
    secrets.push(("her name and password", "alice".to_owned()));
    let code = traced.code_for_b(&mut alice.browser).await.unwrap();
    let (_, more) = traced.exchange(&code).await;
    secrets.push(("a code", code));
    for tokens in [&alice.tokens, &more] {
        for name in ["access_token", "id_token", "refresh_token"] {
            secrets
                .extend(tokens[name].as_str().map(|token| ("a token", token.rsplit('.').next().unwrap().to_owned())));
        }
        for token in ["access_token", "id_token"] {
            let claims = claims(tokens[token].as_str().unwrap());
            secrets.extend(claims["sid"].as_str().map(|sid| ("a sid", sid.to_owned())));
            secrets.push(("who she is", claims["sub"].as_str().unwrap().to_owned()));
        }
    }
    let cookies = |browser: &Browser| {
        let names = browser.cookie_names();
        names.iter().filter_map(|name| Some(("a cookie", browser.cookie(name)?))).collect::<Vec<_>>()
    };
    let before = cookies(&alice.browser);
    assert!(before.len() >= 2, "one of the provider's and one of App A's");
    secrets.extend(before);
    // By hand, so that what the redirects carry is known: the hint, the state.
    let home = alice.browser.open(&traced.app_a).await;
    let csrf = home.hidden("csrf");
    let form = [("csrf", csrf.as_str())];
    let asked = alice.browser.send(Method::POST, &format!("{}/logout", traced.app_a), Some(&form)).await;
    let location = asked.location().unwrap();
    for (name, value) in location.query_pairs() {
        if ["id_token_hint", "state"].contains(&name.as_ref()) {
            secrets.push(("a parameter of the sign-out", value.rsplit('.').next().unwrap().to_owned()));
        }
    }
    secrets.push(("a form's token", csrf));
    let at_provider = alice.browser.open(location.as_str()).await;
    assert_eq!(at_provider.url.path(), "/signed-out");
    secrets.extend(cookies(&alice.browser));
    // A result's handle is the right to read it: with a hint alone the user stays at the provider.
    let mut bob = signed_in(&traced, "bob").await;
    let id_token = bob.tokens["id_token"].as_str().unwrap().to_owned();
    let result = bob.browser.open(&format!("{}/end_session?id_token_hint={id_token}", traced.provider)).await;
    let handle = result.url.path().strip_prefix("/end_session/result/").expect("a result").to_owned();
    secrets.push(("a result's handle", handle));
    secrets.push(("a hint", id_token.rsplit('.').next().unwrap().to_owned()));
    assert_ended(&traced.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
    traced.stop().await;

    let spans = collector.spans();
    assert!(only(&spans, "curfew-provider", "GET /end_session/result/{handle}").is_root());
    assert_eq!(spans.iter().filter(|span| span.name() == "session ended").count(), 2, "{spans:#?}");
    for (headers, body) in collector.requests() {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["authorization"], "Bearer of-the-collector");
        for (what, secret) in &secrets {
            assert!(secret.len() > 3, "{what}");
            assert!(!body.windows(secret.len()).any(|part| part == secret.as_bytes()), "{what}: {secret}");
        }
    }
    let allowed = ["http.request.method", "http.route", "http.response.status_code", "error.type", "client.id"];
    for span in &spans {
        let is_known = |name: &&str| allowed.contains(name) || name.starts_with("logout.");
        let unknown: Vec<_> = span.attributes().into_iter().filter(|name| !is_known(name)).collect();
        assert!(unknown.is_empty(), "{span:?} has {unknown:?}");
    }
}

/// From anybody, and it says where a span is shown, not more.
#[tokio::test]
async fn a_traceparent_is_followed_if_it_is_right_to_the_letter() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let good = format!("00-{TRACE}-00f067aa0ba902b7-00");
    let collector = Collector::start(Behaviour::Takes).await;
    let traced = Traced::start(Some(collector.config())).await;
    let bad = [good.to_uppercase().replace("00-4B", "00-4b"), good.replacen("00-", "01-", 1), format!("{good}-x")];
    let notes = format!("{}/api/notes", traced.app_b);
    for value in bad.iter().chain([&good]) {
        let answer = client().get(&notes).header("traceparent", value).header("tracestate", "a=b").send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    traced.stop().await;

    let spans = collector.spans();
    let calls: Vec<_> = spans.iter().filter(|span| span.name() == "GET /api/notes").collect();
    assert_eq!(calls.len(), 4);
    let trace = |span: &Span| span.trace().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (followed, others): (Vec<&Span>, Vec<&Span>) = calls.into_iter().partition(|span| trace(span) == TRACE);
    assert_eq!((followed.len(), others.len()), (1, 3));
    assert_eq!(followed[0].parent(), [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
    assert!(others.iter().all(|span| span.is_root()), "{others:?}");
}

/// Without the table nothing is traced, and nothing is added to what the parties say to each other.
#[tokio::test]
async fn by_default_nothing_is_traced() {
    let traced = Traced::start(None).await;
    let mut alice = signed_in(&traced, "alice").await;
    let home = alice.browser.open(&traced.app_a).await;
    let (url, csrf) = (format!("{}/logout", traced.app_a), home.hidden("csrf"));
    let asked = alice.browser.send(Method::POST, &url, Some(&[("csrf", csrf.as_str())])).await;
    let location = asked.location().unwrap();
    assert!(location.path() == "/end_session" && !location.as_str().contains("traceparent"), "{location}");
    traced.stop().await;
}

/// T-19: a sign-out is what it is without the collector, and so is the stop.
#[tokio::test]
async fn a_collector_that_is_down_or_hostile_holds_nothing_up() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let behaviours = [Behaviour::Refuses, Behaviour::Redirects, Behaviour::Floods, Behaviour::Hangs];
    for behaviour in behaviours.map(Some).into_iter().chain([None]) {
        let collector = match behaviour {
            Some(behaviour) => Some(Collector::start(behaviour).await),
            None => None,
        };
        let traces = collector.as_ref().map_or_else(|| config(&closed), Collector::config);
        let traced = Traced::start(Some(traces)).await;
        let mut alice = signed_in(&traced, "alice").await;
        sign_out_at_a(&traced, &mut alice.browser).await;
        assert_ended(&traced.call(Method::GET, "/notes", access_token(&alice.tokens), None).await);
        traced.stop().await;
        assert!(collector.is_none_or(|collector| !collector.was_followed()), "{behaviour:?}");
    }
}

/// More than a queue is dropped, and no request waits for room in it.
#[tokio::test]
async fn spans_that_find_no_room_are_dropped() {
    const REQUESTS: usize = 5_000;
    let collector = Collector::start(Behaviour::Hangs).await;
    let traces = Traces::new(&collector.config(), &[PartyKind::AppB]).unwrap();
    let router = traces.around(PartyKind::AppB, Router::new().route("/here", get(|| async { "here" })));
    for _ in 0..REQUESTS {
        let answer = router.clone().oneshot(Request::get("/here").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    collector.let_go();
    traces.shutdown(Duration::from_secs(5)).await;
    // 2048 wait, and 512 are on their way.
    let came = collector.spans().len();
    assert!(came > 0 && came <= 2_048 + 512, "{came}");
}

/// Parties that are configured alike record the same traces, and a sender's flag cannot have one recorded, or kept out.
#[tokio::test]
async fn what_is_recorded_follows_from_the_number_of_the_trace() {
    let collector = Collector::start(Behaviour::Takes).await;
    let half = TracesConfig { sample: 0.5, ..collector.config() };
    let traces = Traces::new(&half, &KINDS).unwrap();
    for kind in KINDS {
        let router = traces.around(kind, Router::new().route("/here", get(|| async { "here" })));
        for (number, flags) in [("0000000000000001", "00"), ("ffffffffffffffff", "01")] {
            let traceparent = format!("00-0000000000000001{number}-00f067aa0ba902b7-{flags}");
            let request = Request::get("/here").header("traceparent", traceparent).body(Body::empty()).unwrap();
            assert_eq!(router.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
        }
    }
    traces.shutdown(Duration::from_secs(5)).await;
    let spans = collector.spans();
    assert_eq!(spans.iter().map(|span| span.trace().last().copied()).collect::<Vec<_>>(), [Some(1); 3], "{spans:?}");
}

/// A tab that goes on asking does not make a trace grow for ever, and ends that nobody has signed have no refusals to show.
#[tokio::test]
async fn an_end_shows_its_first_refusals_only() {
    let collector = Collector::start(Behaviour::Takes).await;
    let traces = Traces::new(&collector.config(), &[PartyKind::AppB]).unwrap();
    let observer = traces.of_app(PartyKind::AppB).unwrap();
    let ended = |sid: Option<&str>, sub: Option<&str>, held_as: Trust| {
        let event = Event { channel: Channel::BackChannel, sid: sid.map(Sid::new), sub, not_before: 1 };
        let took = Duration::from_millis(1);
        observer.observe(&Observation::EndRecorded { event, seq: 1, repeated: false, held_as, sessions: 1, took });
    };
    let refused = |sid: &str, sub: &str| {
        let session = Some(Session { sid: Some(Sid::new(sid)), sub });
        let reason = RefusalReason::SessionEnded(Some(Channel::BackChannel));
        observer.observe(&Observation::RequestRefused { session, reason });
    };
    ended(Some("signed"), None, Trust::Verified);
    ended(Some("unsigned"), None, Trust::Unsigned);
    ended(None, Some("bob"), Trust::Verified);
    for _ in 0..20 {
        refused("signed", "alice");
        refused("unsigned", "alice");
        refused("unknown", "nobody");
    }
    refused("another", "bob");
    traces.shutdown(Duration::from_secs(5)).await;

    let spans = collector.spans();
    let ends: Vec<_> = spans.iter().filter(|span| span.name() == "end recorded").collect();
    let below = |end: &Span| spans.iter().filter(|span| span.is_child_of(end)).count();
    let shown: Vec<_> =
        ends.iter().map(|end| (end.attribute("logout.outcome").unwrap(), end.is_root(), below(end))).collect();
    let expected = [("recorded", true, 8), ("suspected", true, 0), ("recorded", true, 1)];
    assert_eq!(shown, expected.map(|(outcome, is_root, below)| (outcome.to_owned(), is_root, below)));
    assert_eq!(spans.len(), 3 + 9, "{spans:#?}");
}

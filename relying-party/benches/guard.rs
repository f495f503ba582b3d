//! What the guard of an API costs per request. Run with `cargo bench -p relying-party --bench guard`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, decode};
use relying_party::{Guard, Observation, Observer, Observers};
use serde_json::{Value, json};
use support::{AUDIENCE, Fixture, NOW};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

fn token(fixture: &Fixture, jti: &str) -> String {
    let claims = json!({
        "iss": fixture.issuer(), "aud": AUDIENCE, "sub": "alice", "client_id": "app-b", "jti": jti, "sid": "s1",
        "iat": NOW, "exp": NOW + 300, "auth_time": NOW - 100, "scope": "openid notes",
    });
    fixture.provider.key.sign("at+jwt", &claims)
}

fn request(token: &str) -> Request<Body> {
    Request::get("/api").header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap()
}

async fn handler(_request: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::empty()))
}

/// The time for `tokens`, one request each.
async fn time<S>(mut service: S, tokens: impl Iterator<Item = &str>) -> Duration
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let start = Instant::now();
    for token in tokens {
        let response = service.ready().await.unwrap().call(request(token)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    start.elapsed()
}

/// Counts, as `/metrics` does.
#[derive(Default)]
struct Accepted(AtomicU64);

impl Observer for Accepted {
    fn observe(&self, observation: &Observation<'_>) {
        if let Observation::RequestAccepted { .. } = observation {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn guard(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let seen = token(&fixture, "seen");
    let handler = service_fn(handler);
    let guarded = Guard::new(fixture.party.clone(), AUDIENCE).layer(handler);
    let repeat = |times: u64| (0..times).map(|_| seen.as_str());
    let mut group = criterion.benchmark_group("guard");

    group.bench_function("no guard", |bencher| {
        bencher.iter_custom(|times| runtime.block_on(time(handler, repeat(times))));
    });
    group.bench_function("token seen before", |bencher| {
        bencher.iter_custom(|times| runtime.block_on(time(guarded.clone(), repeat(times))));
    });
    let accepted = Arc::new(Accepted::default());
    let observers = Observers::default().and(accepted.clone());
    let observed = runtime.block_on(Fixture::with(|settings| settings.observers = observers));
    let observed_token = token(&observed, "seen");
    let observed_guard = Guard::new(observed.party.clone(), AUDIENCE).layer(handler);
    group.bench_function("token seen before, with an observer that counts", |bencher| {
        bencher.iter_custom(|times| {
            let before = accepted.0.load(Ordering::Relaxed);
            let tokens = (0..times).map(|_| observed_token.as_str());
            let taken = runtime.block_on(time(observed_guard.clone(), tokens));
            assert_eq!(accepted.0.load(Ordering::Relaxed) - before, times, "it sees every request");
            taken
        });
    });
    // The usual way of an API: the signature at every request, and nothing about sign-outs.
    let jwk: Jwk = serde_json::from_value(fixture.provider.key.jwk()).unwrap();
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[fixture.issuer()]);
    // The fixture's clock stands still at an instant of its own.
    validation.validate_exp = false;
    group.bench_function("peer: jsonwebtoken::decode, ES256", |bencher| {
        bencher.iter(|| decode::<Value>(&seen, &key, &validation).unwrap());
    });
    // Signature, and the transaction that checks the ledger and puts the session into the index.
    let mut number = 0;
    group.sample_size(20).bench_function("token never seen before", |bencher| {
        bencher.iter_custom(|times| {
            let fresh: Vec<String> =
                (0..times).map(|offset| token(&fixture, &format!("t{}", number + offset))).collect();
            number += times;
            runtime.block_on(time(guarded.clone(), fresh.iter().map(String::as_str)))
        });
    });
    group.finish();
}

criterion_group!(benches, guard);
criterion_main!(benches);

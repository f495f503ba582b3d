//! What it costs to verify a logout token. Run with `cargo bench -p relying-party --bench logout_token`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

#[allow(dead_code, unused_imports, reason = "the tests use the rest")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, decode};
use relying_party::Algorithm;
use relying_party::logout_token::{Expected, verify};
use serde_json::{Value, json};
use support::{CLIENT_ID, NOW, TestKey};

const ISSUER: &str = "https://op.example";

fn logout_token(criterion: &mut Criterion) {
    let claims = json!({
        "iss": ISSUER, "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 120, "jti": "t1", "sid": "s1", "toe": NOW,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let expected = Expected { issuer: ISSUER, client_id: CLIENT_ID, algorithms: &[Algorithm::RS256, Algorithm::ES256] };
    let mut group = criterion.benchmark_group("logout token");
    for key in [TestKey::rs256("k1"), TestKey::es256("k1")] {
        let (token, keys, alg) = (key.sign("logout+jwt", &claims), key.keys(), key.algorithm);
        group.bench_function(format!("verify, {alg:?}"), |bencher| {
            bencher.iter(|| verify(&token, &keys, &expected, NOW).unwrap());
        });
        // Signature, iss and aud: what is left to check is what makes it a logout token.
        let jwk: Jwk = serde_json::from_value(key.jwk()).unwrap();
        let decoding = DecodingKey::from_jwk(&jwk).unwrap();
        let mut validation = Validation::new(alg);
        validation.set_audience(&[CLIENT_ID]);
        validation.set_issuer(&[ISSUER]);
        validation.validate_exp = false;
        group.bench_function(format!("peer: jsonwebtoken::decode, {alg:?}"), |bencher| {
            bencher.iter(|| decode::<Value>(&token, &decoding, &validation).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, logout_token);
criterion_main!(benches);

//! An API that takes each token once: a JWT whose `jti` it has not seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::local_jwt::{Claims, LocalJwt, bearer};

/// How many spent tokens are remembered before those that have expired are forgotten.
const MANY: usize = 100_000;

pub(crate) struct OneTime {
    jwt: Arc<LocalJwt>,
    /// By `jti`, when it would have expired: seconds since the Unix epoch.
    spent: Mutex<HashMap<String, u64>>,
}

impl OneTime {
    pub(crate) fn new(jwt: Arc<LocalJwt>) -> Arc<Self> {
        Arc::new(Self { jwt, spent: Mutex::default() })
    }

    /// Whether it was good until now.
    fn spend(&self, Claims { jti, exp }: Claims) -> bool {
        let mut spent = self.spent.lock().unwrap();
        if spent.len() >= MANY {
            let now = self.jwt.now();
            spent.retain(|_, exp| *exp > now);
        }
        spent.len() < MANY && spent.insert(jti, exp).is_none()
    }
}

pub(crate) async fn layer(
    State(one_time): State<Arc<OneTime>>,
    request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let claims = bearer(request.headers()).and_then(|token| one_time.jwt.verify(token));
    if claims.is_some_and(|claims| one_time.spend(claims)) {
        Ok(next.run(request).await)
    } else {
        Err(StatusCode::UNAUTHORIZED)
    }
}

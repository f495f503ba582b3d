//! What App A knows of a sign-in between `/login` and `/callback`.
//!
//! The browser keeps it: a cookie for each `state`, so that two tabs can sign in at once, with the time and a random number.
//! `state`, nonce and PKCE verifier are made of them by a key that only App A has. So `/login` writes nothing: however often
//! strangers call it, sign-outs find the database free, and nobody's sign-in is pushed out by another's.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::AppendHeaders;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::sync::Cache;
use openidconnect::{CsrfToken, Nonce, PkceCodeVerifier};
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;
use subtle::ConstantTimeEq;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::AppA;
use super::problem::Problem;
use crate::csrf::random_text;

/// How long a user may take at the provider, in seconds.
const LIFETIME: u64 = 600;
/// How many sign-ins of one browser may be under way at once.
const MOST_PER_BROWSER: usize = 8;
/// How many used `state` values are remembered. The provider does not take a code twice either.
const MOST_USED: u64 = 10_000;

/// What the transactions of all browsers have in common.
pub(super) struct Logins {
    key: hmac::Key,
    /// The `state` values of the last minutes that were used.
    used: Cache<String, ()>,
}

impl Logins {
    /// Reads the key, which is made at the first start: a sign-in that is under way survives a restart.
    pub(super) async fn open(pool: &SqlitePool) -> Result<Self, sqlx::Error> {
        sqlx::query("INSERT INTO login_key (id, key) VALUES (1, ?) ON CONFLICT (id) DO NOTHING")
            .bind(random_text::<32>().into_bytes())
            .execute(pool)
            .await?;
        let key: Vec<u8> = sqlx::query_scalar("SELECT key FROM login_key").fetch_one(pool).await?;
        Ok(Self::with_key(&key))
    }

    fn with_key(key: &[u8]) -> Self {
        let used =
            Cache::builder().max_capacity(MOST_USED).time_to_live(std::time::Duration::from_secs(LIFETIME)).build();
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), used }
    }

    /// A sign-in that begins now.
    pub(super) fn begin(&self, now: u64) -> LoginTransaction {
        self.transaction(format!("{now}.{}", random_text::<16>()), now)
    }

    fn transaction(&self, cookie: String, begun: u64) -> LoginTransaction {
        let made = |what: &str| URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, format!("{what} {cookie}").as_bytes()));
        LoginTransaction {
            state: CsrfToken::new(made("state")),
            nonce: Nonce::new(made("nonce")),
            pkce_verifier: PkceCodeVerifier::new(made("verifier")),
            begun,
            cookie,
        }
    }

    /// The sign-in of this cookie, once, and only if this is its `state`: a cookie that App A did not make has none.
    fn take(&self, cookie: String, state: &str, now: u64) -> Option<LoginTransaction> {
        let begun = cookie.split_once('.')?.0.parse().ok()?;
        let transaction = self.transaction(cookie, begun);
        let is_ours = bool::from(transaction.state.secret().as_bytes().ct_eq(state.as_bytes()));
        (is_ours && now < begun.saturating_add(LIFETIME) && self.used.entry_by_ref(state).or_insert(()).is_fresh())
            .then_some(transaction)
    }
}

/// One sign-in.
pub(super) struct LoginTransaction {
    pub(super) state: CsrfToken,
    pub(super) nonce: Nonce,
    pub(super) pkce_verifier: PkceCodeVerifier,
    /// When it began, in seconds since the Unix epoch.
    pub(super) begun: u64,
    cookie: String,
}

pub(super) type SetCookies = AppendHeaders<Vec<(axum::http::HeaderName, String)>>;

impl LoginTransaction {
    /// The cookie that this browser keeps it in.
    pub(super) fn keep(&self, app: &AppA, headers: &HeaderMap) -> SetCookies {
        let lifetime = Duration::seconds(LIFETIME.cast_signed());
        let mut cookies = vec![cookie(app, cookie_name(app, self.state.secret()), self.cookie.clone(), lifetime)];
        // Browsers send the oldest first.
        let surplus = own_cookies(app, headers).into_iter().rev().skip(MOST_PER_BROWSER - 1);
        cookies.extend(surplus.map(|name| cookie(app, name, String::new(), Duration::ZERO)));
        AppendHeaders(cookies)
    }

    /// The sign-in of this `state`, once, if this browser began it.
    pub(super) fn take(app: &AppA, state: &str, headers: &HeaderMap) -> Result<(Self, SetCookies), Problem> {
        let name = cookie_name(app, state);
        let kept = read_cookie(headers, &name).ok_or(Problem::UnknownState)?;
        let transaction = app.0.logins.take(kept, state, app.0.clock.now()).ok_or(Problem::UnknownState)?;
        let done = AppendHeaders(vec![cookie(app, name, String::new(), Duration::ZERO)]);
        Ok((transaction, done))
    }
}

fn hash(secret: &str) -> String {
    Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One cookie a sign-in, named after (not by) its `state`.
fn cookie_name(app: &AppA, state: &str) -> String {
    format!("{}{}", app.cookie_name("-login-"), &hash(state)[..16])
}

fn cookie(app: &AppA, name: String, value: String, max_age: Duration) -> (axum::http::HeaderName, String) {
    let cookie = Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config().origin.is_https())
        .max_age(max_age);
    (SET_COOKIE, cookie.to_string())
}

fn all_cookies(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| Cookie::split_parse(text).flatten())
}

pub(super) fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    all_cookies(headers).find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

fn own_cookies(app: &AppA, headers: &HeaderMap) -> Vec<String> {
    let prefix = app.cookie_name("-login-");
    all_cookies(headers).map(|cookie| cookie.name().to_owned()).filter(|name| name.starts_with(&prefix)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000;

    #[test]
    fn a_sign_in_is_taken_once_and_within_ten_minutes() {
        let logins = Logins::with_key(b"key");
        let begun = logins.begin(NOW);
        let state = begun.state.secret();
        assert!(logins.take(begun.cookie.clone(), state, NOW + LIFETIME).is_none(), "too late");
        let taken = logins.take(begun.cookie.clone(), state, NOW + LIFETIME - 1).unwrap();
        assert_eq!(taken.nonce.secret(), begun.nonce.secret());
        assert_eq!(taken.pkce_verifier.secret(), begun.pkce_verifier.secret());
        assert_eq!(taken.begun, NOW);
        assert!(logins.take(begun.cookie, state, NOW).is_none(), "used");
    }

    #[test]
    fn only_what_app_a_made_is_taken() {
        let logins = Logins::with_key(b"key");
        let (begun, other) = (logins.begin(NOW), logins.begin(NOW));
        let (cookie, state) = (begun.cookie, begun.state.secret());
        let made_longer = cookie.replacen(&NOW.to_string(), &(NOW + 1).to_string(), 1);
        for wrong in [made_longer, other.cookie, String::new(), ".".to_owned(), "x.y".to_owned(), format!("{cookie}x")]
        {
            assert!(logins.take(wrong.clone(), state, NOW).is_none(), "{wrong}");
        }
        assert!(Logins::with_key(b"another").take(cookie.clone(), state, NOW).is_none(), "another key");
        assert!(logins.take(cookie, state, NOW).is_some());
    }

    #[test]
    fn the_three_secrets_are_three() {
        let begun = Logins::with_key(b"key").begin(NOW);
        let secrets = [begun.state.secret(), begun.nonce.secret(), begun.pkce_verifier.secret()];
        assert!(secrets.iter().all(|secret| secret.len() == 43), "32 bytes each");
        assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2] && secrets[0] != secrets[2]);
    }
}

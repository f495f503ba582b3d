use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHashString, SaltString};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use tokio::sync::{OnceCell, Semaphore};

use crate::config::{Credential, User};
use crate::error::{InternalError, internal_causes};
use crate::secret::{RandomError, random_id};
use crate::state::Provider;
use crate::store::changed_password;

/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks passwords: off the threads that serve requests, and only so many at once, because each takes 19 MiB.
pub(crate) struct Passwords {
    users: Vec<Arc<User>>,
    prepared: OnceCell<Arc<Prepared>>,
    turns: Arc<Semaphore>,
}

struct Prepared {
    hashes: HashMap<String, PasswordHashString>,
    /// What the password of an unknown user is compared with, so that it takes as long.
    dummy: PasswordHashString,
}

/// A password was not checked, or not hashed.
#[derive(Debug)]
pub(crate) enum VerifyError {
    /// Too many are at it.
    Busy,
    Internal(InternalError),
}

internal_causes!(VerifyError);

impl Passwords {
    pub(crate) fn new(users: Vec<Arc<User>>) -> Self {
        let turns = std::thread::available_parallelism().map_or(1, usize::from);
        Self { users, prepared: OnceCell::new(), turns: Arc::new(Semaphore::new(turns)) }
    }

    /// Hashes the passwords that are configured in clear. Happens once; whoever comes early waits for it.
    pub(crate) async fn prepare(&self) -> Result<(), InternalError> {
        self.prepared().await.map(drop)
    }

    async fn prepared(&self) -> Result<&Arc<Prepared>, InternalError> {
        self.prepared
            .get_or_try_init(|| async {
                let users = self.users.clone();
                tokio::task::spawn_blocking(move || Prepared::new(&users)).await?.map(Arc::new)
            })
            .await
    }

    /// Whether this is the user's password: the one with the hash `changed`, or else the configured one. Takes as long for a
    /// user who does not exist.
    pub(super) async fn verify(
        &self,
        username: &str,
        password: &str,
        changed: Option<&str>,
    ) -> Result<bool, VerifyError> {
        let prepared = Arc::clone(self.prepared().await?);
        let changed = changed.map(PasswordHashString::new).transpose().map_err(InternalError::PasswordHash)?;
        let (username, password) = (username.to_owned(), password.to_owned());
        self.in_turn(move || prepared.verify(&username, &password, changed.as_ref())).await
    }

    /// The hash of a new password, in PHC form.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, VerifyError> {
        let password = password.to_owned();
        Ok(self.in_turn(move || hash(&password)).await??.to_string())
    }

    /// The hash of the password that is configured for this user, in PHC form.
    pub(crate) async fn configured(&self, username: &str) -> Result<Option<String>, VerifyError> {
        Ok(self.prepared().await?.hashes.get(username).map(ToString::to_string))
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, VerifyError> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned());
        let Ok(Ok(turn)) = turn.await else { return Err(VerifyError::Busy) };
        let working = tokio::task::spawn_blocking(move || {
            // Held here, so that a request that is given up still counts until its work is done.
            let _turn = turn;
            work()
        });
        working.await.map_err(|error| VerifyError::Internal(error.into()))
    }
}

/// A changed password counts until the configuration names another one: what an operator sets there on purpose is stronger.
/// Done before anybody can sign in.
pub(crate) async fn forget_reconfigured(provider: &Provider) -> Result<(), InternalError> {
    let changed = changed_password::all(&mut *provider.store.read().await?).await?;
    for (username, configured_then) in changed {
        // Who is not configured signs in by no password, and has theirs again when they are.
        let Some(user) = provider.registry.user(&username).cloned() else { continue };
        let is_the_same = tokio::task::spawn_blocking(move || is_configured(&user, &configured_then));
        if !is_the_same.await? {
            let mut tx = provider.store.begin().await?;
            changed_password::delete(&mut tx, &username).await?;
            tx.commit().await?;
            tracing::info!("a changed password gives way to a new one of the configuration");
        }
    }
    Ok(())
}

/// Whether the configuration of this user still is what had this hash.
fn is_configured(user: &User, hash: &str) -> bool {
    match &user.credential {
        Credential::Hash(configured) => configured.as_str() == hash,
        Credential::Clear(password) => PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok()),
    }
}

impl Prepared {
    fn new(users: &[Arc<User>]) -> Result<Self, InternalError> {
        let mut hashes = HashMap::new();
        for user in users {
            let hash = match &user.credential {
                Credential::Clear(password) => hash(password.expose())?,
                Credential::Hash(hash) => hash.clone(),
            };
            hashes.insert(user.username.clone(), hash);
        }
        Ok(Self { hashes, dummy: hash(&random_id()?)? })
    }

    fn verify(&self, username: &str, password: &str, changed: Option<&PasswordHashString>) -> bool {
        let known = self.hashes.get(username).map(|configured| changed.unwrap_or(configured));
        let hash = known.unwrap_or(&self.dummy).password_hash();
        // The hash names the algorithm and its cost itself.
        let is_right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        is_right && known.is_some()
    }
}

/// argon2id with the parameters that RFC 9106 and OWASP recommend, and a salt of 160 bits.
fn hash(password: &str) -> Result<PasswordHashString, InternalError> {
    let mut salt = [0; 20];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| RandomError)?;
    let salt = SaltString::encode_b64(&salt).map_err(InternalError::PasswordHash)?;
    let hash =
        Argon2::default().hash_password(password.as_bytes(), &salt).map_err(InternalError::PasswordHash)?.serialize();
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_of_a_known_user() {
        let users = [User {
            username: "alice".into(),
            claims: [].into(),
            credential: Credential::Clear("wonderland".to_owned().into()),
        }];
        let prepared = Prepared::new(&users.map(Arc::new)).unwrap();
        assert!(prepared.verify("alice", "wonderland", None));
        for (username, password) in
            [("alice", "Wonderland"), ("alice", ""), ("Alice", "wonderland"), ("bob", "wonderland"), ("", "")]
        {
            assert!(!prepared.verify(username, password, None), "{username}:{password}");
        }
        let changed = hash("looking glass").unwrap();
        assert!(prepared.verify("alice", "looking glass", Some(&changed)));
        assert!(!prepared.verify("alice", "wonderland", Some(&changed)), "the changed one counts, and no other");
        assert!(!prepared.verify("bob", "looking glass", Some(&changed)), "who is not configured has none");
    }

    #[test]
    fn hashes_are_salted() {
        assert_ne!(hash("wonderland").unwrap(), hash("wonderland").unwrap());
    }
}

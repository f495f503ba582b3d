use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHashString, SaltString};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::{OnceCell, Semaphore};

use crate::config::{Credential, User};
use crate::error::InternalError;
use crate::secret::{RandomError, random_id};

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

/// A password was not checked.
#[derive(Debug)]
pub(super) enum VerifyError {
    Busy,
    Internal(InternalError),
}

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

    /// Whether this is the user's password. Takes as long for a user who does not exist.
    pub(super) async fn verify(&self, username: &str, password: &str) -> Result<bool, VerifyError> {
        let prepared = Arc::clone(self.prepared().await.map_err(VerifyError::Internal)?);
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned());
        let Ok(Ok(turn)) = turn.await else { return Err(VerifyError::Busy) };
        let (username, password) = (username.to_owned(), password.to_owned());
        let verifying = tokio::task::spawn_blocking(move || {
            // Held here, so that a request that is given up still counts until its work is done.
            let _turn = turn;
            prepared.verify(&username, &password)
        });
        verifying.await.map_err(|error| VerifyError::Internal(error.into()))
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

    fn verify(&self, username: &str, password: &str) -> bool {
        let known = self.hashes.get(username);
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
        assert!(prepared.verify("alice", "wonderland"));
        for (username, password) in
            [("alice", "Wonderland"), ("alice", ""), ("Alice", "wonderland"), ("bob", "wonderland"), ("", "")]
        {
            assert!(!prepared.verify(username, password), "{username}:{password}");
        }
    }

    #[test]
    fn hashes_are_salted() {
        assert_ne!(hash("wonderland").unwrap(), hash("wonderland").unwrap());
    }
}

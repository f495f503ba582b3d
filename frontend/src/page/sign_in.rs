use std::rc::Rc;

use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::browser::{CryptoFailed, now};
use crate::oidc::authorize::{self, Prompt};
use crate::oidc::callback::{self, CallbackError};
use crate::oidc::discovery::{DiscoveryError, discover};
use crate::oidc::id_token::{self, Expected, IdTokenError};
use crate::oidc::token::{self, TokenError};
use crate::oidc::userinfo;
use crate::storage::TokenRecord;
use crate::tab::Input;

/// How long the provider may take to show that it is there, in milliseconds: without a click, and with one.
const SILENT_TIMEOUT: u32 = 1_000;
const TIMEOUT: u32 = 5_000;

/// Why a sign-in does not begin.
#[derive(Debug, thiserror::Error)]
enum BeginError {
    #[error("The provider at {issuer} cannot be used now: {error}. Nothing was changed; try again in a moment.")]
    Provider { issuer: String, error: DiscoveryError },
    #[error("Signing in is not possible: {0}.")]
    Crypto(#[from] CryptoFailed),
    #[error("This browser could not store what a sign-in needs. Clear this site's data, then sign in again.")]
    Storage,
    #[error("This browser refused to open the provider's page. Sign in again.")]
    Navigation,
}

/// Why a sign-in does not end well. Each text says what to do.
#[derive(Debug, thiserror::Error)]
enum FinishError {
    #[error("{0}")]
    Callback(#[from] CallbackError),
    #[error("{0}")]
    Token(#[from] TokenError),
    #[error("{0}")]
    IdToken(#[from] IdTokenError),
}

impl Page {
    /// Signs in at the user's click.
    pub(super) fn sign_in(self: &Rc<Self>) {
        if self.model.is_signing_in.get_untracked() {
            return;
        }
        self.model.is_signing_in.set(true);
        self.model.sign_in_problem.set(None);
        let page = Rc::clone(self);
        spawn_local(async move {
            // On success the page is about to go.
            if let Err(error) = page.begin_sign_in(Prompt::Any).await {
                page.model.sign_in_problem.set(Some(error.to_string()));
                page.model.is_signing_in.set(false);
            }
        });
    }

    /// Asks the provider, without a click, whether the user is signed in there.
    pub(super) async fn sign_in_silently(self: &Rc<Self>) {
        if let Err(error) = self.begin_sign_in(Prompt::None).await {
            self.stay_signed_out(Some(error.to_string()));
        }
    }

    async fn begin_sign_in(&self, prompt: Prompt) -> Result<(), BeginError> {
        let silent = prompt == Prompt::None;
        let issuer = &self.config.issuer;
        let metadata = discover(issuer, if silent { SILENT_TIMEOUT } else { TIMEOUT })
            .await
            .map_err(|error| BeginError::Provider { issuer: issuer.clone(), error })?;
        let redirect_uri = format!("{}{}", self.browser.origin(), callback::PATH);
        let (transaction, address) = authorize::begin(&self.config, metadata, redirect_uri, prompt, now()).await?;
        // Without the mark, a provider that always says no would make an endless loop.
        if (silent && !self.storages.mark()) || !self.storages.begin(transaction) {
            return Err(BeginError::Storage);
        }
        if self.browser.leave(&address, silent) { Ok(()) } else { Err(BeginError::Navigation) }
    }

    /// Ends what `begin_sign_in` began, by the query of the provider's answer.
    pub(super) async fn finish_sign_in(self: &Rc<Self>, query: &str) {
        let error = match self.redeem(query).await {
            Ok(record) => return self.adopt(record, true),
            Err(error) => error,
        };
        // An answer that is good for nothing, forged perhaps, leaves a session alone that another tab has.
        if let Some(record) = self.storages.load_tokens(&self.config.issuer, now()) {
            return self.adopt(record, false);
        }
        match error {
            FinishError::Callback(CallbackError::NoSession) => self.stay_signed_out(None),
            error => self.stay_signed_out(Some(error.to_string())),
        }
    }

    async fn redeem(&self, query: &str) -> Result<TokenRecord, FinishError> {
        let answer = callback::answer(query, |state| self.storages.take(state, now()))?;
        let asked_at = now();
        let tokens = token::exchange(&self.config.client_id, &answer).await?;
        let metadata = answer.transaction.metadata;
        let expected = Expected {
            issuer: &metadata.issuer,
            client_id: &self.config.client_id,
            nonce: &answer.transaction.nonce,
            now: now(),
        };
        let identity = id_token::validate(&tokens.id_token, &tokens.access_token, &expected).await?;
        let session = identity.session;
        let user = match (identity.preferred_username, &metadata.userinfo_endpoint) {
            (Some(name), _) => name,
            (None, Some(endpoint)) => userinfo::preferred_username(endpoint, &tokens.access_token, &session.sub)
                .await
                .unwrap_or_else(|| session.sub.clone()),
            (None, None) => session.sub.clone(),
        };
        Ok(TokenRecord {
            access_token: tokens.access_token,
            id_token: tokens.id_token,
            token_type: tokens.token_type,
            expires_at: asked_at.saturating_add(tokens.expires_in),
            session,
            user,
            end_session_endpoint: metadata.end_session_endpoint,
        })
    }

    fn stay_signed_out(self: &Rc<Self>, problem: Option<String>) {
        self.model.sign_in_problem.set(problem);
        self.handle(Input::NoSession(None));
    }
}

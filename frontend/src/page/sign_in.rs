use std::rc::Rc;

use leptos::prelude::{GetUntracked, Set};
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::api;
use crate::browser::{CryptoFailed, KeyFault, now};
use crate::config::Renew;
use crate::oidc::authorize::{self, Prompt};
use crate::oidc::callback::{self, CallbackError};
use crate::oidc::discovery::{DiscoveryError, Metadata, discover};
use crate::oidc::id_token::{self, Expected, IdTokenError, Nonce};
use crate::oidc::token::{self, Grant, TokenError};
use crate::oidc::{dpop, userinfo};
use crate::storage::{Frames, TokenRecord};
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
    #[error("Signing in is not possible: {0}.")]
    Key(#[from] KeyFault),
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
        let jkt = self.jkt(&metadata).await?;
        let (transaction, address) =
            authorize::begin(&self.config, metadata, redirect_uri, prompt, jkt.as_deref(), now()).await?;
        // Without the mark, a provider that always says no would make an endless loop.
        if (silent && !self.storages.mark()) || !self.storages.begin(transaction) {
            return Err(BeginError::Storage);
        }
        if self.browser.leave(&address, silent) { Ok(()) } else { Err(BeginError::Navigation) }
    }

    /// Names the key that tokens are to be bound to, where the provider does that.
    pub(super) async fn jkt(&self, metadata: &Metadata) -> Result<Option<String>, KeyFault> {
        if !metadata.binds_to_es256 {
            return Ok(None);
        }
        let key = self.possession.key().await?;
        dpop::thumbprint(&key.point).await.map(Some).map_err(|_| KeyFault)
    }

    /// Ends what `begin_sign_in` began, by the query of the provider's answer.
    pub(super) async fn finish_sign_in(self: &Rc<Self>, query: &str) {
        let error = match self.redeem(query).await {
            Ok(record) => return self.adopt(record, true),
            Err(error) => error,
        };
        // An answer that is good for nothing, forged perhaps, leaves a session alone that another tab has.
        if let Some(record) = self.storages.load_tokens(&self.config.issuer, self.config.renew, now()) {
            return self.adopt(record, false);
        }
        match error {
            FinishError::Callback(CallbackError::LoginRequired | CallbackError::InteractionRequired) => {
                self.stay_signed_out(None)
            }
            error => self.stay_signed_out(Some(error.to_string())),
        }
    }

    async fn redeem(&self, query: &str) -> Result<TokenRecord, FinishError> {
        let answer = callback::answer(query, |state| self.storages.take(state, now()))?;
        let asked_at = now();
        let metadata = answer.transaction.metadata.clone();
        let tokens =
            token::exchange(&self.possession, &metadata, &self.config.client_id, &Grant::Code(&answer)).await?;
        let expected = Expected {
            issuer: &metadata.issuer,
            client_id: &self.config.client_id,
            nonce: Nonce::Sent(&answer.transaction.nonce),
            now: now(),
        };
        let id_token = tokens.id_token.ok_or(TokenError::Malformed)?;
        let identity = id_token::validate(&id_token, &tokens.access_token, &expected).await?;
        let session = identity.session;
        let frames = match self.config.renew {
            Renew::Iframe => self.probe_frames(&metadata).await,
            Renew::RefreshToken | Renew::Off => Frames::Untried,
        };
        let mut record = TokenRecord {
            access_token: tokens.access_token,
            id_token,
            // Where it is not used, it is not to be found.
            refresh_token: tokens.refresh_token.filter(|_| self.config.renew == Renew::RefreshToken),
            token_type: tokens.token_type,
            issued_at: asked_at,
            expires_at: asked_at.saturating_add(tokens.expires_in),
            user: identity.preferred_username.unwrap_or_default(),
            session,
            frames,
            // Random, and of no more use for anything else.
            sign_in: answer.transaction.state,
            renewals: 0,
            metadata,
        };
        if record.user.is_empty() {
            record.user = self.user_of(&record).await;
        }
        self.name_session(&record).await;
        Ok(record)
    }

    /// Tells the API which session these tokens belong to, where the access token does not.
    pub(super) async fn name_session(&self, record: &TokenRecord) {
        if !id_token::has_sid(&record.access_token) {
            api::present(&self.possession, &record.credentials(), &record.id_token).await;
        }
    }

    /// The name to show, of a user whose ID token has none.
    async fn user_of(&self, record: &TokenRecord) -> String {
        let sub = &record.session.sub;
        let name = match &record.metadata.userinfo_endpoint {
            Some(endpoint) => {
                userinfo::preferred_username(&self.possession, endpoint, &record.credentials(), sub).await
            }
            None => None,
        };
        name.unwrap_or_else(|| sub.clone())
    }

    fn stay_signed_out(self: &Rc<Self>, problem: Option<String>) {
        self.model.sign_in_problem.set(problem);
        self.handle(Input::NoSession(None));
    }
}

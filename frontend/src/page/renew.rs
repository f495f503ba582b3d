use std::rc::Rc;

use app::app_b::Renewing;
use js_sys::Promise;
use leptos::prelude::Set;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::Page;
use crate::browser::{Turn, WebLock, ask_in_frame, at_most, jitter, last_renewals, note_renewals, now, sleep};
use crate::config::Renew;
use crate::oidc::authorize::{self, Prompt};
use crate::oidc::callback::{self, Answer, CallbackError};
use crate::oidc::discovery::Metadata;
use crate::oidc::id_token::{self, Expected, Nonce};
use crate::oidc::token::{self, Grant, TokenError};
use crate::possession::Possession;
use crate::renewal::{Outcome, Shelf, Stored, compare, is_behind, may_keep, note};
use crate::storage::{Frames, TokenRecord};
use crate::stream::Backoff;
use crate::tab::Input;

/// How long another tab may take to renew, in milliseconds: longer than all its timeouts together.
const TURN_TIMEOUT: u32 = 30_000;

/// How long the provider may take to answer a frame, in milliseconds.
const FRAME_TIMEOUT: u32 = 5_000;

/// How often, and after how many milliseconds each time, a tab looks for what another process has stored.
const CATCH_UP_LOOKS: u32 = 100;
const CATCH_UP_PAUSE: u32 = 20;

/// How long it may while the user waits for the sign-in to end, in milliseconds.
const PROBE_TIMEOUT: u32 = 2_000;

impl Page {
    /// Renews the tokens, and tries again for as long as it is not known what is the case.
    pub(super) fn renew(self: &Rc<Self>) {
        let Some(due) = self.tokens.borrow().as_ref().map(|tokens| tokens.access_token.clone()) else { return };
        let page = Rc::clone(self);
        spawn_local(async move {
            let mut backoff = Backoff::default();
            let mut waits = true;
            loop {
                let outcome = page.renew_once(&due, waits).await;
                // What another process has noted and never stored is lost: the provider has the last word then.
                waits = false;
                page.let_others_renew();
                let input = match outcome {
                    // The session ended here meanwhile: whatever came is of no use.
                    _ if page.tokens.borrow().is_none() => return,
                    Outcome::Renewed(record) => page.take_over(*record),
                    Outcome::Refused => Input::RenewalRefused,
                    Outcome::Impossible => Input::RenewalImpossible,
                    Outcome::Gone => Input::Gone,
                    Outcome::Failed => Input::NotRenewed,
                };
                let is_over = input != Input::NotRenewed;
                page.model.renewing.set(if is_over { Renewing::Fine } else { Renewing::Reconnecting });
                page.handle(input);
                if is_over {
                    return;
                }
                page.model.is_waiting.set(true);
                let hurried = Promise::new(&mut |hurry, _| drop(page.hurry.replace(Some(hurry))));
                at_most(backoff.next(jitter), &hurried).await;
            }
        });
    }

    /// Tries to renew at once, where it is waited with that.
    pub(super) fn hurry_renewal(&self) {
        if let Some(hurry) = self.hurry.take() {
            _ = hurry.call0(&JsValue::UNDEFINED);
        }
    }

    /// Lets go of the lock of the renewal.
    pub(super) fn let_others_renew(&self) {
        drop(self.renewal.take());
    }

    /// Takes over what another tab has renewed and stored.
    pub(super) fn notice_stored_tokens(self: &Rc<Self>) {
        let mine = self.tokens.borrow().clone();
        if let Some(mine) = mine
            && let Stored::Newer(record) = compare(&mine, self.storages.read_tokens(), now())
        {
            let input = self.take_over(*record);
            self.handle(input);
        }
    }

    fn take_over(&self, record: TokenRecord) -> Input {
        let session = self.session_of(&record);
        self.tokens.replace(Some(record));
        Input::Renewed(session)
    }

    /// One tab at a time, and each looks first what the one before has done.
    ///
    /// With `waits`, what another process has noted and not yet stored is waited for.
    async fn renew_once(&self, due: &str, waits: bool) -> Outcome {
        let name = format!("curfew-b-renewal-{}", self.config.client_id);
        match WebLock::wait(&name, TURN_TIMEOUT).await {
            Turn::Granted(lock) => drop(self.renewal.replace(lock)),
            Turn::TimedOut => return Outcome::Failed,
        }
        let Some(mine) = self.tokens.borrow().clone() else { return Outcome::Gone };
        if mine.access_token != due {
            // Taken over while this tab was waiting.
            return Outcome::Renewed(Box::new(mine));
        }
        let noted = last_renewals().await.unwrap_or_default();
        if waits && !self.has_caught_up(&mine, &noted).await {
            return Outcome::Failed;
        }
        let generation = self.storages.generation();
        let record = match compare(&mine, self.read_stored(&mine), now()) {
            Stored::Gone => return Outcome::Gone,
            Stored::Newer(record) => return Outcome::Renewed(record),
            Stored::Same(record) => *record,
        };
        let renewed = match self.config.renew {
            Renew::RefreshToken => self.renew_by_refresh_token(&record).await,
            Renew::Iframe => self.renew_in_frame(&record).await,
            Renew::Off => return Outcome::Impossible,
        };
        match renewed {
            Ok(renewed) => self.keep(renewed, &record, generation, &noted).await,
            // A tab without locks may have been faster with the same refresh token (T-23).
            Err(Outcome::Refused) => match compare(&record, self.read_stored(&record), now()) {
                Stored::Newer(record) => Outcome::Renewed(record),
                _ => Outcome::Refused,
            },
            Err(outcome) => outcome,
        }
    }

    /// What is stored for all tabs; where the browser stores nothing, what this tab has.
    fn read_stored(&self, mine: &TokenRecord) -> Option<TokenRecord> {
        if self.is_stored.get() { self.storages.read_tokens() } else { Some(mine.clone()) }
    }

    /// Waits until this process sees what the one that renewed last has stored.
    async fn has_caught_up(&self, mine: &TokenRecord, noted: &str) -> bool {
        for _ in 0..CATCH_UP_LOOKS {
            if !self.read_stored(mine).is_some_and(|stored| is_behind(&stored, noted)) {
                return true;
            }
            sleep(CATCH_UP_PAUSE).await;
        }
        false
    }

    /// Stores what the provider gave, unless the session ended meanwhile: then nobody is to have it (T-11).
    async fn keep(&self, renewed: TokenRecord, before: &TokenRecord, generation: u64, noted: &str) -> Outcome {
        let is_here = self.tokens.borrow().is_some();
        let found = Shelf { generation: self.storages.generation(), record: self.read_stored(before) };
        let may_keep = is_here && may_keep(before, generation, &found);
        // Without its turn (the page was left meanwhile), another tab may have used the same refresh token: then what that
        // one stored is good, and this is not. A new sign-in to the same session is as good.
        if (!may_keep || self.renewal.borrow().is_none())
            && let Stored::Newer(stored) = compare(before, found.record, now())
        {
            if !may_keep {
                self.discard(renewed);
            }
            return if is_here { Outcome::Renewed(stored) } else { Outcome::Gone };
        }
        if !may_keep {
            self.discard(renewed);
            return Outcome::Gone;
        }
        let is_stored = self.storages.store_renewed(&renewed, generation);
        self.is_stored.set(is_stored);
        if is_stored {
            note_renewals(&note(noted, &renewed)).await;
        }
        Outcome::Renewed(Box::new(renewed))
    }

    /// Ends tokens that nobody will use.
    fn discard(&self, record: TokenRecord) {
        let (possession, client_id) = (Rc::clone(&self.possession), self.config.client_id.clone());
        spawn_local(async move { end_tokens(&possession, &client_id, &record).await });
    }

    async fn renew_by_refresh_token(&self, record: &TokenRecord) -> Result<TokenRecord, Outcome> {
        let refresh_token = record.refresh_token.as_deref().ok_or(Outcome::Impossible)?;
        self.next_record(record, &Grant::RefreshToken(refresh_token), Nonce::AbsentOrOf(&record.id_token)).await
    }

    async fn renew_in_frame(&self, record: &TokenRecord) -> Result<TokenRecord, Outcome> {
        let answer = match self.ask_silently(&record.metadata, FRAME_TIMEOUT).await {
            Some(Ok(answer)) => answer,
            // Only where the provider is known to get its cookie in a frame, "nobody is signed in" is true (T-15).
            Some(Err(CallbackError::LoginRequired)) if record.frames == Frames::Seen => return Err(Outcome::Refused),
            Some(Err(CallbackError::LoginRequired | CallbackError::InteractionRequired)) => {
                return Err(Outcome::Impossible);
            }
            Some(Err(_)) | None => return Err(Outcome::Failed),
        };
        let nonce = answer.transaction.nonce.clone();
        let renewed = self.next_record(record, &Grant::Code(&answer), Nonce::Sent(&nonce)).await?;
        Ok(TokenRecord { frames: Frames::Seen, ..renewed })
    }

    async fn next_record(
        &self,
        record: &TokenRecord,
        grant: &Grant<'_>,
        nonce: Nonce<'_>,
    ) -> Result<TokenRecord, Outcome> {
        let asked_at = now();
        let tokens = match token::exchange(&self.possession, &record.metadata, &self.config.client_id, grant).await {
            Ok(tokens) => tokens,
            // A code that is refused may have waited too long; only a refresh token lives as long as the session.
            Err(TokenError::InvalidGrant) if matches!(grant, Grant::RefreshToken(_)) => return Err(Outcome::Refused),
            // What was spent for it cannot be asked for again: these tokens last as long as they do.
            Err(TokenError::Malformed | TokenError::WrongType) => return Err(Outcome::Impossible),
            // T-26
            Err(_) => return Err(Outcome::Failed),
        };
        if let Some(id_token) = &tokens.id_token {
            let expected =
                Expected { issuer: &record.metadata.issuer, client_id: &self.config.client_id, nonce, now: now() };
            let identity = id_token::validate(id_token, &tokens.access_token, &expected).await;
            // Core section 12.2. Somebody else has signed in at the provider: this session is over.
            if !identity.map_err(|_| Outcome::Impossible)?.is_of(&record.session) {
                return Err(Outcome::Refused);
            }
        }
        // Where none is used, none is to be found.
        let refresh_token = tokens.refresh_token.filter(|_| self.config.renew == Renew::RefreshToken);
        let renewed = TokenRecord {
            access_token: tokens.access_token,
            id_token: tokens.id_token.unwrap_or_else(|| record.id_token.clone()),
            // RFC 6749 section 6: without a new one, the old one stays good.
            refresh_token: refresh_token.or_else(|| record.refresh_token.clone()),
            token_type: tokens.token_type,
            issued_at: asked_at,
            expires_at: asked_at.saturating_add(tokens.expires_in),
            renewals: record.renewals.saturating_add(1),
            ..record.clone()
        };
        self.name_session(&renewed).await;
        Ok(renewed)
    }

    /// Whether the provider gets its cookie in a frame of this page; asked when its session is known to be there.
    pub(super) async fn probe_frames(&self, metadata: &Metadata) -> Frames {
        match self.ask_silently(metadata, PROBE_TIMEOUT).await {
            Some(Ok(_)) => Frames::Seen,
            Some(Err(CallbackError::LoginRequired | CallbackError::InteractionRequired)) => Frames::Blocked,
            _ => Frames::Untried,
        }
    }

    /// Asks the provider by `prompt=none` in a frame. None if it does not answer.
    async fn ask_silently(&self, metadata: &Metadata, timeout: u32) -> Option<Result<Answer, CallbackError>> {
        let jkt = self.jkt(metadata).await.ok()?;
        let redirect_uri = format!("{}{}", self.browser.origin(), callback::SILENT_PATH);
        let begun =
            authorize::begin(&self.config, metadata.clone(), redirect_uri, Prompt::None, jkt.as_deref(), now()).await;
        let (transaction, address) = begun.ok()?;
        let answer = ask_in_frame(&self.browser, &address, timeout).await.ok()?;
        let query = answer.strip_prefix('?').unwrap_or(&answer);
        let state = transaction.state.clone();
        Some(callback::answer(query, move |answered| (answered == state).then_some(transaction)))
    }
}

/// Tells the provider that these tokens are of no more use, if it wants to know.
pub(super) async fn end_tokens(possession: &Possession, client_id: &str, record: &TokenRecord) {
    if let Some(endpoint) = &record.metadata.revocation_endpoint {
        let token = record.refresh_token.as_deref().unwrap_or(&record.access_token);
        token::revoke(possession, endpoint, client_id, token, record.is_bound()).await;
    }
}

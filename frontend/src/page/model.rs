use app::app_b::{
    ApiResult, Listening, Notes, ProviderSignOut, Renewing, SessionFacts, SignedInSignals, SignedOutSignals,
};
use leptos::prelude::{ArcRwSignal, Set};

/// What the screens follow. Counted, not owned by a screen's arena: a request may come back, and an effect may still run,
/// after the screen is gone, and reading a signal that went with it panics.
pub(super) struct Model {
    pub(super) notes: ArcRwSignal<Notes>,
    pub(super) draft: ArcRwSignal<String>,
    /// What went wrong with the last change of the notes.
    pub(super) problem: ArcRwSignal<Option<String>>,
    pub(super) api_result: ArcRwSignal<Option<ApiResult>>,
    pub(super) facts: ArcRwSignal<SessionFacts>,
    pub(super) listening: ArcRwSignal<Listening>,
    pub(super) renewing: ArcRwSignal<Renewing>,
    /// Whether the server does not answer while the session is being checked.
    pub(super) is_waiting: ArcRwSignal<bool>,
    pub(super) provider: ArcRwSignal<ProviderSignOut>,
    /// Whether a sign-in is being started.
    pub(super) is_signing_in: ArcRwSignal<bool>,
    /// Why the last one failed.
    pub(super) sign_in_problem: ArcRwSignal<Option<String>>,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            notes: ArcRwSignal::new(Notes::Loading),
            draft: ArcRwSignal::default(),
            problem: ArcRwSignal::default(),
            api_result: ArcRwSignal::default(),
            facts: ArcRwSignal::default(),
            listening: ArcRwSignal::new(Listening::Connecting),
            renewing: ArcRwSignal::default(),
            is_waiting: ArcRwSignal::default(),
            provider: ArcRwSignal::new(ProviderSignOut::NotAsked),
            is_signing_in: ArcRwSignal::default(),
            sign_in_problem: ArcRwSignal::default(),
        }
    }

    /// Forgets what belonged to the session.
    pub(super) fn forget(&self) {
        self.notes.set(Notes::Loading);
        self.draft.set(String::new());
        self.problem.set(None);
        self.api_result.set(None);
        self.facts.set(SessionFacts::default());
        self.renewing.set(Renewing::Fine);
    }

    pub(super) fn signed_in(&self) -> SignedInSignals {
        SignedInSignals {
            notes: self.notes.read_only(),
            draft: self.draft.clone(),
            problem: self.problem.read_only(),
            api_result: self.api_result.read_only(),
            facts: self.facts.read_only(),
            listening: self.listening.read_only(),
            renewing: self.renewing.read_only(),
        }
    }

    pub(super) fn signed_out(&self) -> SignedOutSignals {
        SignedOutSignals {
            api_result: self.api_result.read_only(),
            provider: self.provider.read_only(),
            busy: self.is_signing_in.read_only(),
            problem: self.sign_in_problem.read_only(),
        }
    }
}

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::TURN_PATIENCE;

/// How many attempts are under way at the same time, over all apps and sign-outs.
const PARALLEL: u32 = 64;
/// How many of them go to one app, so that an app that hangs does not hold the others up.
pub(super) const PARALLEL_PER_APP: usize = 8;
/// How many of them go to apps that have registered themselves, of which there can be many that hang.
const PARALLEL_OF_THIRD_PARTIES: usize = 16;

/// Who may send now.
#[derive(Debug)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    /// Of apps to which something is being sent.
    per_app: Mutex<BTreeMap<String, Arc<Semaphore>>>,
    third_parties: Arc<Semaphore>,
    changed: Arc<Notify>,
}

/// The right to make one attempt. Whoever has it keeps it until the attempt is recorded.
#[derive(Debug)]
pub(super) struct Turn {
    // In this order: the worker is woken when there is a turn to be had.
    _of_all: OwnedSemaphorePermit,
    _of_third_parties: Option<OwnedSemaphorePermit>,
    _of_app: OwnedSemaphorePermit,
    _wake: WakeOnDrop,
}

#[derive(Debug)]
struct WakeOnDrop(Arc<Notify>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(PARALLEL as usize)),
            per_app: Mutex::default(),
            third_parties: Arc::new(Semaphore::new(PARALLEL_OF_THIRD_PARTIES)),
            changed: Arc::new(Notify::new()),
        }
    }

    /// A turn for this app, if there is one.
    pub(super) fn try_take(&self, client_id: &str, is_third_party: bool) -> Option<Turn> {
        let of_app = self.of_app(client_id).try_acquire_owned().ok()?;
        let of_third_parties = match is_third_party {
            true => Some(Arc::clone(&self.third_parties).try_acquire_owned().ok()?),
            false => None,
        };
        let of_all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(self.turn(of_all, of_third_parties, of_app))
    }

    /// Waits a while for a turn for this app.
    pub(super) async fn take(&self, client_id: &str, is_third_party: bool) -> Option<Turn> {
        let both = async {
            // First the app's own, or the turns of all would wait for the app that is slow.
            let of_app = self.of_app(client_id).acquire_owned().await.ok()?;
            let of_third_parties = match is_third_party {
                true => Some(Arc::clone(&self.third_parties).acquire_owned().await.ok()?),
                false => None,
            };
            let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(self.turn(of_all, of_third_parties, of_app))
        };
        tokio::time::timeout(TURN_PATIENCE, both).await.ok()?
    }

    /// Resolves when no attempt is under way.
    pub(super) async fn idle(&self) {
        // It fails only once the semaphore is closed, which it never is.
        drop(self.all.acquire_many(PARALLEL).await);
    }

    /// Resolves when a turn has become free, or the outbox has changed, since the last call.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    fn turn(
        &self,
        of_all: OwnedSemaphorePermit,
        of_third_parties: Option<OwnedSemaphorePermit>,
        of_app: OwnedSemaphorePermit,
    ) -> Turn {
        let wake = WakeOnDrop(Arc::clone(&self.changed));
        Turn { _of_all: of_all, _of_third_parties: of_third_parties, _of_app: of_app, _wake: wake }
    }

    fn of_app(&self, client_id: &str) -> Arc<Semaphore> {
        let mut per_app = self.per_app.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever sends, or waits to, holds it.
        per_app.retain(|_, turns| Arc::strong_count(turns) > 1);
        let turns = per_app.entry(client_id.to_owned());
        Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(PARALLEL_PER_APP))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BCL-07: however many apps have registered themselves and hang, the others get their turns.
    #[test]
    fn third_parties_leave_turns_to_the_others() {
        let turns = Turns::new();
        let held: Vec<Turn> = (0..100).filter_map(|n| turns.try_take(&n.to_string(), true)).collect();
        assert_eq!(held.len(), PARALLEL_OF_THIRD_PARTIES);
        let of_one: Vec<Turn> = (0..100).filter_map(|_| turns.try_take("app-a", false)).collect();
        assert_eq!(of_one.len(), PARALLEL_PER_APP);
        drop(held);
        assert!(turns.try_take("0", true).is_some());
    }

    #[test]
    fn only_apps_to_which_something_is_sent_are_kept_in_mind() {
        let turns = Turns::new();
        let held = turns.try_take("app-a", false);
        for n in 0..100 {
            assert!(turns.try_take(&n.to_string(), false).is_some());
        }
        assert_eq!(turns.per_app.lock().unwrap().len(), 2, "the one that is held, and the last");
        drop(held);
    }
}

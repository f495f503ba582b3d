use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// So many requests are fetched at the same time; who registers much can make the provider no busier than that.
pub(super) const AT_ONCE: usize = 16;
/// So many of them for one client, so that a client whose server hangs does not hold the others up.
const AT_ONCE_PER_CLIENT: usize = 4;
/// So many more may wait until one of those is done; beyond that, more only wait in vain.
const WAITING_PER_CLIENT: usize = 16;
/// For so long, in seconds, a client's server is left alone that could not be reached.
const COOL_DOWN: i64 = 10;

/// Who may fetch now.
#[derive(Debug)]
pub(super) struct Places {
    all: Semaphore,
    /// Of those for whom something is fetched, or whose server is left alone: no more than there are clients.
    clients: Mutex<BTreeMap<String, OfClient>>,
}

#[derive(Debug)]
struct OfClient {
    turns: Arc<Semaphore>,
    /// How many have a place, or wait for one.
    inside: usize,
    /// When its server could not be reached, if it was not reached since.
    failed_at: Option<i64>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// Too many want the same.
    Busy,
    /// It would be in vain.
    CoolingDown,
}

/// The right to fetch one thing for one client.
#[derive(Debug)]
pub(super) struct Place<'a> {
    _of_all: SemaphorePermit<'a>,
    _of_client: OwnedSemaphorePermit,
    inside: Inside<'a>,
}

/// One of those who are [`OfClient::inside`].
#[derive(Debug)]
struct Inside<'a> {
    places: &'a Places,
    client_id: &'a str,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { all: Semaphore::new(AT_ONCE), clients: Mutex::default() }
    }

    /// Waits for a place. How long is the caller's to say.
    pub(super) async fn take<'a>(&'a self, client_id: &'a str, now: i64) -> Result<Place<'a>, NoPlace> {
        let (inside, turns) = self.enter(client_id, now)?;
        // First the client's own, or the places of all would wait for the client that is slow. None is ever closed.
        let of_client = turns.acquire_owned().await.map_err(|_| NoPlace::Busy)?;
        // Those before may have learned that nobody is there.
        if self.clients().get(client_id).is_some_and(|client| client.is_cooling_down(now)) {
            return Err(NoPlace::CoolingDown);
        }
        let of_all = self.all.acquire().await.map_err(|_| NoPlace::Busy)?;
        Ok(Place { _of_all: of_all, _of_client: of_client, inside })
    }

    fn enter<'a>(&'a self, client_id: &'a str, now: i64) -> Result<(Inside<'a>, Arc<Semaphore>), NoPlace> {
        let mut clients = self.clients();
        clients.retain(|_, client| client.inside > 0 || client.is_cooling_down(now));
        let client = clients.entry(client_id.to_owned()).or_insert_with(|| OfClient {
            turns: Arc::new(Semaphore::new(AT_ONCE_PER_CLIENT)),
            inside: 0,
            failed_at: None,
        });
        if client.is_cooling_down(now) {
            return Err(NoPlace::CoolingDown);
        }
        if client.inside == AT_ONCE_PER_CLIENT + WAITING_PER_CLIENT {
            return Err(NoPlace::Busy);
        }
        client.inside += 1;
        Ok((Inside { places: self, client_id }, Arc::clone(&client.turns)))
    }

    fn clients(&self) -> MutexGuard<'_, BTreeMap<String, OfClient>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// Says whether somebody was there.
    pub(super) fn settle(self, was_reached: bool, now: i64) {
        if let Some(client) = self.inside.places.clients().get_mut(self.inside.client_id) {
            client.failed_at = (!was_reached).then_some(now);
        }
    }
}

impl OfClient {
    fn is_cooling_down(&self, now: i64) -> bool {
        self.failed_at.is_some_and(|failed_at| (0..COOL_DOWN).contains(&(now - failed_at)))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.places.clients().get_mut(self.client_id) {
            client.inside -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// What is to be had without waiting.
    fn try_take<'a>(places: &'a Places, client_id: &'a str, now: i64) -> Option<Result<Place<'a>, NoPlace>> {
        places.take(client_id, now).now_or_never()
    }

    #[test]
    fn one_client_leaves_places_to_the_others() {
        let places = Places::new();
        let of_one: Vec<Place<'_>> = (0..100).map_while(|_| try_take(&places, "a", 0)).map(Result::unwrap).collect();
        assert_eq!(of_one.len(), AT_ONCE_PER_CLIENT);
        let others = ["b", "c", "d"].map(|client_id| {
            (0..AT_ONCE_PER_CLIENT).map(|_| try_take(&places, client_id, 0).unwrap().unwrap()).collect::<Vec<_>>()
        });
        assert!(try_take(&places, "e", 0).is_none(), "there are no more than {AT_ONCE}");
        drop(others);
        assert!(try_take(&places, "e", 0).is_some_and(|place| place.is_ok()));
    }

    #[tokio::test]
    async fn so_many_wait_and_no_more() {
        let places = Places::new();
        let mut held: Vec<Place<'_>> = Vec::new();
        for _ in 0..AT_ONCE_PER_CLIENT {
            held.push(places.take("a", 0).await.unwrap());
        }
        let mut waiting: Vec<_> = (0..WAITING_PER_CLIENT).map(|_| Box::pin(places.take("a", 0))).collect();
        assert!(waiting.iter_mut().all(|wait| wait.now_or_never().is_none()));
        assert_eq!(places.take("a", 0).await.unwrap_err(), NoPlace::Busy);
        // Whoever goes away leaves room.
        waiting.pop();
        assert!(try_take(&places, "a", 0).is_none());
        held.pop().unwrap().settle(true, 0);
        assert!(waiting.remove(0).await.is_ok(), "who came first is first");
    }

    #[tokio::test]
    async fn who_cannot_be_reached_is_left_alone_for_a_while() {
        let places = Places::new();
        let mut held: Vec<Place<'_>> = Vec::new();
        for _ in 0..AT_ONCE_PER_CLIENT {
            held.push(places.take("a", 100).await.unwrap());
        }
        let mut waiting = Box::pin(places.take("a", 100));
        assert!(waiting.as_mut().now_or_never().is_none());
        held.pop().unwrap().settle(false, 100);
        assert_eq!(waiting.await.unwrap_err(), NoPlace::CoolingDown, "it waited for nothing");
        drop(held);
        assert_eq!(places.take("a", 109).await.unwrap_err(), NoPlace::CoolingDown);
        assert!(places.take("b", 109).await.is_ok(), "another client's is called");
        places.take("a", 110).await.unwrap().settle(true, 110);
        assert!(places.take("a", 110).await.is_ok());
    }

    #[tokio::test]
    async fn only_clients_that_matter_are_kept_in_mind() {
        let places = Places::new();
        let held = places.take("held", 0).await;
        places.take("failed", 0).await.unwrap().settle(false, 0);
        for n in 0..100 {
            places.take(&n.to_string(), 0).await.unwrap().settle(true, 0);
        }
        assert_eq!(places.clients().len(), 3, "those two, and the last");
        places.take("last", COOL_DOWN).await.unwrap().settle(true, COOL_DOWN);
        assert_eq!(places.clients().len(), 2, "the one that is held, and the last");
        drop(held);
    }
}

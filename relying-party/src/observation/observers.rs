use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use super::{Observation, Observer};

/// Who is told of observations: nobody by default, or several, each in its turn.
#[derive(Clone, Default)]
pub struct Observers(Option<Arc<[Arc<dyn Observer>]>>);

impl Observers {
    /// These and one more.
    #[must_use]
    pub fn and(self, observer: Arc<dyn Observer>) -> Self {
        let known = self.0.iter().flat_map(|known| known.iter().cloned());
        Self(Some(known.chain([observer]).collect()))
    }

    /// Whether nobody is told.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Tells all of them. The observation is not even made when there is nobody.
    pub(crate) fn tell<'a>(&self, observation: impl FnOnce() -> Observation<'a>) {
        if let Some(observers) = &self.0 {
            let observation = observation();
            observers.iter().for_each(|observer| observer.observe(&observation));
        }
    }

    /// The work of this request, to be done in another task, with what the first observer brings there that has something.
    pub(crate) fn carry<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let carried = self.0.iter().flat_map(|observers| observers.iter()).find_map(|observer| observer.carry());
        async move {
            let Some(carried) = carried else { return work.await };
            let mut work = pin!(work);
            poll_fn(|context| {
                let mut polled = None;
                carried.run(&mut || {
                    if polled.is_none() {
                        polled = Some(work.as_mut().poll(context));
                    }
                });
                // Nobody who only looks on may keep the work from being done.
                polled.unwrap_or_else(|| work.as_mut().poll(context))
            })
            .await
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Observers({})", self.0.as_ref().map_or(0, |observers| observers.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::task::Poll;

    use super::*;
    use crate::observation::Carried;

    thread_local!(static HERE: Cell<u32> = const { Cell::new(0) });

    /// Runs a step so many times, which should be one.
    struct Steps(usize);

    impl Carried for Steps {
        fn run(&self, step: &mut dyn FnMut()) {
            HERE.set(HERE.get() + 1);
            (0..self.0).for_each(|_| step());
            HERE.set(HERE.get() - 1);
        }
    }

    impl Observer for Steps {
        fn observe(&self, _observation: &Observation<'_>) {}

        fn carry(&self) -> Option<Arc<dyn Carried>> {
            Some(Arc::new(Self(self.0)))
        }
    }

    /// Waits once, and says at each step what is there.
    async fn work() -> [u32; 2] {
        let before = HERE.get();
        let mut waited = false;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        [before, HERE.get()]
    }

    /// An observer that does not run a step, or runs it again, changes nothing about the work.
    #[tokio::test]
    async fn what_an_observer_carries_is_there_at_each_step_of_the_work() {
        for (steps, expected) in [(1, [1, 1]), (0, [0, 0]), (3, [1, 1])] {
            let observers = Observers::default().and(Arc::new(Steps(steps)));
            assert_eq!(tokio::spawn(observers.carry(work())).await.unwrap(), expected, "{steps}");
        }
        assert_eq!(tokio::spawn(Observers::default().carry(work())).await.unwrap(), [0, 0]);
    }
}

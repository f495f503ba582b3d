use std::fmt;
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
}

impl fmt::Debug for Observers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Observers({})", self.0.as_ref().map_or(0, |observers| observers.len()))
    }
}

//! What the parties report to the lab: their observations, in words, over HTTP.

mod app;
mod provider;
mod queue;
mod sections;

use std::sync::Arc;

use ::app::lab::wire::{Kind, Outcome, Place, Report};

use super::clock::now;
use crate::cli::PartyKind;
use crate::config::Config;
pub(super) use queue::{Queue, deliver};
use sections::Section;

/// Who the provider's clients are.
#[derive(Clone)]
pub(super) struct Names {
    app_a: String,
    app_b: String,
}

impl Names {
    /// None without the two apps.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let (app_a, app_b) = config.app_a.as_ref().zip(config.app_b.as_ref())?;
        Some(Self { app_a: app_a.client_id.clone(), app_b: app_b.client_id.clone() })
    }

    fn place(&self, client: &str) -> Option<Place> {
        if client == self.app_a {
            Some(Place::AppA)
        } else if client == self.app_b {
            Some(Place::AppB)
        } else {
            None
        }
    }

    fn title(&self, client: &str) -> &'static str {
        match self.place(client) {
            Some(Place::AppA) => "App A",
            Some(_) => "App B",
            None => "another app",
        }
    }
}

/// Listens to one party, and puts what it hears into its queue.
pub(super) struct Listener {
    pub(super) kind: PartyKind,
    pub(super) names: Names,
    pub(super) queue: Arc<Queue>,
}

impl ::provider::Observer for Listener {
    fn observe(&self, observation: &::provider::Observation<'_>) {
        provider::reports(&self.names, observation).into_iter().for_each(|sketch| self.queue.push(sketch.at(now())));
    }
}

impl relying_party::Observer for Listener {
    fn observe(&self, observation: &relying_party::Observation<'_>) {
        let place = if self.kind == PartyKind::AppA { Place::AppA } else { Place::AppB };
        app::reports(&place, observation).into_iter().for_each(|sketch| self.queue.push(sketch.at(now())));
    }
}

/// A report without its time.
#[derive(Debug)]
struct Sketch {
    from: Place,
    to: Place,
    kind: Kind,
    outcome: Outcome,
    label: String,
    carries: Vec<(&'static str, String)>,
    section: Option<Section>,
}

/// A message from one place to another, or something that happens in one.
fn sketch(from: Place, to: Place, kind: Kind, outcome: Outcome, label: impl Into<String>) -> Sketch {
    Sketch { from, to, kind, outcome, label: label.into(), carries: Vec::new(), section: None }
}

impl Sketch {
    fn carries(mut self, name: &'static str, value: impl ToString) -> Self {
        self.carries.push((name, value.to_string()));
        self
    }

    fn carries_some(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.carries(name, value),
            None => self,
        }
    }

    fn follows(self, section: Section) -> Self {
        Self { section: Some(section), ..self }
    }

    fn at(self, at: f64) -> Report {
        let Self { from, to, kind, outcome, label, carries, section } = self;
        let carries = carries.into_iter().map(|(name, value)| (name.to_owned(), shortened(value))).collect();
        Report { at, from, to, kind, outcome, label, carries, section: section.map(Into::into) }
    }
}

/// What an app answers to a logout token can be long.
fn shortened(mut value: String) -> String {
    const LONGEST: usize = 300;
    if let Some((end, _)) = value.char_indices().nth(LONGEST) {
        value.truncate(end);
        value.push('…');
    }
    value
}

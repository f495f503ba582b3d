//! `PUT /api/switches`: changes the running demo. Parties that the change concerns are started again on their sockets, and
//! lose nothing by it.

use std::sync::PoisonError;

use app::lab::wire::{Event, Kind, Outcome, Place, RenewSwitch, Report, State, Switches};
use axum::extract::rejection::JsonRejection;
use axum::{Json, extract};
use provider::GrantType;

use super::Lab;
use super::clock::now;
use super::problem::Problem;
use super::state::switches_of;
use crate::StartError;
use crate::cli::PartyKind;
use crate::config::{Config, Renew};
use crate::running::Parties;

/// What an access token may live, in seconds.
const LIFETIMES: std::ops::RangeInclusive<u32> = 10..=3_600;

/// How slow App B may be, in milliseconds.
const SLOWEST: u32 = 5_000;

const KINDS: [PartyKind; 3] = [PartyKind::Provider, PartyKind::AppA, PartyKind::AppB];

pub(super) async fn put(
    extract::State(lab): extract::State<Lab>,
    body: Result<Json<Switches>, JsonRejection>,
) -> Result<Json<State>, Problem> {
    let Json(wanted) = body?;
    // Whoever asked may go away meanwhile: half a change would leave a party down.
    match tokio::spawn(change(lab, wanted)).await {
        Ok(changed) => changed.map(Json),
        Err(_) => Err(Problem::Switch("the change was interrupted".to_owned())),
    }
}

async fn change(lab: Lab, wanted: Switches) -> Result<State, Problem> {
    // One at a time: the second sees what the first has made.
    let mut parties = lab.0.parties.lock().await;
    let before = lab.switches();
    check(&wanted, &before)?;
    let new = configured(&lab.0.started_with, &wanted)?;
    lab.0.seams.slow_app_b(wanted.slow_app_b);
    let mut standing = Switches { slow_app_b: wanted.slow_app_b, ..before };
    let mut failed = None;
    for kind in KINDS {
        match set(&mut parties, kind, is_on(kind, &wanted), &new).await {
            Ok(done) => {
                done.into_iter().for_each(|label| lab.0.events.add(&Event::Report(switched(kind, label))));
                follow(kind, &wanted, &mut standing);
            }
            Err(error) => {
                tracing::error!(party = kind.name(), %error, "a switch of the lab could not be set");
                failed = Some(Problem::Switch(did_not_start(kind, &error)));
                break;
            }
        }
    }
    // What is shown is what is, however far this has come.
    standing.app_a = parties.serves_with(PartyKind::AppA).is_some();
    standing.app_b = parties.serves_with(PartyKind::AppB).is_some();
    *lab.0.switches.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    let state = lab.state();
    lab.0.events.add(&Event::State(state.clone()));
    failed.map_or(Ok(state), Err)
}

/// Stops or starts a party, or starts it again, unless it is as it should be; what was done.
async fn set(
    parties: &mut Parties,
    kind: PartyKind,
    should_be_up: bool,
    config: &Config,
) -> Result<Option<&'static str>, StartError> {
    let done = match (parties.serves_with(kind), should_be_up) {
        (Some(_), false) => {
            parties.take_down(kind).await;
            "is stopped"
        }
        (None, true) => {
            parties.restart(kind, config).await?;
            "is started"
        }
        (Some(now), true) if what_matters(kind, now) != what_matters(kind, config) => {
            parties.restart(kind, config).await?;
            "is started again"
        }
        (Some(_), true) | (None, false) => return Ok(None),
    };
    Ok(Some(done))
}

/// A party is as it should be: so are its switches. App B comes last, and follows App A where they share one.
fn follow(kind: PartyKind, wanted: &Switches, standing: &mut Switches) {
    match kind {
        PartyKind::Provider => {
            (standing.front_channel, standing.back_channel) = (wanted.front_channel, wanted.back_channel);
            standing.access_token_lifetime = wanted.access_token_lifetime;
        }
        PartyKind::AppA => (standing.push, standing.broadcast) = (wanted.push, wanted.broadcast),
        PartyKind::AppB => standing.renew = wanted.renew,
    }
}

/// What happened, and what to do about it.
fn did_not_start(kind: PartyKind, error: &StartError) -> String {
    let (name, again) = match kind {
        PartyKind::Provider => ("The provider", "and change a switch, which starts it again"),
        PartyKind::AppA => ("App A", "and switch App A on"),
        PartyKind::AppB => ("App B", "and switch App B on"),
    };
    format!("{name} did not start and is down now. Mend this {again}: {error}")
}

/// What stood before may stand, also where the demo was started with something else.
fn check(wanted: &Switches, before: &Switches) -> Result<(), Problem> {
    let refused = |sentence: String| Err(Problem::Value(sentence));
    let lifetime = wanted.access_token_lifetime;
    if lifetime != before.access_token_lifetime && !LIFETIMES.contains(&lifetime) {
        let (least, most) = (LIFETIMES.start(), LIFETIMES.end());
        return refused(format!("An access token lives between {least} and {most} seconds here, not {lifetime}."));
    }
    if wanted.slow_app_b > SLOWEST {
        return refused(format!("App B takes at most {SLOWEST} ms to answer here, not {}.", wanted.slow_app_b));
    }
    Ok(())
}

/// The configuration of the start with these switches.
fn configured(at_start: &Config, switches: &Switches) -> Result<Config, Problem> {
    let stood = switches_of(at_start).map_err(|error| Problem::Switch(error.to_string()))?;
    let mut config = at_start.clone();
    let Config { provider: Some(provider), app_a: Some(app_a), app_b: Some(app_b), .. } = &mut config else {
        return Err(Problem::Switch("the demo has no three parties".to_owned()));
    };
    (provider.front_channel, provider.back_channel) = (switches.front_channel, switches.back_channel);
    if switches.access_token_lifetime != stood.access_token_lifetime {
        provider.access_token_lifetime = switches.access_token_lifetime.into();
    }
    // Where a file of the user's own has set the two apply differently, they stay so until the switch is used.
    if switches.push != stood.push {
        (app_a.push, app_b.push) = (switches.push, switches.push);
    }
    if switches.broadcast != stood.broadcast {
        (app_a.broadcast, app_b.broadcast) = (switches.broadcast, switches.broadcast);
    }
    app_b.renew = match switches.renew {
        RenewSwitch::Auto => Renew::Auto,
        RenewSwitch::Iframe => Renew::Iframe,
        RenewSwitch::RefreshToken => Renew::RefreshToken,
        RenewSwitch::Off => Renew::Off,
    };
    if app_b.renewal().renew == "refresh-token" {
        let of_app_b = provider.clients.iter_mut().filter(|client| client.client_id == app_b.client_id);
        for client in of_app_b.filter(|client| !client.grant_types.contains(&GrantType::RefreshToken)) {
            client.grant_types.push(GrantType::RefreshToken);
        }
    }
    Ok(config)
}

/// What a switch may have changed for a party.
#[derive(PartialEq)]
enum Matters {
    Provider { front_channel: bool, back_channel: bool, lifetime: u64, grant_types: Vec<Vec<GrantType>> },
    App { push: bool, broadcast: bool, renew: Option<Renew> },
}

fn what_matters(kind: PartyKind, config: &Config) -> Option<Matters> {
    match kind {
        PartyKind::Provider => config.provider.as_ref().map(|provider| Matters::Provider {
            front_channel: provider.front_channel,
            back_channel: provider.back_channel,
            lifetime: provider.access_token_lifetime,
            grant_types: provider.clients.iter().map(|client| client.grant_types.clone()).collect(),
        }),
        PartyKind::AppA => {
            config.app_a.as_ref().map(|app| Matters::App { push: app.push, broadcast: app.broadcast, renew: None })
        }
        PartyKind::AppB => config.app_b.as_ref().map(|app| Matters::App {
            push: app.push,
            broadcast: app.broadcast,
            renew: Some(app.renew),
        }),
    }
}

const fn is_on(kind: PartyKind, switches: &Switches) -> bool {
    match kind {
        PartyKind::Provider => true,
        PartyKind::AppA => switches.app_a,
        PartyKind::AppB => switches.app_b,
    }
}

fn switched(kind: PartyKind, label: &str) -> Report {
    let party = match kind {
        PartyKind::Provider => Place::Provider,
        PartyKind::AppA => Place::AppA,
        PartyKind::AppB => Place::AppB,
    };
    Report {
        at: now(),
        from: Place::Lab,
        to: party,
        kind: Kind::Switched,
        outcome: Outcome::Done,
        label: label.to_owned(),
        carries: Vec::new(),
        section: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Topology;

    fn demo(topology: Topology) -> Config {
        Config::demo(topology, 4000).unwrap()
    }

    fn concerned(topology: Topology, change: impl FnOnce(&mut Switches)) -> Vec<PartyKind> {
        let config = demo(topology);
        let before = switches_of(&config).unwrap();
        let mut wanted = before.clone();
        change(&mut wanted);
        let (old, new) = (configured(&config, &before).unwrap(), configured(&config, &wanted).unwrap());
        KINDS.into_iter().filter(|kind| what_matters(*kind, &old) != what_matters(*kind, &new)).collect()
    }

    #[test]
    fn a_switch_concerns_the_parties_that_it_changes_and_no_other() {
        use PartyKind::{AppA, AppB, Provider};
        for topology in [Topology::CrossSite, Topology::SameSite] {
            assert_eq!(concerned(topology, |_| ()), []);
            assert_eq!(concerned(topology, |switches| switches.front_channel = false), [Provider]);
            assert_eq!(concerned(topology, |switches| switches.back_channel = false), [Provider]);
            assert_eq!(concerned(topology, |switches| switches.access_token_lifetime = 20), [Provider]);
            assert_eq!(concerned(topology, |switches| switches.push = false), [AppA, AppB]);
            assert_eq!(concerned(topology, |switches| switches.broadcast = false), [AppA, AppB]);
            assert_eq!(concerned(topology, |switches| switches.renew = RenewSwitch::Off), [AppB]);
            // These need no start.
            assert_eq!(concerned(topology, |switches| (switches.app_a, switches.app_b) = (false, false)), []);
            assert_eq!(concerned(topology, |switches| switches.slow_app_b = 100), []);
        }
    }

    #[test]
    fn who_is_to_renew_by_refresh_tokens_gets_some() {
        use PartyKind::{AppB, Provider};
        let by_refresh_token = |switches: &mut Switches| switches.renew = RenewSwitch::RefreshToken;
        assert_eq!(concerned(Topology::CrossSite, by_refresh_token), [AppB]);
        assert_eq!(concerned(Topology::SameSite, by_refresh_token), [Provider, AppB]);
    }

    /// The lab says of a slower app that nobody reaches it.
    #[test]
    fn the_demos_provider_waits_as_long_as_the_lab_says() {
        let provider = demo(Topology::CrossSite).provider.unwrap();
        assert_eq!(provider.back_channel_timeout_ms, u64::from(Switches::PROVIDER_WAITS));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_and_what_stood_may_stand() {
        let before = Switches { access_token_lifetime: 2, ..Switches::default() };
        assert!(check(&before, &before).is_ok());
        for (lifetime, slow, accepted) in
            [(10, 0, true), (3_600, 5_000, true), (9, 0, false), (3_601, 0, false), (10, 5_001, false)]
        {
            let wanted = Switches { access_token_lifetime: lifetime, slow_app_b: slow, ..Switches::default() };
            assert_eq!(check(&wanted, &before).is_ok(), accepted, "{lifetime} s, {slow} ms");
        }
    }

    #[test]
    fn what_two_apps_were_started_with_stays_until_the_switch_is_used() {
        let mut config = demo(Topology::CrossSite);
        config.app_a.as_mut().unwrap().push = false;
        let stood = switches_of(&config).unwrap();
        assert!(!stood.push);
        let pushes = |config: &Config| (config.app_a.as_ref().unwrap().push, config.app_b.as_ref().unwrap().push);
        assert_eq!(pushes(&configured(&config, &stood).unwrap()), (false, true));
        let on = Switches { push: true, ..stood };
        assert_eq!(pushes(&configured(&config, &on).unwrap()), (true, true));
    }
}

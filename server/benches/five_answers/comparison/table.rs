//! The figures as a table for the page.

use std::fmt::Write as _;
use std::time::Duration;

use super::figures::{Call, Figures, Outage, SignOut, Wait};
use super::{Answer, Scale};

pub(crate) const HEAD: [&str; 9] = [
    "answer",
    "the API refuses after",
    "the tab locks after",
    "added per request, p50",
    "p99",
    "p50, no check = 1",
    "requests to the provider per 100 calls",
    "per idle hour",
    "while the provider is down",
];

/// The table, with what its figures were made of below it.
pub(crate) fn render(figures: &[Figures], scale: &Scale) -> String {
    let mut table = format!("| {} |\n|{}\n", HEAD.join(" | "), " --- |".repeat(HEAD.len()));
    for figures in figures {
        let cells = [
            format!("**{}**", figures.answer.name()),
            api_refuses(&figures.sign_out),
            wait(&figures.sign_out.tab_locks),
            added(figures),
            figures.latency.added(99).map_or_else(noise, short),
            format!("{:.1}", figures.latency.ratio()),
            format!("{:.0}", figures.requests_per_100_calls),
            figures.requests_per_idle_hour.to_string(),
            outage(&figures.outage),
        ];
        writeln!(table, "| {} |", cells.join(" | ")).unwrap();
    }
    table.push_str(&note(figures, scale));
    table
}

/// What the figures were made of, and what is no column.
fn note(figures: &[Figures], Scale { calls, sign_outs, .. }: &Scale) -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut note = format!(
        "\n- {calls} calls behind each check and as many without it, in turn; {sign_outs} sign-outs where they are measured \
         (m). {os} {arch}, {cores} cores.\n"
    );
    if let Some(Figures { latency, .. }) = figures.first() {
        let [p50, p99] = [50, 99].map(|percent| short(latency.open.percentile(percent)));
        writeln!(note, "- A call without a check took {p50} at p50 and {p99} at p99.").unwrap();
    }
    writeln!(
        note,
        "- When the provider's answer to the sign-out was there, the API refused the token: {}.",
        each(figures, |figures| figures
            .sign_out
            .refused_at_the_answer
            .map(|(refused, of)| format!("{refused} of {of}")))
    )
    .unwrap();
    let arrived = each(figures, |figures| figures.outage.sign_out_arrived.then(|| "arrived".to_owned()));
    let arrived = if arrived.is_empty() { "never".to_owned() } else { arrived };
    writeln!(
        note,
        "- A sign-out while the provider is down reached it: {arrived}. The API's answer to the same tab after that: {}.",
        each(figures, |figures| Some(call(figures.outage.after_sign_out)))
    )
    .unwrap();
    if let Some(curfew) = figures.iter().find(|figures| figures.answer == Answer::Curfew) {
        let first = short(curfew.sign_out.first_call.median());
        writeln!(note, "- The first call of a session with ledger and push, which writes it down: {first} at p50.")
            .unwrap();
    }
    note
}

/// What there is to say of each answer, with its name.
fn each(figures: &[Figures], say: impl Fn(&Figures) -> Option<String>) -> String {
    let said = figures.iter().filter_map(|figures| Some(format!("{} {}", figures.answer.name(), say(figures)?)));
    said.collect::<Vec<_>>().join("; ")
}

fn added(figures: &Figures) -> String {
    let all = figures.latency.added(50).map_or_else(noise, short);
    if figures.answer == Answer::OneTime {
        let check = figures.latency.prepared.median().saturating_sub(figures.latency.open.median());
        format!("{all}, of which the check is {}", short(check))
    } else {
        all
    }
}

fn api_refuses(sign_out: &SignOut) -> String {
    let mut cell = wait(&sign_out.api_refuses);
    if let Some(seconds) = sign_out.unspent_is_good_for {
        write!(cell, "; a token that is not spent yet {} (s)", clock(seconds)).unwrap();
    }
    cell
}

fn wait(wait: &Wait) -> String {
    match wait {
        Wait::Measured(samples) => {
            format!("{}, at most {} (m)", short(samples.median()), short(samples.max()))
        }
        Wait::Simulated(seconds) => format!("{} (s)", clock(*seconds)),
        Wait::AtNextCall(samples) => {
            format!("its next call, which takes {} (m); an idle tab does not", short(samples.median()))
        }
    }
}

fn outage(outage: &Outage) -> String {
    let end = match outage.goes_on_for {
        0 => String::new(),
        seconds => format!(" for {} (s)", clock(seconds)),
    };
    format!("live session: {}{end}; ended one: {}", calls(outage.live), calls(outage.ended))
}

fn calls([first, second]: [Call; 2]) -> String {
    if first == second { call(first) } else { format!("{}, then {}", call(first), call(second)) }
}

fn call(call: Call) -> String {
    match call {
        Call::Served => "200".to_owned(),
        Call::Refused(status) => status.to_string(),
        Call::NoToken => "no token".to_owned(),
    }
}

/// Less than can be told apart.
pub(crate) fn noise() -> String {
    "noise".to_owned()
}

/// With at most three digits.
pub(crate) fn short(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1e3;
    match milliseconds {
        _ if milliseconds < 0.0995 => format!("{:.0} µs", milliseconds * 1e3),
        _ if milliseconds < 9.995 => format!("{milliseconds:.2} ms"),
        _ if milliseconds < 99.95 => format!("{milliseconds:.1} ms"),
        _ => format!("{milliseconds:.0} ms"),
    }
}

/// In the largest unit that it is a whole number of.
pub(crate) fn clock(seconds: u64) -> String {
    match seconds {
        0 => "0 s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

//! Where everything of a sequence diagram is: lanes side by side, time downwards, one row for each message.
//!
//! The same run always gives the same picture. Each row is as high as its label needs between two lanes, so that labels
//! meet neither each other nor a lane; where much time passes between two rows, the gap between them says so.

use super::stage::Party;
use super::wire::{Kind, Milliseconds, Outcome, Place, Report, Run};
use super::words;

/// Width of a lane, in pixels of the picture.
pub const LANE: f64 = 128.0;
/// Height of a line of a label.
pub const LINE: f64 = 14.0;
/// Height of a line of what is said under an arrow.
pub const NOTE: f64 = 12.0;
/// Height of the heads of the lanes.
pub const HEAD: f64 = 62.0;
/// Width of the column of times.
pub const GUTTER: f64 = 62.0;
/// Width of a character of a label, about; labels are broken by it.
pub(super) const CHARACTER: f64 = 6.2;
/// Between an arrow and the upper edge of its row, where its label has one line.
const ABOVE: f64 = 19.0;
/// Between an arrow and the lower edge of its row, where one line is under it.
const BELOW: f64 = 17.0;
/// A label has no more lines than these.
const MOST_LINES: usize = 4;
/// Rows further apart in time than this have a mark between them, in milliseconds.
const GAP: Milliseconds = 400.0;
/// Height of that mark.
const GAP_HEIGHT: f64 = 26.0;
/// What is left free at the right and below.
const MARGIN: f64 = 14.0;
/// Between the middle of a lane and the label of what happens in it: the end of a session is marked 10 to each side.
const BESIDE: f64 = 14.0;

/// A lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Whose.
    pub place: Place,
    /// Its name, in one or two lines.
    pub title: Vec<String>,
    /// What it is: `tab`, `server`, `outside`.
    pub role: &'static str,
    /// Its middle.
    pub x: f64,
    /// Where a session lives in it, from the one height to the other.
    pub lives: Vec<Life>,
}

/// A session in a lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// From here,
    pub top: f64,
    /// to here.
    pub bottom: f64,
    /// Whether it ended there, or goes on.
    pub has_ended: bool,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// Which of the run's reports it is.
    pub index: usize,
    /// The upper edge of its row.
    pub top: f64,
    /// The height of its row.
    pub height: f64,
    /// Height of its line.
    pub y: f64,
    /// Where it starts.
    pub from: f64,
    /// Where it ends; the same for what happens inside.
    pub to: f64,
    /// By what.
    pub kind: Kind,
    /// How it went.
    pub outcome: Outcome,
    /// Its label, in lines that fit between two lanes.
    pub label: Vec<String>,
    /// What is said under it: the channel, and how it went where that is to be said.
    pub notes: Vec<&'static str>,
    /// Where the label starts, or has its middle, or ends.
    pub label_x: f64,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
    /// Time since the click.
    pub time: String,
}

/// A gap in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Its middle.
    pub y: f64,
    /// How long.
    pub text: String,
}

/// The whole picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// From left to right.
    pub lanes: Vec<Lane>,
    /// From top to bottom.
    pub arrows: Vec<Arrow>,
    /// Likewise.
    pub gaps: Vec<Gap>,
}

/// Lays a run out.
#[must_use]
pub fn lay_out(run: &Run) -> Diagram {
    lay_out_part(run, run)
}

/// Lays out as much of a run as is told so far, with the lanes of the whole.
#[must_use]
pub fn lay_out_part(run: &Run, whole: &Run) -> Diagram {
    let mut lanes = lanes(whole);
    // A label is beside its lane, also where there is only one.
    let width = GUTTER + LANE * lanes.len().max(2) as f64 + MARGIN;
    let x_of = |place: &Place, lanes: &[Lane]| {
        lanes.iter().find(|lane| lane.place == *place).map_or(GUTTER + LANE / 2.0, |lane| lane.x)
    };

    let (mut arrows, mut gaps, mut top) = (Vec::new(), Vec::new(), HEAD - 4.0);
    let mut last = run.started;
    for (index, report) in run.reports.iter().enumerate().filter(|(_, report)| report.at >= run.started) {
        if report.at - last > GAP {
            let text = format!("{} later", words::duration(report.at - last));
            gaps.push(Gap { y: top + GAP_HEIGHT / 2.0, text });
            top += GAP_HEIGHT;
        }
        last = report.at;
        let arrow = arrow(index, report, run, top, x_of(&report.from, &lanes), x_of(&report.to, &lanes), width);
        top += arrow.height;
        arrows.push(arrow);
    }
    let bottom = top + MARGIN;
    for lane in &mut lanes {
        lane.lives = lives(run, &lane.place, &arrows, bottom);
    }
    Diagram { width, height: bottom + MARGIN, lanes, arrows, gaps }
}

fn arrow(index: usize, report: &Report, run: &Run, top: f64, from: f64, to: f64, width: f64) -> Arrow {
    let is_inside = (from - to).abs() < f64::EPSILON;
    // Beside its lane, or over the first piece of its way: never on a lane.
    let room = LANE - 2.0 * BESIDE;
    let (label_x, anchor) = if is_inside {
        let is_last = from + LANE > width;
        if is_last { (from - BESIDE, "end") } else { (from + BESIDE, "start") }
    } else {
        (from + (to - from).signum() * LANE / 2.0, "middle")
    };
    let label = wrap(&report.label, room, MOST_LINES);
    let further = label.len().saturating_sub(1) as f64 * LINE;
    let notes = if is_inside { Vec::new() } else { notes(report) };
    let (above, below) = if is_inside {
        (ABOVE + further / 2.0, BELOW + further / 2.0)
    } else {
        (ABOVE + further, BELOW + notes.len().saturating_sub(1) as f64 * NOTE)
    };
    Arrow {
        index,
        top,
        height: above + below,
        y: top + above,
        from,
        to,
        kind: report.kind,
        outcome: report.outcome,
        label,
        notes,
        label_x,
        anchor,
        time: words::duration(report.at - run.started),
    }
}

fn notes(report: &Report) -> Vec<&'static str> {
    let outcome = match report.outcome {
        Outcome::Begun | Outcome::Done => None,
        other => Some(words::outcome(other)),
    };
    std::iter::once(words::kind(report.kind)).chain(outcome).collect()
}

/// A text in lines of so many pixels; what more lines than `most` would be needed for is left out, and a mark says so.
pub(super) fn wrap(text: &str, room: f64, most: usize) -> Vec<String> {
    let fits = ((room / CHARACTER) as usize).max(4);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        // A word that is longer than a line is broken where the line ends.
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(fits) {
            let Some(line) = lines.last_mut() else { break };
            let used = line.chars().count();
            if used == 0 {
                line.extend(piece);
            } else if used + 1 + piece.len() <= fits {
                line.push(' ');
                line.extend(piece);
            } else {
                lines.push(piece.iter().collect());
            }
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = last.chars().take(fits - 1).chain(['…']).collect();
        }
    }
    lines
}

/// App A's tabs and server, the provider in the middle, App B's API and tabs; what is outside comes last.
fn lanes(run: &Run) -> Vec<Lane> {
    let is_in = |place: &Place| run.reports.iter().any(|report| report.from == *place || report.to == *place);
    let windows = |party: Party| {
        run.windows
            .iter()
            .filter(move |(name, _)| Party::of_window(name) == Some(party))
            .map(|(name, _)| Place::Window(name.clone()))
            // One in which nobody is signed in, and to which nothing comes, has no part in the run.
            .filter(is_in)
    };
    let has = |party: Party| windows(party).next().is_some();
    let mut places: Vec<Place> = windows(Party::AppA).collect();
    places.extend(Some(Place::AppA).filter(|place| is_in(place) || has(Party::AppA)));
    places.extend(windows(Party::Provider));
    places.push(Place::Provider);
    places.extend(Some(Place::AppB).filter(|place| is_in(place) || has(Party::AppB)));
    places.extend(windows(Party::AppB));
    places.extend([Place::Browser, Place::Lab].into_iter().filter(is_in));
    places
        .into_iter()
        .enumerate()
        .map(|(number, place)| Lane {
            title: title(&place, run),
            role: match place {
                Place::Window(_) | Place::Browser => "tab",
                Place::Lab => "outside",
                Place::AppA | Place::AppB | Place::Provider => "server",
            },
            place,
            x: GUTTER + LANE * (number as f64 + 0.5),
            lives: Vec::new(),
        })
        .collect()
}

/// `App B, tab 1` is two lines.
fn title(place: &Place, run: &Run) -> Vec<String> {
    words::place(place, &run.windows).split(", ").map(str::to_owned).collect()
}

/// A session lives in a tab from its sign-in, or from before the run, until it locks; in a server until it ends there.
fn lives(run: &Run, place: &Place, arrows: &[Arrow], bottom: f64) -> Vec<Life> {
    let height = |index: usize| arrows.iter().find(|arrow| arrow.index == index).map_or(HEAD, |arrow| arrow.y);
    let own = run
        .reports
        .iter()
        .enumerate()
        .filter(|(_, report)| report.from == *place && report.to == *place && report.outcome == Outcome::Done);
    let mut lives = Vec::new();
    let mut since = None;
    let mut has_begun = false;
    for (index, report) in own {
        match report.kind {
            Kind::SignIn => {
                since = since.or(Some(height(index)));
                has_begun = true;
            }
            Kind::Locked | Kind::Ended => {
                // What ends without having begun here lived before the run.
                let top = since.take().or_else(|| (!has_begun).then_some(HEAD));
                has_begun = true;
                lives.extend(top.map(|top| Life { top, bottom: height(index), has_ended: true }));
            }
            _ => {}
        }
    }
    // A server whose tabs were signed in has a session, too.
    let was_there = || match place {
        Place::AppA => had_tab(run, Party::AppA),
        Place::AppB => had_tab(run, Party::AppB),
        Place::Provider => had_tab(run, Party::AppA) || had_tab(run, Party::AppB),
        Place::Window(_) | Place::Browser | Place::Lab => false,
    };
    let since = since.or_else(|| (!has_begun && was_there()).then_some(HEAD));
    lives.extend(since.map(|top| Life { top, bottom, has_ended: false }));
    lives
}

/// Whether somebody was signed in in a tab of this party before the run.
fn had_tab(run: &Run, party: Party) -> bool {
    run.reports.iter().any(|report| {
        report.at < run.started
            && report.kind == Kind::SignIn
            && matches!(&report.from, Place::Window(name) if Party::of_window(name) == Some(party))
    })
}

#[cfg(test)]
mod tests;

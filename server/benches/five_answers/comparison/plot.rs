//! The figures as an SVG: one row for each answer, on logarithmic axes.

mod axis;

use std::fmt::Write as _;
use std::time::Duration;

use axis::Axis;

use super::figures::{Figures, Wait};
use super::table::{clock, noise, short};

const WIDTH: u32 = 960;
const TOP: f64 = 96.0;
const ROW: f64 = 62.0;
/// Of the marks from the middle of their row.
const OFFSET: f64 = 12.0;

const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; fill: #1c1d22 }
.title { font-size: 16px; font-weight: 600 }
.name { font-weight: 600 }
.soft { fill: #565a66; font-size: 12px }
.paper { fill: #ffffff }
.grid { stroke: #dcd9d0 }
.refuses { fill: #3b4fc4; stroke: #3b4fc4 }
.locks { fill: #ffffff; stroke: #a8480f; stroke-width: 2.5 }
.until-used { stroke: #a8480f; stroke-width: 2; stroke-dasharray: 3 4 }
.unspent { stroke: #3b4fc4; stroke-width: 2; stroke-dasharray: 3 4 }
.range { stroke: #1d6b43; stroke-width: 5 }
.added { fill: #1d6b43 }
@media (prefers-color-scheme: dark) {
text { fill: #eceae4 }
.soft { fill: #a9abb5 }
.paper { fill: #1f2126 }
.grid { stroke: #43464f }
.refuses { fill: #a5b2ff; stroke: #a5b2ff }
.locks { fill: #1f2126; stroke: #ffb26b }
.until-used { stroke: #ffb26b }
.unspent { stroke: #a5b2ff }
.range { stroke: #86dcb0 }
.added { fill: #86dcb0 }
}
";

const TIMES: Axis = Axis { left: 178.0, right: 560.0, least: 2e-4, most: 1.5e4 };
const ADDED: Axis = Axis { left: 610.0, right: 800.0, least: 1e-6, most: 0.1 };
/// The middles of the columns of numbers.
const PER_100_CALLS: f64 = 842.0;
const PER_HOUR: f64 = 904.0;

/// The whole picture.
pub(crate) fn render(figures: &[Figures]) -> String {
    let bottom = TOP + ROW * u32::try_from(figures.len()).map_or(0.0, f64::from);
    let height = bottom + 46.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">Five answers to a sign-out elsewhere</title>\n\
         <desc id=\"desc\">{}</desc>\n<style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
        description(figures)
    );
    heads(&mut svg);
    TIMES.draw(
        &mut svg,
        (TOP, bottom),
        &[(1e-3, "1 ms"), (1e-1, "100 ms"), (1.0, "1 s"), (60.0, "1 min"), (3600.0, "1 h")],
    );
    ADDED.draw(&mut svg, (TOP, bottom), &[(1e-6, "1 µs"), (1e-4, "100 µs"), (1e-2, "10 ms")]);
    let mut middle = TOP + ROW / 2.0;
    for figures in figures {
        row(&mut svg, figures, middle);
        middle += ROW;
    }
    legend(&mut svg, bottom + 34.0);
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, class: &str, anchor: &str, (x, y): (f64, f64), text: &str) {
    writeln!(svg, "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>").unwrap();
}

fn line(svg: &mut String, class: &str, (x1, x2): (f64, f64), y: f64) {
    writeln!(svg, "<line class=\"{class}\" x1=\"{x1:.1}\" x2=\"{x2:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>").unwrap();
}

fn dot(svg: &mut String, class: &str, (x, y): (f64, f64), radius: u32) {
    writeln!(svg, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>").unwrap();
}

fn diamond(svg: &mut String, class: &str, (x, y): (f64, f64)) {
    let (left, right, above, below) = (x - 6.0, x + 6.0, y - 6.0, y + 6.0);
    writeln!(
        svg,
        "<path class=\"{class}\" d=\"M{left:.1} {y:.1} {x:.1} {above:.1} {right:.1} {y:.1} {x:.1} {below:.1}z\"/>"
    )
    .unwrap();
}

fn heads(svg: &mut String) {
    text(svg, "title", "start", (16.0, 28.0), "A user signs out elsewhere");
    let head = |svg: &mut String, x: f64, lines: [&str; 2]| {
        text(svg, "soft", "middle", (x, 52.0), lines[0]);
        text(svg, "soft", "middle", (x, 68.0), lines[1]);
    };
    head(svg, f64::midpoint(TIMES.left, TIMES.right), ["after that", "(logarithmic)"]);
    head(svg, f64::midpoint(ADDED.left, ADDED.right), ["added to each request,", "p50; p99 (logarithmic)"]);
    text(svg, "soft", "middle", (f64::midpoint(PER_100_CALLS, PER_HOUR), 36.0), "requests to the provider");
    head(svg, PER_100_CALLS, ["per 100", "calls"]);
    head(svg, PER_HOUR, ["per idle", "hour"]);
}

fn row(svg: &mut String, figures: &Figures, middle: f64) {
    line(svg, "grid", (16.0, f64::from(WIDTH) - 16.0), middle - ROW / 2.0);
    text(svg, "name", "start", (16.0, middle + 5.0), figures.answer.name());
    api_refuses(svg, figures, middle - OFFSET);
    tab_locks(svg, &figures.sign_out.tab_locks, middle + OFFSET);
    added(svg, figures, middle);
    let per_100_calls = format!("{:.0}", figures.requests_per_100_calls);
    text(svg, "", "middle", (PER_100_CALLS, middle + 5.0), &per_100_calls);
    text(svg, "", "middle", (PER_HOUR, middle + 5.0), &figures.requests_per_idle_hour.to_string());
}

fn api_refuses(svg: &mut String, figures: &Figures, y: f64) {
    let wait = &figures.sign_out.api_refuses;
    let x = TIMES.at(wait.typical());
    dot(svg, "refuses", (x, y), 6);
    match figures.sign_out.unspent_is_good_for {
        None => beside(svg, x, y, &shown(wait)),
        Some(seconds) => {
            let end = TIMES.at(Duration::from_secs(seconds));
            line(svg, "unspent", (x + 10.0, end), y);
            dot(svg, "refuses", (end, y), 3);
            text(svg, "soft", "end", (x - 12.0, y + 4.0), &shown(wait));
            text(svg, "soft", "start", (end + 8.0, y + 4.0), &format!("{} unspent", clock(seconds)));
        }
    }
}

fn tab_locks(svg: &mut String, wait: &Wait, y: f64) {
    let x = TIMES.at(wait.typical());
    if let Wait::AtNextCall(_) = wait {
        line(svg, "until-used", (x + 8.0, TIMES.right), y);
        let words = format!("at its next call, which takes {}", shown(wait));
        text(svg, "soft", "end", (TIMES.right, y + 16.0), &words);
    }
    diamond(svg, "locks", (x, y));
    if !matches!(wait, Wait::AtNextCall(_)) {
        beside(svg, x, y, &shown(wait));
    }
}

fn shown(wait: &Wait) -> String {
    match wait {
        Wait::Simulated(seconds) => clock(*seconds),
        measured => short(measured.typical()),
    }
}

/// Right of a mark, or left of it where there is no room.
fn beside(svg: &mut String, x: f64, y: f64, words: &str) {
    if x > TIMES.right - 60.0 {
        text(svg, "soft", "end", (x - 12.0, y + 4.0), words);
    } else {
        text(svg, "soft", "start", (x + 12.0, y + 4.0), words);
    }
}

fn added(svg: &mut String, figures: &Figures, y: f64) {
    let [p50, p99] = [50, 99].map(|percent| figures.latency.added(percent));
    // What is in the noise is at the axis' beginning.
    let from = ADDED.at(p50.unwrap_or_default());
    if let Some(p99) = p99.filter(|p99| Some(*p99) > p50) {
        line(svg, "range", (from, ADDED.at(p99)), y);
    }
    dot(svg, "added", (from, y), 6);
    let [p50, p99] = [p50, p99].map(|added| added.map_or_else(noise, short));
    let words = if p50 == p99 { p50 } else { format!("{p50}; {p99}") };
    text(svg, "soft", "middle", (f64::midpoint(ADDED.left, ADDED.right), y + 24.0), &words);
}

fn legend(svg: &mut String, y: f64) {
    dot(svg, "refuses", (TIMES.left + 6.0, y - 4.0), 6);
    text(svg, "soft", "start", (TIMES.left + 18.0, y), "the API refuses the token");
    diamond(svg, "locks", (TIMES.left + 200.0, y - 4.0));
    text(svg, "soft", "start", (TIMES.left + 212.0, y), "the open tab locks");
}

/// For who hears the picture.
fn description(figures: &[Figures]) -> String {
    let sentences = figures.iter().map(|figures| {
        let lock = match &figures.sign_out.tab_locks {
            Wait::AtNextCall(_) => "at its next call".to_owned(),
            wait => format!("after {}", shown(wait)),
        };
        let refuses = shown(&figures.sign_out.api_refuses);
        let unspent = figures.sign_out.unspent_is_good_for;
        let unspent = unspent.map_or_else(String::new, |seconds| format!(" ({} for an unspent token)", clock(seconds)));
        format!(
            "{}: the API refuses after {refuses}{unspent}, the tab locks {lock}, {} is added to a request (p50), {:.0} requests \
             to the provider per 100 calls and {} per idle hour.",
            figures.answer.name(),
            figures.latency.added(50).map_or_else(noise, short),
            figures.requests_per_100_calls,
            figures.requests_per_idle_hour
        )
    });
    sentences.collect::<Vec<_>>().join(" ")
}

//! A logarithmic axis.

use std::fmt::Write as _;
use std::time::Duration;

pub(super) struct Axis {
    /// Where it begins and ends in the picture.
    pub(super) left: f64,
    pub(super) right: f64,
    /// In seconds; more than 0.
    pub(super) least: f64,
    /// In seconds.
    pub(super) most: f64,
}

impl Axis {
    /// Where this duration is; what is off the axis is at its end.
    pub(super) fn at(&self, duration: Duration) -> f64 {
        let seconds = duration.as_secs_f64().clamp(self.least, self.most);
        self.left + (self.right - self.left) * (seconds / self.least).ln() / (self.most / self.least).ln()
    }

    /// Its grid from `top` to `bottom`, with a word for each line.
    pub(super) fn draw(&self, svg: &mut String, (top, bottom): (f64, f64), lines: &[(f64, &str)]) {
        for (seconds, words) in lines {
            let x = self.at(Duration::from_secs_f64(*seconds));
            let above = top - 10.0;
            writeln!(svg, "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\"/>")
                .unwrap();
            writeln!(svg, "<text class=\"soft\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{above:.1}\">{words}</text>")
                .unwrap();
        }
    }
}

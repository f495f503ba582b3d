use super::Input;

/// A tab that could not be seen for so many seconds hides before it asks its server.
const LONG: u64 = 30;

/// Browsers slow the timers of tabs in the background down to one a minute; a gap of so many seconds is a sleep there too.
const LONG_WHILE_CONCEALED: u64 = 120;

/// Why a tab asks its server whether its session still lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Somebody turns to it who saw what it shows a moment ago: hiding that would only flicker.
    Short,
    /// It slept, was offline or long in the background: nobody is to see what it shows before the server has spoken.
    Long,
}

/// Since when nobody can see this tab, and when it last looked at the clock.
#[derive(Debug, Default)]
pub(super) struct Attention {
    concealed_at: Option<u64>,
    looked_at: Option<u64>,
}

impl Attention {
    /// Whether nobody can see the tab.
    pub(super) const fn is_concealed(&self) -> bool {
        self.concealed_at.is_some()
    }

    /// Whether an input wakes the tab; `now` is in seconds.
    pub(super) fn notice(&mut self, input: &Input, now: u64) -> Option<Wake> {
        match input {
            Input::Concealed => {
                self.concealed_at.get_or_insert(now);
                None
            }
            Input::Seen => {
                let away = self.concealed_at.take().map_or(0, |since| now.saturating_sub(since));
                self.looked_at = Some(now);
                Some(if away >= LONG { Wake::Long } else { Wake::Short })
            }
            Input::Online => Some(Wake::Long),
            Input::Ticked => {
                // Timers stand still while a machine sleeps, and the clock does not.
                let slept = self.looked_at.replace(now).map_or(0, |then| now.saturating_sub(then));
                let long = if self.concealed_at.is_some() { LONG_WHILE_CONCEALED } else { LONG };
                (slept >= long).then_some(Wake::Long)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-25
    #[test]
    fn only_who_was_away_for_long_comes_back_to_a_hidden_page() {
        use Input::{Concealed, Online, Seen, Ticked};
        const SHORT: Option<Wake> = Some(Wake::Short);
        const LONG: Option<Wake> = Some(Wake::Long);
        type Steps = &'static [(Input, u64, Option<Wake>)];
        let table: [(&str, Steps); 9] = [
            ("the window gets the focus", &[(Seen, 500, SHORT)]),
            ("a look at another tab", &[(Concealed, 100, None), (Seen, 129, SHORT)]),
            ("a while in the background", &[(Concealed, 100, None), (Seen, 130, LONG), (Seen, 131, SHORT)]),
            ("concealed twice", &[(Concealed, 100, None), (Concealed, 125, None), (Seen, 131, LONG)]),
            ("a network again", &[(Online, 100, LONG)]),
            ("a clock that ticks", &[(Ticked, 100, None), (Ticked, 110, None), (Ticked, 139, None)]),
            ("a sleep", &[(Ticked, 100, None), (Ticked, 130, LONG), (Ticked, 140, None)]),
            ("slow timers in the background", &[(Ticked, 100, None), (Concealed, 101, None), (Ticked, 219, None)]),
            (
                "a sleep in the background",
                &[
                    (Concealed, 100, None),
                    (Ticked, 101, None),
                    (Ticked, 221, LONG),
                    (Seen, 222, LONG),
                    (Ticked, 224, None),
                ],
            ),
        ];
        for (what, steps) in table {
            let mut attention = Attention::default();
            for (input, now, expected) in steps {
                assert_eq!(attention.notice(input, *now), *expected, "{what}: {input:?} at {now}");
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_is_no_sleep() {
        let mut attention = Attention::default();
        attention.notice(&Input::Ticked, 1_000);
        assert_eq!(attention.notice(&Input::Ticked, 10), None);
        attention.notice(&Input::Concealed, 1_000);
        assert_eq!(attention.notice(&Input::Seen, 10), Some(Wake::Short));
    }
}

//! What comes from elsewhere, as text, becomes what it must be, or nothing.

use app::lab::wire::{Event, FromWindow};

/// A message of a window is short, in bytes of JSON.
const LONGEST_MESSAGE: usize = 2_048;

/// A window's message. Its times can be compared: JSON has no number that is none.
pub(crate) fn message(json: &str) -> Option<FromWindow> {
    (json.len() <= LONGEST_MESSAGE).then(|| serde_json::from_str(json).ok()).flatten()
}

/// An event of the lab's stream.
pub(crate) fn event(json: &str) -> Option<Event> {
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use app::lab::wire::Tried;

    use super::*;

    #[test]
    fn a_window_says_what_was_pressed() {
        let told = message(r#"{"curfew-lab":"click","at":1690000000000.5,"testid":"sign-out"}"#);
        assert_eq!(told, Some(FromWindow::Click { at: 1_690_000_000_000.5, testid: "sign-out".to_owned() }));
        let told = message(r#"{"curfew-lab":"gone","at":1,"origin":"http://127.0.0.1:4001"}"#);
        assert_eq!(told, Some(FromWindow::Gone { at: 1.0, origin: "http://127.0.0.1:4001".to_owned() }));
        let told =
            message(r#"{"curfew-lab":"here","at":1,"origin":"http://127.0.0.1:4001","name":"curfew-lab-app-a"}"#);
        assert_eq!(told, Some(FromWindow::Here { at: 1.0, origin: "http://127.0.0.1:4001".to_owned() }));
    }

    #[test]
    fn a_window_says_what_it_tried() {
        let told = message(
            r#"{"curfew-lab":"tried","at":1.5,"name":"curfew-lab-app-b-1","status":401,"reason":"session_ended","session":null}"#,
        );
        let answer = Tried { status: Some(401), reason: Some("session_ended".to_owned()), session: None };
        assert_eq!(told, Some(FromWindow::Tried { at: 1.5, answer }));
        let told = message(r#"{"curfew-lab":"tried","at":1.5,"status":null,"reason":null,"session":null}"#);
        assert_eq!(told, Some(FromWindow::Tried { at: 1.5, answer: Tried::default() }));
        assert_eq!(message(r#"{"curfew-lab":"tried","at":1.5,"status":"401","reason":null,"session":null}"#), None);
        assert_eq!(message(r#"{"curfew-lab":"kept","at":1.5}"#), Some(FromWindow::Kept { at: 1.5 }));
    }

    #[test]
    fn what_is_no_message_is_nothing() {
        for json in
            ["", "null", "1", "{}", r#"{"curfew-lab":"click"}"#, r#"{"curfew-lab":"gone","at":"now","origin":""}"#]
        {
            assert_eq!(message(json), None, "{json}");
        }
        let long = format!(r#"{{"curfew-lab":"click","at":1,"testid":"{}"}}"#, "x".repeat(LONGEST_MESSAGE));
        assert_eq!(message(&long), None);
    }

    #[test]
    fn events_of_the_stream_are_reports_and_states() {
        let json = r#"{"type":"report","value":{"at":1.5,"from":"provider","to":{"window":"app-a"},"kind":"ended","outcome":"done",
            "label":"ended","carries":[],"section":null}}"#;
        assert!(matches!(event(json), Some(Event::Report(_))));
        assert!(event(r#"{"type":"other","value":1}"#).is_none());
    }
}

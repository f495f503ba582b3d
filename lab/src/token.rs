//! Finds the access token in what the user pastes: the command that App B shows, or the token itself.

/// More than this is not looked at, in bytes.
const LONGEST: usize = 16_384;

/// The first thing that looks like a signed JWT: three parts of base64url, the first of which is a JSON object.
pub(crate) fn find_token(pasted: &str) -> Option<&str> {
    let is_of_token = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    (pasted.len() <= LONGEST).then_some(())?;
    pasted.split(|character| !is_of_token(character)).find(|word| {
        word.starts_with("eyJ") && word.split('.').count() == 3 && word.split('.').all(|part| !part.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_a_command_and_alone() {
        let command = "curl -i -H 'Authorization: Bearer eyJhbGciOi.eyJzdWI-_.c2ln' http://127.0.0.1:4002/api/me";
        assert_eq!(find_token(command), Some("eyJhbGciOi.eyJzdWI-_.c2ln"));
        assert_eq!(find_token(" eyJa.eyJb.c \n"), Some("eyJa.eyJb.c"));
    }

    #[test]
    fn other_words_are_no_token() {
        for pasted in ["", "curl http://127.0.0.1:4002/api/me", "eyJa.eyJb", "eyJa..c", "a.b.c"] {
            assert_eq!(find_token(pasted), None, "{pasted}");
        }
        assert_eq!(find_token(&format!("eyJa.eyJb.{}", "c".repeat(LONGEST))), None, "too long");
    }
}

//! The lab's own address: `/?run=ID` shows that run.

/// The run that a query asks for. Only what can be an id is taken.
pub(crate) fn run_in(query: &str) -> Option<&str> {
    let id = query.strip_prefix('?')?.split('&').find_map(|pair| pair.strip_prefix("run="))?;
    let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    is_id.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::run_in;

    #[test]
    fn only_an_id_is_taken() {
        assert_eq!(run_in("?run=0123456789abcdef"), Some("0123456789abcdef"));
        assert_eq!(run_in("?x=1&run=zzzzzzzzzzzzzzz0"), Some("zzzzzzzzzzzzzzz0"));
        for other in ["", "?", "?run=", "?run=0123456789abcde", "?run=../../../../etc/pa", "?run=0123456789ABCDEF"] {
            assert_eq!(run_in(other), None, "{other}");
        }
    }
}

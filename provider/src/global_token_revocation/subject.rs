use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::error::RevocationError;
use crate::config::User;
use crate::state::Provider;
use crate::store::user;

/// Whose tokens are meant: a subject identifier ([RFC 9493](https://www.rfc-editor.org/rfc/rfc9493)) of a format that means
/// a user here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Section 3.2.3
    Issuer { iss: String, sub: String },
    /// Section 3.2.2
    Email(String),
}

/// The request. Other members are ignored.
#[derive(Deserialize)]
struct Request {
    sub_id: SubId,
}

#[derive(Deserialize)]
struct SubId {
    format: String,
    iss: Option<String>,
    sub: Option<String>,
    email: Option<String>,
}

impl Subject {
    pub(super) fn parse(body: &[u8]) -> Result<Self, RevocationError> {
        let Request { sub_id } = serde_json::from_slice(body).map_err(RevocationError::Malformed)?;
        let present = |member: Option<String>, name| member.ok_or(RevocationError::Incomplete(name));
        match sub_id.format.as_str() {
            "iss_sub" => Ok(Self::Issuer { iss: present(sub_id.iss, "iss")?, sub: present(sub_id.sub, "sub")? }),
            "email" => Ok(Self::Email(present(sub_id.email, "email")?)),
            _ => Err(RevocationError::Format),
        }
    }

    /// The `sub` of this user; `None`: there is one, who never signed in.
    pub(super) async fn find(
        &self,
        conn: &mut SqliteConnection,
        provider: &Provider,
    ) -> Result<Option<String>, RevocationError> {
        match self {
            // The subjects of another issuer are nobody here. Who is no longer configured may still have sessions at apps.
            Self::Issuer { iss, sub } if *iss == provider.issuer => match user::username(conn, sub).await? {
                Some(_) => Ok(Some(sub.clone())),
                None => Err(RevocationError::UnknownUser),
            },
            Self::Issuer { .. } => Err(RevocationError::UnknownUser),
            Self::Email(email) => {
                let has_it = |user: &&Arc<User>| {
                    let known = user.claims.get("email").and_then(Value::as_str);
                    known.is_some_and(|known| known.eq_ignore_ascii_case(email))
                };
                let mut users = provider.registry.users().filter(has_it);
                match (users.next(), users.next()) {
                    (Some(one), None) => Ok(user::sub(conn, &one.username).await?),
                    (None, _) => Err(RevocationError::UnknownUser),
                    (Some(_), Some(_)) => Err(RevocationError::AmbiguousUser),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GTR-01, GTR-03
    #[test]
    fn what_names_a_user() {
        let issuer = |iss: &str, sub: &str| Ok(Subject::Issuer { iss: iss.into(), sub: sub.into() });
        let table = [
            (r#"{"sub_id":{"format":"iss_sub","iss":"i","sub":"s"}}"#, issuer("i", "s")),
            (r#"{"sub_id":{"format":"iss_sub","iss":"i","sub":"s","x":1},"y":[]}"#, issuer("i", "s")),
            (r#"{"sub_id":{"format":"email","email":"a@b.c"}}"#, Ok(Subject::Email("a@b.c".into()))),
            (r#"{"sub_id":{"format":"iss_sub","sub":"s"}}"#, Err("the subject identifier has no iss")),
            (r#"{"sub_id":{"format":"iss_sub","iss":"i"}}"#, Err("the subject identifier has no sub")),
            (r#"{"sub_id":{"format":"email","sub":"s"}}"#, Err("the subject identifier has no email")),
            (r#"{"sub_id":{"format":"opaque","id":"s"}}"#, Err("only subject identifiers of the formats")),
            (r#"{"sub_id":{"format":"IssSub"}}"#, Err("only subject identifiers of the formats")),
            (r#"{"sub_id":{"sub":"s"}}"#, Err("the request is not of the form")),
            (r#"{"sub_id":"s"}"#, Err("the request is not of the form")),
            (r#"{"sub_id":{"format":"email","email":7}}"#, Err("the request is not of the form")),
            (r#"{"sub_id":{"format":"email","email":"a","email":"b"}}"#, Err("the request is not of the form")),
            (r#"{"subject":{"format":"email","email":"a"}}"#, Err("the request is not of the form")),
            ("{}", Err("the request is not of the form")),
            ("", Err("the request is not of the form")),
            ("sub_id=s", Err("the request is not of the form")),
        ];
        for (body, expected) in table {
            match (Subject::parse(body.as_bytes()), expected) {
                (Ok(subject), Ok(expected)) => assert_eq!(subject, expected, "{body}"),
                (Err(error), Err(start)) => assert!(error.to_string().starts_with(start), "{body}: {error}"),
                (found, _) => panic!("{body}: {found:?}"),
            }
        }
    }
}

//! A user's notes.

use logout_event::SessionRef;
use serde::Serialize;
use sqlx::SqlitePool;

/// The longest note, in characters.
const LONGEST: usize = 500;
/// The most notes of one user.
const MOST: i64 = 1000;

/// A note, as the API shows it.
#[derive(Serialize, sqlx::FromRow)]
pub(super) struct Note {
    id: i64,
    text: String,
    /// Seconds since the Unix epoch.
    created_at: i64,
}

/// Why a note is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoteError {
    #[error("the note is empty")]
    Empty,
    #[error("the note is too long")]
    TooLong,
    #[error("the user has too many notes")]
    TooMany,
    #[error("the user has no such note")]
    NotFound,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The user's notes, newest first.
pub(super) async fn list(pool: &SqlitePool, user: &SessionRef) -> Result<Vec<Note>, NoteError> {
    let notes = sqlx::query_as("SELECT id, text, created_at FROM note WHERE iss = ? AND sub = ? ORDER BY id DESC")
        .bind(&user.iss)
        .bind(&user.sub)
        .fetch_all(pool)
        .await?;
    Ok(notes)
}

/// Adds a note; surrounding white space is dropped.
pub(super) async fn add(pool: &SqlitePool, user: &SessionRef, text: &str, now: u64) -> Result<Note, NoteError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NoteError::Empty);
    }
    if text.chars().count() > LONGEST {
        return Err(NoteError::TooLong);
    }
    sqlx::query_as(
        "INSERT INTO note (iss, sub, text, created_at) SELECT ?1, ?2, ?3, ?4 \
         WHERE (SELECT count(*) FROM note WHERE iss = ?1 AND sub = ?2) < ?5 RETURNING id, text, created_at",
    )
    .bind(&user.iss)
    .bind(&user.sub)
    .bind(text)
    .bind(now.cast_signed())
    .bind(MOST)
    .fetch_optional(pool)
    .await?
    .ok_or(NoteError::TooMany)
}

/// Deletes a note of this user.
pub(super) async fn remove(pool: &SqlitePool, user: &SessionRef, id: i64) -> Result<(), NoteError> {
    let deleted = sqlx::query("DELETE FROM note WHERE id = ? AND iss = ? AND sub = ?")
        .bind(id)
        .bind(&user.iss)
        .bind(&user.sub)
        .execute(pool)
        .await?;
    if deleted.rows_affected() == 1 { Ok(()) } else { Err(NoteError::NotFound) }
}

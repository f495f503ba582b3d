-- An authorization request whose user is at the consent page.
CREATE TABLE pending_consent (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    handle_hash  BLOB NOT NULL UNIQUE,
    browser_hash BLOB NOT NULL,
    session_id   INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    form         TEXT NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_consent_session ON pending_consent (session_id);

-- A user's notes. `sub` is only unique at its issuer.
CREATE TABLE note (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    iss TEXT NOT NULL,
    sub TEXT NOT NULL,
    text TEXT NOT NULL,
    -- Seconds since the Unix epoch.
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX note_by_user ON note (iss, sub, id);

-- The account page, administrators and operators, and the record of who ended what.

-- By which people name a session: neither the cookie nor a `sid`.
ALTER TABLE session ADD COLUMN public_id TEXT;
UPDATE session SET public_id = lower(hex(randomblob(6)));
CREATE UNIQUE INDEX session_public_id ON session (public_id);
-- What the user knows the browser by: `Firefox on Linux`, of a few fixed words; NULL: it did not say.
ALTER TABLE session ADD COLUMN browser TEXT;
CREATE INDEX session_of_user ON session (sub) WHERE ended_at IS NULL;

-- The public id of the session that ended.
ALTER TABLE logout_result ADD COLUMN session TEXT;
-- The sign-out that this one is shown with: they were one transaction.
ALTER TABLE logout_result ADD COLUMN part_of INTEGER REFERENCES logout_result (id) ON DELETE CASCADE;
CREATE INDEX logout_result_part_of ON logout_result (part_of);
-- What it did for the browser that shows it.
ALTER TABLE logout_result ADD COLUMN kind TEXT NOT NULL DEFAULT 'here' CHECK (kind IN ('here', 'elsewhere', 'password'));

-- Passwords that users have changed themselves.
CREATE TABLE changed_password (
    sub        TEXT PRIMARY KEY REFERENCES user (sub),
    -- argon2, in PHC form; so is the next.
    hash       TEXT NOT NULL,
    -- What the configuration said then. Once it says something else, that counts again.
    configured TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- What was ended, by whom, and how each app heard. Entries are never changed, and only the oldest can go.
CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    event     TEXT NOT NULL,
    actor     TEXT NOT NULL,
    actor_id  TEXT,
    reason    TEXT,
    sub       TEXT,
    session   TEXT,
    client_id TEXT,
    channel   TEXT,
    outcome   TEXT,
    attempts  INTEGER
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_throttled ON audit (sub, at) WHERE event = 'sign_in_throttled';

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_loses_only_its_oldest BEFORE DELETE ON audit
WHEN OLD.id > (SELECT min(id) FROM audit)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

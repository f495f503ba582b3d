-- Times are seconds since the Unix epoch. Columns that end in _hash hold the SHA-256 of a secret that only its holder has.

-- Names, passwords and claims are configuration; what must stay the same for ever is here.
CREATE TABLE user (
    sub        TEXT PRIMARY KEY,
    username   TEXT NOT NULL UNIQUE,
    -- The instant of the user's last sign-out anywhere: every later auth_time is greater.
    last_ended INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE session (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    cookie_hash BLOB NOT NULL UNIQUE,
    sub         TEXT NOT NULL REFERENCES user (sub),
    auth_time   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT;

-- The apps that a session reached, whatever became of the tokens they got.
CREATE TABLE session_client (
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    client_id  TEXT NOT NULL,
    sid        TEXT NOT NULL UNIQUE,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (session_id, client_id)
) STRICT;

-- A request that came by a cross-site POST, without cookies, until the browser comes back with a GET.
CREATE TABLE parked_request (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    handle_hash BLOB NOT NULL UNIQUE,
    endpoint    TEXT NOT NULL,
    form        TEXT NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;

-- An authorization request whose user is at the login form.
CREATE TABLE pending_authorization (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    handle_hash  BLOB NOT NULL UNIQUE,
    browser_hash BLOB NOT NULL,
    -- The session that the user is asked to confirm, if there was one.
    session_id   INTEGER REFERENCES session (id) ON DELETE CASCADE,
    form         TEXT NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_authorization_session ON pending_authorization (session_id);

-- A sign-out whose user is at the question.
CREATE TABLE pending_sign_out (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    handle_hash  BLOB NOT NULL UNIQUE,
    browser_hash BLOB NOT NULL,
    session_id   INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    form         TEXT NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_sign_out_session ON pending_sign_out (session_id);

CREATE TABLE authorization_code (
    code_hash      BLOB PRIMARY KEY,
    session_id     INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    client_id      TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    scope          TEXT NOT NULL,
    nonce          TEXT,
    code_challenge TEXT,
    auth_time      INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    -- What its first use gave; a second use takes it back.
    family_id      INTEGER REFERENCES token_family (id)
) STRICT;
CREATE INDEX authorization_code_session ON authorization_code (session_id);
CREATE INDEX authorization_code_family ON authorization_code (family_id);

-- Everything that came of one authorization.
CREATE TABLE token_family (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    client_id  TEXT NOT NULL,
    scope      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX token_family_session ON token_family (session_id);

CREATE TABLE access_token (
    jti        TEXT PRIMARY KEY,
    family_id  INTEGER NOT NULL REFERENCES token_family (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX access_token_family ON access_token (family_id);

-- A sign-out and what is known of it. The page that shows it is found by the handle, for a while.
CREATE TABLE logout_result (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    handle_hash    BLOB NOT NULL UNIQUE,
    sub            TEXT NOT NULL,
    -- When the session ended.
    toe            INTEGER NOT NULL,
    -- Where the user goes on to.
    return_to      TEXT,
    return_to_name TEXT,
    expires_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE logout_app (
    logout_id INTEGER NOT NULL REFERENCES logout_result (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    name      TEXT NOT NULL,
    -- Whether the page loaded a frame of this app, so that its report counts.
    framed    INTEGER NOT NULL,
    outcome   TEXT NOT NULL CHECK (outcome IN ('ended', 'pending', 'unconfirmed', 'unreachable')),
    PRIMARY KEY (logout_id, client_id)
) STRICT;

-- A logout token to be delivered. Each attempt signs a new one.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    logout_id       INTEGER NOT NULL REFERENCES logout_result (id),
    client_id       TEXT NOT NULL,
    sid             TEXT NOT NULL,
    sub             TEXT NOT NULL,
    toe             INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    delivered_at    INTEGER,
    last_error      TEXT,
    -- After this, no session of the app that it could end is left.
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_logout ON outbox (logout_id);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE delivered_at IS NULL;

-- One count for everything that ends: event ids on the streams come from it, and a number is never used twice.
CREATE TABLE rp_sequence (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    seq  INTEGER NOT NULL
) STRICT;
INSERT INTO rp_sequence (only, seq) VALUES (1, 0);

-- The ended-sessions ledger. Times are seconds since the Unix epoch.
CREATE TABLE rp_ended (
    seq         INTEGER NOT NULL PRIMARY KEY,
    iss         TEXT    NOT NULL,
    sid         TEXT,
    sub         TEXT,
    not_before  INTEGER NOT NULL,
    channel     TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    keep_until  INTEGER NOT NULL,
    CHECK (sid IS NOT NULL OR sub IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX rp_ended_sid ON rp_ended (iss, sid) WHERE sid IS NOT NULL;
CREATE UNIQUE INDEX rp_ended_sub ON rp_ended (iss, sub) WHERE sid IS NULL;
CREATE INDEX rp_ended_keep_until ON rp_ended (keep_until);

-- Unsigned sign-outs of sessions that are not known here: bounded, short-lived, and apart from the ledger.
CREATE TABLE rp_unverified (
    iss        TEXT    NOT NULL,
    sid        TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    channel    TEXT    NOT NULL,
    not_before INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (iss, sid)
) STRICT;
CREATE INDEX rp_unverified_keep_until ON rp_unverified (keep_until);

-- The session index: which of this app's own sessions belong to which session at the provider. An app's own rows may
-- say `REFERENCES rp_session (local_id) ON DELETE CASCADE`: they go in the transaction that records the sign-out.
CREATE TABLE rp_session (
    local_id   TEXT    NOT NULL PRIMARY KEY,
    iss        TEXT    NOT NULL,
    sid        TEXT,
    sub        TEXT    NOT NULL,
    auth_time  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rp_session_sid ON rp_session (iss, sid);
CREATE INDEX rp_session_sub ON rp_session (iss, sub);
CREATE INDEX rp_session_expires_at ON rp_session (expires_at);

-- Logout tokens already acted upon.
CREATE TABLE rp_logout_token (
    iss        TEXT    NOT NULL,
    jti        TEXT    NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (iss, jti)
) STRICT;
CREATE INDEX rp_logout_token_keep_until ON rp_logout_token (keep_until);

-- Access tokens that this app itself has revoked.
CREATE TABLE rp_revoked_token (
    jti TEXT    NOT NULL PRIMARY KEY,
    exp INTEGER NOT NULL
) STRICT;
CREATE INDEX rp_revoked_token_exp ON rp_revoked_token (exp);

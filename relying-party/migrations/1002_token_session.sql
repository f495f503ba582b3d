-- Which session an access token without a `sid` belongs to, as an ID token of the app's has said: for as long as the
-- access token is good.
CREATE TABLE rp_token_session (
    token      TEXT    NOT NULL PRIMARY KEY,
    iss        TEXT    NOT NULL,
    sid        TEXT,
    sub        TEXT    NOT NULL,
    auth_time  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rp_token_session_expires_at ON rp_token_session (expires_at);

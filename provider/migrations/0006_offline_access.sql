-- Access while the user is away (OpenID Connect Core 1.0 section 11).

-- What users let apps do while they are away, a row a scope.
CREATE TABLE offline_consent (
    sub       TEXT NOT NULL REFERENCES user (sub),
    client_id TEXT NOT NULL,
    scope     TEXT NOT NULL,
    given_at  INTEGER NOT NULL,
    PRIMARY KEY (sub, client_id, scope)
) STRICT;

-- For whom the family goes on when its session has ended; NULL: it ends with the session.
ALTER TABLE token_family ADD COLUMN offline_sub TEXT REFERENCES user (sub);
CREATE INDEX token_family_offline ON token_family (offline_sub, client_id) WHERE offline_sub IS NOT NULL;

-- Whether it was given while the session lived, and ends with it.
ALTER TABLE access_token ADD COLUMN of_session INTEGER NOT NULL DEFAULT 1;

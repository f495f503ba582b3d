-- What OpenID Connect Core 1.0 asks of a provider beyond the sign-in itself.

-- Assertions by which clients have authenticated (section 9, RFC 7523): each is good once.
CREATE TABLE client_assertion (
    client_id      TEXT NOT NULL,
    jti_hash       BLOB NOT NULL,
    -- Past its exp, so that a clock that is set back a little lets none in twice.
    remember_until INTEGER NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_assertion_remember_until ON client_assertion (remember_until);

-- What an app asked for by name (section 5.5): JSON, or NULL.
ALTER TABLE authorization_code ADD COLUMN claims TEXT;
ALTER TABLE token_family ADD COLUMN claims TEXT;

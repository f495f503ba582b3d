-- Clients that have registered themselves (RFC 7591).

CREATE TABLE registered_client (
    client_id    TEXT PRIMARY KEY,
    -- What is registered, as it is answered: JSON.
    metadata     TEXT NOT NULL,
    -- NULL: it has no secret.
    secret_hash  BLOB,
    -- Of the registration access token, by which it is read, changed and deleted (RFC 7592).
    token_hash   BLOB NOT NULL,
    issued_at    INTEGER NOT NULL,
    -- When somebody last came back to it with a code; NULL: nobody has.
    last_used_at INTEGER
) STRICT;
CREATE INDEX registered_client_unused ON registered_client (issued_at) WHERE last_used_at IS NULL;

-- What users have allowed such clients, a row a scope; asked once in a session.
CREATE TABLE session_consent (
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    client_id  TEXT NOT NULL,
    scope      TEXT NOT NULL,
    PRIMARY KEY (session_id, client_id, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_consent_client ON session_consent (client_id);

-- What ends with a client.
CREATE INDEX authorization_code_client ON authorization_code (client_id);
CREATE INDEX token_family_client ON token_family (client_id) WHERE revoked_at IS NULL;

-- A browser's session with App A. It exists only while its row in the session index does: what deletes that row (a
-- sign-out, in the transaction that records it) deletes this one.
CREATE TABLE web_session (
    -- SHA-256 of the cookie's value: who reads the database cannot take a session over.
    id TEXT NOT NULL PRIMARY KEY REFERENCES rp_session (local_id) ON DELETE CASCADE,
    -- JSON, as tower-sessions gives it.
    data TEXT NOT NULL,
    -- Seconds since the Unix epoch.
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX web_session_by_expiry ON web_session (expires_at);

-- A sign-in that has been sent to the provider and not come back. One row a tab.
CREATE TABLE login_transaction (
    -- SHA-256 of `state`.
    state TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the cookie that binds it to the browser that began it.
    browser TEXT NOT NULL,
    nonce TEXT NOT NULL,
    pkce_verifier TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX login_transaction_by_expiry ON login_transaction (expires_at);

-- Renewal without the user. A refresh token is good once, and remembered as long as its family, so that a second use is
-- recognised.

-- When the user proved who they are, for the ID tokens of later renewals.
ALTER TABLE token_family ADD COLUMN auth_time INTEGER NOT NULL DEFAULT 0;
-- When the last refresh token of the family is good no longer, however often it is renewed; NULL: it has none.
ALTER TABLE token_family ADD COLUMN expires_at INTEGER;

CREATE TABLE refresh_token (
    token_hash BLOB PRIMARY KEY,
    family_id  INTEGER NOT NULL REFERENCES token_family (id) ON DELETE CASCADE,
    -- When it is good no longer if it was not used.
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    -- What its use gave.
    successor  BLOB REFERENCES refresh_token (token_hash)
) STRICT;
CREATE INDEX refresh_token_family ON refresh_token (family_id);
CREATE INDEX refresh_token_successor ON refresh_token (successor);

-- Sign-ins that are under way are kept by the browsers that began them: nobody else's can be pushed out, and beginning one
-- writes nothing. This key makes their `state`, nonce and PKCE verifier.
DROP TABLE login_transaction;

CREATE TABLE login_key (
    -- There is one, which all nodes over this database share.
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL
) STRICT;

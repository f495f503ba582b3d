-- Tokens that are bound to a key (RFC 9449): the thumbprint (RFC 7638) of its public half, or NULL.

-- The key that the authorization request named.
ALTER TABLE authorization_code ADD COLUMN dpop_jkt TEXT;
-- The key that every renewal of a public client must prove.
ALTER TABLE token_family ADD COLUMN jkt TEXT;

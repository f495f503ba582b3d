-- How an entry of the outbox is tried again, and how it ends when it cannot be delivered.

DROP INDEX outbox_due;

-- In milliseconds, unlike every other time: the gaps between attempts begin at one second. While an attempt is under way,
-- it is the time at which the attempt is certainly over.
ALTER TABLE outbox RENAME COLUMN next_attempt_at TO next_attempt_ms;
UPDATE outbox SET next_attempt_ms = next_attempt_ms * 1000;

-- How many times the app answered 400.
ALTER TABLE outbox ADD COLUMN rejections INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN given_up_at INTEGER;

CREATE INDEX outbox_due ON outbox (next_attempt_ms) WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX outbox_due_of_client ON outbox (client_id, next_attempt_ms)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;

CREATE INDEX session_expiry ON session (expires_at) WHERE ended_at IS NULL;

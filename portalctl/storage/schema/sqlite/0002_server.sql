-- Mail that is to be sent. A row is written in the transaction of what it tells of; `details` is a JSON object of the
-- facts of that moment, without links or secrets: a link is made again from its record's id when the mail is written.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    person_id TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    details TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'failed')),
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    settled_at INTEGER,
    CHECK ((state = 'waiting') = (settled_at IS NULL))
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_age ON outbox (created_at, id);
CREATE INDEX outbox_of_subject ON outbox (subject_id) WHERE state = 'waiting';

-- Device sign-ins under way (RFC 8628). The device code is known by its SHA-256 only.
CREATE TABLE device_sign_ins (
    id TEXT PRIMARY KEY,
    device_hash TEXT NOT NULL UNIQUE,
    user_code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'allowed', 'refused', 'used')),
    account_id TEXT REFERENCES accounts (id),
    interval_seconds INTEGER NOT NULL,
    polled_at INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((state IN ('allowed', 'used')) = (account_id IS NOT NULL))
) STRICT;
CREATE INDEX device_sign_ins_by_age ON device_sign_ins (expires_at);

-- The key that a served portal was first served with, by its SHA-256: another one would make worthless links.
CREATE TABLE served_with (
    only_one INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_one = 1),
    key_fingerprint TEXT NOT NULL
) STRICT;

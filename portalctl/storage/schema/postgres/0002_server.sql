-- Mail that is to be sent. A row is written in the transaction of what it tells of; `details` is a JSON object of the
-- facts of that moment, without links or secrets: a link is made again from its record's id when the mail is written.
CREATE TABLE outbox (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    recipient TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'failed')),
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    last_error TEXT COLLATE "C",
    settled_at BIGINT,
    CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_age ON outbox (created_at, id);
CREATE INDEX outbox_of_subject ON outbox (subject_id) WHERE state = 'waiting';

-- Device sign-ins under way (RFC 8628). The device code is known by its SHA-256 only.
CREATE TABLE device_sign_ins (
    id TEXT COLLATE "C" PRIMARY KEY,
    device_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    user_code TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'allowed', 'refused', 'used')),
    account_id TEXT COLLATE "C" REFERENCES accounts (id),
    interval_seconds BIGINT NOT NULL,
    polled_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK ((state IN ('allowed', 'used')) = (account_id IS NOT NULL))
);
CREATE INDEX device_sign_ins_by_age ON device_sign_ins (expires_at);

-- The key that a served portal was first served with, by its SHA-256: another one would make worthless links.
CREATE TABLE served_with (
    only_one BIGINT PRIMARY KEY DEFAULT 1 CHECK (only_one = 1),
    key_fingerprint TEXT COLLATE "C" NOT NULL
);

-- Instants are integer epoch seconds in UTC; lengths are minutes; ids are words such as apt_7k2m9x4qv3bd.

CREATE TABLE schema_migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL
) STRICT;

CREATE TABLE practice (
    only_one INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_one = 1),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    timezone TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    account_id TEXT UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'practitioner', 'staff')),
    timezone TEXT NOT NULL,
    disabled_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    account_id TEXT UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    timezone TEXT,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX clients_by_name ON clients (name, id);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    idle_minutes INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of_account ON sessions (account_id);

CREATE TABLE invites (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('client', 'staff')),
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    redeemed_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX invites_by_age ON invites (created_at, id);
CREATE UNIQUE INDEX one_open_invite_per_address ON invites (email) WHERE redeemed_at IS NULL AND revoked_at IS NULL;

CREATE TABLE resets (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX one_open_reset_per_account ON resets (account_id) WHERE used_at IS NULL AND revoked_at IS NULL;

CREATE TABLE throttles (
    bucket TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT;

CREATE TABLE services (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    duration_minutes INTEGER NOT NULL CHECK (duration_minutes BETWEEN 5 AND 1440),
    buffer_before_minutes INTEGER NOT NULL CHECK (buffer_before_minutes BETWEEN 0 AND 480),
    buffer_after_minutes INTEGER NOT NULL CHECK (buffer_after_minutes BETWEEN 0 AND 480),
    price_amount INTEGER,
    price_currency TEXT,
    place TEXT NOT NULL CHECK (place IN ('in-person', 'video', 'phone')),
    room_url TEXT,
    archived_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK ((price_amount IS NULL) = (price_currency IS NULL)),
    CHECK ((place = 'video') = (room_url IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX one_offer_per_name ON services (name) WHERE archived_at IS NULL;

CREATE TABLE service_practitioners (
    service_id TEXT NOT NULL REFERENCES services (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    PRIMARY KEY (service_id, staff_id)
) STRICT, WITHOUT ROWID;

-- Windows are local wall-clock times in the practitioner's zone, such as '09:00-12:30,13:00-17:00'; '' is closed.
CREATE TABLE weekly_hours (
    staff_id TEXT NOT NULL REFERENCES staff (id),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    windows TEXT NOT NULL,
    PRIMARY KEY (staff_id, weekday)
) STRICT, WITHOUT ROWID;

CREATE TABLE override_hours (
    staff_id TEXT NOT NULL REFERENCES staff (id),
    day TEXT NOT NULL,
    windows TEXT NOT NULL,
    PRIMARY KEY (staff_id, day)
) STRICT, WITHOUT ROWID;

-- scope is 'practice' or a service's id; terms is a JSON object of what that scope sets itself.
CREATE TABLE policies (
    scope TEXT PRIMARY KEY,
    terms TEXT NOT NULL
) STRICT;

-- An appointment holds [blocked_from, blocked_until) of its practitioner and [starts_at, ends_at) of its client.
-- No appointment blocks more than two days, so that an overlap is found in a short stretch of the index.
CREATE TABLE appointments (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    practitioner_id TEXT NOT NULL REFERENCES staff (id),
    service_id TEXT NOT NULL REFERENCES services (id),
    status TEXT NOT NULL CHECK (
        status IN ('requested', 'booked', 'declined', 'cancelled', 'late_cancelled', 'attended', 'no_show')
    ),
    holds INTEGER NOT NULL CHECK (holds = (status IN ('booked', 'attended', 'no_show'))),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),
    blocked_from INTEGER NOT NULL CHECK (blocked_from <= starts_at),
    blocked_until INTEGER NOT NULL CHECK (blocked_until >= ends_at AND blocked_until - blocked_from <= 172800),
    place TEXT NOT NULL,
    room_url TEXT,
    price_amount INTEGER,
    price_currency TEXT,
    note TEXT,
    reason TEXT,
    confirmed_at INTEGER,
    cancellation_notice_minutes INTEGER NOT NULL,
    reschedule_notice_minutes INTEGER NOT NULL,
    reason_required INTEGER NOT NULL,
    late_cancellation_recorded INTEGER NOT NULL,
    series_id TEXT,
    sequence INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX appointments_of_client ON appointments (client_id, starts_at, id);
CREATE INDEX appointments_of_practitioner ON appointments (practitioner_id, starts_at, id);
CREATE INDEX appointments_by_start ON appointments (starts_at, id);
CREATE INDEX appointments_by_status ON appointments (status, starts_at, id);
CREATE INDEX time_held_of_practitioner ON appointments (practitioner_id, blocked_from, blocked_until) WHERE holds = 1;
CREATE INDEX time_held_of_client ON appointments (client_id, starts_at, ends_at) WHERE holds = 1;

CREATE TRIGGER no_double_booking_on_insert BEFORE INSERT ON appointments WHEN NEW.holds = 1
BEGIN
    SELECT RAISE (ABORT, 'slot_taken') WHERE EXISTS (
        SELECT 1 FROM appointments WHERE holds = 1 AND practitioner_id = NEW.practitioner_id
        AND blocked_from > NEW.blocked_from - 172800 AND blocked_from < NEW.blocked_until
        AND blocked_until > NEW.blocked_from AND id <> NEW.id
    );
    SELECT RAISE (ABORT, 'client_busy') WHERE EXISTS (
        SELECT 1 FROM appointments WHERE holds = 1 AND client_id = NEW.client_id
        AND starts_at > NEW.starts_at - 172800 AND starts_at < NEW.ends_at
        AND ends_at > NEW.starts_at AND id <> NEW.id
    );
END;

CREATE TRIGGER no_double_booking_on_update
BEFORE UPDATE OF holds, practitioner_id, client_id, starts_at, ends_at, blocked_from, blocked_until ON appointments
WHEN NEW.holds = 1
BEGIN
    SELECT RAISE (ABORT, 'slot_taken') WHERE EXISTS (
        SELECT 1 FROM appointments WHERE holds = 1 AND practitioner_id = NEW.practitioner_id
        AND blocked_from > NEW.blocked_from - 172800 AND blocked_from < NEW.blocked_until
        AND blocked_until > NEW.blocked_from AND id <> NEW.id
    );
    SELECT RAISE (ABORT, 'client_busy') WHERE EXISTS (
        SELECT 1 FROM appointments WHERE holds = 1 AND client_id = NEW.client_id
        AND starts_at > NEW.starts_at - 172800 AND starts_at < NEW.ends_at
        AND ends_at > NEW.starts_at AND id <> NEW.id
    );
END;

-- What happened to an appointment, for whom: the client's news, and what will be sent to them.
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (id),
    kind TEXT NOT NULL,
    appointment_id TEXT NOT NULL REFERENCES appointments (id),
    starts_at INTEGER NOT NULL,
    by_account TEXT NOT NULL REFERENCES accounts (id),
    by_name TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_of_client ON notices (client_id, at, id);

CREATE TABLE idempotency (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    result TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- One chain per client, and one named 'practice'; each row's hash covers the row and the hash before it.
CREATE TABLE audit (
    chain TEXT NOT NULL,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (chain, position)
) STRICT, WITHOUT ROWID;

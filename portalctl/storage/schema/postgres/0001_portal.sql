-- Instants are integer epoch seconds in UTC; lengths are minutes; ids are words such as apt_7k2m9x4qv3bd.

CREATE TABLE schema_migrations (
    number BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    checksum TEXT COLLATE "C" NOT NULL
);

CREATE TABLE practice (
    only_one BIGINT PRIMARY KEY DEFAULT 1 CHECK (only_one = 1),
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    timezone TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE accounts (
    id TEXT COLLATE "C" PRIMARY KEY,
    email TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE staff (
    id TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" UNIQUE REFERENCES accounts (id),
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL UNIQUE,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('owner', 'practitioner', 'staff')),
    timezone TEXT COLLATE "C" NOT NULL,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    no BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE
);

CREATE TABLE clients (
    id TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" UNIQUE REFERENCES accounts (id),
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL UNIQUE,
    timezone TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    no BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE
);
CREATE INDEX clients_by_name ON clients (name, id);

CREATE TABLE sessions (
    id TEXT COLLATE "C" PRIMARY KEY,
    token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    idle_minutes BIGINT NOT NULL
);
CREATE INDEX sessions_of_account ON sessions (account_id);

CREATE TABLE invites (
    id TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('client', 'staff')),
    person_id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX invites_by_age ON invites (created_at, id);
CREATE UNIQUE INDEX one_open_invite_per_address ON invites (email) WHERE redeemed_at IS NULL AND revoked_at IS NULL;

CREATE TABLE resets (
    id TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX one_open_reset_per_account ON resets (account_id) WHERE used_at IS NULL AND revoked_at IS NULL;

CREATE TABLE throttles (
    bucket TEXT COLLATE "C" PRIMARY KEY,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);

CREATE TABLE services (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    duration_minutes BIGINT NOT NULL CHECK (duration_minutes BETWEEN 5 AND 1440),
    buffer_before_minutes BIGINT NOT NULL CHECK (buffer_before_minutes BETWEEN 0 AND 480),
    buffer_after_minutes BIGINT NOT NULL CHECK (buffer_after_minutes BETWEEN 0 AND 480),
    price_amount BIGINT,
    price_currency TEXT COLLATE "C",
    place TEXT COLLATE "C" NOT NULL CHECK (place IN ('in-person', 'video', 'phone')),
    room_url TEXT COLLATE "C",
    archived_at BIGINT,
    created_at BIGINT NOT NULL,
    CHECK ((price_amount IS NULL) = (price_currency IS NULL)),
    CHECK ((place = 'video') = (room_url IS NOT NULL))
);
CREATE UNIQUE INDEX one_offer_per_name ON services (name) WHERE archived_at IS NULL;

CREATE TABLE service_practitioners (
    service_id TEXT COLLATE "C" NOT NULL REFERENCES services (id),
    staff_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    PRIMARY KEY (service_id, staff_id)
);

-- Windows are local wall-clock times in the practitioner's zone, such as '09:00-12:30,13:00-17:00'; '' is closed.
CREATE TABLE weekly_hours (
    staff_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    weekday BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    windows TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (staff_id, weekday)
);

CREATE TABLE override_hours (
    staff_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    day TEXT COLLATE "C" NOT NULL,
    windows TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (staff_id, day)
);

-- scope is 'practice' or a service's id; terms is a JSON object of what that scope sets itself.
CREATE TABLE policies (
    scope TEXT COLLATE "C" PRIMARY KEY,
    terms TEXT COLLATE "C" NOT NULL
);

-- An appointment holds [blocked_from, blocked_until) of its practitioner and [starts_at, ends_at) of its client.
-- No appointment blocks more than two days, so that an overlap is found in a short stretch of the index.
CREATE TABLE appointments (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    practitioner_id TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    service_id TEXT COLLATE "C" NOT NULL REFERENCES services (id),
    status TEXT COLLATE "C" NOT NULL CHECK (
        status IN ('requested', 'booked', 'declined', 'cancelled', 'late_cancelled', 'attended', 'no_show')
    ),
    holds BIGINT NOT NULL CHECK (holds = CASE WHEN status IN ('booked', 'attended', 'no_show') THEN 1 ELSE 0 END),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL CHECK (ends_at > starts_at),
    blocked_from BIGINT NOT NULL CHECK (blocked_from <= starts_at),
    blocked_until BIGINT NOT NULL CHECK (blocked_until >= ends_at AND blocked_until - blocked_from <= 172800),
    place TEXT COLLATE "C" NOT NULL,
    room_url TEXT COLLATE "C",
    price_amount BIGINT,
    price_currency TEXT COLLATE "C",
    note TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    confirmed_at BIGINT,
    cancellation_notice_minutes BIGINT NOT NULL,
    reschedule_notice_minutes BIGINT NOT NULL,
    reason_required BIGINT NOT NULL,
    late_cancellation_recorded BIGINT NOT NULL,
    series_id TEXT COLLATE "C",
    sequence BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    practitioner_no BIGINT NOT NULL,
    client_no BIGINT NOT NULL,
    CHECK (blocked_from >= 0 AND blocked_until <= 1::bigint << 36),
    CONSTRAINT slot_taken EXCLUDE USING gist (
        int8range((practitioner_no << 36) + blocked_from, (practitioner_no << 36) + blocked_until) WITH &&
    ) WHERE (holds = 1),
    CONSTRAINT client_busy EXCLUDE USING gist (
        int8range((client_no << 36) + starts_at, (client_no << 36) + ends_at) WITH &&
    ) WHERE (holds = 1)
);
CREATE INDEX appointments_of_client ON appointments (client_id, starts_at, id);
CREATE INDEX appointments_of_practitioner ON appointments (practitioner_id, starts_at, id);
CREATE INDEX appointments_by_start ON appointments (starts_at, id);
CREATE INDEX appointments_by_status ON appointments (status, starts_at, id);
CREATE INDEX time_held_of_practitioner ON appointments (practitioner_id, blocked_from, blocked_until) WHERE holds = 1;
CREATE INDEX time_held_of_client ON appointments (client_id, starts_at, ends_at) WHERE holds = 1;

-- A stretch of one person's time as one stretch of a line that everybody shares, so that a plain range can guard it:
-- each person has 2^36 seconds of their own, two thousand years.
CREATE FUNCTION number_people() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT no INTO NEW.practitioner_no FROM staff WHERE id = NEW.practitioner_id;
    SELECT no INTO NEW.client_no FROM clients WHERE id = NEW.client_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER number_people BEFORE INSERT OR UPDATE OF practitioner_id, client_id, practitioner_no, client_no
ON appointments FOR EACH ROW EXECUTE FUNCTION number_people();

-- What happened to an appointment, for whom: the client's news, and what will be sent to them.
CREATE TABLE notices (
    id TEXT COLLATE "C" PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL REFERENCES clients (id),
    kind TEXT COLLATE "C" NOT NULL,
    appointment_id TEXT COLLATE "C" NOT NULL REFERENCES appointments (id),
    starts_at BIGINT NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    by_name TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX notices_of_client ON notices (client_id, at, id);

CREATE TABLE idempotency (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    key TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    result TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- One chain per client, and one named 'practice'; each row's hash covers the row and the hash before it.
CREATE TABLE audit (
    chain TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    previous TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (chain, position)
);

-- What people tell about themselves beyond their name: clients, staff and related people alike. `person_id` is theirs.
CREATE TABLE profiles (
    person_id TEXT COLLATE "C" PRIMARY KEY,
    preferred_name TEXT COLLATE "C",
    pronouns TEXT COLLATE "C",
    birth_date TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    address TEXT COLLATE "C",
    language TEXT COLLATE "C"
);

-- Which mail somebody does without, and when they are reminded. Both are JSON lists: of kinds of letters, and of minutes
-- before an appointment; reminders are the practice's where there is none.
CREATE TABLE notification_settings (
    person_id TEXT COLLATE "C" PRIMARY KEY,
    muted TEXT COLLATE "C" NOT NULL,
    reminder_minutes TEXT COLLATE "C"
);

-- Addresses that accounts want instead of theirs: one is open until it is confirmed from there or given up.
CREATE TABLE email_changes (
    id TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    email TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX one_open_email_change_per_account ON email_changes (account_id)
WHERE used_at IS NULL AND revoked_at IS NULL;

-- Where a session was begun, and with what.
ALTER TABLE sessions ADD COLUMN address TEXT COLLATE "C" NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN device TEXT COLLATE "C" NOT NULL DEFAULT 'unknown';

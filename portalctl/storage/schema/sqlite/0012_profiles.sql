-- What people tell about themselves beyond their name: clients, staff and related people alike. `person_id` is theirs.
CREATE TABLE profiles (
    person_id TEXT PRIMARY KEY,
    preferred_name TEXT,
    pronouns TEXT,
    birth_date TEXT,
    phone TEXT,
    address TEXT,
    language TEXT
) STRICT;

-- Which mail somebody does without, and when they are reminded. Both are JSON lists: of kinds of letters, and of minutes
-- before an appointment; reminders are the practice's where there is none.
CREATE TABLE notification_settings (
    person_id TEXT PRIMARY KEY,
    muted TEXT NOT NULL,
    reminder_minutes TEXT
) STRICT;

-- Addresses that accounts want instead of theirs: one is open until it is confirmed from there or given up.
CREATE TABLE email_changes (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX one_open_email_change_per_account ON email_changes (account_id)
WHERE used_at IS NULL AND revoked_at IS NULL;

-- Where a session was begun, and with what.
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT 'unknown';

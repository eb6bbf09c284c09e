-- The second factor of an account (RFC 6238): pending until its first code has come. The secret is sealed with the
-- portal's key and bound to its account; `last_step` is the latest 30 seconds whose code was taken, and never goes back.
-- `failures` are the wrong codes since one was right, or since a rest, and `failed_at` is the last one's moment.
CREATE TABLE second_factors (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    sealed_secret TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    verified_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT -1,
    failures INTEGER NOT NULL DEFAULT 0,
    failed_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Codes for whoever has lost the factor: each works once. They are known by their SHA-256 only.
CREATE TABLE recovery_codes (
    code_hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id)
) STRICT;
CREATE INDEX recovery_codes_of_account ON recovery_codes (account_id);
